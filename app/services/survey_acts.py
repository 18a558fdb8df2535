"""The acts of a survey: written by the group, signed by its leader, corrected by a next edition. Callers commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from app import access, clock, guard
from app.domain import names
from app.domain import survey_acts as rules
from app.domain.refusal import Refusal
from app.domain.survey_acts import SaidOfHeading, SeenPerson
from app.domain.terms import CardStepKind, ParentalRole, Sex, SurveyAccess, SurveyHeading, Threat
from app.extensions import db, hold_row
from app.models import SignalCard, SurveyAct, SurveyGroup, SurveyMark, SurveyPerson
from app.services import signals
from app.services.surveys import CALLED_OFF

NOT_YOURS = "Акт пишет группа, которая идёт в семью, или координатор её территории."
CHANGED_MEANWHILE = "Пока вы писали, акт сохранил другой человек: {who}, {when}. Сравните и сохраните ещё раз."
BEGUN_MEANWHILE = "Акт этого обследования уже начат: {who}, {when}. Сравните и сохраните ещё раз: допишется тот акт."
SIGNED_MEANWHILE = "Этот акт уже подписан или убран: в нём ничего не меняется. Исправление – новая редакция акта."
SIGNED = "Акт уже подписан. Исправление – новая редакция акта."
OTHER_IS_OPEN = "У этого обследования есть неподписанный акт: подпишите его или уберите."
REMOVED = "Убран(а) из состава семьи в акте."


class FoundPerson(NamedTuple):
    """A row of the composition as typed; `row`: whose row of the act it is already, `typed`: its name in the form."""

    row: int | None
    role: ParentalRole | None
    last_name: str | None
    first_name: str | None
    middle_name: str | None
    born_on: date | None
    sex: Sex | None
    occupation: str | None
    note: str | None
    typed: str = "persons"


@dataclass(frozen=True)
class TypedAct:
    """What an act says, as typed."""

    visited_on: date
    access: SurveyAccess
    present: str | None
    registered_address: str | None
    actual_address: str | None
    phones: str | None
    income: str | None
    further: str | None
    threat: Threat | None
    conclusion: str | None
    proposals: str | None
    persons: Sequence[FoundPerson]
    # Of a heading that is not named here, what stands in the act stays: it is not told to whoever writes.
    marks: Mapping[SurveyHeading, SaidOfHeading]


class Over(NamedTuple):
    """Over which act, and which writing of it, a form was filled in; of a fresh one there is none but its visit."""

    act_id: int | None
    version: int | None
    visit: int | None = None


# The columns of an act that a group writes, and that a correction begins with; those of a person likewise.
OWN = ("visited_on", "access", "present", "registered_address", "actual_address", "phones", "income", "further",
       "threat", "conclusion", "proposals")  # fmt: skip
OF_PERSON = ("role", "last_name", "first_name", "middle_name", "born_on", "sex", "occupation", "note")


def is_of_group(group: SurveyGroup) -> bool:
    """Whether the person goes with the group."""
    return access.scope().employee in {one.id for one in group.employees}


def may_write(group: SurveyGroup) -> bool:
    """Whether the person writes the acts of a survey: one of the group, or whoever keeps its territory."""
    return group.annulled_at is None and (is_of_group(group) or guard.may_write(group))


def may_sign(group: SurveyGroup) -> bool:
    """Whether the person signs the acts: the leader, or the coordinator who holds the leader's paper act."""
    return is_leader(group) or guard.may_write(group)


def is_leader(group: SurveyGroup) -> bool:
    """Whether the person leads the group."""
    return access.scope().employee == group.leader_id


def open_act(group: SurveyGroup) -> SurveyAct | None:
    """The act of a survey that nobody has signed yet: there is one at a time."""
    asked = select(SurveyAct).where(
        SurveyAct.group_id == group.id, SurveyAct.signed_at.is_(None), SurveyAct.annulled_at.is_(None)
    )
    return db.session.scalar(asked.order_by(SurveyAct.id).limit(1).execution_options(populate_existing=True))


