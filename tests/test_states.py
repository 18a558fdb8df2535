"""Facts that are entered once and kept: each test finds them as they were entered, whatever the others did."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import Family, Member
from tests import factories
from tests.states import kept

ENTERED: list[str] = []


@kept
def home(cast: factories.Cast) -> Family:
    """A family of one child."""
    ENTERED.append("home")
    family = factories.family(cast.north, "00001")
    factories.member(family)
    return family


@kept
def others(cast: factories.Cast) -> dict[str, Any]:
    """Another family, and a number."""
    ENTERED.append("others")
    return {"family": factories.family(cast.south, "00002"), "number": 7}


def numbers() -> list[str]:
    return list(db.session.scalars(select(Family.number).order_by(Family.number)))


@pytest.fixture
def anna(sign_in: Any) -> Any:
    return sign_in("anna")


@pytest.mark.parametrize("turn", range(3))
def test_each_test_finds_what_was_entered_and_nothing_of_another_test(home, turn):
    assert numbers() == ["00001"]
    assert [member.first_name for member in home.members] == ["Тимур"]
    home.members[0].first_name = "Лев"
    added = factories.family(home.territory, "00003")
    assert added.id == home.id + 1, "keys go on after what was kept"
    db.session.commit()


@pytest.mark.parametrize("turn", range(3))
def test_facts_entered_after_others_are_kept_with_them(home, others, turn):
    assert numbers() == ["00001", "00002"]
    assert (others["family"].territory.name, others["number"]) == ("Южное городское поселение", 7)
    db.session.delete(db.session.scalars(select(Member)).one())
    db.session.commit()


@pytest.mark.parametrize("turn", range(2))
def test_what_was_written_before_them_stays(anna, home, turn):
    assert anna.get(f"/family/{home.id}").status_code == 200


def test_a_test_that_asks_for_none_gets_the_pristine_bank(app):
    assert db.session.scalar(select(func.count(Family.id))) == 0
    db.session.add(factories.family(factories.Cast().north))
    db.session.commit()


def test_facts_are_entered_once_for_a_bank(bank, home, others):
    before = list(ENTERED)
    bank.restore()
    bank.fill("test_states.home", lambda: ENTERED.append("again"))
    assert before == ENTERED
