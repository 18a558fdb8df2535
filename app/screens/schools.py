"""«Школы и детские сады»: their writings in the bank, and several writings of one made one."""

from __future__ import annotations

from flask import request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import clock, journal
from app.acts import Answer
from app.domain import writing
from app.domain.terms import Act
from app.readings import kept
from app.screens.screen import Screen
from app.services import school_names, schools


class Schools(Screen):
    """The schools that families name."""

    route_base = "/schools"
    class_permission_name = "Education"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("list")
    def show(self) -> str:
        """The writings of schools with their rows, those that may be of one school together."""
        every = kept.while_unchanged("schools", schools.counted)
        journal.read(Act.LISTED, entity="Education", records=sum(one.rows for one in every), summary="Школы")
        return self.page("schools.html", every=every, groups=schools.groups(every), others=schools.names_by_school(),
                         may=self.appbuilder.sm.has_access("can_edit", "Education"))  # fmt: skip

    @expose("/merge", methods=["POST"])
    @has_access
    @permission_name("edit")
    def merge(self) -> Response:
        """Write a school everywhere by one name."""

        def act() -> Answer:
            stays = writing.line(request.form.get("kept")) or ""
            number = school_names.merge(stays, request.form.getlist("one"), clock.today())
            text = gettext("Written as «%(name)s», records: %(count)s.", name=stays, count=number)
            return Answer(text, url_for("Schools.show"))

        return self.pressed(act, url_for("Schools.show"))