def open_act_or_visit(group: SurveyGroup) -> tuple[SurveyAct | None, int]:
    """The act that nobody has signed yet, and the visit whose act is not begun yet; those taken out keep theirs."""
    asked = select(SurveyAct).where(SurveyAct.group_id == group.id).order_by(SurveyAct.id)
    acts = db.session.scalars(asked.execution_options(populate_existing=True)).all()
    is_open = (act for act in acts if act.signed_at is None and act.annulled_at is None)
    return next(is_open, None), max((act.visit for act in acts), default=0) + 1


def save(group: SurveyGroup, written: TypedAct, *, over: Over, today: date) -> SurveyAct:
    """Keep an act unsigned: the open one, or that of the next visit. Raises Refusal with the form's field."""
    _hold(group)
    act, visit = open_act_or_visit(group)
    _check_over(act, over, visit)
    with signals.anywhere():
        card = group.card
        rules.check(
            visited_on=written.visited_on, today=today,
            detected_on=clock.local(card.detected_at).date() if card is not None else None,
            persons=[SeenPerson(names.full(one.last_name, one.first_name, one.middle_name), one.born_on, one.typed)
                     for one in written.persons],
        )  # fmt: skip
        if act is None:
            act = SurveyAct(group=group, visit=visit, edition=1)
            db.session.add(act)
        for name in OWN:
            setattr(act, name, getattr(written, name))
        act.saved_at, act.saved_by = clock.now(), access.scope().user_name
        db.session.flush()
        _write_persons(act, written.persons)
        _write_marks(act, written.marks)
        db.session.flush()
    return act


def sign(act: SurveyAct) -> None:
    """Fix an act by the leader's signature; a coordinator enters it from a paper act. Raises Refusal."""
    group, scope = act.group, access.scope()
    _hold(group)
    if act.signed_at is not None or act.annulled_at is not None:
        raise Refusal(SIGNED)
    if not may_sign(group):
        raise Refusal(f"Акт подписывает руководитель группы: {group.leader.full_name}.")
    said = {mark.heading: SaidOfHeading(mark.level, mark.note) for mark in _every_mark(act)}
    rules.check_signing(access=act.access, marks=said, threat=act.threat, conclusion=act.conclusion)
    by_leader = is_leader(group)
    with signals.anywhere():
        for earlier in group.acts:
            if earlier.visit == act.visit and earlier.is_current:
                earlier.is_current = False
        act.is_current, act.signed_at, act.signer_id = True, clock.now(), group.leader_id
        act.signed_for = None if by_leader else scope.user_name
        _tell_of_signing(act)
        db.session.flush()


def correct(act: SurveyAct, reason: str) -> SurveyAct:
    """Begin the next edition of a signed act: a copy of it, unsigned as yet. Raises Refusal."""
    group = act.group
    _hold(group)
    if not act.is_current:
        raise Refusal("Исправляется последняя подписанная редакция акта, а это не она.")
    if open_act(group) is not None:
        raise Refusal(OTHER_IS_OPEN)
    with signals.anywhere():
        copy = SurveyAct(
            group=group, visit=act.visit, edition=_next_edition(act), reason=reason,
            saved_by=access.scope().user_name, **{name: getattr(act, name) for name in OWN},
        )  # fmt: skip
        db.session.add(copy)
        db.session.flush()
        for mark in _every_mark(act):
            db.session.add(SurveyMark(group_id=group.id, act=copy, heading=mark.heading, level=mark.level,
                                      note=mark.note))  # fmt: skip
        for person in act.composition:
            said = {name: getattr(person, name) for name in OF_PERSON}
            db.session.add(SurveyPerson(group_id=group.id, act=copy, **said))
        db.session.flush()
    return copy


