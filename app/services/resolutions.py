"""The words of a resolution, composed from the facts; whoever enters them edits them freely.

What was typed stays: only an empty part is composed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select

from app import access, tree
from app.domain.meetings import ASKED
from app.domain.terms import DecisionKind, SurveyLevel
from app.extensions import db
from app.models import AgendaItem, Employee, SurveyAct, SurveyGroup, SurveyMark
from app.services.sitting import Decided

_act, _group, _mark = SurveyAct.__table__, SurveyGroup.__table__, SurveyMark.__table__

POOR = "неблагополучно"  # a heading of an act that was found wanting without a line of its own
DECISIONS = {
    DecisionKind.PLACE: "Поставить на учёт {whom} как находящуюся в социально опасном положении.",
    DecisionKind.REFUSE: "В постановке на учёт отказать: сведения о социально опасном положении не подтвердились.",
    DecisionKind.POSTPONE: "Рассмотрение отложить до {until}, провести дополнительную проверку.",
    DecisionKind.REMOVE: "Снять с учёта {whom}. Причина: {reason}.",
    DecisionKind.CRITERIA: "Изменить критерии учёта, {who} остаётся на учёте.",
    DecisionKind.LIGHTER: "На учёт не ставить, организовать сопровождение: трудная жизненная ситуация.",
    DecisionKind.PROGRAMME: "Утвердить программу социальной реабилитации.",
    DecisionKind.RENEW: "Внести изменения в программу социальной реабилитации.",
    DecisionKind.EXTEND: "Продлить этап программы до {until}.",
    DecisionKind.HEAR: "Информацию принять к сведению.",
    DecisionKind.REPRESENT: "Внести представление об устранении причин и условий нарушения прав несовершеннолетних.",
    DecisionKind.COURT: "Направить материалы в суд.",
    DecisionKind.REDIRECT: "Передать материалы на территорию: {place}.",
}

# The words of outcomes that name nothing: whoever was overtaken may still have them in the form.
PLAIN = [words.split() for words in DECISIONS.values() if "{" not in words]


class KnownOfItem(NamedTuple):
    """What is known of an item before it is decided."""

    substance: str | None = None
    violations: str | None = None
    speaker: str | None = None


def known(item: AgendaItem) -> KnownOfItem:
    """What the survey of a matter found, and why it stands on the agenda."""
    marks = _last_act(item)
    if not marks:
        return KnownOfItem(_substance(item, None))
    return KnownOfItem(_substance(item, marks[0]), _violations(marks), marks[0].leader)


def composed(item: AgendaItem, decided: Decided) -> Decided:
    """What was decided, with the words of the decision where nobody has written any of their own."""
    if decided.resolved and not _were_composed(item, decided.resolved):
        return decided
    return replace(decided, resolved=_decision(item, decided))


def _were_composed(item: AgendaItem, text: str) -> bool:
    """Whether a text is the one that the decision entered before was worded by: it goes with that decision."""
    if text.split() in PLAIN:
        return True
    if item.outcome is None:
        return False
    before = Decided(
        outcome=item.outcome, criteria=item.named_criteria, removal_reason=item.removal_reason,
        until=item.until, in_charge=item.in_charge, to_territory=tree.read().rows.get(item.to_territory_id or 0),
        note=item.note,
    )  # fmt: skip
    return text.split() == _decision(item, before).split()


def _decision(item: AgendaItem, decided: Decided) -> str:
    """A decision in words, with what its outcome asks for."""
    kind = decided.outcome.effect
    whose = item.family.whose if item.family is not None else ""
    text = DECISIONS[kind].format(
        whom=f"семью {whose}".strip(),
        who=f"семья {whose}".strip(),
        until=f"{decided.until:%d.%m.%Y}" if decided.until else "________",
        reason=decided.removal_reason.name if decided.removal_reason else "________",
        place=decided.to_territory.name if decided.to_territory else "________",
    )
    asked = ASKED[kind].fields
    if decided.note and kind is DecisionKind.POSTPONE:
        text += f" Причина: {decided.note.rstrip('.')}."
    if decided.criteria and "criteria" in asked:
        text += " Критерии: " + "; ".join(f"{one.code} {one.name}" for one in decided.criteria) + "."
    if decided.in_charge is not None and "in_charge" in asked:
        text += f" Ответственный орган: {decided.in_charge.name}."
    return text


def _substance(item: AgendaItem, act: Any) -> str | None:
    parts = [item.why[:1].upper() + item.why[1:] + "."] if item.why else []
    if act is not None and act.conclusion:
        parts.append(f"По акту обследования от {act.visited_on:%d.%m.%Y}: {act.conclusion}")
    return "\n".join(parts) or None


def _violations(marks: Iterable[Any]) -> str | None:
    """The headings that the survey found wanting, with their lines."""
    return "\n".join(f"{row.heading}: {row.note or POOR}" for row in marks if row.heading) or None


def _last_act(item: AgendaItem) -> Sequence[Any]:
    """The last act in force at the meeting, of the survey of an item or else of its family, and who led the group: a
    row for each heading that it found wanting, or one without; none where there is no act."""
    if item.group_id is None and item.family_id is None:
        return []
    of_item = _group.c.id == (item.group_id or 0)
    leader = Employee.last_name + " " + Employee.first_name + func.coalesce(" " + Employee.middle_name, "")
    last = (
        select(SurveyAct.id, SurveyAct.visited_on, SurveyAct.conclusion, leader.label("leader"))
        .join(_group, _group.c.id == SurveyAct.group_id)
        .join(Employee, Employee.id == _group.c.leader_id)
        .where(or_(of_item, _group.c.family_id == (item.family_id or 0)), _group.c.annulled_at.is_(None))
        .where(SurveyAct.is_current, SurveyAct.visited_on <= item.meeting.held_on, access.scope().surveys())
        .order_by(of_item.desc(), SurveyAct.visited_on.desc(), SurveyAct.id.desc())
        .limit(1)
        .subquery()
    )
    wanting = and_(_mark.c.act_id == last.c.id, _mark.c.level == SurveyLevel.NOT)
    asked = select(*last.c, _mark.c.heading, _mark.c.note).select_from(last.outerjoin(_mark, wanting))
    return db.session.execute(asked.order_by(_mark.c.id)).all()
