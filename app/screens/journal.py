"""The journal on the screen: who did what, from where; the auditor reads all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select

from app import access, clock, journal, models
from app.domain import terms
from app.extensions import db
from app.filters import Address
from app.models import Family, JournalEntry
from app.readings import history
from app.screens.screen import Screen

PAGE_SIZE = 50
# What stands in `JournalEntry.entity` besides the names of entities.
OTHER_NAMES = {"User": lazy_gettext("User"), "Role": lazy_gettext("Role"), "Report": lazy_gettext("Report")}

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
        all_families = access.scope().all_journal
        address = Address(url_for("JournalScreen.list"))
        asked, page = Conditions.read(address, with_families=all_families), address.page()
        address.check()
        query = _filtered(asked)
        count = db.session.scalar(query.with_only_columns(func.count(JournalEntry.id)).order_by(None)) or 0
        page = min(page, max(0, (count - 1) // PAGE_SIZE))
        rows = db.session.scalars(
            query.order_by(JournalEntry.id.desc()).limit(PAGE_SIZE).offset(page * PAGE_SIZE)
        ).all()
        journal.read(terms.Act.LISTED, entity="JournalEntry", summary=asked.in_words, records=len(rows))
        return self.page(
            "journal/list.html", rows=rows, count=count, page=page, size=PAGE_SIZE, asked=asked, acts=list_of_acts(),
            numbers=_numbers(rows) if all_families else {}, by_family=all_families, what=_what, said=_said,
            summary=history.summary,
            link=lambda page: url_for("JournalScreen.list", **asked.arguments, page=page),
        )  # fmt: skip


def list_of_acts() -> list[terms.Act]:
    """Every act, for the filter."""
    return list(terms.Act)


@dataclass(frozen=True)
class Conditions:
    """The conditions of the journal's page."""

    person: str
    act: terms.Act | None
    since: date | None
    until: date | None
    family: str

    @classmethod
    def read(cls, address: Address, *, with_families: bool) -> Conditions:
        """From the address; who sees no entries about families is not asked for a family."""
        acts = {act.value: act for act in terms.Act}
        since, until = address.days("since", "until", _("Day"))
        return cls(
            person=address.text("person", _("Person")),
            act=acts.get(address.one_of("act", _("Act"), acts)),
            since=since,
            until=until,
            family=address.text("family", _("Number of the family")) if with_families else "",
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The same conditions as part of an address."""
        values = {
            "person": self.person,
            "act": self.act.value if self.act else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "family": self.family,
        }
        return {name: text for name, text in values.items() if text}

    @property
    def in_words(self) -> str:
        """How the journal itself names what was shown."""
        return "Журнал: " + (", ".join(f"{name} {text}" for name, text in self.arguments.items()) or "без условий")


def _filtered(asked: Conditions) -> Any:
    query = select(JournalEntry)
    if asked.person:
        query = query.where(JournalEntry.user_id.in_(_people_like(asked.person)))
    if asked.act:
        query = query.where(JournalEntry.act == asked.act)
    if asked.since:
        query = query.where(JournalEntry.at >= _beginning(asked.since))
    if asked.until:
        query = query.where(JournalEntry.at < _beginning(asked.until + timedelta(days=1)))
    if asked.family:
        # The auditor sees no families, only that something was done about the one with this number.
        ids = db.session.scalars(select(_family.c.id).where(_family.c.number == asked.family)).all()
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
    return str(title) if title is not None else str(OTHER_NAMES.get(name, name))


def _said(row: JournalEntry) -> list[tuple[str, str, str]]:
    """«was → is» by the columns' titles."""
    return [(change.label, change.was or "—", change.now_is or "—") for change in history.changes(row)]


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.zone()).astimezone(UTC)
