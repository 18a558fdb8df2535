"""Days, moments, roubles, ages and numbers as Russian papers and pages write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

# Every printed page and every exported file bears it (152-ФЗ; Положение, 1.6).
CONFIDENTIAL = "Конфиденциально. Персональные данные"

_SHORTENED = re.compile(r"(?<!\w)([^\W\d]{1,4})\. +(?=[\w«])")

SPACE = "\u00a0"  # between thousands: a number is never broken over two lines
_EXACT = ("textarea", "option", "script", "title")  # elements whose text is a value


def day(value: date | None, empty: str = "") -> str:
    """05.03.2024; put together from its parts, which takes a third of the time of a format."""
    return f"{value.day:02}.{value.month:02}.{value.year:04}" if value else empty


def moment(local: datetime | None, empty: str = "") -> str:
    """05.03.2024 14:30 of a moment by the municipality's clock (`clock.local`)."""
    return f"{local:%d.%m.%Y %H:%M}" if local else empty


def roubles(value: Decimal | float | None, empty: str = "") -> str:
    """12 345,60."""
    return empty if value is None else f"{value:,.2f}".replace(",", SPACE).replace(".", ",")


def number(value: int) -> str:
    """12 345."""
    return f"{value:,}".replace(",", SPACE)


def tenth(value: Decimal | float) -> str:
    """12,5 of a share; a whole number stays whole."""
    return number(value) if isinstance(value, int) else f"{value:.1f}".replace(".", ",")


def address(text: str | None, empty: str = "") -> str:
    """«ул. Полевая, д. 25»: what is shortened is not torn at the end of a line from what it names."""
    return _SHORTENED.sub(_held_together, text) if text else empty


def _held_together(shortened: re.Match[str]) -> str:
    return f"{shortened[1]}.{SPACE}"


def numbers_held(page: str) -> str:
    """HTML in which «№ 12» is not torn at the end of a line: in text that is read, not in attributes and values."""
    first, *others = page.split("№ ")
    held, tag = [first], ""
    for before, after in zip([first, *others], others, strict=False):
        opened = before.rfind("<")
        if opened >= 0:
            tag = before[opened:]
        elif ">" not in tag:
            tag += before
        is_read = ">" in tag and not tag.startswith(_EXACT, 1)
        held.append(f"№{SPACE if is_read else ' '}{after}")
    return "".join(held)


def naming(text: str, named: Iterable[tuple[str, int]]) -> list[tuple[str, int | None]]:
    """A text in pieces: each «№ 00017» of a family with its key, what stands between without.

    named: the numbers of these families and their keys.
    """
    keys = {f"№ {number}": key for number, key in named}
    if not keys:
        return [(text, None)]
    pieces = re.split(f"({'|'.join(map(re.escape, keys))})(?![\\w/])", text)
    return [(piece, keys.get(piece)) for piece in pieces if piece]


def short(text: str, longest: int) -> str:
    """A text within a length; one that was longer ends in «…», so that nobody takes its part for the whole."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def in_a_line(*parts: str | None) -> str:
    """What is told, part by part, as sentences of one line; a part that ends with a full stop has one already."""
    told = [part.strip().removesuffix(".") for part in parts if part]
    return ". ".join(part for part in told if part)


def yes_no(value: bool | None, empty: str = "") -> str:
    """«да», «нет» or nothing known."""
    return empty if value is None else ("да" if value else "нет")


def dialled(text: str) -> str:
    """The first telephone number of a text as a phone dials it: «+7 (863) 555-01-02, доб. 3» → «+78635550102»."""
    found = re.search(r"\+?\d[\d\s()-]*", text)
    return re.sub(r"[^\d+]", "", found[0]) if found else ""


def counted(number: int, one: str, few: str, many: str) -> str:
    """«1 семья», «3 семьи», «12 семей»: the form of a noun after a number."""
    if number % 10 == 1 and number % 100 != 11:
        return f"{number} {one}"
    if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14:
        return f"{number} {few}"
    return f"{number} {many}"


def age(years: int, months: int | None = None) -> str:
    """«1 год», «3 года», «12 лет»; of a baby the months: «7 мес.», «до года» if they are not known."""
    if years:
        return counted(years, "год", "года", "лет")
    return "до года" if months is None else f"{months} мес."


def initials(last_name: str, first_name: str, middle_name: str | None = None) -> str:
    """«Кленовская В. П.»: a person's name where there is little room; no line breaks inside it."""
    return SPACE.join([last_name, *(f"{name[0]}." for name in (first_name, middle_name) if name)])


# The last letters of an adjective, and of the noun of a place, in the prepositional case.
_ADJECTIVES = {"ний": "нем", "ий": "ом", "ый": "ом", "ой": "ом", "ее": "ем", "ое": "ом", "яя": "ей", "ая": "ой"}
_PLACES = {
    "район": "районе", "округ": "округе", "край": "крае", "область": "области", "поселение": "поселении",
}  # fmt: skip


def within(place: str) -> str:
    """«в Заречном районе» of «Заречный район»; of a name without a noun of a place: «на территории «Бор»»."""
    words = place.split()
    noun = next((number for number, word in enumerate(words) if word.lower() in _PLACES), None)
    if noun is not None:
        found = [_inflected(word) for word in words[:noun]]
        if all(found):
            inflected = [*found, _PLACES[words[noun].lower()], *words[noun + 1 :]]
            return " ".join(["в", *(str(word) for word in inflected)])
    return f"на территории «{place}»"


def _inflected(adjective: str) -> str | None:
    for ending, other in _ADJECTIVES.items():
        if adjective.lower().endswith(ending):
            return adjective[: -len(ending)] + other
    return None
