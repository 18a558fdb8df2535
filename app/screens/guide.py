"""«Руководство»: how each task is done, step by step; for whoever is signed in."""

from __future__ import annotations

from flask import abort
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response

from app.readings import guide
from app.screens.screen import Screen


class Guide(Screen):
    """The pages of `docs/guide`. Their addresses are those of the files, so that a link works here and there."""

    route_base = "/guide"
    class_permission_name = "Guide"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("show")
    def index(self) -> str:
        """The tasks."""
        return self.page("guide.html", task=guide.pages()[guide.INDEX], index=guide.INDEX)

    @expose("/<name>.md")
    @has_access
    @permission_name("show")
    def task(self, name: str) -> str:
        """One task in steps."""
        if name not in guide.pages():
            abort(404)
        return self.page("guide.html", task=guide.pages()[name], index=guide.INDEX)

    @expose("/pictures/<name>")
    @has_access
    @permission_name("show")
    def picture(self, name: str) -> Response:
        """A picture of a step; no other file has an address here."""
        if not any(name in page.pictures for page in guide.pages().values()):
            abort(404)
        return self.file(guide.FOLDER / guide.PICTURES / name, "image/png", name, inline=True)
