"""Addresses and telephone numbers as people write them: read, compared, and what they are found by."""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import NamedTuple

from app.domain import names

# Words that say what a name or a number of an address is of; people write them, shorten them and leave them out.
_STREETS = frozenset({"ул", "улица", "пер", "переулок", "пр", "просп", "проспект", "ш", "шоссе", "бул", "бульвар", "б",
                      "туп", "тупик", "наб", "пл", "площадь", "мкр", "микрорайон", "проезд"})  # fmt: skip
_HOUSES, _BUILDINGS = {"д", "дом"}, {"к", "корп", "корпус", "стр", "строение", "лит", "литера"}
_FLATS = {"кв", "квартира", "ком", "комната"}
_PLACES = frozenset({"г", "гор", "город", "с", "село", "п", "пос", "поселок", "пгт", "рп", "ст", "станица", "х", "хут",
                     "хутор", "дер", "деревня", "аул", "снт", "тер", "обл", "область", "р", "н", "м", "район", "респ",
                     "республика", "край", "россия", "рф"})  # fmt: skip
_STREET_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_STREETS))})\b", re.IGNORECASE)
_ENDINGS = frozenset({"я", "й", "ая", "ый", "ой", "ий", "го"})  # of a number: «1-я Речная»
_LETTERS = frozenset("абвежзилт")  # of a house; the others shorten some word
_KINDS = _STREETS | _HOUSES | _BUILDINGS | _FLATS | _PLACES
_RANKS = {word: rank for rank, kinds in enumerate((_HOUSES, _BUILDINGS, _FLATS)) for word in kinds}
_NUMBER = re.compile(r"\d+[^\W\d]?")
POSTCODE = 6  # digits

_PHONES = re.compile(r"[\d\s()+.\u2010-\u2015-]+")
SHORTEST_PHONE, NATIONAL = 5, 10  # digits
_TRUNKS = ("7", "8")  # before a national number


class ReadAddress(NamedTuple):
    """What an address tells when the words around it are left out: names of places and streets, the name of the
    street, and the numbers of house, building and flat in this order."""

    words: frozenset[str]
    street: str | None
    numbers: tuple[str, ...]


class HomesAlike(enum.Enum):
    """How two addresses agree, as people are told; the best first."""

    SAME = "тот же адрес"
    IN_PART = "тот же адрес, но место названо не полностью"
    HOUSE = "тот же дом, квартира указана не везде"


@lru_cache(maxsize=256)  # one address is compared with many
def home(address: str | None) -> ReadAddress:
    """Read an address: «г. Заречный, ул. Речная, д. 5, кв. 3» and «Заречный Речная ул., 5-3» are one."""
    tokens = _tokens(address)
    found = [word for word in tokens if word not in _KINDS and not _NUMBER.fullmatch(word)]
    numbers = []
    for place, word in enumerate(tokens):
        if _NUMBER.fullmatch(word) and not (word.isdigit() and len(word) == POSTCODE):
            numbers.append((_RANKS.get(tokens[place - 1], 0) if place else 0, word))
    numbers.sort(key=lambda number: number[0])
    return ReadAddress(frozenset(found), _street(tokens), tuple(word for _rank, word in numbers))


def homes_alike(one: str | None, other: str | None) -> HomesAlike | None:
    """How two addresses agree; None: they do not, or do not tell enough."""
    if not one or not other:
        return None
    if names.key(one) == names.key(other):
        return HomesAlike.SAME
    first, second = home(one), home(other)
    if not (first.words <= second.words or second.words <= first.words):
        return None
    if not (first.words and second.words and first.numbers and second.numbers):
        return None
    if first.numbers == second.numbers:
        return HomesAlike.SAME if first.words == second.words else HomesAlike.IN_PART
    shared = min(len(first.numbers), len(second.numbers))
    return HomesAlike.HOUSE if first.numbers[:shared] == second.numbers[:shared] else None


def place_of(address: str) -> str:
    """The words of an address that may name its place, and not its street: «с. Старый Мост, ул. Заречная, 20» is of
    the first three words."""
    parts = address.split(",")
    before = [_STREET_WORD.split(part, maxsplit=1)[0] for part in parts]
    return " ".join(before).strip() if before != parts else parts[0].strip()


class HomeWords(NamedTuple):
    """The words by which the homes of a street with some number are found: one of each kind stands in the address."""

    streets: frozenset[str]
    numbers: frozenset[str]


def words_of_home(address: str | None) -> HomeWords | None:
    """The words by which whatever may be the same home is found; None: the address names no street, or no number."""
    read = home(address)
    if not read.street or not read.numbers:
        return None
    digits = {"".join(filter(str.isdigit, number)) for number in read.numbers}
    return HomeWords(frozenset({read.street}), frozenset({*read.numbers, *digits}))


def phones(*texts: str | None) -> list[str]:
    """The telephone numbers of some texts by their digits, each once; +7 and 8 before a national number are alike.

    «8 (900) 123-45-67, дом. 2-15-44» → 9001234567, 21544.
    """
    found: dict[str, None] = {}
    for text in filter(None, texts):
        for chunk in _PHONES.findall(text):
            found.update(dict.fromkeys(_numbers("".join(sign for sign in chunk if sign.isdigit()))))
    return list(found)


def _numbers(digits: str) -> list[str]:
    """The numbers that a run of digits holds: two national ones may stand in a row."""
    found = []
    while len(digits) >= 2 * NATIONAL:
        length = NATIONAL + digits.startswith(_TRUNKS)
        found.append(_national(digits[:length]))
        digits = digits[length:]
    if len(digits) >= SHORTEST_PHONE:
        found.append(_national(digits))
    return found


def _national(digits: str) -> str:
    return digits[1:] if len(digits) == NATIONAL + 1 and digits.startswith(_TRUNKS) else digits


def _tokens(address: str | None) -> list[str]:
    """The words of an address; the letter of a house stands with its number, the ending of a number is left out."""
    found: list[str] = []
    for word in names.folded(address).split():
        after_number = bool(found) and found[-1].isdigit()
        if after_number and word in _ENDINGS:
            continue
        if after_number and word in _LETTERS:
            found[-1] += word
        else:
            found.append(word)
    return found


def _street(tokens: list[str]) -> str | None:
    """The longest word of the name that stands behind «ул.», or before it, or before the first number."""
    marks = [place for place, word in enumerate(tokens) if word in _STREETS]
    numbers = [place for place, word in enumerate(tokens) if _NUMBER.fullmatch(word) and len(word) != POSTCODE]
    for mark in marks:
        if run := _run(tokens[mark + 1 :]) or _run(tokens[:mark][::-1])[:1]:
            return max(run, key=len)
    before = tokens[: numbers[0]] if numbers and numbers[0] else tokens
    run = _run([word for word in reversed(before) if word not in _HOUSES])
    return run[0] if run else None


def _run(tokens: list[str]) -> list[str]:
    """The names with which some words begin."""
    found: list[str] = []
    for word in tokens:
        if word in _KINDS or _NUMBER.fullmatch(word):
            break
        found.append(word)
    return found
