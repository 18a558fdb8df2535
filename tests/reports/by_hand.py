"""The quarterly form counted by hand: family by family, child by child, over objects. No SQL, nothing of app.reports.

Slow and plain on purpose: where it and the report agree, both read the conventions alike.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from sqlalchemy import select

from app.domain.terms import HolidayActivity
from app.extensions import db
from app.models import Aid

LINES = {
    "1.1": {"incomplete", "large", "low_income"},
    "legal": "1.2_legal",
    "employed": "1.2_employed",
    "address": "1.2_address_aid",
}


def age(born: date, day: date) -> int:
    years = day.year - born.year
    return years if (day.month, day.day) >= (born.month, born.day) else years - 1


def child_on(person, day: date) -> bool:
    if person.annulled_at or person.born_on is None or person.born_on > day or age(person.born_on, day) >= 18:
        return False
    if person.joined_on and person.joined_on > day:
        return False
    return not (person.left_on and person.left_on <= day)


def on_record(stay, day: date) -> bool:
    return stay.registered_on <= day and (stay.removed_on is None or stay.removed_on > day)


def root(row):
    while row.parent is not None:
        row = row.parent
    return row.code


def sender_column(body) -> str | None:
    if body is None:
        return None
    kind = body.kind
    if kind.scheme == "appendix4":
        return kind.code
    same = {"EMPLOYMENT": "5.6", "SOCIAL": "5.2", "POLICE": "5.7", "HEALTH": "5.5", "EDUCATION": "5.3", "YOUTH": "5.4"}
    return same.get(kind.kind, "5.9")


def education_on(person, day: date):
    begun = [row for row in person.educations if not row.annulled_at and row.started_on <= day]
    if not begun:
        return None
    last = max(begun, key=lambda row: row.started_on)
    return None if last.ended_on and last.ended_on <= day else last.status


@cache
def quarters(start: date, end: date) -> set[tuple[int, int]]:
    found, day = set(), start
    while day <= end:
        found.add((day.year, (day.month - 1) // 3 + 1))
        day += timedelta(days=1)
    return found


def form(families, start: date, end: date, all_criteria: bool = False, cards=()) -> dict[str, Counter]:
    """{territory or «Всего»: Counter of the flat keys}. `cards`: the signal cards of the bank."""
    cards = [card for card in cards if not card.annulled_at]
    found: dict[str, Counter] = {"Всего": Counter()}
    for card in cards:
        count_signal_card(card, start, end, found)
    aids = aid_by_family()
    for family in families:
        if family.annulled_at:
            continue
        numbers = Counter()
        of_family = [card for card in cards if card.family_id == family.id]
        count_family(family, start, end, all_criteria, numbers, of_family)
        count_aid(family, aids.get(family.id, []), start, end, numbers)
        found.setdefault(family.territory.name, Counter()).update(numbers)
        found["Всего"].update(numbers)
    return found


def count_signal_card(card, start: date, end: date, found: dict[str, Counter]) -> None:
    if not start <= sent_on(card) <= end:
        return
    has_family = card.family is not None and not card.family.annulled_at
    place = card.family.territory if has_family else card.territory
    column = sender_column(card.agency) if card.agency else "5.9"
    for name in (place.name, "Всего"):
        found.setdefault(name, Counter()).update({"4": 1, column: 1})


def sent_on(card) -> date:
    """The day on the clock of Moscow, which the tests keep."""
    sent_at = card.sent_at if card.sent_at.tzinfo else card.sent_at.replace(tzinfo=UTC)
    return sent_at.astimezone(timezone(timedelta(hours=3))).date()


def brought_by(stay, stays, card) -> bool:
    """A signal card brought the family to this stay: sent before it, and after every stay that had ended by then."""
    ended = [one.removed_on for one in stays if one is not stay and one.removed_on]
    between = [day for day in ended if sent_on(card) < day <= stay.registered_on]
    return sent_on(card) <= stay.registered_on and not between


def count_family(family, start: date, end: date, all_criteria: bool, n: Counter, cards=()) -> None:
    eve = start - timedelta(days=1)
    stays = [stay for stay in family.registrations if not stay.annulled_at]
    for stay in stays:
        brought = any(brought_by(stay, stays, card) for card in cards)
        if stay.card_sent_on and start <= stay.card_sent_on <= end and not brought:
            n["4"] += 1
            n[sender_column(stay.sender) or "no sender"] += 1
        if on_record(stay, eve):
            n["6"] += 1
            n["7"] += sum(child_on(person, eve) for person in family.members)
        if start <= stay.registered_on <= end:
            n["8"] += 1
            n["9"] += sum(child_on(person, stay.registered_on) for person in family.members)
        if stay.removed_on and start <= stay.removed_on <= end:
            n["10"] += 1
            n[root(stay.removal_reason)] += 1
            gone = sum(child_on(person, stay.removed_on) for person in family.members)
            line = stay.removal_reason.children_line.value
            if line != "none":
                n["removed children all"] += gone
                n[f"removed children {line}"] += gone
        if on_record(stay, end):
            count_at_end(family, stay, start, end, all_criteria, n)
    for person in family.members:
        left = person.left_on
        if left and start <= left <= end and any(on_record(stay, left) for stay in stays) and not person.annulled_at \
                and child_on_its_last_day(person):  # fmt: skip
            n["removed children all"] += 1
            n["removed children objective"] += 1


def child_on_its_last_day(person) -> bool:
    born, left = person.born_on, person.left_on
    return born is not None and born <= left and age(born, left) < 18 and not (
        person.joined_on and person.joined_on > left
    )  # fmt: skip


def count_at_end(family, stay, start: date, end: date, all_criteria: bool, n: Counter) -> None:
    n["12"] += 1
    columns = {"2.1": "13", "2.2": "14", "2.3": "15", "2.4": "16", "2.5": "17"}
    held = [row for row in stay.criteria_over_time if row.since <= end and not (row.until and row.until <= end)]
    named = [root(row.criterion) for row in sorted(held, key=lambda row: row.position)]
    for code in set(named) if all_criteria else set(named[:1]):
        n[columns[code]] += 1
    flags = {category.appendix4_flag for category in family.categories} & LINES["1.1"]
    for flag in flags:
        n[f"1.1 {flag}"] += 1
    for person in family.members:
        if child_on(person, end):
            count_child(person, "low_income" in flags, start, end, n)


def count_child(person, low_income: bool, start: date, end: date, n: Counter) -> None:
    n["18"] += 1
    years = age(person.born_on, end)
    n["2.1 0-6" if years < 6 else "2.1 6-14" if years < 14 else "2.1 14-18"] += 1
    n["rt 0-3" if years <= 3 else "rt 4-6" if years <= 6 else "rt 7-13" if years <= 13 else
      "rt 14-15" if years <= 15 else "rt 16-18"] += 1  # fmt: skip
    status = education_on(person, end)
    if status:
        n[f"2.2 {status.name}"] += 1
    if low_income:
        n["2.3 all"] += 1
        n["2.3 school"] += status is not None and status.code == "school"
    supports = [row for row in person.supports
                if not row.annulled_at and (row.year, row.quarter) in quarters(start, end)]  # fmt: skip
    n["2.4 meals"] += any(row.free_meals for row in supports)
    n["2.4 textbooks"] += any(row.free_textbooks for row in supports)
    n["2.5"] += any(row.leisure for row in supports)
    n["2.6 all"] += any(row.holidays for row in supports)
    for activity in HolidayActivity:
        n[f"2.6 {activity.title_ru}"] += any(row.holidays is activity for row in supports)


def count_aid(family, aids, start: date, end: date, n: Counter) -> None:
    stays = [stay for stay in family.registrations if not stay.annulled_at]
    given = [
        aid for aid in aids
        if not aid.annulled_at and start <= aid.given_on <= end and any(on_record(stay, aid.given_on) for stay in stays)
    ]  # fmt: skip
    n["1.2 legal"] += any(aid.kind.appendix4_line == LINES["legal"] for aid in given)
    address = [
        aid for aid in given
        if aid.kind.appendix4_line == LINES["address"] and aid.performer and aid.performer.kind.kind == "SOCIAL"
    ]  # fmt: skip
    n["1.2 address families"] += bool(address)
    n["1.2 address amount"] += sum(aid.amount or 0 for aid in address)
    employed = {
        person.id for aid in given if aid.kind.appendix4_line == LINES["employed"] for person in aid.recipients
        if not person.annulled_at and not (person.born_on and age(person.born_on, aid.given_on) < 18)
    }  # fmt: skip
    n["1.2 employed"] += len(employed)


def aid_by_family() -> dict[int, list[Aid]]:
    found: dict[int, list[Aid]] = {}
    for aid in db.session.scalars(select(Aid).where(Aid.kind_id.is_not(None))):
        found.setdefault(aid.family_id, []).append(aid)
    return found


def datetime_of(year: int, month: int, day: int) -> datetime:
    """Noon of a day on the clock of Moscow."""
    return datetime(year, month, day, 12, tzinfo=timezone(timedelta(hours=3)))
