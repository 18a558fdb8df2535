"""The reports on the screen: a form, the list behind each of its numbers, the same as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any, ClassVar

from flask import Response, abort, make_response, url_for
from flask_appbuilder import expose, permission_name
from flask_appbuilder.charts import widgets as charts
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app import access, clock, filters, forms, journal, known
from app.domain import periods
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.terms import Act, JobKind
from app.extensions import appbuilder
from app.filters import Address, NotUnderstoodError
from app.readings import given
from app.render import chart, html, xlsx
from app.render.chart import Drawn
from app.render.table import Table
from app.reports import CATALOGUE, files, listing, places
from app.reports.places import Place, ReportPlaces, Spot
from app.reports.report import FAMILY_PAGE, Indicator, Link, Report, behind, beside, how_many_beside, length
from app.screens import work
from app.screens.screen import Screen

PAGE_SIZE = 100
PICTURES = {"svg": "image/svg+xml", "png": "image/png"}
MOST_ON_SCREEN = 500  # rows of a table on a page; a file has all of them
MANY = 3000  # families of whom each has a line: a file of more is made in the background
IN_BACKGROUND = ("xlsx", "pdf")
NO_TERRITORY = "Такой территории среди ваших нет: откройте отчёт и выберите её из списка."
NOT_AT_ONCE = "Банк на этот день восстанавливается в фоне: откройте отчёт и попросите файл."
RESTORED_LATER = "Банк велик: каким он был известен в этот день, восстанавливается по записям журнала в фоне."
WRITTEN_LATER = "Банк велик: файл, где у каждой семьи своя строка, пишется в фоне."
MOST_COLUMNS = 60  # of a report with totals
NEAR = "near"  # the tab of what came close and is not counted
STATUTORY, FIGURES = "table table--grid table--dense table--form", "table table--grid table--dense table--figures"
OWN_DATES, ONE_DAY = "own", "day"
QUESTION = ("period", "year", "quarter", "from", "to")  # how an address may name a period


@dataclass
class ReportRequest:
    """What a person asked of a report, from the address: where a part of it is not understood, nothing is counted.

    known: the day by whose data it is counted, where that is not today. totals: what was typed in to be compared with
    the sums, by the place of the column.
    errors: what is not understood, by the field it stands in; what stands in no field is under an empty name.
    """

    tree: ReportPlaces
    period: Period
    place: Place | None
    options: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    known: date | None = None
    totals: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, address: Address, today: date, report: Report[Any] | None) -> ReportRequest:
        tree = ReportPlaces(report.sources if report else ())
        typed = {name: address.typed(name) for name in (*QUESTION, "territory", *(("known",) if report else ()))}
        asked = cls(tree, periods.last_finished_quarter(today), tree.default(), typed=typed)
        for name, option in report.options.items() if report else ():
            asked.options[name] = address.one_of(name, option.label, option.values) or option.usual
        for place in range(MOST_COLUMNS) if report else ():
            number = address.number(f"total-{place}", _("Total"))
            if number is not None:
                asked.totals[place] = number
        try:
            asked.period = _period(typed) or asked.period
            periods.check_begun(asked.period, today)
            if day := _day(typed.get("known", ""), "known"):
                known.check(day)
                asked.known = day
        except Refusal as refusal:
            asked.errors[refusal.field or "period"] = refusal.text
        if typed["territory"]:
            asked.place = _chosen(tree, typed["territory"])
        if not address.understood():
            asked.errors[""] = " ".join(address.faults)
        return asked

    @property
    def arguments(self) -> dict[str, Any]:
        """The same question as part of an address."""
        found = {"period": OWN_DATES, "from": self.period.start.isoformat(), "to": self.period.end.isoformat()}
        if self.typed["period"] == ONE_DAY:
            found = {"period": ONE_DAY, "to": self.period.end.isoformat()}
        if self.place:
            found["territory"] = str(self.place.id)
        if self.known:
            found["known"] = self.known.isoformat()
        return found | self.options | {f"total-{place}": str(number) for place, number in self.totals.items()}

    @property
    def is_of_a_day(self) -> bool:
        """Whether one day is asked for, and not a period."""
        return self.typed["period"] == ONE_DAY

    @property
    def of_today(self) -> dict[str, Any]:
        """The same question about the bank as it is today."""
        left_out = {"known", *(("period", "from", "to") if self.is_of_a_day else ())}
        return {name: value for name, value in self.arguments.items() if name not in left_out}

    @contextmanager
    def of_bank(self, report: Report[Any]) -> Iterator[Report[Any]]:
        """Let a block count the report over the bank that is asked. Raises Refusal if that takes too long."""
        report = files.of_days_to_come(report, self.period, clock.today())
        report = files.compared(report, self.totals) if self.totals else report
        if self.known is None:
            yield report
            return
        if known.is_large():
            raise Refusal(NOT_AT_ONCE, "known")
        with known.as_of(self.known):
            self.tree = ReportPlaces(report.sources)
            self.place = self.tree.all.get(self.place.id) if self.place else None
            if self.place is None:
                raise Refusal("Этой территории в банке тогда не было.", "territory")
            yield files.as_known(report, self.known)

    @property
    def chosen_period(self) -> str:
        """What is selected in the list of periods."""
        offered = {code for _title, group in period_choices(self.period.end) for code, _name in group}
        if self.errors or self.is_of_a_day:
            return self.typed["period"] or OWN_DATES
        for code in _codes(self.period):
            if code in offered and periods.coded(code) == self.period:
                return code
        return OWN_DATES


def _period(typed: dict[str, str]) -> Period | None:
    code = typed["period"]
    if code == ONE_DAY:
        day = _day(typed["to"], "to")
        if day is None:
            raise Refusal("Укажите день, на который показать отчёт.", "to")
        return periods.given(day, day)
    if typed["year"] and not code:
        code = f"{typed['year']}-Q{typed['quarter']}" if typed["quarter"] else typed["year"]
    if code and code != OWN_DATES:
        found = periods.coded(code)
        if found is None:
            raise Refusal("Такого периода нет: выберите его из списка или укажите даты.", "period")
        return found
    if code == OWN_DATES or typed["from"] or typed["to"]:
        return periods.given(_day(typed["from"], "from"), _day(typed["to"], "to"))
    return None


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    day = forms.parse_date(text)
    if day is None:
        raise Refusal("Это не дата: укажите день, месяц и год.", name)
    return day


def _chosen(tree: ReportPlaces, text: str) -> Place:
    """The territory of an address; one that the person may not choose does not exist."""
    found = next((place for place, _depth in tree.choices() if str(place.id) == text), None)
    return found or abort(404, NO_TERRITORY)


def _codes(period: Period) -> list[str]:
    year, quarter = periods.quarter_of(period.start)
    return [f"{year}-Q{quarter}", f"{year}", f"{year}-{period.start.month:02d}"]


def period_choices(today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """The periods people report on, the last first: quarters of three years, five years, twelve months."""
    day = periods.quarter_holding(today).end
    quarters, months = [], []
    for _number in range(12):
        year, quarter = periods.quarter_of(day)
        quarters.append((f"{year}-Q{quarter}", periods.quarter(year, quarter).title))
        day = periods.quarter(year, quarter).eve
    years = [(str(year), periods.year_period(year).title) for year in range(today.year, today.year - 5, -1)]
    day = today
    for _number in range(12):
        month = periods.month(day.year, day.month)
        months.append((f"{day.year}-{day.month:02d}", month.title))
        day = month.eve
    return [(_("Quarters"), quarters), (_("Years"), years), (_("Months"), months)]


class ReportScreen(Screen):
    """A report, the list behind each of its numbers, the report as a file. `screen_of` makes one for each report."""

    report: ClassVar[Report[Any]]
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str | Response:
        """The report with its checks; every number opens the rows behind it."""
        report, asked = self.report, self._asked(self._address())
        if asked.place is None:
            nothing = given.nothing(self.own_roles())
            return self.page("reports/nothing.html", title=report.label, report=report, nothing=nothing)
        choice = self._choice(asked)
        if asked.errors:
            return make_response(self.page("reports/not_understood.html", **choice), 400)
        if asked.known and known.is_large():
            return self.page("reports/later.html", why=RESTORED_LATER, **choice)
        try:
            with asked.of_bank(report) as said:
                shown = self._shown(asked, said)
        except Refusal as refusal:
            asked.errors[refusal.field or ""] = refusal.text
            return make_response(self.page("reports/not_understood.html", **choice), 400)
        people = sum(map(len, shown["named"].values()))
        journal.read(Act.OPENED, entity=report.view, summary=self._said(asked), records=people)
        return self.page("reports/show.html", in_background=self._is_long(asked), **shown, **choice)

    def _choice(self, asked: ReportRequest) -> dict[str, Any]:
        """What a page says of the report and of what is asked, and offers to ask."""
        return {"title": self.report.label, "report": self.report, "asked": asked, "arguments": asked.arguments,
                "choices": period_choices(clock.today()), "own_dates": OWN_DATES, "one_day": ONE_DAY}  # fmt: skip

    def _shown(self, asked: ReportRequest, report: Report[Any]) -> dict[str, Any]:
        """The counted report as its page shows it."""
        form = self._count(asked)
        link = links(self.report, asked)
        opened = link if form.shows_names else None
        table = first_rows(report.table(form, opened))
        return {
            "form": form, "table": table, "totals": files.beside(table, asked.totals),
            "named": report.named(form), "family_link": family_link(), "link": link,
            "grid": Markup(html.grid(table, STATUTORY if report.statutory else FIGURES, asks=True)),  # noqa: S704  app/render/html.py escapes
            "pictures": pictures(report, form, asked, opened),
            "rules": [one for one in form.indicators.values() if one.rule],
            "sections": [
                Markup(html.section(part, f"ask-section-{place}"))  # noqa: S704  app/render/html.py escapes
                for place, part in enumerate(table.sections)
            ],
        }  # fmt: skip

    @expose("/later/<kind>", methods=["POST"])
    @has_access
    @permission_name("export")
    def later(self, kind: str) -> BaseResponse:
        """The report as a file that is made in the background: of a large bank, or by data of an earlier day."""
        asked = self._understood(self._address())
        if kind not in IN_BACKGROUND or asked.place is None:
            abort(404)
        words = {"view": self.report.view, "report": self.report.name, "as": kind, "territory": asked.place.id,
                 "from": asked.period.start.isoformat(), "to": asked.period.end.isoformat(),
                 "known": asked.known.isoformat() if asked.known else "", "options": asked.options}  # fmt: skip
        return self.pressed(lambda: work.later(JobKind.REPORT, self._said(asked), words),
                            url_for(f"{self.report.view}.show", **asked.arguments))  # fmt: skip

    def _is_long(self, asked: ReportRequest) -> bool:
        """Whether its files are long enough to be made in the background: of each family a line."""
        return self.report.of_each_family and asked.place is not None and asked.tree.families_in(asked.place) > MANY

    @expose("/behind")
    @has_access
    def behind(self) -> str:
        """The rows that a number of the report counts."""
        address = self._address()
        page, tab = address.page(), address.one_of("tab", _("Tab"), (NEAR,))
        asked = self._with_names(address)
        with self._bank_of_lists(asked):
            indicator, spot = self._counted(asked, address)
            near = indicator.near if tab == NEAR else None
            within = places.shown_in(spot.rows, spot.keys)
            count, number = length(indicator, within)
            if near is not None:
                count = how_many_beside(near, within)
            page = min(page, max(count - 1, 0) // PAGE_SIZE)
            if near is None:
                found = behind(indicator, within, PAGE_SIZE, page * PAGE_SIZE)
                table = _list(asked, indicator, spot, found)
            else:
                found = beside(near, within, PAGE_SIZE, page * PAGE_SIZE)
                table = _list(asked, replace(indicator, source=near.source, why=near.why), spot, found)
        said = self._said(asked, f"{indicator.title}: рядом, но не вошли" if near else indicator.title)
        journal.read(Act.LISTED, entity=self.report.view, summary=said, records=len(found))

        def link(page: int = page, **_size: int) -> str:
            also: dict[str, Any] = {"tab": NEAR} if near else {}
            return url_for(f"{self.report.view}.behind", **self._repeated(asked), **also, page=page)

        return self.page(
            "reports/behind.html", title=indicator.title, report=self.report, asked=asked, indicator=indicator,
            number=number, count=count, is_near=near is not None, near_tab=NEAR,
            grid=Markup(html.grid(table, "table table--cards")),  # noqa: S704  app/render/html.py escapes
            subtitle=table.subtitle, current_page=page, page_size=PAGE_SIZE, link=link, arguments=asked.arguments,
            question=self._repeated(asked),
        )  # fmt: skip

    @expose("/behind/file")
    @has_access
    @permission_name("export")
    def list_file(self) -> Response:
        """The list behind a number as a workbook."""
        address = self._address()
        asked = self._with_names(address)
        with self._bank_of_lists(asked):
            indicator, spot = self._counted(asked, address)
            found = behind(indicator, places.shown_in(spot.rows, spot.keys))
            table = _list(asked, indicator, spot, found)
        said = self._said(asked, indicator.title)
        journal.read(Act.EXPORTED, entity=self.report.view, summary=said, records=len(found))
        return self.file(xlsx.workbook(table, **_made()), xlsx.MIME, f"spisok_{_dates(asked.period)}.xlsx")

    @expose("/file/<kind>")
    @has_access
    @permission_name("export")
    def export(self, kind: str) -> str | Response:
        """The report as xlsx, pdf, html or json; of a large bank, the way to its making in the background."""
        asked = self._understood(self._address())
        if kind not in files.KINDS or asked.place is None:
            abort(404)
        if self._is_long(asked):
            back = url_for(f"{self.report.view}.show", **asked.arguments)
            return self.page("reports/later.html", why=WRITTEN_LATER, back=back, **self._choice(asked))
        try:
            with asked.of_bank(self.report) as said:
                form = self._count(asked)
                link = links(self.report, asked, whole=True) if kind == "xlsx" and form.shows_names else None
                content, mime = files.written(said, form, kind, link=link, **_made())
        except Refusal as refusal:
            raise NotUnderstoodError([refusal.text], self._address().reset) from refusal
        act = Act.PRINTED if kind in ("pdf", "html") else Act.EXPORTED
        journal.read(act, entity=self.report.view, summary=f"{self._said(asked)}, {kind}", records=len(form.rows))
        return self.file(content, mime, f"{self.report.file}_{_dates(asked.period)}{files.ENDINGS[kind]}")

    @expose("/picture/<int:number>/<kind>")
    @has_access
    @permission_name("export")
    def picture(self, number: int, kind: str) -> Response:
        """A picture of the report as a file of its own."""
        asked = self._understood(self._address())
        if kind not in PICTURES or asked.place is None:
            abort(404)
        with self._bank_of_lists(asked):
            pictures = self.report.pictures(self._count(asked), None)
        if number >= len(pictures):
            abort(404)
        one = pictures[number]
        said = f"{self._said(asked)}, {one.title}"
        journal.read(Act.EXPORTED, entity=self.report.view, summary=said, records=0)
        content = chart.png(one) if kind == "png" else chart.svg(one, alone=True).encode()
        return self.file(content, PICTURES[kind], f"{self.report.file}_{number + 1}_{_dates(asked.period)}.{kind}")

    def _address(self) -> Address:
        return Address(url_for(f"{self.report.view}.show"))

    def _asked(self, address: Address) -> ReportRequest:
        return ReportRequest.read(address, clock.today(), self.report)

    def _understood(self, address: Address) -> ReportRequest:
        """What is asked for. Raises NotUnderstoodError where a part of it says nothing."""
        asked = self._asked(address)
        if asked.errors:
            raise NotUnderstoodError(list(asked.errors.values()), address.reset)
        return asked

    def _count(self, asked: ReportRequest) -> Any:
        return self.report.count(asked.period, asked.place, asked.tree, **asked.options)

    def _with_names(self, address: Address) -> ReportRequest:
        """What is asked of a list; figures alone have no lists."""
        for name in ("figure", "at"):
            address.typed(name)
        asked = self._understood(address)
        if asked.place is None or access.scope().all_statistics:
            abort(404)
        return asked

    @contextmanager
    def _bank_of_lists(self, asked: ReportRequest) -> Iterator[None]:
        """The bank that is asked. Raises NotUnderstoodError."""
        try:
            with asked.of_bank(self.report):
                yield
        except Refusal as refusal:
            raise NotUnderstoodError([refusal.text], self._address().reset) from refusal

    def _counted(self, asked: ReportRequest, address: Address) -> tuple[Indicator, Spot]:
        """The indicator of the address and the spot it is asked for."""
        figure, at = address.typed("figure"), address.typed("at")
        if asked.place is None:
            abort(404)
        indicator = self.report.figures(asked.period, **asked.options).get(figure)
        spot = places.spot(asked.tree, asked.place, at)
        if indicator is None or spot is None or not spot.is_of(indicator.source):
            abort(404)
        return indicator, spot

    @staticmethod
    def _repeated(asked: ReportRequest) -> dict[str, Any]:
        also = {name: text for name, text in filters.given().items() if name in ("figure", "at")}
        return {**asked.arguments, **also}

    def _said(self, asked: ReportRequest, figure: str = "") -> str:
        """How the journal names what was shown."""
        territory = asked.place.name if asked.place else ""
        by_data = files.known_on(asked.known) if asked.known else ""
        return ", ".join(filter(None, (self.report.title, territory, asked.period.title, by_data, figure)))


def screen_of(report: Report[Any]) -> type[ReportScreen]:
    """The screen of a report of the catalogue."""
    return type(report.view, (ReportScreen,), {
        "report": report, "route_base": f"/reports/{report.name}", "class_permission_name": report.view,
        "__doc__": report.title,
    })  # fmt: skip


SCREENS = {report.view: screen_of(report) for report in CATALOGUE}


def _list(asked: ReportRequest, indicator: Indicator, spot: Spot, found: Any) -> Table:
    """The rows behind a number as a table, each family a link to its page."""
    rows = list(spot.rows)
    territory = rows[0].name if len(rows) == 1 else (asked.place.name if asked.place else "")
    return listing.table(
        indicator,
        found,
        subtitle=f"{territory}. {asked.period.title}",
        territories={row.id: asked.tree.title(row, rows) for row in rows},
        family_link=family_link(),
    )


def family_link() -> Callable[[int], str]:
    """The address of a family's page for whoever may open it."""
    manager = appbuilder().sm
    if not manager.has_access("can_show", "FamilyPage"):
        return lambda _family_id: ""
    return lambda family_id: url_for("FamilyPage.show", pk=family_id)


