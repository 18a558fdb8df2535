"""What stands beside the figures of a report: town and country, a printed total, and the rule under each «?»."""

from __future__ import annotations

from datetime import date

import pytest

from app.extensions import db
from app.reports import CATALOGUE
from tests import factories
from tests.reports.test_catalogue import data
from tests.reports.test_quarterly import hard

__all__ = ["hard"]


def test_children_who_do_not_study_are_counted_in_town_and_country(cast):
    """By the name of the settlement, or as the territory says of itself."""
    for place, status in ((cast.north, "none"), (cast.north, "works"), (cast.south, "none"), (cast.south, "school")):
        family = factories.family(place)
        child = factories.member(family, "сын", date(2012, 3, 3))
        factories.education(child, date(2024, 9, 1), status)
        factories.registration(family, date(2026, 2, 1))
    total = data("not-in-education", cast.district)["total"]
    assert (total["all"], total["urban"], total["rural"]) == (3, 1, 2)
    rows = data("not-in-education", cast.district, by="locality")["rows"]
    assert {row["locality"]: row["14"] for row in rows} == {"городская": 1, "сельская": 2}
    cast.north.rural = False
    db.session.flush()
    total = data("not-in-education", cast.district)["total"]
    assert (total["urban"], total["rural"]) == (3, 0)


@pytest.mark.one_database("what is typed is compared in Python")
def test_a_printed_total_that_differs_stands_beside_ours_and_changes_nothing(hard, cast, sign_in, page):
    db.session.commit()
    anna = sign_in("anna")
    here = f"/reports/demography/?period=2026-Q3&territory={hard.id}"
    ours = page(anna, here).xpath("//tfoot//td[@class='num'][1]")[0].text_content()
    shown = page(anna, f"{here}&total-1={int(ours) + 2}&total-2=0")
    text = " ".join(shown.text_content().split())
    assert f"«0–3 лет» – по строкам {ours}, введено {int(ours) + 2}, расхождение +2" in text
    assert shown.xpath("//tfoot//td[@class='num'][1]")[0].text_content() == ours
    assert "total-1=" in next(iter(shown.xpath("//a[contains(@href, '/file/pdf')]/@href")))
    assert f"введено {int(ours) + 2}" in anna.get(
        f"/reports/demography/file/html?period=2026-Q3&territory={hard.id}&total-1={int(ours) + 2}"
    ).get_data(as_text=True)
    page(anna, f"{here}&total-1=двести", 400)


@pytest.mark.one_database("the pages are drawn in Python")
@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_beside_each_figure_its_rule_stands_under_a_question_mark(one, hard, sign_in, page):
    db.session.commit()
    shown = page(sign_in("anna"), f"/reports/{one.name}/?period=2026-Q3&territory={hard.id}")
    texts = {each.get("id"): each.text_content() for each in shown.xpath("//*[@popover]")}
    buttons = shown.xpath("//button[@popovertarget]/@popovertarget")
    assert buttons
    assert len(set(buttons)) == len(buttons)
    assert set(buttons) == texts.keys()
    assert all(text.endswith(".") for text in texts.values())
