"""Names in the case that a paper needs: «Ивановой Анны Сергеевны», «в отношении семьи Ивановых».

The sex of a person comes from the card and is never guessed: without it a name stays as it is written.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pytrovich.enums import Case as _Case
from pytrovich.enums import Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

from app.domain.terms import Case, Sex

_CASES = {
    Case.GENITIVE: _Case.GENITIVE,
    Case.DATIVE: _Case.DATIVE,
    Case.ACCUSATIVE: _Case.ACCUSATIVE,
    Case.INSTRUMENTAL: _Case.INSTRUMENTAL,
    Case.PREPOSITIONAL: _Case.PREPOSITIONAL,
}
_GENDERS = {Sex.FEMALE: Gender.FEMALE, Sex.MALE: Gender.MALE}
_UNCHANGED = ("оглы", "оглу", "кызы", "гызы", "заде", "улы", "уулу")  # parts of a patronymic that stay as they are
# How a surname ends, of a man or of a woman, and how it ends of a family: «семьи Ивановых».
_OF_FAMILY = (
    (("ский", "ская", "ской"), "ских"), (("цкий", "цкая", "цкой"), "цких"), (("ова", "ов"), "овых"),
    (("ёва", "ёв"), "ёвых"), (("ева", "ев"), "евых"), (("ина", "ин"), "иных"), (("ына", "ын"), "ыных"),
    (("ый", "ая", "ой"), "ых"), (("ий", "яя"), "их"),
)  # fmt: skip


def of_person(last: str | None, first: str | None, middle: str | None, sex: Sex | None, case: Case) -> str:
    """A full name in a case, the parts that are unknown left out."""
    parts = ((NamePart.LASTNAME, last), (NamePart.FIRSTNAME, first), (NamePart.MIDDLENAME, middle))
    return " ".join(filter(None, (_declined(part, _tidy(text), sex, case) for part, text in parts)))


def of_family(name: str, own: str | None = None) -> str:
    """The surnames of a family as they follow «семьи», «семью», «о семье»: «Ивановых», «Ивановых, Петровых».

    own: how whoever keeps the family says them, where the rule does not know better.
    """
    if own:
        return own
    found = [_plural(_tidy(surname)) for surname in name.split(",")]
    return ", ".join(dict.fromkeys(filter(None, found)))


def _tidy(text: str | None) -> str:
    """A name without what stands in brackets and without spaces round a hyphen, in ordinary letters."""
    words = re.sub(r"\s*-\s*", "-", re.sub(r"\([^)]*\)", " ", text or "")).split()
    return " ".join(word.title() if word.isupper() and len(word) > 1 else word for word in words)


def _declined(part: NamePart, text: str, sex: Sex | None, case: Case) -> str:
    if not text or sex is None or case is Case.NOMINATIVE:
        return text
    words = text.split(" ")
    kept = [word for word in words[1:] if part is NamePart.MIDDLENAME and word.casefold() in _UNCHANGED]
    if part is NamePart.MIDDLENAME and kept:
        return text  # «Гасан оглы»: neither word changes
    return " ".join(_word(part, word, sex, case) for word in words)


@lru_cache(maxsize=4096)
def _word(part: NamePart, word: str, sex: Sex, case: Case) -> str:
    return str(_maker().make(part, _GENDERS[sex], _CASES[case], word))


@lru_cache(maxsize=1)
def _maker() -> PetrovichDeclinationMaker:
    """The rules are read from a file, once and when they are first needed."""
    return PetrovichDeclinationMaker()


def _plural(surname: str) -> str:
    return "-".join(_plural_part(part) for part in surname.split("-")) if surname else ""


def _plural_part(part: str) -> str:
    for endings, plural in _OF_FAMILY:
        for ending in endings:
            if part.endswith(ending) and len(part) > len(ending) + 1:
                stem = part[: -len(ending)]
                return stem + ("их" if plural == "ых" and stem[-1] in "гкхжшчщ" else plural)
    return part
