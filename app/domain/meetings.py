"""The rules of a commission and of its meetings: who sits in it, when it may decide, how decisions are numbered."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from app.domain.intervals import holds
from app.domain.periods import month
from app.domain.refusal import Refusal
from app.domain.terms import CommissionPost, DecisionKind, InstructionKind, MeetingState

ALONE = (CommissionPost.CHAIR, CommissionPost.SECRETARY)  # posts of one person at a time
FARTHEST = timedelta(days=2 * 366)  # a meeting planned later than that is a slip of the pen
LONGEST_EXTENSION = timedelta(days=31)  # of the consideration of materials: a month, by a reasoned resolution
LAST_MONTHS = 11  # from this month on the plan of the next year is made
LEAST_A_MONTH = 2  # meetings of the commission (Положение о комиссии)
DEFAULT_PATTERN = "{n}/{item}"
PLACES = ("n", "item", "year")  # what a pattern of numbers may name
LONGEST_NUMBER = 40  # characters

Held = tuple[CommissionPost, date, date | None]


@dataclass(frozen=True)
class Quorum:
    """Whether enough members are there: not less than half of them (Положение о комиссии)."""

    members: int
    present: int

    @property
    def needed(self) -> int:
        return (self.members + 1) // 2

    @property
    def missing(self) -> int:
        """How many more members have to come; 0 if the meeting may decide."""
        return max(0, self.needed - self.present)

    @property
    def is_there(self) -> bool:
        return self.members > 0 and not self.missing


def check_member(*, sits: bool, dismissed: bool, post: CommissionPost, started_on: date, ended_on: date | None,
                 own: Iterable[Held], others: Iterable[Held]) -> None:  # fmt: skip
    """Raise Refusal with the field at fault if a person cannot sit so.

    sits: the body holds meetings. own: other rows of the same person in the body. others: rows of its other people.
    """
    if not sits:
        raise Refusal("Этот орган не проводит заседаний: отметьте в его записи, комиссия это или совет.", "agency")
    if dismissed and ended_on is None:
        raise Refusal("Этот сотрудник больше не работает: укажите, до какого дня он был в составе.", "ended_on")
    if ended_on is not None and ended_on < started_on:
        raise Refusal(f"Дата окончания ({ended_on:%d.%m.%Y}) раньше даты начала ({started_on:%d.%m.%Y}).", "ended_on")
    for _post, since, until in own:
        if _meet(started_on, ended_on, since, until):
            raise Refusal(f"Этот человек уже в составе с {since:%d.%m.%Y}: сначала закройте ту запись.", "employee")
    if post in ALONE:
        for other, since, until in others:
            if other is post and _meet(started_on, ended_on, since, until):
                raise Refusal(f"В эти дни в составе уже есть {post}: один человек на одну должность.", "post")


def _meet(since: date, until: date | None, start: date, end: date | None) -> bool:
    """Whether two intervals share a day; the last day belongs to neither."""
    return (end is None or since < end) and (until is None or start < until)


def sits(*, started_on: date, ended_on: date | None, dismissed: bool, day: date) -> bool:
    """Whether a member is of the commission on a day; whoever was dismissed sat until the day that his row names."""
    return holds(started_on, ended_on, day) and not (dismissed and ended_on is None)


def check_planned(*, held_on: date, today: date, others: Collection[date], starts_at: str | None) -> None:
    """Raise Refusal with the field at fault if a meeting cannot be planned on a day.

    others: the days on which the body meets already.
    """
    if held_on > today + FARTHEST:
        raise Refusal("Заседание планируют не дальше чем на два года вперёд: проверьте год.", "held_on")
    if held_on.year < 2000:
        raise Refusal("Проверьте год заседания.", "held_on")
    if held_on in others:
        raise Refusal(f"На {held_on:%d.%m.%Y} заседание этой комиссии уже назначено.", "held_on")
    check_time(starts_at)


def check_time(text: str | None) -> None:
    """Raise Refusal unless a text is a time of the day: «14:30»."""
    if text is not None and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise Refusal("Время начала пишут так: 14:30.", "starts_at")


def check_pattern(pattern: str | None) -> None:
    """Raise Refusal unless a pattern gives every decision of a year a number of its own, short enough to be kept."""
    if pattern is None:
        return
    named = re.findall(r"\{(\w*)\}", pattern)
    if set(named) - set(PLACES) or re.search(r"[{}]", re.sub(r"\{\w*\}", "", pattern)):
        raise Refusal("В образце номера бывают только {n}, {item} и {year}.", "number_pattern")
    if "n" not in named:
        raise Refusal("В образце номера нужно {n}, иначе номера повторятся.", "number_pattern")
    if re.search(r"\}\d*\{", pattern):
        raise Refusal("Между {n}, {item} и {year} поставьте знак, например {n}/{item}.", "number_pattern")
    if len(number_of(pattern, meeting=9999, item=999, running=99_999, year=2000)) > LONGEST_NUMBER:
        raise Refusal(f"Номер по этому образцу длиннее {LONGEST_NUMBER} знаков.", "number_pattern")


def counts_meetings(pattern: str | None) -> bool:
    """Whether {n} of a pattern is the number of the meeting: where it names the item; else decisions are counted."""
    return "{item}" in (pattern or DEFAULT_PATTERN)


def number_of(pattern: str | None, *, meeting: int, item: int, running: int, year: int) -> str:
    """The number of a decision by the pattern of its body: «7/3» by meeting and item, «143» counted in the year."""
    n = meeting if counts_meetings(pattern) else running
    return (pattern or DEFAULT_PATTERN).format(n=n, item=item, year=year)


def check_open(state: MeetingState) -> None:
    """Raise Refusal if nothing of a meeting changes any more."""
    if state is MeetingState.CLOSED:
        raise Refusal("Заседание закрыто: в нём больше ничего не меняется. Ошибку исправляют новым постановлением.")


def check_quorum(quorum: Quorum) -> None:
    """Raise Refusal if too few members are there to decide."""
    if not quorum.members:
        raise Refusal("В составе комиссии никого нет: сначала внесите её членов.")
    if quorum.missing:
        text = f"Нет кворума: присутствуют {quorum.present} из {quorum.members}, нужно {quorum.needed}."
        raise Refusal(f"{text} Не хватает: {quorum.missing}.")


def lean_months(days: Sequence[date], year: int, *, least: int = LEAST_A_MONTH) -> list[int]:
    """The months of a year in which a plan has fewer meetings than the commission has to hold."""
    return [number for number in range(1, 13) if sum(day in month(year, number) for day in days) < least]


# What an item may end with


@dataclass(frozen=True)
class Fields:
    """What an outcome asks for and what it may say, by the names of the fields."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.needs, *self.takes)


