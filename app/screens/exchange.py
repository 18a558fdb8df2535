"""The exchange of workbooks: load one after a preview, take a load back, hand the bank over."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from typing import Any

from flask import g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from app import access, clock, journal
from app.acts import Answer, reads_first
from app.domain import writing
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.exchange import apply, export, plan, preview, reader, undo, waiting
from app.exchange.changes import Plan
from app.exchange.workbook import SHEETS
from app.extensions import db, look_at_contents
from app.filters import Address
from app.models import Family, ImportBatch, Territory
from app.render import xlsx
from app.screens.screen import Screen, page_asked

PAGE = 20
MOST_RUNS = 50  # runs of keys among which the first families of a load are looked for
FIRST = 20  # lines of one part of a preview that are seen at once
SHOWN = 200  # lines of one part of a preview that can be unfolded; the rest is counted

GONE = (
    "Эта книга уже загружена или ждала больше часа: откройте её ещё раз. "
    "Повторная загрузка той же книги ничего не меняет."
)
CHANGED_MEANWHILE = (
    "Пока вы смотрели, банк изменился. Проверьте, что произойдёт теперь, и подтвердите загрузку ещё раз."
)
ANSWERED = "Ответы приняты. Проверьте, что произойдёт теперь, и подтвердите загрузку."
UNANSWERED = "Есть вопросы без ответа: без них ничего не загружается. Остальные ваши ответы сохранены."
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

    def _start(self, error: str = "", page: int = 0) -> str:
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
        )

    # In

    @expose("/preview", methods=["POST"])
    @has_access
    @reads_first
    def preview(self) -> str:
        """Read a workbook and show what it would do; nothing is written."""
        file = request.files.get("file")
        name = writing.line(file.filename) if file is not None else None
        if file is None or name is None:
            return self._start("Выберите файл книги обмена (.xlsx).")
        content = file.stream.read(reader.LONGEST_FILE + 1)
        try:
            planned = _planned(content, name)
        except Refusal as refusal:
            return self._start(refusal.text)
        key = waiting.keep(content, name, g.user.id)
        return self._preview(planned, key)

    def _preview(self, planned: Plan, key: str, warning: str = "") -> str:
        records = len(planned.families)
        summary = f"Сверка книги с банком: {planned.district.name}"
        journal.read(Act.LISTED, entity="ImportBatch", summary=summary, records=records)
        return self.page(
            "exchange/faults.html" if planned.faults else "exchange/preview.html",
            plan=planned,
            key=key,
            answer=ANSWER,
            offered=json.dumps({each.key: each.chosen for each in planned.questions if each.chosen}),
            warning=warning,
            shown=SHOWN,
            first=FIRST,
            sheets=[(sheet, planned.counts.get(sheet.title)) for sheet in SHEETS],
            waiting=any(counter["waiting"] for counter in planned.counts.values()),
            titles=planned.titles,
            **_by_family(planned),
        )

    @expose("/faults", methods=["POST"])
    @has_access
    @permission_name("preview")
    @reads_first
    def faults(self) -> Response | str:
        """The faults of a workbook as a file to send back to its author."""
        found = waiting.find(request.form.get("key", ""), g.user.id)
        if found is None:
            return self._start(GONE)
        try:
            planned = _planned(found.content, found.name)
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
            return self._start(GONE)
        said, answers = _Said(), _answers()
        try:
            book = _read(found.content, found.name)
            prepared = apply.Prepared(lambda: plan.make(book, clock.today(), answers))
            answer = self.done(said, lambda: _load(prepared, answers))
        except Refusal as refusal:
            return self._start(refusal.text)
        except ShownAgainError as again:
            return self._preview(again.plan, key, again.warning)
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
        return self.page("exchange/batch.html", batch=batch, sheets=_sheets(batch), families=_families(batch),
                         brought=_brought(batch))  # fmt: skip

    @expose("/undo/<int:pk>", methods=["POST"])
    @has_access
    def undo(self, pk: int) -> Response:
        """Take a whole load back."""
        batch = self.find(ImportBatch, pk)
        back = url_for("Exchange.batch", pk=pk)

        def whole() -> Answer:
            undo.undo(batch, clock.today())
            return Answer(_("The import is undone: its rows are annulled, changed values are as they were."), back)

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
            moment = clock.local(clock.now())
            written = export.write(district, day, made_by=g.user.get_full_name(), made_at=moment, within=within)
        except Refusal as refusal:
            return self._start(refusal.text)
        journal.read(Act.EXPORTED, entity="Family", summary=written.summary, records=written.families)
        return self.file(written.content, xlsx.MIME, f"Банк данных {written.district} {day:%d.%m.%Y}.xlsx")


def _answers() -> dict[str, str]:
    """What the person answered to the questions of the preview."""
    return {name.removeprefix(ANSWER): chosen for name, chosen in request.form.items() if name.startswith(ANSWER)}


def _warning(planned: Plan, answers: dict[str, str]) -> str:
    """Why the preview is shown again instead of loading; empty if the plan is the one that was confirmed."""
    if planned.unanswered:
        return UNANSWERED
    if planned.faults or planned.fingerprint != request.form.get("fingerprint"):
        offered = json.dumps(answers)
        return CHANGED_MEANWHILE if offered == request.form.get("offered", "{}") else ANSWERED
    return ANSWERED if "again" in request.form else ""


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


def _load(prepared: apply.Prepared, answers: dict[str, str]) -> Answer:
    """Load a workbook that was shown, if it would still do the same."""
    planned = prepared.held()
    if warning := _warning(planned, answers):
        raise ShownAgainError(planned, warning)
    batch = apply.apply(planned, clock.today())
    look_at_contents()
    return Answer(_("The workbook is loaded."), url_for("Exchange.batch", pk=batch.id))


ByFamily = list[tuple[str, str, list[Any]]]  # how a family is called, where it lives, what is said of it


def _by_family(planned: Plan) -> dict[str, ByFamily]:
    """What changes and what is new, family by family: the new ones apart, settlement by settlement."""

    def grouped(lines: Iterable[Any]) -> dict[str, list[Any]]:
        return {number: list(group) for number, group in groupby(sorted(lines, key=_number), _number)}

    titles, new = planned.titles, grouped(planned.new)
    fresh = [(titles[each.number], each.place.name, new.pop(each.number, [])) for each in planned.new_families]
    return {
        "changes": [(titles[number], "", group) for number, group in grouped(planned.changes).items()],
        "new_families": fresh,
        "added": [(titles[number], "", group) for number, group in new.items()],
    }


def _number(line: Any) -> str:
    return str(line.number)


def _read(content: bytes, name: str) -> reader.Book:
    """Read a workbook while no transaction holds the bank."""
    db.session.rollback()
    return reader.read(content, name)


def _planned(content: bytes, name: str) -> Plan:
    return plan.make(_read(content, name), clock.today())


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


def _brought(batch: ImportBatch) -> int:
    """How many families a load brought in."""
    runs: Iterable[list[int]] = batch.counts.get("created", {}).get("family", ())
    return sum(last - first + 1 for first, last in runs)


def _families(batch: ImportBatch) -> list[Family]:
    """The first families that a load brought in."""
    runs: Iterable[list[int]] = batch.counts.get("created", {}).get("family", ())
    ranges = [Family.id.between(first, last) for first, last in runs]
    if not ranges:
        return []
    statement = select(Family).where(or_(*ranges[:MOST_RUNS]), Family.annulled_at.is_(None)).order_by(Family.number)
    return list(db.session.scalars(statement.limit(SHOWN)))


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
