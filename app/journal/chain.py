"""The journal as a chain: whoever changes, removes, puts in or reorders an entry past the program is found.

Entries are sealed in the order in which they are met, some at a time. A seal keeps a mark of each of its entries and a
hash of itself with the hash of the seal before it: the last hash stands for the whole journal. It is written down
outside the database each time (`anchor`), in every copy of the bank and on paper: who would rewrite the chain must
rewrite these too. Marks of entries whose words were destroyed by law are replaced by a seal that says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select

from app.clock import in_utc, now
from app.extensions import db, portions
from app.models import JournalEntry, JournalSeal

MOST = 5000  # entries of one seal
MARK = 32  # letters of a mark
UNDER_WAY = 1000  # entries: as far behind the last sealed one a later one may come to light every minute
# So late an entry may come to light: on Postgres a load is stored after entries that were begun later, and the first
# seal of each day looks at the whole journal. Whatever comes later was put in by hand.
LATEST = timedelta(days=2)
LOCK = 71_260_001  # the lock of whoever seals, on Postgres
ANCHORS = "journal_anchors.txt"

_entry, _seal = JournalEntry.__table__, JournalSeal.__table__
_COLUMNS = [_entry.c[name] for name in (
    "id", "at", "user_id", "user_name", "address", "act", "entity", "entity_id", "family_id", "summary", "changes",
    "records", "batch_id",
)]  # fmt: skip


class ChainHead(NamedTuple):
    """The last seal: its number, the greatest entry that is sealed, and the hash that stands for all of them."""

    number: int
    last: int
    hash: str


def head() -> ChainHead:
    """The last seal; number 0 of a journal that nobody has sealed."""
    connection = db.session.connection()
    row = connection.execute(select(_seal.c.id, _seal.c.hash).order_by(_seal.c.id.desc()).limit(1)).first()
    return (
        ChainHead(row.id, connection.scalar(select(func.max(_seal.c.last))) or 0, row.hash)
        if row
        else ChainHead(0, 0, "")
    )


def seal(*, whole: bool = False) -> ChainHead:
    """Seal what is not sealed yet, `whole`: wherever it stands. The caller has begun to write, and commits."""
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    sealed = connection.scalar(select(func.max(_seal.c.last))) or 0
    since = 0 if whole else sealed - UNDER_WAY
    known = set(_sealed_since(since))
    asked = select(*_COLUMNS).where(_entry.c.id > since).order_by(_entry.c.id)
    rows = connection.execute(asked.execution_options(yield_per=MOST))
    fresh = ((row.id, mark_of(row)) for row in rows if row.id not in known)
    for portion in list(map(list, portions(fresh, MOST))):
        _add(portion, replaces=False)
    return head()


def replace(ids: Iterable[int]) -> None:
    """Seal anew entries whose words were destroyed by law; what was sealed of them before no longer counts."""
    for keys in portions(sorted(set(ids)), 500):
        rows = db.session.connection().execute(select(*_COLUMNS).where(_entry.c.id.in_(keys)).order_by(_entry.c.id))
        _add([(row.id, mark_of(row)) for row in rows], replaces=True)


def _add(marks: list[tuple[int, str]], *, replaces: bool) -> None:
    if not marks:
        return
    before = head()
    keys, joined = _ranges([key for key, _mark in marks]), "".join(mark for _key, mark in marks)
    values = {"id": before.number + 1, "sealed_at": now(), "covers": keys, "marks": joined, "entries": len(marks),
              "last": max(key for key, _mark in marks), "replaces": replaces}  # fmt: skip
    values["hash"] = _link(before.hash, values)
    db.session.connection().execute(insert(_seal).values(values))


def _link(before: str, seal_row: Any) -> str:
    moment = in_utc(seal_row["sealed_at"]).astimezone(UTC).isoformat()
    said = [before, seal_row["id"], moment, seal_row["covers"], seal_row["marks"], bool(seal_row["replaces"])]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def mark_of(row: Any) -> str:
    """The mark of an entry: it is another one if a single letter of the entry is."""
    said = json.dumps([_plain(value) for value in row], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return in_utc(value).astimezone(UTC).isoformat()
    return getattr(value, "value", value)


def _ranges(keys: list[int]) -> str:
    """«1-50,53»: keys in ascending order as few numbers."""
    parts: list[list[int]] = []
    for key in keys:
        if parts and key == parts[-1][1] + 1:
            parts[-1][1] = key
        else:
            parts.append([key, key])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _keys(ranges: str) -> Iterator[int]:
    for part in ranges.split(",") if ranges else ():
        first, _dash, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _sealed_since(since: int) -> Iterator[int]:
    found = select(_seal.c.covers).where(_seal.c.last > since, _seal.c.replaces.is_(False))
    for keys in db.session.connection().scalars(found):
        yield from (key for key in _keys(keys) if key > since)


# Checking


def faults(folder: Path) -> Iterator[str]:
    """What was changed, removed or put in past the program, as sentences; `folder`: where the anchors lie."""
    hashes: dict[int, str] = {}
    before, number = "", 0
    replaced: dict[int, str] = {}
    broken, last, late = False, 0, dict[int, datetime]()
    asked = select(_seal).order_by(_seal.c.id)
    for row in db.session.connection().execute(asked).mappings():
        number += 1
        if row["id"] != number or row["hash"] != _link(before, row):
            yield f"Печать журнала {row['id']} изменена, или печать перед ней удалена."
            broken, number = True, row["id"]
        before = hashes[row["id"]] = row["hash"]
        if row["replaces"]:
            replaced.update(zip(_keys(row["covers"]), _marks(row["marks"]), strict=False))
        else:
            late.update((key, in_utc(row["sealed_at"])) for key in _keys(row["covers"]) if key < last)
            last = max(last, row["last"])
    if not broken:
        yield from _anchor_faults(folder, hashes)
    yield from _entry_faults(replaced)
    yield from _put_in(last, late)


def _put_in(last: int, late: dict[int, datetime]) -> Iterator[str]:
    """Entries among those of an earlier time that were not there then; late: when they were sealed, if they were."""
    connection = db.session.connection()
    known = set(_sealed_since(0))
    old = select(_entry.c.id).where(_entry.c.id < last, _entry.c.at < now() - LATEST)
    found = {key for key in connection.scalars(old.execution_options(yield_per=MOST)) if key not in known}
    for keys in portions(sorted(late)):
        rows = connection.execute(select(_entry.c.id, _entry.c.at).where(_entry.c.id.in_(keys)))
        found |= {row.id for row in rows if late[row.id] - in_utc(row.at) > LATEST}
    yield from (f"Запись журнала {key} вставлена задним числом." for key in sorted(found))


def _marks(marks: str) -> list[str]:
    return re.findall(f".{{{MARK}}}", marks)


def _entry_faults(replaced: dict[int, str]) -> Iterator[str]:
    connection = db.session.connection()
    seals = connection.execute(
        select(_seal.c.covers, _seal.c.marks).where(_seal.c.replaces.is_(False)).order_by(_seal.c.id)
    ).all()
    for keys, marks in seals:
        wanted = dict(zip(_keys(keys), _marks(marks), strict=False))
        rows = connection.execute(
            select(*_COLUMNS).where(_entry.c.id.between(min(wanted), max(wanted))).order_by(_entry.c.id)
        )
        found = {row.id: mark_of(row) for row in rows if row.id in wanted}
        for key, mark in wanted.items():
            if key not in found:
                yield f"Запись журнала {key} удалена."
            elif found[key] != replaced.get(key, mark):
                yield f"Запись журнала {key} изменена."


# Anchors


def anchor(folder: Path, day: date) -> ChainHead:
    """Write the last hash down outside the database: a line for each day, and that of today goes along."""
    last, path, lines = head(), folder / ANCHORS, _anchors(folder)
    line = f"{day.isoformat()} {last.number} {last.hash}"
    if last.number and lines[-1:] != [line]:
        before = lines[:-1] if lines and lines[-1].startswith(day.isoformat()) else lines
        _write(path, "".join(f"{each}\n" for each in [*before, line]))
    return last


def is_anchored(folder: Path, day: date) -> bool:
    """Whether the journal was sealed on a day."""
    return any(line.startswith(day.isoformat()) for line in _anchors(folder)[-1:])


def _anchors(folder: Path) -> list[str]:
    path = folder / ANCHORS
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _anchor_faults(folder: Path, hashes: dict[int, str]) -> Iterator[str]:
    for line in _anchors(folder):
        day, _space, rest = line.partition(" ")
        number, _space, digest = rest.partition(" ")
        if number.isdecimal() and hashes.get(int(number)) != digest:
            yield f"Журнал не тот, чей отпечаток записан {day}: он переписан или его конец отрезан."
            return
