"""every letter counts: the stored keys keep all letters, search folds them, Ә is sorted by А

Revision: 0002, after 0001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.domain import names

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PORTION = 2000


def _table(name: str, *columns: str) -> Any:
    return sa.table(name, *(sa.column(column) for column in ("id", *columns)))


territory = _table("territory", "name", "name_key", "parent_id")
alias = _table("territory_alias", "name", "name_key")
agency = _table("agency", "name", "name_key", "kind_id", "territory_id")
family = _table("family", "number", "name", "sort_key", "search_key", "registered_address", "actual_address",
                "annulled_at")  # fmt: skip
member = _table("member", "family_id", "last_name", "first_name", "middle_name", "sort_key", "annulled_at")
word = sa.table("search_word", sa.column("word"), sa.column("family_id"))


def upgrade() -> None:
    _name_keys(territory, lambda row: (row.parent_id,))
    _name_keys(agency, lambda row: (row.kind_id, row.territory_id))
    _name_keys(alias, None)
    _members()
    _families()


def downgrade() -> None:
    """The keys of before cannot be told from these: the rows stay as they are, and every edit writes its own."""


def _portions(statement: Any) -> Iterator[list[Any]]:
    """The rows of a statement ordered by `id`, in portions."""
    last = 0
    while rows := op.get_bind().execute(statement.where(statement.selected_columns.id > last).limit(PORTION)).all():
        yield rows
        last = rows[-1].id


def _update(table: Any, rows: list[dict[str, Any]], *columns: str) -> None:
    if rows:
        values = {column: sa.bindparam(f"new_{column}") for column in columns}
        op.get_bind().execute(sa.update(table).where(table.c.id == sa.bindparam("key")).values(values), rows)


def _name_keys(table: Any, within: Callable[[Any], tuple[Any, ...]] | None) -> None:
    """Keys of names; of two rows whose names only look different, the later one keeps its key apart by its number."""
    rows = op.get_bind().execute(sa.select(table).order_by(table.c.id)).all()
    longest = 300 if table is agency else 200
    taken: set[Any] = set()
    found = []
    for row in rows:
        key = names.key(row.name)[:longest]
        if within is not None:
            if (within(row), key) in taken:
                key = f"{key[: longest - 12]} {row.id}"
            taken.add((within(row), key))
        if key != row.name_key:
            found.append({"key": row.id, "new_name_key": key})
    # A key may be another row's until that one is changed: first everything that changes steps aside.
    _update(table, [{"key": each["key"], "new_name_key": f"~{each['key']}"} for each in found], "name_key")
    _update(table, found, "name_key")


def _members() -> None:
    statement = sa.select(member.c.id, member.c.last_name, member.c.first_name, member.c.middle_name, member.c.sort_key)
    for rows in _portions(statement.order_by(member.c.id)):
        found = []
        for row in rows:
            key = names.sort_key(names.full(row.last_name, row.first_name, row.middle_name))[:350]
            if key != row.sort_key:
                found.append({"key": row.id, "new_sort_key": key})
        _update(member, found, "sort_key")


def _families() -> None:
    for rows in _portions(sa.select(family).order_by(family.c.id)):
        first, last = rows[0].id, rows[-1].id
        people = _people(first, last)
        found, words = [], []
        for row in rows:
            texts = [row.number, *people.get(row.id, ()), *dict.fromkeys((row.registered_address, row.actual_address))]
            found.append({
                "key": row.id, "new_sort_key": names.sort_key(row.name)[:300],
                "new_search_key": " ".join(filter(None, map(names.folded, texts))),
            })  # fmt: skip
            if row.annulled_at is None:
                each = {text[:100] for text in names.words(*texts)}
                words += [{"word": text, "family_id": row.id} for text in sorted(each)]
        _update(family, found, "sort_key", "search_key")
        live = sa.select(family.c.id).where(family.c.id.between(first, last), family.c.annulled_at.is_(None))
        op.get_bind().execute(sa.delete(word).where(word.c.family_id.in_(live)))
        if words:
            op.get_bind().execute(sa.insert(word), words)


def _people(first: int, last: int) -> dict[int, list[str]]:
    rows = op.get_bind().execute(
        sa.select(member.c.family_id, member.c.last_name, member.c.first_name, member.c.middle_name)
        .where(member.c.family_id.between(first, last), member.c.annulled_at.is_(None))
        .order_by(member.c.family_id, member.c.id)
    )
    return {
        family_id: [names.full(*row[1:]) for row in found] for family_id, found in groupby(rows, key=lambda row: row[0])
    }
