"""The calendar of deadlines: a month by its days, and what is due on one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app import clock, journal
from app.domain import periods
from app.domain.periods import EARLIEST, LATEST, Period
from app.domain.terms import Act
from app.filters import Address
from app.readings import due, kept
from app.readings.clocks import DeadlinesInUse
from app.readings.working_days import production_calendar
from app.screens import due_pages
from app.screens.screen import Screen

SHOWN = 200  # things of one list
NOT_A_MONTH = "впишите год и месяц, например 2026-11"


@dataclass(frozen=True)
class Day:
    """A day of the calendar: whether it is a working day, and how many things of each source are due on it."""

    day: date
    works: bool
    counts: dict[str, int]


class Calendar(Screen):
    """What is due, by the day it is due on."""

    route_base = "/calendar"
    class_permission_name = "Calendar"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """A month: its days off, and the counts of what is due on each day."""
        today, address = clock.today(), Address(url_for("Calendar.show"))
        month = _month(address, today)
        address.check()
        sources = due.served(self.own_roles())
        names = tuple(source.name for source in sources)
        counts = kept.while_unchanged(("calendar", names, month, today), lambda: due.by_day(sources, month))
        works = production_calendar()
        days = [Day(day, works(day), counts.get(day, {})) for day in month.days()]
        return self.page("due/month.html", month=month, days=days, today=today, sources=sources,
                         before=_beside(month.eve), after=_beside(month.end + timedelta(days=1)))  # fmt: skip

    @expose("/list")
    @has_access
    @permission_name("show")
    def list(self) -> str:
        """What is due on a day, or all that is overdue; of one kind, if one is named."""
        today, address = clock.today(), Address(url_for("Calendar.list"))
        sources = due.served(self.own_roles())
        day = address.day("day", _("Day"))
        kind = address.one_of("kind", _("Kind"), [source.name for source in sources])
        address.check()
        asked = [source for source in sources if kind in ("", source.name)]
        found = due.lines(asked, due.DaysAsked(day, day or today, DeadlinesInUse.read(), SHOWN + 1))
        moment = clock.local(clock.now())
        rows = found if day else [one for one in found if one.overdue(moment)]
        if named := sum(one.key is not None for one in rows[:SHOWN]):
            journal.read(Act.LISTED, entity="Family", records=named, summary=f"Календарь сроков: {_said(day)}")
        return self.page("due/list.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, shown=SHOWN, day=day, kind=kind,
                         sources=sources, moment=moment, page_of=due_pages.address_of, said=_said(day))  # fmt: skip


def _said(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else "просрочено"


def _month(address: Address, today: date) -> Period:
    """The month that an address names; that of today if it names none."""
    typed = address.typed("month", _("Month"))
    this = periods.month(today.year, today.month)
    found = periods.coded(typed) if typed else this
    if found is None or found != periods.month(found.start.year, found.start.month):
        address.fault(_("Month"), typed, NOT_A_MONTH)
        return this
    return found


def _beside(day: date) -> str | None:
    """The month that holds a day, as addresses name it; None outside the years of a bank."""
    return f"{day:%Y-%m}" if EARLIEST <= day <= LATEST else None
