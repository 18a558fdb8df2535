"""The last contact with a family, the latest of aid, visits and cards: the list, its filter and the page agree."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import access, models
from app.domain.terms import SurveyAccess
from app.extensions import db
from app.readings import families, overview, timeline
from app.readings.contact import AID, CARD, VISIT, Contact
from tests import factories

TODAY = date(2026, 9, 30)


@pytest.fixture
def family(app: Any, cast: factories.Cast) -> models.Family:
    found = factories.family(cast.north, "00001")
    factories.registration(found, date(2026, 7, 1))
    return found


def had(family: models.Family, cast: factories.Cast, **days: Any) -> None:
    """Contacts of a family: aid, visit, nobody (at home), earlier (an edition), card, each on its day."""
    if "aid" in days:
        factories.aid(family, days["aid"])
    group = factories.survey_group(cast.employee("gleb"), TODAY, of=family)
    if "visit" in days:
        factories.survey_act(group, days["visit"], {"food": "full"})
    if "nobody" in days:
        factories.survey_act(group, days["nobody"], {}, visit=2, access=SurveyAccess.NOBODY)
    if "earlier" in days:
        factories.survey_act(group, days["earlier"], {}, visit=3, is_current=False)
    if "card" in days:
        card = factories.signal_card(cast.north, cast.agency("5.3"))
        card.family, card.sent_on = family, days["card"]
    db.session.flush()


def day(number: int) -> date:
    return date(2026, 9, number)


@pytest.mark.parametrize(("days", "expected"), [
    ({}, None),
    ({"aid": day(3)}, Contact(day(3), AID)),
    ({"aid": day(3), "visit": day(9)}, Contact(day(9), VISIT)),
    ({"aid": day(10), "visit": day(9), "card": day(2)}, Contact(day(10), AID)),
    ({"aid": day(3), "card": day(12)}, Contact(day(12), CARD)),
    ({"visit": day(5), "nobody": day(20)}, Contact(day(5), VISIT)),
    ({"aid": day(5), "earlier": day(20)}, Contact(day(5), AID)),
])  # fmt: skip
def test_the_list_its_filter_and_the_page_tell_the_same_last_contact(family, cast, days, expected):
    had(family, cast, **days)
    assert families.lines([family], TODAY)[family.id].contact == expected
    assert overview.of(family, TODAY).last_contact == expected
    for limit in (1, 10, 18, 21, 25, 27, 28):
        without = select(models.Family.number).where(families.without_contact(limit, TODAY))
        found = expected is None or (TODAY - expected.day).days >= limit
        assert bool(db.session.scalars(without).all()) is found, limit


def test_a_card_that_a_person_does_not_see_is_no_contact_to_that_person(family, cast):
    had(family, cast, aid=day(3), card=day(12))
    db.session.commit()
    with access.acting_as(access.Scope(today=TODAY, territories=frozenset({cast.north.id}))):
        known = db.session.get(models.Family, family.id)
        assert families.lines([known], TODAY)[known.id].contact == Contact(day(3), AID)
        assert overview.of(known, TODAY).last_contact == Contact(day(3), AID)


def test_a_card_stands_in_the_time_line_of_its_family(family, cast):
    had(family, cast, card=day(12))
    [event] = [one for one in timeline.events(overview.of(family, TODAY)) if one.text.startswith("Сигнальная карта")]
    assert (event.day, event.tone) == (day(12), "info")
