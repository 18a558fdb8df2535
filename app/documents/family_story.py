"""What is printed of a family for a meeting: its chronology, «с прошлого раза», the two pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app import words
from app.documents import bound
from app.documents.bound import MadeBy
from app.domain.story import Chapter, Event
from app.models import Family
from app.render import course, genogram
from app.render.course import Course
from app.render.genogram import Genogram

CHRONOLOGY, BRIEF, GENOGRAM, COURSE = "Хронология", "С прошлого раза", "Состав семьи", "Ход работы с семьёй"


def chronology(family: Family, events: Sequence[Event], about: str, made: MadeBy) -> bytes:
    """The events, the earliest first. about: what was chosen of them, in words. Raises PrintError."""
    title = f"{CHRONOLOGY}: {family.title}"
    return bound.pdf("chronology", title, made, family=family, events=events[::-1], about=about, day=words.day)


def brief(family: Family, since: date, today: date, told: Sequence[Chapter], made: MadeBy) -> bytes:
    """The page of sentences. Raises PrintError."""
    title = f"{BRIEF}: {family.title}"
    return bound.pdf("brief", title, made, family=family, since=since, today=today, told=told, day=words.day)


def people(family: Family, drawn: Genogram, made: MadeBy) -> bytes:
    """The picture of the family, and the same people as a list. Raises PrintError."""
    title = f"{GENOGRAM}: {family.title}"
    return bound.pictured("people", genogram.picture(drawn), title, made, family=family, drawn=drawn)


def of_course(family: Family, drawn: Course, made: MadeBy) -> bytes:
    """The picture of the stay, and the same in a table. Raises PrintError."""
    title = f"{COURSE}: {family.title}"
    return bound.pictured("course", course.picture(drawn), title, made, family=family, lanes=course.LANES,
                          rows=course.table(drawn))  # fmt: skip
