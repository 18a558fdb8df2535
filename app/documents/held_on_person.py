"""«Сведения о лице»: everything that the bank holds on one member of a family, and who saw it (152-ФЗ, ст. 14).

Found by the mapper: whatever names the person, in whichever family he was. What stands about the family as a whole, its
address and its cards, is told as well; other people are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import class_mapper

from app import clock, words
from app.documents import openings
from app.domain import periods
from app.domain.periods import Period
from app.extensions import db
from app.journal import changes
from app.models import Family, Member, SignalCard, class_of
from app.render.table import Cell, Column, Section, Table, TextLine, Value

TITLE = "Сведения о лице: {name}"
COLUMNS = (Column("Запись", 28), Column("Что", 30), Column("Значение", 60))
SEEN = "Кто открывал, печатал, выгружал и изменял дело"
NOBODY = "Обращений не записано."
NOTES = (
    "Цель обработки: профилактика безнадзорности и правонарушений несовершеннолетних (120-ФЗ, ст. 9). Сведения "
    "хранятся в муниципальном банке данных и за его пределы без решения комиссии не передаются.",
)
SILENT = {
    "family_id",
    "member_id",
    "annulled_at",
    "created_at",
    "destroyed",
}  # said by the heading, or of the row alone


def table(member: Member, today: date) -> Table:
    """What is held on a person whose row the asker sees, and who saw it."""
    keys = _keys(member)
    rows = [row for entity, found in _rows(keys) for row in _told(entity, found)]
    seen = [f"№ {number}: {line}" for number in _numbers(keys) for line in _seen(number, today)]
    lines = tuple(TextLine(line) for line in seen) or (TextLine(NOBODY),)
    return Table(
        TITLE.format(name=member.full_name), COLUMNS, rows, subtitle=f"на {words.day(today)}", notes=NOTES,
        sections=(Section(SEEN, lines),), sheet="Сведения",
    )  # fmt: skip


def _keys(member: Member) -> set[int]:
    """The memberships of the person among the rows that the asker sees: who moved is a member of each family."""
    first = member.origin_id or member.id
    return set(db.session.scalars(select(Member.id).where(or_(Member.id == first, Member.origin_id == first))))


def _numbers(keys: set[int]) -> list[str]:
    asked = select(Family.number).join(Member, Member.family_id == Family.id).where(Member.id.in_(keys)).distinct()
    return list(db.session.scalars(asked.order_by(Family.number)))


def _rows(keys: set[int]) -> Iterator[tuple[Any, list[Any]]]:
    """The rows that are the person's, by entity: his own, those that name him, and those of the family as a whole."""
    families = select(Member.family_id).where(Member.id.in_(keys))
    yield Member, _read(Member, Member.id.in_(keys))
    yield Family, _read(Family, Family.id.in_(families))
    yield SignalCard, _read(SignalCard, SignalCard.family_id.in_(families))
    for entity in changes.entities():
        table: Any = class_mapper(entity).local_table
        named = [column.in_(keys) for column in table.c if _names_a_member(column) and entity is not Member]
        named += [table.c.id.in_(select(each.owner).where(each.other.in_(keys)))
                  for each in changes.lists(entity) if each.target is Member]  # fmt: skip
        if named:
            yield entity, _read(entity, or_(*named))


def _read(entity: Any, condition: Any) -> list[Any]:
    return list(db.session.scalars(select(entity).where(condition).order_by(entity.id)))


def _names_a_member(column: Any) -> bool:
    return any(key.column.name == "id" and class_of(key.column.table) is Member for key in column.foreign_keys)


def _told(entity: Any, rows: list[Any]) -> Iterator[list[Value | Cell]]:
    """Each filled field of each row, as people call it; a key by what the row it names is called."""
    for row in rows:
        said = False
        for field in changes.fields(entity):
            value = getattr(row, field.name)
            if value is None or value == "" or field.name in SILENT:
                continue
            yield ["" if said else _heading(entity, row), changes.called(entity, field.name), _value(row, field, value)]
            said = True


def _heading(entity: Any, row: Any) -> str:
    gone = " (аннулировано)" if getattr(row, "annulled_at", None) is not None else ""
    return f"{entity.TITLE}{gone}"


def _value(row: Any, field: changes.Field, value: Any) -> str:
    if field.target is not None:
        named = getattr(row, field.name.removesuffix("_id"), None)
        return str(named) if named is not None else f"№ {value}"
    if isinstance(value, bool):
        return words.yes_no(value)
    if hasattr(value, "hour"):
        return words.moment(clock.local(value))
    return words.day(value) if hasattr(value, "isoformat") else str(value)


def _seen(number: str, today: date) -> Iterator[str]:
    """Who did what with the family's file since it was entered; of a very long story, the last year."""
    for since in (periods.EARLIEST, periods.month_later(today, -12)):
        found = openings.of_family_if_short(number, Period(since, today))
        if found is not None:
            yield from (", ".join(str(value) for value in row if value) for row in found.rows)
            return
