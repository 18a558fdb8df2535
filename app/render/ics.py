"""A calendar file (RFC 5545): days and moments until which something is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import icalendar

MIME = "text/calendar; charset=utf-8"
MAKER = "-//Патронат//Календарь сроков//RU"
READ_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """An entry of a calendar: of a whole day, or of a moment.

    uid: the same for the same thing each time that it is written, so that a program changes the entry it has.
    """

    uid: str
    day: date
    title: str
    text: str = ""
    at: datetime | None = None


def calendar(name: str, entries: Iterable[Entry], made_at: datetime) -> bytes:
    """The entries as a calendar file under a name."""
    found = icalendar.Calendar()
    found.add("prodid", MAKER)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    for entry in entries:
        found.add_component(_event(entry, made_at))
    return bytes(found.to_ical())


def _event(entry: Entry, made_at: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", made_at.astimezone(UTC))
    if entry.at is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
    else:
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("dtend", entry.at.astimezone(UTC))
    event.add("summary", entry.title)
    if entry.text:
        event.add("description", entry.text)
    event.add("transp", "TRANSPARENT")
    return event
