"""What entities are made of: keys, entry, annulment, versions, belonging; columns of money and of closed lists."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, Mapper, Session, declared_attr, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from app.clock import now
from app.domain import terms

if TYPE_CHECKING:
    from app.entities.families import Family, Member


DESTROYED = "уничтожено по акту № {act}"  # what stands for the name of a case, and for what the journal said of it


class Whose(enum.Enum):
    """Whose the rows of an entity are: `access` shows them and `guard` lets them be written by this word alone."""

    FAMILY = "of one family: seen with it, written by whoever keeps its territory"
    GIVEN = "gives a person a family or a territory: seen with what is given, written by whoever keeps it"
    TERRITORY = "of one territory: seen from below and above it, written by whoever keeps it"
    AGENCY = "of one body: seen with it, written by whoever keeps the territory of the body"
    CARD = "of a signal card: seen by the body that sent it and by whoever keeps the territory where it lies"
    SURVEY = "of a survey: seen by its group, by whoever keeps its territory, and with the family it is about"
    MEETING = "of a meeting: prepared by whoever convenes it, seen by the members as far as its families are theirs"
    TRANSFER = "of a family that goes elsewhere: seen and written by whoever keeps where it goes from, or where to"
    LOAD = "a workbook that was loaded: of whoever loaded it and of whoever keeps the district"
    ASKER = "what a person asked of the server, or keeps there: seen and written by that person alone"
    WORDS = "words that a municipality chooses: read by all, written by whom the roles let"
    LAW = "words of the law and of its forms: read by all, written by the administrator"
    ACCOUNTS = "who may sign in and see what: the administrator's"
    SIGN_IN = "how a person signs in: written by the machine on the way in, no matter of rows"
    MACHINE = "what the server notes of its own work: read by all, written by the machine"
    JOURNAL = "what was done: shown by a rule of its own, only ever added to"


class Money(TypeDecorator[Decimal]):
    """Roubles as exact Decimals with two places, kept as whole kopecks so that sums are exact in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * 100).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 100


def term(enum: type[terms.Term]) -> Enum:
    """A column type for a closed list: the member's code is stored, as text."""
    return Enum(enum, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


def label(text: Any) -> dict[str, Any]:
    """The `info` of a column or relation: what people call it."""
    return {"label": text}


def derived(text: Any) -> dict[str, Any]:
    """The `info` of a column that the code makes of others: no fact for the journal, nothing to conflict over.

    A column that follows from other rows is written past the version of its own.
    """
    return {"label": text, "derived": True}


def live(*columns: str, name: str, but: str = "") -> Index:
    """A unique index over the rows that are not annulled. but: a column; rows in which it is filled do not count."""
    condition = text("annulled_at IS NULL" + (f" AND {but} IS NULL" if but else ""))
    info = {"but": but}
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition, info=info)


def used(*columns: str, name: str) -> Index:
    """A unique index over the rows that are not retired."""
    condition = text("NOT retired")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition, info={"used": True})


def listed(table: str, *columns: str) -> Index:
    """The live rows in the order of their list, with what decides who sees a row: a page reads whatever it passes over
    from here alone. SQLite would look for `annulled_at` in the row, empty as it is, unless the index has it.
    """
    condition = text("annulled_at IS NULL")
    return Index(f"ix_{table}_listed", *columns, "annulled_at", sqlite_where=condition, postgresql_where=condition)


def sought(table: str, *columns: str) -> Index:
    """The live rows by what a filter or an order of their list asks, with what decides who sees a row: `listed`."""
    condition = text("annulled_at IS NULL")
    name = f"ix_{table}_by_{columns[0]}"
    return Index(name, *columns, "annulled_at", sqlite_where=condition, postgresql_where=condition)


def given(table: str, column: str, *columns: str) -> Index:
    """The live rows of each value of a column in an order of their list, with what decides who sees a row: `listed`."""
    condition = text("annulled_at IS NULL")
    name = f"ix_{table}_of_{column}_by_{columns[0]}"
    return Index(name, column, *columns, "annulled_at", sqlite_where=condition, postgresql_where=condition)


def leaves(info: dict[str, Any], text: str) -> dict[str, Any]:
    """The `info` of a text by which a row is called: what stands there once its case is destroyed by an act.

    text: {act} is its number, {key} that of the row, by which people of one family stay different ones.
    """
    return {**info, "leaves": text}


def repeated(text: Any) -> dict[str, Any]:
    """The `info` of a text that many rows share and that is `sought`: it is looked for among the different ones."""
    return {**label(text), "repeated": True}


def sane(condition: str, name: str) -> CheckConstraint:
    """What the database itself refuses of a row that is not annulled, whoever writes it."""
    return CheckConstraint(f"annulled_at IS NOT NULL OR ({condition})", name=name)


