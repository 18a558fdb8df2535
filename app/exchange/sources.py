"""A file of whatever kind as a plan: a book in the exchange form at once, a hand-made one once it is understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from app.exchange import bank, garbage, plan, reader, rows
from app.exchange.changes import Plan
from app.exchange.handmade import Understanding, Understood, knowledge
from app.exchange.handmade.asking import Asking
from app.exchange.handmade.form import InForm
from app.exchange.handmade.matching import Matching
from app.exchange.handmade.upright import upright
from app.exchange.reader import Book
from app.exchange.rows import Fault, Notice, header_key
from app.exchange.workbook import AS_OF, DISTRICT, FACTS, FAMILIES, SHEETS, VERSION

SOUND = "sound"  # the answer by which only families without faults are loaded
ONLY = "only"
LARGE_ROWS = 2000  # of a hand-made book: more than a second of the processor
MOST_ROUNDS = 3  # families whose faults show only when others have been left out


class UnclearBookError(Exception):
    """A hand-made book that has questions without an answer."""

    def __init__(self, understood: Understood) -> None:
        super().__init__("Книга ещё не понята: ответьте на вопросы о ней.")
        self.understood = understood


@dataclass
class BookSource:
    """A file that was read, with what was answered about it. new: what was answered just now."""

    book: Book
    said: Mapping[str, str]
    new: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_form(self) -> bool:
        return is_form(self.book)

    @property
    def is_large(self) -> bool:
        """Whether a hand-made book takes longer to understand than a page may."""
        return not self.is_form and sum(map(len, self.book.sheets.values())) > LARGE_ROWS

    def with_answers(self, given: Mapping[str, str], today: date) -> BookSource:
        """The same book with those answers of a page that say more than it was understood to say without them."""
        before = None if self.is_form else self.understood(today)
        new = {name: value for name, value in given.items() if before is None or _is_news(name, value, before)}
        return BookSource(self.book, {**self.said, **new}, new)

    def learn(self, understood: Understood, today: date) -> list[str]:
        """Keep what was answered for the books that come; gives a sentence of each answer that replaces another."""
        return knowledge.learn(understood, self.new, bank.dictionaries(), today)

    def understood(self, today: date) -> Understood:
        """What is understood of a hand-made book, as the bank stands."""
        return self._understood(today)[0]

    def _understood(self, today: date) -> tuple[Understood, Matching]:
        """The same, and what was read of the bank for it."""
        bank.check_special()
        codes, found = bank.dictionaries(), None
        places = bank.Places(codes["agency_kind"])
        found = knowledge.known(places)
        words = knowledge.vocabulary(codes, found)
        asking, matching = Asking({**knowledge.remembered(found), **self.said}), Matching(codes, places)
        with garbage.not_searched():
            return Understanding(self.book, found, words, asking, today, matching).result(), matching

    def plan(self, today: date, answers: Mapping[str, str] | None = None,
             told: Callable[[str], None] = lambda _sheet: None,
             seen: Callable[[Understood], None] = lambda _understood: None) -> Plan:  # fmt: skip
        """What the file would do to the bank. seen: is given what a hand-made book is understood to say.

        Raises UnclearBookError.
        """
        if self.is_form:
            return self._sound_part(
                self.book, None, lambda book: plan.make(book, today, answers, told, asks_of_names=True)
            )
        understood, matching = self._understood(today)
        seen(understood)
        if understood.written is None or understood.asking.unanswered:
            raise UnclearBookError(understood)
        written, measures, notices = understood.written, len(understood.measures), understood.notices
        del understood  # of a large book it is a hundred megabytes
        made = self._sound_part(
            written.book, written, lambda book: plan.make(book, today, answers, told, known=matching.states)
        )
        made.measures = measures
        for place, text in notices:
            made.notices.append(Notice(place.sheet, place.row, text))
        return made

    def _sound_part(self, book: Book, written: InForm | None, make: Callable[[Book], Plan]) -> Plan:
        """The plan of a book; if the person wants so, without the families that have faults."""
        made = make(book)
        faulty = faulty_families(book, made)
        whole = len(set(_numbers(book, FAMILIES.title).values()))
        made.sound = whole - len(faulty) if faulty else 0
        left_out = 0
        for _ in range(MOST_ROUNDS if self.said.get(ONLY) == SOUND else 0):
            if not faulty:
                break
            book = without(book, faulty)
            left_out += len(faulty)
            made = make(book)
            faulty = faulty_families(book, made)
        made.left_out = left_out
        made.own = written is not None
        if written is not None:
            made.faults[:] = [of_source(fault, written) for fault in made.faults]
            told = [notice for notice in made.notices if notice.row != 1]  # columns that the book never had
            made.notices[:] = [_notice_of_source(notice, written) for notice in told]
        return made


def read(content: bytes, name: str, said: Mapping[str, str] | None = None) -> BookSource:
    """Read a file. Raises Refusal."""
    with garbage.not_searched():
        book = reader.read(content, name)
        return BookSource(book if is_form(book) else upright(book), said or {})


def is_form(book: Book) -> bool:
    """Whether a book is in the exchange form: it has the sheet of facts, or families under the headers of the form.

    A sheet that is only called «Сведения» is anybody's: the facts stand there under their labels, or beside other
    sheets of the form.
    """
    by_title = {header_key(title): lines for title, lines in book.sheets.items()}
    if (facts := by_title.get(header_key(FACTS))) is not None:
        labels = {header_key(line[0]) for _, line in facts if line}
        if labels & {header_key(label) for label in (DISTRICT, AS_OF, VERSION)} or by_title.keys() & {
            header_key(sheet.title) for sheet in SHEETS
        }:
            return True
    lines = by_title.get(header_key(FAMILIES.title)) or []
    headers = {header_key(cell) for _, line in lines[:1] for cell in line}
    return {header_key(column.header) for column in FAMILIES if column.required} <= headers


def _is_news(name: str, value: str, before: Understood) -> bool:
    """Whether an answer says more than the book was understood to say without it."""
    if name.startswith("header:"):
        borders = {table.place: f"{table.first}-{table.last}" for table in before.tables}
        return borders.get(name.removeprefix("header:")) != value
    for layout in before.layouts:
        for column in layout.columns:
            if column.key == name:
                return column.meaning != value or not column.sure
    return True


def faulty_families(book: Book, made: Plan) -> set[str]:
    """The numbers of the families that have faults; empty if a fault is of no family."""
    found: set[str] = set()
    numbers = {sheet.title: _numbers(book, sheet.title) for sheet in SHEETS}
    for fault in made.faults:
        number = numbers.get(fault.sheet, {}).get(fault.row or 0)
        if number is None:
            return set()
        found.add(number)
    return found


def _numbers(book: Book, title: str) -> dict[int, str]:
    """The card number of each row of a sheet, by its line."""
    lines = book.sheets.get(title) or []
    key = header_key(FAMILIES.column("number").header)
    place = next((at for at, cell in enumerate(lines[0][1]) if header_key(cell) == key), None) if lines else None
    if place is None:
        return {}
    return {number: str(line[place]).strip() for number, line in lines[1:] if place < len(line)}


def without(book: Book, left_out: set[str]) -> Book:
    """A book without the rows of some families."""
    sheets = dict(book.sheets)
    for sheet in SHEETS:
        numbers = _numbers(book, sheet.title)
        if sheet.title in sheets:
            sheets[sheet.title] = [line for line in sheets[sheet.title] if numbers.get(line[0]) not in left_out]
    return replace(book, sheets=sheets)


def of_source(fault: Fault, written: InForm) -> Fault:
    """A fault of the form at the cell of the sender's own book."""
    row = written.sources.get((fault.sheet, fault.row or 0))
    if row is None:
        return fault
    sheet = next(sheet for sheet in SHEETS if sheet.title == fault.sheet)
    field = next((column.field for column in sheet if column.header == fault.column), "")
    place = row.places.get(field, row.place)
    return replace(fault, sheet=place.sheet, row=place.row, cell=place.cell)


def _notice_of_source(notice: Notice, written: InForm) -> Notice:
    row = written.sources.get((notice.sheet, notice.row or 0))
    return notice if row is None else rows.Notice(row.place.sheet, row.place.row, notice.text)
