"""The journal: who reads it, what it keeps, and no data without it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app import access, clock, journal, scopes
from app.clock import now
from app.domain import terms
from app.extensions import db
from app.models import JournalEntry
from tests import factories


@pytest.fixture
def family(app, cast):
    row = factories.family(cast.north, number="00777")
    factories.member(row, last_name="Канареева")
    db.session.commit()
    return row


def test_the_auditor_reads_all_of_it(sign_in, page, family):
    text_ = page(sign_in("avgust"), "/journal/").text_content()
    assert "Канареева" in text_
    assert "00777" in text_
    assert "вход" in text_


def test_the_administrator_reads_nothing_about_families(sign_in, page, family):
    text_ = page(sign_in("oleg"), "/journal/").text_content()
    assert "Канареева" not in text_
    assert "00777" not in text_
    assert "Дубровин Олег" in text_


def test_the_administrator_finds_no_family_by_its_number(sign_in, family):
    answer = sign_in("oleg").get("/journal/?family=00777")
    assert "Канареева" not in answer.text
    assert 'name="family"' not in answer.text


@pytest.mark.parametrize("name", ["anna", "boris", "gleb", "renata"])
def test_nobody_else_opens_it(sign_in, name):
    assert sign_in(name).get("/journal/").status_code == 403


@pytest.mark.parametrize(("query", "found"), [
    ("family=00777", True), ("family=00778", False), ("act=created", True), ("act=printed", False),
    ("since=2020-01-01", True), ("since=2099-01-01", False), ("until=2020-01-01", False), ("person=осинцев", False),
])  # fmt: skip
def test_entries_are_found(sign_in, family, query, found):
    assert ("Канареева" in sign_in("avgust").get(f"/journal/?{query}").text) is found


def test_entries_are_found_by_person(sign_in, app):
    sign_in("anna")
    text_ = sign_in("avgust").get("/journal/?person=РЯБИНИНА&act=signed_in").text
    assert "Пользователь: anna" in text_
    assert "Пользователь: avgust" not in text_


def test_the_last_day_is_counted_whole(sign_in, app):
    answer = sign_in("avgust").get(f"/journal/?act=signed_in&since={clock.today()}&until={clock.today()}")
    assert "Пользователь: avgust" in answer.text


@pytest.mark.parametrize("query", [
    "page=abc", "page=-1", "page=99999999999999", "since=2026-13-45", "since=0001-01-01", "act=nosuch", "person=%00",
    "family=%00%27", "family=" + "9" * 500, "person=" + "a" * 5000, "until=9999-12-31",
])  # fmt: skip
def test_hostile_questions_are_refused_with_a_sentence(sign_in, query):
    answer = sign_in("avgust").get(f"/journal/?{query}")
    assert answer.status_code == 400
    assert "Отбор не понят" in answer.text


def test_it_is_read_in_pages(sign_in, page, app):
    journal.write([journal.entry(terms.Act.UNDONE, entity="ImportBatch", summary=f"запись {n:03}") for n in range(120)])
    db.session.commit()
    client = sign_in("avgust")
    assert len(page(client, "/journal/?act=undone").xpath("//tbody/tr")) == 50
    document = page(client, "/journal/?act=undone&page=2")
    assert document.xpath("//a[@rel='prev']")
    assert not document.xpath("//a[@rel='next']")


def test_reading_the_journal_is_in_the_journal(sign_in, app, user_named):
    sign_in("avgust").get("/journal/?person=Рябинина")
    [row] = db.session.scalars(select(JournalEntry).where(JournalEntry.entity == "JournalEntry")).all()
    assert row.act is terms.Act.LISTED
    assert row.user_id == user_named("avgust").id


def test_without_the_journal_there_is_no_data(sign_in, family, app):
    client = sign_in("avgust")
    assert "Канареева" in client.get("/journal/").text

    def broken(_rows):
        raise OSError("no place on the disk")

    kept, journal.write_apart = journal.write_apart, broken
    try:
        answer = client.get("/journal/")
    finally:
        journal.write_apart = kept
    assert answer.status_code == 503
    assert "Канареева" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<h1>" in answer.text


def test_a_lost_table_stops_reading(sign_in, family, app):
    client = sign_in("anna")
    assert client.get(f"/family/{family.id}").status_code == 200
    db.session.execute(text("ALTER TABLE journal_entry RENAME TO journal_lost"))
    db.session.commit()
    try:
        answer = client.get(f"/family/{family.id}")
        assert answer.status_code in (500, 503)
        assert "Канареева" not in answer.text
    finally:
        db.session.rollback()
        db.session.execute(text("ALTER TABLE journal_lost RENAME TO journal_entry"))
        db.session.commit()


def test_a_change_that_is_taken_back_leaves_no_entry(app, cast):
    before = len(db.session.scalars(select(JournalEntry.id)).all())
    factories.family(cast.north, number="00778")
    db.session.rollback()
    assert len(db.session.scalars(select(JournalEntry.id)).all()) == before


def test_a_change_says_was_and_is(sign_in, family, app):
    was = db.session.scalars(select(JournalEntry.id)).all()
    family.actual_address = "с. Другое, ул. Новая, д. 2"
    db.session.commit()
    [row] = db.session.scalars(select(JournalEntry).where(JournalEntry.id.not_in(was))).all()
    assert row.changes["actual_address"][1] == "с. Другое, ул. Новая, д. 2"
    assert "Новая" in sign_in("avgust").get("/journal/?family=00777&act=changed").text


def test_whoever_acts_without_a_browser_is_named_by_the_scope(app, cast, user_named):
    anna = user_named("anna")
    with access.acting_as(scopes.scope_of(anna, [terms.Role.COORDINATOR], clock.today(), address="10.1.2.3")):
        row = factories.family(cast.north, number="00779")
        db.session.commit()
    [entry] = db.session.scalars(select(JournalEntry).where(JournalEntry.family_id == row.id)).all()
    assert (entry.user_id, entry.user_name, entry.address) == (anna.id, "Рябинина Анна", "10.1.2.3")
    row.additional = "дополнено"
    db.session.commit()
    last = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1)).one()
    assert (last.user_id, last.user_name, last.address) == (None, "командная строка", None)


def test_two_people_with_the_same_rows_share_what_is_made_of_a_scope():
    anna = access.Scope(territories=frozenset([1]), user_id=1, user_name="Рябинина Анна", address="10.1.2.3")
    galina = access.Scope(territories=frozenset([1]), user_id=2, user_name="Ивова Галина")
    assert access._wall(anna) is access._wall(galina)


def test_what_is_shown_where_nobody_stores_it_is_an_error(app):
    with pytest.raises(RuntimeError):
        journal.read(terms.Act.OPENED, entity="Family")


def test_moments_are_kept_in_utc(app):
    journal.write([journal.entry(terms.Act.OPENED, entity="User")])
    at = db.session.scalars(select(JournalEntry.at).order_by(JournalEntry.id.desc()).limit(1)).one()
    assert abs(now().replace(tzinfo=None) - at.replace(tzinfo=None)) < timedelta(minutes=1)
