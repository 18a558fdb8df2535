"""The act of a survey as papers: our act, the act of the order for one child, and a blank to fill in by hand.

The form of a child is приложение № 3 to the order of the Ministry of Enlightenment of 10.01.2019 № 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from app import words
from app.clock import local
from app.documents import blanks, bound
from app.documents.bound import MadeBy
from app.domain.survey_acts import HIDDEN, KnownInBank, level_in_words
from app.domain.terms import ParentalRole, Sex, SurveyAccess, SurveyHeading, SurveyLevel
from app.models import Employee, SurveyAct, SurveyGroup, SurveyMark, SurveyPerson
from app.render import qr

TITLE = "Акт обследования семьи"
OF_CHILD = "Акт обследования условий жизни несовершеннолетнего гражданина и его семьи"
QR_PREFIX = "patronat:"  # before the code of a survey: other codes on a paper are not ours
PARENTS = (("1.1", "Мать", ParentalRole.MOTHER), ("1.2", "Отец", ParentalRole.FATHER))
BROTHERS = {Sex.MALE: "брат", Sex.FEMALE: "сестра", None: "брат (сестра)"}
BLANK_ROWS = 6  # of people: with two who visit, the blank is one sheet of two sides


def pdf(act: SurveyAct, whom: str, made: MadeBy, hidden: Set[SurveyHeading] = frozenset()) -> bytes:
    """Our act, as it was written; of hidden headings it says that they are. Raises PrintError."""
    marks = {mark.heading: mark for mark in act.marks}

    def level(heading: SurveyHeading) -> str:
        return HIDDEN if heading in hidden else _level(marks.get(heading))

    return bound.pdf(
        "survey_act", f"{TITLE} от {words.day(act.visited_on)}", made, act=act,
        whom=blanks.text(whom), took_place=act.access is SurveyAccess.TOOK_PLACE,
        marks=[(heading, level(heading), blanks.lines(_note(marks.get(heading))))
               for heading in SurveyHeading],
        people=act.composition, group=_people_of(act.group), day=words.day, moment=_moment,
    )  # fmt: skip


def for_child(act: SurveyAct, child: SurveyPerson, made: MadeBy, hidden: Set[SurveyHeading],
              known: KnownInBank) -> bytes:  # fmt: skip
    """The act of the order for one child; what neither the act nor the bank tells is a blank line. Raises PrintError.

    hidden: of these headings it says that they are not shown.
    """
    marks = {mark.heading: mark for mark in act.marks}

    def said(*headings: SurveyHeading) -> str:
        told = _said(marks, [one for one in headings if one not in hidden])
        return "; ".join([*filter(None, [told]), *(f"{one}: {HIDDEN}" for one in headings if one in hidden)])

    return bound.pdf(
        "survey_of_child", OF_CHILD, made, act=act, child=child, group=_people_of(act.group), day=words.day, said=said,
        H=SurveyHeading, parents=[(number, title, _named(act, role)) for number, title, role in PARENTS],
        others=[(person, _kinship(person)) for person in act.composition if person.id != child.id],
        known=known, registered=act.registered_address or known.registered_address,
        signed_on=local(act.signed_at).date() if act.signed_at else None, long_day=blanks.long_day,
    )  # fmt: skip


def blank(group: SurveyGroup, whom: str, address: str, people: Iterable[str], made: MadeBy) -> bytes:
    """A blank act for a visit without a phone, with the code by which its scan is found. Raises PrintError."""
    return bound.pdf(
        "survey_blank", f"{TITLE} (бланк)", made, group=_people_of(group), whom=blanks.text(whom),
        address=blanks.text(address), people=[blanks.text(one) for one in people], rows=range(BLANK_ROWS),
        due=words.day(group.due_on), task=blanks.lines(group.task), accesses=list(SurveyAccess),
        headings=[(heading, [level_in_words(heading, level) for level in SurveyLevel]) for heading in SurveyHeading],
        code=qr.data_uri(QR_PREFIX + group.code),
    )  # fmt: skip


def survey_code(said: str) -> str | None:
    """The code of a survey that a QR code bears; None if the code is another's."""
    return said.removeprefix(QR_PREFIX) if said.startswith(QR_PREFIX) else None


def _kinship(person: SurveyPerson) -> str:
    """What somebody of the family is to a child of it, as far as the act tells."""
    return BROTHERS[person.sex] if person.role is ParentalRole.CHILD else str(person.role or "")


def _people_of(group: SurveyGroup) -> list[Employee]:
    """The group, its leader first."""
    return [group.leader, *(one for one in group.employees if one.id != group.leader_id)]


def _moment(at: datetime) -> str:
    return words.moment(local(at))


def _level(mark: SurveyMark | None) -> str:
    return level_in_words(mark.heading, mark.level) if mark is not None and mark.level else ""


def _note(mark: SurveyMark | None) -> str | None:
    return mark.note if mark is not None else None


def _said(marks: Mapping[SurveyHeading, SurveyMark], headings: Sequence[SurveyHeading]) -> str:
    """What an act says under some headings, as one line of the form."""
    found = []
    for heading in headings:
        told = ", ".join(
            part for part in (_level(marks.get(heading)), blanks.text(_note(marks.get(heading))).rstrip(".")) if part
        )
        if told:
            found.append(f"{heading}: {told}")
    return "; ".join(found)


def _named(act: SurveyAct, role: ParentalRole) -> SurveyPerson | None:
    return next((person for person in act.composition if person.role is role), None)
