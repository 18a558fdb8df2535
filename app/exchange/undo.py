"""Takes back a whole import that nobody has worked on since: annuls what it created, restores what it changed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from datetime import date
from typing import Any

from sqlalchemy import delete, exists, false, func, or_, select, update

from app import guard, journal, models
from app.clock import now
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.exchange import closed_rows
from app.exchange.apply import hold, spans
from app.exchange.apply.links import linked, set_links
from app.exchange.apply.store import CREATED
from app.extensions import db, portions
from app.journal.replay import CHANGES, value_of
from app.models import (
    Criterion,
    Family,
    ImportBatch,
    JournalEntry,
    Model,
    OfFamily,
    Registration,
    RegistrationCriterion,
    SearchWord,
    Territory,
    Transfer,
)
from app.services import closed, family_keys, registrations
from app.services.closed import WrittenRow

ENTITIES: dict[str, Any] = {entity.__name__: entity for entity in CREATED.values()}
UNDONE = "Загрузка отменена: её записи аннулированы, изменённые значения прежние."
PARTS = "registration_criterion"
LINKS = ("categories", "recipients", "members")
CRITERIA = "criteria"  # a list of a stay in loads from before its criteria were dated rows
CHANGED_LISTS = "Отменить загрузку нельзя: после неё изменили списки, которые она записала."

OF_TRANSFER = "Это принятое дело семьи: его приём отменяют на странице передачи, там же, где приняли."

_entry = JournalEntry.__table__


def undo(batch: ImportBatch, today: date, *, with_its_transfer: bool = False) -> None:
    """Take an import back. The caller commits, or rolls everything back.

    with_its_transfer: whoever calls takes the receipt of the transfer back that it came by.
    """
    hold()
    if not with_its_transfer and _is_of_transfer(batch):
        raise Refusal(OF_TRANSFER)
    db.session.refresh(batch)
    if batch.undone_at is not None:
        raise Refusal("Эта загрузка уже отменена.")
    _Undoing(batch, today).run()


def _is_of_transfer(batch: ImportBatch) -> bool:
    """Whether a load has written a family that was handed over."""
    transfer = Transfer.__table__.c
    return db.session.connection().scalar(select(transfer.id).where(transfer.batch_id == batch.id)) is not None


def check(batch: ImportBatch, today: date) -> None:
    """Refuse at once what would be refused later: what lies in a submitted period is taken back with a reason."""
    closed.check(_Undoing(batch, today).rows())


class _Undoing:
    """One import that is taken back."""

    def __init__(self, batch: ImportBatch, today: date) -> None:
        self.batch, self.today = batch, today
        self.session = db.session()
        self.created: dict[str, list[list[int]]] = batch.counts.get("created", {})
        self.links: dict[str, dict[str, list[Any]]] = batch.counts.get("links", {})
        of_batch = _entry.c.batch_id == batch.id
        rows = self.session.execute(select(_entry).where(of_batch, _entry.c.act.in_(CHANGES)).order_by(_entry.c.id))
        self.own = [row for row in rows if row.family_id is not None]
        self.first_id = self.session.scalar(select(func.min(_entry.c.id)).where(of_batch)) or 0
        self.words = journal.changes.Words(self.session)
        self.family_ids = list(dict.fromkeys(row.family_id for row in self.own))
        self.later_places: set[int] = set()
        self.stays = self._stays()
        self.at = now()
        self.reason = f"Отменена загрузка книги «{batch.file_name}»"

    def run(self) -> None:
        self._check_scope()
        self._check_untouched()
        with journal.batch(self.batch.id):
            closed.require(self.rows(), self.session)
            entries = list(self._restore())
            self._restore_links()
            entries.extend(self._annul())
            journal.write(entries)
            known = [each for each in self.family_ids if not self._within("family", each)]
            self.session.expire_all()
            family_keys.refresh_all(known, self.today)
            self._drop_places()
            self.batch.undone_at = self.at
            self.session.flush()
            text = f"Отмена загрузки книги «{self.batch.file_name}»"
            journal.write([journal.entry(Act.UNDONE, entity="ImportBatch", entity_id=self.batch.id, summary=text,
                                         records=len(self.own))])  # fmt: skip

    def rows(self) -> Iterator[WrittenRow]:
        """What of the load reports count, as it is and as it becomes."""
        for table, entity in closed_rows.CHANGED.items():
            rows = entity.__table__
            for first, last in self.created.get(table, ()):
                asked = select(rows).where(rows.c.id.between(first, last))
                for row in self.session.connection().execute(asked).mappings():
                    yield WrittenRow(
                        entity, f"{self.reason}: {entity.TITLE} {row['id']}", dict(row), None, row["family_id"]
                    )

    def _within(self, table: str, row_id: int | None) -> bool:
        return row_id is not None and any(first <= row_id <= last for first, last in self.created.get(table, ()))

    def _check_scope(self) -> None:
        try:
            guard.check_bulk(Family, ({"id": each} for each in self.family_ids), fresh=False)
        except Refusal as refusal:
            raise Refusal(
                "В этой загрузке есть семьи, которые вам не поручены: отменить её может их координатор."
            ) from refusal

    def _check_untouched(self) -> None:
        """Refuse if somebody has changed what the import made or changed, or has put something upon it."""
        touched = {(row.entity, row.entity_id) for row in self.own}
        with closing(self._later_entries()) as later_entries:
            for row in later_entries:
                if row.entity == Territory.__name__:
                    self.later_places.add(row.entity_id)
                known = (row.entity, row.entity_id) in touched or self._within("family", row.family_id)
                if known or self._rests(row) or self._of_stay(row):
                    later = "другая загрузка изменила" if row.batch_id else "изменили"
                    raise Refusal(
                        f"Отменить загрузку нельзя: после неё {later} {self._family_of(row)} ({row.summary}). "
                        "Сначала отмените позднейшее."
                    )

    def _later_entries(self) -> Generator[Any]:
        """What others have changed since the import began, in any family: a row may have left the one it was in."""
        batch = ImportBatch.__table__
        undone = self.session.scalars(select(batch.c.id).where(batch.c.undone_at.is_not(None)))
        others = or_(_entry.c.batch_id.is_(None), _entry.c.batch_id.not_in([*undone, self.batch.id]))
        later = (_entry.c.id > self.first_id, _entry.c.act.in_(CHANGES), others)
        query = select(_entry).where(*later).order_by(_entry.c.id)
        with self.session.execute(query.execution_options(yield_per=1000)) as found:
            yield from found

    def _rests(self, row: Any) -> bool:
        """Whether an entry names, by a key or in a list, a row that the import made and that would be annulled."""
        entity = getattr(models, row.entity, None)
        if entity in (None, Transfer) or not row.changes:
            return False  # a transfer is taken back together with its load
        for name, target in journal.changes.targets(entity).items():
            table = target.__tablename__
            if table in self.created and issubclass(target, (OfFamily, Family)):
                for side in row.changes.get(name, ())[:2]:
                    keys = side if isinstance(side, list) else [side]
                    if any(isinstance(key, int) and self._within(table, key) for key in keys):
                        return True
        return False

    def _stays(self) -> set[int]:
        """The stays whose criteria the import has written."""
        part = RegistrationCriterion.__table__
        written = [row.entity_id for row in self.own if row.entity == RegistrationCriterion.__name__]
        asked = (select(part.c.registration_id).where(part.c.id.in_(keys)) for keys in portions(written))
        return {stay_id for each in asked for stay_id in self.session.scalars(each)}

    def _of_stay(self, row: Any) -> bool:
        """Whether an entry says of a stay whose criteria the import has written that one of them begins."""
        if row.entity != RegistrationCriterion.__name__ or row.act is not Act.CREATED:
            return False
        return row.changes["registration_id"][1] in self.stays

    def _family_of(self, row: Any) -> str:
        number = select(Family.__table__.c.number).where(Family.__table__.c.id == row.family_id)
        return f"семью № {self.session.scalar(number)}" if row.family_id else "запись"

    def _restore(self) -> Iterator[dict[str, Any]]:
        """Give every changed row its old values, the last change first."""
        for row in reversed(self.own):
            columns = {name: said for name, said in (row.changes or {}).items() if name not in (*LINKS, CRITERIA)}
            if row.act is not Act.CHANGED or row.entity not in ENTITIES:
                continue
            if columns:
                table = ENTITIES[row.entity].__table__
                values = {name: value_of(table.c[name].type, said[0]) for name, said in columns.items()}
                guard.check_bulk(ENTITIES[row.entity], [{"id": row.entity_id, **values}], fresh=False)
                self.session.connection().execute(
                    update(table).where(table.c.id == row.entity_id).values(version=table.c.version + 1, **values)
                )
            back = {name: journal.changes.turned(said) for name, said in (row.changes or {}).items()}
            yield journal.entry(Act.CHANGED, entity=row.entity, entity_id=row.entity_id, family_id=row.family_id,
                                summary=row.summary, said=back)  # fmt: skip

    def _restore_links(self) -> None:
        owners: dict[tuple[str, int], int] = {
            (name, row.entity_id): row.family_id
            for row in self.own
            for name in LINKS
            if row.act is Act.CHANGED and name in (row.changes or {})
        }
        for stay_id, (was, becomes) in self.links.pop(CRITERIA, {}).items():
            self._restore_criteria(self.session.get_one(Registration, int(stay_id)), was, becomes)
        for name, rows in self.links.items():
            for owner_id, (was, becomes) in rows.items():
                if sorted(linked(self.session, name, int(owner_id))) != sorted(becomes):
                    raise Refusal(CHANGED_LISTS)
                set_links(self.session, name, int(owner_id), owners[name, int(owner_id)], was)

    def _restore_criteria(self, stay: Registration, was: list[int], becomes: list[int]) -> None:
        """Give a stay the criteria again that a load from before they were dated rows has replaced."""
        if [row.criterion_id for row in stay.criteria] != becomes:
            raise Refusal(CHANGED_LISTS)
        registrations.correct_criteria(stay, [self.session.get_one(Criterion, key) for key in was])
        self.session.flush()

    def _annul(self) -> Iterator[dict[str, Any]]:
        """Annul what the import created, an entry for each row; the words by which its families were found go."""
        titles = {(row.entity, row.entity_id): row.summary for row in self.own}
        said = {"annulled_at": [None, self.at.isoformat()], "annul_reason": [None, self.reason]}
        self.created.setdefault(PARTS, self._parts())
        for name, runs in self.created.items():
            entity: Any = CREATED[name]
            if not issubclass(entity, (OfFamily, Family)):
                continue
            table: Any = entity.__table__
            owner = table.c.id if entity is Family else table.c.family_id
            for first, last in runs:
                live = (table.c.id.between(first, last), table.c.annulled_at.is_(None))
                for key, family_id in self.session.execute(select(table.c.id, owner).where(*live)).all():
                    title = titles.get((entity.__name__, key), str(entity.TITLE))
                    yield journal.entry(Act.ANNULLED, entity=entity.__name__, entity_id=key, family_id=family_id,
                                        summary=title, said=said)  # fmt: skip
                self.session.connection().execute(
                    update(table)
                    .where(*live)
                    .values(annulled_at=self.at, annul_reason=self.reason, version=table.c.version + 1)
                )
        word = SearchWord.__table__
        for first, last in self.created.get("family", ()):
            self.session.connection().execute(delete(word).where(word.c.family_id.between(first, last)))

    def _parts(self) -> list[list[int]]:
        """The criteria of stays that a load made before their rows were told apart from the stay."""
        part = RegistrationCriterion.__table__
        of_stays = [part.c.registration_id.between(first, last) for first, last in self.created.get("registration", ())]
        return spans(self.session.scalars(select(part.c.id).where(or_(false(), *of_stays))))

    def _drop_places(self) -> None:
        """A territory that the import brought in and nobody else uses leaves the tree, and with it the reports."""
        family = Family.__table__
        connection = self.session.connection()
        for first, last in self.created.get("territory", ()):
            for territory_id in range(first, last + 1):
                if territory_id == self.batch.district_id:
                    continue
                of_place = family.c.territory_id == territory_id
                if connection.scalar(select(exists().where(of_place, family.c.annulled_at.is_(None)))):
                    continue
                self._move_to_district(territory_id)
                if territory_id not in self.later_places and not self._referred(territory_id):
                    self.session.delete(self.session.get_one(Territory, territory_id))
                    self.session.flush()
        self.session.expire_all()

    def _move_to_district(self, territory_id: int) -> None:
        """The annulled families of a territory that goes lie in its district."""
        family, district_id = Family.__table__, self.batch.district_id
        of_place = family.c.territory_id == territory_id
        rows = self.session.execute(select(family.c.id, family.c.number, family.c.name).where(of_place)).all()
        guard.check_bulk(Family, ({"id": row.id, "territory_id": district_id} for row in rows), fresh=False)
        said = journal.changes.of_updated(
            Family, {"territory_id": territory_id}, {"territory_id": district_id}, self.words
        )
        self.session.connection().execute(update(family).where(of_place).values(territory_id=district_id))
        journal.write(
            journal.entry(Act.CHANGED, entity="Family", entity_id=row.id, family_id=row.id,
                          summary=f"Семья № {row.number} {row.name}", said=said)
            for row in rows
        )  # fmt: skip

    def _referred(self, territory_id: int) -> bool:
        """Whether any row of any table still names a territory."""
        key = Territory.__table__.c.id
        columns: Iterable[Any] = (
            foreign.parent
            for table in Model.metadata.tables.values()
            for foreign in table.foreign_keys
            if foreign.column is key
        )
        connection = self.session.connection()
        return any(connection.scalar(select(exists().where(column == territory_id))) for column in columns)
