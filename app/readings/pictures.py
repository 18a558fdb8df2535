"""What the pictures of a family show: its people in their places, and the course of the work along the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from app import words
from app.domain import ages
from app.domain.periods import Period, full_months, month, quarter_holding
from app.domain.terms import ParentalRole, Sex, SurveyAccess, SurveyTrend, Threat
from app.readings.overview import MemberToday, Overview
from app.render import genogram
from app.render.course import Course, DayMark, LaneSpan, TimePart
from app.render.genogram import Genogram, Kin

PARENTS = (ParentalRole.FATHER, ParentalRole.MOTHER, ParentalRole.GUARDIAN)
SIGNS = {SurveyTrend.BETTER: "+", SurveyTrend.WORSE: "–", SurveyTrend.SAME: "="}
MOST_MONTHS = 36  # of a picture that is parted by months; a longer one is parted by quarters
LEAST_DAYS = 180  # a family that came yesterday has a line of time too
SHORT_MONTHS = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_SEXES = {Sex.MALE: genogram.MAN, Sex.FEMALE: genogram.WOMAN}


def family(seen: Overview) -> Genogram:
    """Parents, others of their age, children of the parents, other minors: those who live here first, by age."""
    groups: dict[str, list[MemberToday]] = {"parents": [], "elders": [], "children": [], "young": []}
    for person in seen.people:
        groups[_group(person)].append(person)
    for name, group in groups.items():
        group.sort(key=lambda one: (not one.is_present, one.member.born_on or date.max))
        if name == "parents":
            group.sort(key=lambda one: PARENTS.index(_role(one)))
    here = sum(person.is_present for person in seen.people)
    title = (
        f"Семья {seen.family.title}: живут в ней {here}, из них несовершеннолетних {len(seen.children)}, "
        f"не живут {len(seen.people) - here}."
    )
    return Genogram(title, **{name: [_kin(person) for person in group] for name, group in groups.items()})


def _role(person: MemberToday) -> ParentalRole:
    return person.member.role.parental_role if person.member.role else ParentalRole.OTHER


def _group(person: MemberToday) -> str:
    if _role(person) in PARENTS:
        return "parents"
    if _role(person) is ParentalRole.CHILD:
        return "children"
    return "young" if person.is_child else "elders"


def _kin(person: MemberToday) -> Kin:
    member = person.member
    found = [member.last_name, " ".join(part for part in (member.first_name, member.middle_name) if part)]
    found.append(str(member.role or "роль не указана"))
    if member.born_on:
        found.append(f"род. {words.day(member.born_on)}")
    if member.left_on and not person.is_present:
        found.append(f"не живёт с {words.day(member.left_on)}")
    elif not person.is_present:
        found.append(f"в семье с {words.day(member.joined_on)}")
    age = (
        str(ages.full_years(member.born_on, person.today)) if member.born_on and member.born_on <= person.today else ""
    )
    return Kin(tuple(found), _SEXES.get(member.sex, genogram.UNKNOWN) if member.sex else genogram.UNKNOWN, age,
               person.is_present)  # fmt: skip


def course(seen: Overview, trends: Mapping[int, SurveyTrend]) -> Course:
    """trends: of each survey but the first, by its key, what it found beside the one before it."""
    today = seen.today
    stays = [
        LaneSpan(row.registered_on, row.removed_on or today, f"на учёте с {words.day(row.registered_on)}",
                 row.removed_on is None)
        for row in reversed(seen.registrations) if row.registered_on <= today
    ]  # fmt: skip
    stages = [
        LaneSpan(stage.since, stage.done or stage.until or today,
                 f"{stage.title}{f', динамика: {stage.text.lower()}' if stage.text else ''}", stage.done is None)
        for stage in seen.stages if stage.since and stage.since <= today
    ]  # fmt: skip
    surveys = [
        DayMark(act.since, SIGNS.get(trends.get(act.id, SurveyTrend.UNKNOWN), ""),
                _of_survey(act.access, trends.get(act.id)), act.access is SurveyAccess.TOOK_PLACE)
        for act in reversed(seen.surveys) if act.since and act.since <= today
    ]  # fmt: skip
    cards = [
        DayMark(card.since, "!" if card.threat not in (None, Threat.NONE) else "", f"карта {card.title}")
        for card in reversed(seen.cards) if card.since and card.since <= today
    ]  # fmt: skip
    matters = [
        DayMark(row.since, "", row.text or row.title or "")
        for row in reversed(seen.matters) if row.since and row.since <= today
    ]  # fmt: skip
    aids = sorted(aid.given_on for aid in seen.aids if aid.given_on <= today)
    days = [one.since for one in (*stays, *stages)] + [one.day for one in (*surveys, *cards, *matters)] + aids[:1]
    start = min([*days, today - timedelta(days=LEAST_DAYS)])
    title = f"Ход работы с семьёй {seen.family.title} с {words.day(start)}"
    return Course(title, _parts(start, today), stays, stages, surveys, cards, aids, matters)


def _of_survey(access: SurveyAccess | None, trend: SurveyTrend | None) -> str:
    return f"{access}, {trend}" if trend in SIGNS else str(access or "")


def _parts(start: date, today: date) -> list[TimePart]:
    """Months, or quarters of a long time, from the first one to today's."""
    monthly = full_months(start, today) <= MOST_MONTHS
    found: list[Period] = []
    day = start
    while not found or found[-1].end < today:
        found.append(month(day.year, day.month) if monthly else quarter_holding(day))
        day = found[-1].end + timedelta(days=1)
    return [TimePart(one.start, one.end, one.title, SHORT_MONTHS[one.start.month - 1]) for one in found]
