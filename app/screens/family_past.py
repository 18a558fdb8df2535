"""The page of a family as it was on a past day: nothing is done from it."""

from __future__ import annotations

from datetime import date

from flask import url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app import clock, journal, known, words
from app.domain.periods import month
from app.domain.terms import Act
from app.filters import Address
from app.readings import past
from app.screens.family import FamilyScreen

NOT_YET = "этот день ещё не прошёл: откройте саму семью"


class FamilyPast(FamilyScreen):
    """One family at the end of a day that is over."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "on"

    @expose("/<int:pk>/on")
    @has_access
    @permission_name("show")
    def on(self, pk: int) -> str:
        """Who lived in it then, why it stood on record, what had been done; of no day: the end of the last month."""
        family = self.family(pk)
        address = Address(url_for("FamilyPast.on", pk=pk))
        day = address.day("on", _("On the day"))
        if day is not None and day >= clock.today():
            address.fault(_("On the day"), words.day(day), NOT_YET)
        address.check()
        day = day or _last_month(clock.today())
        seen = past.of(family, day, known.end_of(day))
        said = f"{family.title}, на {words.day(day)}"
        journal.read(Act.OPENED, entity="Family", entity_id=family.id, family_id=family.id, summary=said)
        return self.page("family/past.html", family=family, seen=seen, day=day)


def _last_month(today: date) -> date:
    return month(today.year, today.month).eve
