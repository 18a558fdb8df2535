"""Who an invented family is: where it lives, when it stood on record, its people and what its children do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from random import Random
from typing import Any

from app.demo import names as invented
from app.demo.ground import Character, District, Ground, Row, stays_of
from app.demo.scripts import (
    CHILDREN_TAKEN,
    DAY,
    MAJORITY,
    YEAR,
    Script,
)
from app.domain import ages
from app.domain.terms import Sex


class Household:
    """One family: its people over the years it stood on record. Chance comes from the given `Random` only."""

    def __init__(self, rng: Random, script: Script, ground: Ground, district: District) -> None:
        if script.ago:
            ground = replace(ground, today=ages.years_before(ground.today, script.ago))
        self.rng, self.script, self.ground, self.district = rng, script, ground, district
        self.today = ground.today
        self.id = ground.next_id("family")
        self.number = f"{next(district.numbers):05}"
        self.settlement_id, self.place = self._home_place()
        self.stays = stays_of(rng, script, self.today)
        self.first, self.until = self.stays[0].start, self.stays[-1].end or self.today
        self.children: list[Character] = []
        self.adults: list[Character] = []
        self._people()

    def _home_place(self) -> tuple[int, invented.Settlement]:
        dice = self.rng.randrange(100)
        for settlement_id, place in self.district.settlements:
            dice -= place.share
            if dice < 0:
                return settlement_id, place
        return self.district.settlements[0]

    # Who they are

    def _people(self) -> None:
        births = self._births()
        masculine, feminine = invented.surnames(self.rng)
        self._parents(births[0], masculine, feminine)
        father = next((adult for adult in self.adults if adult.role == "отец"), None)
        patronymic = father.patronymic_of if father else self.rng.randrange(len(invented.MEN))
        ward = self.script.home in ("guardian", "foster")
        for born_on in births:
            sex = Sex.MALE if self.rng.random() < 0.51 else Sex.FEMALE
            name, own = invented.person(self.rng, sex, masculine if sex is Sex.MALE else feminine, patronymic)
            role = "подопечный" if ward else "сын" if sex is Sex.MALE else "дочь"
            child = Character(self.ground.next_id("member"), name, role, sex, born_on, child=True, patronymic_of=own)
            self.children.append(child)
        self._children_come_and_go()
        for child in self.children:
            child.schooling = self._schooling(child)
            if self._adult_at_the_end(child):
                child.workplace = self._workplace()

    def _births(self) -> list[date]:
        """Birth dates, eldest first: one child is a minor through all stays, the others are of all ages."""
        rng, span = self.rng, (self.until - self.first).days
        if self.script.end == MAJORITY:
            anchor = ages.years_before(self.until - DAY * rng.randint(2, 15), ages.MAJORITY)
            others = [anchor - DAY * rng.randint(330, 1500) for _ in range(rng.randrange(3))]
        else:
            anchor = self.until - DAY * rng.randint(span + 3, max(span + 4, 6200 if self.script.child else 6500))
            number = (0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5)[rng.randrange(11)]
            others = [self.until - DAY * int(rng.random() * 19 * YEAR) for _ in range(number)]
        if self.script.child == "newborn" and self.script.end != MAJORITY:
            others.insert(0, self.until - DAY * rng.randint(2, 25))
        if self.script.child == "soon":
            others.insert(0, ages.years_before(self.until + DAY * rng.randint(20, 80), ages.MAJORITY))
        kept = [anchor]
        for born_on in others:
            if all(abs((born_on - other).days) > 300 for other in kept):
                kept.append(born_on)
        return sorted(kept)

    def _adult_at_the_end(self, person: Character) -> bool:
        return not ages.is_minor(person.born_on, self.until)

    def _workplace(self) -> str:
        return "не работает" if self.rng.random() < 0.45 else self.one_of(invented.WORKPLACES)

    def _adult(self, role: str, sex: Sex, surname: str, eldest: date, least: int, most: int) -> Character:
        born_on = eldest - DAY * int(YEAR * self.rng.uniform(least, most))
        name, own = invented.person(self.rng, sex, surname)
        person = Character(self.ground.next_id("member"), name, role, sex, born_on, patronymic_of=own)
        person.workplace = "пенсионер" if ages.full_years(born_on, self.today) > 62 else self._workplace()
        self.adults.append(person)
        return person

    def _parents(self, eldest: date, masculine: str, feminine: str) -> None:
        home, rng = self.script.home, self.rng
        man, woman = Sex.MALE, Sex.FEMALE
        strange, strange_she = invented.surnames(rng)
        if home in ("guardian", "foster"):
            if home == "guardian":
                self._adult("опекун", woman, strange_she if rng.random() < 0.5 else feminine, eldest, 40, 52)
            else:
                self._adult("приемная мать", woman, strange_she, eldest, 28, 40)
                self._adult("приемный отец", man, strange, eldest, 29, 42)
            return
        if home != "father":
            self._adult("мать", woman, feminine, eldest, 18, 31)
        if home in ("full", "father", "divorced", "widow"):
            self._adult("отец", man, masculine, eldest, 20, 36)
        if home == "stepfather":
            self._adult("отчим", man, strange, eldest, 19, 34).joined_on = self._day_before(self.first, 900)
        if home == "cohabitant":
            self._adult("сожитель", man, strange, eldest, 19, 36)
        if home == "grandmother":
            self._adult("бабушка", woman, strange_she, eldest, 42, 55)
        if home in ("divorced", "widow"):
            self.adults[-1].left_on = self.first - DAY * rng.randint(30, 700) if rng.random() < 0.6 else self.first
            self.adults[-1].left_on = max(self.adults[-1].left_on, eldest + DAY)

    def _day_before(self, day: date, days: int) -> date:
        return day - DAY * self.rng.randint(1, days)

    def _children_come_and_go(self) -> None:
        """Grown children move out, a child joins from relatives, children taken away leave after the removal."""
        rng, last = self.rng, self.stays[-1]
        anchor = max(self.children, key=lambda child: child.minor(self.first) * child.born_on.toordinal())
        for child in self.children:
            majority = ages.years_before(child.born_on, -ages.MAJORITY)
            if child is not anchor and majority < self.until and rng.random() < 0.5:
                left_on = majority + DAY * rng.randint(10, 300)
                if left_on <= self.until:
                    child.left_on = left_on
            elif child is not anchor and child.minor(self.first) and rng.random() < 0.04:
                child.joined_on = self.first + DAY * rng.randint(0, (self.until - self.first).days)
            if last.reason in CHILDREN_TAKEN and child.left_on is None and child.minor(self.until):
                left_on = self.until + DAY * rng.randint(1, 10)
                if left_on <= self.today:
                    child.left_on = left_on

    # What the children do

    def _schooling(self, child: Character) -> list[tuple[date, str, str | None, str | None]]:
        """(since, status, organisation, class) from the September before the first stay to its end, in order."""
        rng = self.rng
        schools = self.district.schools[self.settlement_id]
        school = schools[rng.randrange(len(schools))][1]
        garden = f"МБДОУ детский сад № {rng.randint(1, 19)}"
        track = rng.random()
        attends = rng.random() < 0.7
        after_nine, after_all = rng.random(), rng.random()
        first_year = child.born_on.year + (6 if child.born_on.month <= 2 else 7)
        found: list[tuple[date, str, str | None, str | None]] = []
        year = self.first.year - (self.first < date(self.first.year, 9, 1))
        started = date(year, 9, 1)
        while started <= self.until:
            since = max(started, child.born_on)
            if since < date(year + 1, 9, 1) and since <= self.until:
                step = self._step(year - first_year + 1, ages.full_years(child.born_on, since), track, attends,
                                  after_nine, after_all)  # fmt: skip
                status, place, grade = step
                organisation = {"school": school, "garden": garden}.get(place or "", place)
                if not found or found[-1][1:] != (status, organisation, grade):
                    found.append((since, status, organisation, grade))
            year += 1
            started = date(year, 9, 1)
        return found

    @staticmethod
    def _step(grade: int, age: int, track: float, attends: bool, after_nine: float, after_all: float,
              ) -> tuple[str, str | None, str | None]:  # fmt: skip
        """What a child does in a school year: status, place, class."""
        if grade < 1:
            if age < 2:
                return "not_required", None, None
            return ("preschool_attends", "garden", None) if attends else ("preschool_home", None, None)
        if grade <= 9 or (grade <= 11 and after_nine > 0.5):
            if track < 0.03:
                return "boarding", "Школа-интернат «Родник»", f"{grade} класс"
            if track < 0.06:
                return "correctional", "Специальная школа «Росток»", f"{grade} класс"
            if track < 0.08:
                return "home", "school", f"{grade} класс"
            return "school", "school", f"{grade} класс"
        if after_nine <= 0.42:
            return "spo", "Заречный аграрный техникум", f"{grade - 9} курс" if grade <= 12 else "4 курс"
        if after_all < 0.4:
            return "works", None, None
        return ("none", None, None) if after_all < 0.7 else ("spo", "Заречный аграрный техникум", None)

    # What its rows are made with

    def stamp(self, day: date) -> Row:
        """What every row of the family has, entered on a day."""
        entered = datetime.combine(min(day, self.today), time(6, 30), tzinfo=UTC)
        return {"family_id": self.id, "created_at": entered, "version": 1}

    def one_of(self, options: Any) -> Any:
        """One of some options, by chance."""
        return options[self.rng.randrange(len(options))]
