"""The rules of a survey: who may go, and by when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from app.domain.refusal import Refusal

MOST_EMPLOYEES = 15  # of one group
LATEST = timedelta(days=366)  # a survey that is due later than that is a slip of the pen


def check_group(*, leader_id: int, employee_ids: Collection[int], due_on: date, today: date) -> None:
    """Raise Refusal with the field at fault if a group cannot be so; the leader is one of the group."""
    check_due(due_on, today)
    if len({leader_id, *employee_ids}) > MOST_EMPLOYEES:
        raise Refusal(f"В группе может быть не больше {MOST_EMPLOYEES} человек.", "employees")


def check_due(due_on: date, today: date, *, field: str = "due_on") -> None:
    """Raise Refusal unless a group may still go by a day, and the day is no slip of the pen."""
    if due_on < today:
        raise Refusal("Этот день уже прошёл: назначьте срок не раньше сегодняшнего дня.", field)
    if due_on > today + LATEST:
        raise Refusal("Срок обследования – не позже чем через год.", field)


def is_late(due_on: date, surveyed_on: date | None, today: date) -> bool:
    """Whether a group went too late, or has not gone and should have."""
    return (surveyed_on or today) > due_on
