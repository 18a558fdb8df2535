"""The papers of a programme: its card, the summary of a stage, the calendar of what is due for the family."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock, journal
from app.documents import bound, programme_card
from app.documents import folder as folders
from app.documents.bound import MadeBy
from app.documents.folder import ProgrammeFolder
from app.domain.terms import Act
from app.models import Programme, Stage
from app.readings import programmes
from app.render import docx
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.programmes import page_of
from app.screens.screen import Screen
from app.services import papers

NOT_PRINTED = "Документ не удалось напечатать. Сообщите администратору время попытки."


class ProgrammePapers(Screen):
    """What is printed of a programme; every print is in the journal."""

    route_base = "/"
    class_permission_name = "Programme"
    default_view = "card"

    @expose("/programme/<int:pk>/card.pdf")
    @has_access
    @permission_name("show")
    def card(self, pk: int) -> Response:
        """The card after Приложение 3."""
        row, folder = self._programme(pk)
        return self._printed(row, f"Карта программы {folder.family.number}",
                             lambda made: programme_card.pdf(folder, row, programmes.approver(row), made))  # fmt: skip

    @expose("/programme/<int:pk>/card.docx")
    @has_access
    @permission_name("show")
    def card_to_edit(self, pk: int) -> Response:
        """The card as a Word file."""
        row, folder = self._programme(pk)
        name = f"Карта программы {folder.family.number}"
        content = programme_card.editable(folder, row, programmes.approver(row))
        self._told(row, f"{name}, Word", Act.EXPORTED)
        marked = bound.word(content, MadeBy(current_user.get_full_name(), clock.now()))
        return self.file(marked, docx.MIME, f"{name}.docx")

    @expose("/programme/<int:pk>/calendar.pdf")
    @has_access
    @permission_name("show")
    def calendar(self, pk: int) -> Response:
        """What is due for the family, on one sheet."""
        row, folder = self._programme(pk)
        return self._printed(row, f"Календарь мероприятий {folder.family.number}",
                             lambda made: programme_card.calendar(folder, row, made, clock.today()))  # fmt: skip

    @expose("/stage/<int:pk>/summary.pdf")
    @has_access
    @permission_name("show")
    def summary(self, pk: int) -> Response:
        """The stage for the meeting."""
        stage = self.find(Stage, pk)
        row, folder = self._programme(stage.programme_id)
        own = next((one for one in folder.stages if one.id == pk), None)
        if own is None:
            abort(404)
        return self._printed(row, f"Итоги этапа {folder.family.number}",
                             lambda made: programme_card.summary(folder, own, made, clock.today()))  # fmt: skip

    def _programme(self, pk: int) -> tuple[Programme, ProgrammeFolder]:
        row = self.find(Programme, pk)
        folder = folders.of_programmes(row.family_id)
        if folder is None or row.annulled_at is not None:
            abort(404)
        return next(one for one in folder.programmes if one.id == pk), folder

    def _printed(self, row: Programme, name: str, make: Callable[[MadeBy], bytes]) -> Response:
        try:
            content = make(MadeBy(current_user.get_full_name(), clock.now()))
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(page_of(row.id))
        self._told(row, name, Act.PRINTED)
        return self.file(content, PDF, papers.clean_name(name, PDF), inline=True)

    @staticmethod
    def _told(row: Programme, name: str, act: Act) -> None:
        journal.read(act, entity="Programme", entity_id=row.id, family_id=row.family_id, summary=name, records=1)
