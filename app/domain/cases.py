"""Names in the case that a paper needs: «Ивановой Анны Сергеевны», «в отношении семьи Ивановых».

The sex of a person comes from the card and is never guessed: without it a name stays as it is written. A patronymic
says it (`sex_of`): of whom nothing but a name is known, it is read there.
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
_OF_SON = ("оглы", "оглу", "улы", "уулу", "угли", "ўғли", "ұлы")  # «son of», behind the name of the father
_OF_DAUGHTER = ("кызы", "гызы", "кизи", "қизи", "қызы")
_UNCHANGED = {*_OF_SON, *_OF_DAUGHTER, "заде"}  # with them a patronymic, or a surname made of it, stays as it is
# What stands before a surname and stays as it is: «фон Берга», «Аль-Хусейни».
_PARTICLES = {"фон", "де", "дер", "ден", "ван", "аль", "эль", "ибн", "бин", "бен", "ди", "да", "дю", "ла", "ле", "тер",
              "дос", "дель", "делла", "сент", "сен", "сан", "мак", "о"}  # fmt: skip
_VOWELS = frozenset("аеёиоуыэюя")
_HARD = "гкхжшчщц"  # behind them, and behind н, a surname on -ий is an adjective: «Горький», and «Палий» is none
# How a surname ends, of a man or of a woman, and how it ends of a family: «семьи Ивановых».
_OF_FAMILY = (
    (("ский", "ская", "ской"), "ских"), (("цкий", "цкая", "цкой"), "цких"), (("ова", "ов"), "овых"),
    (("ёва", "ёв"), "ёвых"), (("ева", "ев"), "евых"), (("ина", "ин"), "иных"), (("ына", "ын"), "ыных"),
    (("ый", "ая", "ой"), "ых"), (("ий", "яя"), "их"),
)  # fmt: skip
_OF_WORD = ("ин", "ына", "ын", "ина", "ый", "ой", "ий")  # an ending of these stands behind a stem with a vowel
_NOUN_ON_Y = {Case.GENITIVE: "я", Case.DATIVE: "ю", Case.ACCUSATIVE: "я", Case.INSTRUMENTAL: "ем",
              Case.PREPOSITIONAL: "е"}  # fmt: skip


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


def sex_of(middle: str | None) -> Sex | None:
    """The sex that a patronymic says: «Ильич», «Львовна», «Гасан оглы»; None where it says none."""
    last = _tidy(middle).casefold().replace("-", " ").split()[-1:] or [""]
    if last[0] in _OF_SON or last[0].endswith("ич"):
        return Sex.MALE
    return Sex.FEMALE if last[0] in _OF_DAUGHTER or last[0].endswith(("вна", "чна")) else None


def _tidy(text: str | None) -> str:
    """A name without what stands in brackets and without spaces round a hyphen, in ordinary letters."""
    words = re.sub(r"\s*-\s*", "-", re.sub(r"\([^)]*\)", " ", text or "")).split()
    return " ".join(word.title() if word.isupper() and len(word) > 1 else word for word in words)


def _declined(part: NamePart, text: str, sex: Sex | None, case: Case) -> str:
    if not text or sex is None or case is Case.NOMINATIVE:
        return text
    words = text.split(" ")
    if part is not NamePart.FIRSTNAME and _UNCHANGED & set(text.casefold().replace("-", " ").split()):
        return text  # «Гасан оглы»: neither word changes
    return " ".join(_word(part, word, sex, case, is_last=word is words[-1]) for word in words)


def _word(part: NamePart, word: str, sex: Sex, case: Case, *, is_last: bool) -> str:
    """A word of a name; of a surname the particles before its last part stay as they are."""
    if part is not NamePart.LASTNAME:
        return _made(part, word, sex, case)
    parts = word.split("-")
    last = len(parts) - 1 if is_last else len(parts)
    own = next((place for place, one in enumerate(parts) if place == last or one.casefold() not in _PARTICLES), last)
    surname = [_surname("-".join(parts[own:]), sex, case)] if parts[own:] else []
    return "-".join([*parts[:own], *surname])


def _surname(word: str, sex: Sex, case: Case) -> str:
    if sex is Sex.MALE and word.endswith(("ий", "ой")) and not _has_vowel(word[:-2]):
        return word[:-1] + _NOUN_ON_Y[case]  # «Кия», «Цоя»: of one syllable, no adjective
    return _made(NamePart.LASTNAME, word, sex, case)


def _has_vowel(text: str) -> bool:
    return not _VOWELS.isdisjoint(text.casefold())


@lru_cache(maxsize=4096)
def _made(part: NamePart, word: str, sex: Sex, case: Case) -> str:
    if len(word) == 1:
        return word  # «О», and an initial
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
                if (ending in _OF_WORD and not _has_vowel(stem)) or (ending == "ий" and stem[-1] not in _HARD + "н"):
                    return part  # «Грин», «Палий»: nouns
                return stem + ("их" if plural == "ых" and stem[-1] in "гкхжшчщ" else plural)
    return part
