"""How much one person may ask of the bank in a while: counted from the journal, for every process and over restarts.

Two kinds: what costs the server, and how many families one person may look into. Many families within an hour ask for
the password once more, and the coordinators are told; very many are refused. What the background makes is asked for
under the same limits, and leaves under them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app, flash, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import ProgrammingError
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests
from werkzeug.wrappers import Response

from app import journal, sessions
from app.clock import now
from app.domain import terms
from app.domain.terms import Act
from app.extensions import db
from app.models import JournalEntry, User

HOUR = timedelta(hours=1)
CONFIRMED = "confirmed_at"  # in the session: when the password was said once more
_entry = JournalEntry.__table__


class Allowance(NamedTuple):
    """So many acts of a kind within a while."""

    act: Act
    most: int
    within: timedelta


SEARCHES = Allowance(Act.SEARCHED, 60, timedelta(minutes=1))
PRINTS = Allowance(Act.PRINTED, 120, HOUR)
EXPORTS = Allowance(Act.EXPORTED, 60, HOUR)
# Pages that cost, by their endpoints.
LIMITED: tuple[tuple[str, Allowance], ...] = (
    (r"Search\.show", SEARCHES),
    (r"Passport\w*\.\w+|\w+\.(print\w*|pdf)", PRINTS),
    (r"\w+\.(xlsx|export|list_file)|SignalLog\.\w+", EXPORTS),
)
# Pages that open a family or hand many of them over.
OF_FAMILIES = r"FamilyPage\.show|Passport\w*\.\w+|\w+\.xlsx|Exchange\.export"


def check(endpoint: str) -> Response | None:
    """Refuse what is too much, or send to say the password once more. Raises TooManyRequests; ServiceUnavailable if
    the journal cannot be asked: nothing is shown without it.
    """
    if request.method != "GET":
        return None
    try:
        return _checked(endpoint)
    except ProgrammingError as error:
        db.session.rollback()
        raise ServiceUnavailable from error


def _checked(endpoint: str) -> Response | None:
    for pattern, limit in LIMITED:
        if re.fullmatch(pattern, endpoint) and _done(limit) >= limit.most:
            raise TooManyRequests
    if not re.fullmatch(OF_FAMILIES, endpoint):
        return None
    return _ask_again(check_most())


def check_most() -> int:
    """Refuse whoever has had very many families within the hour; gives how many. Raises TooManyRequests."""
    seen = families_of(current_user.id)
    if seen >= current_app.config["MOST_FAMILIES"]:
        raise TooManyRequests
    return seen


def hand_over(more: int) -> Response | None:
    """Send to say the password once more if many families were had within the hour, with so many that leave now."""
    return _ask_again(families_of(current_user.id) + more)


def _ask_again(seen: int) -> Response | None:
    if seen < current_app.config["MANY_FAMILIES"] or _is_confirmed():
        return None
    flash(f"За час открыто или выгружено семей: {seen}. Чтобы продолжить, введите пароль ещё раз.", "warning")
    return redirect(url_for("OwnAccount.confirm", next=request.full_path.rstrip("?")))


def _done(limit: Allowance) -> int:
    asked = select(func.count(_entry.c.id)).where(
        _entry.c.user_id == current_user.id, _entry.c.act == limit.act, *_lately(limit.within)
    )
    return db.session.connection().scalar(asked) or 0


def families_of(user_id: int) -> int:
    """How many families a person has opened, printed and exported within the hour."""
    lately = (_entry.c.user_id == user_id, *_lately(HOUR))
    one_by_one = select(func.count(_entry.c.family_id.distinct())).where(
        *lately, _entry.c.act.in_((Act.OPENED, Act.PRINTED))
    )
    at_once = select(func.coalesce(func.sum(_entry.c.records), 0)).where(
        *lately, _entry.c.act == Act.EXPORTED, _entry.c.entity == "Family"
    )
    row = db.session.connection().execute(select(one_by_one.scalar_subquery(), at_once.scalar_subquery())).one()
    return int(row[0] or 0) + int(row[1] or 0)


def _lately(within: timedelta) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The entries of a while until now: what lies ahead is of a clock that was wrong."""
    return _entry.c.at > now() - within, _entry.c.at <= now()


def _is_confirmed() -> bool:
    said = str(sessions.here().get(CONFIRMED) or "")
    return said != "" and abs(now() - datetime.fromisoformat(said)) < HOUR


def go_on(user: User) -> None:
    """The password was said once more: let this session go on for an hour, and tell of it."""
    seen = families_of(user.id)
    sessions.here()[CONFIRMED] = now().isoformat()
    summary = f"За час открыто или выгружено семей: {seen}; продолжено по паролю"
    journal.write([journal.entry(terms.Act.MASS_READ, entity="User", entity_id=user.id, summary=summary, records=seen)])
