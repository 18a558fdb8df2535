"""The templates of the papers of meetings: brought with their fields checked, tried on an invented family."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import clock
from app.acts import Answer, reads_first
from app.documents import editable
from app.domain.terms import TemplateKind
from app.extensions import db
from app.forms import REQUIRED, DayField, EntityForm, TermField
from app.models import PaperTemplate
from app.render import docx
from app.render.docx import UnfitTemplateError
from app.screens.screen import Screen
from app.services import paper_templates as acts


class TemplateForm(EntityForm):
    """A template and from what day it is used."""

    kind = TermField(_("Kind of template"), [REQUIRED], terms=TemplateKind)
    since = DayField(_("Used since"), [REQUIRED])
    file = FileField(
        _("File"), [FileRequired(_("Choose a file."))], description=_("A Word document (.docx), up to 2 MB."),
        render_kw={"accept": ".docx"},
    )  # fmt: skip


class PaperTemplates(Screen):
    """The templates of a municipality."""

    route_base = "/paper-templates"
    class_permission_name = "PaperTemplate"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> str:
        """Every kind with its fields, and the templates that were brought."""
        rows = db.session.scalars(select(PaperTemplate).order_by(PaperTemplate.since.desc(), PaperTemplate.id.desc()))
        today = clock.today()
        return self.page(
            "meetings/templates.html", rows=list(rows), kinds=list(TemplateKind), fields=editable.FIELDS,
            used={kind: acts.in_use(kind, today) for kind in TemplateKind},
        )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @reads_first
    def add(self) -> str | Response:
        """Bring a template: what it names is looked into before anybody has to wait for it."""
        form = TemplateForm()
        if not form.is_submitted():
            form.since.data = clock.today()
        elif form.validate() and (answer := self._brought(form)):
            return answer
        return self.page("meetings/template_form.html", form=form)

    def _brought(self, form: TemplateForm) -> Response | None:
        brought = _looked_into(form)
        return self.done(form, lambda: _kept(brought)) if brought is not None else None

    @expose("/<int:pk>/file")
    @has_access
    @permission_name("list")
    def file_of(self, pk: int) -> Response:
        """A template as it was brought."""
        row = self.find(PaperTemplate, pk)
        return self.file(row.content, docx.MIME, row.file_name)

    @expose("/<int:pk>/preview")
    @has_access
    @permission_name("list")
    def preview(self, pk: int) -> Response:
        """What a template makes of an invented family."""
        row = self.find(PaperTemplate, pk)
        return self._made(row.kind, row.content)

    @expose("/standard/<kind>.docx")
    @has_access
    @permission_name("list")
    def standard(self, kind: str) -> Response:
        """The standard template of a kind, to begin one's own with."""
        found = TemplateKind.of(kind)
        if found is None:
            abort(404)
        return self.file(editable.standard(found), docx.MIME, f"Образец – {found}.docx")

    @expose("/<int:pk>/retire", methods=["POST"])
    @has_access
    @permission_name("add")
    def retire(self, pk: int) -> Response:
        """A template is no longer used."""

        def whole() -> Answer:
            acts.retire(self.find(PaperTemplate, pk))
            return Answer(gettext("The template is no longer used."), url_for("PaperTemplates.list"))

        return self.pressed(whole, url_for("PaperTemplates.list"))

    def _made(self, kind: TemplateKind, content: bytes) -> Response:
        try:
            paper = editable.preview(kind, content, clock.today())
        except UnfitTemplateError as unfit:
            flash(unfit.text, "danger")
            return redirect(url_for("PaperTemplates.list"))
        return self.file(paper, docx.MIME, f"Проба – {kind}.docx")


class Brought(NamedTuple):
    """A template that was looked into; unused: the known fields that it does not name."""

    kind: TemplateKind
    content: bytes
    file_name: str
    since: date
    unused: Sequence[str]


def _looked_into(form: TemplateForm) -> Brought | None:
    """The template of a form; one that is unfit, or names what is not known, is refused there."""
    content, kind = form.file.data.read(), form.kind.data
    try:
        unknown, unused = editable.checked(kind, content)
        editable.preview(kind, content, clock.today())
    except UnfitTemplateError as unfit:
        form.refuse(unfit.text, "file")
        return None
    if unknown:
        form.refuse(f"Таких полей у этого документа нет: {', '.join(unknown)}. Проверьте написание.", "file")
        return None
    return Brought(kind, content, form.file.data.filename or "образец.docx", form.since.given, unused)


def _kept(brought: Brought) -> Answer:
    acts.bring(brought.kind, brought.content, brought.file_name, brought.since)
    text = gettext("The template is kept.")
    if brought.unused:
        text += " " + gettext("It does not use the fields: %(fields)s.", fields=", ".join(brought.unused))
    return Answer(text, url_for("PaperTemplates.list"))
