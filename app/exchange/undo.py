"""Takes back a whole import that nobody has worked on since: annuls what it created, restores what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Date, delete, exists, func, select, update
from sqlalchemy import Enum as EnumType

from app import access, journal
from app.clock import now
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.exchange import bank
from app.exchange.apply import CREATED, hold, linked, refresh, set_links
from app.extensions import db
from app.models import Family, ImportBatch, JournalEntry, Model, Money, OfFamily, SearchWord, Territory

ENTITIES: dict[str, Any] = {entity.__name__: entity for entity in CREATED.values()}
CHANGES = (Act.CREATED, Act.CHANGED, Act.ANNULLED, Act.DELETED)
LINKS = ("categories", "criteria", "recipients")

_entry = JournalEntry.__table__


def undo(batch: ImportBatch, today: date) -> None:
    """Take an import back. The caller commits, or rolls everything back."""
    hold()
    db.session.refresh(batch)
    if batch.undone_at is not None:
        raise Refusal("Эта загрузка уже отменена.")
    _Undoing(batch, today).run()


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
        self.last_id = self.session.scalar(select(func.max(_entry.c.id)).where(of_batch)) or 0
        self.family_ids = list(dict.fromkeys(row.family_id for row in self.own))

    def run(self) -> None:
        self._check_scope()
        self._check_untouched()
        self.at = now()
        self.reason = f"Отменена загрузка книги «{self.batch.file_name}»"[:500]
        with journal.batch(self.batch.id):
            entries = list(self._restore())
            self._restore_links()
            self._annul()
            entries.extend(self._annulments())
            journal.write(entries)
            known = [each for each in self.family_ids if not self._within("family", each)]
            refresh(self.session, known, self.today)
            self._drop_places()
            self.batch.undone_at = self.at
            self.session.flush()
            text = f"Отмена загрузки книги «{self.batch.file_name}»"
            journal.write([journal.entry(Act.UNDONE, entity="ImportBatch", entity_id=self.batch.id, summary=text,
                                         records=len(self.own))])  # fmt: skip

    def _within(self, table: str, row_id: int) -> bool:
        return any(first <= row_id <= last for first, last in self.created.get(table, ()))

    def _check_scope(self) -> None:
        family = Family.__table__
        for chunk in bank.chunks(self.family_ids):
            seen = self.session.scalar(
                select(func.count()).select_from(family).where(family.c.id.in_(chunk), access.scope().families())
            )
            if seen != len(chunk):
                raise Refusal("В этой загрузке есть семьи, которые вам не поручены: отменить её может их координатор.")

    def _check_untouched(self) -> None:
        """Refuse if somebody has changed what the import made or changed."""
        touched = {(row.entity, row.entity_id) for row in self.own}
        undone = set(self.session.scalars(select(ImportBatch.__table__.c.id).where(
            ImportBatch.__table__.c.undone_at.is_not(None)
        )))  # fmt: skip
        for row in self._later_entries():
            if row.batch_id == self.batch.id or row.batch_id in undone:
                continue
            about = (row.entity, row.entity_id)
            of_new_member = self._within("member", ((row.changes or {}).get("member_id") or [0, 0])[1] or 0)
            if about in touched or self._within("family", row.family_id) or of_new_member:
                number = self.session.scalar(
                    select(Family.__table__.c.number).where(Family.__table__.c.id == row.family_id)
                )
                later = "другая загрузка изменила" if row.batch_id else "изменили"
                raise Refusal(
                    f"Отменить загрузку нельзя: после неё {later} семью № {number} ({row.summary}). "
                    "Сначала отмените позднейшее."
                )

    def _later_entries(self) -> Iterator[Any]:
        for chunk in bank.chunks(self.family_ids):
            yield from self.session.execute(
                select(_entry)
                .where(_entry.c.family_id.in_(chunk), _entry.c.id > self.last_id, _entry.c.act.in_(CHANGES))
                .order_by(_entry.c.id)
            )

    def _restore(self) -> Iterator[dict[str, Any]]:
        """Give every changed row its old values, the last change first."""
        for row in reversed(self.own):
            columns = {name: pair for name, pair in (row.changes or {}).items() if name not in LINKS}
            if row.act is not Act.CHANGED or row.entity not in ENTITIES:
                continue
            if columns:
                table = ENTITIES[row.entity].__table__
                values = {name: _value(table.c[name], pair[0]) for name, pair in columns.items()}
                self.session.connection().execute(
                    update(table).where(table.c.id == row.entity_id).values(version=table.c.version + 1, **values)
                )
            back = {name: [pair[1], pair[0]] for name, pair in (row.changes or {}).items()}
            yield journal.entry(Act.CHANGED, entity=row.entity, entity_id=row.entity_id, family_id=row.family_id,
                                summary=row.summary, changes=back)  # fmt: skip

    def _restore_links(self) -> None:
        owners: dict[tuple[str, int], int] = {
            (name, row.entity_id): row.family_id
            for row in self.own
            for name in LINKS
            if row.act is Act.CHANGED and name in (row.changes or {})
        }
        for name, rows in self.links.items():
            for owner_id, (was, becomes) in rows.items():
                if sorted(linked(self.session, name, int(owner_id))) != sorted(becomes):
                    raise Refusal("Отменить загрузку нельзя: после неё изменили списки, которые она записала.")
                set_links(self.session, name, int(owner_id), owners[name, int(owner_id)], was)

    def _annul(self) -> None:
        """Annul what the import created; the words by which its families were found go."""
        for name, runs in self.created.items():
            entity: Any = CREATED[name]
            if not issubclass(entity, (OfFamily, Family)):
                continue
            table: Any = entity.__table__
            for first, last in runs:
                self.session.connection().execute(
                    update(table)
                    .where(table.c.id.between(first, last), table.c.annulled_at.is_(None))
                    .values(annulled_at=self.at, annul_reason=self.reason, version=table.c.version + 1)
                )
        word = SearchWord.__table__
        for first, last in self.created.get("family", ()):
            self.session.connection().execute(delete(word).where(word.c.family_id.between(first, last)))

    def _annulments(self) -> Iterator[dict[str, Any]]:
        for row in self.own:
            if row.act is Act.CREATED:
                yield journal.entry(Act.ANNULLED, entity=row.entity, entity_id=row.entity_id,
                                    family_id=row.family_id, summary=row.summary,
                                    changes={"annul_reason": [None, self.reason]})  # fmt: skip

    def _drop_places(self) -> None:
        """A territory that the import brought in and nobody else uses leaves the tree, and with it the reports."""
        territory, family = Territory.__table__, Family.__table__
        connection = self.session.connection()
        for first, last in self.created.get("territory", ()):
            for territory_id in range(first, last + 1):
                if territory_id == self.batch.district_id:
                    continue
                of_place = family.c.territory_id == territory_id
                if connection.scalar(select(exists().where(of_place, family.c.annulled_at.is_(None)))):
                    continue
                connection.execute(update(family).where(of_place).values(territory_id=self.batch.district_id))
                if not self._referred(territory_id):
                    connection.execute(delete(territory).where(territory.c.id == territory_id))
        self.session.expire_all()

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


def _value(column: Any, value: Any) -> Any:
    """A value as the column takes it, from what the journal keeps."""
    if value is None:
        return None
    if isinstance(column.type, Money):
        return Decimal(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, EnumType):
        enum: type[Enum] | None = column.type.enum_class
        return enum(value) if enum else value
    return value
