"""What is dear to count is counted anew after a change of the bank, and never given to another's rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app import access, clock, journal
from app.domain.terms import Act
from app.extensions import db
from app.readings import kept
from tests import factories
from tests.test_statements import counting


class Count:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


@pytest.fixture
def count() -> Count:
    return Count()


def test_an_answer_is_kept_while_nothing_changes(app, cast, count):
    assert [kept.while_unchanged("question", count) for _turn in range(3)] == [1, 1, 1]
    assert kept.while_unchanged("another question", count) == 2


def test_what_is_looked_at_changes_nothing(app, cast, count):
    kept.while_unchanged("question", count)
    journal.write([journal.entry(Act.OPENED, entity="Family"), journal.entry(Act.SIGNED_IN, entity="User")])
    assert kept.while_unchanged("question", count) == 1


def test_a_change_is_counted(app, cast, count):
    kept.while_unchanged("question", count)
    factories.family(cast.north)
    db.session.flush()
    assert kept.while_unchanged("question", count) == 2


def test_answers_of_different_times_ask_once_in_a_transaction_what_has_changed(app, cast, count):
    def asked() -> list[int]:
        db.session.rollback()  # a page of its own
        with counting() as sent:
            found = [kept.while_unchanged(question, count) for question in ("first", "second", "third")]
        statements.append(len(sent))
        return found

    statements: list[int] = []
    for question, place in (("first", cast.north), ("second", cast.south)):
        kept.while_unchanged(question, count)
        factories.family(place)
        db.session.commit()
    assert asked() == [3, 4, 5]
    assert asked() == [3, 4, 5]
    kept.answers.popitem(last=False)
    assert asked()[1:] == [4, 5]
    assert statements[1:] == [1, 1]


def test_other_rows_and_another_day_have_an_answer_of_their_own(app, cast, count):
    one = access.Scope(today=clock.today(), territories=frozenset({cast.north.id}))
    for number, scope in enumerate((
        one, replace(one, territories=frozenset({cast.south.id})), replace(one, today=one.today + timedelta(days=1)),
        replace(one, special=True),
    ), start=1):  # fmt: skip
        with access.acting_as(scope):
            assert kept.while_unchanged("question", count) == number
    with access.acting_as(replace(one, user_id=5, user_name="Другая", address="10.0.0.1")):
        assert kept.while_unchanged("question", count) == 1, "the same rows, whoever looks at them"


def test_an_old_answer_is_counted_anew(app, cast, count, monkeypatch):
    kept.while_unchanged("question", count)
    later = clock.now() + kept.LONGEST_KEPT
    monkeypatch.setattr(clock, "now", lambda: later)
    assert kept.while_unchanged("question", count) == 2


def test_the_longest_unused_is_given_up(app, cast, count, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    for question in ("first", "second", "first", "third"):
        kept.while_unchanged(question, count)
    assert kept.while_unchanged("first", count) == 1
    assert kept.while_unchanged("second", count) == 4
