"""What a member of a commission is given before a meeting: the agenda with that member's families, and their papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from app import words
from app.clock import local
from app.documents import bound, passport
from app.documents.bound import MadeBy
from app.documents.folder import Folder
from app.domain.agenda import Glance
from app.models import AgendaItem, Meeting
from app.render.binding import Binder, Marks

TITLE = "Материалы заседания"


def pdf(meeting: Meeting, items: Sequence[AgendaItem], glances: Mapping[int, Glance], folders: Sequence[Folder],
        member: str, made: MadeBy, today: date, tell: Callable[[int], object] = int) -> bytes:  # fmt: skip
    """The pack of one member, whose name stands on each page. tell: told how many families are printed. Raises
    PrintError."""
    book = Binder()
    book.begin("Повестка")
    book.add_text(
        bound.page("meeting_agenda", meeting=meeting, items=items, glances=glances, whose=member, day=words.day)
    )
    for printed, folder in enumerate(folders, start=1):
        for title, content in passport.texts(folder, today):
            book.begin(f"№ {folder.family.number} {folder.family.name}: {title}")
            book.add_text(content)
        tell(printed)
    foot = f"Экземпляр: {member}. Сформировано: {made.name}, {words.moment(local(made.at))}"
    return book.pdf(Marks(f"{TITLE} {words.day(meeting.held_on)}", words.CONFIDENTIAL, foot))
