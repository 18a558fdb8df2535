"""The list of families: who is on record where, under which criterion, with whom, and who was left without aid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import clock, filters
from app.acts import Answer
from app.crud import RegistryView
from app.domain.refusal import Refusal
from app.domain.terms import JobKind
from app.filters import Address, Filter
from app.models import Criterion, Employee, Family
from app.readings import families
from app.readings.families import FamilyLine
from app.screens.screen import pressed
from app.screens.work import later
from app.work import passports as pack


class FamilyListView(RegistryView):
    """The one list of families: every count of the first page opens it with its filters set."""

    computed = {
        "territory": _("Territory"), "children": _("Children"), "stay": _("On record"), "criterion": _("Criterion"),
        "mentor": _("Mentor"), "aid": _("Without aid"),
    }  # fmt: skip

    list_template = "registry/families.html"

    def row_url(self, row: Family) -> str:
        return url_for("FamilyPage.show", pk=row.id)

    @expose("/passports", methods=["GET", "POST"])
    @has_access
    def passports(self) -> str | Response:
        """The passports of the families of this list, all pages: how many there are, then one archive of them."""
        families = [row.id for row in self._whole().rows]
        back = f"{self.url('list')}?{self.query_string()}"

        def asked() -> Answer:
            if len(families) > pack.MOST:
                raise Refusal(pack.TOO_MANY)
            return later(JobKind.PASSPORTS, pack.title(len(families)), {"families": families})

        if request.method == "POST":
            return pressed(asked, back)
        return str(self.render_template("registry/passports.html", title=pack.title(len(families)), back=back,
                                        count=len(families), most=pack.MOST))  # fmt: skip

    def filters_of(self, address: Address) -> list[Filter]:
        today, of_columns = clock.today(), partial(self._of_column, address)
        state = filters.of_choice(address, "state", _("State"), [
            ("on", _("On record"), lambda: families.stands(today)),
            ("removed", _("Removed"), lambda: families.is_removed(today)),
        ], "tabs")  # fmt: skip
        overdue = [("1", _("yes"), lambda: families.is_late(today))]
        missing = [("members", _("members of the family"), lambda: families.without_members(today))]
        return [
            state,
            filters.of_text(address, "last_name", _("Last name"), families.with_surname),
            of_columns("territory"),
            filters.of_row(address, "criterion", _("Criterion"), Criterion,
                           lambda row: families.under_criterion(row.code)),
            of_columns("categories"),
            *self._of_mentor(address),
            filters.of_number(address, "without_aid", _("Without aid, days or more"),
                              lambda days: families.without_aid(days, today), families.LONGEST_WITHOUT_AID),
            filters.of_choice(address, "overdue", _("A deadline is overdue"), overdue),
            filters.of_days(address, "registered_on", _("Registered on"), families.placed),
            filters.of_days(address, "removed_on", _("Removed on"), families.taken_off),
            of_columns("number"),
            of_columns("actual_address"),
            filters.of_choice(address, "missing", _("Not entered"), missing),
        ]  # fmt: skip

    def _of_column(self, address: Address, name: str) -> Filter:
        return filters.read(address, self.entity, name, self.label_columns[name])

    def _of_mentor(self, address: Address) -> list[Filter]:
        """Asked by whoever may look people up."""
        if not self.appbuilder.sm.has_access("can_list", "Employee"):
            return []
        return [filters.of_row(address, "mentor", _("Mentor"), Employee,
                               lambda row: families.has_mentor(row.id, clock.today()))]  # fmt: skip

    def prepare(self, rows: Sequence[Family]) -> None:
        g.family_lines = families.lines(rows, clock.today())

    def text(self, row: Any, name: str) -> str:
        if name not in self.computed or "family_lines" not in g:  # the page of one row has its own columns alone
            return super().text(row, name)
        line = _line(row)
        if name == "aid":
            days = (clock.today() - line.last_aid_on).days if line.last_aid_on else None
            return gettext("no aid yet") if days is None else gettext("%(days)s days", days=days)
        return str(getattr(line, name))

    def warning(self, row: Family) -> str:
        return gettext("overdue") if _line(row).late else ""


def _line(row: Family) -> FamilyLine:
    found: FamilyLine = g.family_lines[row.id]
    return found
