"""The page of a family: what a specialist works from all day, and its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import access, clock, guard, journal, models
from app.acts import Answer
from app.domain.terms import Act
from app.filters import Address
from app.forms import EntityForm
from app.models import Family
from app.readings import clocks, doubles, history, overview, programme_head, survey_acts, surveys, timeline
from app.screens.screen import Screen
from app.services import paper_names, papers

SHOWN_AIDS, SHOWN_EVENTS, SHOWN_PAPERS = 10, 12, 30
READS = "reads"  # the history of what was looked at, not of what was changed


# The section of the page of a family where the rows of an entity stand: after an act one is back there.
SECTIONS = {
    "Family": "facts", "Registration": "stays", "StayExtension": "stays", "Decision": "stays", "Aid": "aid",
    "Paper": "papers", "Mentor": "workers", "Assignment": "workers",
}  # fmt: skip


def section(pk: int, entity: str, member: int | None = None) -> str:
    """The address of the section of a family where the rows of an entity stand; of a member, his line."""
    place = f"member-{member}" if member else SECTIONS.get(entity, "people")
    return url_for("FamilyPage.show", pk=pk, _anchor=place)


class FamilyScreen(Screen):
    """What the page of a family and the acts on it share."""

    def family(self, pk: int) -> Family:
        """The family with its places and categories, or 404."""
        return self.find(Family, pk, *overview.options())

    def keeps(self, family: Family) -> bool:
        """Whether the family is among those the person keeps, and not merely reads."""
        return (
            family.annulled_at is None and not family.destroyed and access.scope().covers_territory(family.territory_id)
        )

    def may(self, act: str) -> bool:
        """Whether the person's roles hold a permission of the page of a family."""
        return bool(self.appbuilder.sm.has_access(f"can_{act}", "FamilyPage"))

    def may_history(self, family: Family) -> bool:
        """Whether the person reads who did what with the family: it is for those who keep it, annulled or not."""
        return self.may("history") and access.scope().covers_territory(family.territory_id)

    def acted(self, form: EntityForm, pk: int, text: str, act: Callable[[], Any],
              entity: str = "Registration") -> Response | None:  # fmt: skip
        """Do one act on the family and commit it; then the section of its page that the act was about."""

        def whole() -> Answer:
            act()
            return Answer(text, section(pk, entity))

        return self.done(form, whole)


class Links:
    """Addresses of forms and lists of the registry, left out where the person may not go or there is no such page."""

    def __init__(self, screen: FamilyScreen, family: Family) -> None:
        self._screen, self._family = screen, family
        self._keeps = screen.keeps(family)

    def act(self, name: str, **values: Any) -> str | None:
        """An act on the family: place, remove, enter, annul."""
        if not (self._keeps and self._screen.may(name)):
            return None
        return url_for(f"FamilyActs.{name}", pk=self._family.id, **values)

    @property
    def sees_documents(self) -> bool:
        """Whether the papers of the members are shown to the person: of a family that a body merely works with not."""
        scope = access.scope()
        return scope.agency is None or self._family.territory_id in scope.territories

    def executes(self, performer: int | None) -> bool:
        """Whether the person carries out a measure of a body: whoever keeps the family any, a body its own."""
        return self._keeps or (performer is not None and performer == access.scope().agency)

    def add(self, entity: str, **values: Any) -> str | None:
        """The form of a fresh row about the family or a member."""
        values.setdefault("family", self._family.id)
        address = self._registry(entity, "add", "can_add", **values)
        return address if address and (self._keeps or self._notes(entity)) else None

    def edit(self, entity: str, pk: int) -> str | None:
        """The form of a row that is there."""
        return self._registry(entity, "edit", "can_edit", pk=pk) if self._keeps else None

    def show(self, entity: str, pk: int) -> str | None:
        """The page of one row."""
        return self._registry(entity, "show", "can_show", pk=pk)

    def every(self, entity: str) -> str | None:
        """The whole list of rows of one kind about the family."""
        return self._registry(entity, "list", "can_list", _flt_0_family=self._family.id)

    def annul(self, entity: str, pk: int) -> str | None:
        """The page that asks why a row is annulled."""
        return self.act("annul", entity=entity, key=pk)

    def page(self, endpoint: str, permission: str, view: str, **values: Any) -> str | None:
        """Any other page, where it exists and the person may open it."""
        if endpoint not in current_app.view_functions or not self._screen.appbuilder.sm.has_access(permission, view):
            return None
        return url_for(endpoint, **values)

    def kept_page(self, endpoint: str, permission: str, view: str, **values: Any) -> str | None:
        """Any other act, where the person keeps the family."""
        return self.page(endpoint, permission, view, **values) if self._keeps else None

    def _notes(self, entity: str) -> bool:
        """Whether the person adds such rows about a family that others keep."""
        return self._family.annulled_at is None and guard.may_add(getattr(models, entity), self._family)

    def _registry(self, entity: str, route: str, permission: str, **values: Any) -> str | None:
        back = section(self._family.id, entity, values.get("member"))
        return self.page(f"{entity}Registry.{route}", permission, entity, next=back, **values)


class FamilyPage(FamilyScreen):
    """One family: who, where, on record since when and why, what runs out, what was done."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "show"

    @expose("/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """Everything at a glance."""
        family = self.family(pk)
        today = clock.today()
        seen = overview.of(family, today)
        events = timeline.events(seen)
        journal.read(Act.OPENED, entity="Family", entity_id=family.id, family_id=family.id, summary=family.title)
        return self.page(
            "family/show.html",
            family=family,
            seen=seen,
            today=today,
            clocks=clocks.of_family(seen.registrations),
            events=events[:SHOWN_EVENTS],
            more_events=len(events) > SHOWN_EVENTS or seen.aid_count > len(seen.aids),
            shown_aids=SHOWN_AIDS,
            links=Links(self, family),
            lost={paper.id for paper in seen.papers if papers.is_lost(paper.key, paper.size)},
            may_history=self.may_history(family),
            may_name=paper_names.may_name(family),
            surveyed=surveys.of_family(pk),
            state_of_survey=surveys.state_of,
            dynamics=survey_acts.dynamics(seen.surveys),
            programme=programme_head.of(seen),
            merged_into=doubles.merged_into(family) if family.annulled_at is not None else None,
        )

    @expose("/<int:pk>/history")
    @has_access
    def history(self, pk: int) -> str:
        """Who changed and who viewed what; for those who keep the bank."""
        family = self.family(pk)
        if not self.may_history(family):
            abort(403)
        address = Address(url_for("FamilyPage.history", pk=pk))
        reads, page = address.one_of("show", gettext("Show"), (READS,)) == READS, address.page()
        address.check()
        total = history.count(family, reads=reads)
        last = max(0, (total - 1) // history.PAGE)
        page = min(page, last)
        lines = history.of_family(family, page, reads=reads)
        journal.read(Act.OPENED, entity="JournalEntry", family_id=family.id, records=len(lines),
                     summary=f"{family.title}: история")  # fmt: skip
        return self.page(
            "family/history.html",
            family=family,
            reads=reads,
            lines=lines,
            total=total,
            page=page,
            last=last,
        )