ASKED: dict[DecisionKind, Fields] = {
    DecisionKind.PLACE: Fields(("criteria",), ("in_charge", "note")),
    DecisionKind.REFUSE: Fields((), ("note",)),
    DecisionKind.POSTPONE: Fields(("until",), ("note",)),
    DecisionKind.REMOVE: Fields(("removal_reason",), ("note",)),
    DecisionKind.CRITERIA: Fields(("criteria",), ("note",)),
    DecisionKind.LIGHTER: Fields((), ("in_charge", "note")),
    DecisionKind.PROGRAMME: Fields((), ("in_charge", "until", "note")),
    DecisionKind.RENEW: Fields((), ("in_charge", "until", "note")),
    DecisionKind.EXTEND: Fields(("until",), ("note",)),
    DecisionKind.HEAR: Fields((), ("note",)),
    DecisionKind.REPRESENT: Fields((), ("note",)),
    DecisionKind.COURT: Fields((), ("note",)),
    DecisionKind.REDIRECT: Fields(("to_territory",), ("note",)),
}
# Outcomes that act on a family of the bank; the others may be of a card whose family is not in it yet.
OF_FAMILIES = (
    DecisionKind.PLACE, DecisionKind.REMOVE, DecisionKind.CRITERIA, DecisionKind.PROGRAMME, DecisionKind.RENEW,
    DecisionKind.EXTEND,
)  # fmt: skip
# Outcomes that order a body to do something, and of which kind that is.
ORDERS = {
    DecisionKind.REPRESENT: InstructionKind.REPRESENTATION,
    DecisionKind.COURT: InstructionKind.COURT,
}
TO_NOBODY = {
    DecisionKind.REPRESENT: "Впишите в поручениях, кому вносится представление и до какого дня ждать ответа.",
    DecisionKind.COURT: "Впишите в поручениях, кто направит материалы в суд и до какого дня ответит.",
}
LACKS = {
    "criteria": "Укажите хотя бы один критерий; первый считается основным.",
    "removal_reason": "Укажите причину снятия с учёта.",
    "to_territory": "Укажите, на какую территорию передаётся дело.",
    "until": "Укажите, до какого дня.",
}