def drawn_table(table: Table, css: str) -> tuple[Markup, list[Markup]]:
    """A table and the lines under it as a page shows them."""
    grid = Markup(html.grid(table, css))  # noqa: S704  app/render/html.py escapes
    return grid, [Markup(html.section(part)) for part in table.sections]  # noqa: S704  the same


def links(report: Report[Any], asked: ReportRequest, *, whole: bool = False) -> Link:
    """Addresses of the lists behind the numbers of a report. whole: with the name of the server, for a file."""

    page_of = family_link()

    def link(key: str, where: int | str | None = None) -> str:
        if key == FAMILY_PAGE:
            return "" if whole else page_of(int(where or 0))
        at = {"at": str(where)} if where else {}
        return url_for(f"{report.view}.behind", _external=whole, figure=key, **{**at, **asked.arguments})

    return link


class ChartWidget(charts.ChartWidget):
    """The one widget of every chart, ours in the place of FAB's, which asks Google: a picture with the table behind it,
    the report that explains it, and the files it is kept as."""

    template = "reports/drawn.html"

    def __init__(self, picture: Drawn, address: str = "", files: Sequence[tuple[str, str]] = ()) -> None:
        svg = Markup(chart.svg(picture) + chart.svg(picture, narrow=True))  # noqa: S704  app/render/chart.py escapes
        super().__init__(svg=svg, title=picture.title, rows=picture.rows(), address=address, files=files)

    def __call__(self, **also: Any) -> Markup:
        return Markup(super().__call__(**also))  # noqa: S704  its template escapes


