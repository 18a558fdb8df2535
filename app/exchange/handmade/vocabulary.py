"""What the words of a hand-made book mean: codes of the dictionaries, by their names and by the words of the bank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from app.domain import names, writing
from app.exchange.cells import Codes

SUGGESTED = 3
FEWEST_OF_NAME = 5  # letters of a word that tells of a name of the dictionary by its beginning
_CODE = re.compile(r"(?<![\d.])\d{1,2}(?:\.\d{1,2}){1,3}(?![\d.]*\d)")
_POINT = re.compile(r"^(?:п\.?\s*п\.?|пп\.?|п\.?|пункт\w*|подпункт\w*|крит\w*\.?|№)\s*(?=\d)", re.IGNORECASE)


@dataclass
class Vocabulary:
    """The dictionaries and, by the kind of words, what the bank has learned: the key of a word → a code.

    Of a word with «*» at its end only the beginning counts, wherever in a text it stands.
    """

    codes: Mapping[str, Codes]
    learned: dict[str, dict[str, str]] = field(default_factory=dict)
    beginnings: dict[str, dict[str, str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _parts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _stems: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def learn(self, kind: str, text: str, meaning: str) -> None:
        """Let a word mean something."""
        whole = self.beginnings if text.endswith("*") else self.learned
        whole.setdefault(kind, {})[names.key(text)] = meaning
        self._known.clear()
        self._parts.clear()

    def find(self, kind: str, text: str) -> str | None:
        """The code that a text means; None: it is asked about."""
        key = (kind, text)
        if key not in self._known:
            self._known[key] = self._find(kind, text)
        return self._known[key]

    def _find(self, kind: str, text: str) -> str | None:
        codes = self.codes[kind]
        text = writing.line(text) or ""
        plain = _POINT.sub("", text).strip(" .;,")
        for said in (text, plain):
            if code := codes.find(said):
                return code
        wanted = names.key(plain)
        learned = self.learned.get(kind, {})
        if not wanted:
            return None
        if (code := learned.get(names.key(text)) or learned.get(wanted)) and code in codes.ids:
            return code
        return (
            self._of_code_in_text(kind, plain) or self._shortened(kind, wanted) or self._within(kind, wanted)
            or self._begun(kind, wanted)
        )  # fmt: skip

    def _of_code_in_text(self, kind: str, text: str) -> str | None:
        """A text that begins with its code: «2.1.1 отсутствие одежды»."""
        found = _CODE.match(text)
        return found[0] if found and found[0] in self.codes[kind].ids else None

    def _shortened(self, kind: str, wanted: str) -> str | None:
        """The one name whose words begin with the words of a text, in their order: «ненадл. исп. род. обяз.»."""
        words = wanted.split()
        if len(wanted) < FEWEST_OF_NAME:
            return None
        found = {code for key, code in self._all(kind) if _is_shortened(words, key.split())}
        return found.pop() if len(found) == 1 else None

    def _within(self, kind: str, wanted: str) -> str | None:
        """The longest word of the bank that stands within a text, if those as long mean one thing."""
        padded = f" {wanted} "
        found = [
            (len(key), code) for key, code in self.learned.get(kind, {}).items()
            if key and code in self.codes[kind].ids and f" {key} " in padded
        ]  # fmt: skip
        best = {code for length, code in found if length == max(found)[0]}
        return best.pop() if len(best) == 1 else None

    def _begun(self, kind: str, wanted: str) -> str | None:
        words = wanted.split()
        found = dict.fromkeys(
            code
            for word in words
            for beginning, code in self.beginnings.get(kind, {}).items()
            if word.startswith(beginning) and code in self.codes[kind].ids
        )
        return next(iter(found)) if len(found) == 1 or (found and kind != "criterion") else None

    def _all(self, kind: str) -> list[tuple[str, str]]:
        codes = self.codes[kind]
        own = [(names.key(name), code) for code, name in codes.names.items()]
        return own + [(key, code) for key, code in self.learned.get(kind, {}).items() if code in codes.ids]

    def suggest(self, kind: str, text: str) -> list[str]:
        """The codes that a text may mean, the best first."""
        choices = self._all(kind)
        found = process.extract(names.key(text), [key for key, _ in choices], scorer=fuzz.token_set_ratio, limit=12)
        codes = dict.fromkeys(choices[place][1] for _, _, place in found)
        for beginning, code in self.beginnings.get(kind, {}).items():
            if any(word.startswith(beginning) for word in names.key(text).split()):
                codes = {code: None, **codes}
        return list(codes)[:SUGGESTED]

    def parts(self, kind: str, text: str) -> list[str]:
        """A text that names several things, taken apart: by codes, by «;» and lines, and by commas if that helps."""
        key = (kind, text)
        if key not in self._parts:
            self._parts[key] = self._taken_apart(kind, text)
        return self._parts[key]

    def _taken_apart(self, kind: str, text: str) -> list[str]:
        codes = self.codes[kind]
        if found := [code for code in _CODE.findall(text) if code in codes.ids]:
            rest = _CODE.sub(" ", text)
            if not re.sub(r"(?:п\s?\.?|пп\.?|пункт\w*|и|критери\w*)|[\W\d_]", "", rest, flags=re.IGNORECASE):
                return found
        pieces = [piece for part in re.split(r"[;\n]", text) if (piece := part.strip(" .,"))]
        apart = []
        for piece in pieces:
            split = [each for part in piece.split(",") if (each := part.strip(" ."))]
            whole = "," not in piece or codes.find(piece) or self.learned.get(kind, {}).get(names.key(piece))
            if whole or (not any(self.find(kind, each) for each in split) and self.find(kind, piece)):
                apart.append(piece)
            else:
                apart += split
        return [piece for piece in apart if not writing.is_nothing(piece)]


def _is_shortened(words: list[str], whole: list[str]) -> bool:
    """Whether every word of a text begins some word of a name, one after the other."""
    place = 0
    for word in words:
        while place < len(whole) and not whole[place].startswith(word):
            place += 1
        if place == len(whole):
            return False
        place += 1
    return True
