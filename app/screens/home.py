"""The first page: what matters today, by role."""

from __future__ import annotations

from flask_appbuilder import IndexView, expose


class Home(IndexView):
    """Counts that matter to the person, each with the list behind it."""

    @expose("/")
    def index(self) -> str:
        return str(self.render_template("home.html"))
