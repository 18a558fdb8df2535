"""Pages of errors: what happened, what became of what was typed, and the typed words themselves to send once more."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict, HTTPException, NotFound, RequestEntityTooLarge, SecurityError

from app import acts, journal, sent_forms, troubles
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import READING_METHODS, appbuilder, csrf, db
from app.filters import NotUnderstoodError
from app.sent_forms import AlreadySentError
from app.troubles import OutcomeUnknownError, Trouble

T = TypeVar("T")

# Fields that are not given back when a form has to be sent once more.
NOT_RESENT = ("csrf_token", "password", "code", "current", "repeated", "sent_again")
# Forms of the way in and out: there is nothing in them to keep.
NOT_KEPT = ("SignIn.login", "SignIn.second", "SignIn.logout", None)
LARGEST_GIVEN_BACK = 200 * 1024 * 1024  # bytes of a request whose words are still read after its file was refused


def init_app(app: Flask) -> None:
    """Check the token of every form, and answer every error with a page."""
    app.before_request(_check_token)
    app.register_error_handler(HTTPException, _show_error)
    app.register_error_handler(SecurityError, _refuse_host)
    app.register_error_handler(CSRFError, _ask_to_send_again)
    app.register_error_handler(Refusal, _show_refusal)
    app.register_error_handler(NotUnderstoodError, _say_not_understood)
    app.register_error_handler(StaleDataError, lambda _error: _show_error(Conflict()))
    app.register_error_handler(AlreadySentError, _ask_whether_it_is_another)
    app.register_error_handler(OutcomeUnknownError, _say_nobody_knows)
    app.register_error_handler(SQLAlchemyError, _say_trouble)
    app.register_error_handler(OSError, _say_trouble)


def _check_token() -> None:
    """Every form bears the token of its session; a page of ours may send one more time what an ended session typed."""
    try:
        csrf.protect()
    except CSRFError:
        if not (request.form.get("sent_again") and _from_own_page() and _signed_in()):
            raise
        g.csrf_valid = True


def _from_own_page() -> bool:
    """Whether the browser says that the form stood on a page of this server; no other page can make it say so."""
    origin = request.headers.get("Origin")
    return origin is not None and origin.rstrip("/") == request.host_url.rstrip("/")


# What is said


def _words_of(code: int) -> tuple[str, str]:
    """The heading of an error and what to do about it."""
    known = {
        400: (_("The request is not understood"), _("Go back, check what was entered and try again.")),
        403: (_("You have no right to do this"), _("If it is part of your work, ask the administrator for a role.")),
        404: (_("There is no such page"), _("It may have been removed, or it is not among the records you work with.")),
        405: (_("This is not done that way"), _("Open the page from the menu and use its buttons.")),
        409: (
            _("Somebody changed this record before you"),
            _("Go back, copy what you entered, reopen the record."),
        ),
        413: (_("The file or the form is too large"), _("No more than 25 megabytes fit. Choose a smaller file.")),
        429: (_("Too many requests"), _("Wait a minute and try again.")),
    }
    failed = (_("Something went wrong on the server"), _("Tell the administrator the number below."))
    return known.get(code) or (known[400] if 400 <= code < 500 else failed)


def _outcome(code: int) -> str:
    """What became of what was typed; nothing where nothing was sent or the server has merely refused."""
    return acts.outcome() if code >= 500 and request.method not in READING_METHODS else ""


def _show_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect that was raised
        return make_response(error.response)
    code = error.code or 500
    if code == 403:
        _note_refusal()
    cause = getattr(error, "original_exception", None) or error.__cause__
    if code >= 500 and (trouble := troubles.of(cause)) is not None:
        return _page(503, trouble.title, trouble.text, cause=cause)
    title, text = _words_of(code)
    if code == 404 and error.description and error.description != NotFound.description:
        text = error.description  # whoever did not find it says what it was
    if code == 503:
        title, text = Trouble.AWAY.title, Trouble.AWAY.text
    return _page(code, title, text, cause=cause)


def _say_trouble(error: SQLAlchemyError | OSError) -> Response:
    """The disk or the database is to blame, or it is a mistake of ours."""
    trouble = troubles.of(error)
    if trouble is None:
        raise error
    return _page(503, trouble.title, trouble.text, cause=error)


def _say_nobody_knows(error: OutcomeUnknownError) -> Response:
    return _page(503, troubles.UNKNOWN_TITLE, "", cause=error.__cause__)


def _show_refusal(refusal: Refusal) -> Response:
    """A rule said no where no form was there to say it."""
    return _page(400, _("This cannot be done"), refusal.text)


def _say_not_understood(error: NotUnderstoodError) -> Response:
    """The address asks for what its page does not know: that is said, and no rows are shown."""
    page = render_template("errors/filter.html", faults=error.faults, reset=error.reset, appbuilder=appbuilder())
    return make_response(page, 400)


def _refuse_host(_error: SecurityError) -> Response:
    """Without a name of ours no address can be built, so there are no links on this page."""
    return make_response(
        "<!doctype html><html lang='ru'><title>400</title><h1>Неизвестное имя сервера</h1></html>", 400
    )


def _ask_to_send_again(error: CSRFError) -> Response:
    """The form belongs to a session that is over: nothing typed is lost, and nobody else may send it."""
    if _signed_in():
        text = _("You have signed in anew since this form was opened. Nothing was saved yet.")
    else:
        text = _("The session has ended. Nothing was saved yet.")
    if request.accept_mimetypes.best == "application/json":  # a script of ours: its page keeps what was typed
        return make_response({"said": text, "signed_in": _signed_in()}, 401)
    return _page(400, _("The form has waited too long"), text, sign_in=not _signed_in(), fresh_token=True)


def _ask_whether_it_is_another(error: AlreadySentError) -> Response:
    """A form was stored, and then changed and sent once more: it may be a correction or a further record."""
    answer = error.answer
    return _page(
        409,
        _("This form is stored already"),
        f"Раньше из неё записано: «{answer.text}» Теперь в ней другие слова. Чтобы исправить записанное, откройте "
        "запись; если это ещё одна запись, отправьте её.",
        stored=answer.location,
        fresh_key=True,
    )


# The page


def _page(code: int, title: str, text: str, *, cause: BaseException | None = None, sign_in: bool = False,
          fresh_token: bool = False, fresh_key: bool = False, stored: str = "") -> Response:  # fmt: skip
    """A page of an error with a number to name when asking for help; what happened inside stays in the log.

    A form that was sent is given back in it: under the key it had, so that sending it again is harmless.
    """
    support_id = secrets.token_hex(4).upper()
    if code >= 500:
        current_app.logger.error("support id %s: %s", support_id, type(cause).__name__ if cause else code)
    _try(db.session.rollback)
    texts, files = _typed()
    key = sent_forms.fresh() if fresh_key else next((text for name, text in texts if name == sent_forms.FIELD), "")
    signed_in = _signed_in()
    page = render_template(
        "errors/again.html" if request.method not in READING_METHODS else "errors/error.html",
        layout="layout.html" if signed_in and code < 500 else "layout_bare.html",
        code=code, title=title, text=text, outcome=_outcome(code), support_id=support_id, files=files, stored=stored,
        texts=[(name, typed) for name, typed in texts if name != sent_forms.FIELD], key=key, sign_in=sign_in,
        token="" if fresh_token or code < 500 else _try(lambda: request.form.get("csrf_token", "")),
        saved=_outcome(code) == troubles.SAVED, appbuilder=appbuilder(),
    )  # fmt: skip
    return make_response(page, code)


def _typed() -> tuple[list[tuple[str, str]], list[str]]:
    """The words and the names of the files of the form that was sent, if a page of ours sent it."""
    if request.method in READING_METHODS or request.endpoint in NOT_KEPT:
        return [], []
    if not (g.get("csrf_valid") or _from_own_page()):
        return [], []
    form = _try(_form)
    if form is None:
        return [], []
    texts = [(name, text) for name, text in form.items(multi=True) if name not in NOT_RESENT]
    return texts, list(request.files)


def _form() -> Any:
    """The words of the form; also of one that was refused for the size of its file."""
    try:
        return request.form
    except RequestEntityTooLarge:
        request.max_content_length = LARGEST_GIVEN_BACK
        return request.form


def _try(read: Callable[[], T]) -> T | None:
    """What can still be read or done while something is broken; the page of the error comes anyway."""
    try:
        return read()
    except (SQLAlchemyError, HTTPException):
        return None


def _signed_in() -> bool:
    try:
        return bool(current_user.is_authenticated)
    except Exception:  # the database is away: whoever it is, the page must come
        g._login_user = AnonymousUserMixin()
        return False


def _note_refusal() -> None:
    """Somebody tried what the role forbids: the journal knows."""
    if not _signed_in():
        return
    try:
        journal.write_apart([journal.entry(terms.Act.REFUSED, entity="User", entity_id=current_user.id,
                                           summary=f"{request.method} {quote(request.path)}")])  # fmt: skip
    except Exception:
        current_app.logger.exception("the journal cannot be written")
