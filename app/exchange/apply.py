"""Does what a plan says: all or nothing, in the caller's transaction, as one batch of the journal.

New rows go in by bulk statements with keys taken beforehand, so that ten thousand families take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, select, text, update

from app import access, guard, journal, tree
from app.clock import now
from app.domain import intervals, names
from app.domain.periods import quarter_of
from app.domain.refusal import Refusal
from app.domain.terms import Act, DecisionKind, ParentalRole, TerritoryKind
from app.exchange import bank
from app.exchange.changes import BodyRef, FamilyPlan, MemberPlan, PlaceRef, Plan, Update
from app.exchange.records import AidRow, StayRow
from app.exchange.workbook import SHEETS
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Decision,
    Education,
    Family,
    IdentityDocument,
    ImportBatch,
    Member,
    Model,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RelationshipKind,
    SearchWord,
    Supervision,
    Territory,
    aid_recipients,
    family_categories,
)
from app.services import family_keys, installation, soundness

PORTION = 5000
LOCK = 7_205_759  # one import at a time on Postgres; SQLite has one writer anyway

# Tables whose rows an import creates, parents first, by the name of the entity in the journal.
CREATED: dict[str, type[Model]] = {
    "territory": Territory,
    "agency": Agency,
    "family": Family,
    "member": Member,
    "identity_document": IdentityDocument,
    "education": Education,
    "pupil_support": PupilSupport,
    "supervision": Supervision,
    "decision": Decision,
    "registration": Registration,
    "aid": Aid,
}


def hold() -> None:
    """Let no other import run until this transaction ends; call it before the plan that is to be applied is made."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})


def apply(plan: Plan, today: date) -> ImportBatch:
    """Write a plan without faults. The caller commits, or rolls everything back.

    Raises Refusal if a family that was written breaks a rule of the bank.
    """
    if plan.faults:
        raise Refusal("В книге есть ошибки: исправьте их и загрузите её снова.", "file")
    if plan.unanswered:
        raise Refusal(
            f"Вопросов без ответа: {len(plan.unanswered)}. Ответьте на них: без ответа ничего не загружается.", "file"
        )
    if not plan.does_something:
        raise Refusal("Всё, что есть в книге, уже записано в банке: загружать нечего.", "file")
    return _Writer(plan, today).write()


