"""The stay on record as a hand-made book tells of it: the decision, its grounds, who found the family, the removal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.domain import names, spelled
from app.exchange.handmade.asking import AS_TEXT, Asking, BookQuestion, Choice
from app.exchange.handmade.form import FormRow
from app.exchange.handmade.found import CellPlace, CellSaid, FoundFamily
from app.exchange.handmade.vocabulary import Vocabulary
from app.exchange.handmade.words import BookWords, all_of
from app.exchange.likeness import NamesInBank

_REMOVED = re.compile(r"\bснят\w*", re.IGNORECASE)
_PLACED = re.compile(r"\b(?:пост|взят)\w*", re.IGNORECASE)
_DECISION = re.compile(
    r"(?:№|\bN)\s*\d[\w/\\.-]*|\b(?:постановлени\w*|поставлен\w*|пост|протокол\w*|прот|решени\w*)\b\.?(?:\s*\d[\w/-]*)?"
    r"|\b(?:кдн\w*|и\s+зп|зп|от|г)\b\.?|(?<![\w.])\d+(?:[/-]\d+)?(?![\w.])",
    re.IGNORECASE,
)


def beside_decision(text: str) -> str:
    """What a text tells beside the day and the number of a decision: «27.01.2026, пост. № 1/7, 2.1.1» → «2.1.1»."""
    if not spelled.numbered_day(text):
        return text
    text = re.sub(r"\bс\s+(?=\d)", "", text)
    return re.sub(r"(?:\s*[,;.]\s*){2,}", ", ", _DECISION.sub(" ", spelled.without_times(text))).strip(" ,;.–-\n")


def _part_acts(found: FoundFamily) -> None:
    """A text that tells of both acts tells of each: «пост. 14.01.2026 № 1/7, снята 17.09.2026 № 26/2»."""
    for what in ("placed", "removed"):
        for said in list(found.of(what)):
            if not isinstance(said.value, str):
                continue
            act = _REMOVED.search(said.text)
            before, after = (said.text[: act.start()], said.text[act.start() :]) if act else (said.text, "")
            parts = (("placed", before.strip(" ,;\n")), ("removed", after))
            if (
                (act and before.strip(" ,;\n") and _PLACED.search(before))
                or (what == "placed" and act)
                or (what == "removed" and not act and _PLACED.search(before))
            ):
                found.said[what].remove(said)
                for other, text in parts:
                    if text:
                        found.tell(other, CellSaid(text, said.place))


@dataclass
class StayReader:
    """Reads the stays of families; what it cannot read it asks once."""

    words: BookWords
    known: NamesInBank
    today: date
    notices: list[tuple[CellPlace, str]] = field(default_factory=list)

    @property
    def vocabulary(self) -> Vocabulary:
        return self.words.vocabulary

    @property
    def asking(self) -> Asking:
        return self.words.asking

    def read(self, found: FoundFamily, notes: list[str]) -> FormRow | None:
        _part_acts(found)
        if not found.said.get("placed"):  # a column of grounds may tell of the decision too
            found.said["placed"] = [said for said in found.of("criteria") if spelled.days(said.text, self.today)]
        placed, number = self._decision(found, "placed", "placed_number")
        removed, removal_number = self._decision(found, "removed", "removed_number")
        criteria, waits = self._criteria(found, notes)
        kind, sender = self._sender(found)
        if placed is None:
            self._tell_unplaced(found, notes, criteria, kind, sender)
            return None
        at = found.first("placed") or found.first("placed_number")
        row = FormRow({}, at.place if at else found.place)
        place = row.place
        if not criteria and not waits and (chosen := self._missing_criterion(found)):
            criteria = (chosen,)
        for name, value in (("registered_on", placed), ("decided_on", placed), ("decision_number", number)):
            row.put(name, value, place)
        said = found.first("criteria")
        row.put("criteria", criteria, said.place if said else place)
        row.put("sender_kind", kind, place)
        row.put("sender", sender, place)
        if said := found.first("detected"):
            row.put("detected_on", self._day(said), said.place)
        if removed is not None:
            self._removal(found, row, removed, removal_number)
        elif (said := found.first("removed")) and names.key(said.text) not in ("состоит", "на учете"):
            notes.append(f"Снятие с учёта: {said.text}")
        return row if criteria else None

    def _decision(self, found: FoundFamily, what: str, number: str) -> tuple[Any, str | None]:
        """The day and the number of a decision, from one column or from two."""
        day, told = None, None
        for said in found.of(what):
            if isinstance(said.value, list):
                day = day or (said.value[0] and date.fromisoformat(said.value[0]))
            elif isinstance(said.value, float):
                day = day or spelled.of_serial(said.value)
                told = told or (None if day else said.text)
            else:
                read, of_text = spelled.decision(said.text, self.today)
                day, told = day or read, told or of_text
                odd = [event.odd for event in spelled.days(said.text, self.today) if event.odd]
                day = day or (odd[0] if odd else None)
        for said in found.of(number):
            told = re.sub(r"^\s*(?:№|N)\s*", "", said.text) or told
        return day, told

    def _day(self, said: CellSaid) -> Any:
        if isinstance(said.value, list):
            return said.value
        found = [event.day for event in spelled.days(said.text, self.today) if event.day]
        return found[0] if found else said.text

    def _criteria(self, found: FoundFamily, notes: list[str]) -> tuple[tuple[str, ...], bool]:
        """The codes of the grounds, and whether some of them wait for an answer."""
        waits = False
        codes: dict[str, None] = {}
        for said in found.of("criteria"):
            for part in self.vocabulary.parts("criterion", beside_decision(said.text)):
                if code := self.words.code("criterion", part):
                    codes[code] = None
                else:
                    waits |= not self.words.is_answered("criterion", part)
                if self.vocabulary.codes["criterion"].find(part) is None:
                    notes.append(f"Основание: {part}")
        for said in found.of("placed") if not codes and not waits else ():
            if not any(map(str.isalpha, said.text)):
                continue  # a day or a number alone
            for part in self.vocabulary.parts("criterion", beside_decision(said.text)):
                if code := self.vocabulary.find("criterion", part):
                    codes[code] = None
                if self.vocabulary.codes["criterion"].find(part) is None:
                    notes.append(f"Основание: {part}")
        return tuple(codes), waits

    def _missing_criterion(self, found: FoundFamily) -> str | None:
        codes = self.vocabulary.codes["criterion"]
        chosen = self.asking.ask(
            BookQuestion(
                "criterion:none", "У некоторых семей основание постановки не указано. Какой критерий записать?",
                [Choice(code, f"{code} {codes.names[code]}") for code in ("2.1", "2.5", "2.2") if code in codes.names]
                + [Choice(AS_TEXT, "Записать семьи без постановки на учёт: критерий внесём потом")],
                hint=f"первая – строка {found.place.row}", more=all_of(codes),
            )
        )  # fmt: skip
        return None if chosen in (None, AS_TEXT) else chosen

    def _sender(self, found: FoundFamily) -> tuple[str | None, str | None]:
        """The kind of the body that found the family, and its name if it has one of its own."""
        said = found.first("sender")
        if said is None:
            return None, None
        text = re.sub(r"\s+", " ", said.text)
        if learned := self.known.body_words.get(names.key(text)):
            text = learned
        sure, near = self.known.bodies_like(text, None)
        if sure:
            return sure
        kind = self.words.code("agency_kind", text)
        if kind is None:
            return None, None
        if self.vocabulary.learned.get("agency_kind", {}).get(names.key(text)) and not any(map(str.isdigit, text)):
            return kind, self.known.only_body(kind)
        near = [one for one in near if one[0] == kind] or self.known.bodies_like(text, kind)[1]
        if not near:
            return kind, text
        choices = [Choice(name, f"Это «{name}»") for _, name in near]
        choices.append(Choice(AS_TEXT, f"Другая организация: записать «{text}»"))
        chosen = self.asking.ask(
            BookQuestion(f"body:{names.key(text)}", f"«{text}» – какая это организация?", choices, hint=said.place.cell)
        )
        return kind, text if chosen in (None, AS_TEXT) else chosen

    def _removal(self, found: FoundFamily, row: FormRow, removed: Any, number: str | None) -> None:
        at = found.first("removed")
        place = at.place if at else found.place
        for name, value in (("removed_on", removed), ("removal_decided_on", removed), ("removal_number", number)):
            row.put(name, value, place)
        reason = None
        if said := found.first("reason"):
            reason = self.words.code("reason", said.text)
            place = said.place
        elif at is not None and isinstance(at.value, str):
            words = re.sub(
                r"(?:пост\w*|прот\w*|кдн\w*|снят\w*|№\s*[\w/-]+|от)\b\.?",
                " ",
                spelled.without_times(at.text),
                flags=re.IGNORECASE,
            )
            if len(names.key(words)) > 3:
                reason = self.words.code("reason", re.sub(r"\s+", " ", words).strip(" ,.;"))
        if reason is None and self.asking.questions.get("words:reason") is None:
            codes = self.vocabulary.codes["reason"]
            first = [
                Choice(code, f"{code} {codes.names[code]}")
                for code in ("11.2", "11.1", "11.4.1")
                if code in codes.names
            ]
            text = "У некоторых снятых семей причина снятия не указана. Какую записать?"
            reason = self.asking.ask(BookQuestion("reason:none", text, first, more=all_of(codes)))
        row.put("reason", reason, place)

    def _tell_unplaced(self, found: FoundFamily, notes: list[str], criteria: tuple[str, ...], kind: str | None,
                       sender: str | None) -> None:  # fmt: skip
        """Without a day nobody is put on record; what was told of it is not lost."""
        codes = self.vocabulary.codes["criterion"]
        if not any(note.startswith("Основание: ") for note in notes):
            notes += [f"Основание: {code} {codes.names[code]}" for code in criteria]
        if said := found.first("sender"):
            notes.append(f"Выявил: {said.text}")
        notes += [f"Постановка: {said.text}" for said in found.of("placed")]
        self.notices.append((found.place, "Даты постановки на учёт нет: семья будет записана без постановки."))
