"""The aid of which a hand-made book tells: the day, what was given, to whom in the family, for how much."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain import names, people_in_text, spelled
from app.exchange import cells
from app.exchange.handmade.asking import AS_TEXT, BookQuestion, Choice
from app.exchange.handmade.form import AidInForm, FormRow
from app.exchange.handmade.found import CellSaid, FoundFamily, PersonInBook
from app.exchange.handmade.words import BookWords

EVERYBODY, CHILDREN, PARENTS, NOBODY = "everybody", "children", "parents", AS_TEXT
_ALL = frozenset(
    ("вся семья", "семья", "семье", "на семью", "все", "всем", "всей семье", "члены семьи", "все члены семьи")
)
_OF_CHILDREN = re.compile(r"(на |для )?(всем )?(дет(и|ям|ей|ьми)|реб(е|ё)н(ок|ка|ку)|несовершеннолетн\w+|подростк\w+)")
_OF_PARENTS = re.compile(r"(на |для )?(обоим |оба )?родител\w+")
_GIVEN = {
    "матери": "мать", "маме": "мать", "отцу": "отец", "папе": "отец", "сыну": "сын", "дочери": "дочь",
    "бабушке": "бабушка", "дедушке": "дедушка", "опекуну": "опекун", "отчиму": "отчим", "мачехе": "мачеха",
    "внуку": "внук", "внучке": "внучка",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?:на сумму|сумма|в размере)?\s*(\d[\d\s\u00a0]*(?:[.,]\d{1,2})?\s*(?:тыс\.?\s*(?:руб\w*|р)?|руб\w*|р\b|₽)\.?)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\(([^()]{2,80})\)")


@dataclass
class AidReader:
    """Reads the aid of families; whom it cannot find in the family, and what it does not know, it asks once."""

    words: BookWords
    today: date
    is_child: Callable[[PersonInBook], bool]

    def read(self, found: FoundFamily, members: list[FormRow], notes: list[str]) -> Iterator[AidInForm]:
        """The aid of a family. members: the rows of its people, in the order of the book."""
        for told in found.aids:
            for piece in self._pieces(told):
                aid = self._one(piece, told, found, members)
                if aid is not None:
                    yield aid
                else:
                    notes.append(f"Помощь: {_told(told, piece)}")

    def _pieces(self, told: dict[str, CellSaid]) -> list[str]:
        """What was given, one by one: lines of a cell that each have a day of their own."""
        text = told["aid"].text
        parts = [part for each in re.split(r"[;\n]", text) if (part := each.strip(" ,."))]
        alone = "aid_on" not in told and all(spelled.numbered_day(part) for part in parts)
        return parts if alone and len(parts) > 1 else [text]

    def _one(
        self, text: str, told: dict[str, CellSaid], found: FoundFamily, members: list[FormRow]
    ) -> AidInForm | None:
        place = told["aid"].place
        given_on = self._day(told.get("aid_on")) or self._day(CellSaid(text, place))
        if given_on is None:
            return None
        rest = re.sub(r"\s+", " ", spelled.without_times(text)) if spelled.numbered_day(text) else text
        whom = told["aid_for"].text if "aid_for" in told else ""
        if not whom and (bracketed := _IN_BRACKETS.search(rest)) and self._is_whom(bracketed[1], found):
            whom, rest = bracketed[1], rest.replace(bracketed[0], " ")
        amount, rest = self._amount(told.get("aid_sum"), rest)
        what = re.sub(r"\s+", " ", rest).strip(" ,.;:–-\n")
        kind = self.words.code("aid_kind", what)
        if kind is None:
            return None
        row = FormRow({}, place)
        row.put("given_on", given_on, told["aid_on"].place if "aid_on" in told else place)
        row.put("aid_kind", kind, place)
        by = f"Оказал: {told['aid_by'].text}" if "aid_by" in told else ""
        said = "" if self.words.vocabulary.codes["aid_kind"].find(what) else what
        row.put("description", "; ".join(filter(None, (said, by))), place)
        row.put("amount", amount, told["aid_sum"].place if "aid_sum" in told else place)
        return AidInForm(row, self._people(whom, found, members))

    def _day(self, said: CellSaid | None) -> date | None:
        if said is None:
            return None
        if isinstance(said.value, list):
            return cells.day(said.value)
        if isinstance(said.value, (int, float)):
            return spelled.of_serial(said.value)
        return next((event.day for event in spelled.days(said.text, self.today) if event.day), None)

    def _amount(self, said: CellSaid | None, text: str) -> tuple[float | None, str]:
        if said is not None:
            value = Decimal(repr(said.value)) if isinstance(said.value, float) else spelled.amount(said.text)
            return (None if value is None else float(value)), text
        found = _AMOUNT.search(text)
        value = spelled.amount(found[1]) if found else None
        if found is None or value is None:
            return None, text
        return float(value), text[: found.start()] + " " + text[found.end() :]

    # Whom

    def _is_whom(self, text: str, found: FoundFamily) -> bool:
        return all(self._group(piece) or self._named(piece, found) for piece in _parts(text))

    def _people(self, text: str, found: FoundFamily, members: list[FormRow]) -> list[FormRow]:
        """The rows of those who got it: by «вся семья», «дети», by roles, by names and initials."""
        wanted: list[PersonInBook] = []
        for piece in _parts(text):
            group = self._group(piece)
            people = self._of_group(group, found) if group else self._named(piece, found)
            if not people and (group := self._asked(piece)):
                people = self._of_group(group, found)
            wanted += people
        rows = {id(person): row for person, row in zip(found.people, members, strict=True)}
        return list({id(person): rows[id(person)] for person in wanted}.values())

    def _group(self, text: str) -> str | None:
        key = names.key(text)
        if key in _ALL:
            return EVERYBODY
        if _OF_CHILDREN.fullmatch(key):
            return CHILDREN
        return PARENTS if _OF_PARENTS.fullmatch(key) else None

    def _of_group(self, group: str, found: FoundFamily) -> list[PersonInBook]:
        if group == EVERYBODY:
            return list(found.people)
        return [person for person in found.people if self.is_child(person) is (group == CHILDREN)]

    def _named(self, text: str, found: FoundFamily) -> list[PersonInBook]:
        key = names.key(text)
        key = _GIVEN.get(key, key)
        if code := self.words.vocabulary.find("role", key):
            return [person for person in found.people if self._is_of_role(person, code, key)]
        first = [person for person in found.people if names.key(person.first) == key]
        who = people_in_text.of_name(text)
        if first or who is None:
            return first
        wanted = PersonInBook("person", found.place, who.last, who.first, who.middle)
        return [person for person in found.people if person.bears_name_of(wanted)]

    def _is_of_role(self, person: PersonInBook, code: str, word: str) -> bool:
        told = person.role or (person.said["role"].text if "role" in person.said else "")
        if told:
            return self.words.vocabulary.find("role", told) == code
        return {"mother": "мать", "father": "отец", "guardian": "опекун"}.get(person.whose) == word

    def _asked(self, text: str) -> str | None:
        choices = [
            Choice(EVERYBODY, "Всей семье"), Choice(CHILDREN, "Детям"), Choice(PARENTS, "Взрослым"),
            Choice(NOBODY, "Не записывать, кому"),
        ]  # fmt: skip
        chosen = self.words.asking.ask(
            BookQuestion(f"whom:{names.key(text)}", f"«{text}» – кому оказана помощь?", choices)
        )
        return None if chosen in (None, NOBODY) else chosen


def _parts(text: str) -> list[str]:
    """«мать и дети, Тетерин С.И.» one by one."""
    if names.key(text) in _ALL:
        return [text]
    return [part.strip() for part in re.split(r"[,;\n+]|\s+и\s+", text) if names.key(part)]


def _told(told: dict[str, CellSaid], piece: str) -> str:
    """A row of aid as one text, for what cannot be read of it."""
    beside = [said.text for what, said in told.items() if what != "aid"]
    return ", ".join([piece, *beside])