class _Writer:
    """One application of one plan."""

    def __init__(self, plan: Plan, today: date) -> None:
        assert plan.as_of is not None
        self.plan, self.as_of = plan, plan.as_of
        self.session = db.session()
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in CREATED}
        self.links: dict[Table, list[dict[str, Any]]] = {
            family_categories: [],
            RegistrationCriterion.__table__: [],
            aid_recipients: [],
            SearchWord.__table__: [],
        }
        self.entries: list[dict[str, Any]] = []
        self.titles: dict[tuple[str, int], str] = {}  # what the journal calls a new row
        self.lists: dict[tuple[str, int], dict[str, list[int]]] = {}  # the lists of a new row
        self.words = journal.changes.Words(self.session)
        self.was_links: dict[str, dict[str, list[Any]]] = {}
        self.at = now()
        self.today = today
        kind = RelationshipKind.__table__
        roles = self.session.execute(select(kind.c.code, kind.c.parental_role))
        self.roles: dict[str | None, ParentalRole] = {row.code: row.parental_role for row in roles}

    def write(self) -> ImportBatch:
        self._district()
        batch = self._batch()
        with journal.batch(batch.id):
            self._places()
            self._take_keys()
            for family in self.plan.families:
                if family.touched:
                    self._family(family)
            self._insert()
            self._update()
            self._set_links()
            self._refresh_known()
            soundness.require((family.id for family in self.plan.families if family.touched and family.id), self.today)
            self._journal(batch)
        batch.counts = self._figures()
        self.session.flush()
        return batch

    # Before: places, bodies, the batch, keys

    def _district(self) -> None:
        district = self.plan.district
        if district.id is None:
            root = installation.add_root_territory()
            district.id = self._territory(district.name, TerritoryKind.DISTRICT, root.id)

    def _places(self) -> None:
        """Create the territories and agencies that the bank does not know; the bodies where the person keeps."""
        district = self.plan.district
        assert district.id is not None
        mine = guard.Keeper(self.session, access.scope()).covers
        home = next(filter(mine, (place.id for place in tree.read().below([district.id]))), district.id)
        for place in self.plan.new_places:
            if place.id is None:
                place.id = self._territory(place.name, TerritoryKind.SETTLEMENT, district.id)
        for body in self.plan.new_bodies:
            agency = Agency(
                name=body.name,
                name_key=names.key(body.name),
                kind_id=self._code("agency_kind", body.kind),
                territory_id=home,
            )
            self.session.add(agency)
            self.session.flush()
            body.id = agency.id

    def _territory(self, name: str, kind: TerritoryKind, parent_id: int | None) -> int:
        territory = Territory(name=name, name_key=names.key(name), kind=kind, parent_id=parent_id)
        self.session.add(territory)
        self.session.flush()
        return territory.id

    def _batch(self) -> ImportBatch:
        batch = ImportBatch(
            user_id=access.scope().user_id,
            district_id=self.plan.district.id,
            as_of=self.as_of,
            file_name=self.plan.book.name[:200],
            sha256=self.plan.book.digest,
            counts={},
        )
        self.session.add(batch)
        self.session.flush()
        return batch

    def _code(self, dictionary: str, code: str | None) -> int | None:
        return None if code is None else self.plan.codes[dictionary].ids[code]

    def _take_keys(self) -> None:
        """Keys for every row to come, taken once for each table."""
        wanted = dict.fromkeys(CREATED, 0)
        for family in self.plan.families:
            if not family.touched:
                continue
            wanted["family"] += family.is_new
            wanted["member"] += len(family.new_members)
            wanted["registration"] += len(family.new_stays)
            wanted["decision"] += sum(2 if row.removed_on else 1 for row, _ in family.new_stays)
            wanted["aid"] += len(family.new_aids)
            for member in family.members:
                wanted["identity_document"] += member.document is not None
                wanted["education"] += member.education is not None
                wanted["pupil_support"] += member.support is not None
                wanted["supervision"] += len(member.supervisions)
        wanted["decision"] += sum(change.decision is not None for change in self.plan.updates)
        self.keys = {name: iter(self._keys(CREATED[name].__table__, count)) for name, count in wanted.items()}

    def _keys(self, table: Any, count: int) -> Iterable[int]:
        if not count:
            return ()
        if self.session.connection().dialect.name == "postgresql":
            statement = text("select nextval(pg_get_serial_sequence(:name, 'id')) from generate_series(1, :count)")
            return list(self.session.scalars(statement, {"name": table.name, "count": count}))
        first = (self.session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)

    # New rows

    def _row(self, table: str, /, **values: Any) -> int:
        row_id = next(self.keys[table])
        values["id"] = row_id
        self.rows[table].append(values)
        return row_id

    def _of_family(self, table: str, family_id: int, title: str, /, **values: Any) -> int:
        key = self._row(table, family_id=family_id, created_at=self.at, version=1, **values)
        self.titles[table, key] = title
        return key

    def _family(self, family: FamilyPlan) -> None:
        if family.is_new:
            family.id = self._new_family(family)
        assert family.id is not None
        for member in family.new_members:
            member.id = self._member(family.id, member)
        for member in family.members:
            self._member_parts(family, member)
        for row, body in family.new_stays:
            self._stay(family, row, body)
        for aid, body, people in family.new_aids:
            self._aid(family, aid, body, people)

    def _new_family(self, family: FamilyPlan) -> int:
        row = family.row
        people = [
            family_keys.NamedMember(
                member.values.last_name,
                member.values.first_name,
                member.values.middle_name,
                self.roles.get(member.values.role),
                intervals.holds(member.values.joined_on, member.values.left_on, self.today),
            )
            for member in family.members
        ]
        addresses = (row.registered_address, row.actual_address)
        keys = family_keys.keys_of(family.number, people, addresses)
        family_id = self._row(
            "family",
            number=family.number,
            district_id=self.plan.district.id,
            territory_id=family.place.id,
            name=keys.name,
            stated_size=row.stated_size,
            income_per_member=row.income_per_member,
            income_source=row.income_source,
            registered_address=row.registered_address,
            actual_address=row.actual_address,
            additional=row.additional,
            sort_key=keys.sort_key,
            search_key=keys.search_key,
            created_at=self.at,
            version=1,
        )
        ids = sorted({self.plan.codes["category"].ids[code] for code in row.categories})
        self.links[family_categories].extend({"family_id": family_id, "category_id": each} for each in ids)
        self.lists["family", family_id] = {"categories": ids}
        words = self.links[SearchWord.__table__]
        words.extend({"word": word, "family_id": family_id} for word in keys.words)
        stays, aids = len(family.new_stays), len(family.new_aids)
        self.titles["family", family_id] = (
            f"Семья № {family.number} {keys.name}: членов {len(people)}, постановок {stays}, мероприятий {aids}"
        )
        return family_id

    def _member(self, family_id: int, member: MemberPlan) -> int:
        row = member.row
        assert row is not None
        return self._of_family(
            "member",
            family_id,
            f"Член семьи: {member.values.full}",
            role_id=self._code("role", row.role),
            last_name=row.last_name,
            first_name=row.first_name,
            middle_name=row.middle_name,
            sort_key=family_keys.member_sort_key(row.last_name, row.first_name, row.middle_name),
            sex=row.sex,
            born_on=row.born_on,
            workplace=row.workplace,
            joined_on=row.joined_on,
            left_on=row.left_on,
        )

    def _member_parts(self, family: FamilyPlan, member: MemberPlan) -> None:
        assert family.id is not None
        assert member.id is not None
        who = member.values.full
        self.words.know(Member, member.id, who)
        of_member: dict[str, Any] = {"member_id": member.id}
        if member.document is not None:
            values = {
                "kind_id": self._code("document", member.document["document_kind"]),
                "series": member.document["document_series"],
                "number": member.document["document_number"],
                "issued_on": member.document["document_issued_on"],
            }
            self._of_family("identity_document", family.id, f"Документ: {who}", **of_member, **values)
        if member.education is not None:
            values = {
                "started_on": bank.education_since(self.as_of, member.values.born_on),
                "status_id": self._code("education", member.education["education_status"]),
                "organisation": member.education["education_organisation"],
                "grade": member.education["education_grade"],
            }
            self._of_family("education", family.id, f"Обучение: {who}", **of_member, **values)
        if member.support is not None:
            year, quarter = quarter_of(self.as_of)
            values = {"year": year, "quarter": quarter, **member.support}
            self._of_family("pupil_support", family.id, f"Сопровождение: {who}", **of_member, **values)
        for row in member.supervisions:
            values = {
                "kind_id": self._code("supervision", row.kind),
                "started_on": row.started_on,
                "ended_on": row.ended_on,
            }
            self._of_family("supervision", family.id, f"Учёт: {who}", **of_member, **values)

    def _stay(self, family: FamilyPlan, row: StayRow, body: BodyRef | None) -> None:
        assert family.id is not None
        placed = self._decision(family, DecisionKind.PLACE, row.decision_number, row.decided_on)
        removed = None
        if row.removed_on is not None:
            removed = self._decision(family, DecisionKind.REMOVE, row.removal_number, row.removal_decided_on)
        # When the papers came is not known from the form: no 3-day clock starts for history (Положение, 3.2).
        values = {
            "sender_id": body.id if body else None,
            "detected_on": row.detected_on,
            "card_sent_on": row.card_sent_on,
            "decision_id": placed,
            "registered_on": row.registered_on,
            "removal_decision_id": removed,
            "removed_on": row.removed_on,
            "removal_reason_id": self._code("reason", row.reason),
            "note": row.note,
        }
        title = f"Постановка {row.registered_on:%d.%m.%Y}"
        self._criteria(family.id, self._of_family("registration", family.id, title, **values), row.criteria)

    def _criteria(self, family_id: int, registration_id: int, criteria: Iterable[str]) -> None:
        ids = [self.plan.codes["criterion"].ids[code] for code in criteria]
        self.links[RegistrationCriterion.__table__].extend(
            {"registration_id": registration_id, "position": position, "criterion_id": each, "family_id": family_id}
            for position, each in enumerate(ids)
        )
        self.lists["registration", registration_id] = {"criteria": ids}

    def _decision(self, family: FamilyPlan, kind: DecisionKind, number: str | None, decided_on: Any) -> int:
        assert family.id is not None
        values = {"kind": kind, "number": number, "decided_on": decided_on}
        called = f"№ {number or 'б/н'} от {decided_on:%d.%m.%Y}"
        key = self._of_family("decision", family.id, f"Постановление {called}", **values)
        self.words.know(Decision, key, called)
        return key

    def _aid(self, family: FamilyPlan, row: AidRow, body: BodyRef | None, people: list[MemberPlan]) -> None:
        assert family.id is not None
        values = {
            "given_on": row.given_on,
            "kind_id": self._code("aid_kind", row.aid_kind),
            "measure_id": self._code("measure", row.measure),
            "description": row.description,
            "performer_id": body.id if body else None,
            "amount": row.amount,
        }
        key = self._of_family("aid", family.id, f"Мероприятие {row.given_on:%d.%m.%Y}", **values)
        ids = sorted({member.id for member in people if member.id is not None})
        self.links[aid_recipients].extend({"aid_id": key, "member_id": each} for each in ids)
        self.lists["aid", key] = {"recipients": ids}

    def _insert(self) -> None:
        for name, rows in self.rows.items():
            guard.check_bulk(CREATED[name], rows, fresh=True)
            self._insert_rows(CREATED[name].__table__, rows)
            self._note_new(name, rows)
        for table, rows in self.links.items():
            self._insert_rows(table, rows)
            rows.clear()

    def _insert_rows(self, table: Any, rows: list[dict[str, Any]]) -> None:
        connection = self.session.connection()
        for start in range(0, len(rows), PORTION):
            connection.execute(insert(table), rows[start : start + PORTION])

    def _note_new(self, table: str, rows: list[dict[str, Any]]) -> None:
        """An entry for each new row, with every value of it."""
        entity = CREATED[table]
        journal.changes.ask_for(entity, rows, self.words)
        for row in rows:
            key = row["id"]
            said = journal.changes.of_inserted(entity, row, self.words, self.lists.get((table, key)))
            family_id = key if entity is Family else row["family_id"]
            self._entry(Act.CREATED, entity, key, family_id, self.titles[table, key], said)

    def _entry(self, act: Act, entity: type[Model], key: int, family_id: int | None, summary: str,
               said: dict[str, Any]) -> None:  # fmt: skip
        self.entries.append(
            journal.entry(act, entity=entity.__name__, entity_id=key, family_id=family_id, summary=summary, said=said)
        )

    # Rows that change

    def _update(self) -> None:
        """Change rows of the bank; whoever saves a form opened before is told by the version."""
        late: list[dict[str, Any]] = []
        for change in self.plan.updates:
            if change.decision is not None:
                number, decided_on = change.decision["number"], change.decision["decided_on"]
                start = len(self.rows["decision"])
                change.was["removal_decision_id"] = None
                change.values["removal_decision_id"] = self._decision(
                    change.family, DecisionKind.REMOVE, number, decided_on
                )
                late.extend(self.rows["decision"][start:])
        guard.check_bulk(Decision, late, fresh=True)
        self._insert_rows(Decision.__table__, late)
        self._note_new("decision", late)
        for change in self.plan.updates:
            values = {name: _resolved(value) for name, value in change.values.items()}
            table = CREATED[change.table].__table__
            guard.check_bulk(CREATED[change.table], [{"id": change.id, **values}], fresh=False)
            self.session.connection().execute(
                update(table).where(table.c.id == bindparam("key")).values(version=table.c.version + 1, **values),
                {"key": change.id},
            )
            self._changed(change, values)

    def _changed(self, change: Update, values: dict[str, Any]) -> None:
        entity = CREATED[change.table]
        said = journal.changes.of_updated(entity, change.was, values, self.words)
        self._entry(Act.CHANGED, entity, change.id, change.family.id, change.title, said)

    def _set_links(self) -> None:
        for change in self.plan.sets:
            assert change.family.id is not None
            entity = OWNERS[change.name]
            was = linked(self.session, change.name, change.id)
            guard.check_bulk(entity, [{"id": change.id}], fresh=False)
            becomes = [each.id if isinstance(each, MemberPlan) else each for each in change.becomes]
            set_links(self.session, change.name, change.id, change.family.id, self._link_ids(change.name, becomes))
            now_is = linked(self.session, change.name, change.id)
            self.was_links.setdefault(change.name, {})[str(change.id)] = [was, now_is]
            said = journal.changes.of_list(entity, change.name, was, now_is, self.words)
            self._entry(Act.CHANGED, entity, change.id, change.family.id, change.title, said)

    def _link_ids(self, name: str, values: Iterable[Any]) -> list[int]:
        dictionary = {"categories": "category", "criteria": "criterion"}.get(name)
        return [self.plan.codes[dictionary].ids[value] if dictionary else value for value in values]

    def _refresh_known(self) -> None:
        """Bring the names and search keys of families that were here before in step."""
        ids = [family.id for family in self.plan.families if family.touched and not family.is_new and family.id]
        scope = access.scope()
        fresh = frozenset(place.id for place in self.plan.new_places if place.id)
        with access.acting_as(replace(scope, territories=scope.territories | fresh)):
            refresh(self.session, ids, self.today)

    # After

    def _journal(self, batch: ImportBatch) -> None:
        for start in range(0, len(self.entries), PORTION):
            journal.write(self.entries[start : start + PORTION])
        figures = {name: [0, dict(counter)] for name, counter in self.plan.counts.items()}
        summary = f"Загрузка книги «{batch.file_name}» на {self.as_of:%d.%m.%Y}: {said_counts(self.plan)}"
        records = sum(counter["new"] + counter["changed"] for counter in self.plan.counts.values())
        journal.write(
            [
                journal.entry(
                    Act.IMPORTED,
                    entity="ImportBatch",
                    entity_id=batch.id,
                    summary=summary,
                    said=figures,
                    records=records,
                )
            ]
        )

    def _figures(self) -> dict[str, Any]:
        created = {name: spans(row["id"] for row in rows) for name, rows in self.rows.items() if rows}
        created["territory"] = spans(place.id for place in self.plan.new_places if place.id)
        created["agency"] = spans(body.id for body in self.plan.new_bodies if body.id)
        return {
            "sheets": {name: dict(counter) for name, counter in self.plan.counts.items()},
            "created": {name: pairs for name, pairs in created.items() if pairs},
            "links": self.was_links,
        }


