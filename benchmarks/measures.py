"""«Мои мероприятия» over a bank in which tens of thousands of measures are planned: its pages, as a body and as a
coordinator open them, at two sizes that must not differ much.

The measures are planned for families of the bank, and taken out again when they are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle

from sqlalchemy import delete, exists, func, insert, select

from app.domain.terms import DecisionKind, MeasureState, Role
from app.extensions import db
from app.models import (
    Decision,
    Employee,
    JournalEntry,
    MeasureKind,
    PlannedMeasure,
    Programme,
    Registration,
    Stage,
    StageKind,
    User,
)
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Section
from benchmarks.pages import Reader

FEW, MANY = 5_000, 50_000  # measures of the bank
OF_A_PLAN = 12
STATES = (MeasureState.PLANNED, MeasureState.PLANNED, MeasureState.DONE)
MARK = "замер"  # by which what was made is taken out
PAGES = {"предстоят": "due", "просрочены": "overdue", "исполнены": "done"}


def measure(bank: Bank, runs: int) -> Section:
    """The pages of the body that performs every fourth measure, and of the coordinator of the whole bank."""
    section = Section("Мои мероприятия: 5 000 и 50 000 мероприятий")
    for size in (FEW, MANY):
        with planned(bank, size) as made:
            for role, who in ((Role.SPECIALIST, "орган"), (Role.COORDINATOR, "координатор")):
                reader = Reader(bank, runs, role)
                for title, state in PAGES.items():
                    section.lines.append(
                        reader.line(f"{made} мероприятий, {who}: {title}", f"/execution/?state={state}")
                    )
    return section


@contextmanager
def planned(bank: Bank, size: int) -> Iterator[int]:
    """Plans of twelve measures for so many families as are needed, or as there are; every second one is of the body of
    the demo specialist. Gives how many measures were planned."""
    from app.demo import accounts

    name = next(username for role, username, *_name in accounts.PEOPLE if role is Role.SPECIALIST)
    with bank.opened():
        told = db.session.scalar(select(func.max(JournalEntry.id))) or 0
        body = db.session.scalars(
            select(Employee.agency_id).join(User, User.id == Employee.user_id).where(User.username == name)
        ).one()
        kinds = cycle(db.session.scalars(select(MeasureKind.id)).all())
        stage_kind = db.session.scalars(select(StageKind.id).limit(1)).one()
        has_one = exists().where(Programme.registration_id == Registration.id, Programme.closed_on.is_(None))
        stays = db.session.execute(
            select(Registration.id, Registration.family_id, Registration.registered_on)
            .where(Registration.annulled_at.is_(None), Registration.removed_on.is_(None), ~has_one)
            .order_by(Registration.id)
            .limit(size // OF_A_PLAN)
        ).all()
        each = -(-size // max(1, len(stays)))
        made = 0
        for stay in stays:
            start = max(stay.registered_on, TODAY - timedelta(days=100))
            decision = Decision(family_id=stay.family_id, kind=DecisionKind.PROGRAMME, number=MARK, decided_on=start)
            programme = Programme(family_id=stay.family_id, registration_id=stay.id, starts_on=start,
                                  ends_on=TODAY + timedelta(days=300), approval=decision, note=MARK)  # fmt: skip
            stage = Stage(family_id=stay.family_id, programme=programme, kind_id=stage_kind, starts_on=start,
                          ends_on=TODAY + timedelta(days=60), decision=decision)  # fmt: skip
            db.session.add_all([decision, programme, stage])
            db.session.flush()
            rows = []
            for number in range(each):
                state = STATES[number % len(STATES)]
                rows.append({
                    "family_id": stay.family_id, "stage_id": stage.id, "kind_id": next(kinds), "position": number,
                    "performer_id": body if number % 2 else None, "due_on": start + timedelta(days=number * 11),
                    "state": state, "done_on": TODAY if state is MeasureState.DONE else None,
                })  # fmt: skip
            db.session.execute(insert(PlannedMeasure), rows)
            made += each
        db.session.commit()
    try:
        yield made
    finally:
        with bank.opened():
            _take_out(told)


def _take_out(told: int) -> None:
    """Take the plans out, and what the journal was told of them."""
    programmes = select(Programme.id).where(Programme.note == MARK)
    stages = select(Stage.id).where(Stage.programme_id.in_(programmes))
    db.session.execute(delete(PlannedMeasure).where(PlannedMeasure.stage_id.in_(stages)))
    db.session.execute(delete(Stage).where(Stage.programme_id.in_(programmes)))
    db.session.execute(delete(Programme).where(Programme.note == MARK))
    db.session.execute(delete(Decision).where(Decision.number == MARK))
    db.session.execute(delete(JournalEntry).where(JournalEntry.id > told))
    db.session.commit()
