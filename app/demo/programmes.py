"""The invented programmes of a family on record, in every state: prepared, under way, completed, terminated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

from app.demo.ground import Row, Stay, weekday
from app.demo.household import Household
from app.demo.scripts import DAY, ONCE, SUCCESS
from app.domain.terms import (
    DecisionKind,
    MeasureState,
    ProgrammeKind,
    ProgrammeState,
    StageFollows,
    StageSort,
)
from app.services.programme_ends import REMOVED

SHORTEST = 45  # days of a stay with a programme
INITIAL, MAIN = 30, 180  # days of the stages
WITHOUT, DRAFT = 0.15, 0.3  # of the families on record: no programme yet, one that waits for its approval
# What is planned: the problem; each measure with its body and the days it takes.
PLANS = (
    ("Родители злоупотребляют алкоголем", (("2.16", "5.5", 60), ("4.11", "5.8", 40), ("6.1", "5.6", 30),
                                           ("1.1", "5.2", 20), ("7.2", "5.8", 90), ("4.13", "5.8", 120))),
    ("Ребёнок пропускает занятия", (("3.1", "5.3", 15), ("3.2", "5.3", 30), ("3.12", "5.3", 60),
                                    ("4.10", "5.8", 60), ("7.2", "5.8", 90), ("7.7", "5.1", 100))),
    ("Антисанитария, нет места для сна", (("1.19", "5.2", 30), ("1.10", "5.2", 120), ("1.6", "5.2", 15),
                                          ("2.9", "5.5", 40), ("7.2", "5.8", 60), ("7.6", "5.9", 14))),
    ("Родители не работают", (("6.1", "5.6", 20), ("6.2", "5.6", 60), ("1.1", "5.2", 20), ("1.4", "5.2", 90),
                              ("1.16", "5.3", 15), ("1.17", "5.3", 20))),
)  # fmt: skip
# What the aid of a body is called that carries a measure out.
AID_OF_BODIES = {"5.1": "10.2", "5.2": "1.3", "5.3": "5.1", "5.5": "3.1", "5.6": "7.1", "5.8": "4.1", "5.9": "10.1"}
MOST_MAIN, LATE = 5, 75  # main stages of a programme; days for which the results of a stage may be due
EXTENDED, LONGER = 0.3, 90  # of the last stages whose end has come, so many are made longer, and by how many days
EMERGENCY = 0.15
IDLE = 0.15  # of the programmes under way, so many in which nothing is done
NO_RESULTS: Row = dict.fromkeys(("reviewed_on", "dynamics_id", "reaction_id", "analysis", "follows"))
TASKS = "Устранить причины постановки на учёт, наладить уход за детьми."
ANALYSIS = "Семья идёт на контакт, назначенное выполняет с напоминаниями."
DESCRIPTION = "Проведено по плану программы."
NOT_DONE = "Родители не явились в назначенный день."

Decide = Callable[[DecisionKind, date, str], Row]


class ProgrammeOfStay:
    """The programme of one stay on record as rows."""

    def __init__(self, home: Household, stay: Stay, registration: int, decide: Decide) -> None:
        self.home, self.stay, self.registration, self.decide = home, stay, registration, decide
        self.ground, self.today = home.ground, home.today
        self.chance = Random(f"программа {home.id} {registration}")  # noqa: S311  invented lives, not secrets
        self.last = stay.end or self.today
        dice = Random(f"без исполнения {home.id} {registration}").random()  # noqa: S311  invented lives, not secrets
        self.is_idle = stay.end is None and dice < IDLE

    def rows(self) -> Iterator[tuple[str, Row]]:
        begins = weekday(self.stay.start + DAY * 12)
        dice = self.chance.random()
        if (
            (self.last - self.stay.start).days < SHORTEST
            or begins >= self.last
            or (dice < WITHOUT and not self.stay.end)
        ):
            return
        is_draft = dice < DRAFT and self.stay.end is None
        approval = None if is_draft else self.decide(DecisionKind.PROGRAMME, begins, f"{begins:%j}/41")
        if approval is not None:
            yield "decision", approval
        begins = weekday(self.today - DAY * 5) if is_draft else begins
        programme = self._programme(begins, approval)
        yield "programme", programme
        problem, plan = PLANS[self.chance.randrange(len(PLANS))]
        trouble = self._row("problem", begins) | {
            "programme_id": programme["id"], "position": 0, "text": problem, "criterion_id": None,
        }  # fmt: skip
        yield "problem", trouble
        yield from self._group(programme)
        terms = list(self._terms(begins, is_draft=is_draft))
        programme["ends_on"] = max(programme["ends_on"], terms[-1][1])
        for place, (start, end) in enumerate(terms):
            stage = self._stage(programme, place, start, end, approval)
            waits = place == len(terms) - 1 and self.stay.end is None
            if waits:
                stage |= NO_RESULTS
            if waits and end < self.today and self.chance.random() < EXTENDED:
                yield "decision", self._extend(programme, stage)
            yield "stage", stage
            for position, (code, body, days) in enumerate(plan[:2] if not place else plan):
                measure = self._measure(stage, trouble, position, code, body, days)
                yield "planned_measure", measure
                if measure["state"] is MeasureState.DONE:
                    yield from self._aid(measure, AID_OF_BODIES[body])

    def _row(self, table: str, day: date) -> Row:
        return self.home.stamp(day) | {"id": self.ground.next_id(table)}

    def _programme(self, begins: date, approval: Row | None) -> Row:
        ended = self.stay.end
        closed_as = ProgrammeState.COMPLETED if self.stay.reason == SUCCESS else ProgrammeState.TERMINATED
        return self._row("programme", begins) | {
            "registration_id": self.registration, "kind": self.chance.choice(tuple(ProgrammeKind)),
            "agency_id": self.home.district.performers["5.2"][0], "starts_on": begins,
            "ends_on": max(begins + DAY * (INITIAL + MAIN), ended or date.min), "note": None,
            "approval_id": approval["id"] if approval is not None else None, "closed_on": ended,
            "closed_as": closed_as if ended else None, "close_reason": REMOVED if ended else None,
        }  # fmt: skip

    def _group(self, programme: Row) -> Iterator[tuple[str, Row]]:
        people = self.home.district.mentors
        first = self.chance.randrange(len(people))
        for place, person in enumerate(dict.fromkeys((people[first], people[first - 1], people[first - 2]))):
            yield "working_group_member", self._row("working_group_member", programme["starts_on"]) | {
                "programme_id": programme["id"], "employee_id": person, "leads": not place,
                "started_on": programme["starts_on"], "ended_on": None,
            }  # fmt: skip

    def _terms(self, begins: date, *, is_draft: bool) -> Iterator[tuple[date, date]]:
        """The days of the stages, one after the other until the stay ends; the results of the last one may be due."""
        end = begins + DAY * INITIAL
        yield begins, end
        for _number in range(0 if is_draft else MOST_MAIN):
            is_late = self.stay.end is None and self.today - DAY * LATE < end < self.today
            if end >= self.last or (is_late and self.chance.random() < 0.6):
                return
            start, end = end + DAY, end + DAY * MAIN
            yield start, end

    def _stage(self, programme: Row, place: int, start: date, end: date, approval: Row | None) -> Row:
        reviewed_on = min(end, self.last) if approval is not None and (end <= self.today or self.stay.end) else None
        level, reaction = self.chance.choice((("low", "2"), ("medium", "3"), ("medium", "4"), ("high", "5")))
        follows = StageFollows.REMOVAL if place and self.stay.end else StageFollows.NEXT
        held_on = approval["decided_on"] if approval is not None else None
        ids = self.ground.ids
        return self._row("stage", start) | {
            "programme_id": programme["id"], "kind_id": ids["stage_kind"]["main" if place else "initial"],
            "sort": StageSort.EMERGENCY if not place and self.chance.random() < EMERGENCY else StageSort.ORDINARY,
            "starts_on": start, "ends_on": end,
            "meeting_number": str(held_on.timetuple().tm_yday // 14 + 1) if held_on else None, "meeting_on": held_on,
            "meeting_note": None, "decision_id": approval["id"] if approval is not None else None,
            "ended_before": None, "extension_id": None, "tasks": TASKS, "reviewed_on": reviewed_on,
            "dynamics_id": ids["dynamics_level"][level] if reviewed_on else None,
            "reaction_id": ids["family_reaction"][reaction] if reviewed_on else None,
            "analysis": ANALYSIS if reviewed_on else None, "follows": follows if reviewed_on else None,
        }  # fmt: skip

    def _extend(self, programme: Row, stage: Row) -> Row:
        """The stage goes on, by a decision of its last days; gives the decision."""
        decided_on = weekday(stage["ends_on"])
        decision = self.decide(DecisionKind.EXTEND, decided_on, f"{decided_on:%j}/42")
        longer = stage["ends_on"] + DAY * LONGER
        programme["ends_on"] = max(programme["ends_on"], longer)
        stage |= {
            "ended_before": stage["ends_on"], "ends_on": longer, "extension_id": decision["id"],
            "sort": StageSort.EXTENDED,
        }  # fmt: skip
        return decision

    def _aid(self, measure: Row, kind: str) -> Iterator[tuple[str, Row]]:
        """What was done by a measure, for whoever of the family was there."""
        day = measure["done_on"]
        people = [one for one in self.home.adults if one.present(day)]
        people = people or [one for one in self.home.children if one.minor(day)]
        if not people:
            return
        row = self._row("aid", day) | {
            "given_on": day, "kind_id": self.ground.ids["aid_kind"][kind], "measure_id": measure["kind_id"],
            "description": DESCRIPTION, "performer_id": measure["performer_id"], "amount": None,
            "planned_id": measure["id"], **ONCE,
        }  # fmt: skip
        yield "aid", row
        for person in people[:2]:
            yield "aid_recipients", {"aid_id": row["id"], "member_id": person.id, "family_id": self.home.id}

    def _measure(self, stage: Row, problem: Row, position: int, code: str, body: str, days: int) -> Row:
        due_on = min(stage["starts_on"] + DAY * days, stage["ends_on"])
        state, done_on, reason = MeasureState.PLANNED, None, None
        dice = self.chance.random()
        if self.is_idle:
            dice = 0.7 + 0.3 * dice
        if self.stay.end and due_on > self.last:
            state, reason = MeasureState.CANCELLED, REMOVED
        elif due_on <= self.last and stage["decision_id"] is not None:
            if dice < 0.7:
                state, done_on = MeasureState.DONE, max(stage["starts_on"], due_on - DAY * self.chance.randrange(12))
            elif dice < 0.85 or self.stay.end:
                state, reason = MeasureState.NOT_DONE, NOT_DONE
        return self._row("planned_measure", stage["starts_on"]) | {
            "stage_id": stage["id"], "position": position, "kind_id": self.ground.ids["measure_kind"][code],
            "details": None, "problem_id": problem["id"], "performer_id": self.home.district.performers[body][0],
            "employee_id": None, "due_on": due_on, "state": state, "done_on": done_on, "reason": reason,
        }  # fmt: skip
