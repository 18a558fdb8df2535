"""Rules of a family's stays on record and of membership in a family."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.domain.refusal import Refusal

Stay = tuple[date, date | None]


def on_record(registered_on: date, removed_on: date | None, day: date) -> bool:
    """Whether a stay holds at the end of a day: the day of removal no longer belongs to it."""
    return registered_on <= day and (removed_on is None or removed_on > day)


def overlap(one: Stay, other: Stay) -> bool:
    """Whether two stays share a day; a family may be registered again on the day of its removal."""
    return (one[1] is None or other[0] < one[1]) and (other[1] is None or one[0] < other[1])


def check_placing(*, registered_on: date, decided_on: date | None, others: Iterable[Stay], removed_on: date | None,
                  criteria: int, today: date) -> None:  # fmt: skip
    """A family may be placed on record by a decision, on its date, while no other stay holds (Положение, 3.1)."""
    if decided_on is None:
        raise Refusal("Без постановления комиссии семью на учёт не ставят (Положение, 3.1).", "decision")
    if registered_on > today:
        raise Refusal("Дата постановки на учёт ещё не наступила.", "registered_on")
    if registered_on < decided_on:
        raise Refusal("Дата постановки на учёт раньше даты постановления.", "registered_on")
    if not criteria:
        raise Refusal("Укажите хотя бы один критерий; первый считается основным (раздел 2 Положения).", "criteria")
    for other in others:
        if overlap((registered_on, removed_on), other):
            until = f" по {other[1]:%d.%m.%Y}" if other[1] else ""
            raise Refusal(f"Семья уже состоит на учёте с {other[0]:%d.%m.%Y}{until}.", "registered_on")


def check_removal(*, registered_on: date, removed_on: date, decided_on: date | None, has_reason: bool,
                  today: date) -> None:  # fmt: skip
    """A family leaves the record by a decision with a reason, not before it was placed on it (Положение, 3.5)."""
    if decided_on is None:
        raise Refusal("Без постановления комиссии семью с учёта не снимают (Положение, 3.5).", "removal_decision")
    if removed_on < registered_on:
        raise Refusal("Дата снятия с учёта раньше даты постановки.", "removed_on")
    if removed_on > today:
        raise Refusal("Дата снятия с учёта ещё не наступила.", "removed_on")
    if removed_on < decided_on:
        raise Refusal("Дата снятия с учёта раньше даты постановления.", "removed_on")
    if not has_reason:
        raise Refusal("Укажите причину снятия с учёта.", "removal_reason")


def check_decision(*, decided_on: date, today: date) -> None:
    """A decision is not dated by a day to come."""
    if decided_on > today:
        raise Refusal("Дата постановления ещё не наступила.", "decided_on")


def check_member(*, born_on: date | None, joined_on: date | None, left_on: date | None, today: date) -> None:
    """A person is born before today, joins a family not before being born and leaves it not before joining."""
    if born_on and born_on > today:
        raise Refusal("Дата рождения ещё не наступила.", "born_on")
    if born_on and born_on.year < 1900:
        raise Refusal("Дата рождения раньше 1900 года: проверьте год.", "born_on")
    if born_on and joined_on and joined_on < born_on:
        raise Refusal("В семье раньше, чем родился: проверьте даты.", "joined_on")
    check_interval(joined_on or born_on, left_on, "left_on")


def check_interval(start: date | None, end: date | None, field: str) -> None:
    """What ends does not end before it starts."""
    if start and end and end < start:
        raise Refusal(f"Дата окончания ({end:%d.%m.%Y}) раньше даты начала ({start:%d.%m.%Y}).", field)
