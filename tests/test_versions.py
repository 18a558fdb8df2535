"""Two people who edit one row: the second is told, sees both values, and loses nothing of what was typed."""

from __future__ import annotations

from datetime import date
from typing import Any

import lxml.html
import pytest
from sqlalchemy import Date, String, inspect, select
from sqlalchemy.orm import RelationshipProperty, class_mapper

from app import forms
from app.extensions import db
from app.models import Aid, Criterion, Family, FamilyCategory, ImportBatch, RegistrationCriterion
from tests import factories
from tests.test_registry import VIEWS, base, form_of, rows, writer

__all__ = ["rows"]

EDITABLE = [view for view in VIEWS if "edit" not in view.exclude_route_methods]
# What is typed over one column by two people; both are values that its rules accept.
TYPED = {"days": ("10.01", "11.01"), "last_name": ("Первова", "Второва")}


def told_in(view: Any) -> tuple[str, tuple[str, str]]:
    """A column of a form that anybody may type over, and two values for it."""
    mapper = class_mapper(view.entity)
    columns = [name for name in view.form_columns if name in mapper.columns and name not in view.fixed]
    for name in ("note", "source", *columns):
        column = mapper.columns.get(name)
        if name in columns and column is not None and type(column.type) is String and name not in ("code", "days"):
            return name, TYPED.get(name, ("первое слово", "второе слово"))
    name = next(name for name in reversed(columns) if isinstance(mapper.columns[name].type, Date))
    return name, ("2026-02-02", "2026-02-03")


def text_of(html: str) -> str:
    return str(lxml.html.fromstring(html).text_content())


@pytest.mark.one_database("test_at_once.py tells the second of two on both")
@pytest.mark.parametrize("view", EDITABLE, ids=lambda view: view.__name__)
def test_the_second_of_two_is_told_and_loses_nothing(view, rows, sign_in, page):
    writes, row = sign_in(writer(view)), rows[view.entity.__name__]
    key, url = row.id, f"{base(view)}/edit/{row.id}"
    name, (one, other) = told_in(view)
    first, second = form_of(page(writes, url)), form_of(page(writes, url))
    assert writes.post(url, data=first | {name: one}).status_code == 302
    answer = writes.post(url, data=second | {name: other})
    assert answer.status_code == 200
    assert "эту запись сохранил другой человек" in answer.text
    shown = forms.parse_date(one)
    assert (f"{shown:%d.%m.%Y}" if shown else one) in text_of(answer.text), "what is stored is not shown"
    document = lxml.html.fromstring(answer.text)
    field = next(form for form in document.forms if name in form.fields).fields[name]
    assert field.strip() == other, "what was typed is lost"
    stored = getattr(db.session.get(view.entity, key), name)
    assert str(stored) == one
    assert writes.post(url, data=form_of(document)).status_code == 302, "the choice of the second is not taken"
    assert str(getattr(db.session.get(view.entity, key), name)) == other


def test_an_old_form_cannot_undo_a_change_of_a_list(rows, sign_in, page, cast):
    """Categories of a family, recipients of an aid: no column of the row itself is changed."""
    anna = sign_in("anna")
    family, aid = rows["Family"], rows["Aid"]
    category = db.session.scalars(select(FamilyCategory.id).order_by(FamilyCategory.id)).first()
    child = rows["Member"].id
    for url, entity, key, name, chosen in (
        (f"/familyregistry/edit/{family.id}", Family, family.id, "categories", [str(category)]),
        (f"/aidregistry/edit/{aid.id}", Aid, aid.id, "recipients", [str(child)]),
    ):
        first, second = form_of(page(anna, url)), form_of(page(anna, url))
        assert anna.post(url, data=first | {name: chosen}).status_code == 302
        answer = anna.post(url, data=second)
        assert answer.status_code == 200, f"{name}: the first change is overwritten"
        assert "Сейчас в банке" in answer.text
        assert [str(row.id) for row in getattr(db.session.get(entity, key), name)] == chosen


def test_every_list_of_a_row_counts_as_a_change_of_it(rows, app):
    """The kind: whatever relation a form asks is a part of the row, and its change is another version of it."""
    for view in EDITABLE:
        for name in view.form_columns:
            relation = class_mapper(view.entity).attrs[name]
            if not isinstance(relation, RelationshipProperty) or not relation.uselist:
                continue
            row = rows[view.entity.__name__]
            before, part = row.version, db.session.scalars(select(relation.mapper.class_)).first()
            listed = getattr(row, name)
            listed.remove(listed[0]) if listed else listed.append(part)
            db.session.flush()
            assert row.version > before, f"{view.entity.__name__}.{name}"
            assert inspect(row).attrs.version.history.unchanged


def test_a_further_criterion_is_another_version_of_a_stay(rows, app):
    stay = rows["Registration"]
    before, further = stay.version, db.session.scalars(select(Criterion).order_by(Criterion.id.desc())).first()
    stay.criteria_over_time.append(
        RegistrationCriterion(
            family=stay.family, position=1, criterion=further, since=stay.registered_on, decision=stay.decision
        )
    )
    db.session.flush()
    assert stay.version == before + 1
    stay.criteria_over_time[0].criterion = db.session.scalars(select(Criterion).order_by(Criterion.id)).first()
    db.session.flush()
    assert stay.version == before + 2


def test_a_further_member_is_no_other_version_of_the_family(cast, app):
    family = factories.family(cast.north)
    before = family.version
    factories.member(family)
    db.session.flush()
    assert family.version == before


def test_a_row_that_was_changed_is_not_annulled_by_an_old_page(rows, sign_in, page):
    anna, key = sign_in("anna"), rows["Aid"].id
    annul, edit = f"/aidregistry/annul/{key}", f"/aidregistry/edit/{key}"
    old = form_of(page(anna, annul))
    assert anna.post(edit, data=form_of(page(anna, edit)) | {"recipients": [str(rows["Member"].id)]}).status_code == 302
    answer = anna.post(annul, data=old | {"reason": "ошибка ввода"})
    assert answer.status_code == 200
    assert "ошибка ввода" in answer.text
    assert db.session.get(Aid, key).annulled_at is None


def test_what_two_people_edit_has_a_version():
    without = [view.entity.__name__ for view in EDITABLE if class_mapper(view.entity).version_id_col is None]
    assert without == []


def test_the_second_who_takes_a_load_back_is_told(sign_in, cast, app):
    batch = ImportBatch(user_id=cast.user("anna").id, district=cast.district, as_of=date(2026, 1, 1),
                        file_name="книга.xlsx", sha256="0" * 64, counts={})  # fmt: skip
    db.session.add(batch)
    db.session.commit()
    url = f"/exchange/undo/{batch.id}"
    first, second = sign_in("anna"), sign_in("anna")
    assert "отменена" in first.post(url, follow_redirects=True).text
    assert "уже отменена" in second.post(url, follow_redirects=True).text
