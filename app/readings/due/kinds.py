"""What sources of things that are due are asked, and what they answer with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from app import clock
from app.readings.clocks import DeadlinesInUse


@dataclass(frozen=True)
class DaysAsked:
    """The things whose last good day lies from `since`, or ever, until `until`; no more than `most` of each source.

    deadlines: those of the dictionary, by which they are counted.
    """

    since: date | None
    until: date
    deadlines: DeadlinesInUse
    most: int = 100


@dataclass(frozen=True)
class Due:
    """A thing that is due.

    source: the name of the source. due: the last good day; at: the last good moment of a clock that runs in hours, by
    the clock of the municipality. who: who answers. mark: which thing it is, without names of people; name: whose it
    is. page: the word of the page where it opens, and `key` of the row there. unnoted: nobody notes when it is done,
    so it is never overdue. uid: which clock it is, the same as long as it runs.
    """

    source: str
    due: date
    title: str
    who: str = ""
    clause: str = ""
    mark: str = ""
    name: str = ""
    page: str = ""
    key: int | None = None
    at: datetime | None = None
    unnoted: bool = False
    uid: str = ""

    @property
    def last_moment(self) -> datetime:
        """The last good moment, by the clock of the municipality."""
        return self.at or datetime.combine(self.due, time.max, clock.zone())

    def overdue(self, now: datetime) -> bool:
        """Whether the last good moment has passed."""
        return not self.unnoted and now > self.last_moment

    def as_text(self) -> str:
        """What is due and about what, without names of people."""
        return f"{self.mark}: {self.title}" if self.mark else self.title
