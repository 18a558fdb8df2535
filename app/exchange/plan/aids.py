"""Aid and measures: an aid is the same if everything it says is; one of the same day and kind is corrected."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.domain import care, execution, names
from app.exchange.changes import AidPlan, FamilyPlan, Line, MeasurePlan, MemberPlan, SetUpdate, Update
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.places import PlacesOfBook
from app.exchange.records import AidRow
from app.exchange.states import AidState
from app.exchange.workbook import AIDS, MEASURES, STAGES

CODES = ("measure", "aid_kind")  # one of them says what was done
REGULAR = ("until", "rhythm")
BESIDE = ("description", "amount", *REGULAR, "before_record")  # may be corrected


class Aids:
    """The sheet «Мероприятия»."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook) -> None:
        self.comparison, self.places = comparison, places
        self.plan, self.content = comparison.plan, comparison.content
        self.sheet = comparison.sheet(AIDS)
        self.said = [name for name in ("given_on", *CODES, *BESIDE) if self.sheet.tells(name)]
        self.tells_plan = self.sheet.tells("plan_line") and comparison.sheet(MEASURES).tells("plan_line")

    def compare(self) -> None:
        self.comparison.read_whole(AIDS, REGULAR)
        by_family: dict[str, list[AidPlan]] = {}
        for _, row, family in self.comparison.of_families(AIDS, AidRow):
            body, known = self.places.body_of(self.sheet, row, "performer_kind", "performer")
            people = [
                self.comparison.member_named(self.sheet, row, family, "recipients", each) for each in row.recipients
            ]
            found = list(dict.fromkeys(member for member in people if member is not None))
            planned, is_planned = self._planned(row, family)
            good = not row.bad and self._check(row, found)
            if good and known and is_planned and None not in people:
                by_family.setdefault(family.row.number, []).append(AidPlan(row, body, found, planned))
        for number, family in self.comparison.families.items():
            self._family(family, by_family.get(number, []))

    def _check(self, row: AidRow, people: list[MemberPlan]) -> bool:
        """Ask the rule of an aid. Recipients are sought among the family's own people: whose they are is not asked."""
        assert row.given_on is not None
        untold = not all(map(self.sheet.tells, CODES))
        return self.comparison.rule(
            self.sheet, row, care.check_aid, given_on=row.given_on, named=_is_named(row) or untold, amount=row.amount,
            family=None, recipients=(), born_on=map(self.comparison.born_on, people), today=self.comparison.today,
        ) and self.comparison.rule(
            self.sheet, row, execution.check_term, given_on=row.given_on, until=row.until, rhythm=row.rhythm
        )  # fmt: skip

    def _planned(self, row: AidRow, family: FamilyPlan) -> tuple[MeasurePlan | None, bool]:
        """The measure that an aid carries out; whether the file says it as it may be."""
        if row.plan_line is None or not self.tells_plan:
            return None, True
        planned = family.plan_lines.get(row.plan_line)
        if planned is None and not (self.comparison.is_sound(STAGES) and self.comparison.is_sound(MEASURES)):
            return None, False
        if planned is None:
            text = f"Строки плана с этим номером у семьи нет: исправьте его или добавьте её на лист «{MEASURES.title}»."
            self.content.fault(self.sheet, row, "plan_line", text)
        elif planned.row.measure != row.measure:
            text = f"В строке плана {row.plan_line} – мероприятие {planned.row.measure}: впишите тот же код."
            self.content.fault(self.sheet, row, "measure" if self.sheet.tells("measure") else "plan_line", text)
        else:
            return planned, True
        return None, False

    def _check_known(self, family: FamilyPlan, state: AidState) -> None:
        """Ask the rule of an aid that the bank keeps, whose recipients may now be born on another day."""
        for member in family.members:
            if member.id in state.recipients:
                self.comparison.rule_of_known(
                    member, f"Мероприятие {state.given_on:%d.%m.%Y}", care.check_aid, given_on=state.given_on,
                    named=True, amount=None, family=None, recipients=(), born_on=(self.comparison.born_on(member),),
                    today=self.comparison.today,
                )  # fmt: skip

    def _family(self, family: FamilyPlan, told: list[AidPlan]) -> None:
        waiting = list(family.state.aids) if family.state else []
        for aid in self._unmatched(family, told, waiting):
            row = aid.row
            about = (row.given_on, row.aid_kind, row.measure)
            near = [each for each in waiting if (each.given_on, each.aid_kind, each.measure) == about]
            if near:
                waiting.remove(near[0])
                if not self.sheet.tells("recipients"):
                    self._check_known(family, near[0])
                self._compare(aid, family, near[0])
            elif not _is_named(row):
                header = " и ".join(f"«{AIDS.column(name).header}»" for name in CODES if not self.sheet.tells(name))
                self.content.notice(self.sheet, row, f"Без столбца {header} мероприятие не добавляется.")
            else:
                family.new_aids.append(aid)
                title = row.aid_kind and self.comparison.codes["aid_kind"].names[row.aid_kind]
                self.comparison.new(AIDS, family, f"{row.given_on:%d.%m.%Y} {title or row.description or ''}".strip())
        self._note_redated(family, waiting)
        for state in waiting:
            self._check_known(family, state)
            if state.given_on <= self.comparison.as_of:
                title = state.aid_kind and self.comparison.codes["aid_kind"].names[state.aid_kind]
                self.comparison.missing(AIDS, family, f"{state.given_on:%d.%m.%Y} {title or ''}".strip())

    def _note_redated(self, family: FamilyPlan, waiting: list[AidState]) -> None:
        """Say which aid to be added is one of the bank that the file leaves out, but for the day."""
        for aid in family.new_aids:
            row, said = aid.row, self._key_of_aid(aid)[1:]
            for state in waiting:
                if self._key_of_state(state)[1:] == said:
                    text = (
                        f"Мероприятие {row.given_on:%d.%m.%Y} – то же, что {state.given_on:%d.%m.%Y} в банке, а того в "
                        "книге нет: если исправлена дата, исправьте её в банке, иначе помощь посчитают дважды."
                    )
                    self.plan.duplicates.append(Line(AIDS.title, family.number, text))
                    break

    def _unmatched(self, family: FamilyPlan, told: list[AidPlan], waiting: list[AidState]) -> list[AidPlan]:
        """The rows that no aid of the bank says word for word; those that do are taken from `waiting`."""
        by_key: dict[Any, list[AidState]] = {}
        for state in waiting:
            by_key.setdefault(self._key_of_state(state), []).append(state)
        rest = []
        for aid in told:
            key = self._key_of_aid(aid)
            if alike := by_key.get(key):
                waiting.remove(known := alike.pop())
                if not self.sheet.tells("recipients"):
                    self._check_known(family, known)
                self.comparison.count(AIDS, "same")
            else:
                rest.append(aid)
        return rest

    def _key_of_aid(self, aid: AidPlan) -> tuple[Any, ...]:
        kind, name = (aid.performer.kind, aid.performer.name) if aid.performer else (None, None)
        planned_id = None if aid.planned is None else aid.planned.id or -1
        return self._key(aid.row, kind, name, tuple(member.id or -1 for member in aid.people), planned_id)

    def _key_of_state(self, state: AidState) -> tuple[Any, ...]:
        return self._key(state, state.performer_kind, state.performer, state.recipients, state.planned_id)

    def _key(self, aid: AidRow | AidState, kind: str | None, performer: str | None, people: tuple[int, ...],
             planned_id: int | None) -> tuple[Any, ...]:  # fmt: skip
        """Everything an aid says in the columns that the file has, its day first."""
        told = self.sheet.letters
        return (
            *(getattr(aid, name) for name in self.said),
            (kind, names.key(performer)) if "performer" in told else None,
            tuple(sorted(people)) if "recipients" in told else None,
            planned_id if self.tells_plan else None,
        )

    def _compare(self, aid: AidPlan, family: FamilyPlan, state: AidState) -> None:
        row, people = aid.row, aid.people
        before = len(self.plan.changes)
        update = Update("aid", state.id, family, f"Мероприятие {state.given_on:%d.%m.%Y}")
        for name in BESIDE:
            self.comparison.value(AIDS, row, family, state, update, name)
        fields = ("performer_kind", "performer", "performer_id")
        self.comparison.body(AIDS, row, family, state, update, fields, partial(self.places.body, AIDS, row))
        if self.sheet.tells("recipients") and {member.id for member in people} != set(state.recipients):
            by_id = {member.id: member.values.full for member in family.members if member.id}
            was = tuple(by_id[each] for each in state.recipients)
            becomes = tuple(member.values.full for member in people)
            self.comparison.change(AIDS, row, family, update.title, "recipients", was, becomes)
            self.plan.sets.append(
                SetUpdate("recipients", state.id, family, update.title, list(state.recipients), list(people))
            )
        if aid.planned is not None and aid.planned.id != state.planned_id:
            update.was["planned_id"], update.values["planned_id"] = state.planned_id, aid.planned
            self.comparison.change(AIDS, row, family, update.title, "plan_line", state.plan_line, row.plan_line)
        self.comparison.finish(AIDS, update, before)


def _is_named(row: AidRow) -> bool:
    return any(getattr(row, name) is not None for name in CODES)
