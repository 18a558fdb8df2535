"""An invented family on record: its decisions and stays, its mentor, the help it was given, as rows of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random

from app.demo import names as invented
from app.demo.ground import Character, Row, Stay, weekday
from app.demo.household import Household
from app.demo.programmes import ProgrammeOfStay
from app.demo.scripts import (
    AIDS,
    CRITERION_CODES,
    DAY,
    MEALS,
    NOTES,
    OF_SCHOOL_YEAR,
    ONCE,
    SENDERS,
    AidScript,
)
from app.domain.terms import AidRhythm, DecisionKind

LONG_STAY, CHANGED = 300, 0.25  # days of a stay in which criteria may change, and the share of stays where they do


class YearsOnRecord:
    """The stays of one household, told as rows."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.rng, self.ground, self.today = home.rng, home.ground, home.today

    def rows(self) -> Iterator[tuple[str, Row]]:
        yield from self._on_record()
        yield from self._help()
        yield from self._meals()

    def _on_record(self) -> Iterator[tuple[str, Row]]:
        rng = self.rng
        if rng.random() < 0.03:
            yield "decision", self._decision(DecisionKind.REFUSE, weekday(self.home.first - DAY * rng.randint(60, 200)))
        for index, stay in enumerate(self.home.stays):
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
            yield from self._extension(registration)
            yield from self._over_time(registration, self._criteria(), last)
            yield from ProgrammeOfStay(self.home, stay, registration["id"], self._numbered).rows()
        if self.home.script.mistake:
            yield from self._mistake()
        yield from self._mentor()

    def _decision(self, kind: DecisionKind, decided_on: date) -> Row:
        number = f"{decided_on.timetuple().tm_yday // 14 + 1}/{self.rng.randint(1, 30)}"
        return self._numbered(kind, decided_on, number)

    def _numbered(self, kind: DecisionKind, decided_on: date, number: str) -> Row:
        return self.home.stamp(decided_on) | {
            "id": self.ground.next_id("decision"),
            "kind": kind,
            "number": number,
            "decided_on": decided_on,
            "agency_id": self.home.district.performers["5.1"][0],
            "note": None,
        }

    def _clock(self, index: int, stay: Stay) -> tuple[date, date | None]:
        """When the decision and the card came to the coordinator, and when the family was entered."""
        rng, script = self.rng, self.home.script
        received = stay.start + DAY * rng.randint(0, 4)
        clock = script.clock if index == len(self.home.stays) - 1 else "met"
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
        return self.home.stamp(clock[1] or clock[0]) | {
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

    def _extension(self, stay: Row) -> Iterator[tuple[str, Row]]:
        """Of two families whose papers have just come, one waits for a paper that is missing."""
        if stay["entered_on"] is None and stay["received_on"] >= self.today - DAY * 2 and self.home.id % 2:
            yield (
                "stay_extension",
                self.home.stamp(self.today)
                | {
                    "id": self.ground.next_id("stay_extension"),
                    "registration_id": stay["id"],
                    "deadline_id": self.ground.ids["deadline"]["bank_entry_3d"],
                    "until": stay["received_on"] + DAY * 8,
                    "reason": "В копии постановления нет подписи: возвращена в комиссию.",
                    "user_name": " ".join(reversed(invented.COORDINATOR)),
                },
            )

    def _sender(self) -> int:
        kind = self.home.one_of(SENDERS)
        if kind == "5.3":
            schools = self.home.district.schools[self.home.settlement_id]
            return schools[self.rng.randrange(len(schools))][0]
        return self.home.one_of(self.home.district.performers[kind])

    def _criteria(self) -> list[int]:
        codes = [self.home.one_of(CRITERION_CODES) for _ in range((1, 1, 1, 2, 2, 3)[self.rng.randrange(6)])]
        return [self.ground.ids["criterion"][code] for code in dict.fromkeys(codes)]

    def _over_time(self, stay: Row, criteria: list[int], last: date) -> Iterator[tuple[str, Row]]:
        """The criteria of a stay; of some that are long the main one gives way to another half way."""
        rows = [self._criterion(stay, *placed, stay["decision_id"]) for placed in enumerate(criteria)]
        chance = Random(f"критерии {self.home.id} {stay['id']}")  # noqa: S311  invented lives, not secrets
        days = (last - stay["registered_on"]).days
        if days > LONG_STAY and chance.random() < CHANGED:
            day = weekday(stay["registered_on"] + DAY * (days // 2))
            others = [key for code in CRITERION_CODES if (key := self.ground.ids["criterion"][code]) not in criteria]
            decision = self._numbered(DecisionKind.CRITERIA, day, f"{day.timetuple().tm_yday // 14 + 1}/31")
            yield "decision", decision
            rows[0] |= {"until": day, "ended_by_id": decision["id"]}
            changed = self._criterion(stay, 0, others[chance.randrange(len(others))], decision["id"])
            rows.append(changed | self.home.stamp(day) | {"since": day})
        yield from (("registration_criterion", row) for row in rows)

    def _criterion(self, stay: Row, position: int, criterion: int, decision_id: int) -> Row:
        return self.home.stamp(stay["registered_on"]) | {
            "id": self.ground.next_id("registration_criterion"),
            "registration_id": stay["id"],
            "position": position,
            "criterion_id": criterion,
            "since": stay["registered_on"],
            "until": None,
            "decision_id": decision_id,
            "ended_by_id": None,
        }

    def _mistake(self) -> Iterator[tuple[str, Row]]:
        """A registration entered for the wrong family and annulled."""
        day = weekday(self.home.first - DAY * 400)
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
            last = self.home.stays[-1]
            yield (
                "mentor",
                self.home.stamp(last.start)
                | {
                    "id": self.ground.next_id("mentor"),
                    "employee_id": self.home.one_of(self.home.district.mentors),
                    "started_on": last.start,
                    "ended_on": last.end,
                },
            )

    # Help

    def _help(self) -> Iterator[tuple[str, Row]]:
        """Help given on record: more in the first months of a stay."""
        rng = self.rng
        for stay in self.home.stays:
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
                    yield "aid_recipients", {"aid_id": row["id"], "member_id": person.id, "family_id": self.home.id}

    def _recipients(self, to: str, day: date) -> list[Character]:
        if to == "adults":
            grown = [person for person in self.home.adults if person.present(day)]
            return [self.home.one_of(grown)] if grown else []
        children = [child for child in self.home.children if child.minor(day)]
        if to == "pupils":
            return [child for child in children if child.status(day) in ("school", "boarding", "correctional", "home")]
        if to == "children":
            return children
        return [person for person in self.home.adults if person.present(day)] + children

    def _aid(self, aid: AidScript, day: date) -> Row:
        amount = Decimal(self.rng.randint(aid.least * 100, aid.most * 100)) / 100 if aid.most else None
        return self.home.stamp(day) | {
            "id": self.ground.next_id("aid"),
            "given_on": day,
            "kind_id": self.ground.ids["aid_kind"][aid.kind],
            "measure_id": self.ground.ids["measure_kind"][aid.measure],
            "description": aid.text,
            "performer_id": self.home.one_of(self.home.district.performers[aid.performer]),
            "amount": amount,
            "planned_id": None,
            **ONCE,
        }

    def _meals(self) -> Iterator[tuple[str, Row]]:
        """Free meals of pupils: one form of their school for a year of lessons, cut short where the stay has ended."""
        chance = Random(f"питание {self.home.id}")  # noqa: S311  invented lives, not secrets
        year = self.today.year - (self.today < date(self.today.year, 9, 3))
        begins = weekday(date(year, 9, 1))
        pupils = self._recipients("pupils", begins)
        stay = next((one for one in self.home.stays if one.start <= begins < (one.end or date.max)), None)
        if stay is None or not pupils or chance.random() >= MEALS:
            return
        body = self.home.district.performers["5.3"][0]
        row = self._aid(OF_SCHOOL_YEAR, begins) | {
            "performer_id": body, "until": min(stay.end or date.max, date(year + 1, 5, 31)),
            "rhythm": AidRhythm.DAILY, "batch": f"питание {self.home.district.id} {year}",
        }  # fmt: skip
        yield "aid", row
        for person in pupils:
            yield "aid_recipients", {"aid_id": row["id"], "member_id": person.id, "family_id": self.home.id}
