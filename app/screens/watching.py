"""«На контроле»: families that drift, plans in which nothing was done, bodies that are late, what comes soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _

from app import clock, journal, words
from app.domain.terms import Act
from app.extensions import appbuilder
from app.filters import Address
from app.readings import watching
from app.screens.screen import Screen

Cell = tuple[str, str | None]  # words, and where they lead

TITLES: dict[str, Any] = {
    watching.DRIFT: _("Families that drift"), watching.IDLE: _("Plans with nothing done"),
    watching.BODIES: _("Overdue by bodies"), watching.OF_AGE: _("Turn 18 within 60 days"),
    watching.STAGES: _("Stages end within 30 days"),
}  # fmt: skip
HEADS: dict[str, tuple[Any, ...]] = {
    watching.DRIFT: (_("Family"), _("Territory"), _("Why"), _("Last contact")),
    watching.IDLE: (_("Family"), _("Programme since"), _("Measures planned"), _("Overdue")),
    watching.BODIES: (_("Performer"), _("Measures overdue"), _("Families"), _("Mean delay, days")),
    watching.OF_AGE: (_("Family"), _("Child"), _("Turns 18 on")),
    watching.STAGES: (_("Family"), _("Stage"), _("Ends on")),
}  # fmt: skip


class Watching(Screen):
    """Five lists of what is to be watched."""

    route_base = "/watching"
    class_permission_name = "Watching"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """One of the lists, and the length of each."""
        address, today = Address(url_for("Watching.show")), clock.today()
        name = address.one_of("list", _("List"), watching.LISTS) or watching.DRIFT
        page = address.page()
        address.check()
        counts = watching.counts(today)
        last = max(0, (counts[name] - 1) // watching.PAGE) if name == watching.DRIFT else 0
        rows = ROWS[name](today, min(page, last))
        journal.read(Act.LISTED, entity="Family", records=len(rows), summary=f"На контроле: {TITLES[name]}")
        return self.page("watching.html", name=name, titles=TITLES, heads=HEADS[name], rows=rows, counts=counts,
                         page_number=min(page, last), last=last)  # fmt: skip


def _family(key: int, title: str) -> Cell:
    return title, url_for("FamilyPage.show", pk=key)


def _drift(today: date, page: int) -> list[list[Cell]]:
    return [
        [_family(row.family_id, row.title), (row.place, None), ("; ".join(row.reasons), None),
         (words.day(row.since, "—"), None)]
        for row in watching.drifting(today, page)
    ]  # fmt: skip


def _idle(today: date, _page: int) -> list[list[Cell]]:
    return [
        [_family(row.family_id, row.title), (words.day(row.starts_on), None), (str(row.planned), None),
         (str(row.overdue), None)]
        for row in watching.idle_plans(today)
    ]  # fmt: skip


def _bodies(today: date, _page: int) -> list[list[Cell]]:
    opens = appbuilder().sm.has_access("can_show", "Execution")
    return [
        [(row.name, url_for("Execution.mine", state="overdue", agency=row.agency_id)
          if opens and row.agency_id else None),
         (str(row.overdue), None), (str(row.families), None), (f"{row.mean_days:.1f}".replace(".", ","), None)]
        for row in watching.late_bodies(today)
    ]  # fmt: skip


def _of_age(today: date, _page: int) -> list[list[Cell]]:
    return [
        [_family(row.family_id, row.title), (row.name, None), (words.day(row.day), None)]
        for row in watching.coming_of_age(today)
    ]


def _stages(today: date, _page: int) -> list[list[Cell]]:
    return [
        [_family(row.family_id, row.title), (row.kind, None), (words.day(row.ends_on), None)]
        for row in watching.ending_stages(today)
    ]


ROWS: dict[str, Callable[[date, int], list[list[Cell]]]] = {
    watching.DRIFT: _drift, watching.IDLE: _idle, watching.BODIES: _bodies, watching.OF_AGE: _of_age,
    watching.STAGES: _stages,
}  # fmt: skip
