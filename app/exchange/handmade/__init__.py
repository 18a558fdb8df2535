"""A book that a settlement has made by hand, understood: its families in the exchange form, and what only people know.

Nothing is written to the bank here. The exchange form that comes out takes the road of every workbook: comparison,
preview, load, undo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import combinations
from typing import Protocol

from app.domain import book_words, contacts, names, people_in_text, settlements, spelled
from app.exchange import cells
from app.exchange.handmade import columns, families, form, meanings, tables
from app.exchange.handmade.asking import AS_TEXT, MOST_EACH, MOST_SHOWN, Asking, BookQuestion, Choice
from app.exchange.handmade.columns import ColumnChoice
from app.exchange.handmade.families import Gathered
from app.exchange.handmade.form import FamilyRows, InForm
from app.exchange.handmade.found import CellPlace, CellSaid, FoundFamily, PersonInBook
from app.exchange.handmade.interpret import Interpreter
from app.exchange.handmade.known import KnownToBank, layout_key
from app.exchange.handmade.stays import StayReader
from app.exchange.handmade.tables import FoundTable
from app.exchange.handmade.vocabulary import Vocabulary
from app.exchange.handmade.words import BookWords
from app.exchange.parser import HIDDEN_SHEET
from app.exchange.reader import Book

SHOWN_ROWS = 12
NOT_IN_PROGRAMME = (
    "Мероприятия плана (строк: {count}) записываются в дополнительную информацию семей, а не в программу: книга не "
    "говорит, какого они этапа и какой у них код. Их строки – в книге «Что исправить»; внесите их на странице "
    "программы."
)
NOT_A_MEASURE = (
    "Мероприятие в программу не вошло: внесите его на странице программы семьи или листом «План» формы обмена."
)
ONE_OF_FAMILY = ("territory", "address", "registered", "placed", "placed_number", "removed", "size", "income")
LATEST_FACTS = 400  # days before today within which a day in a title is the day of the book
_GRADE_SHEET = re.compile(r"\d{1,2}\s*[-«\"]?\s*[А-Яа-я]\s*[»\"]?(\s*класс)?")
_PLAIN_SHEET = re.compile(
    r"(лист|sheet|таблица|страница|список|учет|учёт|банк|соп|данные|свод)[\s_]*\d*"
    r"|состо(ят|ящ)\w*|архив\w*|нов(ые|ых)|текущ\w*|\d[\d\s./-]*(г(од)?\w*\.?|кв\w*\.?)?"
    r"|.*\b(сем(ья|ьи|ей|ьям)|дет(и|ей)|родител\w*|состав|реестр|члены|люди|снят\w*)\b.*",
    re.IGNORECASE,
)
_TOWN = re.compile(r"(?<![^\W\d_])(?:г|с|п|пгт|рп|пос|ст|х|д)\.\s?[А-ЯЁ][\w-]+")
# What stands before a day in a title: «на 01.10.2026» is the day of the book, that of a paper or a beginning is not.
_OF_STATE = re.compile(r"\bна\W*$", re.IGNORECASE)
_OF_PAPER = re.compile(r"\b(начат|приказ\w*|постановлени\w*|решени\w*|№\s*\S+)\W*(от\W*)?$|\bот\W*$", re.IGNORECASE)
_COUNTED = re.compile(r"(\d+)\s*(сем|дет|реб|несов|чел)")


class Match(Protocol):
    """Finds the families of a book in the bank. twice: those that stand in the book again, and where they did first."""

    twice: list[tuple[FamilyRows, FamilyRows]]

    def __call__(self, families: list[FamilyRows], district: str, on: date, asking: Asking) -> None: ...

    def homes(self, families: list[FoundFamily]) -> set[str]:
        """The districts in which the bank knows the people of some families."""
        ...


@dataclass
class Layout:
    """The tables of one set of headers, as the page shows them. is_read: whether families are read from any of them."""

    number: int
    tables: list[FoundTable]
    columns: list[ColumnChoice]
    key: str
    known: bool = False
    is_read: bool = True

    @property
    def border(self) -> str:
        """The rows of the header of the first table: «3–4»."""
        table = self.tables[0]
        return f"{table.first}-{table.last}"


@dataclass
class Understood:
    """What is understood of a book. written: its exchange form; None while something has to be answered first."""

    source: Book
    asking: Asking
    layouts: list[Layout] = field(default_factory=list)
    families: list[FamilyRows] = field(default_factory=list)
    notices: list[tuple[CellPlace, str]] = field(default_factory=list)
    left_sheets: list[str] = field(default_factory=list)
    measures: list[CellPlace] = field(default_factory=list)
    district: str = ""
    as_of: date | None = None
    written: InForm | None = None

    @property
    def tables(self) -> list[FoundTable]:
        return [table for layout in self.layouts for table in layout.tables]

    @property
    def people(self) -> int:
        return sum(len(family.members) for family in self.families)


@dataclass
class Understanding:
    """One book being understood. match: finds the families in the bank and gives each its number."""

    book: Book
    known: KnownToBank
    vocabulary: Vocabulary
    asking: Asking
    today: date
    match: Match
    notices: list[tuple[CellPlace, str]] = field(default_factory=list)

    def result(self) -> Understood:
        understood = Understood(self.book, self.asking, notices=self.notices)
        found = self._tables()
        if not found:
            return understood
        understood.as_of = on = self._day(found)
        understood.layouts = self._layouts(found, on or self.today)
        used = self._used(understood.tables, on or self.today)
        understood.left_sheets = [title for title in self.book.sheets if all(table.sheet != title for table in used)]
        read = {id(table) for table in used}
        for layout in understood.layouts:
            layout.is_read = not used or any(id(table) in read for table in layout.tables)
        gathered = self._gather(used, on or self.today) if used else Gathered()
        understood.district = self._district(found, gathered.families)
        if not used:
            understood.asking.questions = {key: asked for key, asked in self.asking.questions.items()
                                           if key.startswith("hidden:")}  # fmt: skip
            return understood
        self._ask_foreign(used, understood.district)
        words = BookWords(self.vocabulary, self.asking)
        stays = StayReader(words, self.known, self.today, self.notices)
        interpreter = Interpreter(words, stays, on or self.today, self.today, self.notices)
        territories = self._territories(used)
        for family in gathered.families:
            told = next(place for table, place in territories if table.place == family.table)
            place = self._place(family.territory or told, family)
            understood.families.append(interpreter.family(family, place))
        words.ask()
        understood.measures = interpreter.measures
        if understood.measures:
            text = NOT_IN_PROGRAMME.format(count=len(understood.measures))
            self.notices.insert(0, (understood.measures[0], text))
        self._check_totals(used, understood.families)
        silent: list[FamilyRows] = []
        if understood.district:
            silent = [family for family in understood.families if not family.family.values.get("territory")]
            self.match(understood.families, understood.district, on or self.today, self.asking)
            for again, first in self.match.twice:
                text = f"Эта семья уже есть (строка {first.found.place.row}): записана один раз."
                self.notices.append((again.found.place, text))
        self._ask_settlement(understood, silent)
        if on and understood.district:
            understood.written = form.write(self.book, understood.families, understood.district, on)
        return understood

    # Tables

    def _tables(self) -> list[FoundTable]:
        headers = self.known.headers

        def means(path: Sequence[str]) -> str | None:
            return meanings.of_header(path, headers)

        borders = {}
        for key, said in self.asking.answers.items():
            what, _, place = key.partition(":")
            if what == "header" and (found := re.fullmatch(r"(\d{1,5})-(\d{1,5})", said)):
                first, last = sorted((int(found[1]), int(found[2])))
                borders[place] = (first, min(last, first + tables.MOST_HEADER_ROWS - 1))
        return tables.find(self.book, means, borders) or tables.bare(self.book)

    def _layouts(self, found: list[FoundTable], on: date) -> list[Layout]:
        by_key: dict[str, list[FoundTable]] = {}
        for table in found:
            by_key.setdefault(layout_key(table.headers), []).append(table)
        layouts = []
        for number, (key, alike) in enumerate(by_key.items()):
            remembered = self.known.layout(key)
            learned = {
                f"{what}:{number}:{rest}" if rest else f"{what}:{number}": said
                for name, said in remembered.items() for what, _, rest in [name.partition(":")]
            }  # fmt: skip
            self.asking.answers = {**_of_layout(remembered), **self.asking.answers}
            asking = Asking({**learned, **self.asking.answers}, self.asking.questions)
            chosen = [columns.choose(table, number, self.known.headers, asking, on, self.vocabulary) for table in alike]
            for table in alike:
                tables.set_apart(table, lambda text: bool(people_in_text.people(text, on, first_alone=True).found))
            layouts.append(Layout(number, alike, chosen[0], key, known="seen:" in remembered))
        return layouts

    def _used(self, found: list[FoundTable], on: date) -> list[FoundTable]:
        """The tables that are read: those that name people, and those linked to them by the number of a family."""
        naming = [table for table in found if _names_people(table, on)]
        keys = {key for table in naming for key in ("family", "card") if table.of(key)}
        read = [table for table in found if table in naming or any(map(table.of, keys))]
        return [table for table in read if self._is_wanted(table.sheet)]

    def _is_wanted(self, title: str) -> bool:
        """Whether a sheet is read: of one that its sender does not see the person decides."""
        if self.book.hidden.get(title) != HIDDEN_SHEET:
            return True
        choices = [Choice("skip", "Нет: это старое или черновик"), Choice("read", "Да, прочитать и его")]
        return self.asking.ask(BookQuestion(f"hidden:{title}", f"Лист «{title}» скрыт. Читать его?", choices)) == "read"

    def _gather(self, used: list[FoundTable], on: date) -> Gathered:
        gathered = families.gather(used, on, lambda text: self.known.settlement_in(text) or settlements.named(text))
        for doubt in gathered.doubts:
            key = f"pair:{_mark(doubt.text)}"  # of these people with these dates
            choices = [
                Choice("list", "Раздать даты по порядку, сверху вниз"),
                Choice("none", "Записать без дат рождения"),
            ]
            if (
                self.asking.ask(BookQuestion(key, doubt.text, choices, hint=f"{doubt.place.sheet}, {doubt.place.cell}"))
                == "list"
            ):
                doubt.pair()
        self._settle(gathered.families)
        for place in gathered.strangers:
            self.notices.append(
                (place, "Помощь не записана: чья она, из книги не видно. Впишите номер семьи или её ФИО.")
            )
        for person, place in gathered.twice:
            first, again = person.place.row, place.row
            rows = f"строка {first}" if first == again else f"строки {first} и {again}"
            text = f"{person.full} – в книге дважды ({rows}), в банк будет записан один раз."
            self.notices.append((place, text))
        for table in used:
            if _GRADE_SHEET.fullmatch(table.sheet.strip()):
                _give_grades(gathered.families, table.sheet)
        return gathered

    def _settle(self, found: list[FoundFamily]) -> None:
        """Ask which of two birth dates of one person is right: of many, once for all of them."""
        pairs = [
            (family, one, other)
            for family in found for one, other in combinations(family.people, 2) if one.contradicts(other)
        ]  # fmt: skip
        told = [f"{one.full}: {_born(one)} и {_born(other)}" for _, one, other in pairs]
        alone = len(pairs) <= MOST_EACH
        for text, (family, one, other) in zip(told, pairs, strict=True):
            chosen = self._asked_born([text] if alone else told, one, other)
            if chosen in ("first", "second") and other in family.people:
                if chosen == "second":
                    one.take_birth(other)
                one.take(other)
                family.people.remove(other)
        for family in found:
            self._tell_contradictions(family)

    def _asked_born(self, told: list[str], one: PersonInBook, other: PersonInBook) -> str | None:
        choices = [Choice("first", "Верна первая дата"), Choice("second", "Верна вторая дата"),
                   Choice("two", "Это разные люди")]  # fmt: skip
        listed = "; ".join(told[:MOST_SHOWN]) + (f" и ещё {len(told) - MOST_SHOWN}" if len(told) > MOST_SHOWN else "")
        text = f"В семье дважды, с двумя датами рождения: {listed}. Какая верна?"
        key = f"one:{_mark('; '.join(told))}"
        hint = f"строки {one.place.row} и {other.place.row}"
        return self.asking.ask(BookQuestion(key, text, choices, hint=hint))

    def _tell_contradictions(self, family: FoundFamily) -> None:
        """Tell of facts of a family that two sheets state differently."""
        for what in ONE_OF_FAMILY:
            said = list(family.of(what))
            if len({each.place.sheet for each in said}) > 1:
                listed = "; ".join(f"{each.text} ({each.place.sheet})" for each in said)
                title = book_words.OF_FAMILY[what]
                text = f"{title[:1].upper()}{title[1:]}: листы говорят разное – {listed}. Проверьте, что записано."
                self.notices.append((said[-1].place, text))

    def _check_totals(self, used: list[FoundTable], found: list[FamilyRows]) -> None:
        """Hold the totals that stand under a table against what was read of it."""
        for table in used:
            mine = [family for family in found if family.found.table == table.place]
            before = 0
            for number, said, _ in table.set_aside:
                if said != "итог":
                    continue
                line = next((line for at, line in self.book.sheets[table.sheet] if at == number), [])
                part = [family for family in mine if before < family.found.place.row < number]
                for text in _disagreeing(names.key(" ".join(map(cells.shown_cell, line))), part or mine, mine):
                    self.notices.append((CellPlace(table.sheet, number), text))
                before = number

    # Facts

    def _day(self, found: list[FoundTable]) -> date | None:
        texts = [text for table in found for text in table.above] + [self.book.name]
        said = [
            (_OF_STATE.search(before) is None, event.day)
            for text in texts for event in spelled.days(text, self.today)
            if event.day and abs((self.today - event.day).days) <= LATEST_FACTS
            and not _OF_PAPER.search(before := text[:event.start])
        ]  # fmt: skip
        told = min(said, key=lambda each: each[0])[1] if said else None
        if told is not None:
            return told
        offered = f"{self.today:%d.%m.%Y}"
        answer = self.asking.ask(
            BookQuestion("as_of", "На какой день эти сведения? В книге дня нет.", [], offered, typed=True)
        )
        days = spelled.days(answer or "", self.today)
        return days[0].day if days else None

    def _district(self, found: list[FoundTable], families: list[FoundFamily]) -> str:
        """The district of a book: by its titles, by the places that it names, by its people whom the bank knows."""
        if len(self.known.districts) == 1:
            return next(iter(self.known.districts.values()))
        title = names.key(" ".join([self.book.name, *(text for table in found for text in table.above)]))
        told = [name for key, name in self.known.districts.items() if key in title]
        if len(told) == 1:
            return told[0]
        places = (
            self.known.settlement_in(text) for table in found for text in (table.sheet, *table.above, *_places(table))
        )
        of_places = [self.known.district_of[place] for place in places if place in self.known.district_of]
        if of_places and len(whole := set.intersection(*of_places)) == 1:
            return whole.pop()
        choices = [Choice(name, name) for name in self.known.districts.values()]
        if len(homes := self.match.homes(families)) == 1:
            return homes.pop()
        remembered = {self.known.district_of_layout(layout_key(table.headers)) for table in found}
        offered = remembered.pop() if len(remembered) == 1 else None
        return self.asking.ask(BookQuestion("district", "Какого района эти семьи?", choices, offered)) or ""

    def _ask_foreign(self, used: list[FoundTable], district: str) -> None:
        """Stop at a book that names a place of a district which is none of the person's."""
        texts = (text for table in used for text in (table.sheet, *table.above, *table.sections.values()))
        named = next((place for text in texts if (place := self.known.foreign_in(text))), None)
        if named is not None:
            text = f"Книга называет «{named}»: это не ваш район. Точно ли её семьи – района «{district}»?"
            choices = [Choice("here", f"Да, название только похоже: записать в «{district}»")]
            hint = "Если книга чужая, ничего не отвечайте: она не загрузится."
            self.asking.ask(BookQuestion(f"foreign:{names.key(named)}", text, choices, hint=hint))

    def _territories(self, used: list[FoundTable]) -> list[tuple[FoundTable, str]]:
        """The settlement of each table: by the lines above it or above the others of its sheet, by the title of the
        sheet, by the name of the file."""
        several = len({table.sheet for table in used}) > 1
        found = []
        for table in used:
            beside = (line for other in used if other.sheet == table.sheet for line in other.above)
            texts = [table.sheet, *table.above, *beside]
            sure = next((place for text in texts if (place := self.known.settlement_in(text))), None)
            own = (
                several
                and not table.of_cards
                and self._may_be_place(table.sheet)
                and not _PLAIN_SHEET.fullmatch(table.sheet.strip())
                and not _GRADE_SHEET.fullmatch(table.sheet.strip())
            )
            told = next((place for text in texts if (place := settlements.named(text))), "")
            of_file = self.known.settlement_in(self.book.name) or settlements.named(self.book.name)
            town = next((match[0] for text in texts if (match := _TOWN.search(text))), "")
            found.append((table, sure or told or (table.sheet if own else "") or of_file or town))
        return found

    def _may_be_place(self, title: str) -> bool:
        """Whether the title of a sheet may name a settlement: the bank has none yet, or has one like it."""
        return bool(not self.known.settlements or self.known.settlements_like(title) or settlements.named(title))

    def _ask_settlement(self, understood: Understood, silent: list[FamilyRows]) -> None:
        """Ask once where the families live of which neither the book nor the bank tells. silent: those of which the
        book does not; where the bank knows some of them, it is asked no more."""
        unknown = [family for family in understood.families if not family.family.values.get("territory")]
        if not unknown:
            return
        listed = list(dict.fromkeys(self.known.settlements.values()))
        before = {self.known.layout(layout.key).get("territory", "") for layout in understood.layouts} - {""}
        offered = _given_of_settlement(understood.families, silent, before) or (listed[0] if len(listed) == 1 else None)
        first = [offered] if offered else sorted(before)
        choices = [Choice(name, name) for name in dict.fromkeys([*first, *listed[:3]])]
        text = f"Какого поселения семьи, о которых это не сказано (их {len(unknown)})?"
        everything = [Choice(name, name) for name in listed]
        chosen = self.asking.ask(BookQuestion("territory", text, choices, offered, more=everything, named=True)) or ""
        for family in unknown:
            family.family.put("territory", self.known.settlement(chosen) or settlements.named(chosen) or chosen)

    def _place(self, told: str, family: FoundFamily) -> str:
        """The settlement of a family by the name that the book gives it; what is not known is asked once."""
        said = family.first("territory")
        text = said.text if said else told
        if not text:
            address = family.first("address") or family.first("registered")
            return (self.known.settlement_in(contacts.place_of(address.text)) if address else None) or ""
        if sure := self.known.settlement(text):
            return sure
        near = self.known.settlements_like(text)
        everything = [Choice(name, name) for name in dict.fromkeys(self.known.settlements.values())]
        choices = [Choice(name, f"Это «{name}»") for name in near] + [Choice(AS_TEXT, f"Новая территория «{text}»")]
        chosen = self.asking.ask(
            BookQuestion(f"place:{names.key(text)}", f"«{text}» – какая это территория?", choices,
                     None if near or everything else AS_TEXT, more=everything)
        )  # fmt: skip
        return (settlements.named(text) or text) if chosen in (None, AS_TEXT) else chosen


