"""«Картина»: the page of the head of the commission, and the movement of the year for the first page."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, abort, make_response, url_for
from flask_appbuilder import expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from app import access, clock, journal
from app.domain.periods import Period
from app.domain.terms import Act
from app.filters import Address
from app.readings import given
from app.render import chart
from app.reports import overview
from app.reports.places import ReportPlaces
from app.reports.report import Link
from app.screens.reports import OWN_DATES, ChartWidget, ReportRequest, period_choices
from app.screens.screen import Screen

SVG = "image/svg+xml"


class BigPicture(Screen):
    """Eight numbers and four pictures of the bank, each opening its report."""

    route_base = "/picture"
    default_view = "show"
    class_permission_name = "BigPicture"

    @expose("/")
    @has_access
    def show(self) -> str | Response:
        """The page, of this year so far where no period is named."""
        today = clock.today()
        asked = ReportRequest.read(Address(url_for("BigPicture.show")), today, None)
        if asked.place is None:
            nothing = given.nothing(self.own_roles())
            return self.page("reports/nothing.html", title=_("Picture of the bank"), report=None, nothing=nothing)
        if not any(asked.typed[name] for name in ("period", "year", "from", "to")):
            asked.period = _so_far(today)
        choice = {"asked": asked, "choices": period_choices(today), "own_dates": OWN_DATES,
                  "action": url_for("BigPicture.show"), "title": _("Picture of the bank")}  # fmt: skip
        if asked.errors:
            return make_response(self.page("reports/not_understood.html", report=None, **choice), 400)
        counted = overview.counted(asked.period, asked.place, asked.tree)
        named = not access.scope().all_statistics
        pictures = [
            ChartWidget(picture, url_for(f"{view}.show", **_of_report(asked, view)))
            for view, picture in counted.pictures(lambda view: _links(asked, view) if named else lambda _key, _at: "")
        ]
        tiles = [(tile, self._address(asked, tile)) for tile in counted.tiles]
        said = f"Картина, {asked.place.name}, {asked.period.title}"
        journal.read(Act.OPENED, entity="BigPicture", summary=said, records=0)
        return self.page("reports/picture.html", tiles=tiles, pictures=pictures, **choice)

    @expose("/year.svg")
    @has_access
    @permission_name("show")
    def year(self) -> Response:
        """The movement of the last twelve months as a picture."""
        tree = ReportPlaces()
        place = tree.default()
        if place is None:
            abort(404)
        today = clock.today()
        picture = overview.drawn_year(Period(today, today), place, tree)
        return self.file(chart.svg(picture, alone=True).encode(), SVG, "dvizhenie_za_god.svg", inline=True)

    def _address(self, asked: ReportRequest, tile: overview.Tile) -> str:
        """The report of a tile."""
        may = self.appbuilder.sm.has_access("can_show", tile.view)
        return url_for(f"{tile.view}.show", **_of_report(asked, tile.view)) if may else ""


def _so_far(today: date) -> Period:
    return Period(today.replace(month=1, day=1), today)


def _of_report(asked: ReportRequest, view: str) -> dict[str, Any]:
    """The question that a report is asked from this page: of the movement, the year by its months."""
    if view != "Movement":
        return asked.arguments
    year = overview.twelve_months(asked.period)
    return {**asked.arguments, "from": year.start.isoformat(), "to": year.end.isoformat(), "by": "months"}


def _links(asked: ReportRequest, view: str) -> Link:
    also: dict[str, Any] = {"by": "agency"} if view == "Activity" else {}

    def link(key: str, at: int | str | None = None) -> str:
        where: dict[str, Any] = {"at": str(at)} if at else {}
        return url_for(f"{view}.behind", figure=key, **{**_of_report(asked, view), **where, **also})

    return link
