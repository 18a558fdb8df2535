"""The invented life of one family, told as rows of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from app.demo import names as invented
from app.demo.ground import Character, Row
from app.demo.household import Household
from app.demo.scripts import (
    ATTENDANCE,
    DAY,
    PROGRESS,
)
from app.demo.stays import YearsOnRecord
from app.domain import ages, intervals, periods
from app.domain.terms import HolidayActivity
from app.services import family_keys


class Life:
    """One household as rows: the family, its people and their papers, its children by day, its stays on record."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.rng, self.ground, self.today = home.rng, home.ground, home.today
        self.address = invented.address(self.rng, home.one_of(home.place.localities))
        elsewhere = self.rng.random() < 0.12
        self.registered_address = invented.address(self.rng, "г. Заозёрск") if elsewhere else self.address
        self.income = Decimal(self.rng.randint(280_000, 1_900_000)) / 100
        self.keys = self._keys()

    def rows(self) -> Iterator[tuple[str, Row]]:
        yield "family", self._family()
        for person in self.home.adults + self.home.children:
            yield "member", self._member(person)
        yield from self._keys_and_categories()
        for person in self.home.adults + self.home.children:
            yield from self._documents(person)
        yield from self._children_rows()
        yield from YearsOnRecord(self.home).rows()

    def _keys(self) -> family_keys.FamilyKeys:
        return family_keys.keys_of(
            self.home.number,
            [
                family_keys.NamedMember(*person.name, self.ground.roles[person.role][1],
                                intervals.holds(person.joined_on, person.left_on, self.today))
                for person in self.home.adults + self.home.children
            ],
            (self.registered_address, self.address),
        )  # fmt: skip

    def _family(self) -> Row:
        present = [person for person in self.home.adults + self.home.children if person.present(self.home.until)]
        row = self.home.stamp(self.home.first)
        del row["family_id"]
        return row | {
            "id": self.home.id,
            "number": self.home.number,
            "district_id": self.home.district.id,
            "territory_id": self.home.settlement_id,
            "name": self.keys.name,
            "sort_key": self.keys.sort_key,
            "search_key": self.keys.search_key,
            "stated_size": len(present),
            "income_per_member": self.income,
            "income_source": self.home.one_of(invented.INCOMES),
            "registered_address": self.registered_address,
            "actual_address": self.address,
            "additional": self.home.one_of(invented.REMARKS) if self.rng.random() < 0.4 else None,
        }

    def _member(self, person: Character) -> Row:
        return self.home.stamp(max(self.home.first, person.born_on)) | {
            "id": person.id,
            "role_id": self.ground.roles[person.role][0],
            "last_name": person.name.last,
            "first_name": person.name.first,
            "middle_name": person.name.middle,
            "sort_key": family_keys.member_sort_key(*person.name),
            "sex": person.sex,
            "born_on": person.born_on,
            "workplace": person.workplace,
            "joined_on": person.joined_on,
            "left_on": person.left_on,
        }

    def _keys_and_categories(self) -> Iterator[tuple[str, Row]]:
        for word in sorted(self.keys.words):
            yield "search_word", {"word": word, "family_id": self.home.id}
        for code in sorted(self._categories(), key=int):
            category_id = self.ground.ids["family_category"][code]
            yield "family_categories", {"family_id": self.home.id, "category_id": category_id}

    def _categories(self) -> set[str]:
        """Categories that agree with the members on the last day of the life told."""
        rng, home = self.rng, self.home.script.home
        here = [person for person in self.home.adults if person.present(self.home.until)]
        found = {
            "full": {"9"}, "mother": {"2"}, "divorced": {"10"}, "widow": {"4"}, "father": {"3"}, "stepfather": {"11"},
            "guardian": {"12"}, "foster": {"13"}, "cohabitant": {"2"}, "grandmother": {"2"},
        }[home].copy()  # fmt: skip
        if sum(child.minor(self.home.until) for child in self.home.children) >= 3:
            found.add("1")
        if self.income < 15_000:
            found.add("5")
        if home == "guardian" and ages.full_years(here[0].born_on, self.today) > 50:
            found.add("20")
        if all(person.workplace == "не работает" for person in here):
            found.add("17")
        for code, share in (("15", 0.06), ("16", 0.05), ("18", 0.06), ("19", 0.04)):
            if rng.random() < share:
                found.add(code)
        return found

    def _documents(self, person: Character) -> Iterator[tuple[str, Row]]:
        rng = self.rng
        if rng.random() < 0.04:
            return
        passport_from = ages.years_before(person.born_on, -14) + DAY * rng.randint(5, 60)
        has_passport = passport_from <= self.today
        if person.child and (not has_passport or ages.full_years(person.born_on, self.today) < 16):
            issued_on = min(person.born_on + DAY * rng.randint(3, 40), self.today)
            series = f"{self.home.one_of(('I', 'II', 'III', 'IV'))}-ЗР"
            yield "identity_document", self._document(person, "03", series, issued_on, "Отдел ЗАГС Заречного района")
        if has_passport:
            twenty = ages.years_before(person.born_on, -20) + DAY * 20
            issued_on = twenty if not person.child and twenty <= self.today else passport_from
            series = f"99 {issued_on.year % 100:02}"
            yield "identity_document", self._document(person, "21", series, issued_on, "МВД, отделение в г. Заречном")

    def _document(self, person: Character, kind: str, series: str, issued_on: date, issued_by: str) -> Row:
        return self.home.stamp(max(self.home.first, issued_on)) | {
            "id": self.ground.next_id("identity_document"),
            "member_id": person.id,
            "kind_id": self.ground.ids["identity_kind"][kind],
            "series": series,
            "number": f"{self.rng.randrange(1_000_000):06}",
            "issued_on": issued_on,
            "issued_by": issued_by,
        }

    def _children_rows(self) -> Iterator[tuple[str, Row]]:
        statuses = self.ground.ids["education_status"]
        for child in self.home.children:
            for started, status, organisation, grade in child.schooling:
                yield (
                    "education",
                    self.home.stamp(started)
                    | {
                        "id": self.ground.next_id("education"),
                        "member_id": child.id,
                        "started_on": started,
                        "status_id": statuses[status],
                        "organisation": organisation,
                        "grade": grade,
                    },
                )
            yield from self._supports(child)
        yield from self._supervisions()

    def _supports(self, child: Character) -> Iterator[tuple[str, Row]]:
        """How a pupil was cared for, in each quarter that a stay touches."""
        rng = self.rng
        meals, textbooks, leisure = rng.random() < 0.7, rng.random() < 0.75, rng.random() < 0.5
        told: set[tuple[int, int]] = set()
        for stay in self.home.stays:
            for year, number in periods.Period(stay.start, stay.end or self.today).quarters():
                quarter = periods.quarter(year, number)
                day = min(quarter.end, self.today)
                pupil = child.status(day) in ("school", "boarding", "correctional", "home", "spo")
                if (year, number) in told or not pupil or not child.minor(day):
                    continue
                told.add((year, number))
                holidays = (
                    self.home.one_of(tuple(HolidayActivity)) if number in (2, 3) and rng.random() < 0.75 else None
                )
                yield (
                    "pupil_support",
                    self.home.stamp(day)
                    | {
                        "id": self.ground.next_id("pupil_support"),
                        "member_id": child.id,
                        "year": year,
                        "quarter": number,
                        "attendance": self.home.one_of(ATTENDANCE),
                        "progress": self.home.one_of(PROGRESS),
                        "free_meals": meals,
                        "free_textbooks": textbooks,
                        "leisure": leisure,
                        "holidays": holidays,
                    },
                )

    def _supervisions(self) -> Iterator[tuple[str, Row]]:
        rng = self.rng
        for person in self.home.adults + self.home.children:
            years = ages.full_years(person.born_on, self.home.until)
            if not person.present(self.home.until) or person.role in ("бабушка", "опекун"):
                continue
            if not person.child:
                kind = "pdn_parent" if rng.random() < 0.12 else None
            elif years < 9 or years >= 18 or rng.random() > 0.22:
                kind = None
            else:
                kind = self.home.one_of(("school", "school", "pdn_minor", "kdn"))
            if kind is None:
                continue
            started_on = self.home.until - DAY * rng.randint(5, 600)
            ended_on = started_on + DAY * rng.randint(60, 500)
            yield (
                "supervision",
                self.home.stamp(started_on)
                | {
                    "id": self.ground.next_id("supervision"),
                    "member_id": person.id,
                    "kind_id": self.ground.ids["supervision_kind"][kind],
                    "started_on": started_on,
                    "ended_on": ended_on if ended_on <= self.home.until else None,
                },
            )
