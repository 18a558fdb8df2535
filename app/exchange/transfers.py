"""The file of a family on its way: written as a workbook with the passport beside it, and received by the road of every
workbook: read, compared with the bank, shown, written as one load that can be taken back.

What is carried is who the people are and what holds of them now. Stays, aid and papers of the past are told by the
passport: they are counted where they happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from app import access, clock, journal
from app.documents import passport
from app.domain.refusal import Refusal
from app.domain.terms import PaperKind
from app.exchange import export, plan, reader, undo
from app.exchange.apply import PreparedLoad
from app.exchange.changes import Plan
from app.exchange.reader import Book
from app.exchange.rows import header_key
from app.exchange.workbook import (
    AIDS,
    AS_OF,
    DISTRICT,
    FACTS,
    FAMILIES,
    MEMBERS,
    STAYS,
    SUPERVISIONS,
    VERSION,
    Sheet,
)
from app.extensions import db
from app.models import Family, Paper, Territory, Transfer
from app.render.scans import Inspected
from app.services import paper_names, papers, registry, transfers

Rows = list[tuple[int, list[Any]]]
NOT_A_FILE = "В этом файле нет дела одной семьи."
SENT_IN = "Дело, переданное с территории «{whence}»"
NOTED = "Передана с территории «{whence}»: постановление № {number} от {day}"
# The columns of a stay that go on with the family: who reported it, and when, was counted where it was.
KEPT_OF_STAY = ("criteria",)


@dataclass(frozen=True)
class CaseFile:
    """A file of a family as it travels: its workbook, its passport as a PDF, and by which decision it goes.

    leaves: the family in this bank that it is the file of; none for a file of another bank.
    """

    book: Book
    passport: bytes
    whence: str
    number: str | None
    decided_on: date
    names: paper_names.SaidNames = paper_names.NOTHING_SAID
    leaves: int | None = None


@dataclass(frozen=True)
class Arrival:
    """Where a file is received: the territory and its district."""

    place: Territory
    district: Territory

    @property
    def number(self) -> str:
        """The number of the card, if the family is a fresh one here."""
        return registry.next_number(self.district)


def file_of(transfer: Transfer, today: date) -> CaseFile:
    """The file of a family of this bank, as it stands now. Raises Refusal."""
    content = workbook_of(transfer, today)
    return CaseFile(
        reader.read(content, f"Дело семьи {transfer.named}.xlsx"), passport_of(transfer, today), transfer.whence,
        transfer.number, transfer.decided_on, names_of(transfer), transfer.family_id,
    )  # fmt: skip


def workbook_of(transfer: Transfer, today: date) -> bytes:
    """The workbook of the family of a transfer."""
    with transfers.anywhere():
        family = _family_of(transfer)
        written = export.write(family.district, today, made_by=transfer.sent_by, made_at=clock.now(), only=family.id)
    return written.content


def names_of(transfer: Transfer) -> paper_names.SaidNames:
    """How papers say the names of the family of a transfer, where they were typed."""
    with transfers.anywhere():
        return paper_names.said_of(_family_of(transfer))


def passport_of(transfer: Transfer, today: date) -> bytes:
    """The passport of the family of a transfer; its scans are left out where they would be too large to keep."""
    with transfers.anywhere():
        family = _family_of(transfer)

        def made(most: int) -> bytes:
            return passport.pdf(family.id, read=papers.content, made_by=transfer.sent_by, made_at=clock.now(),
                                today=today, most=most)  # fmt: skip

        whole = made(papers.LARGEST)
        return whole if len(whole) <= papers.LARGEST else made(0)


def planned(case: CaseFile, arrival: Arrival, today: date, answers: Mapping[str, str] | None = None) -> Plan:
    """What receiving a file would do here. Raises Refusal."""
    found = plan.make(addressed(case, arrival, today), today, answers, whole=False)
    found.duplicates = [line for line in found.duplicates if case.leaves not in dict(line.named).values()]
    return found


def receive(transfer: Transfer, case: CaseFile, prepared: PreparedLoad, scan: Inspected, today: date) -> Family:
    """Write the family here, and let it leave where it came from; the passport that came with it is kept.

    prepared: the plan that was shown. scan: the passport, looked into. The caller commits. Raises Refusal.
    """
    made = prepared.held()
    transfers.check_waiting(transfer)
    batch = prepared.write()
    [family] = [db.session.get_one(Family, one.id) for one in made.families]
    with journal.batch(batch.id):
        db.session.expire(family, ["members"])
        paper_names.take(family, case.names)
        papers.attach(
            family, kind=PaperKind.OTHER, title=SENT_IN.format(whence=case.whence), dated_on=today, decision=None,
            file_name="дело.pdf", scan=scan, today=today,
        )  # fmt: skip
    transfers.receive(transfer, received_on=today, answered_by=access.scope().user_name, at=clock.now(), today=today)
    transfer.received, transfer.batch = family, batch
    db.session.flush()
    return family


def take_back(transfer: Transfer, today: date) -> None:
    """Take a receipt back, as long as nothing has followed from it. Raises Refusal."""
    if transfer.batch is None or transfer.received is None:
        raise Refusal(transfers.NOT_RECEIVED)
    batch, family = transfer.batch, transfer.received
    if (onward := transfers.under_way(family)) is not None:
        raise Refusal(transfers.UNDER_WAY.format(whither=onward.whither))
    with journal.batch(batch.id):
        for paper in _came_with(family, batch.applied_at):
            paper.annulled_at, paper.annul_reason = clock.now(), undo.UNDONE
        db.session.flush()
    undo.undo(batch, today, with_its_transfer=True)
    if transfer.family_id is None:
        transfers.call_off(transfer, undo.UNDONE)
    else:
        transfers.take_back(transfer, today)


def _came_with(family: Family, since: Any) -> Iterable[Paper]:
    title = SENT_IN.partition("«")[0]
    return [
        paper for paper in db.session.query(Paper).filter(Paper.family_id == family.id, Paper.annulled_at.is_(None))
        if paper.title.startswith(title) and clock.in_utc(paper.created_at) >= clock.in_utc(since)
    ]  # fmt: skip


def _family_of(transfer: Transfer) -> Family:
    family = db.session.get(Family, transfer.family_id or 0, populate_existing=True)
    if family is None or family.annulled_at is not None:
        raise Refusal("Семья аннулирована: передавать нечего.")
    return family


# The workbook, addressed to where it is received


def addressed(case: CaseFile, arrival: Arrival, today: date) -> Book:
    """The workbook of a file as the workbook of one family of the receiving district, on the day of receipt."""
    sheets = {header_key(title): (title, rows) for title, rows in case.book.sheets.items()}
    families = _Table(sheets, FAMILIES)
    if len(families.rows) != 1:
        raise Refusal(NOT_A_FILE, "file")
    number = arrival.number
    families.put("number", number)
    families.put("territory", arrival.place.name)
    members = _Table(sheets, MEMBERS).only(lambda row: not row("left_on"))
    members.put("number", number)
    people = {_person(row) for row in members.read()}
    supervised = _Table(sheets, SUPERVISIONS).only(lambda row: _person(row) in people and not row("ended_on"))
    supervised.put("number", number)
    stays = _Table(sheets, STAYS).only(lambda row: not row("removed_on")).last()
    stays.keep(KEPT_OF_STAY)
    day = f"{case.decided_on:%d.%m.%Y}"
    for field, value in (
        ("number", number), ("decision_number", case.number or ""), ("decided_on", day),
        ("registered_on", f"{today:%d.%m.%Y}"),
        ("note", NOTED.format(whence=case.whence, number=case.number or "б/н", day=day)),
    ):  # fmt: skip
        stays.put(field, value)
    aids = _Table(sheets, AIDS).only(lambda _row: False)
    written = {table.sheet.title: table.whole for table in (families, stays, members, supervised, aids)}
    digest = sha256(json.dumps(written, ensure_ascii=False, default=str).encode()).hexdigest()
    facts: Rows = [(1, [DISTRICT, arrival.district.name]), (2, [AS_OF, f"{today:%d.%m.%Y}"]), (3, [VERSION, 1])]
    return replace(case.book, digest=digest, sheets={FACTS: facts, **written}, hidden={})


def _person(row: Any) -> tuple[str, ...]:
    return tuple(str(row(name)) for name in ("last_name", "first_name", "middle_name", "born_on"))


class _Table:
    """A sheet of a workbook: its header and its rows, by the fields of its form."""

    def __init__(self, sheets: Mapping[str, tuple[str, Rows]], sheet: Sheet) -> None:
        _title, rows = sheets.get(header_key(sheet.title), ("", []))
        self.sheet = sheet
        if not rows:
            raise Refusal(NOT_A_FILE, "file")
        (self._line, self._head), *self.rows = [(line, list(cells)) for line, cells in rows]
        known = {header_key(cell): place for place, cell in enumerate(self._head) if cell}
        self._places = {column.field: known[header_key(column.header)] for column in sheet
                        if header_key(column.header) in known}  # fmt: skip

    @property
    def whole(self) -> Rows:
        return [(self._line, self._head), *self.rows]

    def read(self) -> list[Any]:
        """The rows, each a function from a field to its cell."""
        return [self._reading(cells) for _line, cells in self.rows]

    def only(self, wanted: Any) -> _Table:
        """Leave out the rows that are not wanted."""
        self.rows = [(line, cells) for line, cells in self.rows if wanted(self._reading(cells))]
        return self

    def last(self) -> _Table:
        """Leave out all rows but the last."""
        self.rows = self.rows[-1:]
        return self

    def put(self, field: str, value: Any) -> None:
        """Write a value into every row; a column that the sheet lacks is added to it."""
        if field not in self._places:
            self._places[field] = len(self._head)
            self._head.append(self.sheet.column(field).header)
        place = self._places[field]
        for _line, cells in self.rows:
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = value

    def keep(self, fields: Sequence[str]) -> None:
        """Empty every column but some."""
        for field in set(self._places) - set(fields):
            self.put(field, "")

    def _reading(self, cells: Sequence[Any]) -> Any:
        def cell(field: str) -> Any:
            place = self._places.get(field)
            return cells[place] if place is not None and place < len(cells) else ""

        return cell
