"""Aid and measures: an aid is the same if everything it says is; one of the same day and kind is corrected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain import care, names
from app.exchange.changes import BodyRef, FamilyPlan, Line, MemberPlan, SetUpdate, Update
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.places import PlacesOfBook
from app.exchange.records import AidRow
from app.exchange.states import AidState
from app.exchange.workbook import AIDS

CODES = ("measure", "aid_kind")  # one of them says what was done
Told = tuple[AidRow, BodyRef | None, list[MemberPlan]]


class Aids:
    """The sheet «Мероприятия»."""

    def __init__(self, comparison: Comparison, places: PlacesOfBook) -> None:
        self.comparison, self.places = comparison, places
        self.plan, self.content = comparison.plan, comparison.content
        self.sheet = comparison.sheet(AIDS)

    def compare(self) -> None:
        by_family: dict[str, list[Told]] = {}
        for _, row, family in self.comparison.of_families(AIDS, AidRow):
            body, known = self._performer(row)
            people = [
                self.comparison.member_named(self.sheet, row, family, "recipients", each) for each in row.recipients
            ]
            found = list(dict.fromkeys(member for member in people if member is not None))
            good = not row.bad and self._check(row, found)
            if good and known and None not in people:
                by_family.setdefault(family.row.number, []).append((row, body, found))
        for number, family in self.comparison.families.items():
            self._family(family, by_family.get(number, []))

    def _check(self, row: AidRow, people: list[MemberPlan]) -> bool:
        """Ask the rule of an aid. Recipients are sought among the family's own people: whose they are is not asked."""
        assert row.given_on is not None
        untold = not all(map(self.sheet.tells, CODES))
        return self.comparison.rule(
            self.sheet, row, care.check_aid, given_on=row.given_on, named=_is_named(row) or untold, amount=row.amount,
            family=None, recipients=(), born_on=map(self.comparison.born_on, people), today=self.comparison.today,
        )  # fmt: skip

    def _check_known(self, family: FamilyPlan, state: AidState) -> None:
        """Ask the rule of an aid that the bank keeps, whose recipients may now be born on another day."""
        for member in family.members:
            if member.id in state.recipients:
                self.comparison.rule_of_known(
                    member, f"Мероприятие {state.given_on:%d.%m.%Y}", care.check_aid, given_on=state.given_on,
                    named=True, amount=None, family=None, recipients=(), born_on=(self.comparison.born_on(member),),
                    today=self.comparison.today,
                )  # fmt: skip

    def _performer(self, row: AidRow) -> tuple[BodyRef | None, bool]:
        kind, name = row.performer_kind, row.performer
        if kind is None and name is not None and "performer_kind" not in row.bad:
            kinds = self.places.kinds_by_name.get(names.key(name), set())
            if len(kinds) != 1:
                text = f"«{name}»: такой организации в банке нет, впишите «Код органа»."
                self.content.fault(self.sheet, row, "performer_kind", text)
                return None, False
            kind = next(iter(kinds))
        return self.places.body(kind, name), True

    def _family(self, family: FamilyPlan, told: list[Told]) -> None:
        waiting = list(family.state.aids) if family.state else []
        for row, body, people in self._unmatched(family, told, waiting):
            about = (row.given_on, row.aid_kind, row.measure)
            near = [each for each in waiting if (each.given_on, each.aid_kind, each.measure) == about]
            if near:
                waiting.remove(near[0])
                if not self.sheet.tells("recipients"):
                    self._check_known(family, near[0])
                self._compare(row, family, near[0], people)
            elif not _is_named(row):
                header = " и ".join(f"«{AIDS.column(name).header}»" for name in CODES if not self.sheet.tells(name))
                self.content.notice(self.sheet, row, f"Без столбца {header} мероприятие не добавляется.")
            else:
                family.new_aids.append((row, body, people))
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
        for row, body, people in family.new_aids:
            said = self._key_of_row(row, body, people)[1:]
            for state in waiting:
                if self._key(vars(state), state.performer, state.recipients)[1:] == said:
                    text = (
                        f"Мероприятие {row.given_on:%d.%m.%Y} – то же, что {state.given_on:%d.%m.%Y} в банке, а того в "
                        "книге нет: если исправлена дата, исправьте её в банке, иначе помощь посчитают дважды."
                    )
                    self.plan.duplicates.append(Line(AIDS.title, family.number, text))
                    break

    def _unmatched(self, family: FamilyPlan, told: list[Told], waiting: list[AidState]) -> list[Told]:
        """The rows that no aid of the bank says word for word; those that do are taken from `waiting`."""
        by_key: dict[Any, list[AidState]] = {}
        for state in waiting:
            by_key.setdefault(self._key(vars(state), state.performer, state.recipients), []).append(state)
        rest = []
        for row, body, people in told:
            key = self._key_of_row(row, body, people)
            if alike := by_key.get(key):
                waiting.remove(known := alike.pop())
                if not self.sheet.tells("recipients"):
                    self._check_known(family, known)
                self.comparison.count(AIDS, "same")
            else:
                rest.append((row, body, people))
        return rest

    def _key_of_row(self, row: AidRow, body: BodyRef | None, people: list[MemberPlan]) -> tuple[Any, ...]:
        values = {**vars(row), "performer_kind": body.kind if body else None}
        return self._key(values, body.name if body else None, tuple(member.id or -1 for member in people))

    def _key(self, values: Mapping[str, Any], performer: str | None, people: tuple[int, ...]) -> tuple[Any, ...]:
        """Everything an aid says in the columns that the file has, its day first."""
        told = self.sheet.letters
        return (
            *(values[name] for name in ("given_on", "measure", "aid_kind", "description", "amount") if name in told),
            (values["performer_kind"], names.key(performer)) if "performer" in told else None,
            tuple(sorted(people)) if "recipients" in told else None,
        )

    def _compare(self, row: AidRow, family: FamilyPlan, state: AidState, people: list[MemberPlan]) -> None:
        before = len(self.plan.changes)
        update = Update("aid", state.id, family, f"Мероприятие {state.given_on:%d.%m.%Y}")
        for name in ("description", "amount"):
            self.comparison.value(AIDS, row, family, state, update, name)
        fields = ("performer_kind", "performer", "performer_id")
        self.comparison.body(AIDS, row, family, state, update, fields, self.places.body)
        if self.sheet.tells("recipients") and {member.id for member in people} != set(state.recipients):
            by_id = {member.id: member.values.full for member in family.members if member.id}
            was = tuple(by_id[each] for each in state.recipients)
            becomes = tuple(member.values.full for member in people)
            self.comparison.change(AIDS, row, family, update.title, "recipients", was, becomes)
            self.plan.sets.append(
                SetUpdate("recipients", state.id, family, update.title, list(state.recipients), list(people))
            )
        self.comparison.finish(AIDS, update, before)


def _is_named(row: AidRow) -> bool:
    return any(getattr(row, name) is not None for name in CODES)
