"""Taking a wrong entry out, wherever one comes from: one form, one page, one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import make_response
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app import acts, clock, journal
from app.acts import AT_ONCE, Answer
from app.forms import REQUIRED, CleanText, EntityForm, no_longer
from app.models import Family, Member
from app.readings import history
from app.services import registrations

# What goes with a row, said before it is done.
GOES_WITH = {
    Family: "Вместе с семьёй аннулируются все её записи: члены семьи, учёт, постановления, помощь.",
    Member: "Вместе с этой записью аннулируются документы, обучение и учёт этого человека в других органах.",
}


class AnnulForm(EntityForm):
    """Why a row is annulled."""

    version = HiddenField()
    reason = CleanText(
        _("Reason of annulment"),
        [REQUIRED, no_longer(registrations.LONGEST_REASON)],
        description=_("It stays in the history of the family with your name."),
    )


def _plainly(row: Any, reason: str) -> None:
    registrations.annul(row, reason=reason, today=clock.today())


def page(row: Any, render: Callable[..., str], *, back: str, then: str = "", menu_entry: str = "",
         facts: Sequence[tuple[Any, Any]] = (),
         act: Callable[[Any, str], None] = _plainly) -> str | Response:  # fmt: skip
    """The page of the annulment of a row, and the annulment itself; a row that is annulled already says by whom.

    back: where «Cancel» leads; then: where one goes on when it is done; act: what annuls it, if more goes with it.
    """
    title = gettext("Annul: %(title)s", title=journal.title_of(row))
    values = {"title": title, "back": back, "menu_entry": menu_entry, "facts": facts, "row": row}
    if row.annulled_at is None:
        form = AnnulForm()
        if form.is_submitted() and form.validate():
            if form.version.data != str(row.version):
                form.refuse(f"{AT_ONCE} Записано: {row}.", None)
            elif answer := acts.done(form, lambda: _annul(row, form.reason.data or "", then or back, act)):
                return answer
        form.version.data = str(row.version)
        if row.annulled_at is None:
            return render("annul.html", form=form, goes_with=GOES_WITH.get(type(row), ""), **values)
    response = make_response(render("annul.html", form=None, said=history.annulment(row), **values))
    response.status_code = 409
    return response


def _annul(row: Any, reason: str, location: str, act: Callable[[Any, str], None]) -> Answer:
    title = journal.title_of(row)
    act(row, reason)
    return Answer(gettext("Annulled: %(title)s", title=title), location)
