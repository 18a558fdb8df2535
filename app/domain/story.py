"""What a family's story is told by: dated lines, and headings with sentences."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Event(NamedTuple):
    """A line: the day, what happened, the particulars. `tone` is «ok», «alert», «info» or «quiet».

    people: the keys of the members it is about; empty: it is about the family. entity, key: the row that tells it;
    important: somebody has marked that row; note: why.
    """

    day: date
    text: str
    detail: str = ""
    tone: str = "quiet"
    people: frozenset[int] = frozenset()
    entity: str = ""
    key: int = 0
    important: bool = False
    note: str = ""


class Chapter(NamedTuple):
    """A heading with its sentences."""

    title: str
    sentences: list[str]
