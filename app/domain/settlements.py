"""Settlements as titles and lines of books name them: «семьи Озёрского с.п.» is «Озёрское сельское поселение»."""

from __future__ import annotations

import re

_OF_KIND = re.compile(
    r"(?<![\w-])(?P<stem>(?-i:[А-ЯЁ])[\w-]*?)(?P<ending>ое|ее|ого|его|ому|ему|ом|ем)\s+"
    r"(?:(?P<kind>сельск|городск)\w+\s+поселени\w+|(?P<letter>[сг])\s?[./]?\s?п(?![^\W\d_])\.?)",
    re.IGNORECASE,
)
_SOVIET = re.compile(
    r"(?<![\w-])(?P<stem>(?-i:[А-ЯЁ])[\w-]*?)(?:ий|ый|ого|его)\s+(?P<kind>сельсовет|сельск\w+ (?:совет|округ))\w*",
    re.IGNORECASE,
)
_KINDS = {"с": "сельское", "г": "городское"}
_HARD = ("к", "г", "х")


def named(text: str) -> str:
    """The settlement that a text names by its kind, in the nominative; nothing if it names none."""
    if found := _OF_KIND.search(text):
        letter = (found["kind"] or found["letter"])[0].casefold()
        ending = "ое" if found["ending"][0].casefold() == "о" else "ее"
        return f"{_cased(found['stem'])}{ending} {_KINDS[letter]} поселение"
    if found := _SOVIET.search(text):
        stem, kind = _cased(found["stem"]), found["kind"].split()
        words = kind[0].casefold() if len(kind) == 1 else f"сельский {kind[1].casefold()}"
        return f"{stem}{'ий' if stem.endswith(_HARD) else 'ый'} {words}"
    return ""


def _cased(stem: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in stem.split("-")) if stem.isupper() else stem
