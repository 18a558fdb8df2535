"""What of the bank resembles a name that a book gives a place, a body or a school: both roads of books ask here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from app.domain import names, schools

LIKE, ALIKE = 60.0, 88.0  # from where on a name resembles another one; from where on it is taken for it
SUGGESTED = 3
_KINDS_OF_PLACE = re.compile(
    r"\b(городско[ей]|сельско[ей]|город|поселени[ея]|посел\w*|г\s?п|с\s?п|г о|м о|мо"
    r"|пгт|рп|г|п|пос|с|село|х|хут\w*|ст|станиц\w*|д|дер\w*"
    r"|район|р н|муниципальн\w*|образовани[ея]|администраци\w*|округ|сельсовет|с с)\b"
)
# «Администрация Заречного района» names no settlement «Заречное».
_DISTRICT = re.compile(r"\b\w+ (?:муниципальн\w+ |городск\w+ )?(?:район\w*|р н\w*|округ\w*)\b")
_ENDING = re.compile(r"(ого|его|ому|ему|ое|ее|ая|ой|ом|ий|ый|ые|ых)$")


@dataclass
class NamesInBank:
    """The names of the bank. settlements: the names of the parts of each district, by every key they go by; bodies: by
    kind and name; body_words: their other names; schools: the writings of schools; school_words: their other names.
    """

    settlements: dict[str, str] = field(default_factory=dict)
    bodies: list[tuple[str, str]] = field(default_factory=list)
    body_words: dict[str, str] = field(default_factory=dict)
    schools: list[str] = field(default_factory=list)
    school_words: dict[str, str] = field(default_factory=dict)
    _new_schools: dict[str, str] = field(default_factory=dict)
    _schools_read: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # a few schools have all the children
    _places_read: dict[str, str | None] = field(default_factory=dict)  # many families live in a few places

    def settlement(self, text: str) -> str | None:
        """The settlement that a name surely means."""
        wanted = names.key(text)
        if wanted in self.settlements:
            return self.settlements[wanted]
        short = bare_place(wanted)
        found = {name for key, name in self.settlements.items() if short and bare_place(key) == short}
        return found.pop() if len(found) == 1 else None

    def settlement_in(self, text: str) -> str | None:
        """The settlement that a longer text names: the title of a table, of a sheet, of a file."""
        if text not in self._places_read:
            self._places_read[text] = self._settlement_in(text)
        return self._places_read[text]

    def _settlement_in(self, text: str) -> str | None:
        if sure := self.settlement(text):
            return sure
        words = {_stem(word) for word in _DISTRICT.sub(" ", names.key(text)).split()}
        stems = {key: {_stem(word) for word in bare_place(key).split()} for key in self.settlements}
        found = {
            self.settlements[key] for key, told in stems.items() if told and told <= words and max(map(len, told)) > 3
        }
        if len(found) == 1:
            return found.pop()
        return None

    def settlements_like(self, text: str) -> list[str]:
        """The settlements that a name resembles, the best first."""
        keys = {bare_place(key) or key: name for key, name in self.settlements.items()}
        wanted = bare_place(names.key(text)) or names.key(text)
        found = process.extract(wanted, list(keys), scorer=fuzz.WRatio, limit=8, score_cutoff=LIKE)
        return list(dict.fromkeys(keys[key] for key, _, _ in found))[:SUGGESTED]

    def bodies_like(self, text: str, kind: str | None) -> tuple[tuple[str, str] | None, list[tuple[str, str]]]:
        """The body that a name surely means, and those that it resembles, whatever their kind."""
        wanted = schools.bare(text)
        alike = [(kind_, name) for kind_, name in self.bodies if schools.bare(name) == wanted and wanted]
        best = [one for one in alike if one[0] == kind] or alike
        if len({name for _, name in best}) == 1:
            return best[0], []
        numbers = set(re.findall(r"\d+", wanted))
        near = []
        for one in self.bodies:
            other = schools.bare(one[1])
            if (kind is None or one[0] == kind) and set(re.findall(r"\d+", other)) == numbers:
                score = fuzz.token_set_ratio(wanted, other)
                if score >= ALIKE - 8:
                    near.append((score, one))
        near.sort(key=lambda each: -each[0])
        return None, [one for _, one in near[:SUGGESTED]]

    def school(self, text: str) -> tuple[str, list[str]]:
        """A school as the bank writes it, and the writings that it may be instead."""
        if text not in self._schools_read:
            name = self.school_words.get(names.key(text), text)
            near = schools.alike(name, self.schools)
            self._schools_read[text] = name, near or self._school_of_book(name)
        return self._schools_read[text]

    def _school_of_book(self, name: str) -> list[str]:
        """The writing under which the book itself has named a new school before: «СОШ №7» after «МБОУ СОШ № 7»."""
        first = self._new_schools.setdefault(schools.bare(name), name)
        return [first] if names.key(first) != names.key(name) and schools.bare(name) else []

    def only_body(self, kind: str) -> str | None:
        """The one body of a kind, if there is one alone."""
        found = {name for kind_, name in self.bodies if kind_ == kind}
        return found.pop() if len(found) == 1 else None


def _stem(word: str) -> str:
    """A word of a name of a place without its ending: «Северного» is «Северное»."""
    return _ENDING.sub("", word) if len(word) > 5 else word


@lru_cache(maxsize=1 << 12)  # the families of a book live in a few places
def bare_place(key: str) -> str:
    """A name of a place without the words that say what kind of a place it is."""
    return " ".join(_KINDS_OF_PLACE.sub(" ", key).split())
