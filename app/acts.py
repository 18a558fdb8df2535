"""The edge of every act: act, keep the answer, commit once; a refusal goes back into the form and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app, g, request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app import sent_forms, troubles
from app.domain.refusal import Refusal
from app.extensions import READING_METHODS, begin_writing, db
from app.sent_forms import Answer
from app.services import closed

View = TypeVar("View", bound=Callable[..., Any])

AT_ONCE = "Пока вы заполняли форму, эту запись изменил другой человек. Проверьте значения и сохраните ещё раз."


class Refusing(Protocol):
    """Whatever can show a refusal beside the field it concerns."""

    def refuse(self, text: str, field: str | None) -> None: ...


def init_app(app: Flask) -> None:
    """Answer a form that was stored already before anything of it runs a second time."""
    app.before_request(_answer_again)


def reads_first(view: View) -> View:
    """Mark a route that takes a form and works long before it writes, or writes nothing: nobody waits for it.

    Its key is taken, and writing begins, where it calls `done`; what it has read until then may have changed.
    """
    view.reads_first = True  # type: ignore[attr-defined]  # carried along by the decorators around it
    return view


def done(form: Refusing, act: Callable[[], Answer]) -> Response | None:
    """Do one act and commit it: its answer, or None after a refusal that stands in the form now.

    Nothing touches the database after the commit: `act` makes the whole answer before it.
    """
    try:
        begin_writing()
        answer = sent_forms.claim()
        if answer is None:
            with closed.because(request.form.get(closed.REASON, "")):
                answer = act()
                sent_forms.keep(answer)
                _commit_surely()
        else:
            db.session.rollback()
    except Refusal as refusal:
        db.session.rollback()
        g.asks_why = closed.is_closed(refusal)  # the keys of a form ask for the reason (templates/form_keys.html)
        form.refuse(refusal.text, refusal.field)
    except StaleDataError:
        db.session.rollback()
        form.refuse(AT_ONCE, None)
    except IntegrityError as error:
        db.session.rollback()
        form.refuse(troubles.of_refused_row(error), None)
    else:
        return answer.response()
    return None


def commit() -> None:
    """Commit, and remember how it ended for whatever page is shown then.

    Raises OutcomeUnknownError if the connection was lost while the database was storing.
    """
    db.session.flush()
    g.outcome = troubles.UNKNOWN
    try:
        db.session.commit()
    except Exception as error:
        if troubles.is_surely_undone(error):
            g.outcome = troubles.NOT_SAVED
            raise
        raise troubles.OutcomeUnknownError from error
    g.outcome = troubles.SAVED


def _commit_surely() -> None:
    """Commit; where the outcome is unknown, the key of the form may tell on another connection that it is stored."""
    try:
        commit()
    except troubles.OutcomeUnknownError:
        with suppress(SQLAlchemyError):
            db.session.rollback()
        with suppress(SQLAlchemyError):
            if sent_forms.is_kept():
                g.outcome = troubles.SAVED
                return
        raise


def outcome() -> str:
    """What became of what was typed in this request: stored, not stored, or nobody knows."""
    return str(g.get("outcome", troubles.NOT_SAVED))


def _answer_again() -> Response | None:
    """Every act writes from its first line on: what it checks is what it writes over."""
    if request.method in READING_METHODS or request.endpoint in (
        None,
        "SignIn.login",
        "SignIn.second",
        "SignIn.logout",
    ):
        return None
    if getattr(current_app.view_functions.get(str(request.endpoint)), "reads_first", False):
        answer = sent_forms.answered()
    else:
        begin_writing()
        answer = sent_forms.claim()
    if answer is None:
        return None
    db.session.rollback()
    return answer.response()
