"""Declares an entity of a family that no list knows, and tells as JSON what the program makes of it.

Run as a process: `python -m tests.declare_an_entity FOLDER`; the folder takes its database.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import Date, func, select
from sqlalchemy.orm import Mapped, mapped_column

import config
from app import access, create_app, models, scopes
from tests import settings


class Visit(models.OfFamily, models.Entity):
    """Somebody called on the family."""

    __tablename__ = "visit"
    TITLE, TITLES = _("Aid"), _("Aid given")
    ADDING = _("Add an aid")
    called_on: Mapped[date] = mapped_column(Date, info=models.label(_("When")))


def declared_view() -> type[Any]:
    """The list and the form of the entity: all that its author writes for the screens."""
    from app.crud import RegistryView

    class VisitRegistry(RegistryView):
        entity = Visit
        list_columns = ["called_on", "family"]
        search_columns = ["family", "called_on"]
        form_columns = ["family", "called_on"]
        base_order = ("called_on", "desc")

    return VisitRegistry


def application(folder: Path) -> Any:
    from app import views

    config.FAB_ROLES["Координатор"].append(["^Visit$", "^can_.*$"])
    views.BANK.append((declared_view(), "Visits", "fa-home"))
    return create_app(settings.of_test(folder))


def opened(app: Any, key: int) -> dict[str, int]:
    """How the pages of the entity answer Anna."""
    from tests.conftest import PASSWORD, Person

    app.test_client_class = Person
    client = app.test_client()
    client.post("/login/", data={"username": "anna", "password": PASSWORD})
    urls = {"list": "list/", "show": f"show/{key}", "xlsx": "xlsx", "edit": f"edit/{key}", "add": "add"}
    return {name: client.get(f"/visitregistry/{url}").status_code for name, url in urls.items()}


def seen_by(name: str) -> int:
    """How many rows of the entity a person of the cast sees."""
    from app.extensions import db
    from app.services import accounts
    from tests import factories

    user = factories.Cast.user(name)
    scope = scopes.scope_of(user, accounts.roles_of_code(user.id), date(2026, 9, 30))
    with access.acting_as(scope):
        return db.session.scalars(select(func.count()).select_from(select(Visit).subquery())).one()


def told(app: Any) -> dict[str, Any]:
    from app.extensions import db
    from app.services import doubles, installation, registrations, registry
    from tests import factories
    from tests.conftest import PASSWORD

    models.Model.metadata.create_all(db.engine)
    installation.install()
    factories.make_cast(PASSWORD)
    family = factories.family(factories.Cast().north)
    visit = Visit(family=family, called_on=date(2026, 9, 1))
    registry.save(visit, date(2026, 9, 30))
    db.session.commit()
    found: dict[str, Any] = {"family": family.id, "pages": opened(app, visit.id)}
    found["seen by Anna"], found["seen by a stranger"] = seen_by("anna"), seen_by("vera")
    entries = select(models.JournalEntry).where(
        models.JournalEntry.entity == "Visit", models.JournalEntry.act == "created"
    )
    entry = db.session.scalars(entries).first()
    found["entry"] = [entry.act.value, entry.family_id] if entry is not None else None
    other = factories.family(factories.Cast().north)
    moved = Visit(family=other, called_on=date(2026, 9, 2))
    registry.save(moved, date(2026, 9, 30))
    merged = doubles.merge_families(family, other, doubles.MergeChoice({}, {}, {}), None, date(2026, 9, 30))
    found["moved by a merge"] = moved.family_id == family.id
    doubles.take_back(merged, "разные", date(2026, 9, 30))
    found["moved back"] = moved.family_id == other.id
    registrations.annul(family, reason="внесена по ошибке", today=date(2026, 9, 30))
    found["annulled with the family"] = visit.annulled_at is not None
    return found


def main(folder: Path) -> dict[str, Any]:
    from tests.places_of_entities import forgotten

    named = list(forgotten(Visit))  # before it is given its list and somebody who may open it
    app = application(folder)
    with app.app_context(), access.unrestricted():
        return {"forgotten": named, **told(app)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
