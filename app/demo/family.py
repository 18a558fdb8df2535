"""The invented life of one family, told as rows of the tables. Chance comes from the given `Random` only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

from app.demo import names as invented
from app.demo.ground import Character, District, Ground, Row, Stay, stays_of, weekday
from app.demo.scripts import (
    AIDS,
    ATTENDANCE,
    CHILDREN_TAKEN,
    CRITERION_CODES,
    DAY,
    MAJORITY,
    NOTES,
    PROGRESS,
    SENDERS,
    YEAR,
    AidScript,
    Script,
)
from app.domain import ages, intervals, periods
from app.domain.terms import DecisionKind, HolidayActivity, Sex
from app.services import family_keys


class Life:
    """One family: who they are, when they stood on record, what was done for them."""

    def __init__(self, rng: Random, script: Script, ground: Ground, district: District) -> None:
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
        return "не работает" if self.rng.random() < 0.45 else self._one_of(invented.WORKPLACES)

    def _one_of(self, options: Any) -> Any:
        return options[self.rng.randrange(len(options))]

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

    # The rows

    def rows(self) -> Iterator[tuple[str, Row]]:
        yield "family", self._family()
        for person in self.adults + self.children:
            yield "member", self._member(person)
        yield from self._keys_and_categories()
        for person in self.adults + self.children:
            yield from self._documents(person)
        yield from self._children_rows()
        yield from self._on_record()
        yield from self._help()

    def _stamp(self, day: date) -> Row:
        entered = datetime.combine(min(day, self.today), time(6, 30), tzinfo=UTC)
        return {"family_id": self.id, "created_at": entered, "version": 1}

    def _family(self) -> Row:
        rng = self.rng
        self.address = invented.address(rng, self._one_of(self.place.localities))
        elsewhere = rng.random() < 0.12
        self.registered_address = invented.address(rng, "г. Заозёрск") if elsewhere else self.address
        present = [person for person in self.adults + self.children if person.present(self.until)]
        self.income = Decimal(rng.randint(280_000, 1_900_000)) / 100
        keys = family_keys.keys_of(
            self.number,
            [
                family_keys.NamedMember(*person.name, self.ground.roles[person.role][1],
                                intervals.holds(person.joined_on, person.left_on, self.today))
                for person in self.adults + self.children
            ],
            (self.registered_address, self.address),
        )  # fmt: skip
        self.words = sorted(keys.words)
        row = self._stamp(self.first)
        del row["family_id"]
        return row | {
            "id": self.id,
            "number": self.number,
            "district_id": self.district.id,
            "territory_id": self.settlement_id,
            "name": keys.name,
            "sort_key": keys.sort_key,
            "search_key": keys.search_key,
            "stated_size": len(present),
            "income_per_member": self.income,
            "income_source": self._one_of(invented.INCOMES),
            "registered_address": self.registered_address,
            "actual_address": self.address,
            "additional": self._one_of(invented.REMARKS) if rng.random() < 0.4 else None,
        }

    def _member(self, person: Character) -> Row:
        return self._stamp(max(self.first, person.born_on)) | {
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
        for word in self.words:
            yield "search_word", {"word": word, "family_id": self.id}
        for code in sorted(self._categories(), key=int):
            category_id = self.ground.ids["family_category"][code]
            yield "family_categories", {"family_id": self.id, "category_id": category_id}

    def _categories(self) -> set[str]:
        """Categories that agree with the members on the last day of the life told."""
        rng, home = self.rng, self.script.home
        here = [person for person in self.adults if person.present(self.until)]
        found = {
            "full": {"9"}, "mother": {"2"}, "divorced": {"10"}, "widow": {"4"}, "father": {"3"}, "stepfather": {"11"},
            "guardian": {"12"}, "foster": {"13"}, "cohabitant": {"2"}, "grandmother": {"2"},
        }[home].copy()  # fmt: skip
        if sum(child.minor(self.until) for child in self.children) >= 3:
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
            series = f"{self._one_of(('I', 'II', 'III', 'IV'))}-ЗР"
            yield "identity_document", self._document(person, "03", series, issued_on, "Отдел ЗАГС Заречного района")
        if has_passport:
            twenty = ages.years_before(person.born_on, -20) + DAY * 20
            issued_on = twenty if not person.child and twenty <= self.today else passport_from
            series = f"99 {issued_on.year % 100:02}"
            yield "identity_document", self._document(person, "21", series, issued_on, "МВД, отделение в г. Заречном")

    def _document(self, person: Character, kind: str, series: str, issued_on: date, issued_by: str) -> Row:
        return self._stamp(max(self.first, issued_on)) | {
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
        for child in self.children:
            for started, status, organisation, grade in child.schooling:
                yield (
                    "education",
                    self._stamp(started)
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
        for stay in self.stays:
            for year, number in periods.Period(stay.start, stay.end or self.today).quarters():
                quarter = periods.quarter(year, number)
                day = min(quarter.end, self.today)
                pupil = child.status(day) in ("school", "boarding", "correctional", "home", "spo")
                if (year, number) in told or not pupil or not child.minor(day):
                    continue
                told.add((year, number))
                holidays = self._one_of(tuple(HolidayActivity)) if number in (2, 3) and rng.random() < 0.75 else None
                yield (
                    "pupil_support",
                    self._stamp(day)
                    | {
                        "id": self.ground.next_id("pupil_support"),
                        "member_id": child.id,
                        "year": year,
                        "quarter": number,
                        "attendance": self._one_of(ATTENDANCE),
                        "progress": self._one_of(PROGRESS),
                        "free_meals": meals,
                        "free_textbooks": textbooks,
                        "leisure": leisure,
                        "holidays": holidays,
                    },
                )

    def _supervisions(self) -> Iterator[tuple[str, Row]]:
        rng = self.rng
        for person in self.adults + self.children:
            years = ages.full_years(person.born_on, self.until)
            if not person.present(self.until) or person.role in ("бабушка", "опекун"):
                continue
            if not person.child:
                kind = "pdn_parent" if rng.random() < 0.12 else None
            elif years < 9 or years >= 18 or rng.random() > 0.22:
                kind = None
            else:
                kind = self._one_of(("school", "school", "pdn_minor", "kdn"))
            if kind is None:
                continue
            started_on = self.until - DAY * rng.randint(5, 600)
            ended_on = started_on + DAY * rng.randint(60, 500)
            yield (
                "supervision",
                self._stamp(started_on)
                | {
                    "id": self.ground.next_id("supervision"),
                    "member_id": person.id,
                    "kind_id": self.ground.ids["supervision_kind"][kind],
                    "started_on": started_on,
                    "ended_on": ended_on if ended_on <= self.until else None,
                },
            )

    # On record

    def _on_record(self) -> Iterator[tuple[str, Row]]:
        rng = self.rng
        if rng.random() < 0.03:
            yield "decision", self._decision(DecisionKind.REFUSE, weekday(self.first - DAY * rng.randint(60, 200)))
        for index, stay in enumerate(self.stays):
            place = self._decision(DecisionKind.PLACE, stay.start)
            yield "decision", place
            last = stay.end or self.today
            if (last - stay.start).days > 240 and rng.random() < 0.5:
                yield "decision", self._decision(DecisionKind.EXTEND, weekday(stay.start + DAY * rng.randint(180, 230)))
            remove = self._decision(DecisionKind.REMOVE, stay.end) if stay.end else None
            if remove:
                yield "decision", remove
            registration = self._registration(stay, place, remove, self._clock(index, stay))
            yield "registration", registration
            for position, criterion in enumerate(self._criteria()):
                yield (
                    "registration_criterion",
                    {
                        "registration_id": registration["id"],
                        "position": position,
                        "criterion_id": criterion,
                        "family_id": self.id,
                    },
                )
        if self.script.mistake:
            yield from self._mistake()
        yield from self._mentor()

    def _decision(self, kind: DecisionKind, decided_on: date) -> Row:
        number = f"{decided_on.timetuple().tm_yday // 14 + 1}/{self.rng.randint(1, 30)}"
        return self._stamp(decided_on) | {
            "id": self.ground.next_id("decision"),
            "kind": kind,
            "number": number,
            "decided_on": decided_on,
            "agency_id": self.district.performers["5.1"][0],
            "note": None,
        }

    def _clock(self, index: int, stay: Stay) -> tuple[date, date | None]:
        """When the decision and the card came to the coordinator, and when the family was entered."""
        rng, script = self.rng, self.script
        received = stay.start + DAY * rng.randint(0, 4)
        clock = script.clock if index == len(self.stays) - 1 else "met"
        if clock == "running":
            return self.today - DAY * rng.randint(0, 2), None
        if clock == "overdue":
            return self.today - DAY * rng.randint(5, 9), None
        entered = received + DAY * (rng.randint(5, 12) if clock == "late" else rng.randint(0, 3))
        return min(received, self.today), min(entered, self.today)

    def _registration(self, stay: Stay, place: Row, remove: Row | None, clock: tuple[date, date | None]) -> Row:
        rng = self.rng
        detected = stay.start - DAY * rng.randint(6, 40)
        reasons = self.ground.ids["removal_reason"]
        return self._stamp(clock[1] or clock[0]) | {
            "id": self.ground.next_id("registration"),
            "sender_id": self._sender(),
            "detected_on": detected,
            "card_sent_on": detected + DAY * rng.randint(0, 3),
            "received_on": clock[0],
            "entered_on": clock[1],
            "decision_id": place["id"],
            "registered_on": stay.start,
            "removal_decision_id": remove["id"] if remove else None,
            "removed_on": stay.end,
            "removal_reason_id": reasons[stay.reason] if stay.reason else None,
            "note": NOTES.get(stay.reason or ""),
            "annulled_at": None,
            "annul_reason": None,
        }

    def _sender(self) -> int:
        kind = self._one_of(SENDERS)
        if kind == "5.3":
            schools = self.district.schools[self.settlement_id]
            return schools[self.rng.randrange(len(schools))][0]
        return self._one_of(self.district.performers[kind])

    def _criteria(self) -> list[int]:
        codes = [self._one_of(CRITERION_CODES) for _ in range((1, 1, 1, 2, 2, 3)[self.rng.randrange(6)])]
        return [self.ground.ids["criterion"][code] for code in dict.fromkeys(codes)]

    def _mistake(self) -> Iterator[tuple[str, Row]]:
        """A registration entered for the wrong family and annulled."""
        day = weekday(self.first - DAY * 400)
        place = self._decision(DecisionKind.PLACE, day) | {"note": "Постановление относится к другой семье."}
        yield "decision", place
        registration = self._registration(Stay(day, None, None), place, None, (day, day))
        yield (
            "registration",
            registration
            | {
                "annulled_at": datetime.combine(day + DAY * 2, time(7), tzinfo=UTC),
                "annul_reason": "Внесено по ошибке: постановление о другой семье.",
            },
        )

    def _mentor(self) -> Iterator[tuple[str, Row]]:
        if self.rng.random() < 0.65:
            last = self.stays[-1]
            yield (
                "mentor",
                self._stamp(last.start)
                | {
                    "id": self.ground.next_id("mentor"),
                    "employee_id": self._one_of(self.district.mentors),
                    "started_on": last.start,
                    "ended_on": last.end,
                },
            )

    # Help

    def _help(self) -> Iterator[tuple[str, Row]]:
        """Help given on record: more in the first months of a stay."""
        rng = self.rng
        for stay in self.stays:
            days = ((stay.end or self.today) - stay.start).days
            for _ in range(min(days // 20 + 1, rng.randint(1, 6))):
                aid = AIDS[rng.randrange(len(AIDS))]
                day = stay.start + DAY * int(days * rng.random() ** 1.3)
                recipients = self._recipients(aid.to, day)
                if not recipients:
                    continue
                row = self._aid(aid, day)
                yield "aid", row
                for person in recipients:
                    yield "aid_recipients", {"aid_id": row["id"], "member_id": person.id, "family_id": self.id}

    def _recipients(self, to: str, day: date) -> list[Character]:
        if to == "adults":
            grown = [person for person in self.adults if person.present(day)]
            return [self._one_of(grown)] if grown else []
        children = [child for child in self.children if child.minor(day)]
        if to == "pupils":
            return [child for child in children if child.status(day) in ("school", "boarding", "correctional", "home")]
        if to == "children":
            return children
        return [person for person in self.adults if person.present(day)] + children

    def _aid(self, aid: AidScript, day: date) -> Row:
        amount = Decimal(self.rng.randint(aid.least * 100, aid.most * 100)) / 100 if aid.most else None
        return self._stamp(day) | {
            "id": self.ground.next_id("aid"),
            "given_on": day,
            "kind_id": self.ground.ids["aid_kind"][aid.kind],
            "measure_id": self.ground.ids["measure_kind"][aid.measure],
            "description": aid.text,
            "performer_id": self._one_of(self.district.performers[aid.performer]),
            "amount": amount,
        }
