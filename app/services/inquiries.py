"""The acts on what bodies are asked about a family that is surveyed, and on what they tell. Callers commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app import access, clock, guard, tree
from app.domain import inquiries as rules
from app.domain.refusal import Refusal
from app.domain.terms import InquiryState
from app.extensions import db, hold_row
from app.models import Agency, AgencyFinding, AgencyInquiry, AgencyKind, SurveyGroup

CALLED_OFF = "Это обследование отменено: ведомства по нему больше не запрашивают."
CLOSED = "Запрос закрыт: дополнить ответ может тот, кто спрашивал. Попросите его открыть запрос снова."
WITHDRAWN = "Запрос отозван: отвечать на него больше не нужно."
NO_RIGHT = "На сведения о здоровье и судимости нужно отдельное право: его даёт администратор."


@dataclass(frozen=True)
class SaidByBody:
    """What a body knows, as typed."""

    told_on: date
    text: str
    special: bool = False
    told_by: str | None = None


def kinds() -> Sequence[AgencyKind]:
    """The kinds of bodies that are asked, in the order of the act."""
    asked = select(AgencyKind).where(AgencyKind.scheme == rules.SCHEME, AgencyKind.retired.is_(False))
    return db.session.scalars(asked.order_by(AgencyKind.position, AgencyKind.id)).all()


def state(inquiry: AgencyInquiry) -> InquiryState:
    """How far an inquiry is."""
    return rules.state(
        answered_at=inquiry.answered_at, knows_nothing=inquiry.knows_nothing, closed_at=inquiry.closed_at
    )


def is_overdue(inquiry: AgencyInquiry, today: date) -> bool:
    """Whether a body should have answered by now."""
    return rules.is_overdue(answered_at=inquiry.answered_at, due_on=inquiry.due_on, today=today)


# Whoever asks


def ask(group: SurveyGroup, agencies: Sequence[Agency], question: str | None, due_on: date,
        today: date) -> list[AgencyInquiry]:  # fmt: skip
    """Ask several bodies of the survey's district at once. Raises Refusal with the form's field."""
    _hold(group.id)
    _check_goes_on(group)
    rules.check_due(due_on, today)
    if len(agencies) > rules.MOST_AT_ONCE:
        raise Refusal(f"За один раз спрашивают не больше {rules.MOST_AT_ONCE} ведомств.", "agencies")
    near = tree.around(group.territory_id)
    for agency in agencies:
        if agency.closed or agency.territory_id not in near:
            raise Refusal(f"{agency}: этот орган не работает на территории обследования.", "agencies")
    known = {inquiry.agency_id for inquiry in _live(group.id)}
    if already := [str(agency) for agency in agencies if agency.id in known]:
        raise Refusal(f"Уже запрошено: {', '.join(already)}.", "agencies")
    asked_by = access.scope().user_name
    made = [
        AgencyInquiry(group=group, agency=agency, question=question, due_on=due_on, asked_by=asked_by)
        for agency in dict.fromkeys(agencies)
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def close(inquiry: AgencyInquiry) -> None:
    """Take what a body has told: it adds and corrects nothing any more. Raises Refusal."""
    _hold(inquiry.group_id)
    _check_live(inquiry)
    if inquiry.closed_at is not None:
        raise Refusal("Запрос уже закрыт.")
    if inquiry.answered_at is None:
        raise Refusal("Ответа ещё нет: закрывать нечего. Ненужный запрос отзовите.")
    inquiry.closed_at = clock.now()
    db.session.flush()


def reopen(inquiry: AgencyInquiry, question: str | None, due_on: date, today: date) -> None:
    """Ask a body once more, of something else or in more detail. Raises Refusal with the form's field."""
    _hold(inquiry.group_id)
    _check_live(inquiry)
    _check_goes_on(inquiry.group)
    if inquiry.answered_at is None:
        raise Refusal("Ответа ещё нет: этот запрос и так ждёт ведомство.")
    rules.check_due(due_on, today)
    inquiry.question, inquiry.due_on = question, due_on
    inquiry.answered_at, inquiry.closed_at, inquiry.knows_nothing = None, None, False
    db.session.flush()


def withdraw(inquiry: AgencyInquiry, reason: str) -> None:
    """An answer is not needed any more: the body sees the inquiry no longer. Raises Refusal."""
    _hold(inquiry.group_id)
    _check_live(inquiry)
    if inquiry.answered_at is not None:
        raise Refusal("Ведомство уже ответило: запрос закрывают, а не отзывают.")
    _annul(inquiry, reason)


def tell(group: SurveyGroup, kind: AgencyKind, agency: Agency | None, told: SaidByBody, today: date) -> AgencyFinding:
    """Enter what a body has told by phone or on paper; if it was asked, it has answered. Raises Refusal."""
    _hold(group.id)
    _check_goes_on(group)
    if agency is not None and rules.kind_among(agency.kind, kinds()).id != kind.id:
        raise Refusal("Этот орган – другого вида: выберите его вид или другой орган.", "agency")
    found = _add(group.id, kind, agency, told, today)
    if (asked := inquiry_of(found)) is not None:
        _answered(asked)
    return found


# The body that is asked


def answer(inquiry: AgencyInquiry, told: SaidByBody, today: date) -> AgencyFinding:
    """The body tells what it knows: one entry of several. The first one answers the inquiry. Raises Refusal."""
    _hold(inquiry.group_id)
    _check_open(inquiry)
    kind = rules.kind_among(inquiry.agency.kind, kinds())
    found = _add(inquiry.group_id, kind, inquiry.agency, told, today)
    _answered(inquiry)
    return found


