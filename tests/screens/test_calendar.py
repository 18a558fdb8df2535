"""The calendar of deadlines: each count of a day opens the things of that day, under the person's rows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import today
from app.domain.terms import Act
from app.extensions import db
from app.models import JournalEntry, RegionalHoliday
from tests import factories
from tests.test_statements import counting

MOST_STATEMENTS = 15


@pytest.fixture
def families(app, cast) -> None:
    """Two families of the north are due on 13 September 2026, one of a far district too; one is overdue for long."""
    for number, place, received in (
        ("00001", cast.north, date(2026, 9, 10)),
        ("00002", cast.north, date(2026, 9, 10)),
        ("00003", cast.south, date(2026, 9, 11)),
        ("00004", cast.far, date(2026, 9, 10)),
        ("00005", cast.north, date(2026, 1, 9)),
    ):
        factories.registration(factories.family(place, number), received, received_on=received)
    db.session.commit()


def text_of(element: Any) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def marks(document: Any) -> list[str]:
    return re.findall(r"№ (\d{5})", text_of(document.xpath("//main")[0]))


def test_every_count_of_the_month_is_the_length_of_the_list_that_it_opens(families, sign_in, page):
    anna = sign_in("anna")
    links = page(anna, "/calendar/?month=2026-09").xpath("//a[contains(@class, 'month__due')]")
    assert {text_of(link) for link in links} >= {"Сроки по семьям: 2", "Сроки по семьям: 1", "Отчёты: 1"}
    for link in links:
        number = int(text_of(link).rpartition(": ")[2])
        assert len(page(anna, link.get("href")).xpath("//main//section//li")) == number, link.get("href")
    assert marks(page(anna, "/calendar/list?day=13.09.2026")) == ["00001", "00002"]
    assert marks(page(anna, "/calendar/list?day=2026-09-14&kind=stays")) == ["00003"]
    assert marks(page(anna, "/calendar/list?day=2026-09-14&kind=reports")) == []


def test_each_sees_the_own_families_alone(families, sign_in, page):
    assert marks(page(sign_in("galina"), "/calendar/list?day=2026-09-13")) == ["00004"]
    assert marks(page(sign_in("boris"), "/calendar/list?day=2026-09-13")) == ["00001", "00002"]
    assert marks(page(sign_in("vera"), "/calendar/list?day=2026-09-13")) == []
    for name in ("gleb", "renata"):
        assert marks(page(sign_in(name), "/calendar/list?day=2026-09-13")) == []
        links = page(sign_in(name), "/calendar/?month=2026-09").xpath("//a[contains(@class, 'month__due')]")
        assert {text_of(link) for link in links} == {"Отчёты: 1"}
    for name in ("oleg", "avgust"):
        assert sign_in(name).get("/calendar/").status_code == 403


def test_all_that_is_overdue_stands_in_one_list_the_longest_first(families, sign_in, page):
    soon = today() + timedelta(days=1)
    assert soon > date(2026, 9, 14)
    assert marks(page(sign_in("anna"), "/calendar/list")) == ["00005", "00001", "00002", "00003"]
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.LISTED)).one()
    assert entry.records == 4


@pytest.mark.one_database("a page over the same rows")
def test_days_off_are_marked_those_of_the_region_too(app, sign_in, page):
    def off(month: str) -> list[int]:
        days = page(sign_in("anna"), f"/calendar/?month={month}").xpath(
            "//li[contains(@class, 'month__day--off')]//time"
        )
        return [int(text_of(day)) for day in days]

    assert off("2026-11") == [1, 4, 7, 8, 14, 15, 21, 22, 28, 29]
    assert off("2025-11") == [2, 3, 4, 8, 9, 15, 16, 22, 23, 29, 30]
    db.session.add(RegionalHoliday(name="День Конституции", day=date(2025, 11, 6), yearly=True))
    db.session.commit()
    assert 6 in off("2026-11")


@pytest.mark.one_database("a page over the same rows")
def test_one_goes_from_month_to_month_and_no_further_than_there_are_days(app, sign_in, page):
    anna = sign_in("anna")

    def beside(month: str, way: str) -> list[str]:
        return page(anna, f"/calendar/?month={month}").xpath(f"//a[@rel='{way}']/@href")

    assert beside("2026-12", "next") == ["/calendar/?month=2027-01"]
    assert beside("2026-01", "prev") == ["/calendar/?month=2025-12"]
    assert beside("2100-12", "next") == []
    assert beside("1990-01", "prev") == []
    for wrong in ("2026-13", "2026", "2026-Q3", "завтра", "0001-01", "2101-01"):
        answer = anna.get("/calendar/", query_string={"month": wrong})
        assert answer.status_code == 400
        assert "впишите год и месяц" in answer.text
    assert anna.get("/calendar/list?day=32.01.2026").status_code == 400
    assert anna.get("/calendar/list?kind=nothing").status_code == 400


def test_the_calendar_asks_little_however_much_is_due(families, cast, sign_in):
    anna, sent = sign_in("anna"), []
    anna.get("/calendar/?month=2026-09")  # what is kept of it asks each time what has changed since
    for more in (1, 20):
        for number in range(more):
            family = factories.family(cast.north, f"1{more}{number:03}")
            factories.registration(family, date(2026, 9, 1), received_on=date(2026, 9, number % 27 + 1))
        db.session.commit()
        for address in ("/calendar/?month=2026-09", "/calendar/list"):
            with counting() as statements:
                assert anna.get(address).status_code == 200
            sent.append(len(statements))
    assert sent[:2] == sent[2:]
    assert max(sent) <= MOST_STATEMENTS
