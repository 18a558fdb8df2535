"""The list of families: who is on record where, under which criterion, with whom, and who was left without aid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import clock, filters, words
from app.acts import Answer
from app.crud import RegistryView
from app.crud.listing import Listing
from app.domain.deadlines import Clock
from app.domain.refusal import Refusal
from app.domain.terms import JobKind, Moment
from app.filters import Address, Filter
from app.models import Criterion, Employee, Family
from app.readings import clocks, families
from app.readings.contact import Contact
from app.readings.families import FamilyLine
from app.screens.screen import pressed
from app.screens.work import later
from app.work import passports as pack

NOT_YET = "этот день ещё не наступил"
# The act by which the moment happens that a deadline waits for; whatever else it waits for is written in the stay.
STOPS: dict[Moment | None, tuple[str, Any]] = {
    Moment.ENTERED: ("enter", _("Note the day of entering")),
    Moment.REMOVED: ("remove", _("Remove from record")),
}


class FamilyListView(RegistryView):
    """The one list of families: every count of the first page opens it with its filters set."""

    computed = {
        "territory": _("Territory"), "children": _("Children"), "stay": _("On record"), "criterion": _("Criterion"),
        "mentor": _("Mentor"), "contact": _("Last contact"), "deadline": _("Deadline"), "due": _("Was due"),
        "late": _("Late"),
    }  # fmt: skip
    late_columns = ("number", "name", "territory", "deadline", "due", "late")  # of a list of what is overdue

    list_template = "registry/families.html"

    def row_url(self, row: Family) -> str:
        day = _past()
        if day is not None:
            return url_for("FamilyPast.on", pk=row.id, on=day.isoformat())
        return url_for("FamilyPage.show", pk=row.id)

    def may(self, act: str) -> bool:
        """Of a day that is over nothing is changed."""
        return super().may(act) and (act != "edit" or _past() is None)

    def past(self) -> date | None:
        """The day that is over on which the list is shown; None of today."""
        return _past()

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
        of_columns = partial(self._of_column, address)
        on_day, g.family_day = filters.of_day(address, "on", _("On the day"))
        if g.family_day is not None and g.family_day > clock.today():
            address.fault(_("On the day"), words.day(g.family_day), NOT_YET)
        today, past = _day(), _past()
        state = filters.of_choice(address, "state", _("State"), [
            ("on", _("On record"), lambda: families.stands(today)),
            ("removed", _("Removed"), lambda: families.is_removed(today)),
        ], "tabs")  # fmt: skip
        overdue = [("1", _("yes"), lambda: families.is_late(today, _deadlines()))]
        missing = [("members", _("members of the family"), lambda: families.without_members(today))]
        return [
            state,
            on_day,
            filters.of_text(address, "last_name", _("Last name"), families.with_surname,
                            families.each_with_surname),
            of_columns("territory"),
            filters.of_row(address, "criterion", _("Criterion"), Criterion,
                           lambda row: families.under_criterion(row.code) if past is None
                           else families.under_criterion_on(row.code, past),
                           None if past else lambda row: families.each_under_criterion(row.code)),
            of_columns("categories"),
            *self._of_mentor(address),
            filters.of_number(address, "without_aid", _("Without aid, days or more"),
                              lambda days: families.without_aid(days, today), families.LONGEST_WITHOUT),
            filters.of_number(address, "without_contact", _("Without contact, days or more"),
                              lambda days: families.without_contact(days, today), families.LONGEST_WITHOUT),
            filters.of_choice(address, "overdue", _("A deadline is overdue"), overdue),
            filters.of_days(address, "registered_on", _("Registered on"), partial(families.placed, today=today),
                            families.each_placed),
            filters.of_days(address, "removed_on", _("Removed on"), partial(families.taken_off, today=today),
                            families.each_taken_off),
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
                               lambda row: families.has_mentor(row.id, _day()))]  # fmt: skip

    def columns_of(self, listing: Listing) -> Sequence[str]:
        return self.late_columns if _asks_what_is_late(listing) else self.list_columns

    def prepare(self, rows: Sequence[Family]) -> None:
        today, deadlines = _day(), _deadlines()
        g.family_lines = families.lines(rows, today, deadlines, past=_past() is not None)
        late = [family_id for family_id, line in g.family_lines.items() if line.late]
        g.family_clocks = clocks.most_overdue(late, today, deadlines) if late else {}

    def text(self, row: Any, name: str) -> str:
        if name not in self.computed or "family_lines" not in g:  # the page of one row has its own columns alone
            return super().text(row, name)
        line = _line(row)
        if name == "contact":
            return _since(line.contact, is_short=row.id in g.family_clocks)
        if name in ("deadline", "due", "late"):
            return self._of_clock(row, name)
        return str(getattr(line, name))

    @staticmethod
    def _of_clock(row: Family, name: str) -> str:
        if row.id not in g.family_clocks:
            return ""
        running = g.family_clocks[row.id][1]
        said = {"deadline": running.title, "due": words.day(running.due), "late": _days_late(running)}
        return said[name]

    def warning(self, row: Family, listing: Listing) -> str:
        found = g.family_clocks.get(row.id)
        is_said = found is None or _asks_what_is_late(listing)
        return "" if is_said else gettext("overdue: %(days)s", days=_days_late(found[1]))

    def acts_of(self, row: Family, listing: Listing) -> Sequence[tuple[Any, str]]:
        """In a list of what is overdue, that which stops its clock."""
        if row.id not in g.family_clocks or not _asks_what_is_late(listing):
            return ()
        stay, running = g.family_clocks[row.id]
        act, text = STOPS.get(running.stops, ("correct", _("Correct the registration")))
        if not self.appbuilder.sm.has_access(f"can_{act}", "FamilyPage"):
            return ()
        key = {} if act == "remove" else {"key": stay.id}
        return ((text, url_for(f"FamilyActs.{act}", pk=row.id, **key)),)


def _past() -> date | None:
    """The day that is over on which the address of this request shows the list."""
    day: date | None = g.get("family_day")
    return day if day is not None and day < clock.today() else None


def _day() -> date:
    """The day on which the list is shown."""
    return _past() or clock.today()


def _deadlines() -> Sequence[Any]:
    """The deadlines of families, read once for a page."""
    if "family_deadlines" not in g:
        g.family_deadlines = clocks.between_known()
    found: Sequence[Any] = g.family_deadlines
    return found


def _asks_what_is_late(listing: Listing) -> bool:
    return any(one.name == "overdue" and one.value for one in listing.filters)


def _days_late(running: Clock) -> str:
    return f"{-running.days_left(clock.today())} дн."


def _since(contact: Contact | None, *, is_short: bool) -> str:
    """How long ago the last contact was, and what it was; a warning in the same cell leaves room for the days alone."""
    if contact is None:
        return gettext("no contact yet")
    days = gettext("%(days)s days", days=(_day() - contact.day).days)
    return days if is_short else f"{days}, {contact.what}"


def _line(row: Family) -> FamilyLine:
    found: FamilyLine = g.family_lines[row.id]
    return found
