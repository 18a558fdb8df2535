"""Each bulk statement of a load, and of taking one back, is asked for the rows it writes: no other guard stands behind.

Who acts keeps a part of what the workbook is about: the rest of it is refused, and nothing is written.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import access
from app.clock import today
from app.domain import terms
from app.domain.refusal import Refusal
from app.exchange import apply, undo
from app.exchange.workbook import AIDS, FAMILIES, MEASURES, STAGES, STAYS
from app.extensions import db
from app.models import Family, ImportBatch, Territory
from tests import factories
from tests.exchange.workbooks import Sound, load, planned

AGENCY = "Орган, ответственный за программу"


def without_bodies() -> Sound:
    """A workbook that makes no body and no territory: those are asked for on a road of their own."""
    book = Sound()
    for row in (row for sheet in (STAYS, STAGES, MEASURES, AIDS) for row in book.rows[sheet.title]):
        for name in ("Код органа", "Организация, направившая сведения", "Исполнитель", AGENCY):
            row.pop(name, None)
    return book


def of_one_family(book: Sound) -> Sound:
    """The same workbook with its first family only."""
    for title, rows in book.rows.items():
        book.rows[title] = [row for row in rows if row["№ карты"] == "00001"]
    return book


def keeper_of(*places: Territory, name: str = "anna") -> Any:
    """Act as a person who keeps these territories and nothing else."""
    user = factories.Cast.user(name)
    ids = frozenset(place.id for place in places)
    return access.acting_as(
        access.Scope(today=today(), territories=ids, kept=ids, places=ids, special=True, user_id=user.id,
                     user_name=user.get_full_name())
    )  # fmt: skip


def stored() -> list[Any]:
    table = Family.__table__
    return list(db.session.execute(select(table.c.number, table.c.territory_id, table.c.income_source,
                                          table.c.annulled_at, table.c.version).order_by(table.c.id)))  # fmt: skip


def check_refused(act: Any, match: str, *places: Territory) -> None:
    """The act of a person who keeps these territories only is refused, and leaves nothing behind."""
    before = stored()
    with keeper_of(*places):
        with pytest.raises(Refusal, match=match):
            act()
        db.session.rollback()
    assert stored() == before


def test_rows_are_not_brought_into_a_foreign_territory(app, cast):
    plan = planned(without_bodies().content())
    assert plan.district is not None
    assert not plan.new_bodies
    assert not plan.new_places
    check_refused(lambda: apply.apply(plan, today()), "не поручена", cast.far)


@pytest.mark.parametrize(
    ("header", "value", "changes"), [("Источник дохода", "иной", "updates"), ("Категории семьи", "1", "sets")]
)
def test_values_and_lists_of_a_foreign_family_are_not_changed(app, cast, header, value, changes):
    load(without_bodies().content())
    book = without_bodies()
    book.row(FAMILIES.title)[header] = value
    plan = planned(book.content())
    assert [name for name in ("updates", "sets") if getattr(plan, name)] == [changes]
    check_refused(lambda: apply.apply(plan, today()), ".", cast.far)


def test_a_load_about_foreign_families_is_not_taken_back(app, cast):
    batch = load(without_bodies().content())
    batch.user = cast.user("anna")
    db.session.commit()
    check_refused(lambda: undo.undo(batch, today()), "которые вам не поручены", cast.far)


def moved(cast: factories.Cast) -> ImportBatch:
    """A load that has brought a family from the north to the south."""
    load(of_one_family(without_bodies()).content())
    book = of_one_family(without_bodies())
    book.row(FAMILIES.title)["Территория"] = cast.south.name
    batch = load(book.content())
    batch.user = cast.user("anna")
    db.session.commit()
    return batch


def test_a_family_is_not_given_back_to_a_foreign_territory(app, cast):
    batch = moved(cast)
    assert db.session.scalars(select(Family.territory_id)).one() == cast.south.id
    check_refused(lambda: undo.undo(batch, today()), "не поручена", cast.south)
    undo.undo(batch, today())
    assert db.session.scalars(select(Family.territory_id)).one() == cast.north.id


def test_the_families_of_a_territory_that_goes_are_not_put_into_a_foreign_one(app, cast):
    book = of_one_family(without_bodies())
    book.row(FAMILIES.title)["Территория"] = "Восточное сельское поселение"
    batch = load(book.content())
    batch.user = cast.user("anna")
    db.session.commit()
    place = db.session.scalars(select(Territory).where(Territory.name == "Восточное сельское поселение")).one()
    assert place.kind is terms.TerritoryKind.SETTLEMENT
    check_refused(lambda: undo.undo(batch, today()), "не поручена", place)
