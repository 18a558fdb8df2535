"""What every screen shares: FAB's permissions, the layout, and a record that is not yours does not exist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Response as FileResponse
from flask import abort, flash, g, make_response, redirect, render_template, request, send_file
from flask_appbuilder import BaseView
from flask_login import current_user
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.wrappers import Response

from app import acts, sent_forms
from app.acts import Answer
from app.extensions import LARGEST_KEY, appbuilder, db
from app.filters import Address
from app.services import closed
from app.signin import is_own_path

T = TypeVar("T")
NOT_SENT_AGAIN = ("csrf_token", sent_forms.FIELD, closed.REASON)


class Screen(BaseView):
    """A page with its own route. Each method is declared with FAB's `@expose` and `@has_access`.

    `class_permission_name` is the name in `config.ROLES`.
    """

    def own_roles(self) -> list[str]:
        """The roles of the code that the person holds."""
        found: list[str] = self.appbuilder.sm.roles_of_code(current_user)
        return found

    def find(self, entity: type[T], key: int, *options: ORMOption) -> T:
        """The record, or 404 if there is none among the person's rows."""
        row = None
        if key <= LARGEST_KEY:
            row = db.session.get(entity, key, options=options, populate_existing=bool(options))
        if row is None:
            abort(404)
        return row

    def done(self, form: acts.Refusing, act: Callable[[], Answer]) -> Response | None:
        """Do one act and commit it: its answer, or None after a refusal that stands in the form now."""
        return acts.done(form, act)

    def pressed(self, act: Callable[[], Answer], back: str) -> Response:
        """Do the act of a button that stands without fields; a refusal is said on the page it stands on."""
        return pressed(act, back)

    def page(self, template: str, **values: Any) -> str:
        """A template of app/templates as a whole page."""
        return str(self.render_template(template, **values))

    def file(self, content: bytes | Path, mime: str, name: str, *, inline: bool = False) -> FileResponse:
        """A file to keep, or with `inline` to show in the browser."""
        return file(content, mime, name, inline=inline)


def pressed(act: Callable[[], Answer], back: str) -> Response:
    """Do the act of a button that stands without fields; a refusal is said on the page it stands on.

    What falls into a submitted period asks for the reason on a page of its own, which sends the same once more.
    """
    answer = acts.done(_Told(), act)
    if answer is None and g.get("asks_why"):
        fields = [(name, text) for name, text in request.form.items(multi=True) if name not in NOT_SENT_AGAIN]
        return make_response(render_template("closed_period.html", appbuilder=appbuilder(), back=back, fields=fields))
    return answer or redirect(back)


def file(content: bytes | Path, mime: str, name: str, *, inline: bool = False) -> FileResponse:
    """The one way a file leaves, from memory or from the disk: never cached, under the name people know it by."""
    response = make_response(send_file(content, mimetype=mime) if isinstance(content, Path) else content)
    response.headers["Content-Type"] = mime
    way = "inline" if inline else "attachment"
    # Headers are Latin-1: a Russian name goes percent-encoded (RFC 6266).
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(name, safe='')}"
    return response


def next_page() -> str:
    """The page to return to: an address of ours or nothing."""
    target = request.values.get("next", "")
    return target if is_own_path(target) else ""


def page_asked(reset: str) -> int:
    """The page of a list without further conditions, from 0. Raises NotUnderstoodError."""
    address = Address(reset)
    page = address.page()
    address.check()
    return page


class _Told:
    """A refusal where there is no field to say it beside."""

    def refuse(self, text: str, field: str | None) -> None:
        flash(text, "danger")
