"""The frozen books of districts without the rows of families that were destroyed by an act."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import unescape
from io import BytesIO
from xml.sax.saxutils import escape

from sqlalchemy import select

from app import clock
from app.extensions import db
from app.models import BookStep, Destruction, Family, JournalEntry
from app.words import short

CUT = "изъяты сведения семей: {count}, акт № {act}"
LONGEST_NOTE = 1000  # characters
_ROW = re.compile(rb'<row r="(\d+)"([^>]*)>(.*?)</row>', re.DOTALL)
_NUMBER = re.compile(rb'<c r="A\d+"[^>]*><is><t[^>]*>([^<]*)</t></is></c>')  # each sheet begins with the number
_entry, _family, _step = JournalEntry.__table__, Family.__table__, BookStep.__table__


@dataclass(frozen=True)
class Stood:
    """A number that a family had in a district, from a moment until another; None: from the first, until now."""

    district_id: int
    number: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class CutBook:
    """A frozen book as it will be: without the rows of so many families. sha256: of what it is."""

    key: int
    sha256: str
    left: bytes
    count: int


def found(act: Destruction) -> Iterator[CutBook]:
    """The frozen books of districts that hold the families of an act, cut; made while they were there.

    It takes seconds for each, and nothing is written: `put` does.
    """
    connection = db.session.connection()
    stood = [each for item in act.items if item.family_id is not None for each in _stood(item.family_id)]
    asked = select(_step.c.id, _step.c.territory_id, _step.c.made_at).where(
        _step.c.territory_id.in_({each.district_id for each in stood}), _step.c.content.is_not(None)
    )
    for key, district_id, made_at in connection.execute(asked.order_by(_step.c.id)).all():
        numbers = {each.number for each in stood if each.district_id == district_id and _was(each, made_at)}
        if not numbers:
            continue
        book = select(_step.c.content, _step.c.sha256).where(_step.c.id == key)
        content, digest = db.session.connection().execute(book).one()
        left, count = without(content, numbers)
        if count:
            yield CutBook(key, digest, left, count)


def put(book: CutBook, act: Destruction) -> None:
    """Store a book that was cut, unless it is another one by now; the caller has begun to write, and commits."""
    row = db.session.get_one(BookStep, book.key, populate_existing=True)
    if row.sha256 == book.sha256:
        row.content, row.sha256 = book.left, sha256(book.left).hexdigest()
        said = CUT.format(count=book.count, act=act.title)
        row.note = short(f"{said}. {row.note}" if row.note else said, LONGEST_NOTE)
        db.session.flush()


def _was(each: Stood, moment: datetime) -> bool:
    moment = clock.in_utc(moment)
    return (each.since is None or each.since <= moment) and (each.until is None or moment <= each.until)


def _stood(family_id: int) -> Iterator[Stood]:
    """Where a family was and under which number, as the journal tells, the latest first."""
    connection = db.session.connection()
    district_id, number = connection.execute(
        select(_family.c.district_id, _family.c.number).where(_family.c.id == family_id)
    ).one()  # fmt: skip
    until: datetime | None = None
    asked = select(_entry.c.at, _entry.c.changes).where(_entry.c.entity == "Family", _entry.c.entity_id == family_id)
    for at, changes in connection.execute(asked.order_by(_entry.c.id.desc())).all():
        before = {name: changes[name][0] for name in ("district_id", "number") if name in (changes or {})}
        if before and None not in before.values():
            moment = clock.in_utc(at)
            yield Stood(district_id, number, moment, until)
            district_id, number = before.get("district_id", district_id), before.get("number", number)
            until = moment
    yield Stood(district_id, number, None, until)


def without(content: bytes, numbers: Collection[str]) -> tuple[bytes, int]:
    """A workbook without the rows of some families; how many families had any. What is no workbook stays as it is."""
    if not zipfile.is_zipfile(BytesIO(content)):
        return content, 0
    gone, met = {number.encode() for number in numbers}, set[bytes]()
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as book, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as left:
        for member in book.infolist():
            data = book.read(member)
            left.writestr(member, _cut(data, gone, met) if member.filename.startswith("xl/worksheets/") else data)
    return (written.getvalue(), len(met)) if met else (content, 0)


def _cut(sheet: bytes, gone: Collection[bytes], met: set[bytes]) -> bytes:
    """A sheet without the rows of some numbers, those below moved up; the numbers that were met are added."""
    if not any(b">%s</t>" % escape(number.decode()).encode() in sheet for number in gone):
        return sheet
    cut = 0

    def kept(row: re.Match[bytes]) -> bytes:
        nonlocal cut
        number = _NUMBER.match(row[3])
        if number is not None and (said := unescape(number[1].decode()).encode()) in gone:
            met.add(said)
            cut += 1
            return b""
        to = b"%d" % (int(row[1]) - cut)
        cells = re.sub(rb'(<c r="[A-Z]+)' + row[1] + rb'"', rb"\g<1>" + to + rb'"', row[3])
        return b'<row r="%s"%s>%s</row>' % (to, row[2], cells)

    return _ROW.sub(kept, sheet)
