"""A report is submitted, found by its code, counted again, corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response as FileResponse
from flask import abort, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import access, clock, journal, signer
from app.acts import Answer, reads_first
from app.documents import bound
from app.documents.bound import MadeBy
from app.domain.refusal import Refusal
from app.domain.submissions import Agreed
from app.domain.terms import Act, JobKind
from app.extensions import db
from app.filters import Address
from app.models import Job, JournalEntry, Submission, Territory
from app.readings import history
from app.render import docx, pdf, xlsx
from app.reports import frozen, recount, submitted
from app.reports.differing import CellDifference, differences
from app.reports.places import ReportPlaces
from app.reports.recount import Recounted
from app.reports.report import Report
from app.screens.reports import FIGURES, MANY, PAGE_SIZE, STATUTORY, ReportRequest, drawn_table, family_link, first_rows
from app.screens.screen import Screen
from app.screens.submission_forms import AgreedForm, CorrectedForm
from app.screens.work import kept_by, later
from app.services import submissions as acts
from app.work import submissions as long
from app.work.submissions import NOT_KEPT, SHEET, CountedContent

KINDS: dict[str, tuple[Callable[..., bytes], str, Act]] = {
    "pdf": (pdf.pdf, "application/pdf", Act.PRINTED),
    "xlsx": (xlsx.workbook, xlsx.MIME, Act.EXPORTED),
}


@dataclass(frozen=True)
class Changed:
    """A cell of the report that is another one now, as the page shows it, with the rows that came and that went."""

    cell: CellDifference
    was: str
    now: str
    come: list[str]
    gone: list[str]
    more: int


class Submissions(Screen):
    """Reports that were submitted."""

    route_base = "/"
    class_permission_name = "Submission"
    default_view = "find_by_code"

    # Submitting

    @expose("/submit/<name>", methods=["GET", "POST"])
    @has_access
    @permission_name("submit")
    @reads_first
    def submit(self, name: str) -> str | Response:
        """The report is counted, agreed, kept and numbered."""
        report = recount.report_named(name) or abort(404)
        asked = ReportRequest.read(Address(url_for(f"{report.view}.show")), clock.today(), report)
        back = url_for(f"{report.view}.show", **asked.arguments)
        if (
            asked.errors
            or asked.known
            or asked.place is None
            or not self.appbuilder.sm.has_access("can_show", report.view)
        ):
            return redirect(back)
        form = AgreedForm()
        is_long = asked.tree.families_in(asked.place) > MANY
        if form.is_submitted() and form.validate():
            hand_in = self._left if is_long else self._submitted
            if answer := hand_in(report, asked, form):
                return answer
        if not form.is_submitted():
            form.begin(
                clock.today(), signer.head_of_commission([one.id for one in asked.tree.tree.above(asked.place.id)])
            )
        earlier = acts.latest(name, recount.choice_of(asked.options), asked.period, asked.place.id)
        return self.page("submissions/submit.html", form=form, report=report, asked=asked, back=back, earlier=earlier,
                         is_long=is_long, heading=gettext("Submit the report"))  # fmt: skip

    def _submitted(self, report: Report[Any], asked: ReportRequest, form: AgreedForm) -> Response | None:
        """Counted and handed in at once."""
        assert asked.place is not None
        place_id, period, options = asked.place.id, asked.period, dict(asked.options)
        if not _may_be_counted(form, lambda: _check(report, asked, form)):
            return None
        count = CountedContent(lambda: frozen.freeze(report, period, place_id, options))

        def whole() -> Answer:
            row = acts.submit(
                count.now(), report=report.name, title=report.title, choice=recount.choice_of(options), period=period,
                territory=db.session.get_one(Territory, place_id), agreed=form.agreed, today=clock.today(),
            )  # fmt: skip
            said = gettext("Submitted: %(called)s, code %(code)s.", called=row.called, code=row.code)
            return Answer(said, _page_of(row.id))

        return self.done(form, whole)

    def _left(self, report: Report[Any], asked: ReportRequest, form: AgreedForm) -> Response | None:
        """Left to the background: of a large bank it takes a while."""
        assert asked.place is not None
        said = {"report": report.name, "territory": asked.place.id, "options": dict(asked.options),
                "from": asked.period.start.isoformat(), "to": asked.period.end.isoformat()}  # fmt: skip
        title = ", ".join((gettext("Submit the report"), report.title, asked.place.name, asked.period.title))

        def put() -> Answer:
            _check(report, asked, form)
            return _later(title, form.agreed, said)

        return self.done(form, put)

    @expose("/submission/<int:pk>/correct", methods=["GET", "POST"])
    @has_access
    @permission_name("submit")
    @reads_first
    def correct(self, pk: int) -> str | Response:
        """A corrected version of the same number, with the reason."""
        row = self._row(pk)
        if not access.scope().covers_territory(row.territory_id):
            abort(403)
        form, is_long = CorrectedForm(), _is_long(row)
        if form.is_submitted() and form.validate():

            def check() -> None:
                acts.check_correction(self._row(pk), form.note.data or "", form.agreed, clock.today())

            def put() -> Answer:
                check()
                title = f"{gettext('Submit a corrected version')}: {self._row(pk)}"
                return _later(title, form.agreed, {"corrects": pk, "note": form.note.data or ""})

            def whole() -> Answer:
                was, content = self._row(pk), count.now()
                fresh = acts.correct(
                    was, content, differs=recount.differs(was, content), note=form.note.data or "",
                    agreed=form.agreed, today=clock.today(),
                )  # fmt: skip
                said = gettext("Submitted: %(called)s, code %(code)s.", called=fresh.called, code=fresh.code)
                return Answer(said, _page_of(fresh.id))

            if is_long:
                if answer := self.done(form, put):
                    return answer
            elif _may_be_counted(form, check):
                count = CountedContent(lambda: recount.counted_now(self._row(pk)))
                if answer := self.done(form, whole):
                    return answer
        if not form.is_submitted():
            form.begin(clock.today(), row.agreed_by)
        return self.page("submissions/correct.html", form=form, row=self._row(pk), back=_page_of(pk), is_long=is_long,
                         heading=gettext("Submit a corrected version"))  # fmt: skip

    # Reading

    @expose("/submission/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """A submitted report: its figures, whether it is whole, its versions, what was entered late."""
        row = self._row(pk)
        faults = acts.faults_of(pk)
        self._read(Act.OPENED, row)
        with_lists = not access.scope().all_statistics
        table = first_rows(submitted.paper(row, self._links(pk) if with_lists else None))
        report = recount.report_named(row.report)
        grid, sections = drawn_table(table, STATUTORY if report is not None and report.statutory else FIGURES)
        return self.page(
            "submissions/show.html", row=row, faults=faults, table=table, editions=_editions(row),
            grid=grid, sections=sections,
            checks=recount.stored(row).checks, late=_late(row), earlier=_earlier(row),
            keeps=access.scope().covers_territory(row.territory_id), with_lists=with_lists,
        )  # fmt: skip

    @expose("/submission/<int:pk>/behind")
    @has_access
    @permission_name("show")
    def behind(self, pk: int) -> str:
        """The rows that a number counted on the day it was submitted."""
        address = Address(_page_of(pk))
        key, at, page = address.typed("figure"), address.typed("at"), address.page()
        address.check()
        row = self._row(pk)
        if access.scope().all_statistics:
            abort(404)
        report = recount.stored(row)
        rows = report.rows(key, at)
        if not report.heading(key):
            abort(404)
        page = min(page, max(len(rows) - 1, 0) // PAGE_SIZE)
        part = rows[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
        named = submitted.NamedRows(part)
        table = submitted.behind(report, key, part, named, subtitle=str(row), family_link=family_link())
        self._read(Act.LISTED, row, table.title, len(list(table.rows)))
        return self.page(
            "submissions/behind.html", row=row, heading=report.heading(key), number=report.number(key, at),
            count=len(rows), hidden=len(part) - len(list(table.rows)), current_page=page, page_size=PAGE_SIZE,
            grid=drawn_table(table, "table table--cards")[0],
            link=lambda page=page, **_size: url_for("Submissions.behind", pk=pk, figure=key, at=at, page=page),
        )  # fmt: skip

    @expose("/submission/<int:pk>/recount", methods=["GET", "POST"])
    @has_access
    @permission_name("submit")
    def recount(self, pk: int) -> str | Response:
        """The same report counted today: what is another number, because of which family and which entry.

        Of a large bank it is counted in the background, and shown as the job has kept it.
        """
        address = Address(url_for("Submissions.recount", pk=pk))
        job_id = address.number("job", gettext("Job"))
        address.check()
        row = self._row(pk)
        if not access.scope().covers_territory(row.territory_id):
            abort(403)
        title = f"{gettext('Recount today')}: {row}"
        if request.method == "POST":
            return self.pressed(lambda: later(JobKind.RECOUNT, title, {"submission": pk}), _page_of(pk))
        kept = None if job_id is None else kept_by(self.find(Job, job_id), JobKind.RECOUNT, submission=pk)
        if kept is None and _is_long(row):
            return self.page("submissions/later.html", note=row.territory.name, heading=gettext("Recount today"),
                             back=_page_of(pk), back_title=str(row), menu_entry="Submissions")  # fmt: skip
        found, fault = _recounted(row) if kept is None else (long.differences(kept), "")
        changed, causes = _changed(row, found.differences) if found else ([], {})
        self._read(Act.LISTED, row, gettext("Recount today"), len(causes))
        return self.page(
            "submissions/recount.html", row=row, changed=changed, causes=causes, fault=fault, found=found, said=_said,
            words=recount.dictionaries(row) if changed else [], is_last=_editions(row)[0].id == row.id,
        )  # fmt: skip

    @expose("/submission/<int:pk>/file.<any(pdf, xlsx):kind>")
    @has_access
    @permission_name("xlsx")
    def paper(self, pk: int, kind: str) -> FileResponse:
        """The report as it was submitted, with its code."""
        row = self._row(pk)
        write, mime, act = KINDS[kind]
        self._read(act, row, kind)
        return self.file(write(submitted.paper(row), **_made()), mime, f"{row} {row.code}.{kind}")

    @expose("/submission/<int:pk>/note.pdf")
    @has_access
    @permission_name("xlsx")
    def note(self, pk: int) -> FileResponse:
        """The covering note of a corrected version."""
        corrected = self._corrected(pk)
        name = f"{submitted.TITLE} {corrected[0].code}.pdf"
        return self.file(pdf.pdf(submitted.note(*corrected), **_made()), "application/pdf", name)

    @expose("/submission/<int:pk>/note.docx")
    @has_access
    @permission_name("xlsx")
    def note_to_edit(self, pk: int) -> FileResponse:
        """The covering note of a corrected version, to be edited."""
        corrected = self._corrected(pk)
        name = f"{submitted.TITLE} {corrected[0].code}.docx"
        made = MadeBy(current_user.get_full_name(), clock.now())
        return self.file(bound.word(submitted.note_to_edit(*corrected), made), docx.MIME, name)

    def _corrected(self, pk: int) -> tuple[Submission, Submission, list[CellDifference]]:
        """A corrected version, the one before it, and what differs; the journal is told that they are printed."""
        row = self._row(pk)
        earlier = _earlier(row) or abort(404)
        self._read(Act.PRINTED, row, submitted.TITLE)
        return row, earlier, differences(recount.stored(earlier), recount.stored(row))

    @expose("/submission/<int:pk>/scan")
    @has_access
    @permission_name("show")
    def scan(self, pk: int) -> FileResponse:
        """The signed sheet of the commission."""
        row = self._row(pk)
        if not row.scan or not row.scan_mime:
            abort(404)
        self._read(Act.DOWNLOADED, row, row.scan_name or "")
        return self.file(row.scan, row.scan_mime, row.scan_name or "scan")

    @expose("/submission/find")
    @has_access
    @permission_name("list")
    def find_by_code(self) -> str | Response:
        """The report that bears a code."""
        address = Address(url_for("Submissions.find_by_code"))
        typed = address.typed("code")
        address.check()
        row = acts.by_code(typed) if typed else None
        if row is not None:
            return redirect(_page_of(row.id))
        page = self.page("submissions/find.html", typed=typed, fault=acts.NO_CODE if typed else "")
        return make_response(page, 400 if typed else 200)

    def _row(self, pk: int) -> Submission:
        return self.find(Submission, pk, joinedload(Submission.territory))

    def _links(self, pk: int) -> Callable[[str, str], str]:
        return lambda key, at: url_for("Submissions.behind", pk=pk, figure=key, at=at)

    @staticmethod
    def _read(act: Act, row: Submission, more: str = "", records: int | None = None) -> None:
        said = ", ".join(filter(None, (journal.title_of(row), more)))
        journal.read(act, entity="Submission", entity_id=row.id, summary=said, records=records)


def _check(report: Report[Any], asked: ReportRequest, form: AgreedForm) -> None:
    assert asked.place is not None
    if not access.scope().covers_territory(asked.place.id):
        raise Refusal(NOT_KEPT)
    choice = recount.choice_of(asked.options)
    acts.check(report.name, choice, asked.period, asked.place.id, form.agreed, clock.today())


def _may_be_counted(form: AgreedForm, check: Callable[[], None]) -> bool:
    """Whether nothing is in the way that is known without counting; what is, stands in the form then."""
    try:
        check()
    except Refusal as refusal:
        form.refuse(refusal.text, refusal.field)
        return False
    return True


def _later(title: str, agreed: Agreed, said: dict[str, Any]) -> Answer:
    """Leave it to the background, with the signed sheet beside it."""
    told = {"by": agreed.by, "on": agreed.on.isoformat(), "scan_name": agreed.scan_name, "scan_mime": agreed.scan_mime}
    files = {SHEET: agreed.scan} if agreed.scan else {}
    return later(JobKind.SUBMIT, title, {"corrects": None, **said, "agreed": told}, files)


def _is_long(row: Submission) -> bool:
    """Whether its report is counted in the background."""
    places = ReportPlaces()
    place = places.all.get(row.territory_id)
    return place is not None and places.families_in(place) > MANY


def _recounted(row: Submission) -> tuple[Recounted | None, str]:
    try:
        return recount.recounted(row), ""
    except Refusal as refusal:
        return None, refusal.text


def _changed(row: Submission, differences: Any) -> tuple[list[Changed], dict[str, list[JournalEntry]]]:
    """The cells with whom they count now and no more, and for each of these rows the entries that made it so."""
    rows = dict.fromkeys(each for one in differences for each in (*one.come, *one.gone))
    named, entries = submitted.NamedRows(rows), recount.entries(row, differences)
    said = {each: named.said(each) for each in rows}
    changed = [
        Changed(one, submitted.shown_number(one.was, one.kind), submitted.shown_number(one.now, one.kind),
                _once(said[each] for each in one.come), _once(said[each] for each in one.gone), one.more)
        for one in differences
    ]  # fmt: skip
    causes: dict[str, list[JournalEntry]] = {}
    for each in rows:
        known = causes.setdefault(said[each], [])
        known += [entry for entry in entries.get(each, []) if entry not in known]
    return changed, causes


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _said(entry: JournalEntry) -> str:
    """«Снята с учёта: — → 25.09.2026»: what an entry changed, in a line."""
    changes = [f"{one.label}: {one.was or '—'} → {one.now_is or '—'}" for one in history.changes(entry)]
    return "; ".join(changes)


def _editions(row: Submission) -> list[Submission]:
    """All versions of a number, the newest first."""
    asked = select(Submission).where(Submission.territory_id == row.territory_id, Submission.number == row.number)
    return list(db.session.scalars(asked.order_by(Submission.edition.desc())))


def _earlier(row: Submission) -> Submission | None:
    asked = select(Submission).where(
        Submission.territory_id == row.territory_id, Submission.number == row.number,
        Submission.edition == row.edition - 1,
    )  # fmt: skip
    return db.session.scalar(asked)


def _late(row: Submission) -> list[JournalEntry]:
    """What was entered into the period after the report was submitted, with the reasons."""
    asked = select(JournalEntry).where(
        JournalEntry.entity == "Submission", JournalEntry.entity_id == row.id, JournalEntry.act == Act.BACK_DATED
    )
    return list(db.session.scalars(asked.order_by(JournalEntry.id.desc()).limit(PAGE_SIZE)))


def _page_of(pk: int) -> str:
    return url_for("Submissions.show", pk=pk)


def _made() -> dict[str, Any]:
    return {"made_by": current_user.get_full_name(), "made_at": clock.local(clock.now())}
