"""The filters that a person saves: they stand above the list that they are of."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import abort, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import acts
from app.acts import Answer
from app.crud import RegistryView
from app.crud.naming import Naming
from app.models import SavedFilter
from app.screens.screen import Screen
from app.services import saved


class SavedFilters(Screen):
    """Save, rename and drop one's own filters of a list."""

    route_base = "/saved"
    class_permission_name = "SavedFilters"
    default_view = "keep"

    @expose("/<view>/keep", methods=["POST"])
    @has_access
    def keep(self, view: str) -> Response:
        """Save what the address asks of a list, under a name. Raises NotUnderstoodError."""
        of_list = self._list(view)
        conditions = of_list.asked()
        back, naming = _address(of_list, conditions), _typed(view)

        def whole() -> Answer:
            row = saved.keep(view, naming.name, conditions)
            return Answer(gettext("The filter is saved: %(name)s", name=row.name), back)

        return acts.done(naming, whole) or redirect(back)

    @expose("/<int:key>/rename", methods=["POST"])
    @has_access
    def rename(self, key: int) -> Response:
        """Call a filter otherwise."""
        row = self.find(SavedFilter, key)
        back, naming = _address(self._list(row.view), row.conditions), _typed(row.view)

        def whole() -> Answer:
            saved.rename(row, naming.name)
            return Answer(gettext("The filter is saved: %(name)s", name=row.name), back)

        return acts.done(naming, whole) or redirect(back)

    @expose("/<int:key>/drop", methods=["POST"])
    @has_access
    def drop(self, key: int) -> Response:
        """Keep a filter no longer."""
        row = self.find(SavedFilter, key)
        back, name = self._list(row.view).url("list"), row.name

        def whole() -> Answer:
            saved.drop(row)
            return Answer(gettext("The filter is deleted: %(name)s", name=name), back)

        return self.pressed(whole, back)

    def _list(self, endpoint: str) -> RegistryView:
        """The list of that endpoint, if there is one and the person may open it."""
        views = (view for view in self.appbuilder.baseviews if isinstance(view, RegistryView))
        found = next((view for view in views if view.endpoint == endpoint), None)
        if found is None:
            abort(404)
        if not found.may("list"):
            abort(403)
        return found


def _typed(view: str) -> Naming:
    return Naming(view, request.form.get("name", ""))


def _address(view: RegistryView, conditions: dict[str, str]) -> str:
    return f"{view.url('list')}?{urlencode(conditions)}".rstrip("?")
