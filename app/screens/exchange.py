"""The exchange of workbooks: load one after a preview, take a load back, hand the bank over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date

from flask import abort, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from werkzeug.wrappers import Response

from app import access, clock, forms, journal
from app.acts import Answer, reads_first
from app.domain import writing
from app.domain.refusal import Refusal
from app.domain.terms import Act, JobKind
from app.exchange import apply, export, preview, reader, sources, undo, waiting
from app.exchange.changes import Plan
from app.exchange.confirmation import Confirmation
from app.exchange.preview import Shown
from app.exchange.sources import BookSource, UnclearBookError
from app.exchange.workbook import SHEETS
from app.extensions import db, look_at_contents
from app.filters import Address
from app.models import Family, ImportBatch, Job, Territory
from app.render import xlsx
from app.screens.books import shown_as
from app.screens.screen import Screen, page_asked
from app.screens.work import later, mine
from app.services import closed
from app.work import results

PAGE = 20
MOST_RUNS = 50  # runs of keys among which the first families of a load are looked for
FIRST = 20  # lines of one part of a preview that are seen at once
SHOWN = 50  # families of one settlement that the page of a load names
# What takes longer than a page may is done in the background.
LARGE_BOOK = 1 << 20  # bytes: about a thousand families
LARGE_EXPORT = 1000  # families
LARGE_LOAD = 10_000  # rows that a load has written
ANSWER = "answer:"  # how the fields of answers begin


class Exchange(Screen):
    """Workbooks in and out."""

    route_base = "/exchange"
    class_permission_name = "Exchange"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """What to do with a workbook, and what was loaded before."""
        return self._start(page=page_asked(url_for("Exchange.show")))

    @expose("/export", methods=["POST"])
    @has_access
    @permission_name("export")
    def export_later(self) -> Response | str:
        """The workbook of a large district, written in the background."""
        said = _Said()

        def asked() -> Answer:
            day = forms.parse_date(request.form.get("on", ""))
            if day is None:
                raise Refusal("День выгрузки не понят: напишите его как ДД.ММ.ГГГГ.")
            district, within = _chosen(request.form.get("district", ""), request.form.get("territory", ""))
            title = f"{JobKind.EXPORT}: {(within or district).name} на {day:%d.%m.%Y}"
            wanted = {"district": district.id, "within": within.id if within else None, "on": day.isoformat()}
            return later(JobKind.EXPORT, title, wanted)

        return self.done(said, asked) or self._start(said.text)

    def _start(self, error: str = "", page: int = 0, large: _LargeExport | None = None) -> str:
        statement = select(ImportBatch).order_by(ImportBatch.id.desc())
        batches = db.session.scalars(statement.limit(PAGE + 1).offset(page * PAGE)).all()
        districts = export.districts()
        return self.page(
            "exchange/show.html",
            error=error,
            batches=batches[:PAGE],
            said={batch.id: _said(batch) for batch in batches[:PAGE]},
            more=len(batches) > PAGE,
            page_now=page,
            districts=districts,
            places=_places(districts),
            longest=reader.LONGEST_FILE >> 20,
            large=large,
            jobs=mine(),
        )

    # In

    @expose("/preview", methods=["POST"])
    @has_access
    @reads_first
    def preview(self) -> Response | str:
        """Read a workbook and show what it would do; nothing is written."""
        file = request.files.get("file")
        name = writing.line(file.filename) if file is not None else None
        if file is None or name is None:
            return self._start("Выберите файл книги: .xlsx, .xls, .ods или .csv.")
        content = file.stream.read(reader.LONGEST_FILE + 1)
        if len(content) > LARGE_BOOK:
            return self._preview_later(content, name)
        try:
            source = _read(content, name)
            if source.is_large:
                return self._preview_later(content, name)
            if not source.is_form:
                return redirect(url_for("Books.show", key=waiting.keep(content, name, g.user.id)))
            planned = source.plan(clock.today())
        except Refusal as refusal:
            return self._start(refusal.text)
        return self._preview(preview.shown(planned), waiting.keep(content, name, g.user.id))

    def _preview_later(self, content: bytes, name: str) -> Response | str:
        """Compare a large workbook in the background."""
        said = _Said()
        try:
            reader.check(content, name)
        except Refusal as refusal:
            return self._start(refusal.text)
        key = waiting.keep(content, name, g.user.id)
        title = f"{JobKind.PREVIEW}: {name}"
        return self.done(said, lambda: later(JobKind.PREVIEW, title, {"key": key})) or self._start(said.text)

    def _preview(self, shown: Shown, key: str) -> str:
        summary = f"Сверка книги с банком: {shown['district']}"
        journal.read(Act.LISTED, entity="ImportBatch", summary=summary, records=shown["families"])
        template = "exchange/faults.html" if shown["faults"]["total"] else "exchange/preview.html"
        return self.page(template, plan=shown, key=key, answer=ANSWER, first=FIRST)

    @expose("/prepared/<int:pk>")
    @has_access
    @permission_name("preview")
    def prepared(self, pk: int) -> str:
        """What a workbook would do that was compared in the background."""
        job = self.find(Job, pk)
        shown, key = results.shown(job), str(job.parameters.get("key", ""))
        if shown is None:
            abort(404)
        if not waiting.find(key, g.user.id):
            return self._start(waiting.GONE)
        if (book := shown.get("book")) is None:
            return self._preview(shown, key)
        summary = f"Книга «{book['name']}»: что понято"
        journal.read(Act.LISTED, entity="ImportBatch", summary=summary, records=book["families"])
        return self.page("exchange/book.html", **shown_as(key, book))

    @expose("/faults", methods=["POST"])
    @has_access
    @permission_name("preview")
    @reads_first
    def faults(self) -> Response | str:
        """The faults of a workbook as a file to send back to its author."""
        found = waiting.find(request.form.get("key", ""), g.user.id)
        if found is None:
            return self._start(waiting.GONE)
        try:
            planned = _read(found.content, found.name, key=found.key).plan(clock.today())
        except UnclearBookError:
            return redirect(url_for("Books.show", key=found.key))
        except Refusal as refusal:
            return self._start(refusal.text)
        summary = f"Ошибки книги «{found.name}»"
        journal.read(Act.EXPORTED, entity="ImportBatch", summary=summary, records=len(planned.faults))
        content = xlsx.workbook(
            preview.fault_table(planned), made_by=g.user.get_full_name(), made_at=clock.local(clock.now())
        )
        return self.file(content, xlsx.MIME, "ошибки книги.xlsx")

    @expose("/apply", methods=["POST"])
    @has_access
    @reads_first
    def apply(self) -> Response | str:
        """Load a workbook that was previewed, if it would still do the same."""
        key = request.form.get("key", "")
        found = waiting.find(key, g.user.id)
        if found is None:
            return self._start(waiting.GONE)
        said, answered = _Said(), confirmed()
        try:
            source = _read(found.content, found.name, key=key) if len(found.content) <= LARGE_BOOK else None
            if source is None or source.is_large:
                asked, title = {"key": key, "confirmation": asdict(answered)}, f"{JobKind.LOAD}: {found.name}"
                return self.done(said, lambda: later(JobKind.LOAD, title, asked)) or self._start(said.text)
            prepared = apply.PreparedLoad(lambda: source.plan(clock.today(), answered.answers), clock.today())
            answer = self.done(said, lambda: _load(prepared, answered))
        except Refusal as refusal:
            return self._start(refusal.text)
        except UnclearBookError:
            return redirect(url_for("Books.show", key=key))
        except ShownAgainError as again:
            return self._preview(preview.shown(again.plan, again.warning), key)
        if answer is None:
            return self._start(said.text)
        with suppress(OSError):  # what is left is swept within the hour
            waiting.drop(key)
        return answer

    @expose("/batch/<int:pk>")
    @has_access
    @permission_name("show")
    def batch(self, pk: int) -> str:
        """What one load did, with the way to its families and back."""
        batch = self.find(ImportBatch, pk)
        families = _families(batch)
        if families:
            shown = sum(len(place.families) for place in families)
            journal.read(Act.LISTED, entity="Family", records=shown, summary=f"Загрузка № {batch.id}")
        return self.page("exchange/batch.html", batch=batch, sheets=_sheets(batch), families=families, first=FIRST)

    @expose("/undo/<int:pk>", methods=["POST"])
    @has_access
    def undo(self, pk: int) -> Response:
        """Take a whole load back."""
        batch = self.find(ImportBatch, pk)
        back = url_for("Exchange.batch", pk=pk)

        def whole() -> Answer:
            if sum(sum(counter.values()) for _title, counter in _sheets(batch)) > LARGE_LOAD:
                undo.check(batch, clock.today())
                asked = {"batch": pk, "reason": closed.given()}
                return later(JobKind.UNDO, f"{JobKind.UNDO}: {batch.file_name}", asked)
            undo.undo(batch, clock.today())
            return Answer(undo.UNDONE, back)

        return self.pressed(whole, back)

    # Out

    @expose("/export")
    @has_access
    def export(self) -> Response | str:
        """The workbook of a district on a day."""
        address = Address(url_for("Exchange.show"))
        day = address.day("on", _("Day")) or clock.today()
        asked = address.typed("district", _("District")), address.typed("territory", _("Territory"))
        address.check()
        try:
            district, within = _chosen(*asked)
            families = export.size(district, within)
            if families > LARGE_EXPORT:
                return self._start(large=_LargeExport(district, within, day, families))
            moment = clock.local(clock.now())
            written = export.write(district, day, made_by=g.user.get_full_name(), made_at=moment, within=within)
        except Refusal as refusal:
            return self._start(refusal.text)
        journal.read(Act.EXPORTED, entity="Family", summary=written.summary, records=written.families)
        return self.file(written.content, xlsx.MIME, f"Банк данных {written.district} {day:%d.%m.%Y}.xlsx")


def confirmed() -> Confirmation:
    """What the person confirms with the form of a preview."""
    answers = {name.removeprefix(ANSWER): said for name, said in request.form.items() if name.startswith(ANSWER)}
    return Confirmation(request.form.get("fingerprint"), answers, request.form.get("offered", "{}"),
                        "again" in request.form, request.form.get(closed.REASON, ""))  # fmt: skip


@dataclass(frozen=True)
class _LargeExport:
    """A workbook that is too large to be waited for."""

    district: Territory
    within: Territory | None
    on: date
    families: int


class ShownAgainError(Exception):
    """The workbook is not loaded yet: `plan` is what it would do now, `warning` says why it is shown again."""

    def __init__(self, planned: Plan, warning: str) -> None:
        super().__init__(warning)
        self.plan, self.warning = planned, warning


class _Said:
    """A refusal that is said above the page of the exchange."""

    text = ""

    def refuse(self, text: str, field: str | None) -> None:
        self.text = text


def _load(prepared: apply.PreparedLoad, confirmed: Confirmation) -> Answer:
    """Load a workbook that was shown, if it would still do the same."""
    planned = prepared.held()
    if warning := confirmed.warning(planned):
        raise ShownAgainError(planned, warning)
    batch = prepared.write()
    look_at_contents()
    return Answer(_("The workbook is loaded."), url_for("Exchange.batch", pk=batch.id))


def _read(content: bytes, name: str, *, key: str = "") -> BookSource:
    """Read a workbook while no transaction holds the bank. key: of a waiting one, with what was answered about it."""
    db.session.rollback()
    return sources.read(content, name, waiting.said(key, g.user.id) if key else {})


def _sheets(batch: ImportBatch) -> list[tuple[str, dict[str, int]]]:
    """What a load did, sheet by sheet."""
    told = batch.counts.get("sheets", {})
    return [(sheet.title, told[sheet.title]) for sheet in SHEETS if sheet.title in told]


def _said(batch: ImportBatch) -> str:
    """«Семьи: новых 3, изменено 1»."""
    parts = []
    for title, counter in _sheets(batch):
        if counter.get("new") or counter.get("changed"):
            parts.append(f"{title}: +{counter.get('new', 0)}, изменено {counter.get('changed', 0)}")
    return "; ".join(parts)


@dataclass
class _OfPlace:
    """The families that a load brought into one settlement: how many there are, and the first of them."""

    name: str
    total: int
    families: list[Family]


def _families(batch: ImportBatch) -> list[_OfPlace]:
    """The families that a load brought in, settlement by settlement."""
    runs: Iterable[list[int]] = batch.counts.get("created", {}).get("family", ())
    family, place = Family.__table__, Territory.__table__
    ranges = [family.c.id.between(first, last) for first, last in runs]
    if not ranges:
        return []
    at_place = {"partition_by": family.c.territory_id}
    ranked = (
        select(
            family.c.id, place.c.name, func.count().over(**at_place).label("total"),
            func.row_number().over(order_by=(family.c.number, family.c.id), **at_place).label("rank"),
        )
        .select_from(family.join(place, place.c.id == family.c.territory_id))
        .where(or_(*ranges[:MOST_RUNS]), family.c.annulled_at.is_(None), access.scope().families())
        .subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(Family, ranked.c.name, ranked.c.total)
        .join(ranked, ranked.c.id == Family.id)
        .where(ranked.c.rank <= SHOWN)
        .order_by(ranked.c.name, Family.territory_id, ranked.c.rank)
    )
    found: dict[int, _OfPlace] = {}
    for row, name, total in rows:
        found.setdefault(row.territory_id, _OfPlace(name, total, [])).families.append(row)
    return list(found.values())


def _places(districts: list[Territory]) -> list[Territory]:
    """The parts of the districts that the person keeps."""
    scope = access.scope()
    parents = [district.id for district in districts]
    rows = db.session.scalars(select(Territory).where(Territory.parent_id.in_(parents)).order_by(Territory.name))
    return [place for place in rows if scope.covers_territory(place.id)]


def _chosen(district: str, territory: str) -> tuple[Territory, Territory | None]:
    """The district and the part of it that the form names, by key."""
    known = {str(each.id): each for each in export.districts()}
    if territory:
        within = {str(each.id): each for each in _places(list(known.values()))}.get(territory)
        if within is None or within.parent is None:
            raise Refusal("Такой территории среди ваших нет.")
        return within.parent, within
    if district and district not in known:
        raise Refusal("Такого района среди ваших территорий нет.")
    if not known:
        raise Refusal("Районов с семьями пока нет: загрузите книгу или внесите семью.")
    return (known[district] if district else next(iter(known.values()))), None
