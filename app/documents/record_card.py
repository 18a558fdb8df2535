"""The record card of a family (Положение, Приложение 1): every position of the form, in its order and wording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date

from flask import current_app

from app import signer, words
from app.documents import blanks, programme_card
from app.documents.folder import Folder, live
from app.domain import ages, intervals, periods
from app.domain.terms import ParentalRole
from app.models import Aid, Decision, Member, Registration
from app.render import html_pdf
from app.signer import Signer

PARENTS = (
    (ParentalRole.MOTHER, "Мать:"),
    (ParentalRole.FATHER, "Отец:"),
    (ParentalRole.GUARDIAN, "Опекун (попечитель):"),
)


@dataclass(frozen=True)
class Parent:
    """A parent's lines of position 5; without a name they are blank."""

    title: str
    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    workplace: str = ""

    @property
    def mark(self) -> int:
        """How long a blank surname is, so that the three blanks stand on one line with the title."""
        return 20 if len(self.title) < 10 else 13


@dataclass(frozen=True)
class Identity:
    """A line «Документ, удостоверяющий личность»."""

    kind: str = ""
    series: str = ""
    number: str = ""
    issued_on: str = ""


@dataclass(frozen=True)
class OnRecord:
    """A line «с … по … состоял на учете в …»."""

    since: str = ""
    until: str = ""
    where: str = ""


@dataclass(frozen=True)
class Minor:
    """The block of one minor of position 5."""

    name: str = ""
    born_on: str = ""
    sex: str = ""
    age: str = ""
    residence: str = ""
    identities: list[Identity] = field(default_factory=lambda: [Identity()])
    education: str = ""
    supervisions: list[OnRecord] = field(default_factory=lambda: [OnRecord()])


@dataclass(frozen=True)
class Card:
    """Every position as printable text; an empty one is a blank line."""

    number: str
    organisation: str
    detected_on: str
    ground: str
    categories: str
    size: str
    income: str
    income_source: str
    registered_address: str
    actual_address: str
    signs: list[str]
    additional: list[str]
    parents: list[Parent]
    others: list[str]
    minors: list[Minor]
    measures: list[list[str]]
    removal: list[str]
    filled_on: str
    signer: Signer


def pdf(folder: Folder, today: date) -> bytes:
    """The card as it stands on the day of printing. Raises PrintError."""
    return html_pdf.pdf(html(folder, today))


def html(folder: Folder, today: date) -> str:
    """The card as a page to be printed."""
    return current_app.jinja_env.get_template("documents/record_card.html").render(
        card=card(folder, today), rule=blanks.rule
    )


def card(folder: Folder, today: date) -> Card:
    """Fill the form in; ages are those of `today`."""
    family = folder.family
    present = folder.present_members(today)
    registration = folder.registration(today)
    size = family.stated_size or len(present) or None
    return Card(
        number=blanks.text(family.number),
        organisation=blanks.text(registration and registration.sender),
        detected_on=words.day(registration.detected_on if registration else None),
        ground=_ground(registration.decision) if registration else "",
        categories=blanks.text("; ".join(category.name for category in family.categories)),
        size=blanks.text(size),
        income=blanks.roubles(family.income_per_member),
        income_source=blanks.text(family.income_source),
        registered_address=words.address(blanks.text(family.registered_address)),
        actual_address=words.address(blanks.text(family.actual_address)),
        signs=_signs(registration),
        additional=blanks.lines(family.additional),
        parents=_parents(present),
        others=[_other(member) for member in present if _is_other(member, today)],
        minors=_minors(folder, present, today),
        measures=[*_planned(folder), *(_measure(aid) for aid in folder.aids if aid.planned_id is None)],
        removal=[*_removal(registration), *_end_of_programme(folder, registration)],
        filled_on=blanks.long_day(today),
        signer=_signer(),
    )


def _signer() -> Signer:
    """Who fills the card in, as it is printed."""
    return Signer(**{name: blanks.text(said) for name, said in asdict(signer.present()).items()})


def _ground(decision: Decision) -> str:
    """Position 3: the decision by which the family stands on record (Положение, 3.1)."""
    body = f" ({decision.agency})" if decision.agency else ""
    return blanks.text(f"Постановление {decision}{body}")


def _signs(registration: Registration | None) -> list[str]:
    """Criteria of section 2, the main one first; of one that came later, since when."""
    if registration is None:
        return []
    return [
        blanks.text(row.criterion if row.since == registration.registered_on else f"{row} (с {words.day(row.since)})")
        for row in registration.criteria
    ]


def _parental_role(member: Member) -> ParentalRole:
    return member.role.parental_role if member.role else ParentalRole.OTHER


def _parents(present: Iterable[Member]) -> list[Parent]:
    """Mother, father, guardian: the form's three blocks, repeated where a role is held by two."""
    found: list[Parent] = []
    for role, title in PARENTS:
        holders = [member for member in present if _parental_role(member) is role]
        found.extend(_parent(title, member) for member in holders)
        if not holders:
            found.append(Parent(title))
    return found


