"""Schools and kindergartens by their names: which writings may be of one, whatever the words for its legal form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz

from app.domain import names

ALIKE, MOST_SUGGESTED = 80.0, 3  # of a hundred: from where on two names resemble each other; how many are shown
_FORMS = re.compile(
    r"\b(м|мк|мб|мд|мбд|мад|гб|гк|г|ма)?(оу|уз|ук|у|доу|поу)\b|\b(мбоу|мкоу|маоу|гбоу|гбу|мбу|мбдоу|мдоу"
    r"|мадоу|гбпоу|муниципальн\w*|бюджетн\w*|казенн\w*"
    r"|общеобразовательн\w*|учреждени\w*|государственн\w*|им|имени)\b"
)
_SCHOOL = re.compile(r"\b(школа|средняя школа|средняя|общеобразовательная|сш|сош|ош|оош)\b")
_KINDERGARTEN = re.compile(r"\b(детский сад|д с|дс|детсад|садик|д сад)\b")
_NUMBER = re.compile(r"\d+")
_JOINED = re.compile(r"(?<=[^\W\d_])(?=\d)")  # «СОШ№3», «школа3»
_KINDS = ("сош", "детсад", "лицей", "гимназия", "колледж", "техникум", "училище", "интернат")


@lru_cache(maxsize=1 << 12)
def bare(name: str) -> str:
    """A name of a body as it is compared: without its legal form, «школа № 7» as «сош 7»."""
    key = _KINDERGARTEN.sub(" детсад ", _SCHOOL.sub(" сош ", _JOINED.sub(" ", names.key(name))))
    return " ".join(dict.fromkeys(_FORMS.sub(" ", key).split()))


def may_be_school(name: str) -> bool:
    """Whether a body is one where children are taught, by its name: «МБОУ СОШ № 7», not «Отдел образования»."""
    return any(word in _KINDS for word in bare(name).split())


def may_be_one(one: str, other: str) -> bool:
    """Whether two writings may be of one school: of one kind, with the same numbers, in words that are near."""
    first, second = bare(one), bare(other)
    if not first or not second:
        return False
    if first == second:
        return True
    if set(_NUMBER.findall(first)) != set(_NUMBER.findall(second)):
        return False
    kinds = [{kind for kind in _KINDS if kind in words.split()} for words in (first, second)]
    if all(kinds) and kinds[0] != kinds[1]:
        return False
    if min(first, second, key=len) in _KINDS:
        return False  # «школа» alone is no school in particular
    return fuzz.token_set_ratio(first, second) >= ALIKE


def alike(name: str, known: Iterable[str]) -> list[str]:
    """The known writings that may be of the school of a name, the nearest first; none if it is known as it is."""
    wanted, every = names.key(name), list(known)
    if not wanted or any(names.key(one) == wanted for one in every):
        return []
    found = [one for one in every if may_be_one(name, one)]
    return sorted(found, key=lambda one: -fuzz.token_sort_ratio(bare(name), bare(one)))[:MOST_SUGGESTED]
