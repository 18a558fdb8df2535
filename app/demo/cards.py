"""The signal cards of the demo bank, in every state: told as scripts, played over families and bodies that are there.

Moments count back from one moment, so a fresh card is fresh when the bank is made. A card is played as the acts play
it (`services.signals`): each step keeps what it changed, so the last one can be undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from app import clock
from app.demo import inquiries, survey_acts
from app.demo import names as invented
from app.demo.card_scripts import (
    ANSWERED,
    ASKED,
    ATTACHED,
    ELSEWHERE,
    EMERGENCY,
    ENTERED,
    EXTENDED,
    GROUPED,
    OPENED,
    SCRIPTS,
    SENT_ON,
    SENT_OUT,
    SURVEYED,
    UNDONE,
    CardScript,
    Step,
)
from app.demo.ground import District, Row, Rows
from app.demo.names import COORDINATOR, NEIGHBOUR
from app.domain import ages, names, terms
from app.domain.terms import CardStepKind, Moment, SignalSource
from app.extensions import db
from app.models import Criterion, Deadline, Employee, Family, Member, Registration, SignalCard, SignalCardOutcome
from app.readings import clocks
from app.services import signals


@dataclass
class Played:
    """A card while it is played: its row, where it lies at each arrival, who sent it."""

    script: CardScript
    sent_at: datetime
    places: list[District]
    row: Row
    children: list[Row]
    sender_name: str
    family_id: int | None = None
    numbers: list[tuple[int, int]] = field(default_factory=list)  # year and number at each arrival
    told: list[tuple[str, str, datetime]] = field(default_factory=list)  # kind of body, who answered, when
    group: tuple[date, str | None, datetime] | None = None  # until when, what to look at, when it was named
    extension: Row | None = None  # of the answer that is waited for

    def arrivals(self) -> list[datetime]:
        went = (self.at(step) for step in self.script.steps if step.kind is SENT_ON)
        return [self.sent_at, *went]

    def at(self, step: Step) -> datetime:
        return self.sent_at + timedelta(minutes=step.after)


class Cards:
    """The signal cards of a district and its neighbour, up to a moment."""

    def __init__(self, rng: Random, writer: Rows, here: District, there: District, now: datetime) -> None:
        self.rng, self.writer, self.here, self.there, self.now = rng, writer, here, there, now
        self.today = clock.local(now).date()
        self.criteria = dict(db.session.execute(select(Criterion.code, Criterion.id)).all())
        self.outcomes = dict(db.session.execute(select(SignalCardOutcome.code, SignalCardOutcome.id)).all())
        self.stays: dict[str, Any] = dict(self._stays())
        self.told: tuple[Row, list[Row]] = ({}, [])

    def write(self) -> None:
        """Write every card: numbered in the order in which they came to each district, then played."""
        played = [card for script in SCRIPTS if (card := self._told(script)) is not None]
        counters: defaultdict[tuple[int, int], int] = defaultdict(int)
        came = [(at, index, card) for card in played for index, at in enumerate(card.arrivals())]
        for at, index, card in sorted(came, key=lambda each: each[0]):
            year = clock.local(at).year
            counters[card.places[index].id, year] += 1
            card.numbers.append((year, counters[card.places[index].id, year]))
        for card in played:
            self._play(card)
        better, refused = (
            stay.family_id if (stay := self.stays.get(name)) else None for name in ("attached", "placed")
        )
        self._surveys().of_families(better, refused)

    # The families that cards are about

    def _stays(self) -> Iterator[tuple[str, Any]]:
        """The stays that cards led to: one not entered yet, the latest other one, the longest."""
        stay = Registration.__table__.c
        rows = db.session.execute(
            select(stay.family_id, stay.sender_id, stay.card_sent_on, stay.registered_on, stay.entered_on)
            .join(Family.__table__, Family.__table__.c.id == stay.family_id)
            .where(stay.annulled_at.is_(None), stay.removed_on.is_(None),
                   Family.__table__.c.district_id == self.here.id)
            .order_by(stay.registered_on.desc(), stay.id)
        ).all()  # fmt: skip
        waiting = next((row for row in rows if row.entered_on is None), None)
        others = [row for row in rows if row is not waiting]
        yield "entered", waiting
        yield "placed", others[0] if others else None
        yield "attached", others[-1] if len(others) > 1 else None

    # What is told

    def _told(self, script: CardScript) -> Played | None:
        """A card as it was sent; None if the bank has no family for it."""
        stay: Any = self.stays.get(script.family)
        if script.family and stay is None:
            return None
        brought = script.family in ("entered", "placed")
        sent_at = datetime.combine(stay.card_sent_on, time(8, 10), tzinfo=UTC) if brought else self.now - script.ago
        places = [self.there, self.here] if script.far else [self.here, self.there]
        agency_id = stay.sender_id if brought else self._body(script, places[0])
        employee_id, sender_name = self._employee(agency_id)
        if not script.again:
            self.told = self._people(stay.family_id if stay is not None else None, script.children)
        said, children = self.told
        source = SignalSource.AGENCY if agency_id is not None else script.sender
        row = said | {
            "source": source, "agency_id": agency_id, "employee_id": employee_id, "informant": script.informant,
            "user_id": None, "detected_at": sent_at - timedelta(minutes=200 if script.late else 40),
            "detected_during": script.during, "description": script.text, "threat": script.threat,
            "children_study": None if not children else all((child["age"] or 7) >= 7 for child in children),
            "parents_drink": True if "2.5.1" in script.criteria else None, "live_together": None,
            "known_to_bodies": script.family == "attached" or None, "measures": script.measures,
            "sent_at": sent_at, "sent_on": clock.local(sent_at).date(), "arrived_at": sent_at, "received_at": None,
            "question": None, "answer": None, "family_id": None, "outcome_id": None, "outcome_note": None,
            "sent_out_to": None, "closed_at": None, "emergency_at": None, "survey_due_on": None, "surveyed_on": None,
            "created_at": sent_at, "version": 1, "annulled_at": None,
            "annul_reason": None,
        }  # fmt: skip
        return Played(script, sent_at, places, row, children, sender_name, stay.family_id if stay is not None else None)

    def _body(self, script: CardScript, district: District) -> int | None:
        bodies = district.performers.get(script.sender, []) if isinstance(script.sender, str) else []
        return bodies[-1 if script.sender == "5.3" else 0] if bodies else None

    def _employee(self, agency_id: int | None) -> tuple[int | None, str]:
        columns = Employee.__table__.c
        asked = select(columns.id, columns.first_name, columns.last_name).where(columns.agency_id == agency_id)
        row = db.session.execute(asked.order_by(columns.id).limit(1)).first() if agency_id is not None else None
        return (row.id, f"{row.last_name} {row.first_name}") if row is not None else (None, _signed(COORDINATOR))

    def _people(self, family_id: int | None, told: Iterable[tuple[str | None, int]]) -> tuple[Row, list[Row]]:
        """Whom a card names, and the children it tells of."""
        place_id, place = self.here.settlements[self.rng.randrange(len(self.here.settlements))]
        if family_id is not None:
            return self._of_family(family_id)
        of_men, last = invented.surnames(self.rng)
        mother = invented.person(self.rng, terms.Sex.FEMALE, last)[0]
        children = [{"name": invented.child_of(name, of_men, last), "born_on": None, "age": age} for name, age in told]
        address = invented.address(self.rng, place.localities[0])
        return self._said(mother, None, address, place_id, children), children

    def _of_family(self, family_id: int) -> tuple[Row, list[Row]]:
        member, family = Member.__table__.c, Family.__table__.c
        people = db.session.execute(
            select(member.last_name, member.first_name, member.middle_name, member.born_on)
            .where(member.family_id == family_id, member.annulled_at.is_(None), member.left_on.is_(None))
            .order_by(member.id)
        ).all()
        lives = db.session.execute(
            select(family.actual_address, family.territory_id).where(family.id == family_id)
        ).one()
        children = [
            {"name": names.full(*row[:3]), "born_on": row.born_on, "age": None}
            for row in people if ages.is_minor(row.born_on, self.today)
        ][:3]  # fmt: skip
        adult = people[0]
        name = invented.Name(adult.last_name, adult.first_name, adult.middle_name)
        return self._said(name, adult.born_on, lives.actual_address, lives.territory_id, children), children

    def _said(self, who: invented.Name, born_on: date | None, address: str, place_id: int, children: list[Row]) -> Row:
        phone = f"8 (900) 000-{self.rng.randint(10, 99)}-{self.rng.randint(10, 99)}"
        told = {
            "last_name": who.last, "first_name": who.first, "middle_name": who.middle, "born_on": born_on,
            "address": address, "home_phone": None, "mobile_phone": phone,
        }  # fmt: skip
        card = SignalCard(**told)
        signals.set_keys(card, [child["name"] for child in children])
        words = [row.word for row in card.words]
        return told | {
            "territory_id": place_id, "name_key": card.name_key, "search_key": card.search_key, "words": words,
        }  # fmt: skip

    # What becomes of it

    def _play(self, card: Played) -> None:
        row, steps, arrival = card.row, [], 0
        if card.script.far:
            row["territory_id"] = card.places[0].settlements[0][0]
        self._lay(card, arrival)
        steps.append(self._step(card, CardStepKind.SENT, card.sent_at, card.sender_name))
        for step in card.script.steps:
            at = min(card.at(step), self.now)
            before = {name: _plain(row.get(name)) for name in signals.CHANGED}
            who = card.sender_name if step.kind is ANSWERED else self._keeper(card.places[arrival])
            made = self._step(
                card, step.kind, at, who, step.note, None if step.kind in (ANSWERED, SURVEYED) else before
            )
            if step.kind is UNDONE:
                undone = steps[-1]
                undone["undone"], made["note"] = True, undone["kind"].title_ru
                row.update(self._as_it_was(undone["before"]))
            else:
                arrival = self._change(card, step, at, arrival)
            if step.kind is EXTENDED:
                made["note"] = self._extend(card, step, at, who)
            steps.append(made)
        self._write(card, steps)

    def _change(self, card: Played, step: Step, at: datetime, arrival: int) -> int:
        """Do a step; gives how many times the card has gone on by now."""
        row = card.row
        if step.kind is OPENED:
            row["received_at"] = at
        elif step.kind is ASKED:
            row["question"], row["answer"] = step.note, None
        elif step.kind is ANSWERED:
            row["answer"] = step.note
        elif step.kind in (ENTERED, ATTACHED):
            row["family_id"] = card.family_id
        elif step.kind is SENT_ON:
            arrival += 1
            row["territory_id"] = card.places[arrival].settlements[0][0]
            row.update(arrived_at=at, received_at=None, question=None, answer=None)
            self._lay(card, arrival)
        elif step.kind is SENT_OUT:
            row["sent_out_to"] = ELSEWHERE
        elif step.kind is EMERGENCY:
            row["emergency_at"] = at
            card.told = [(code, who, at) for code, who in step.told]
        elif step.kind is GROUPED:
            row["survey_due_on"] = clock.local(at).date() + timedelta(days=step.days)
            card.group = (row["survey_due_on"], step.note, at)
        elif step.kind is SURVEYED:
            row["surveyed_on"] = clock.local(at).date()
        if step.outcome:
            row.update(outcome_id=self.outcomes[step.outcome], outcome_note=step.note, closed_at=at)
        return arrival

    def _extend(self, card: Played, step: Step, at: datetime, who: str) -> str:
        """The answer to the question that was asked last is waited for longer; gives how the step tells of it."""
        deadline = db.session.scalars(
            select(Deadline).where(Deadline.starts == Moment.CARD_ASKED, Deadline.stops == Moment.CARD_ANSWERED)
        ).one()
        asked = max(card.at(one) for one in card.script.steps if one.kind is ASKED)
        until = clock.local(at).date() + timedelta(days=step.days)
        card.extension = {
            "deadline_id": deadline.id, "started_at": asked, "until": until, "reason": step.note,
            "user_name": who, "created_at": at, "version": 1, "annulled_at": None, "annul_reason": None,
        }  # fmt: skip
        return f"{clocks.title(deadline)}: до {until:%d.%m.%Y}. {step.note}"

    @staticmethod
    def _lay(card: Played, arrival: int) -> None:
        year, number = card.numbers[arrival]
        card.row.update(district_id=card.places[arrival].id, year=year, number=number)

    def _keeper(self, district: District) -> str:
        return _signed(COORDINATOR if district is self.here else NEIGHBOUR)

    @staticmethod
    def _as_it_was(before: Row) -> Row:
        return {name: signals.as_kept(name, value) for name, value in before.items()}

    @staticmethod
    def _step(card: Played, kind: CardStepKind, at: datetime, who: str, note: str | None = None,
              before: Row | None = None) -> Row:  # fmt: skip
        return {
            "kind": kind, "at": at, "user_id": None, "user_name": who, "note": note, "before": before,
            "territory_id": card.row["territory_id"], "undone": False,
        }  # fmt: skip

    def _write(self, card: Played, steps: list[Row]) -> None:
        words = card.row.pop("words")
        key = self.writer.add("signal_card", **card.row)
        self.writer.rows["card_word"].extend({"word": word, "card_id": key} for word in words)
        stamp = {"created_at": card.sent_at, "version": 1, "annulled_at": None, "annul_reason": None}
        for child in card.children:
            self.writer.add("card_child", card_id=key, **child, **stamp)
        for step in steps:
            self.writer.add("card_step", card_id=key, **step)
        for code, told_to, at in card.told:
            for agency_id in card.places[0].performers.get(code, [])[:1]:
                self.writer.add("card_telling", card_id=key, agency_id=agency_id, told_to=told_to, told_at=at,
                                told_by=self._keeper(card.places[0]), answer=None, **stamp)  # fmt: skip
        if card.extension is not None:
            self.writer.add("card_extension", card_id=key, **card.extension)
        if card.group is not None:
            self._write_group(key, card, *card.group)
        for code in card.script.criteria:
            self.writer.rows["signal_card_criteria"].append({"card_id": key, "criterion_id": self.criteria[code]})

    def _write_group(self, card_id: int, card: Played, due_on: date, task: str | None, at: datetime) -> None:
        """The group of a card: led by the specialist of the demo sign-ins, with somebody of the sender's body."""
        leader_id, surveyed_on = self._leader(card.places[0]), card.row["surveyed_on"]
        group_id = self.writer.add(
            "survey_group", territory_id=card.row["territory_id"], card_id=card_id, family_id=card.row["family_id"],
            leader_id=leader_id, due_on=due_on, task=task, surveyed_on=surveyed_on,
            code=f"{self.rng.getrandbits(64):016x}",
            created_at=at, version=1, annulled_at=None, annul_reason=None,
        )  # fmt: skip
        people = dict.fromkeys([leader_id, card.row["employee_id"] or leader_id])
        self.writer.rows["survey_group_employees"].extend(
            {"group_id": group_id, "employee_id": employee_id} for employee_id in people
        )
        place = card.places[0]
        inquiries.write(
            self.writer, len(self.writer.rows["survey_group"]) - 1, group_id, place, at, self._keeper(place)
        )
        if surveyed_on is not None:
            told = [survey_acts.person(card.row["last_name"], card.row["first_name"], card.row["middle_name"],
                                       role=terms.ParentalRole.MOTHER)]  # fmt: skip
            for child in card.children:
                said = names.of_child(child["name"], card.row["last_name"])
                told.append(survey_acts.person(said["last_name"], said["first_name"], role=terms.ParentalRole.CHILD,
                                               note=f"возраст: {child['age']}"))  # fmt: skip
            self._surveys().write(group_id, surveyed_on, survey_acts.OF_CARD, told, card.row["address"])

    @staticmethod
    def _leader(district: District) -> int:
        """The specialist of the demo sign-ins."""
        return max(district.mentors, key=district.mentors.count)

    def _surveys(self) -> survey_acts.Surveys:
        """The surveys that the specialist leads."""
        columns, leader_id = Employee.__table__.c, self._leader(self.here)
        row = db.session.execute(select(columns.last_name, columns.first_name).where(columns.id == leader_id)).one()
        leader = leader_id, f"{row.last_name} {row.first_name}"
        return survey_acts.Surveys(self.rng, self.writer, leader, self.today)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _signed(person: tuple[str, str]) -> str:
    """Who did a step, the surname first."""
    first, last = person
    return f"{last} {first}"