def know_nothing(inquiry: AgencyInquiry) -> None:
    """The body answers that it knows nothing of the family. Raises Refusal."""
    _hold(inquiry.group_id)
    _check_open(inquiry)
    if _tells(inquiry.group_id, inquiry.agency_id):
        raise Refusal("По этому запросу сведения уже внесены: сначала аннулируйте их.")
    inquiry.knows_nothing, inquiry.answered_at = True, clock.now()
    db.session.flush()


# What was told


def correct(finding: AgencyFinding, told: SaidByBody, today: date) -> None:
    """Put another text or day in place of what was told; the journal keeps what stood there. Raises Refusal."""
    _hold(finding.group_id)
    _check_changes(finding)
    _check(told, today)
    finding.told_on, finding.text, finding.special = told.told_on, told.text, told.special
    if told.told_by is not None:
        finding.told_by = told.told_by
    db.session.flush()


def take_back(finding: AgencyFinding, reason: str) -> None:
    """Annul what was told by mistake; a body that has told nothing else has not answered. Raises Refusal."""
    _hold(finding.group_id)
    _check_changes(finding)
    _annul(finding, reason)
    asked = inquiry_of(finding)
    if asked is not None and asked.closed_at is None and not _tells(asked.group_id, asked.agency_id):
        asked.answered_at = None
        db.session.flush()


def may_change(finding: AgencyFinding) -> bool:
    """Whether the person may correct what was told: whoever surveys at any time, the body until its answer is taken."""
    if finding.annulled_at is not None:
        return False
    if surveys(finding):
        return True
    if finding.agency_id is None or finding.agency_id != access.scope().agency:
        return False
    asked = inquiry_of(finding)
    return asked is not None and asked.closed_at is None


def surveys(finding: AgencyFinding) -> bool:
    """Whether the person surveys the family that a body told of, and does not merely answer."""
    return finding.group is not None and keeps(finding.group)


def inquiry_of(finding: AgencyFinding) -> AgencyInquiry | None:
    """The inquiry that was answered by what a body told; None if it was not asked."""
    live = _live(finding.group_id) if finding.agency_id is not None else ()
    return next((one for one in live if one.agency_id == finding.agency_id), None)


def keeps(group: SurveyGroup) -> bool:
    """Whether the person asks bodies about a survey: its leader, and the coordinator of its territory."""
    return group.annulled_at is None and (leads(group) or guard.may_write(group))


def leads(group: SurveyGroup) -> bool:
    """Whether the person leads the group."""
    employee = access.scope().employee
    return employee is not None and group.leader_id == employee


def _add(group_id: int, kind: AgencyKind, agency: Agency | None, told: SaidByBody, today: date) -> AgencyFinding:
    _check(told, today)
    finding = AgencyFinding(
        group_id=group_id, kind=kind, agency=agency, told_on=told.told_on, told_by=told.told_by, special=told.special,
        text=told.text,
    )  # fmt: skip
    db.session.add(finding)
    db.session.flush()
    return finding


def _check(told: SaidByBody, today: date) -> None:
    rules.check_told(told.told_on, today)
    if told.special and not access.scope().sees_special:
        raise Refusal(NO_RIGHT, "special")


def _answered(inquiry: AgencyInquiry) -> None:
    """The first answer counts; what is added to it later does not move its time."""
    if inquiry.answered_at is None or inquiry.knows_nothing:
        inquiry.answered_at, inquiry.knows_nothing = inquiry.answered_at or clock.now(), False
        db.session.flush()


def _annul(row: AgencyInquiry | AgencyFinding, reason: str) -> None:
    if row.annulled_at is not None:
        raise Refusal("Эта запись уже аннулирована.")
    row.annulled_at, row.annul_reason = clock.now(), reason
    db.session.flush()


def _live(group_id: int) -> Sequence[AgencyInquiry]:
    asked = select(AgencyInquiry).where(AgencyInquiry.group_id == group_id, AgencyInquiry.annulled_at.is_(None))
    return db.session.scalars(asked).all()


def _tells(group_id: int, agency_id: int) -> bool:
    """Whether a body has told anything of a survey, of health and convictions too."""
    table = AgencyFinding.__table__.c
    asked = select(table.id).where(
        table.group_id == group_id, table.agency_id == agency_id, table.annulled_at.is_(None)
    ).limit(1)  # fmt: skip
    return db.session.connection().scalar(asked) is not None


def _hold(group_id: int) -> None:
    """Whoever acts on one survey at once does it one after the other."""
    hold_row(SurveyGroup, group_id)


def _check_goes_on(group: SurveyGroup | None) -> None:
    if group is None or group.annulled_at is not None:
        raise Refusal(CALLED_OFF)


def _check_live(inquiry: AgencyInquiry) -> None:
    if inquiry.annulled_at is not None:
        raise Refusal(WITHDRAWN)


def _check_open(inquiry: AgencyInquiry) -> None:
    _check_live(inquiry)
    if inquiry.closed_at is not None:
        raise Refusal(CLOSED)


def _check_changes(finding: AgencyFinding) -> None:
    if finding.annulled_at is not None:
        raise Refusal("Эта запись аннулирована: с ней больше ничего не делают.")
    if not may_change(finding):
        raise Refusal(CLOSED)