# Whose lists of links an import may change, and where they lie.
OWNERS: dict[str, type[Model]] = {"categories": Family, "criteria": Registration, "recipients": Aid}


def set_links(session: Any, name: str, owner_id: int, family_id: int, ids: Iterable[int]) -> None:
    """Replace the categories of a family, the criteria of a stay or the recipients of an aid."""
    link: Any
    if name == "criteria":
        link = RegistrationCriterion.__table__
        owner = link.c.registration_id
        rows = [
            {"registration_id": owner_id, "position": place, "criterion_id": each, "family_id": family_id}
            for place, each in enumerate(ids)
        ]
    elif name == "categories":
        link, owner = family_categories, family_categories.c.family_id
        rows = [{"family_id": owner_id, "category_id": each} for each in ids]
    else:
        link, owner = aid_recipients, aid_recipients.c.aid_id
        rows = [{"aid_id": owner_id, "member_id": each} for each in ids]
    session.connection().execute(delete(link).where(owner == owner_id))
    if rows:
        session.connection().execute(insert(link), rows)


def linked(session: Any, name: str, owner_id: int) -> list[int]:
    """The links as they are now, in order."""
    return journal.changes.linked(OWNERS[name], name).keys(session, owner_id)


def refresh(session: Any, family_ids: Iterable[int], today: date) -> None:
    """Recompute the names and search keys of families whose rows were changed by bulk statements."""
    session.expire_all()
    for chunk in bank.chunks(family_ids):
        for family in session.scalars(select(Family).where(Family.id.in_(chunk))).all():
            family_keys.refresh(family, today)


def spans(ids: Iterable[int]) -> list[list[int]]:
    """Keys as runs [first, last]."""
    runs: list[list[int]] = []
    for each in sorted(ids):
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return runs


def said_counts(plan: Plan) -> str:
    """«семей: новых 3, изменено 1; …»: only what happens."""
    parts = []
    for sheet in SHEETS:
        counter = plan.counts.get(sheet.title)
        if counter and (counter["new"] or counter["changed"]):
            parts.append(f"{sheet.noun}: новых {counter['new']}, изменено {counter['changed']}")
    return "; ".join(parts) or "без изменений"


def _resolved(value: Any) -> Any:
    return value.id if isinstance(value, (PlaceRef, BodyRef)) else value
