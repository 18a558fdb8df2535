"""What a form takes survives the workbook: out and in again nothing changes, and an empty bank gets the same."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import zip_longest

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app import forms
from app.domain import names
from app.domain.terms import HolidayActivity, Sex
from app.exchange.workbook import DISTRICT, FACTS
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Decision,
    Education,
    Family,
    IdentityDocument,
    Member,
    Registration,
    Supervision,
)
from tests import factories
from tests.exchange.test_export import check_nothing_changes, written
from tests.exchange.workbooks import load
from tests.states import kept

pytestmark = pytest.mark.one_database(
    "what a form takes is decided in Python; test_every_value.py stores each column on both"
)

# The fields of a form that go into the workbook, entity by entity.
FIELDS = {
    Family: ("stated_size", "income_per_member", "income_source", "registered_address", "actual_address", "additional"),
    Member: ("last_name", "first_name", "middle_name", "workplace"),
    IdentityDocument: ("series", "number"),
    Education: ("organisation", "grade"),
    Decision: ("number",),
    Registration: ("note",),
    Aid: ("description", "amount"),
    Agency: ("name",),
}
AWKWARD = [
    "2", "-", "нет", "0", "00012", "=1+1", "+7", "@кто", "-5", '"кавычки" «ёлочки»', "№ 7; 8", "строка\nвторая",
    "  края  и\u00a0середина ", "Гөлия Җәмилә", "Tетерин", "x_x000D_y", "#REF!", "ИТОГО", "1.10", "01.02.2020", "да",
    "TRUE", "1e5", "<b>&amp;</b>", "а" * 4000, "я" * 300, "ж" * 60, "10", "999999999999,99", "0,00", "О'Нил-Кызы",
    "Анна (Аня)",
]  # fmt: skip
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


def taken(entity, name: str, typed: str):
    """What the form of an entity makes of a typed text; a refusal is told by raising."""
    form = forms.form_for(entity, (name,), {}, {})(formdata=MultiDict({name: typed}), meta={"csrf": False})
    form.validate()
    if form._fields[name].errors:
        raise ValueError(form._fields[name].errors)
    return form._fields[name].data


@kept
def families(cast) -> dict[str, Family]:
    """For each awkward text a family with something in every table, and with people and papers of its own."""
    sender = factories.agency("Школа", "5.3", cast.district)
    return {f"{place}": enter(place, cast.north, sender) for place in range(len(AWKWARD))}


def enter(place: int, north, sender) -> Family:
    letter = LETTERS[place]
    family = factories.family(north, f"{place:05}", income_source="пенсия")
    person = factories.member(family, "сын", date(2015, 6, 1 + place % 28), f"Осинин{letter}", f"Ян{letter}", "Ильич",
                              sex=Sex.MALE, workplace="совхоз")  # fmt: skip
    stay = factories.registration(family, date(2024, 2, 1), sender=sender, note="иначе")
    stay.decision.number = "6/13"
    factories.education(person, date(2026, 7, 1), organisation="Школа", grade="4")
    factories.aid(family, date(2026, 5, 5), "2.1", recipients=[person], performer=sender, description="продукты",
                  amount=Decimal(10))  # fmt: skip
    factories.support(person, 2026, 3, free_meals=False, leisure=True, holidays=HolidayActivity.CLUBS)
    kind = db.session.scalars(select(type_of(IdentityDocument)).limit(1)).one()
    db.session.add(IdentityDocument(member=person, family=family, kind=kind, issued_on=date(2015, 7, 1),
                                    series="II-АН", number=f"05612{place}"))  # fmt: skip
    where = db.session.scalars(select(type_of(Supervision)).limit(1)).one()
    db.session.add(Supervision(member=person, family=family, kind=where, started_on=date(2026, 1, 1)))
    return family


def type_in(family: Family, district, entity, name: str, value) -> None:
    """What was typed stands in a field of a family, of its part, or of the body that is named in its parts."""
    if entity is Agency:
        known = select(Agency).where(Agency.name_key == names.key(value), Agency.territory_id == district.id)
        body = db.session.scalars(known).first() or factories.agency(value, "5.3", district)
        row_of(Registration, family).sender = row_of(Aid, family).performer = body
        return
    row = row_of(entity, family)
    setattr(row, name, value)
    if entity is Member:
        row.sort_key = names.sort_key(names.full(row.last_name, row.first_name, row.middle_name))
    factories.refresh(family)


def row_of(entity, family: Family):
    return family if entity is Family else db.session.scalars(select(entity).where(entity.family == family)).one()


def type_of(entity):
    return entity.kind.property.mapper.class_


def moved(content: bytes, district: str) -> bytes:
    """The same workbook of another, empty district."""
    book = load_workbook(BytesIO(content))
    for label, value in book[FACTS].iter_rows(max_col=2):
        if label.value == DISTRICT:
            value.value = district
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


# One field of each entity at a time.
TOGETHER = [[one for one in fields if one] for fields in zip_longest(
    *([(entity, name) for name in names] for entity, names in FIELDS.items())
)]  # fmt: skip


@pytest.mark.parametrize("fields", TOGETHER, ids=range(len(TOGETHER)))
def test_what_a_form_takes_goes_out_and_comes_in_the_same(app, cast, families, fields):
    stored = {}
    for field in fields:
        values = stored[field] = []
        for typed in AWKWARD:
            with app.test_request_context(), suppress(ValueError):  # refused at the form: it cannot be in the bank
                values.append(taken(*field, typed))
        assert len(values) >= 3, field
        for place, value in enumerate(values):
            type_in(families[f"{place}"], cast.district, *field, value)
    db.session.commit()
    before = {field: held(*field) for field in fields}
    content = written(cast.district)
    check_nothing_changes(content)
    load(moved(content, "Соседний район"))
    for field in fields:
        after = held(*field)
        for value in stored[field]:
            known = before[field][value]
            assert after[value] >= (known + 1 if field[0] is Agency else 2 * known), (field, value)


def held(entity, name: str) -> Counter:
    """How many rows hold each value."""
    return Counter(db.session.scalars(select(entity.__table__.c[name])))
