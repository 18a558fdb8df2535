"""Rules of a family's stays on record, of the decisions they rest on and of membership in a family."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.criteria import NO_CRITERION, DatedCriterion, check_criteria, days_of_change, in_force
from app.domain.intervals import holds
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TerritoryKind

Stay = tuple[date, date | None]
OTHER_REASON = "11.4"  # «Другое (указать в примечании к отчету)»
MOVED = ("11.4.1", "11.4.2")  # to another municipality of the region, to another region: the file went with the family
# A family leaves the record by a decision to remove it, or by one that hands its file over.
ENDS = (DecisionKind.REMOVE, DecisionKind.REDIRECT)


NO_REASON = "Укажите причину снятия с учёта."


@dataclass(frozen=True)
class Basis:
    """A decision as the rules see it: of what kind, of which day, about which family; `live`: not annulled."""

    kind: DecisionKind
    decided_on: date
    family: Hashable = None
    live: bool = True
    number: str | None = None


@dataclass(frozen=True)
class Facts:
    """A stay on record as plain values: what it rests on, how the family came to notice, how it ended."""

    family: Hashable
    placed: Basis | None
    registered_on: date
    criteria: int
    detected_on: date | None = None
    card_sent_on: date | None = None
    received_on: date | None = None
    entered_on: date | None = None
    removal: Basis | None = None
    removed_on: date | None = None
    reason: str | None = None  # the code of the reason of removal
    note: str | None = None
    over_time: tuple[
        DatedCriterion, ...
    ] = ()  # its criteria on the days when each was in force; none of a stay to come


def root_code(code: str) -> str:
    """The column of a reason or criterion: «11.4» of «11.4.2», «2.1» of «2.1.5»."""
    return ".".join(code.split(".")[:2])


def check_stay(facts: Facts, others: Iterable[Stay], today: date) -> None:
    """Every rule of one stay, beside the other stays of its family."""
    check_basis(facts.placed, DecisionKind.PLACE, facts.family, "decision")
    check_basis(facts.removal, _ends(facts.reason), facts.family, "removal_decision")
    for basis, field in ((facts.placed, "decided_on"), (facts.removal, "removal_decision")):
        if basis is not None:
            check_decision(decided_on=basis.decided_on, today=today, field=field)
    check_placing(
        registered_on=facts.registered_on,
        decided_on=facts.placed.decided_on if facts.placed else None,
        others=others,
        removed_on=facts.removed_on,
        criteria=facts.criteria,
        today=today,
    )
    check_signal(facts, today)
    if facts.over_time:
        check_criteria(facts.over_time, facts.registered_on, facts.removed_on)
    if facts.removed_on or facts.removal or facts.reason:
        _check_end(facts, today)


def _check_end(facts: Facts, today: date) -> None:
    if facts.removed_on is None:
        raise Refusal("Укажите дату снятия с учёта.", "removed_on")
    check_removal(
        registered_on=facts.registered_on,
        removed_on=facts.removed_on,
        decided_on=facts.removal.decided_on if facts.removal else None,
        has_reason=facts.reason is not None,
        today=today,
    )
    _check_two_decisions(facts.placed, facts.removal)
    check_reason(facts.reason, facts.note)


def _check_two_decisions(placed: Basis | None, removal: Basis | None) -> None:
    """Nobody is placed on record and taken off it by one decision: its number and day tell it."""
    if placed is None or removal is None or not removal.number:
        return
    if (placed.number, placed.decided_on) == (removal.number, removal.decided_on):
        text = f"Постановлением № {removal.number} от {removal.decided_on:%d.%m.%Y} семья поставлена на учёт: "
        raise Refusal(f"{text}снимают её другим постановлением.", "removal_decision")


def _ends(reason: str | None) -> tuple[DecisionKind, ...]:
    """By decisions of which kinds a stay may end for a reason."""
    return ENDS if reason in MOVED else ENDS[:1]


def check_basis(basis: Basis | None, kinds: DecisionKind | tuple[DecisionKind, ...], family: Hashable,
                field: str) -> None:  # fmt: skip
    """A stay begins and ends by decisions of their own kinds about its own family (Положение, 3.1, 3.5).

    No decision at all is refused elsewhere: where a stay begins and where it ends.
    """
    if basis is None:
        return
    if basis.family != family:
        raise Refusal("Это постановление не об этой семье.", field)
    if not basis.live:
        raise Refusal("Это постановление аннулировано.", field)
    meant = kinds if isinstance(kinds, tuple) else (kinds,)
    if basis.kind not in meant:
        raise Refusal(f"Нужно постановление {meant[0]}, а это – {basis.kind}.", field)


# Criteria over time


def check_criterion(dated: DatedCriterion, *, begun: Basis | None, ended: Basis | None, family: Hashable, placed: bool,
                    registered_on: date) -> None:  # fmt: skip
    """A criterion begins with the stay by the decision to register, or later by one that changes the criteria; it ends
    by such a one. placed: whether it begins by the decision on which the stay rests.
    """
    if placed is not (dated.since == registered_on):
        raise Refusal("Критерий действует со дня постановки на учёт или со дня изменения.", "since")
    check_basis(begun, DecisionKind.PLACE if placed else DecisionKind.CRITERIA, family, "decision")
    check_basis(ended, DecisionKind.CRITERIA, family, "ended_by")
    for basis, day, field in ((begun, dated.since, "decision"), (ended, dated.until, "ended_by")):
        if basis is not None and day is not None and day < basis.decided_on:
            raise Refusal("Критерии изменены раньше даты постановления.", field)


def check_change(facts: Facts, *, decided_on: date, day: date, criteria: Sequence[Hashable], today: date) -> None:
    """The criteria of a family that stays on record become others by a decision, from a day on."""
    if facts.removed_on is not None:
        raise Refusal(f"Семья снята с учёта {facts.removed_on:%d.%m.%Y}: критерии меняют, пока она состоит на учёте.")
    check_decision(decided_on=decided_on, today=today)
    if decided_on < facts.registered_on:
        raise Refusal(
            "Постановление об изменении критериев принято раньше, чем семья поставлена на учёт.", "decided_on"
        )
    if day > today:
        raise Refusal("День, с которого действуют критерии, ещё не наступил.", "day")
    if day < decided_on:
        raise Refusal("Критерии изменены раньше даты постановления.", "day")
    changed = days_of_change(facts.over_time, facts.registered_on)
    last = changed[-1] if changed else facts.registered_on
    if day <= last:
        what = "изменены" if changed else "действуют"
        text = (
            f"Нынешние критерии {what} с {last:%d.%m.%Y}, другие начинаются позже. Ошибку ввода исправьте: «Исправить»."
        )
        raise Refusal(text, "day")
    if not criteria:
        raise Refusal(NO_CRITERION, "criteria")
    if list(dict.fromkeys(criteria)) == in_force(facts.over_time):
        raise Refusal("Критерии те же, и в том же порядке: менять нечего.", "criteria")


def check_signal(facts: Facts, today: date) -> None:
    """The days of the card follow each other: detected, sent, received with the decision, entered."""
    days: Sequence[tuple[date | None, str, str, str]] = (
        (facts.detected_on, "detected_on", "Дата выявления", "выявлена семья"),
        (facts.card_sent_on, "card_sent_on", "Дата направления карты", "направлена карта"),
        (facts.received_on, "received_on", "Дата поступления документов", "поступили документы"),
        (facts.entered_on, "entered_on", "Дата внесения в банк", "семья внесена в банк"),
    )
    before: tuple[date, str] | None = None
    for day, field, name, happened in days:
        if day is None:
            continue
        if day > today:
            raise Refusal(f"{name} ещё не наступила.", field)
        if before is not None and day < before[0]:
            raise Refusal(f"{name} ({day:%d.%m.%Y}) раньше, чем {before[1]} ({before[0]:%d.%m.%Y}).", field)
        before = (day, happened)
    if facts.received_on and facts.placed and facts.received_on < facts.placed.decided_on:
        raise Refusal("Документы поступили раньше, чем принято постановление: проверьте даты.", "received_on")


def wants_a_note(code: str) -> bool:
    """Whether a reason of removal is «Другое»."""
    return root_code(code) == OTHER_REASON


def check_reason(code: str | None, note: str | None) -> None:
    """«Другое (указать в примечании к отчету)» is explained in the note (Положение, 11.4)."""
    if code is not None and wants_a_note(code) and not note:
        raise Refusal("По причине 11.4 форма отчёта требует примечания: напишите, почему семья снята.", "note")


def on_record(registered_on: date, removed_on: date | None, day: date) -> bool:
    """Whether a stay holds at the end of a day: the day of removal no longer belongs to it."""
    return holds(registered_on, removed_on, day)


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
        raise Refusal(NO_CRITERION, "criteria")
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
    if decided_on < registered_on:
        raise Refusal("Постановление о снятии принято раньше, чем семья поставлена на учёт.", "removed_on")
    if not has_reason:
        raise Refusal(NO_REASON, "removal_reason")


def check_decision(*, decided_on: date, today: date, field: str = "decided_on") -> None:
    """A decision is not dated by a day to come. field: where the day is typed."""
    if decided_on > today:
        raise Refusal("Дата постановления ещё не наступила.", field)


def check_member(*, born_on: date | None, joined_on: date | None, left_on: date | None, today: date) -> None:
    """A person is born before today, joins a family not before being born and leaves it not before joining."""
    for day, field in ((joined_on, "joined_on"), (left_on, "left_on")):
        if day and day > today:
            raise Refusal("Эта дата ещё не наступила.", field)
    if born_on and born_on > today:
        raise Refusal("Дата рождения ещё не наступила.", "born_on")
    if born_on and born_on.year < 1900:
        raise Refusal("Дата рождения раньше 1900 года: проверьте год.", "born_on")
    if born_on and joined_on and joined_on < born_on:
        raise Refusal("В семье раньше, чем родился: проверьте даты.", "joined_on")
    check_interval(joined_on or born_on, left_on, "left_on")


def check_place(*, kind: TerritoryKind) -> None:
    """A family is kept by a district or by a part of it."""
    if kind is TerritoryKind.REGION:
        raise Refusal("Выберите район или поселение: регион семью не ведёт.", "territory")


def check_once(*, joined_on: date | None, left_on: date | None,
               others: Iterable[tuple[date | None, date | None]]) -> None:  # fmt: skip
    """A person is in a family once at a time. others: when people of his ФИО and birth date were in it."""
    own = (joined_on or date.min, left_on)
    if any(overlap(own, (since or date.min, until)) for since, until in others):
        raise Refusal("В семье уже есть человек с такими ФИО и датой рождения.", "last_name")


def check_move(*, same: bool, day: date, born_on: date | None, joined_on: date | None, left_on: date | None,
               alone: bool, stays: Sequence[Stay], today: date) -> None:  # fmt: skip
    """A person who lives in one family of the bank goes to another one on a past day.

    same: the other family is his own. alone: nobody else lives in the family on that day. stays: of the other family.
    """
    if same:
        raise Refusal("Человек уже в этой семье: выберите другую.", "to_family")
    if left_on is not None:
        raise Refusal(f"Из этой семьи он выбыл {left_on:%d.%m.%Y}: переводят из той, где человек живёт.")
    if day > today:
        raise Refusal("Дата перевода ещё не наступила.", "day")
    if born_on and day < born_on:
        raise Refusal(f"Дата перевода раньше рождения ({born_on:%d.%m.%Y}).", "day")
    if joined_on and day < joined_on:
        raise Refusal(f"В этой семье он с {joined_on:%d.%m.%Y}: перевод не бывает раньше.", "day")
    if alone:
        raise Refusal("В семье остаётся хотя бы один человек, а на эту дату в ней больше никого нет.", "day")
    ended_on = stays[-1][1] if stays else None
    if ended_on is not None and ended_on <= day:
        raise Refusal(f"Эта семья снята с учёта {ended_on:%d.%m.%Y}: сначала поставьте её на учёт.", "to_family")


def check_interval(start: date | None, end: date | None, field: str) -> None:
    """What ends does not end before it starts."""
    if start and end and end < start:
        raise Refusal(f"Дата окончания ({end:%d.%m.%Y}) раньше даты начала ({start:%d.%m.%Y}).", field)
