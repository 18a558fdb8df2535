"""The page and the list of families as they were on a past day."""

from __future__ import annotations

from datetime import date

import pytest

from app import clock
from app.extensions import db
from app.models import Criterion
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database("the conditions of days are tried on both by the list and by the reports")

DAY = "30.06.2026"


@kept
def family(cast) -> int:
    """Facts of every kind on both sides of 30.06.2026."""
    row = factories.family(cast.north, "00042", actual_address="ул. Первая, 1", categories=["1"])
    factories.member(row, "мать", date(1990, 1, 1), "Камышова", "Инна")
    son = factories.member(row, "сын", date(2010, 5, 5), "Камышов", "Глеб")
    factories.member(row, "дочь", date(2026, 8, 1), "Камышова", "Неродившаяся")
    factories.member(row, "дочь", date(2012, 1, 1), "Камышова", "Выбывшая", left_on=date(2026, 6, 30))
    factories.member(row, "сын", date(2013, 1, 1), "Камышов", "Будущий", joined_on=date(2026, 7, 1))
    factories.education(son, date(2024, 9, 1), organisation="Первая школа", ended_on=date(2026, 7, 1))
    factories.education(son, date(2026, 7, 1), organisation="Вторая школа")
    stay = factories.registration(row, date(2026, 2, 1), criteria=["2.5.1"])
    factories.change(stay, date(2026, 7, 10), ["2.1.1"], number="7/1")
    stay.removed_on, stay.removal_decision = date(2026, 9, 1), factories.decision(row, date(2026, 9, 1))
    plan = factories.programme(stay, date(2026, 2, 10), date(2026, 12, 31), approved=True)
    first = factories.stage(plan, date(2026, 2, 10), date(2026, 12, 1), meeting_on=date(2026, 2, 10))
    factories.measure(first, date(2026, 6, 1), "1.1")
    for day, kind in ((date(2026, 6, 30), "2.1"), (date(2026, 7, 1), "7.1")):
        factories.aid(row, day, kind, recipients=[son])
    factories.mentor(row, cast.employee("gleb"), date(2026, 2, 20), date(2026, 7, 20))
    db.session.commit()
    row.actual_address = "ул. Вторая, 2"
    return row.id


def text_of(document) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


def test_the_page_tells_what_was_true_on_the_day_and_offers_no_act(family, sign_in, page):
    anna = sign_in("anna")
    assert f"/family/{family}/on" in page(anna, f"/family/{family}").xpath("//nav//a/@href")
    shown = page(anna, f"/family/{family}/on?on={DAY}")
    text = text_of(shown)
    for said in (f"Показано на {DAY}", "на учёте с 01.02.2026", "Камышов Глеб", "16 лет", "Первая школа", "2.5.1",
                 "Выбывшая", "срок прошёл", "Всего к этому дню: 1", "30.06.2026"):  # fmt: skip
        assert said in text, said
    for said in ("Неродившаяся", "Будущий", "Вторая школа", "2.1.1", "01.09.2026", "01.07.2026"):
        assert said not in text, said
    assert "ул. Первая, 1" in text, "written later than the day: what was written first"
    assert not shown.xpath("//main//form[@method='post']")
    assert not [link for link in shown.xpath("//main//a/@href") if "/edit" in link or "/add" in link]
    later = text_of(page(anna, f"/family/{family}/on?on=02.09.2026"))
    assert "снята с учёта 01.09.2026" in later
    assert "Неродившаяся" in later


def test_a_day_that_is_not_over_is_refused_and_a_stranger_finds_nothing(family, sign_in, page):
    anna = sign_in("anna")
    page(anna, f"/family/{family}/on?on={clock.today():%d.%m.%Y}", 400)
    page(anna, f"/family/{family}/on?on=31.02.2026", 400)
    assert sign_in("vera").get(f"/family/{family}/on").status_code == 404


def test_the_list_of_a_day_shows_who_stood_then_and_leads_to_the_page_of_that_day(family, sign_in, page):
    anna = sign_in("anna")
    here = "/familyregistry/list/?_flt_0_state=on"
    assert "00042" not in text_of(page(anna, here))
    shown = page(anna, f"{here}&_flt_0_on={DAY}")
    row = " ".join(shown.xpath("//main//tbody/tr")[0].text_content().split())
    assert f"Показано на {DAY}" in text_of(shown)
    assert "01.02.2026" in row
    assert "2.5.1" in row
    assert "снята" not in row
    assert f"/family/{family}/on?on=2026-06-30" in shown.xpath("//main//tbody//a/@href")
    assert not shown.xpath("//main//tbody//a[contains(@href, '/edit/')]")
    for code, there in (("2.5.1", 1), ("2.1.1", 0)):
        key = factories.by_code(Criterion, code).id
        found = page(anna, f"{here}&_flt_0_on={DAY}&_flt_0_criterion={key}").xpath("//main//tbody/tr")
        assert len(found) == there
    assert not page(anna, f"{here}&_flt_0_on=31.01.2026").xpath("//main//tbody/tr")
    page(anna, "/familyregistry/list/?_flt_0_on=31.12.2099", 400)
