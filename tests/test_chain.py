"""Whatever is done to the journal past the program is found: a change, a removal, an exchange, an end that is cut."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from app import clock, journal
from app.domain.terms import Act
from app.extensions import db
from app.journal import chain
from app.models import JournalEntry, JournalSeal

_entry, _seal = JournalEntry.__table__, JournalSeal.__table__


@pytest.fixture
def sealed(app, tmp_path):
    """Three seals of ten entries each, the second one anchored."""
    for number in range(3):
        journal.write(
            journal.entry(Act.OPENED, entity="Family", family_id=1, summary=f"{number} {n}") for n in range(10)
        )
        chain.seal()
        if number == 1:
            chain.anchor(tmp_path, clock.today())
    db.session.commit()
    assert list(chain.faults(tmp_path)) == []
    return [
        row.id
        for row in db.session.execute(select(_entry.c.id).where(_entry.c.act == Act.OPENED).order_by(_entry.c.id))
    ]


def do(*statements) -> None:
    for statement in statements:
        db.session.connection().execute(statement)
    db.session.commit()


def test_every_column_of_an_entry_counts(app, sealed, tmp_path):
    key = sealed[15]
    others = {
        "at": clock.now() + timedelta(seconds=1), "user_id": 77, "user_name": "другой", "address": "10.0.0.9",
        "act": Act.PRINTED, "entity": "Member", "entity_id": 5, "family_id": 2, "summary": "0 6",
        "changes": {"a": [1, 2]}, "records": 3, "batch_id": 4,
    }  # fmt: skip
    assert {"id", *others} == {column.name for column in _entry.columns}
    for name, value in others.items():
        db.session.connection().execute(update(_entry).where(_entry.c.id == key).values({name: value}))
        assert list(chain.faults(tmp_path)) == [f"Запись журнала {key} изменена."], name
        db.session.rollback()


def test_what_is_removed_swapped_or_cut_off_is_found(app, sealed, tmp_path):
    first, second = sealed[3], sealed[4]
    rows = {row.id: row._mapping for row in db.session.execute(select(_entry).where(_entry.c.id.in_((first, second))))}
    swapped = [update(_entry).where(_entry.c.id == to).values({**rows[source], "id": to})
               for source, to in ((first, second), (second, first))]  # fmt: skip
    harms = {
        "an entry is gone": [delete(_entry).where(_entry.c.id == first)],
        "two are swapped": swapped,
        "a seal is gone": [delete(_seal).where(_seal.c.id == 2)],
        "a seal is another": [update(_seal).where(_seal.c.id == 2).values(marks="0" * 32)],
        "its end is cut": [delete(_entry).where(_entry.c.id >= sealed[12]), delete(_seal).where(_seal.c.id > 1)],
    }  # fmt: skip
    for name, statements in harms.items():
        for statement in statements:
            db.session.connection().execute(statement)
        assert list(chain.faults(tmp_path)), name
        db.session.rollback()


def test_a_chain_that_is_made_anew_does_not_meet_its_anchor(app, sealed, tmp_path):
    do(update(_entry).where(_entry.c.id == sealed[0]).values(summary="переписано"), delete(_seal))
    chain.seal(whole=True)
    chain.seal()
    assert [fault for fault in chain.faults(tmp_path) if "Журнал не тот" in fault]


def test_an_entry_that_comes_to_light_late_is_sealed_later(app, sealed, tmp_path):
    late = journal.entry(Act.OPENED, summary="поздняя") | {"id": sealed[-1] + 2}
    do(insert(_entry).values(journal.entry(Act.OPENED, summary="ранняя") | {"id": sealed[-1] + 5}))
    chain.seal()
    do(insert(_entry).values(late))
    chain.seal()
    db.session.commit()
    assert list(chain.faults(tmp_path)) == []
    do(update(_entry).where(_entry.c.id == late["id"]).values(summary="другая"))
    assert list(chain.faults(tmp_path)) == [f"Запись журнала {late['id']} изменена."]


def test_an_entry_that_is_put_in_among_earlier_ones_is_found_before_and_after_it_is_sealed(app, sealed, tmp_path):
    do(delete(_seal), delete(_entry).where(_entry.c.id == sealed[3]),
       update(_entry).values(at=clock.now() - timedelta(days=3)), update(_entry).values(summary="давно"))  # fmt: skip
    chain.seal(whole=True)
    do(insert(_entry).values(journal.entry(Act.OPENED, summary="подложена") | {
        "id": sealed[3], "at": clock.now() - timedelta(days=3)}))  # fmt: skip
    (tmp_path / chain.ANCHORS).unlink()
    assert list(chain.faults(tmp_path)) == [f"Запись журнала {sealed[3]} вставлена задним числом."]
    chain.seal(whole=True)
    assert list(chain.faults(tmp_path)) == [f"Запись журнала {sealed[3]} вставлена задним числом."]


def test_an_end_that_is_cut_off_with_its_seals_is_found_on_the_day_itself(app, sealed, tmp_path):
    chain.anchor(tmp_path, clock.today())
    do(delete(_entry).where(_entry.c.id >= sealed[20]), delete(_seal).where(_seal.c.id == 3))
    assert [fault for fault in chain.faults(tmp_path) if "его конец отрезан" in fault]


def test_destroyed_words_are_sealed_anew(app, sealed, tmp_path):
    do(update(_entry).where(_entry.c.id == sealed[5]).values(summary="уничтожено", changes=None))
    chain.replace([sealed[5]])
    db.session.commit()
    assert list(chain.faults(tmp_path)) == []
    do(update(_entry).where(_entry.c.id == sealed[5]).values(summary="вернули"))
    assert list(chain.faults(tmp_path)) == [f"Запись журнала {sealed[5]} изменена."]


def test_a_day_has_one_anchor_the_last_of_it(app, sealed, tmp_path):
    for day in (0, 0, 1, 1):
        head = chain.anchor(tmp_path, clock.today() + timedelta(days=day))
    told = (tmp_path / chain.ANCHORS).read_text().splitlines()
    assert [line.split()[1] for line in told] == ["3", "3"]
    assert told[-1].endswith(head.hash)
