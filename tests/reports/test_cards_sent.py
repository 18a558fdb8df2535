"""Column 4 of the quarterly form: signal cards where there are any, else what record cards say, and never twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app import access, clock
from app.domain import periods
from app.domain.terms import SignalSource
from app.extensions import db
from app.models import Family, SignalCard
from app.reports import places, quarterly, quarterly_checks, report
from app.reports.places import ReportPlaces
from tests import factories
from tests.reports import by_hand
from tests.reports.test_quarterly import differences
from tests.states import kept

QUARTER = periods.quarter(2026, 3)
# 00:00 of 1 July and 23:59 of 30 September on the clock of Moscow.
FIRST = datetime(2026, 6, 30, 21, 0, tzinfo=UTC)
LAST = datetime(2026, 9, 30, 20, 59, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def card(place, sent_at, body=None, **values):
    times = {"detected_at": sent_at - timedelta(hours=1), "sent_at": sent_at, "arrived_at": sent_at}
    return factories.signal_card(place, body, **{**times, **values})


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)


def registered(cast, day: date, *, sent_on: date, place=None, **values):
    family = factories.family(place or cast.north)
    return factories.registration(family, day, card_sent_on=sent_on, sender=cast.agency("5.3"), **values)


@kept
def cards(cast):
    """Cards of every sort, on every edge of the quarter and on each side of a registration."""
    north, south, school, police = cast.north, cast.south, cast.agency("5.3"), cast.agency("5.7")
    for sent_at in (FIRST - MINUTE, FIRST, LAST, LAST + MINUTE):
        card(north, sent_at, school)
    for source in (SignalSource.CITIZEN, SignalSource.HOTLINE, SignalSource.ANONYMOUS):
        card(south, FIRST, source=source)
    card(cast.district, FIRST, police)
    card(cast.far, FIRST, police)
    card(north, FIRST, factories.agency("Дом культуры", "RT.6", cast.district))
    card(north, FIRST, police, annulled_at=clock.now(), annul_reason="внесена дважды")
    # sent on to another district: it counts where it lies, once
    card(south, FIRST, school, arrived_at=noon(date(2026, 8, 2)))
    # a family that a card brought: the record card of its registration is the same card
    brought = registered(cast, date(2026, 8, 20), sent_on=date(2026, 8, 7))
    card(north, noon(date(2026, 8, 5)), police, family=brought.family)
    # of a card that was sent in the quarter before, the registration says a day of this one
    late = registered(cast, date(2026, 7, 10), sent_on=date(2026, 7, 2))
    card(north, noon(date(2026, 6, 29)), school, family=late.family)
    # a second card about a family on record: the family came by its record card
    known = registered(cast, date(2026, 7, 15), sent_on=date(2026, 7, 6))
    card(south, noon(date(2026, 9, 9)), police, family=known.family)
    # a card about an earlier stay on record does not bring the family to a later one
    first = registered(cast, date(2026, 2, 2), sent_on=date(2026, 1, 20), until=date(2026, 7, 20), reason="11.2")
    card(north, noon(date(2026, 5, 5)), police, family=first.family)
    factories.registration(first.family, date(2026, 9, 1), card_sent_on=date(2026, 8, 25), sender=school)
    # sent on the very day of the registration; about a family or by a registration that was annulled
    same = registered(cast, date(2026, 9, 10), sent_on=date(2026, 9, 10), place=south)
    card(south, noon(date(2026, 9, 10)), police, family=same.family)
    ghost = registered(cast, date(2026, 8, 12), sent_on=date(2026, 8, 10))
    ghost.family.annulled_at = clock.now()
    card(cast.district, noon(date(2026, 8, 9)), police, family=ghost.family)
    wrong = registered(cast, date(2026, 8, 13), sent_on=date(2026, 8, 11))
    card(north, noon(date(2026, 8, 10)), police, family=wrong.family, annulled_at=clock.now(), annul_reason="ошибка")
    return cast.district


def count(place, period=QUARTER):
    tree = ReportPlaces(quarterly.REPORT.sources)
    return quarterly.quarterly(period, tree.all[place.id], tree=tree)


def test_the_cards_agree_with_a_count_by_hand_for_every_kind_of_period(cards, cast):
    families = db.session.scalars(select(Family)).all()
    told = db.session.scalars(select(SignalCard)).all()
    for period in (
        QUARTER, periods.month(2026, 6), periods.month(2026, 8), periods.year_period(2026),
        periods.given(date(2026, 9, 30), date(2026, 9, 30)), periods.given(date(2026, 10, 1), date(2026, 12, 31)),
    ):  # fmt: skip
        wanted = by_hand.form(families, period.start, period.end, cards=told)
        form = count(cast.root, period)
        assert not differences(form, wanted), period.title
        assert form.checks[0].holds, form.checks[0].text
    assert count(cast.root).number("4") == 16
    assert {code: number for code in ("5.3", "5.7", "5.9") if (number := count(cast.root).number(code))} == {
        "5.3": 6, "5.7": 6, "5.9": 4,
    }  # fmt: skip


def test_the_list_behind_a_number_shows_both_sorts(cards):
    form = count(cards)
    within = places.shown_in(form.rows)
    for key in ("4", *quarterly.SENDERS):
        rows = report.behind(form.indicators[key], within)
        assert len(rows) == form.number(key) == report.length(form.indicators[key], within)[0], key
    rows = report.behind(form.indicators["4"], within)
    signals = [row for row in rows if row["card"]]
    assert {row["card"] is None for row in rows} == {True, False}
    assert "Полозова Инна" in {row["family"] for row in signals if row["family_id"] is None}
    told = {row["source"] for row in signals if row["source"]}
    assert told == {SignalSource.CITIZEN, SignalSource.HOTLINE, SignalSource.ANONYMOUS}


def test_of_a_card_that_was_sent_on_the_territory_where_it_lies_answers(cast):
    sent = card(cast.north, FIRST, cast.agency("5.3"))
    assert count(cast.north).number("4") == 1
    sent.territory, sent.district, sent.arrived_at = cast.far, factories.tree.district_of(cast.far), clock.now()
    db.session.flush()
    assert count(cast.north).number("4") == 0
    assert count(cast.root).number("4") == count(cast.far).number("4") == 1


def scopes(cast) -> dict[str, access.Scope]:
    """Who keeps a district, who keeps one settlement, a commission member of one, a body that sends cards."""
    ids = frozenset({cast.district.id, *(part.id for part in cast.district.parts)})
    one = frozenset({cast.north.id})
    return {
        "keeper": access.Scope(territories=ids, kept=ids, places=ids),
        "of one": access.Scope(territories=one, kept=one, places=one),
        "member": access.Scope(territories=one, places=one),
        "body": access.Scope(agency=cast.agency("5.7").id, places=ids),
    }


@pytest.mark.parametrize(("name", "number"), [("keeper", 15), ("of one", 8), ("member", 5), ("body", 3)])
def test_a_person_counts_the_cards_that_the_list_shows_to_the_person(cards, cast, name, number):
    scope, place = scopes(cast)[name], cast.root
    with access.acting_as(scope):
        form = count(place)
        rows = report.behind(form.indicators["4"], places.shown_in(form.rows))
    assert len(rows) == form.number("4") == number


def test_the_region_counts_every_card_and_is_shown_none(cards, cast):
    with access.acting_as(access.Scope(all_statistics=True)):
        form = count(cast.root)
        assert form.number("4") == 16
        assert not report.behind(form.indicators["4"], places.shown_in(form.rows))


def test_a_card_without_a_body_is_no_lack_and_a_district_with_a_card_of_its_own_is_a_row(cast):
    card(cast.district, FIRST, source=SignalSource.CITIZEN)
    form = count(cast.district)
    assert "Тестовый район" in form.names.values()
    assert (form.number("4"), form.number("5.9"), form.number("no sender")) == (1, 1, 0)
    with access.acting_as(scopes(cast)["keeper"]):
        told = quarterly_checks.lacks(QUARTER, ReportPlaces(quarterly.REPORT.sources))
    assert [one.figure for one in told if one.figure] == []


def test_the_day_of_a_card_follows_its_moment_however_it_is_written(cast):
    sent = card(cast.north, LAST)
    assert sent.sent_on == date(2026, 9, 30)
    sent.sent_at = LAST + MINUTE
    assert sent.sent_on == date(2026, 10, 1)
    db.session.flush()
    table = SignalCard.__table__
    row = db.session.execute(select(table).where(table.c.id == sent.id)).mappings().one()
    again = {name: value for name, value in row.items() if name not in ("id", "sent_on")} | {"number": 999}
    key = db.session.execute(db.insert(table).values(**again)).inserted_primary_key[0]
    assert db.session.scalar(select(table.c.sent_on).where(table.c.id == key)) == date(2026, 10, 1)
