"""A text is found and sorted whatever the case of its letters, in every list and on both databases alike."""

from __future__ import annotations

from datetime import date
from typing import Any

import lxml.html
from sqlalchemy import Enum, String, update
from sqlalchemy.orm import RelationshipProperty, class_mapper

from app import views
from app.domain import names
from app.extensions import db
from tests import factories

VIEWS = [view for view, *_rest in [*views.BANK, *views.PLACES]] + views.DICTIONARIES
KEYS = {"name": ("name_key", names.key), "last_name": ("sort_key", names.sort_key)}  # what is stored beside a name
TEXT = "Ӏә Набережная ҖЁ"


def texts(view: Any, columns: list[str]) -> list[str]:
    """Those columns of a list that hold words as people type them."""
    attributes = class_mapper(view.entity).attrs
    return [
        name for name in columns
        if not isinstance(attributes[name], RelationshipProperty)
        and isinstance(attributes[name].columns[0].type, String)
        and not isinstance(attributes[name].columns[0].type, Enum)
    ]  # fmt: skip


def set_text(row: Any, name: str) -> str:
    """Store a text in a column, past what would be derived from it; gives as much of it as the column holds."""
    table = type(row).__table__
    text = TEXT[: table.c[name].type.length or len(TEXT)].strip()
    values = {name: text}
    key, derive = KEYS.get(name, ("", None))
    if derive and key in table.c:
        values[key] = derive(text)
    db.session.execute(update(table).where(table.c.id == row.id).values(values))
    db.session.commit()
    return text


def test_every_filter_finds_its_text_in_whatever_case(cast, sign_in):
    rows = factories.one_of_each(cast.north, "00077", cast.agency("5.1"), cast.employee("gleb"))
    anna, oleg = sign_in("anna"), sign_in("oleg")
    faults = []
    for view in VIEWS:
        of_law = view in views.DICTIONARIES
        for name in texts(view, view.search_columns):
            row = db.session.query(view.entity).first() if of_law else rows[view.entity.__name__]
            stored = set_text(row, name)
            for typed in (stored.lower(), stored.upper()):
                query = {f"_flt_0_{name}": typed}
                answer = (oleg if of_law else anna).get(f"/{view.__name__.lower()}/list/", query_string=query)
                found = lxml.html.fromstring(answer.text).xpath("//tbody/tr")
                if len(found) != 1:
                    faults.append(f"{view.__name__}, {name}: «{typed}» does not find «{stored}»")
    assert not faults, "\n".join(faults)


def test_a_list_is_sorted_without_regard_to_case(cast, sign_in):
    for name in ("яблоневая школа", "Вишнёвая школа", "абрикосовая школа"):
        factories.agency(name, "5.3", cast.north)
    db.session.commit()
    text = sign_in("anna").get("/agencyregistry/list/?_oc_AgencyRegistry=name").text
    assert text.index("абрикосовая") < text.index("Вишнёвая") < text.index("яблоневая")


def test_a_decision_is_looked_up_in_whatever_case(cast, sign_in):
    family = factories.family(cast.north, number="00001")
    factories.member(family)
    stay = factories.registration(family, date(2026, 1, 1))
    stored = set_text(stay.decision, "number")
    for typed in (stored.lower(), stored.upper()):
        assert len(sign_in("anna").get(f"/lookup/Decision?q={typed}").json["results"]) == 1
