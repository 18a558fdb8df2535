"""New rows of a plan: families, their members with what hangs on them, stays and aid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from app.domain import care, intervals
from app.domain.periods import quarter_of
from app.domain.terms import DecisionKind, ParentalRole
from app.exchange.apply import decisions
from app.exchange.apply.criteria import put
from app.exchange.apply.links import rows_of
from app.exchange.apply.programmes import FreshProgrammes
from app.exchange.apply.programmes import wanted as of_programmes
from app.exchange.apply.store import Store
from app.exchange.changes import AidPlan, BodyRef, FamilyPlan, MemberPlan, Plan
from app.exchange.records import MemberRow, StayRow, SupervisionRow
from app.models import Member, SearchWord, aid_recipients, family_categories
from app.services import family_keys


def wanted(plan: Plan) -> Counter[str]:
    """How many rows of each table a plan adds."""
    count: Counter[str] = Counter()
    for family in plan.families:
        if not family.touched:
            continue
        count["family"] += family.is_new
        count["member"] += len(family.new_members)
        count["registration"] += len(family.new_stays)
        count["registration_criterion"] += sum(len(row.criteria) for row, _ in family.new_stays)
        count["decision"] += sum(2 if row.removed_on else 1 for row, _ in family.new_stays)
        count["aid"] += len(family.new_aids)
        count.update(of_programmes(family))
        for member in family.members:
            count["identity_document"] += member.adds_document
            count["education"] += member.adds_education
            count["pupil_support"] += member.adds_support
            count["supervision"] += len(member.supervisions)
    count["decision"] += sum(change.decision is not None for change in plan.updates)
    return count


class Fresh:
    """Puts the new rows of one plan by."""

    def __init__(self, plan: Plan, store: Store, roles: Mapping[str, ParentalRole], as_of: date, today: date) -> None:
        self.plan, self.store, self.roles = plan, store, roles
        self.as_of, self.today = as_of, today
        self.programmes = FreshProgrammes(store, plan.codes)

    def add(self, family: FamilyPlan) -> None:
        """Everything that is new about a family."""
        if family.is_new:
            family.id = self._family(family)
        assert family.id is not None
        for member in family.new_members:
            assert member.row is not None
            member.id = self._member(family.id, member.row)
        for member in family.members:
            self._parts(family.id, member)
        stays = {stay.registered_on: stay.id for stay in (family.state.stays if family.state else ())}
        for stay, sender in family.new_stays:
            assert stay.registered_on is not None
            stays[stay.registered_on] = self._stay(family.id, stay, sender)
        self.programmes.add(family, stays)
        for aid in family.new_aids:
            self._aid(family.id, aid)

    def _code(self, dictionary: str, code: str | None) -> int | None:
        return None if code is None else self.plan.codes[dictionary].ids[code]

    def _ids(self, dictionary: str, codes: tuple[str, ...]) -> list[int]:
        return [self.plan.codes[dictionary].ids[code] for code in codes]

    def _family(self, family: FamilyPlan) -> int:
        row = family.row
        people = [self._named(member.values) for member in family.members]
        keys = family_keys.keys_of(family.number, people, (row.registered_address, row.actual_address))
        family_id = self.store.key("family")
        title = (
            f"Семья № {family.number} {keys.name}: членов {len(people)}, постановок {len(family.new_stays)}, "
            f"мероприятий {len(family.new_aids)}"
        )
        self.store.add("family", family_id, family_id, title, {
            "number": family.number,
            "district_id": self.plan.district.id,
            "territory_id": family.place.id,
            "name": keys.name,
            "stated_size": row.stated_size,
            "income_per_member": row.income_per_member,
            "income_source": row.income_source,
            "registered_address": row.registered_address,
            "actual_address": row.actual_address,
            "additional": row.additional,
            "sort_key": keys.sort_key,
            "search_key": keys.search_key,
        })  # fmt: skip
        categories = sorted(set(self._ids("category", row.categories)))
        self.store.link(family_categories, rows_of("categories", family_id, family_id, categories))
        self.store.tell_list("family", family_id, "categories", categories)
        self.store.link(SearchWord.__table__, ({"word": word, "family_id": family_id} for word in keys.words))
        return family_id

    def _named(self, person: MemberRow) -> family_keys.NamedMember:
        return family_keys.NamedMember(
            person.last_name,
            person.first_name,
            person.middle_name,
            self.roles.get(person.role or ""),
            intervals.holds(person.joined_on, person.left_on, self.today),
        )

    def _member(self, family_id: int, row: MemberRow) -> int:
        return self.store.add_of_family("member", family_id, f"Член семьи: {row.full}", {
            "role_id": self._code("role", row.role),
            "last_name": row.last_name,
            "first_name": row.first_name,
            "middle_name": row.middle_name,
            "sort_key": family_keys.member_sort_key(row.last_name, row.first_name, row.middle_name),
            "sex": row.sex,
            "born_on": row.born_on,
            "workplace": row.workplace,
            "joined_on": row.joined_on,
            "left_on": row.left_on,
        })  # fmt: skip

    # What hangs on a person

    def _parts(self, family_id: int, member: MemberPlan) -> None:
        assert member.id is not None
        self.store.words.know(Member, member.id, member.values.full)
        if member.adds_document:
            self._document(family_id, member.id, member.values)
        if member.adds_education:
            self._education(family_id, member.id, member.values)
        if member.adds_support:
            self._support(family_id, member.id, member.values)
        for row in member.supervisions:
            self._supervision(family_id, member.id, member.values.full, row)

    def _document(self, family_id: int, member_id: int, row: MemberRow) -> None:
        self.store.add_of_family("identity_document", family_id, f"Документ: {row.full}", {
            "member_id": member_id,
            "kind_id": self._code("document", row.document_kind),
            "series": row.document_series,
            "number": row.document_number,
            "issued_on": row.document_issued_on,
        })  # fmt: skip

    def _education(self, family_id: int, member_id: int, row: MemberRow) -> None:
        self.store.add_of_family("education", family_id, f"Обучение: {row.full}", {
            "member_id": member_id,
            "started_on": care.education_since(self.as_of, row.born_on),
            "status_id": self._code("education", row.education_status),
            "organisation": row.education_organisation,
            "grade": row.education_grade,
        })  # fmt: skip

    def _support(self, family_id: int, member_id: int, row: MemberRow) -> None:
        year, quarter = quarter_of(self.as_of)
        self.store.add_of_family("pupil_support", family_id, f"Сопровождение: {row.full}", {
            "member_id": member_id,
            "year": year,
            "quarter": quarter,
            "free_meals": row.free_meals,
            "free_textbooks": row.free_textbooks,
            "leisure": row.leisure,
            "holidays": row.holidays,
        })  # fmt: skip

    def _supervision(self, family_id: int, member_id: int, full: str, row: SupervisionRow) -> None:
        self.store.add_of_family("supervision", family_id, f"Учёт: {full}", {
            "member_id": member_id,
            "kind_id": self._code("supervision", row.kind),
            "started_on": row.started_on,
            "ended_on": row.ended_on,
        })  # fmt: skip

    # Stays and aid

    def _stay(self, family_id: int, row: StayRow, sender: BodyRef | None) -> int:
        assert row.registered_on is not None
        placed = decisions.put(self.store, family_id, DecisionKind.PLACE, row.decision_number, row.decided_on)
        removed = None
        if row.removed_on is not None:
            removed = decisions.put(
                self.store, family_id, DecisionKind.REMOVE, row.removal_number, row.removal_decided_on
            )
        # When the papers came is not known from the form: no 3-day clock starts for history (Положение, 3.2).
        key = self.store.add_of_family("registration", family_id, f"Постановка {row.registered_on:%d.%m.%Y}", {
            "sender_id": sender.id if sender else None,
            "detected_on": row.detected_on,
            "card_sent_on": row.card_sent_on,
            "decision_id": placed,
            "registered_on": row.registered_on,
            "removal_decision_id": removed,
            "removed_on": row.removed_on,
            "removal_reason_id": self._code("reason", row.reason),
            "note": row.note,
        })  # fmt: skip
        for position, criterion_id in enumerate(self._ids("criterion", row.criteria)):
            put(self.store, family_id, key, position, criterion_id, row.registered_on, placed)
        return key

    def _aid(self, family_id: int, aid: AidPlan) -> None:
        row, performer = aid.row, aid.performer
        key = self.store.add_of_family("aid", family_id, f"Мероприятие {row.given_on:%d.%m.%Y}", {
            "given_on": row.given_on,
            "until": row.until,
            "rhythm": row.rhythm,
            "before_record": row.before_record,
            "kind_id": self._code("aid_kind", row.aid_kind),
            "measure_id": self._code("measure", row.measure),
            "description": row.description,
            "performer_id": performer.id if performer else None,
            "amount": row.amount,
            "planned_id": aid.planned.id if aid.planned else None,
        })  # fmt: skip
        recipients = sorted({member.id for member in aid.people if member.id is not None})
        self.store.link(aid_recipients, rows_of("recipients", key, family_id, recipients))
        self.store.tell_list("aid", key, "recipients", recipients)
