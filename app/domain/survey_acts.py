"""The rules of a survey act: what may be kept, what may be signed, and how two acts compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.domain.refusal import Refusal
from app.domain.terms import SurveyAccess, SurveyHeading, SurveyLevel, SurveyTrend, Threat

MOST_PERSONS = 20
# What an act says of health and of drink is told to whoever may see such words, and to those who were there.
SPECIAL_HEADINGS = (SurveyHeading.HEALTH, SurveyHeading.ALCOHOL)
HIDDEN = "не показано: на сведения о здоровье нужно отдельное право"

# What the levels are called where «в полной мере» would say of a trouble that all is well.
_WORDS: dict[SurveyHeading, dict[SurveyLevel, str]] = {
    SurveyHeading.RELATIONS: {
        SurveyLevel.FULL: "благополучные", SurveyLevel.PARTLY: "напряжённые",
        SurveyLevel.NOT: "признаки насилия, пренебрежения",
    },
    SurveyHeading.ALCOHOL: {
        SurveyLevel.FULL: "не употребляют", SurveyLevel.PARTLY: "эпизодически", SurveyLevel.NOT: "злоупотребляют",
    },
    SurveyHeading.DEBT: {
        SurveyLevel.FULL: "нет долга", SurveyLevel.PARTLY: "долг погашается", SurveyLevel.NOT: "долг растёт",
    },
}  # fmt: skip
_WORTH = {SurveyLevel.NOT: 0, SurveyLevel.PARTLY: 1, SurveyLevel.FULL: 2}
_DANGER = {Threat.IMMEDIATE: 0, Threat.EXISTS: 1, Threat.NONE: 2}


class SeenPerson(NamedTuple):
    """A person as the group found them; `typed`: the name of the row in the form."""

    name: str
    born_on: date | None
    typed: str = "persons"


class SaidOfHeading(NamedTuple):
    """What is said under one heading."""

    level: SurveyLevel | None
    note: str | None


class KnownInBank(NamedTuple):
    """What a bank adds to an act for one child, as it would stand in the form; empty: not known.

    learning: where the child learns, how it attends and gets on. workplaces: of people of the act, by their keys.
    income: its sources, unless the act tells them, and how much per member.
    """

    birth_certificate: str = ""
    passport: str = ""
    learning: str = ""
    workplaces: Mapping[int, str] = {}
    registered_address: str = ""
    income: str = ""


def level_in_words(heading: SurveyHeading, level: SurveyLevel) -> str:
    """A level as its heading calls it; the first is always the good one."""
    return _WORDS.get(heading, {}).get(level, str(level))


def check(*, visited_on: date, today: date, detected_on: date | None, persons: Sequence[SeenPerson]) -> None:
    """Raise Refusal with the field at fault if an act cannot be so; detected_on: of the card, if there is one."""
    if visited_on > today:
        raise Refusal("День выхода в семью ещё не наступил.", "visited_on")
    if detected_on is not None and visited_on < detected_on:
        raise Refusal(f"Семья выявлена {detected_on:%d.%m.%Y}: группа не могла быть у неё раньше.", "visited_on")
    if len(persons) > MOST_PERSONS:
        raise Refusal(f"В акте может быть не больше {MOST_PERSONS} человек.", "persons")
    for person in persons:
        who = person.name or "Человек без имени"
        if person.born_on is not None and person.born_on > today:
            raise Refusal(f"{who}: дата рождения ещё не наступила.", f"{person.typed}-born_on")
        if person.born_on is not None and person.born_on > visited_on:
            raise Refusal(f"{who}: группа была в семье раньше этого рождения. Проверьте даты.",
                          f"{person.typed}-born_on")  # fmt: skip


def check_signing(*, access: SurveyAccess, marks: Mapping[SurveyHeading, SaidOfHeading], threat: Threat | None,
                  conclusion: str | None) -> None:  # fmt: skip
    """Raise Refusal with the field at fault if an act is not whole yet: that nobody opened the door is an act too."""
    if access is not SurveyAccess.TOOK_PLACE:
        if any(said.level or said.note for said in marks.values()):
            raise Refusal("Группа в дом не попала, а о доме что-то отмечено: уберите это или исправьте, попала ли она.",
                          "access")  # fmt: skip
        return
    for heading in SurveyHeading:
        said = marks.get(heading)
        if said is None or not (said.level or said.note):
            raise Refusal("Отметьте, как обстоит дело, или напишите, почему этого не смотрели.",
                          f"{heading.value}_level")  # fmt: skip
    if threat is None:
        raise Refusal("Отметьте, есть ли угроза жизни и здоровью детей.", "threat")
    if not conclusion:
        raise Refusal("Напишите вывод группы: без него акт не подписывается.", "conclusion")


def trend(before: SurveyLevel | None, after: SurveyLevel | None) -> SurveyTrend:
    """What has become of a heading from one act to a later one."""
    return _trend(_WORTH.get(before) if before else None, _WORTH.get(after) if after else None)


def trend_of_threat(before: Threat | None, after: Threat | None) -> SurveyTrend:
    """The same of the threat to life and health."""
    return _trend(_DANGER.get(before) if before else None, _DANGER.get(after) if after else None)


def _trend(before: int | None, after: int | None) -> SurveyTrend:
    if before is None or after is None:
        return SurveyTrend.UNKNOWN
    if after == before:
        return SurveyTrend.SAME
    return SurveyTrend.BETTER if after > before else SurveyTrend.WORSE
