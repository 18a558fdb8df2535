"""Rules of what is noted about a family and its members besides the stays: aid, education, records of other bodies."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date
from decimal import Decimal

from app.domain.periods import month_later, quarter, quarter_holding
from app.domain.refusal import Refusal
from app.domain.registration import check_interval

FIRST_YEAR = 2000  # no bank keeps the support of pupils of earlier years
MONTHS_AHEAD = 12  # a place in a school is known that long before; a later day is a slip of the pen


def check_aid(*, given_on: date, named: bool, amount: Decimal | None, family: Hashable,
              recipients: Iterable[Hashable], born_on: Iterable[date | None], today: date) -> None:  # fmt: skip
    """Aid was given on a past day; it is of a kind or is a measure; it was given to members of the family.

    named: whether a kind or a measure is said. recipients: the family of each; born_on: the birth date of each.
    """
    if given_on > today:
        raise Refusal("Дата помощи ещё не наступила.", "given_on")
    if not named:
        raise Refusal("Укажите вид помощи или мероприятие.", "kind")
    if amount is not None and amount < 0:
        raise Refusal("Сумма помощи не бывает отрицательной.", "amount")
    if any(belongs != family for belongs in recipients):
        raise Refusal("Получатель помощи – член этой семьи.", "recipients")
    if any(born is not None and born > given_on for born in born_on):
        raise Refusal("Помощь оказана раньше, чем родился её получатель: проверьте даты.", "recipients")


def check_support(*, year: int, quarter_number: int, born_on: date | None, today: date) -> None:
    """How somebody who was born is cared for is noted for a quarter that has begun (Положение, 3.6.4)."""
    if not 1 <= quarter_number <= 4:
        raise Refusal("Квартал – число от 1 до 4.", "quarter")
    if year < FIRST_YEAR or year > today.year + 1:
        raise Refusal("Проверьте год.", "year")
    period = quarter(year, quarter_number)
    if period.start > today:
        raise Refusal("Этот квартал ещё не начался.", "quarter")
    if born_on and born_on > period.end:
        raise Refusal(f"Этот квартал кончился раньше, чем ребёнок родился ({born_on:%d.%m.%Y}).", "quarter")


def check_education(*, started_on: date, ended_on: date | None, born_on: date | None, today: date) -> None:
    """Education ends not before it begins, and begins not before birth; a place known beforehand lies within a year."""
    if started_on > month_later(today, MONTHS_AHEAD):
        raise Refusal("Дата начала больше чем через год: проверьте её.", "started_on")
    if born_on and started_on < born_on:
        raise Refusal(f"Обучение, занятость раньше рождения ({born_on:%d.%m.%Y}): проверьте даты.", "started_on")
    check_interval(started_on, ended_on, "ended_on")


def education_since(on: date, born_on: date | None) -> date:
    """Since when an education holds that is told on a day without its first one: its quarter, or the birth in it."""
    return max(quarter_holding(on).start, born_on or date.min)


def check_supervision(*, started_on: date | None, ended_on: date | None, born_on: date | None, today: date) -> None:
    """Another body's record of somebody who was born began and ended on past days, in this order."""
    for day, field in ((started_on, "started_on"), (ended_on, "ended_on")):
        if day and day > today:
            raise Refusal("Эта дата ещё не наступила.", field)
        if day and born_on and day < born_on:
            raise Refusal(f"На учёте раньше, чем родился ({born_on:%d.%m.%Y}): проверьте даты.", field)
    check_interval(started_on, ended_on, "ended_on")


def check_document(*, issued_on: date | None, born_on: date | None, today: date) -> None:
    """A document was issued on a past day to somebody who was born."""
    if issued_on and issued_on > today:
        raise Refusal("Дата выдачи документа ещё не наступила.", "issued_on")
    if issued_on and born_on and issued_on < born_on:
        raise Refusal("Документ выдан раньше, чем родился его владелец: проверьте даты.", "issued_on")


def check_assignment(*, to_family: bool, to_territory: bool, started_on: date, ended_on: date | None) -> None:
    """A commission member is given either a family or a territory."""
    check_interval(started_on, ended_on, "ended_on")
    if to_family == to_territory:
        raise Refusal("Закрепите либо за семьёй, либо за территорией.", "family")


def check_paper(*, title: str | None, dated_on: date | None, family: Hashable, decision_family: Hashable | None,
                today: date) -> None:  # fmt: skip
    """A paper has a title and no day to come; a copy of a decision is of a decision about this family."""
    if not (title or "").strip():
        raise Refusal("Напишите название документа.", "title")
    if dated_on and dated_on > today:
        raise Refusal("Дата документа ещё не наступила.", "dated_on")
    if decision_family is not None and decision_family != family:
        raise Refusal("У этой семьи нет такого постановления.", "decision")
