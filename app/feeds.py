"""/feed/….ics: a person's calendar of deadlines for a program that keeps calendars. The secret in the address is all
that is asked: no session is opened, no cookie set. No names of people leave here."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Flask, Response, abort, make_response, url_for
from flask_babel import gettext as _

from app import access, clock
from app.extensions import CALENDAR_FEED, appbuilder
from app.readings import due
from app.readings.clocks import DeadlinesInUse
from app.render import ics
from app.services import feeds

BEFORE, AHEAD = timedelta(days=31), timedelta(days=92)  # of the days that are told
MOST = 500  # entries
MOST_READS = 30  # of one address within a minute, from one worker of the server


_reads: Counter[tuple[str, int]] = Counter()  # of this minute: the secret, and the minute


def init_app(app: Flask) -> None:
    """Add the address."""
    app.add_url_rule("/feed/<token>.ics", CALENDAR_FEED, feed)


def address(token: str) -> str:
    """The address of a calendar, as a program asks for it."""
    return url_for(CALENDAR_FEED, token=token, _external=True)


def feed(token: str) -> Response:
    """The calendar of whoever made the address, under the rows and the roles of this moment."""
    user = feeds.owner_of(token)
    if user is None:
        abort(404)
    _check_rate(token)
    security = appbuilder().sm
    roles = security.roles_of_code(user)
    if not security.may(roles, "can_show", "Calendar"):
        abort(404)
    with access.acting_as(security.scope_of(user)):
        today = clock.today()
        asked = due.DaysAsked(today - BEFORE, today + AHEAD, DeadlinesInUse.read(), MOST)
        entries = [_entry(one) for one in due.lines(due.served(roles), asked)]
    content = ics.calendar(_("Calendar of deadlines"), entries, clock.now())
    return make_response(content, {"Content-Type": ics.MIME, "Cache-Control": "private, max-age=900"})


def _entry(one: due.Due) -> ics.Entry:
    """A thing that is due, by the number of its family or card."""
    text = "; ".join(part for part in (one.who, one.clause) if part)
    return ics.Entry(f"{one.uid}@patronat", one.due, one.as_text(), text, one.at)


def _check_rate(token: str) -> None:
    """Refuse a program that asks without end."""
    minute = int(clock.now().timestamp()) // 60
    if any(then != minute for _token, then in _reads):
        _reads.clear()
    _reads[token, minute] += 1
    if _reads[token, minute] > MOST_READS:
        abort(429)
