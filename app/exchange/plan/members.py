"""Who of a family the rows of «Члены семьи» mean: the same person, a corrected one, or a new one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.domain import care, names, registration
from app.domain.likelihood import is_plainly_corrected
from app.domain.periods import quarter_of
from app.exchange import bank, cells
from app.exchange.changes import OTHER, FamilyPlan, MemberPlan, Option, Question, Update
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.known import KnownPeople, Membership, named
from app.exchange.plan.parts import Parts
from app.exchange.records import MemberRow
from app.exchange.states import MemberState
from app.exchange.workbook import DOCUMENT, EDUCATION, MEMBERS, SUPPORT
from app.services.family_keys import member_sort_key

IDENTITY = ("last_name", "first_name", "middle_name", "born_on")
ALIKE = 2  # so many of surname, first name, birth date, document and role make a correction likely


class Members:
    """The sheet «Члены семьи»."""

    def __init__(self, comparison: Comparison, known: KnownPeople) -> None:
        self.comparison, self.plan, self.content = comparison, comparison.plan, comparison.content
        self.known = known
        self.sheet = comparison.sheet(MEMBERS)
        self.parts = Parts(comparison)

    def compare(self) -> None:
        rows: dict[str, list[MemberRow]] = {}
        for _, row, family in self.comparison.of_families(MEMBERS, MemberRow):
            if not row.bad & set(IDENTITY):
                rows.setdefault(family.row.number, []).append(row)
        for number, family in self.comparison.families.items():
            self._family(family, rows.get(number, []))

    def _check(self, row: MemberRow, known: MemberState | None) -> None:
        """Ask the rules of a person and of what hangs on the person."""
        state = known.row if known else None
        born_on, joined_on, left_on = (
            self.comparison.told(self.sheet, row, state, name) for name in ("born_on", "joined_on", "left_on")
        )
        today = self.comparison.today
        self.comparison.rule(self.sheet, row, registration.check_member, born_on=born_on, joined_on=joined_on,
                             left_on=left_on, today=today)  # fmt: skip
        self.comparison.rule(self.sheet, row, care.check_document, issued_on=row.document_issued_on, born_on=born_on,
                             today=today)  # fmt: skip
        if _tells_any(row, SUPPORT):
            year, quarter = quarter_of(self.comparison.as_of)
            self.comparison.rule(self.sheet, row, care.check_support, year=year, quarter_number=quarter,
                                 born_on=born_on, today=today)  # fmt: skip

    def _check_known(self, member: MemberPlan, updates: list[Update]) -> None:
        """Ask the rules of what the bank has noted of a person who may now be born on another day.

        updates: what the workbook corrects of it.
        """
        assert member.state is not None
        rule, row = self.comparison.rule_of_known, member.values
        issued = {each.id: each.values["issued_on"] for each in updates if "issued_on" in each.values}
        about = {"born_on": self.comparison.born_on(member), "today": self.comparison.today}
        for document in member.state.documents:
            day = issued.get(document.id, document.issued_on)
            if day != row.document_issued_on:
                rule(member, "Документ", care.check_document, issued_on=day, **about)
        for education in member.state.educations:
            rule(member, "Обучение, занятость", care.check_education, started_on=education.started_on,
                 ended_on=education.ended_on, **about)  # fmt: skip
        for support in member.state.supports:
            period = support.year, support.quarter
            if period != quarter_of(self.comparison.as_of) or not _tells_any(row, SUPPORT):
                rule(member, "Сопровождение", care.check_support, year=period[0], quarter_number=period[1], **about)

    def _check_once(self, family: FamilyPlan) -> None:
        """Nobody is in a family twice at a time: with what the bank knows of an earlier membership."""
        times: dict[tuple[str, date | None], list[tuple[MemberPlan, tuple[date | None, date | None]]]] = {}
        earlier = [MemberPlan(state, id=state.id) for state in (family.state.earlier if family.state else ())]
        for member in (*family.members, *earlier):
            person, state = member.values, member.state.row if member.state else None
            joined_on, left_on = (
                self.comparison.told(self.sheet, person, state, name) if member.row else getattr(person, name)
                for name in ("joined_on", "left_on")
            )
            sort_key = member_sort_key(person.last_name, person.first_name, person.middle_name)
            alike = times.setdefault((sort_key, self.comparison.born_on(member)), [])
            alike.append((member, (joined_on, left_on)))
        for alike in times.values():
            for member, (joined_on, left_on) in alike if len(alike) > 1 else ():
                if member.row is not None:
                    others = [interval for other, interval in alike if other is not member]
                    self.comparison.rule(self.sheet, member.row, registration.check_once, at="joined_on",
                                         joined_on=joined_on, left_on=left_on, others=others)  # fmt: skip

    def _family(self, family: FamilyPlan, rows: list[MemberRow]) -> None:
        waiting = [MemberPlan(state, id=state.id) for state in (family.state.members if family.state else ())]
        family.members.extend(waiting)
        alike: dict[tuple[str, date | None], list[MemberPlan]] = {}
        for member in waiting:
            alike.setdefault(self._key(member.values), []).append(member)
        seen: dict[tuple[str, date | None], MemberRow] = {}
        rest: list[MemberRow] = []
        for row in rows:
            if (other := seen.setdefault(row.key, row)) is not row:
                text = f"Такой же член семьи уже есть в строке {other.line}: оставьте одну строку."
                self.content.fault(self.sheet, row, "last_name", text)
            elif (same := self._same(row, alike)) is not None:
                same.row = row
                waiting.remove(same)
            else:
                rest.append(row)
        fresh = [row for row in rest if not self._corrected(row, rest, waiting, family)]
        for row in fresh:
            self._add(row, family)
        for member in family.members:
            if member.state is not None and member.row is not None:
                self._compare(member.row, family, member)
            elif member.state is not None:
                self.comparison.missing(MEMBERS, family, member.state.row.full)
        self._check_once(family)

    def _same(self, row: MemberRow, waiting: dict[tuple[str, date | None], list[MemberPlan]]) -> MemberPlan | None:
        """The person of the same ФИО and birth date, as far as the sheet has columns for them; never one of two.

        waiting: those of the bank who have no row yet, by these signs; who is found waits no more.
        """
        found = waiting.get(self._key(row), [])
        return found.pop(0) if len(found) == 1 or (found and self._is_whole) else None

    @property
    def _is_whole(self) -> bool:
        return all(self.sheet.tells(name) for name in IDENTITY)

    def _key(self, person: MemberRow) -> tuple[str, date | None]:
        middle = person.middle_name if self.sheet.tells("middle_name") else None
        born_on = person.born_on if self.sheet.tells("born_on") else None
        return names.key_of_parts(person.last_name, person.first_name, middle), born_on

    # Corrections

    def _corrected(self, row: MemberRow, rows: list[MemberRow], waiting: list[MemberPlan], family: FamilyPlan) -> bool:
        """Ask whether a new person is a missing one whose data were corrected; it is offered where it is plain."""
        alike = [each for each in waiting if each.row is None and each.state and self._is_alike(row, each.state)]
        if not alike:
            return False
        sure = [each for each in alike if is_plainly_corrected(named(row), named(each.values))]
        rivals = [
            other
            for other in rows
            if other is not row and sure and is_plainly_corrected(named(other), named(sure[0].values))
        ]
        offered = f"same-{sure[0].id}" if len(sure) == 1 and not rivals else None
        key = f"person-{row.line}"
        options = [Option(f"same-{each.id}", f"Исправление: это {_called(each.values)}") for each in alike]
        options.append(Option(OTHER, "Это другой человек"))
        chosen = self.comparison.answer(key, {option.value for option in options}, offered)
        member = next((each for each in alike if chosen == f"same-{each.id}"), None)
        shown = member or alike[0]
        text = f"{_called(row)}: в семье № {family.number} такого нет, зато в книге нет {_called(shown.values)}."
        self.comparison.ask(Question(key, MEMBERS.title, row.line, family.number, text, tuple(options), chosen,
                                     self._shown(row, shown.values), family.named))  # fmt: skip
        if chosen is None:  # nothing is applied before the answer; till then the rows about the person have an owner
            family.members.append(MemberPlan(None, row))
            self.comparison.count(MEMBERS, "waiting")
            return True
        if member is not None:
            self._keep_what_is_blank(row, member.values)
            member.row = row
        return member is not None

    def _is_alike(self, row: MemberRow, known: MemberState) -> bool:
        """Whether two signs are one; the patronymic is a sign beside the same first name: brothers share it."""
        same_first = names.key(row.first_name) == names.key(known.row.first_name)
        middle = names.key(row.middle_name)
        shared = (
            names.key(row.last_name) == names.key(known.row.last_name),
            same_first,
            same_first and bool(middle) and middle == names.key(known.row.middle_name),
            row.born_on is not None and row.born_on == known.row.born_on,
            _share_document(row, known),
            row.role is not None and row.role == known.row.role,
        )
        return sum(shared) >= ALIKE

    def _shown(self, row: MemberRow, known: MemberRow) -> tuple[tuple[str, str, str], ...]:
        """BookColumn, was, becomes of the identity of a person."""
        found = []
        for name in IDENTITY:
            was, becomes = getattr(known, name), getattr(row, name)
            if was != becomes and self.sheet.tells(name):
                told = cells.shown(becomes) if becomes is not None else f"пусто (останется {cells.shown(was)})"
                found.append((MEMBERS.column(name).header, cells.shown(was), told))
        return tuple(found)

    def _keep_what_is_blank(self, row: MemberRow, known: MemberRow) -> None:
        """A blank patronymic or birth date is no news: what the bank knows stays."""
        for name in ("middle_name", "born_on"):
            if getattr(row, name) is None and getattr(known, name) is not None:
                header, kept = MEMBERS.column(name).header, cells.shown(getattr(known, name))
                self.content.notice(self.sheet, row, f"{row.full}: «{header}» пусто, в банке останется {kept}.")
                setattr(row, name, getattr(known, name))

    # Who has left

    def _keep_departure(self, row: MemberRow, family: FamilyPlan, known: MemberState) -> None:
        """A blank day of leaving reopens nothing before the person says so."""
        left_on = bank.by(known.row.left_on, self.comparison.as_of)
        if left_on is None or row.left_on is not None or not self.sheet.tells("left_on") or "left_on" in row.bad:
            return
        elsewhere = self._elsewhere(row, known)
        there = f", а в семье № {elsewhere.number}" if elsewhere else ""
        text = f"{_called(row)}: в банке с {left_on:%d.%m.%Y} уже не в семье № {family.number}{there}"
        if elsewhere:
            hint = "прежнее членство останется закрытым. Если человек вернулся, переведите его на странице семьи."
            named = (*family.named, (elsewhere.number, elsewhere.family_id))
            self.content.notice(self.sheet, row, f"{text}. «В семье по» в книге пусто: {hint}", named)
        elif self.comparison.reopens(MEMBERS, row, family, "left_on", text, left_on):
            return
        row.left_on = left_on

    def _keep_return(self, row: MemberRow, family: FamilyPlan, known: MemberState) -> None:
        """Of who left and came back a blank first day does not make one membership of two."""
        assert family.state is not None
        came_back = any(each.key == known.key for each in family.state.earlier)
        if not came_back or row.joined_on is not None or not self.sheet.tells("joined_on") or "joined_on" in row.bad:
            return
        if known.row.joined_on is not None:
            text = (
                f"{row.full}: «В семье с» пусто, в банке останется {known.row.joined_on:%d.%m.%Y}, когда он вернулся."
            )
            self.content.notice(self.sheet, row, text)
            row.joined_on = known.row.joined_on

    def _elsewhere(self, row: MemberRow, known: MemberState) -> Membership | None:
        """Where else the person is a member now: of the bank, as far as it is seen."""
        there = (each for each in self.known.same(row) if each.id != known.id and each.holds(self.comparison.as_of))
        return next(there, None)

    # Values

    def _add(self, row: MemberRow, family: FamilyPlan) -> None:
        self._check(row, None)
        member = MemberPlan(None, row)
        family.members.append(member)
        family.new_members.append(member)
        self.comparison.new(MEMBERS, family, f"{row.full}, {cells.shown(row.born_on)}")
        member.adds_document = _tells_any(row, DOCUMENT)
        member.adds_education = _tells_any(row, EDUCATION)
        member.adds_support = _tells_any(row, SUPPORT)

    def _compare(self, row: MemberRow, family: FamilyPlan, member: MemberPlan) -> None:
        assert member.state is not None
        self._keep_departure(row, family, member.state)
        self._keep_return(row, family, member.state)
        self._check(row, member.state)
        before = len(self.plan.changes)
        state = member.state.row
        update = Update("member", member.state.id, family, f"Член семьи: {member.state.row.full}")
        for name in (*IDENTITY, "sex", "workplace", "joined_on"):
            self.comparison.value(MEMBERS, row, family, state, update, name)
        if bank.by(member.state.row.left_on, self.comparison.as_of) != row.left_on:
            self.comparison.value(MEMBERS, row, family, state, update, "left_on")
        self.comparison.value(MEMBERS, row, family, state, update, "role", "role_id", "role")
        known = len(self.plan.updates)
        self.parts.compare(self.sheet, row, family, member)
        self._check_known(member, self.plan.updates[known:])
        self.comparison.finish(MEMBERS, update, before)


def _tells_any(row: MemberRow, fields: Iterable[str]) -> bool:
    return any(getattr(row, name) is not None for name in fields)


def _share_document(row: MemberRow, known: MemberState) -> bool:
    """Whether a document of the person is the one of the row, by its number and, where both tell it, the series."""
    number = names.key(row.document_number)
    return bool(number) and any(
        number == names.key(each.number)
        and (row.document_series is None or names.key(row.document_series) == names.key(each.series))
        for each in known.documents
    )


def _called(person: MemberRow) -> str:
    return f"{person.full} ({cells.shown(person.born_on)})" if person.born_on else person.full