def drop(act: SurveyAct, reason: str) -> None:
    """Take out an act that nobody has signed. Raises Refusal."""
    _hold(act.group)
    if act.signed_at is not None or act.annulled_at is not None:
        raise Refusal(SIGNED)
    act.annulled_at, act.annul_reason = clock.now(), reason
    db.session.flush()


def _hold(group: SurveyGroup) -> None:
    """Let nobody else act on the survey until the transaction ends. Raises Refusal if the person does not write it."""
    hold_row(SurveyGroup, group.id)
    if group.annulled_at is not None:
        raise Refusal(CALLED_OFF)
    if not may_write(group):
        raise Refusal(NOT_YOURS)


def _check_over(act: SurveyAct | None, over: Over, visit: int) -> None:
    """The form was filled in over the act as it is now, or for the visit that is next now. Raises Refusal."""
    if act is None:
        if over.act_id is not None or over.visit not in (None, visit):
            raise Refusal(SIGNED_MEANWHILE)
        return
    if over.act_id is not None and over.act_id != act.id:
        raise Refusal(SIGNED_MEANWHILE)
    if over[:2] != (act.id, act.version):
        text = BEGUN_MEANWHILE if over.act_id is None else CHANGED_MEANWHILE
        raise Refusal(text.format(who=act.saved_by, when=f"{clock.local(act.saved_at):%d.%m.%Y %H:%M}"))


def _next_edition(act: SurveyAct) -> int:
    """The number of the next edition of an act; those that were taken out keep theirs."""
    of_visit = SurveyAct.group_id == act.group_id, SurveyAct.visit == act.visit
    return int(db.session.scalar(select(func.max(SurveyAct.edition)).where(*of_visit)) or 0) + 1


def _write_persons(act: SurveyAct, persons: Sequence[FoundPerson]) -> None:
    """The composition as it was typed: rows that stand there are changed, and those left out are annulled."""
    left = {person.id: person for person in act.composition}
    for typed in persons:
        said = {name: getattr(typed, name) for name in OF_PERSON}
        person = left.pop(typed.row, None) if typed.row is not None else None
        if person is None:
            db.session.add(SurveyPerson(group_id=act.group_id, act=act, **said))
            continue
        for name, value in said.items():
            setattr(person, name, value)
    for person in left.values():
        person.annulled_at, person.annul_reason = clock.now(), REMOVED


def _write_marks(act: SurveyAct, marks: Mapping[SurveyHeading, SaidOfHeading]) -> None:
    stored = {mark.heading: mark for mark in _every_mark(act)}
    for heading, said in marks.items():
        if (mark := stored.get(heading)) is not None:
            mark.level, mark.note = said
        elif said.level or said.note:
            db.session.add(SurveyMark(group_id=act.group_id, act=act, heading=heading, level=said.level,
                                      note=said.note))  # fmt: skip


def _every_mark(act: SurveyAct) -> Sequence[SurveyMark]:
    """The headings of an act, those too that are not told to whoever acts."""
    with signals.anywhere():
        return db.session.scalars(select(SurveyMark).where(SurveyMark.act_id == act.id)).all()


def _tell_of_signing(act: SurveyAct) -> None:
    """The group has been there on the day of its first visit that took place; its card learns of it."""
    group = act.group
    took_place = [one for one in group.acts if one.is_current and one.access is SurveyAccess.TOOK_PLACE]
    group.surveyed_on = min((one.visited_on for one in took_place), default=None)
    card = group.card
    if card is None or _last_group(card) != group.id:
        return
    is_first = card.surveyed_on is None and group.surveyed_on is not None
    card.surveyed_on = group.surveyed_on
    if is_first:
        signals.add_step(card, CardStepKind.SURVEYED, note=f"Выход {act.visited_on:%d.%m.%Y}")


def _last_group(card: SignalCard) -> int | None:
    """The group that was named for a card last: of it the card says whether it has been there."""
    asked = select(func.max(SurveyGroup.id)).where(SurveyGroup.card_id == card.id, SurveyGroup.annulled_at.is_(None))
    return db.session.scalar(asked)
