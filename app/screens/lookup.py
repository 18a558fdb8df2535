"""Choices of a select over a long list, twenty at a time, as one types."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.conditions import called
from app.domain import names
from app.extensions import db
from app.filters import Address
from app.models import Agency, Decision, Employee, Family, Member, SearchWord
from app.screens.screen import Screen

ROWS = 20


class Lookup(Screen):
    """What may be chosen: rows under the person's scope, of entities whose list the person may open."""

    route_base = "/lookup"
    class_permission_name = "Lookup"

    @expose("/<entity>")
    @has_access
    def find(self, entity: str) -> Response:
        """JSON for select2: `q` what was typed, `page` from 1, `family` narrows to one family."""
        source = SOURCES.get(entity)
        if source is None or not self.appbuilder.sm.has_access("can_list", entity):
            abort(404)
        address = Address(url_for("Lookup.find", entity=entity))
        page = address.page(first=1)
        typed = address.text("q", _("Search"), any_sign=True)
        family = address.number("family", _("Family")) or 0
        query = source(typed, family)
        address.check()
        if typed and not names.key(typed):  # signs only: nothing is called so, and the box says it
            query = query.where(false())
        rows = list(db.session.scalars(query.limit(ROWS + 1).offset(ROWS * (page - 1))))
        return jsonify(
            results=[{"id": row.id, "text": _title(row, of_one_family=bool(family))} for row in rows[:ROWS]],
            pagination={"more": len(rows) > ROWS},
        )


def _title(row: Any, *, of_one_family: bool) -> str:
    if isinstance(row, Member):
        born = f", {row.born_on:%d.%m.%Y}" if row.born_on else ""
        return f"{row.full_name}{born}" + ("" if of_one_family else f" (семья № {row.family.number})")
    if isinstance(row, Employee):
        return f"{row.full_name}, {row.agency}"
    return str(row)


def _families(typed: str, _family: int) -> Select[Any]:
    query = select(Family).where(Family.annulled_at.is_(None)).order_by(Family.sort_key, Family.id)
    for word in names.folded(typed).split():
        found = select(SearchWord.family_id).where(SearchWord.word >= word, SearchWord.word < word + "\uffff")
        query = query.where(Family.id.in_(found))
    return query


def _members(typed: str, family: int) -> Select[Any]:
    """By the beginnings of surname, name and patronymic, in this order; a word may be left out."""
    query = select(Member).where(Member.annulled_at.is_(None)).order_by(Member.sort_key, Member.id)
    query = query.options(selectinload(Member.family))
    if family:
        query = query.where(Member.family_id == family)
    return query.where(called(Member.sort_key, typed)) if typed.strip() else query


def _decisions(typed: str, family: int) -> Select[Any]:
    query = select(Decision).where(Decision.annulled_at.is_(None)).order_by(Decision.decided_on.desc(), Decision.id)
    if family:
        query = query.where(Decision.family_id == family)
    begins = func.lower(Decision.number).startswith(typed.strip().lower(), autoescape=True)
    return query.where(begins) if typed.strip() else query


def _agencies(typed: str, _family: int) -> Select[Any]:
    name = _folded(Agency.name_key)
    query = select(Agency).where(Agency.closed.is_(False)).order_by(name, Agency.name_key, Agency.id)
    return query.where(*(name.contains(word, autoescape=True) for word in names.folded(typed).split()))


def _employees(typed: str, _family: int) -> Select[Any]:
    name = _folded(func.lower(Employee.last_name))
    query = select(Employee).where(Employee.dismissed.is_(False)).order_by(name, Employee.last_name, Employee.id)
    query, begins = query.options(selectinload(Employee.agency)), names.folded(typed)
    others = Employee.first_name + " " + func.coalesce(Employee.middle_name, "")
    said = name + " " + _folded(func.lower(others))
    return query.where(said.startswith(begins, autoescape=True)) if begins else query


def _folded(column: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A text in lower case as it is searched: Ә as А, Ё as Е. For short tables without a stored search key."""
    return func.translate(column, "".join(names.BASES), "".join(names.BASES.values()))


SOURCES = {
    "Family": _families,
    "Member": _members,
    "Decision": _decisions,
    "Agency": _agencies,
    "Employee": _employees,
}