def in_the_family_of(column: str, table: str) -> ForeignKeyConstraint:
    """The row that a column names is of the same family: nothing stands in two families at once.

    Deferrable, for rows that go to another family go one after the other (`app/services/merging.py`).
    """
    return ForeignKeyConstraint([column, "family_id"], [f"{table}.id", f"{table}.family_id"], deferrable=True)


class Entity(Model):
    """What every entity has: a key, and titles for one and for many."""

    __abstract__ = True
    TITLE: ClassVar[Any]
    TITLES: ClassVar[Any]
    ADDING: ClassVar[Any] = ""  # the heading of its form, if lists add its rows
    # Whose the rows are; OWNER: the column that names the family, the territory or the body.
    WHOSE: ClassVar[Whose]
    OWNER: ClassVar[str]
    # Columns of a stored row that nobody but the administrator changes: others see more, or less, by them.
    ADMINISTERED: ClassVar[tuple[str, ...]] = ()
    # Whether there are too many rows for a select: they are found as one types.
    LONG: ClassVar[bool] = False
    # Columns that are sorted, and sought, by another one: a name by its sort key.
    SORTED_BY: ClassVar[dict[str, str]] = {}
    # Columns of few values, and the one by which rows of one value follow one another: an index holds both.
    SORTED_WITHIN: ClassVar[dict[str, str]] = {}
    # What is left of a row once the case is destroyed by an act (`app/services/remains.py`): the days and numbers of
    # LASTS, by which figures of past periods are counted, closed lists, yes and no, the keys of other rows; of COARSE
    # the month. What GOES names is emptied; of every other text is left that there was one, or what it says (`leaves`).
    LASTS: ClassVar[tuple[str, ...]] = ()
    GOES: ClassVar[tuple[str, ...]] = ()
    COARSE: ClassVar[tuple[str, ...]] = ()
    # By what a person or a home is found again in the words of others: columns that are sought together, the first of
    # them alone where nothing that somebody typed is lost by it.
    KNOWN_BY: ClassVar[tuple[tuple[str, ...], ...]] = ()

    id: Mapped[int] = mapped_column(primary_key=True, info=label("ID"))


def said_of(entity: Any, name: str) -> set[Any]:
    """What an entity and all that it is made of say under a name: `LASTS` of a row is also what its kinds say of it."""
    return {each for kind in entity.__mro__ for each in vars(kind).get(name, ())}


def class_of(table: Any) -> Any:
    """The class whose rows a table holds; None: a table of links, which has none."""
    return next((mapper.class_ for mapper in Model.registry.mappers if mapper.local_table is table), None)


class Dated:
    """When a row was entered, for rows whose entry date matters."""

    LASTS: ClassVar[tuple[str, ...]] = ("created_at",)

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Entered")))


class Annullable:
    """Nothing is deleted: a wrong entry is annulled with a reason and leaves every figure (Положение, retention)."""

    LASTS: ClassVar[tuple[str, ...]] = ("annulled_at",)

    annulled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Annulled")))
    annul_reason: Mapped[str | None] = mapped_column(String(500), info=label(_("Reason of annulment")))


class Destroyable:
    """A case that is destroyed by an act when its time is over: its row stays for the figures, and names the act."""

    destroyed: Mapped[str | None] = mapped_column(String(20), info=derived(_("Destroyed by act")))


class Versioned:
    """Optimistic locking: the second of two people who save one row is told, not overwritten."""

    version: Mapped[int] = mapped_column(default=1, info=label(_("Version")))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class ByAct:
    """A fact that an act states: its list neither adds nor edits it. A mistake is corrected by the act, or the row is
    annulled and the act done anew."""


@cache
def _own_lists(mapper: Mapper[Any]) -> tuple[str, ...]:
    """The lists that are a part of a row, not rows with a life of their own: links to others, and its own parts."""
    return tuple(
        relation.key
        for relation in mapper.relationships
        if relation.uselist and not relation.viewonly
        if relation.secondary is not None or relation.cascade.delete_orphan
    )


def _owners(session: Session) -> set[Any]:
    """The stored rows whose parts are about to be written."""
    written = (*session.new, *filter(session.is_modified, session.dirty))
    parts = ((row, row.PART_OF) for row in written if isinstance(row, OfFamily) and row.PART_OF)
    owners = {getattr(row, name) for row, name in parts}
    return {owner for owner in owners if owner is not None and inspect(owner).persistent}


@event.listens_for(Session, "before_flush")
def _count_lists(session: Session, *_flush: Any) -> None:
    """A row whose own list or part changes is another version of it, though none of its columns changes."""
    owners = _owners(session)
    for row in (*session.dirty, *owners.difference(session.dirty)):
        if isinstance(row, Versioned):
            state = inspect(row)
            if row in owners or any(state.attrs[name].history.has_changes() for name in _own_lists(state.mapper)):
                row.version += 1