@dataclass(frozen=True)
class Votes:
    """How the members present voted; unknown where nobody counted."""

    in_favour: int | None
    against: int | None
    abstained: int | None

    @property
    def counted(self) -> int:
        return sum(each or 0 for each in (self.in_favour, self.against, self.abstained))


def check_outcome(kind: DecisionKind, said: Collection[str], *, until: date | None, held_on: date,
                  has_family: bool, of_council: bool, by_council: bool) -> None:  # fmt: skip
    """Raise Refusal with the field at fault unless an item may end so.

    said: the fields that are filled in. of_council: the outcome is one that the council may decide.
    """
    if by_council and not of_council:
        raise Refusal("Совет этого не решает, а предлагает комиссии: выберите другой исход.", "outcome")
    for name in ASKED[kind].needs:
        if name not in said:
            raise Refusal(LACKS[name], name)
    if until is not None and until <= held_on:
        raise Refusal(f"Этот день – позже заседания ({held_on:%d.%m.%Y}).", "until")
    if until is not None and until > held_on + FARTHEST:
        raise Refusal("Срок – не дальше двух лет: проверьте год.", "until")
    if kind is DecisionKind.POSTPONE and until is not None and until > held_on + LONGEST_EXTENSION:
        last = held_on + LONGEST_EXTENSION
        raise Refusal(f"Рассмотрение продлевают не больше чем на месяц: не позже {last:%d.%m.%Y}.", "until")
    if kind in OF_FAMILIES and not has_family:
        raise Refusal("Семьи этого вопроса в банке ещё нет: сначала внесите её по сигнальной карте.", "outcome")


def check_ordered(kind: DecisionKind, orders: int) -> None:
    """Raise Refusal unless an outcome that is sent to somebody names at least one body that is to answer."""
    if kind in ORDERS and not orders:
        raise Refusal(TO_NOBODY[kind], "outcome")


def check_votes(votes: Votes, present: int) -> None:
    """Raise Refusal unless a matter was carried: more votes for it than against; a tie is the presiding member's."""
    if votes.in_favour is None and votes.against is None and votes.abstained is None:
        return
    for name, value in (
        ("votes_for", votes.in_favour),
        ("votes_against", votes.against),
        ("abstained", votes.abstained),
    ):
        if value is not None and value < 0:
            raise Refusal("Голосов не бывает меньше нуля.", name)
    if votes.counted > present:
        raise Refusal(f"Голосов больше, чем присутствующих членов комиссии ({present}).", "votes_for")
    if not votes.in_favour:
        raise Refusal("За решение никто не голосовал: оно не принято. Выберите другой исход.", "votes_for")
    if votes.in_favour < (votes.against or 0):
        raise Refusal("Против голосов больше, чем за: решение не принято. Выберите другой исход.", "votes_for")


def check_instruction(*, due_on: date, held_on: date) -> None:
    """Raise Refusal unless an instruction may be due on a day."""
    if due_on <= held_on:
        raise Refusal(f"Срок поручения – позже заседания ({held_on:%d.%m.%Y}).", "due_on")
    if due_on > held_on + FARTHEST:
        raise Refusal("Срок поручения – не дальше двух лет: проверьте год.", "due_on")


def check_typical(days: int) -> None:
    """Raise Refusal unless an instruction given by the list can be due so many days after its meeting."""
    if not 1 <= days <= FARTHEST.days:
        raise Refusal("Срок – от одного дня до двух лет.", "days")


def time_of(text: str | None) -> time | None:
    """A time of the day that is kept as a text."""
    return time.fromisoformat(text) if text else None


def suggested(year: int, weekday: int, weeks: Collection[int], works: Callable[[date], bool]) -> list[date]:
    """The days of a plan: a weekday (0: Monday) in these weeks of every month; a day off gives way to the next day
    of the year that works."""
    found = set()
    for whole in (month(year, number) for number in range(1, 13)):
        start = whole.start + timedelta(days=(weekday - whole.start.weekday()) % 7)
        for day in (start + timedelta(weeks=week - 1) for week in weeks):
            if day not in whole:
                continue
            while day.year == year and not works(day):
                day += timedelta(days=1)
            if day.year == year:
                found.add(day)
    return sorted(found)


def year_to_plan(today: date) -> int:
    """The year whose plan is made on a day: in the last two months of a year, the next one's."""
    return today.year + (today.month >= LAST_MONTHS)
