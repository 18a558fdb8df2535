"""The journal on the screen: who did what, from where; the auditor reads all of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import func, select

from app import access, clock, journal, models
from app.domain import terms
from app.extensions import db
from app.models import Family, JournalEntry
from app.readings import history
from app.screens.screen import Screen

PAGE_SIZE = 50
LAST_PAGE = 20_000
# What stands in `JournalEntry.entity` besides the names of entities.
OTHER_NAMES = {"User": "Пользователь", "Role": "Роль", "Report": "Отчёт"}

_family = Family.__table__


class JournalScreen(Screen):
    """Entries by person, act, day, family. Rows are the scope's: an administrator sees none about families."""

    route_base = "/journal"
    default_view = "list"
    class_permission_name = "Journal"

    @expose("/")
    @has_access
    def list(self) -> str:
        """The latest first, fifty to a page."""
        asked = _asked()
        all_families = access.scope().all_journal
        query = _filtered(asked, with_families=all_families)
        count = db.session.scalar(query.with_only_columns(func.count(JournalEntry.id)).order_by(None)) or 0
        page = min(_number(request.args.get("page", "")), LAST_PAGE)
        rows = db.session.scalars(
            query.order_by(JournalEntry.id.desc()).limit(PAGE_SIZE).offset(page * PAGE_SIZE)
        ).all()
        journal.read(terms.Act.LISTED, entity="JournalEntry", summary=_described(asked), records=len(rows))
        return self.page(
            "journal/list.html", rows=rows, count=count, page=page, size=PAGE_SIZE, asked=asked, acts=list_of_acts(),
            numbers=_numbers(rows) if all_families else {}, by_family=all_families, what=_what, said=_said,
            link=lambda page: "?" + _query(asked, page),
        )  # fmt: skip


def list_of_acts() -> list[terms.Act]:
    """Every act, for the filter."""
    return list(terms.Act)


def _asked() -> dict[str, str]:
    """What the filters say; anything that is no answer is no filter."""
    args = request.args
    act = args.get("act", "")
    return {
        "person": args.get("person", "").replace("\0", "").strip()[:100],
        "act": act if terms.Act.of(act) else "",
        "since": _day_text(args.get("since", "")),
        "until": _day_text(args.get("until", "")),
        "family": args.get("family", "").replace("\0", "").strip()[:20],
    }


def _filtered(asked: dict[str, str], *, with_families: bool) -> Any:
    query = select(JournalEntry)
    if asked["person"]:
        query = query.where(JournalEntry.user_id.in_(_people_like(asked["person"])))
    if asked["act"]:
        query = query.where(JournalEntry.act == terms.Act.of(asked["act"]))
    if asked["since"]:
        query = query.where(JournalEntry.at >= _beginning(date.fromisoformat(asked["since"])))
    if asked["until"]:
        query = query.where(JournalEntry.at < _beginning(date.fromisoformat(asked["until"]) + timedelta(days=1)))
    if asked["family"] and with_families:
        # The auditor sees no families, only that something was done about the one with this number.
        ids = db.session.scalars(select(_family.c.id).where(_family.c.number == asked["family"])).all()
        query = query.where(JournalEntry.family_id.in_(ids))
    return query


def _people_like(text: str) -> list[int]:
    """Users whose name or sign-in has these letters. There are few users, so Python may compare Cyrillic."""
    wanted = text.casefold().replace("ё", "е")
    user = models.User.__table__
    rows = db.session.execute(select(user.c.id, user.c.username, user.c.first_name, user.c.last_name))
    return [
        row.id
        for row in rows
        if wanted in f"{row.last_name} {row.first_name} {row.last_name} {row.username}".casefold().replace("ё", "е")
    ]


def _numbers(rows: Any) -> dict[int, str]:
    ids = {row.family_id for row in rows if row.family_id is not None}
    found = db.session.execute(select(_family.c.id, _family.c.number).where(_family.c.id.in_(ids)))
    return dict(found.all()) if ids else {}


def _what(name: str) -> str:
    """The kind of a record by the name of its entity."""
    title = getattr(getattr(models, name, None), "TITLE", None)
    return str(title) if title is not None else OTHER_NAMES.get(name, name)


def _said(row: JournalEntry) -> list[tuple[str, str, str]]:
    """«was → is» by the columns' titles."""
    return [(change.label, change.was or "—", change.now_is or "—") for change in history.changes(row)]


def _described(asked: dict[str, str]) -> str:
    return "Журнал: " + (", ".join(f"{name} {text}" for name, text in asked.items() if text) or "без условий")


def _query(asked: dict[str, str], page: int) -> str:
    from urllib.parse import urlencode

    return urlencode({name: text for name, text in (*asked.items(), ("page", str(page))) if text})


def _day_text(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if 1990 <= day.year <= 2100 else ""


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.zone()).astimezone(UTC)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
