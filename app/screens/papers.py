"""Papers of a family: attach a scan, open it, take a wrong one out."""

from __future__ import annotations

from flask import abort, flash, redirect
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import SelectField

from app import access, clock, journal, words
from app.acts import Answer, reads_first
from app.domain.refusal import Refusal
from app.domain.terms import Act, PaperKind
from app.extensions import db
from app.forms import REQUIRED, CleanString, DayField, EntityForm, TermField, ValidationError, no_longer, offered
from app.models import CardScan, Decision, Family, InstructionScan, Paper, SurveyScan
from app.render import scans
from app.screens import annulment, scan_codes
from app.screens.family import section
from app.screens.screen import Screen, file
from app.services import papers

# A scan that is shown in the browser may do nothing there.
SANDBOX = "sandbox; default-src 'none'"
DAMAGED = "Файл этого документа утрачен или изменён в хранилище. Сообщите администратору."


def _look_into(form: PaperForm, field: FileField) -> None:
    """Look into the file before anybody waits for the bank: the form keeps what was found."""
    try:
        form.scan = papers.inspected(field.data.read(papers.LARGEST + 1))
    except Refusal as refusal:
        raise ValidationError(refusal.text) from refusal


class PaperForm(EntityForm):
    """What a scan is."""

    scan: scans.Inspected
    kind = TermField(_("Kind of paper"), [REQUIRED], terms=PaperKind, default=PaperKind.OTHER, blank=False)
    title = CleanString(_("Title"), [REQUIRED, no_longer(papers.LONGEST_TITLE)])
    dated_on = DayField(_("Date of paper"))
    decision = SelectField(_("Decision"), choices=[], description=_("If this is the copy of a decision."))
    file = FileField(
        _("File"),
        [FileRequired(_("Choose a file.")), _look_into],
        description=_("PDF, JPEG or PNG, up to 20 MB. After a refusal choose the file again."),
    )

    def offer(self, decisions: list[Decision]) -> None:
        """The decisions about the family, the latest first."""
        self.decision.choices = offered((str(row.id), f"{row} {row.kind}") for row in decisions)


class Papers(Screen):
    """The scans of families."""

    route_base = "/"
    class_permission_name = "Papers"
    default_view = "add"

    @expose("/family/<int:pk>/papers/add", methods=["GET", "POST"])
    @has_access
    @reads_first
    def add(self, pk: int) -> str | Response:
        """Attach a scan to a family."""
        family = self.find(Family, pk)
        _check_keeps(family)
        decisions = {str(row.id): row for row in _decisions(family)}
        form = PaperForm()
        form.offer(list(decisions.values()))
        if form.is_submitted() and form.validate() and (answer := self._brought(family, form, decisions)):
            return answer
        return self.page("papers/add.html", family=self.find(Family, pk), form=form, back=_page_of(pk))

    def _brought(self, family: Family, form: PaperForm, decisions: dict[str, Decision]) -> Response | None:
        """A paper of the family; the scan of a survey act goes to its survey."""
        files = [(form.file.data.filename or "", form.scan)]
        try:
            codes = scan_codes.on(files)
        except Refusal as refusal:
            form.refuse(refusal.text, refusal.field)
            return None

        def whole() -> Answer:
            owner = scan_codes.owner_of(codes)
            if owner is not None:
                return scan_codes.attached(owner, files, form.title.data)
            return _attach(family, form, decisions)

        return self.done(form, whole)

    @expose("/papers/<int:pk>/file")
    @has_access
    def download(self, pk: int) -> Response:
        """The scan itself: a picture opens in the browser, a PDF is kept."""
        paper = self.find(Paper, pk)
        return stored_file(paper, _page_of(paper.family_id), paper.family_id)

    @expose("/papers/<int:pk>/annul", methods=["GET", "POST"])
    @has_access
    def annul(self, pk: int) -> str | Response:
        """Take a paper out of the passport, with a reason; the file stays in the store."""
        paper = self.find(Paper, pk)
        _check_keeps(self.find(Family, paper.family_id))
        facts = (
            (gettext("Title"), paper.title),
            (gettext("Kind of paper"), paper.kind),
            (gettext("Date of paper"), words.day(paper.dated_on)),
            (gettext("File"), paper.file_name),
        )
        return annulment.page(paper, self.page, back=_page_of(paper.family_id), facts=facts)


def _attach(family: Family, form: PaperForm, decisions: dict[str, Decision]) -> Answer:
    _check_keeps(family)
    papers.attach(
        family,
        kind=form.kind.data,
        title=form.title.data,
        dated_on=form.dated_on.data,
        decision=decisions.get(form.decision.data),
        file_name=form.file.data.filename or "",
        scan=form.scan,
        today=clock.today(),
    )
    return Answer(gettext("The paper is attached."), _page_of(family.id))


def _check_keeps(family: Family) -> None:
    """A family one merely reads is not acted upon."""
    if family.annulled_at is not None or not access.scope().covers_territory(family.territory_id):
        abort(403)


def _decisions(family: Family) -> list[Decision]:
    return list(
        db.session.scalars(
            select(Decision)
            .where(Decision.family_id == family.id, Decision.annulled_at.is_(None))
            .order_by(Decision.decided_on.desc(), Decision.id.desc())
        )
    )


def _page_of(family_id: int) -> str:
    return section(family_id, "Paper")


def stored_file(
    row: Paper | CardScan | SurveyScan | InstructionScan, back: str, family_id: int | None = None
) -> Response:
    """A stored scan: a picture opens in the browser, a PDF is kept. back: where one is told that the file is lost."""
    try:
        content = papers.content(row)
    except papers.DamagedPaperError:
        flash(DAMAGED, "danger")
        return redirect(back)
    journal.read(Act.DOWNLOADED, entity=type(row).__name__, entity_id=row.id, family_id=family_id,
                 summary=journal.title_of(row), records=1)  # fmt: skip
    response = file(content, row.mime, row.file_name, inline=row.mime != scans.PDF)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
