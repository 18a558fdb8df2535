"""Where a child studies, as a hand-made book tells: the status, the organisation as the bank writes it, the class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.domain import names, schools
from app.exchange.handmade.asking import AS_TEXT, BookQuestion, Choice
from app.exchange.handmade.form import FormRow
from app.exchange.handmade.found import CellPlace, CellSaid, PersonInBook
from app.exchange.handmade.words import BookWords
from app.exchange.likeness import NamesInBank

SCHOOL_AGE = 7
_GRADE = re.compile(
    r"(?:^|[\s,(])(\d{1,2}\s*[-–]?\s*[«\"“„']?\s*[А-Яа-яA-Za-z]?\s*[»\"”']?)\s*(?:кл\w*\.?|класс\w*)(?![^\W\d_])",
    re.IGNORECASE,
)
_BARE_GRADE = re.compile(r"\d{1,2}\s*[-–]?\s*[«\"“„']?\s*[А-Яа-я]?\s*[»\"”']?")
_GROUP = re.compile(r"[^,;]*\bгр(?:уппа|\.)[^,;]*", re.IGNORECASE)


@dataclass
class StudyReader:
    """Reads the studies of children; a school that may be one of the bank is asked about once."""

    words: BookWords
    known: NamesInBank

    def read(self, person: PersonInBook, age: int | None, row: FormRow, notes: list[str]) -> None:
        """What a book tells of the studies of a child; what is no study of any kind is kept as a note."""
        rest = person.rest or ""
        said = person.said.get("study") or person.said.get("work") or (CellSaid(rest, person.place) if rest else None)
        grade = person.said["grade"].text if "grade" in person.said else ""
        if said is not None and rest and said.text != rest:
            notes.append(f"{person.full}: {rest}")
        if said is None and not grade:
            return
        text = said.text if said else ""
        organisation, found = _study(text)
        grade = grade or found
        status = self.words.vocabulary.find("education", text) if text else None
        if status is None and grade and not _GROUP.fullmatch(grade):
            status = "school"
        if (
            status is None
            and text
            and age is not None
            and age >= SCHOOL_AGE
            and re.search(r"№\s*\d|школ|сош", text.casefold())
        ):
            status = "school"
        if status is None or (status == "preschool_home" and age is not None and age > SCHOOL_AGE):
            notes.append(f"{person.full}: {text or grade}")
            return
        place = said.place if said else person.said["grade"].place
        row.put("education_status", status, place)
        row.put("education_grade", grade, place)
        if not self._is_status_only(text, status):
            row.put("education_organisation", self._school(organisation, place), place)

    def _school(self, text: str, place: CellPlace) -> str:
        """A school as the bank writes it: one that is written otherwise and may be it is asked about, with both."""
        name, near = self.known.school(text)
        if not near:
            return name
        choices = [Choice(one, f"Это «{one}»") for one in near]
        choices.append(Choice(AS_TEXT, f"Другая: записать «{name}»"))
        sure = near[0] if len(near) == 1 and schools.bare(near[0]) == schools.bare(name) else None
        question = f"«{name}» – какая это школа или детский сад?"
        chosen = self.words.asking.ask(BookQuestion(f"school:{names.key(name)}", question, choices, sure, place.cell))
        return name if chosen in (None, AS_TEXT) else chosen

    def _is_status_only(self, text: str, status: str) -> bool:
        """Whether a text names no organisation: «школьник», «не посещает», «д/с»."""
        plain = names.key(_study(text)[0])
        exact = self.words.vocabulary.learned.get("education", {}).get(plain) == status
        return exact or status in ("preschool_home", "none", "home", "works") or not plain


@lru_cache(maxsize=1 << 10)  # a few schools have all the children
def _study(text: str) -> tuple[str, str]:
    """The organisation and the class or group of a text: «МБОУ СОШ №7, 4 «А»»."""
    text = re.sub(r"\s+", " ", text).strip()
    if found := _GRADE.search(text):
        rest = text[: found.start()] + " " + text[found.end() :]
        return re.sub(r"\s+", " ", rest).strip(" ,.;–-"), re.sub(r"\s*([«»\"”“„])\s*", r"\1", found[1]).strip(
            " ,"
        ).replace("4«", "4 «")
    parts = [part.strip() for part in text.split(",")]
    for place, part in enumerate(parts):
        if part and (_BARE_GRADE.fullmatch(part) or (place and _GROUP.fullmatch(part))):
            return ", ".join(parts[:place] + parts[place + 1 :]).strip(" ,"), part
    return text.strip(" ,.;"), ""
