"""Names and search keys: how people and places are written, compared and found."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOT_WORD = re.compile(r"[^0-9a-zа-я]+")


def key(text: str | None) -> str:
    """A text as it is compared: lower case, ё as е, punctuation and extra spaces dropped."""
    if not text:
        return ""
    return _NOT_WORD.sub(" ", text.casefold().replace("ё", "е")).strip()


def words(*texts: str | None) -> set[str]:
    """The distinct words of some texts, as keys; a number is also given without its leading zeros."""
    found: set[str] = set()
    for text in texts:
        found.update(key(text).split())
    found.update(word.lstrip("0") for word in list(found) if word.isdigit() and word.lstrip("0"))
    return found


def sort_key(text: str | None) -> str:
    """A key that puts Ё after Е in every database: е → е0, ё → е1."""
    if not text:
        return ""
    folded = text.casefold().replace("е", "е0").replace("ё", "е1")
    return re.sub(r"\s+", " ", folded).strip()


def full(last: str | None, first: str | None, middle: str | None) -> str:
    """«Фамилия Имя Отчество», parts that are unknown left out."""
    return " ".join(part for part in (last, first, middle) if part)


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


def _same_family(one: str, other: str) -> bool:
    """Whether two surnames are one but for gender: «Мостовая» and «Мостовой»."""
    first, second = key(one), key(other)
    return first == second or _is_feminine_of(first, second) or _is_feminine_of(second, first)


def _is_feminine_of(woman: str, man: str) -> bool:
    for feminine, masculine in _FEMININE:
        if woman.endswith(feminine):
            return man in {woman[: -len(feminine)] + ending for ending in masculine}
    return False
