"""Does what a plan says: all or nothing, in the caller's transaction, as one batch of the journal.

A load is composed first, with keys taken beforehand, while nobody is held up: rows as the driver takes them, entries of
the journal as text. Then it is written, by bulk statements, while others wait: ten thousand families take seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import access, guard, journal, tree
from app.clock import now
from app.domain import names
from app.domain.refusal import Refusal
from app.domain.terms import Act, DecisionKind, ParentalRole, TerritoryKind
from app.exchange import closed_rows, garbage
from app.exchange.apply import decisions, fresh, links
from app.exchange.apply.criteria import Corrections
from app.exchange.apply.store import CREATED, Store
from app.exchange.changes import REFERENCES, PlaceRef, Plan, SetUpdate, Update
from app.exchange.handmade import knowledge
from app.exchange.workbook import SHEETS
from app.extensions import begin_writing, db, portions
from app.models import Agency, Family, ImportBatch, RelationshipKind, Territory
from app.services import closed, family_keys, installation, soundness
from app.words import short

LOCK = 7_205_759  # one import at a time on Postgres
ATTEMPTS = 3  # at a plan that holds nobody up; the next one does


def hold() -> None:
    """Let no other import write until this transaction ends, and on SQLite nobody."""
    begin_writing()
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})


class PreparedLoad:
    """A load that is compared and composed while nobody is held up, and anew if what it was made of has changed since.

    That is its district with its families, and whatever belongs to no family: work in other districts disturbs it not.
    """

    def __init__(self, make: Callable[[], Plan], today: date) -> None:
        self._make, self._today = make, today
        for _attempt in range(ATTEMPTS):
            db.session.rollback()  # what was read before may be a picture of yesterday
            self._mark = journal.mark()
            with garbage.not_searched():
                self.plan = make()
                self._application = None if _fault(self.plan) else _Application(self.plan, today)
            db.session.rollback()
            if self._stands():
                break
        self._held = self.plan

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
        if not self._stands() or (self._application is not None and not self._application.keys_are_free()):
            self._held, self._application = self._make(), None
        return self._held

    def write(self) -> ImportBatch:
        """Write the plan that is held. As `apply`."""
        return self._application.write() if self._application is not None else apply(self._held, self._today)


def apply(plan: Plan, today: date) -> ImportBatch:
    """Write a plan without faults. The caller commits, or rolls everything back.

    Raises Refusal if a family that was written breaks a rule of the bank.
    """
    if fault := _fault(plan):
        raise Refusal(fault, "file")
    return _Application(plan, today).write()


def _fault(plan: Plan) -> str:
    """Why a plan cannot be written."""
    if plan.faults:
        return "В книге есть ошибки: исправьте их и загрузите её снова."
    if plan.unanswered:
        return f"Вопросов без ответа: {len(plan.unanswered)}. Ответьте на них: без ответа ничего не загружается."
    if not plan.does_something:
        return "Всё, что есть в книге, уже записано в банке: загружать нечего."
    return ""


class _Application:
    """One application of one plan: composed as it is made, which only reads; then written."""

    def __init__(self, plan: Plan, today: date) -> None:
        assert plan.as_of is not None
        self.plan, self.as_of, self.today = plan, plan.as_of, today
        self.session: Session = db.session()
        self.store = Store(self.session, now())
        self.fresh = fresh.Fresh(plan, self.store, _roles(self.session), plan.as_of, today)
        self.updates: list[Update] = []
        self.lists = [each for each in plan.sets if each.name in links.OWNERS]
        self.changed_lists: dict[str, dict[str, list[list[int]]]] = {}  # list → owner → [was, is]
        self.is_new_district = plan.district.id is None
        self.new_places = [place for place in plan.new_places if place.id is None and place is not plan.district]
        ids = plan.codes["criterion"].ids
        self.corrections = Corrections(self.session, plan.sets, ids)
        self.store.take_keys(fresh.wanted(plan) + self._wanted())
        self.batch_id = self.store.key("import_batch")
        with journal.batch(self.batch_id):
            self._name_places()
            self._compose()

    def keys_are_free(self) -> bool:
        return self.store.keys_are_free()

    # Before others wait

    def _wanted(self) -> Counter[str]:
        """Keys of what is no row of a family. With a fresh district may come the root, which takes its own."""
        places = 2 * self.is_new_district + len(self.new_places)
        begun = self.corrections.begun
        return Counter(
            import_batch=1, territory=places, agency=len(self.plan.new_bodies), registration_criterion=begun
        )  # fmt: skip

    def _name_places(self) -> None:
        """Give keys to the territories and bodies that the bank does not know, and say what they are called."""
        district = self.plan.district
        if self.is_new_district:
            self.store.key("territory")  # of the root
            district.id = self.store.key("territory")
            self.store.words.know(Territory, district.id, district.name)
        for place in self.new_places:
            place.id = self.store.key("territory")
            self.store.words.know(Territory, place.id, place.name)
        for body in self.plan.new_bodies:
            body.id = self.store.key("agency")
            self.store.words.know(Agency, body.id, body.name)

    def _compose(self) -> None:
        for family in self.plan.families:
            if family.touched:
                self.fresh.add(family)
        for change in self.plan.updates:
            if change.decision is not None:
                self._add_removal(change)
            change.values = {name: _key_of(value) for name, value in change.values.items()}
        self.updates = [*self.plan.updates, *self.corrections.put(self.store)]
        self.store.get_ready()
        for change in self.updates:
            self.store.tell_change(change)
        for each in self.lists:
            self._tell_list(each)

    def _add_removal(self, change: Update) -> None:
        assert change.decision is not None
        assert change.family.id is not None
        number, decided_on = change.decision["number"], change.decision["decided_on"]
        change.was["removal_decision_id"] = None
        change.values["removal_decision_id"] = decisions.put(
            self.store, change.family.id, DecisionKind.REMOVE, number, decided_on
        )

    def _tell_list(self, change: SetUpdate) -> None:
        assert change.family.id is not None
        name, key = change.name, change.id
        was, becomes = links.linked(self.session, name, key), sorted(self._ids(change))
        self.changed_lists.setdefault(name, {})[str(key)] = [was, becomes]
        self.store.tell_changed_list(links.OWNERS[name], key, change.family.id, change.title, name, was, becomes)

    def _ids(self, change: SetUpdate) -> list[int]:
        if change.name != "categories":
            return [member.id for member in change.becomes]
        ids = self.plan.codes["category"].ids
        return [ids[each] for each in change.becomes]

    # While others wait

    def write(self) -> ImportBatch:
        """Write what was composed."""
        with journal.batch(self.batch_id), garbage.not_searched():
            closed.require(closed_rows.written(self.plan), self.session)
            self._add_places()
            knowledge.learn_names(self.plan.other_names, self.today)
            batch = self._add_batch()
            self.store.insert()
            for change in self.updates:
                self.store.change(change.table, change.id, change.family, change.values)
            self._set_lists()
            self._refresh_known()
            soundness.require((family.id for family in self.plan.families if family.touched and family.id), self.today)
            self.store.write_journal()
            self._tell_batch(batch)
        self.session.flush()
        return batch

    def _add_places(self) -> None:
        """Create the territories and agencies that the bank does not know; the bodies where the person keeps."""
        district = self.plan.district
        assert district.id is not None
        if self.is_new_district:
            self._add_territory(district, TerritoryKind.DISTRICT, installation.add_root_territory().id)
        mine = guard.Keeper(self.session, access.scope()).covers
        home = next(filter(mine, (place.id for place in tree.read().below([district.id]))), district.id)
        for place in self.new_places:
            self._add_territory(place, TerritoryKind.SETTLEMENT, district.id)
        for body in self.plan.new_bodies:
            kind_id, key = self.plan.codes["agency_kind"].ids[body.kind], names.key(body.name)
            self.session.add(Agency(id=body.id, name=body.name, name_key=key, kind_id=kind_id, territory_id=home))
            self.session.flush()

    def _add_territory(self, place: PlaceRef, kind: TerritoryKind, parent_id: int) -> None:
        key = names.key(place.name)
        self.session.add(Territory(id=place.id, name=place.name, name_key=key, kind=kind, parent_id=parent_id))
        self.session.flush()

    def _add_batch(self) -> ImportBatch:
        batch = ImportBatch(
            id=self.batch_id,
            user_id=access.scope().user_id,
            district_id=self.plan.district.id,
            as_of=self.as_of,
            file_name=short(self.plan.book.name, 200),
            sha256=self.plan.book.digest,
            counts=self._figures(),
        )
        self.session.add(batch)
        self.session.flush()
        return batch

    def _set_lists(self) -> None:
        for change in self.lists:
            assert change.family.id is not None
            guard.check_bulk(links.OWNERS[change.name], [{"id": change.id}], fresh=False)
            links.set_links(self.session, change.name, change.id, change.family.id, self._ids(change))

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
        created = {name: spans(keys) for name, keys in self.store.created().items() if name in CREATED}
        created["territory"] = spans(place.id for place in self.plan.new_places if place.id)
        created["agency"] = spans(body.id for body in self.plan.new_bodies if body.id)
        return {
            "sheets": {name: dict(counter) for name, counter in self.plan.counts.items()},
            "created": {name: runs for name, runs in created.items() if runs},
            "links": self.changed_lists,
            "places": sorted(self.plan.by_place),
            "by_place": {str(place): dict(counter) for place, counter in self.plan.by_place.items()},
            "gone": self.plan.gone,
            "kept": self.plan.kept,
            "left_out": self.plan.left_out,
        }


def _roles(session: Session) -> dict[str, ParentalRole]:
    kind = RelationshipKind.__table__
    return {row.code: row.parental_role for row in session.execute(select(kind.c.code, kind.c.parental_role))}


def _key_of(value: object) -> object:
    """A value of the plan for the database: what was created meanwhile has its key now."""
    return value.id if isinstance(value, REFERENCES) else value


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
