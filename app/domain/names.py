"""Names and search keys: how people and places are written, compared and found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from app.domain.writing import is_look_alike, is_nothing, is_plain, lines

MOST_KEPT = 1 << 15  # words and names of a large book
LONGEST_KEPT = 100  # characters of a text whose key is kept: the same names are asked about again and again

_NOT_WORD = re.compile(r"[\W_]+")
_NO_LETTER = re.compile("[?\ufffd*#!]")

# Letters of the neighbouring alphabets that stand beside a Russian one: the base, then its kin in order.
_KIN = ("аәӑӓ", "гғґҕӷ", "еёєӗ", "жҗӝӂ", "зҙӟ", "иіїӣӥ", "кқҡҝҟ", "нңҥ", "оөӧӫ", "сҫ", "уүұўӱӳӯ", "хһҳ", "чҷҹӵ", "ыӹ")
BASES = {letter: kin[0] for kin in _KIN for letter in kin[1:]}
_FOLD = str.maketrans(BASES)
_KINDRED = re.compile(f"[{''.join(BASES)}]")
_ORDER = str.maketrans({letter: f"{kin[0]}{place}" for kin in _KIN for place, letter in enumerate(kin)})

_ANY_PLACE = str.maketrans({kin[0]: f"{kin[0]}_" for kin in _KIN})


def key(text: str | None) -> str:
    """A text as it is compared: lower case, ё as е, punctuation and extra spaces dropped; every other letter counts."""
    if not text:
        return ""
    return _kept_key(text) if len(text) <= LONGEST_KEPT else _key(text)


def _key(text: str) -> str:
    plain = _visible_fold(text).replace("ё", "е")
    return plain if plain.isalpha() else _NOT_WORD.sub(" ", plain).strip()


_kept_key = lru_cache(MOST_KEPT)(_key)


def key_of_parts(*parts: str | None) -> str:
    """The key of a name in its parts: that of all of them, written one after the other."""
    return " ".join(filter(None, map(key, parts)))


def folded(text: str | None) -> str:
    """A key for search only: «Алия» finds «Әлия». Never a sign that two names are one."""
    if not text:
        return ""
    return _kept_folded(text) if len(text) <= LONGEST_KEPT else _folded(text)


def _folded(text: str) -> str:
    found = key(text)
    return found.translate(_FOLD) if _KINDRED.search(found) else found


_kept_folded = lru_cache(MOST_KEPT >> 1)(_folded)


def words(*texts: str | None) -> set[str]:
    """The distinct words of some texts, as search keys; a number is also given without its leading zeros."""
    return words_of_folded(map(folded, texts))


def words_of_folded(keys: Iterable[str]) -> set[str]:
    """The same of texts that are folded already."""
    found: set[str] = set()
    for key_ in keys:
        found.update(key_.split())
    found.update(word.lstrip("0") for word in list(found) if word.isdigit() and word.lstrip("0"))
    return found


def as_kept(word: str) -> str:
    """A word as the tables of words keep it: of a longer one its beginning."""
    return word[:100]


def sort_key(text: str | None) -> str:
    """A key that puts Ё after Е and Ә after А in every database: е → е0, ё → е1."""
    if not text:
        return ""
    return _kept_sort_key(text) if len(text) <= LONGEST_KEPT else _sort_key(text)


def sort_key_of_parts(*parts: str | None) -> str:
    """The sort key of a name in its parts: that of all of them, written one after the other."""
    return " ".join(filter(None, map(sort_key, parts)))


def _sort_key(text: str) -> str:
    return re.sub(r"\s+", " ", _visible_fold(text).translate(_ORDER)).strip()


_kept_sort_key = lru_cache(MOST_KEPT >> 1)(_sort_key)


def sort_pattern(*texts: str | None) -> str:
    """What LIKE finds in sort keys: beginnings of words in their order; «алия» is the beginning of «Әлия» too.

    A sort key puts the place among its kin behind a letter; `_` stands for any place. Escaped by a backslash.
    """
    found = []
    for word in _visible_fold(" ".join(filter(None, texts))).split():
        plain = re.sub(r"([\\%_])", r"\\\1", word).translate(_FOLD)
        found.append(plain.translate(_ANY_PLACE) + "%")
    return " ".join(found) or "%"


def sort_beginning(*texts: str | None) -> str:
    """The letters with which every sort key begins that `sort_pattern` finds."""
    return re.split(r"[\\%_]", sort_pattern(*texts), maxsplit=1)[0]


def _visible_fold(text: str) -> str:
    """Lower case of what is seen, in composed letters of one alphabet."""
    if is_plain(text):
        return text.casefold()
    return unicodedata.normalize("NFC", (lines(text) or "").casefold())


def fault(text: str) -> str | None:
    """What is wrong with a part of a person's name: it is written in letters; «;» parts people in a workbook.

    «?» stands where another program has lost a letter: «Г?лия» may be Гөлия or Гүлия.
    """
    if not any(map(str.isalpha, text)) or any(map(str.isdigit, text)) or ";" in text or is_nothing(text):
        return "Имя пишется буквами, без цифр и без «;»: исправьте его."
    if lost := _NO_LETTER.search(text):
        return f"В имени знак «{lost[0]}»: на его месте потеряна буква или стоит пометка, исправьте имя."
    if is_look_alike(text):
        return f"«{text}» набрано латинскими буквами, которые похожи на русские: наберите русскими."
    return None


def full(last: str | None, first: str | None, middle: str | None) -> str:
    """«Фамилия Имя Отчество», parts that are unknown left out."""
    return " ".join(filter(None, (last, first, middle)))


def of_child(name: str | None, surname: str) -> dict[str, str | None]:
    """A child's name as a card has it, in its parts: one word is the first name, and the surname is the parent's."""
    words = (name or "").split()
    if len(words) < 2:
        return {"last_name": surname if words else None, "first_name": words[0] if words else None}
    return {"last_name": words[0], "first_name": words[1], "middle_name": " ".join(words[2:]) or None}


def initials(last: str | None, first: str | None, middle: str | None) -> str:
    """«Фамилия И. О.»."""
    marks = " ".join(f"{part[0]}." for part in (first, middle) if part)
    return f"{last or ''} {marks}".strip()


def family_name(parents: Iterable[str], children: Iterable[str]) -> str:
    """The short name of a family: the surnames of its parents, or of its children, each once, in order."""
    surnames = list(dict.fromkeys(name for name in parents if name))
    surnames = surnames or list(dict.fromkeys(name for name in children if name))
    return _without_twins(surnames)


def _without_twins(surnames: list[str]) -> str:
    """«Черных», not «Иванова, Иванов»: a pair that differs by gender only is said once, in the first form."""
    kept: list[str] = []
    for name in surnames:
        if not any(_same_family(name, other) for other in kept):
            kept.append(name)
    return ", ".join(kept)


# A surname of a woman and the endings it may have for a man.
_FEMININE = (
    ("ская", ("ский", "ской")), ("цкая", ("цкий", "цкой")), ("ая", ("ый", "ой", "ий")), ("яя", ("ий",)),
    ("ова", ("ов",)), ("ева", ("ев",)), ("ина", ("ин",)), ("ына", ("ын",)),
)  # fmt: skip


def of_family_name(plural: str, *, female: bool) -> str:
    """The surname of one of a family that is called in the plural: «Ульяновы», «Ульяновых» → «Ульянова»."""
    stem = re.sub(r"(?<=[вн])(?:ы|ых)$", "", plural)
    if stem != plural:
        return stem + ("а" if female else "")
    stem = re.sub(r"(?<=[сц]к)(?:ие|их)$", "", plural)
    return stem + ("ая" if female else "ий") if stem != plural else plural


@lru_cache(maxsize=1 << 13)  # one surname is borne by many
def of_both_sexes(surname: str) -> frozenset[str]:
    """A surname as a key, and the forms that a woman or a man of the same family bears."""
    found = {surname}
    for feminine, masculine in _FEMININE:
        if surname.endswith(feminine):
            found.update(surname[: -len(feminine)] + ending for ending in masculine)
        found.update(surname[: -len(ending)] + feminine for ending in masculine if surname.endswith(ending))
    return frozenset(found)


def _same_family(one: str, other: str) -> bool:
    """Whether two surnames are one but for gender: «Мостовая» and «Мостовой»."""
    first, second = key(one), key(other)
    return first == second or _is_feminine_of(first, second) or _is_feminine_of(second, first)


def _is_feminine_of(woman: str, man: str) -> bool:
    for feminine, masculine in _FEMININE:
        if woman.endswith(feminine):
            return man in {woman[: -len(feminine)] + ending for ending in masculine}
    return False