def _disagreeing(total: str, part: list[FamilyRows], whole: list[FamilyRows]) -> Iterator[str]:
    """What a total says otherwise than was read: of the rows since the total above it, or of the whole table."""
    for amount, what in _COUNTED.findall(total):
        if what == "чел":
            continue
        noun, read = ("семей", [len(part), len(whole)]) if what == "сем" else (
            "детей", [sum(family.children for family in each) for each in (part, whole)])  # fmt: skip
        if int(amount) not in read:
            yield f"В итоге книги {noun} {amount}, а прочитано {read[0]}: проверьте, все ли строки поняты."


def _mark(text: str) -> str:
    """A short mark of a text: the same of the same words."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _born(person: PersonInBook) -> str:
    return f"{person.born.told if person.born else ''} ({person.place.sheet})"


def _of_layout(remembered: dict[str, str]) -> dict[str, str]:
    """What was answered of the sheets of a layout, and of what its books leave out."""
    return {name: said for name, said in remembered.items() if name.startswith(("hidden:", "criterion:", "reason:"))}


def _places(table: FoundTable) -> set[str]:
    """What may name settlements in a table: its rows, the lines between them, the places of its addresses."""
    found = set(table.sections.values())
    for meaning, place in (("territory", str), ("place", str), ("address", contacts.place_of)):
        columns = [column.index for column in table.of(meaning)]
        cells = (line[at] for _, line in table.rows for at in columns if at < len(line))
        found |= {place(cell) for cell in cells if isinstance(cell, str)}
    return found - {""}


def _given_of_settlement(found: list[FamilyRows], silent: list[FamilyRows], before: set[str]) -> str | None:
    """The settlement of the families of which the book is silent and the bank knows, else of all, if it is one; of
    several the one that was answered before under the same headers."""
    for some in (silent, found):
        places = {str(told) for family in some if (told := family.family.values.get("territory"))}
        likely = places if len(places) == 1 else places & before
        if len(likely) == 1:
            return likely.pop()
    return None


def _names_people(table: FoundTable, on: date) -> bool:
    """Whether a table names anybody: a summary has columns of children too, and numbers in them."""
    if any(table.of("aid")) and any(table.of("family") + table.of("card")):
        return True
    named = [column.index for column in table.columns if column.meaning.endswith((".name", ".last", ".first"))]
    texts = (line[at] for _, line in table.rows for at in named if at < len(line) and isinstance(line[at], str))
    return any((text and people_in_text.of_name(text)) or people_in_text.people(text, on).found for text in texts)


def _give_grades(found: list[FoundFamily], sheet: str) -> None:
    """A sheet called like a class tells the class of its pupils."""
    for family in found:
        for person in family.people:
            if person.place.sheet == sheet and person.whose in ("children", "person"):
                person.said.setdefault("grade", CellSaid(sheet.strip(), person.place))