def pictures(report: Report[Any], form: Any, asked: ReportRequest, link: Link | None) -> list[ChartWidget]:
    """The pictures of a counted report, each kept as a file by whoever may."""
    may_export = appbuilder().sm.has_access("can_export", report.view)

    def kept(number: int) -> list[tuple[str, str]]:
        address = f"{report.view}.picture"
        return [(kind.upper(), url_for(address, number=number, kind=kind, **asked.arguments)) for kind in PICTURES]

    return [
        ChartWidget(one, files=kept(number) if may_export else ())
        for number, one in enumerate(report.pictures(form, link))
    ]


def first_rows(table: Table) -> Table:
    """A table as a page shows it: of very many rows the first ones."""
    number = len(table.rows)
    if number <= MOST_ON_SCREEN:
        return table
    said = f"Показаны первые {MOST_ON_SCREEN} строк; ещё {number - MOST_ON_SCREEN} – в файле."
    return replace(table, rows=list(islice(table.rows, MOST_ON_SCREEN)), notes=[said, *table.notes])


def _made() -> dict[str, Any]:
    return {"made_by": current_user.get_full_name(), "made_at": clock.local(clock.now())}


def _dates(period: Period) -> str:
    return f"{period.start.isoformat()}_{period.end.isoformat()}"
