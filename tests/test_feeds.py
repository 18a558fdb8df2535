"""The secret address of a person's calendar: made once, read without a session, withdrawn; no names leave there."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from sqlalchemy import select

from app import clock, feeds
from app.clock import today
from app.domain.terms import Act
from app.extensions import db
from app.models import CalendarFeed, JournalEntry
from app.render import ics
from app.services import accounts
from tests import factories


@pytest.fixture
def families(app: Flask, cast: factories.Cast) -> None:
    """A family of the north and one of a far district, and a card that came to the north just now."""
    for number, place in (("00071", cast.north), ("00072", cast.far)):
        family = factories.family(place, number)
        factories.member(family, last_name="Полозов")
        factories.registration(family, today() - timedelta(days=30), received_on=today() - timedelta(days=1))
    factories.signal_card(cast.north, last_name="Мятлева")
    feeds._reads.clear()
    db.session.commit()


def made(client: Any) -> str:
    """The address that a person makes, as the page shows it once."""
    answer = client.post("/account/feed/make")
    assert answer.status_code == 200
    (address,) = html.fromstring(answer.text).xpath("//input[@id='feed']/@value")
    return re.sub(r"^https?://[^/]+", "", address)


def events(answer: Any) -> list[icalendar.Event]:
    assert answer.status_code == 200
    return list(icalendar.Calendar.from_ical(answer.data).walk("VEVENT"))


def test_the_calendar_opens_in_a_program_and_tells_what_is_due(families, sign_in, anonymous):
    anna = sign_in("anna")
    address = made(anna)
    answer = anonymous.get(address)
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "private, max-age=900"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    found = events(answer)
    stay = next(one for one in found if "00071" in one["SUMMARY"])
    assert stay["DTSTART"].dt == today() + timedelta(days=2)
    assert stay["DTEND"].dt == today() + timedelta(days=3)
    assert "Внесение сведений о семье" in stay["SUMMARY"]
    assert "Положение, 3.2" in stay["DESCRIPTION"]
    card = next(one for one in found if "СК №" in one["SUMMARY"])
    assert isinstance(card["DTSTART"].dt, datetime)
    assert timedelta(minutes=45) < card["DTSTART"].dt - clock.now() < timedelta(minutes=55)
    assert all(one["DTSTAMP"].dt for one in found)
    uids = [str(one["UID"]) for one in found]
    assert len(set(uids)) == len(uids) > 4  # the reports too
    again = anonymous.get(address)
    assert [str(one["UID"]) for one in events(again)] == uids
    for name in ("Полозов", "Мятлева", "Инна", "00072"):
        assert name not in answer.text


def test_each_address_gives_the_rows_of_its_owner_as_of_now(families, cast, sign_in, anonymous):
    galina, boris, gleb = (made(sign_in(name)) for name in ("galina", "boris", "gleb"))
    assert "00072" in anonymous.get(galina).text
    assert "00071" not in anonymous.get(galina).text
    assert "00071" in anonymous.get(boris).text
    assert "Положение\\, 3.6.6" in anonymous.get(gleb).text.replace("\r\n ", "")
    assert "СК №" not in anonymous.get(gleb).text
    person = cast.user("boris")
    person.roles = []
    db.session.commit()
    assert anonymous.get(boris).status_code == 404
    accounts.deactivate(cast.user("galina"))
    db.session.commit()
    assert anonymous.get(galina).status_code == 404
    assert sign_in("anna").get(gleb).status_code == 200  # whoever is signed in, it is its owner's


def test_an_address_is_shown_once_and_works_until_it_is_withdrawn_or_made_anew(families, sign_in, anonymous):
    anna = sign_in("anna")
    first = made(anna)
    assert first.rpartition("/")[2].removesuffix(".ics") not in anna.get("/account/").text
    stored = db.session.scalars(select(CalendarFeed.token_hash)).one()
    assert stored not in first
    second = made(anna)
    assert anonymous.get(first).status_code == 404
    assert anonymous.get(second).status_code == 200
    assert "Отозвать адрес" in anna.get("/account/").text
    assert anna.post("/account/feed/withdraw").status_code == 302
    assert anonymous.get(second).status_code == 404
    assert "Отозвать адрес" not in anna.get("/account/").text
    assert anna.post("/account/feed/withdraw").status_code == 302
    said = db.session.scalars(select(JournalEntry.summary).where(JournalEntry.act == Act.EXPORTED).order_by("id")).all()
    assert said == ["Календарь сроков: создан адрес для подписки"] * 2 + [
        "Календарь сроков: адрес для подписки отозван"
    ]


@pytest.mark.one_database("what is not a secret opens nothing")
def test_what_is_not_an_address_opens_nothing(families, sign_in, anonymous):
    token = made(sign_in("anna")).rpartition("/")[2].removesuffix(".ics")
    for wrong in (
        "x",
        token[:-1],
        token + "A",
        token.swapcase(),
        "я" * 40,
        "0" * 5000,
        db.session.scalars(select(CalendarFeed.token_hash)).one(),
    ):
        assert anonymous.get(f"/feed/{wrong}.ics").status_code == 404
    for name in ("oleg", "avgust"):
        assert sign_in(name).post("/account/feed/make").status_code == 403
        assert "Календарь сроков в моём календаре" not in sign_in(name).get("/account/").text


@pytest.mark.one_database("counted in the memory of the server")
def test_a_program_that_asks_without_end_is_refused_for_a_while(families, sign_in, anonymous, monkeypatch):
    first, second = made(sign_in("anna")), made(sign_in("galina"))
    at = clock.now().replace(second=10)
    monkeypatch.setattr(feeds.clock, "now", lambda: at)
    answers = [anonymous.get(first).status_code for _time in range(feeds.MOST_READS + 2)]
    assert answers == [200] * feeds.MOST_READS + [429] * 2
    assert anonymous.get(second).status_code == 200
    monkeypatch.setattr(feeds.clock, "now", lambda: at + timedelta(minutes=1))
    assert anonymous.get(first).status_code == 200


@settings(deadline=None)
@given(
    title=st.text(st.characters(exclude_categories=["C"]), max_size=300),
    day=st.dates(date(1990, 1, 1), date(2100, 12, 30)),
    at=st.none() | st.integers(946_684_800, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
)
def test_whatever_a_deadline_is_called_it_is_read_back(title, day, at):
    content = ics.calendar("Сроки", [ics.Entry("a@b", day, title, title, at)], datetime(2026, 1, 1, tzinfo=UTC))
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert str(event["SUMMARY"]) == title
    assert event["DTSTART"].dt == (at or day)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
