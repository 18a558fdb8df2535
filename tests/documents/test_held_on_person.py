"""What is held on a person is told whole, nobody else's beside it, with who saw it."""

from __future__ import annotations

from datetime import date

import pytest

from app import access, clock, journal
from app.documents import held_on_person
from app.domain.terms import Act
from app.extensions import db
from tests import factories

pytestmark = pytest.mark.one_database("rows are read by keys, one entity after the other")


def test_everything_on_a_person_and_nothing_of_others_is_told(cast):
    with access.unrestricted():
        rows = factories.one_of_each(cast.north, "00011", cast.agency("5.2"), cast.employee("gleb"))
        factories.member(rows["Family"], "дочь", date(2016, 6, 6), last_name="Полозова", first_name="Другая")
        later = factories.family(cast.north, number="00012")
        moved = factories.member(later, last_name="Полозов", origin_id=rows["Member"].id)
        journal.write([journal.entry(Act.OPENED, entity="Family", entity_id=later.id, family_id=later.id)])
        db.session.flush()
        shown = held_on_person.table(moved, clock.today())
        told = list(shown.rows)
    headings = {row[0] for row in told if row[0]}
    assert headings >= {"Член семьи", "Семья", "Документ, удостоверяющий личность", "Обучение, занятость",
                        "Сопровождение обучающихся", "Учёт в другом органе"}  # fmt: skip
    values = {str(row[2]) for row in told}
    assert {"I-АН", "Школа: Северное", "4 класс", "00011", "00012"} <= values
    assert "Другая" not in values
    seen = [line.lead for line in shown.sections[0].lines]
    assert any(line.startswith("№ 00012: ") and "просмотр" in line for line in seen)
