"""What is dear to count is counted anew after a change of what it rests on, and never given to another's rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import access, clock, journal
from app.domain.terms import Act
from app.extensions import db
from app.models import AidKind, Family
from app.readings import doubles, due, given, kept, listings
from app.screens import home
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


def test_a_change_leaves_what_rests_on_other_rows(app, cast, count):
    of = factories.family(cast.north)
    kind = db.session.scalars(select(AidKind)).first()

    def families_there() -> int:
        db.session.connection().scalar(select(func.max(Family.name)))
        return count()

    def asked() -> int:
        return kept.while_unchanged("outer", lambda: kept.while_unchanged("inner", families_there))

    def nobody_is_called() -> int:
        return kept.while_unchanged("places", lambda: db.session.connection().scalar(select(func.max(Family.id))))

    db.session.flush()
    assert asked() == 1
    assert nobody_is_called() == of.id
    factories.member(of)
    db.session.flush()
    assert asked() == 2, "a family is called by its people"
    assert kept.is_known("places"), "they say no more of it"
    order = factories.decision(of, clock.today())
    db.session.flush()
    assert [asked(), asked()] == [2, 2], "a decision is no row of what was counted"
    order.number = "77"
    db.session.flush()
    assert asked() == 2
    for number, change in enumerate((
        lambda: factories.member(of), lambda: setattr(of, "additional", "другое"),
        lambda: setattr(kind, "name", "Иное"),
        lambda: journal.write([journal.entry(Act.MOVED, entity="Decision")]),
    ), start=3):  # fmt: skip
        change()
        db.session.commit()
        assert asked() == number


@pytest.mark.one_database("what is kept is decided by the program, not by the database")
def test_whatever_is_written_the_first_page_is_that_which_is_counted_anew(app, cast):
    body = factories.agency("Школа", "5.3", cast.north)
    person = factories.employee(body, None, last_name="Лугина", first_name="Анна")
    rows = factories.one_of_each(cast.north, "00101", body, person)
    db.session.commit()
    day = clock.today()
    scopes = (
        access.Scope(today=day, territories=frozenset({cast.north.id}), kept=frozenset({cast.north.id})),
        access.Scope(today=day, agency=body.id, employee=person.id),
        access.Scope(today=day, assigned_to=person.id),
    )
    plain = [one for one in listings.LISTINGS if not one.warns]

    def answers() -> list[object]:
        db.session.rollback()  # a page of its own
        found: list[object] = []
        for scope in scopes:
            with access.acting_as(scope):
                known = home._known(list(due.SOURCES), day, watches=True)
                found += [home._counts(plain, day), known.things, known.reports, known.watched, home._keeping(day)]
                found += [given.families_up_to(9), doubles.pairs(day)]
        return found

    answers()
    left = 0
    for row in reversed(rows.values()):
        if type(row).__name__ not in kept._tables_of_rows() or not hasattr(row, "annulled_at"):
            continue
        known = {key: answer.since for key, answer in kept.answers.items()}
        row.annulled_at = clock.now()
        db.session.commit()
        found = answers()
        left += sum(answer.since == known.get(key) for key, answer in kept.answers.items())
        kept.answers.clear()
        assert found == answers(), type(row).__name__
    assert left