class OfTerritory:
    """A row of one territory."""

    WHOSE: ClassVar[Whose] = Whose.TERRITORY
    OWNER: ClassVar[str] = "territory_id"


class OfAgency:
    """A row of one body."""

    WHOSE: ClassVar[Whose] = Whose.AGENCY
    OWNER: ClassVar[str] = "agency_id"


class OfCard(Annullable, Dated, Versioned):
    """A row of one signal card, seen with it."""

    WHOSE: ClassVar[Whose] = Whose.CARD
    OWNER: ClassVar[str] = "card_id"
    card_id: Mapped[int] = mapped_column(ForeignKey("signal_card.id"), index=True, info=label(_("Signal card")))


class OfSurvey(Annullable, Dated, Versioned):
    """A row of one survey, written by its group.

    ASKED_BODY: the column that names a body which is asked: it sees and answers its own rows of a survey.
    """

    WHOSE: ClassVar[Whose] = Whose.SURVEY
    OWNER: ClassVar[str] = "group_id"
    ASKED_BODY: ClassVar[str] = ""
    group_id: Mapped[int] = mapped_column(ForeignKey("survey_group.id"), index=True, info=label(_("Survey")))


class OfMeeting(Annullable, Dated, Versioned):
    """A row of one meeting, written by whoever convenes it.

    ASKED_BODY: the column that names a body which is to answer: it sees and answers its own rows.
    """

    WHOSE: ClassVar[Whose] = Whose.MEETING
    OWNER: ClassVar[str] = "meeting_id"
    ASKED_BODY: ClassVar[str] = ""
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True, info=label(_("Meeting")))


class Scanned:
    """A PDF, JPEG or PNG that lies outside the web root under `key`."""

    file_name: Mapped[str] = mapped_column(String(150), info=label(_("File name")))
    mime: Mapped[str] = mapped_column(String(40), info=label(_("File type")))
    size: Mapped[int] = mapped_column(info=label(_("Size, bytes")))
    sha256: Mapped[str] = mapped_column(String(64), info=label("SHA-256"))
    pages: Mapped[int] = mapped_column(default=1, info=label(_("Pages")))
    key: Mapped[str] = mapped_column(String(40), unique=True, info=label(_("Storage key")))


class OfFamily(Annullable, Dated, Versioned):
    """A row that belongs to one family: `access` shows it to whoever may see the family, and to nobody else.

    NOTED_BY_BODIES: a body that works with the family may add a row as well as whoever keeps the family.
    PERFORMED_BY: the column that names the body which carries the row out: it changes it as well.
    OF_KEEPERS: no business of a body that merely works with the family: it does not see the row.
    PART_OF: the relation to the row that it is a part of: it is changed and annulled with that row, never by itself.
    WRITTEN_BY_LEADER: whoever leads the working group of the family writes it too.
    """

    WHOSE: ClassVar[Whose] = Whose.FAMILY
    OWNER: ClassVar[str] = "family_id"
    NOTED_BY_BODIES: ClassVar[bool] = False
    PERFORMED_BY: ClassVar[str] = ""
    OF_KEEPERS: ClassVar[bool] = False
    WRITTEN_BY_LEADER: ClassVar[bool] = False
    PART_OF: ClassVar[str] = ""

    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True, info=label(_("Family")))

    @declared_attr
    def family(cls) -> Mapped[Family]:
        return relationship("Family", info=label(_("Family")))


class OfMember(OfFamily):
    """A row about one member; its family is the member's family (kept in step at every flush, and by the database:
    `in_the_family_of("member_id", "member")` stands in the table's arguments)."""

    member_id: Mapped[int] = mapped_column(index=True, info=label(_("Family member")))

    @declared_attr
    def member(cls) -> Mapped[Member]:
        column: Any = cls.member_id
        return relationship("Member", foreign_keys=[column], info=label(_("Family member")))


class Dictionary(Versioned):
    """A list of words. The code is text: «1.1» is not «1.10». A retired row stays for old records.

    Words that the law and its forms rest on say `WHOSE = Whose.LAW`; the others are the municipality's.
    """

    WHOSE: ClassVar[Whose] = Whose.WORDS

    code: Mapped[str] = mapped_column(String(30), unique=True, info=label(_("Code")))
    name: Mapped[str] = mapped_column(String(400), info=label(_("Name")))
    position: Mapped[int] = mapped_column(default=0, info=label(_("Order")))
    retired: Mapped[bool] = mapped_column(default=False, info=label(_("No longer used")))

    def __str__(self) -> str:
        return self.name
