"""The papers of a meeting: its agenda, its minutes, each resolution and the extract of it.

The minutes have nine requisites, a resolution twelve, in the order of the regulation on commissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import words
from app.documents import bound
from app.documents.bound import MadeBy
from app.domain.agenda import Glance
from app.domain.terms import TemplateKind
from app.models import AgendaItem, Meeting, MeetingAttendance
from app.render import qr

AGENDA, MINUTES, NOTICE = "Повестка заседания", "Протокол заседания", "Приглашение на заседание"
RESOLUTION, EXTRACT = "Постановление", "Выписка"
# What stands before the code of an item on a paper of each kind: other codes on a paper are not ours.
QR_PREFIXES = {
    TemplateKind.RESOLUTION: "patronat-item:", TemplateKind.EXTRACT: "patronat-extract:",
    TemplateKind.NOTICE: "patronat-notice:", TemplateKind.LETTER: "patronat-letter:",
}  # fmt: skip
APPEAL = (
    "Постановление может быть обжаловано в порядке, установленном законодательством Российской Федерации, "
    "в течение десяти дней со дня вручения или получения его копии."
)


def agenda(meeting: Meeting, items: Sequence[AgendaItem], glances: Mapping[int, Glance], whose: str | None,
           made: MadeBy) -> bytes:  # fmt: skip
    """The agenda with what is known of each matter. whose: the member that it was made for. Raises PrintError."""
    title = f"{AGENDA} {_of(meeting)}"
    return bound.pdf("meeting_agenda", title, made, meeting=meeting, items=items, glances=glances, whose=whose,
                     day=words.day)  # fmt: skip


def minutes(meeting: Meeting, items: Sequence[AgendaItem], glances: Mapping[int, Glance], on_record: tuple[int, int],
            made: MadeBy) -> bytes:  # fmt: skip
    """The minutes, with who the people of each matter are. on_record: families on record at the beginning of the
    meeting and at its end. Raises PrintError."""
    present, absent = _attendance(meeting)
    return bound.pdf(
        "meeting_minutes", f"{MINUTES} {_of(meeting)}", made, meeting=meeting, items=items, present=present,
        absent=absent, glances=glances, on_record=on_record, appeal=APPEAL, day=words.day,
    )  # fmt: skip


def resolution(item: AgendaItem, of_whom: Sequence[str], made: MadeBy, *, extract: bool = False) -> bytes:
    """The resolution on an item, or the extract of it. of_whom: the parents, in the genitive. Raises PrintError."""
    meeting = item.meeting
    present, absent = _attendance(meeting)
    title = f"{EXTRACT if extract else RESOLUTION} № {item.number} от {words.day(meeting.held_on)}"
    code = code_of(item, TemplateKind.EXTRACT if extract else TemplateKind.RESOLUTION)
    return bound.pdf(
        "meeting_resolution", title, made, item=item, of_whom=of_whom, meeting=meeting, present=present, absent=absent,
        extract=extract, appeal=APPEAL, day=words.day, code=qr.data_uri(code),
    )  # fmt: skip


def code_of(item: AgendaItem, kind: TemplateKind) -> str:
    """What the QR code of a paper of an item says."""
    return QR_PREFIXES[kind] + item.code


def named(said: str) -> tuple[TemplateKind, str] | None:
    """The paper that a QR code is of, and the code of its item; None if the code is another's."""
    return next(((kind, said[len(mark) :]) for kind, mark in QR_PREFIXES.items() if said.startswith(mark)), None)


def notice(item: AgendaItem, people: Sequence[str], made: MadeBy) -> bytes:
    """Invitations to a meeting, a page for each person. people: whom, in the dative. Raises PrintError."""
    meeting = item.meeting
    return bound.pdf("meeting_notice", f"{NOTICE} {_of(meeting)}", made, meeting=meeting, item=item, people=people,
                     day=words.day, code=qr.data_uri(code_of(item, TemplateKind.NOTICE)))  # fmt: skip


def _attendance(meeting: Meeting) -> tuple[list[MeetingAttendance], list[MeetingAttendance]]:
    """Who was there, and who was not."""
    rows = [row for row in meeting.attendance if row.annulled_at is None]
    return [row for row in rows if row.is_present], [row for row in rows if not row.is_present]


def _of(meeting: Meeting) -> str:
    number: Any = f"№ {meeting.number} " if meeting.number is not None else ""
    return f"{number}от {words.day(meeting.held_on)}"
