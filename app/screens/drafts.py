"""Drafts of long forms: what a page sends while a person types, and the button by which a draft is deleted."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock, sent_forms, sessions
from app.acts import Answer
from app.domain.refusal import Refusal
from app.filters import Address
from app.models import Draft
from app.screens.screen import Screen
from app.services import drafts

# What a page sends beside the fields of its form: `page` is the key by which the form itself is stored once, `draft`
# the key of the draft, `typed_by` whoever the page was made for.
BESIDE = ("csrf_token", "sent_again", "draft", "page", "typed_by", sent_forms.FIELD)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Drafts(Screen):
    """One's own drafts."""

    route_base = "/draft"
    class_permission_name = "Drafts"
    default_view = "keep"

    @expose("/<kind>", methods=["POST"])
    @has_access
    def keep(self, kind: str) -> Response:
        """Keep the fields that are sent; answers as JSON which draft it is, when it was kept and when the session ends.

        A refusal is a sentence for the page, with the status 409.
        """
        self._check(kind)
        refused = _Refused()
        answer = self.done(refused, lambda: Answer("", "", page=_kept(kind)))
        if answer is None:
            return make_response({"said": refused.text}, 409)
        answer.headers["Content-Type"] = "application/json"
        return answer

    @expose("/<int:pk>/drop", methods=["POST"])
    @has_access
    def drop(self, pk: int) -> Response:
        """Delete a draft."""
        row = self.find(Draft, pk)
        self._check(row.kind)
        asked = request.form.get("back", "")
        back = asked if re.fullmatch(r"(/[\w-]+)+/?", asked) else _page_of(row)

        def whole() -> Answer:
            drafts.drop(row)
            return Answer(gettext("The draft is deleted."), back)

        return self.pressed(whole, back)

    def _check(self, kind: str) -> None:
        """Whether there are drafts of this kind, and the person may send what becomes of them."""
        if kind not in drafts.KINDS:
            abort(404)
        if not self.appbuilder.sm.has_access(*drafts.KINDS[kind].permission):
            abort(403)


def _page_of(row: Draft) -> str:
    values: Any = drafts.values_of(row)
    return url_for("Home.index") if values is None else url_for(drafts.KINDS[row.kind].endpoint, **values)


class _Refused:
    """What the page is told instead of a time."""

    text = ""

    def refuse(self, text: str, field: str | None) -> None:
        self.text = text


def of_page(kind: str, typed: str | None = None) -> str:
    """The key of the draft that a page writes: the one that came with its form, or another one.

    A form whose draft was sent from another page meanwhile goes on with the draft of its own that was kept of it.
    """
    if not typed or not _KEY.fullmatch(typed):
        return sent_forms.fresh()
    if drafts.sent_at(kind, typed) is None:
        return typed
    page = request.form.get(sent_forms.FIELD, "")
    return page if _KEY.fullmatch(page) else sent_forms.fresh()


def asked_for() -> int | None:
    """The draft that the address asks to continue; a form that is sent bears its own key. Raises NotUnderstoodError."""
    address = Address(request.path)
    key = address.number("draft", gettext("Draft"))
    address.check()
    return key if request.method == "GET" else None


class Drafted:
    """The draft of a form whose page is that of one row: the one that is gone on with, or those that are offered."""

    def __init__(self, kind: str, of: int) -> None:
        self.kind, self.of = kind, of
        asked = asked_for()
        self.continued = drafts.own(kind, asked, of)
        self.is_gone = asked is not None and self.continued is None

    def leave(self) -> Response:
        """Say that the draft which was asked for is no more, and show the form without it."""
        flash(gettext("There is no such draft any more: its form is sent, or the draft was deleted."), "warning")
        return redirect(request.path)

    @property
    def formdata(self) -> dict[str, Any]:
        """How the form is made that goes on with a draft."""
        return {} if self.continued is None else {"formdata": MultiDict(self.continued.words)}

    @property
    def offered(self) -> list[drafts.Offered]:
        is_begun = self.continued is not None or request.method != "GET"
        return [] if is_begun else drafts.mine(self.kind, self.of)

    def mark(self, form: Any) -> None:
        """Let the form say which draft it writes, and of what it is."""
        form.draft.data = self.continued.key if self.continued else of_page(self.kind, form.draft.data)
        form[drafts.KINDS[self.kind].of].data = str(self.of)

    def send(self, form: Any) -> None:
        """The form is stored, and its draft goes with it. Raises Refusal if another page was sent before."""
        sent(self.kind, form.draft.data)


def sent(kind: str, typed: str | None) -> None:
    """The form of a page is stored, and its draft goes with it. Raises Refusal if another page was sent before."""
    if typed and _KEY.fullmatch(typed):
        drafts.sent(kind, typed)


def _kept(kind: str) -> str:
    """Keep what is sent; the answer as JSON. Raises Refusal."""
    key = request.form.get("draft", "")
    if not _KEY.fullmatch(key):
        raise Refusal("Черновик не сохраняется: откройте форму заново.")
    if request.form.get("typed_by") != str(current_user.id):
        raise Refusal("Черновик не сохраняется: форму открыл один человек, а вошёл другой.")
    page = request.form.get("page", "")
    drafts.lock()
    if not _KEY.fullmatch(page) or sent_forms.is_stored(page):
        raise Refusal("Форма уже отправлена.")
    sent_at = drafts.sent_at(kind, key)
    words = {name: request.form.getlist(name) for name in request.form if name not in BESIDE}
    row = drafts.keep(kind, key, words, page=page)
    said = gettext("The draft is saved at %(time)s", time=f"{clock.local(row.saved_at):%H:%M}")
    if sent_at is not None:
        said = f"{drafts.told_of(kind, sent_at)}. Введённое здесь хранится отдельно. {said}"
    told = {
        "id": row.id,
        "saved_at": row.saved_at.isoformat(),
        "said": said,
        "left": sessions.here().left(),
        "token": generate_csrf(),
    }
    return json.dumps(told, ensure_ascii=False)
