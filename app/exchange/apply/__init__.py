"""Does what a plan says: all or nothing, in the caller's transaction, as one batch of the journal.

New rows go in by bulk statements with keys taken beforehand, so that ten thousand families take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import access, guard, journal, tree
from app.clock import now
from app.domain import names
from app.domain.refusal import Refusal
from app.domain.terms import Act, DecisionKind, ParentalRole, TerritoryKind
from app.exchange.apply import fresh, links
from app.exchange.apply.store import Store
from app.exchange.changes import BodyRef, PlaceRef, Plan, SetUpdate, Update
from app.exchange.workbook import SHEETS
from app.extensions import begin_writing, db, portions
from app.models import Agency, Family, ImportBatch, RelationshipKind, Territory
from app.services import family_keys, installation, soundness
from app.words import short

LOCK = 7_205_759  # one import at a time on Postgres
ATTEMPTS = 3  # at a plan that holds nobody up; the next one does


def hold() -> None:
    """Let no other import write until this transaction ends, and on SQLite nobody."""
    begin_writing()
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})


class Prepared:
    """A plan that is made while nobody is held up, and made again if what it was made of has changed since.

    That is its district with its families, and whatever belongs to no family: work in other districts disturbs it not.
    """

    def __init__(self, make: Callable[[], Plan]) -> None:
        self._make = make
        for _attempt in range(ATTEMPTS):
            db.session.rollback()  # what was read before may be a picture of yesterday
            self._mark = journal.mark()
            self.plan = make()
            db.session.rollback()
            if self._stands():
                break

    def _stands(self) -> bool:
        changed = journal.families_since(self._mark)
        known = {family.id for family in self.plan.families}
        return None not in changed and not changed & known and not self._of_district(changed)

    def _of_district(self, families: Collection[int | None]) -> bool:
        own = Family.district_id == self.plan.district.id
        asked = (select(Family.id).where(Family.id.in_(ids), own).limit(1) for ids in portions(families))
        return any(db.session.scalar(each) is not None for each in asked)

    def held(self) -> Plan:
        """The plan of the bank as it stands, which stays so until this transaction ends."""
        hold()
        return self.plan if self._stands() else self._make()


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
    return _Application(plan, today).run()


class _Application:
    """One application of one plan."""

    def __init__(self, plan: Plan, today: date) -> None:
        assert plan.as_of is not None
        self.plan, self.as_of, self.today = plan, plan.as_of, today
        self.session: Session = db.session()
        self.store = Store(self.session, now())
        self.fresh = fresh.Fresh(plan, self.store, _roles(self.session), plan.as_of, today)
        self.changed_lists: dict[str, dict[str, list[list[int]]]] = {}  # list → owner → [was, is]

    def run(self) -> ImportBatch:
        self._district()
        batch = self._batch()
        with journal.batch(batch.id):
            self._places()
            self.store.take_keys(fresh.wanted(self.plan))
            for family in self.plan.families:
                if family.touched:
                    self.fresh.add(family)
            self.store.insert()
            self._change()
            self._set_lists()
            self._refresh_known()
            soundness.require((family.id for family in self.plan.families if family.touched and family.id), self.today)
            self.store.write_journal()
            self._tell_batch(batch)
        batch.counts = self._figures()
        self.session.flush()
        return batch

    # Before the rows: places, bodies, the batch

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
            kind_id = self.plan.codes["agency_kind"].ids[body.kind]
            agency = Agency(name=body.name, name_key=names.key(body.name), kind_id=kind_id, territory_id=home)
            self.session.add(agency)
            self.session.flush()
            body.id = agency.id

    def _territory(self, name: str, kind: TerritoryKind, parent_id: int) -> int:
        territory = Territory(name=name, name_key=names.key(name), kind=kind, parent_id=parent_id)
        self.session.add(territory)
        self.session.flush()
        return territory.id

    def _batch(self) -> ImportBatch:
        batch = ImportBatch(
            user_id=access.scope().user_id,
            district_id=self.plan.district.id,
            as_of=self.as_of,
            file_name=short(self.plan.book.name, 200),
            sha256=self.plan.book.digest,
            counts={},
        )
        self.session.add(batch)
        self.session.flush()
        return batch

    # Rows that change

    def _change(self) -> None:
        """Change rows of the bank; the decisions of fresh removals go in first."""
        for change in self.plan.updates:
            if change.decision is not None:
                self._add_removal(change)
        self.store.insert()
        for change in self.plan.updates:
            values = {name: _key_of(value) for name, value in change.values.items()}
            self.store.change(change.table, change.id, change.family, change.title, change.was, values)

    def _add_removal(self, change: Update) -> None:
        assert change.decision is not None
        assert change.family.id is not None
        number, decided_on = change.decision["number"], change.decision["decided_on"]
        change.was["removal_decision_id"] = None
        change.values["removal_decision_id"] = self.fresh.decision(
            change.family.id, DecisionKind.REMOVE, number, decided_on
        )

    def _set_lists(self) -> None:
        for change in self.plan.sets:
            assert change.family.id is not None
            name, key, family_id = change.name, change.id, change.family.id
            was = links.linked(self.session, name, key)
            guard.check_bulk(links.OWNERS[name], [{"id": key}], fresh=False)
            links.set_links(self.session, name, key, family_id, self._ids(change))
            becomes = links.linked(self.session, name, key)
            self.changed_lists.setdefault(name, {})[str(key)] = [was, becomes]
            self.store.tell_changed_list(links.OWNERS[name], key, family_id, change.title, name, was, becomes)

    def _ids(self, change: SetUpdate) -> list[int]:
        if change.name == "recipients":
            return [member.id for member in change.becomes]
        ids = self.plan.codes[{"categories": "category", "criteria": "criterion"}[change.name]].ids
        return [ids[each] for each in change.becomes]

    def _refresh_known(self) -> None:
        """Bring the names and search keys of families that were here before in step."""
        ids = [family.id for family in self.plan.families if family.touched and not family.is_new and family.id]
        self.session.expire_all()
        family_keys.refresh_all(ids, self.today)

    # What is told of the whole

    def _tell_batch(self, batch: ImportBatch) -> None:
        counts = self.plan.counts
        journal.write(
            [
                journal.entry(
                    Act.IMPORTED,
                    entity="ImportBatch",
                    entity_id=batch.id,
                    summary=f"Загрузка книги «{batch.file_name}» на {self.as_of:%d.%m.%Y}: {said_counts(self.plan)}",
                    said={name: [0, dict(counter)] for name, counter in counts.items()},
                    records=sum(counter["new"] + counter["changed"] for counter in counts.values()),
                )
            ]
        )

    def _figures(self) -> dict[str, object]:
        created = {name: spans(keys) for name, keys in self.store.created().items()}
        created["territory"] = spans(place.id for place in self.plan.new_places if place.id)
        created["agency"] = spans(body.id for body in self.plan.new_bodies if body.id)
        return {
            "sheets": {name: dict(counter) for name, counter in self.plan.counts.items()},
            "created": {name: runs for name, runs in created.items() if runs},
            "links": self.changed_lists,
        }


def _roles(session: Session) -> dict[str, ParentalRole]:
    kind = RelationshipKind.__table__
    return {row.code: row.parental_role for row in session.execute(select(kind.c.code, kind.c.parental_role))}


def _key_of(value: object) -> object:
    """A value of the plan for the database: what was created meanwhile has its key now."""
    return value.id if isinstance(value, (PlaceRef, BodyRef)) else value


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
