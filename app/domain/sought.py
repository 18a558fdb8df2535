"""What a person types into the search field, read: words, days, years, initials, a document, a telephone."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from app.domain import contacts, names, spelled

_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю.ё"
_SHIFTED = {"{": "х", "}": "ъ", ":": "ж", '"': "э", "<": "б", ">": "ю", "~": "ё"}
_LAYOUT = str.maketrans(dict(zip(_LATIN, _RUSSIAN, strict=True)) | _SHIFTED)

_SPACES = re.compile(r"\s+")
_DOCUMENT = re.compile(r"(?P<series>[\w\s-]{0,12}?)\s*(?:№|n|no)?\s*(?P<number>\d{5,12})", re.IGNORECASE)
_TELEPHONE = re.compile(r"(?:т|тел|телефон)?\.?\s*[+\d][\d\s()\-–+.]{4,}", re.IGNORECASE)
_STREET = re.compile(r"[^\W\d_]{3,}\D*\d{1,2}$")  # «8 Марта, 12» is a house more often than a day
PASSPORT = 10  # digits of its series and number together
NUMBER = 6  # digits of a number of a document, where series and number are written together


class DocumentNumber(NamedTuple):
    """A document as it is typed: the number, and the letters and digits of the series, if any."""

    series: str
    number: str


class Sought(NamedTuple):
    """A query as it is read. initials: surname and initials, «иванова а с»; words: everything but whole days."""

    text: str
    words: tuple[str, ...]
    days: tuple[date, ...] = ()
    years: tuple[int, ...] = ()
    initials: str | None = None
    documents: tuple[DocumentNumber, ...] = ()
    phones: tuple[str, ...] = ()


def read(text: str, on: date) -> Sought:
    """Read a query on a day: no birth is later."""
    births = spelled.births(text, on)
    told = [time for time in births if time.day is not None and not _STREET.search(text[time.start : time.end])]
    days = tuple(dict.fromkeys(time.day for time in told if time.day is not None))
    rest = text
    for time in reversed(told):
        rest = f"{rest[: time.start]} {rest[time.end :]}"
    words = tuple(dict.fromkeys(names.folded(rest).split()))
    years = tuple(time.year for time in births if time.year is not None and str(time.year) in words)
    return Sought(
        text, words, days, years, _initials([word for word in words if word not in map(str, years)]),
        () if days else documents(text), () if days else phones(text),
    )  # fmt: skip


def _initials(words: list[str]) -> str | None:
    """«Иванова А. С.», «Иванова А», «А. С. Иванова»: the surname first."""
    if len(words) not in (2, 3) or not all(word.isalpha() for word in words):
        return None
    lengths = [len(word) for word in words]
    if lengths[0] > 1 and max(lengths[1:]) == 1:
        return " ".join(words)
    return " ".join((words[2], *words[:2])) if lengths[:2] == [1, 1] and lengths[2] > 1 else None


def documents(text: str) -> tuple[DocumentNumber, ...]:
    """The document that a whole query names: «92 04 123456», «9204123456», «II-ЗР № 123456», «123456»."""
    found = _DOCUMENT.fullmatch(text.strip())
    if found is None:
        return ()
    read_so = DocumentNumber(series_key(found["series"]), found["number"])
    if not read_so.series and len(read_so.number) == PASSPORT:
        return (DocumentNumber(read_so.number[:-NUMBER], read_so.number[-NUMBER:]),)
    return (read_so,)


def series_key(text: str | None) -> str:
    """The letters and digits of a series of a document: «92 04» and «9204» are one."""
    return "".join(filter(str.isalnum, (text or "").casefold()))


def phones(text: str) -> tuple[str, ...]:
    """The telephone that a whole query is, by its digits: «8 (900) 123-45-67», «+79001234567», «2-15-44»."""
    return tuple(contacts.phones(text)) if _TELEPHONE.fullmatch(text.strip()) else ()


def in_russian_layout(text: str) -> str | None:
    """What was meant by a text that was typed with the Latin layout: «bdfyjdf» → «иванова». None: it was not."""
    lower = text.casefold()
    is_latin = any("a" <= sign <= "z" for sign in lower) and not any("а" <= sign <= "ё" for sign in lower)
    return _SPACES.sub(" ", lower.translate(_LAYOUT)).strip() if is_latin else None
