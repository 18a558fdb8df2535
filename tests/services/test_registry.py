"""What follows from what was typed: the number of a card."""

from __future__ import annotations

import pytest

from app.extensions import db
from app.services import registry
from tests import factories


@pytest.mark.parametrize(
    ("taken", "following"),
    [
        ([], "00001"),
        (["00007", "00003"], "00008"),
        (["12-б", "00003"], "00004"),
        (["99999"], "100000"),
        (["9" * 20, "00003"], "00004"),
        (["999999999", "1000000000"], "1000000001"),
        (["0" * 20], "00001"),
    ],
)
def test_the_next_number_follows_the_largest_of_the_district_and_is_free(taken, following, cast):
    factories.family(cast.far, number="00500")
    for number in taken:
        factories.family(cast.north, number=number)
    assert registry.next_number(cast.district) == following


def test_a_number_of_an_annulled_family_is_not_given_again(cast):
    family = factories.family(cast.north, number="00009")
    family.annulled_at = family.created_at
    db.session.flush()
    assert registry.next_number(cast.district) == "00010"