def _parent(title: str, member: Member) -> Parent:
    return Parent(
        title,
        blanks.text(member.last_name),
        blanks.text(member.first_name),
        blanks.text(member.middle_name),
        blanks.text(member.workplace),
    )


def _is_minor(member: Member, today: date) -> bool:
    """On the card a child whose birth date is unknown stands among the minors, with a blank date."""
    if member.born_on is None:
        return _parental_role(member) is ParentalRole.CHILD
    return ages.is_minor(member.born_on, today)


def _is_other(member: Member, today: date) -> bool:
    is_parent = _parental_role(member) in {role for role, _title in PARENTS}
    return not is_parent and not _is_minor(member, today)


def _other(member: Member) -> str:
    details = [member.role.name if member.role else "", words.day(member.born_on)]
    details = [part for part in details if part]
    return blanks.text(member.full_name + (f" ({', '.join(details)})" if details else ""))


def _minors(folder: Folder, present: Iterable[Member], today: date) -> list[Minor]:
    """The minors, the oldest first; the form's empty block if there is none."""
    minors = [member for member in present if _is_minor(member, today)]
    minors.sort(key=lambda member: (member.born_on or date.max, member.id))
    residence = words.address(blanks.text(folder.family.actual_address or folder.family.registered_address))
    return [_minor(member, residence, today) for member in minors] or [Minor()]


def _minor(member: Member, residence: str, today: date) -> Minor:
    identities = [
        Identity(
            blanks.text(row.kind),
            blanks.text(row.series),
            blanks.text(row.number),
            words.day(row.issued_on),
        )
        for row in live(member.documents)
    ]
    supervisions = [
        OnRecord(words.day(row.started_on), words.day(row.ended_on), blanks.text(row.kind))
        for row in live(member.supervisions)
    ]
    return Minor(
        name=blanks.text(member.full_name),
        born_on=words.day(member.born_on),
        sex=blanks.text(member.sex),
        age=words.age(ages.full_years(member.born_on, today), periods.full_months(member.born_on, today))
        if member.born_on
        else "",
        residence=residence,
        identities=identities or [Identity()],
        education=_education(member, today),
        supervisions=supervisions or [OnRecord()],
    )


def _education(member: Member, today: date) -> str:
    """What the child does by day: the organisation with the class."""
    held = intervals.education_on(live(member.educations), today, lambda row: (row.started_on, row.ended_on))
    return blanks.text(held)


def _planned(folder: Folder) -> Iterator[list[str]]:
    """Position 6 as the approved programmes tell it: each measure, who does it and by when, then what was done."""
    for programme in folder.programmes:
        for measure in programme_card.measures_of(folder, programme):
            if measure.stage.decision_id is None:
                continue
            by = programme_card.executors(measure)
            head = ", ".join(filter(None, [programme_card.measure_in_words(measure), by]))
            state = f"{measure.state} {words.day(measure.done_on)}".strip()
            why = f" ({blanks.text(measure.reason)})" if measure.reason else ""
            given = [line for aid in folder.aids if aid.planned_id == measure.id for line in _measure(aid)]
            yield [f"{head}, срок {words.day(measure.due_on)}: {state}{why}", *given]


def _end_of_programme(folder: Folder, registration: Registration | None) -> list[str]:
    """Position 7 as the last programme of the stay tells it: how it ended, and with what results its last stage."""
    ended = [one for one in folder.programmes if one.closed_on is not None]
    ended = [one for one in ended if registration is not None and one.registration_id == registration.id]
    if not ended:
        return []
    last = ended[-1]
    told = [f"Программа реабилитации {last.state} {words.day(last.closed_on)}"]
    stages = [one for one in folder.stages if one.programme_id == last.id and one.reviewed_on is not None]
    if stages:
        told += [f"динамика: {stages[-1].dynamics}", f"реакция семьи: {stages[-1].reaction}"]
    return blanks.lines("; ".join(told))


def _measure(aid: Aid) -> list[str]:
    """An entry of position 6: day, what was done, for how much; the description follows as it was typed."""
    what = aid.measure or aid.kind
    head = ", ".join(part for part in (blanks.text(what.name if what else None), blanks.roubles(aid.amount)) if part)
    first, *more = blanks.lines(aid.description) or [""]
    opening = " – ".join(part for part in (words.day(aid.given_on), head, first) if part)
    return [opening, *more]


def _removal(registration: Registration | None) -> list[str]:
    """Position 7: when, by which decision and why the family left the record."""
    if registration is None or registration.removed_on is None:
        return []
    decision, reason = registration.removal_decision, registration.removal_reason
    sentence = f"Снята с учёта {words.day(registration.removed_on)}"
    if decision:
        sentence += f", постановление {decision}"
    if reason:
        sentence += f". Причина: {reason}"
    return blanks.lines(sentence)
