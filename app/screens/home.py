"""The first page: what matters today, by role."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import current_app, redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, filters, journal
from app.domain.periods import Period, last_finished_quarter
from app.domain.terms import Act, Role
from app.extensions import appbuilder, db
from app.models import Family, Member, Registration
from app.readings import bank_today, clocks, given, grants, inquiries, kept, listings, overview, signals
from app.reports import quarterly, quarterly_checks
from app.reports.places import ReportPlaces
from app.screens.new_family import may_enter
from app.services import papers

SHOWN_GRANTS = 5
SHOWN_FAMILIES = 10
COUNTED_AT_ONCE = 2_000  # families; what needs attention among more of them is counted after the page is shown
LISTS = {listings.FAMILIES: "FamilyRegistry.list", listings.MEMBERS: "MemberRegistry.list",
         listings.CHILDREN: "MemberRegistry.list"}  # fmt: skip


class Home(IndexView):
    """Counts that matter to the person, each with the list behind it."""

    @expose("/")
    def index(self) -> str | Response:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        roles = self.appbuilder.sm.roles_of_code(current_user)
        today = clock.today()
        number = given.families_up_to(COUNTED_AT_ONCE + 1)
        has_families = number > 0
        served = listings.served(roles) if has_families else []
        values: dict[str, Any] = {
            "today": today, "roles": roles, "Role": Role, "address": _address, "opens": _opens,
            "lacking": given.lacking(roles) if has_families else given.nothing(roles), "may_enter": may_enter(),
        }  # fmt: skip
        if served:
            form = _form(today) if Role.COORDINATOR in roles else None
            checks = Checks([listing for listing in served if listing.warns], form, today)
            plain = [listing for listing in served if not listing.warns]
            values.update(plain=plain, counts=_counts(plain, today), checks=checks)
            if number <= COUNTED_AT_ONCE or filters.Address("/").typed("checks") or checks.are_known():
                values["checked"] = checks.counted()
        if self.appbuilder.sm.has_access("can_download", "Papers"):
            values["lost"] = _lost()
        if Role.COMMISSION in roles or Role.SPECIALIST in roles:
            values["own"] = _assigned()
            values["minors"] = overview.minors
            journal.read(Act.LISTED, entity="Family", records=len(values["own"]), summary="Первая страница")
        if Role.SPECIALIST in roles and (asked := inquiries.of_mine(today)) is not None:
            values["asked"] = asked
            journal.read(Act.LISTED, entity="AgencyInquiry", records=len(asked.first), summary="Первая страница")
        if Role.COORDINATOR in roles:
            values.update(
                inquiries=inquiries.of_kept(today),
                waiting=signals.waiting(),
                coming=clocks.coming(today),
                imports=bank_today.last_imports(),
                grants=grants.recent(),
                shown_grants=SHOWN_GRANTS,
                may_begin=bool(access.scope().kept) and not has_families,
            )
        if Role.REGION in roles:
            values["districts"] = kept.while_unchanged(("districts", today), lambda: listings.by_district(today))
        if Role.ADMINISTRATOR in roles:
            values["accounts"] = bank_today.accounts_today()
        if Role.AUDITOR in roles:
            values.update(acts=bank_today.acts_of(today), most_acts=bank_today.MOST_ACTS)
        return str(self.render_template("home.html", **values))


def _counts(served: list[listings.HomeList], today: date) -> dict[str, int]:
    names = tuple(listing.name for listing in served)
    return kept.while_unchanged(("lists", names, today), lambda: listings.counts(served, today))


@dataclass(frozen=True)
class NextForm:
    """The quarterly form that is handed in next."""

    period: Period
    address: str


@dataclass(frozen=True)
class Checked:
    """How many rows of each list need attention, and what the form would say is missing: each with where it is seen."""

    counts: dict[str, int]
    lacks: list[tuple[quarterly_checks.Lack, str]]


@dataclass(frozen=True)
class Checks:
    """What is looked through for a person to mend: the lists that warn, and the form if the person makes it.

    The form is counted of nearly every row of the bank, and so are the lists; so they are counted together.
    """

    lists: list[listings.HomeList]
    form: NextForm | None
    today: date

    @property
    def _question(self) -> Hashable:
        return "checks", tuple(listing.name for listing in self.lists), self.form and self.form.period, self.today

    def are_known(self) -> bool:
        """Whether they were counted and nothing was changed since."""
        return not (self.lists or self.form) or kept.is_known(self._question)

    def counted(self) -> Checked:
        counts, lacks = kept.while_unchanged(self._question, self._count)
        return Checked(counts, [(lack, _address_of(lack, self.form.period)) for lack in lacks] if self.form else [])

    def _count(self) -> tuple[dict[str, int], list[quarterly_checks.Lack]]:
        lacks = quarterly_checks.lacks(self.form.period, ReportPlaces(quarterly.REPORT.sources)) if self.form else []
        return listings.counts(self.lists, self.today), lacks


def _form(today: date) -> NextForm | None:
    """The form of the last finished quarter; None for who does not make it."""
    period, view = last_finished_quarter(today), quarterly.REPORT.view
    address = _address(f"{view}.show", "can_show", view, **_dates(period))
    return None if address is None else NextForm(period, address)


def _address_of(lack: quarterly_checks.Lack, period: Period) -> str:
    """The list of the rows that lack something; of numbers of children, the list where they are entered."""
    view = quarterly.REPORT.view
    if lack.figure:
        return url_for(f"{view}.behind", figure=lack.figure, territory=lack.place.id, **_dates(period))
    entered = _address("ChildPopulationRegistry.list", "can_list", "ChildPopulation")
    return entered or url_for(f"{view}.show", territory=lack.place.id, **_dates(period))


def _dates(period: Period) -> dict[str, Any]:
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}


@dataclass(frozen=True)
class Lost:
    """Papers of the person's families whose files are lost: the first few with their families, and what was seen."""

    found: papers.Look
    shown: list[tuple[papers.LostPaper, Family]]

    @property
    def more(self) -> int:
        return len(self.found.lost) - len(self.shown)


def _lost() -> Lost:
    found = papers.look()
    shown = found.lost[:SHOWN_FAMILIES]
    if shown:
        journal.read(Act.LISTED, entity="Paper", records=len(shown), summary="Первая страница: утраченные файлы")
    asked = select(Family).where(Family.id.in_([paper.family_id for paper in shown]))
    families = {family.id: family for family in db.session.scalars(asked)} if shown else {}
    return Lost(found, [(paper, families[paper.family_id]) for paper in shown])


def _address(endpoint: str, permission: str, view: str, **values: Any) -> str | None:
    """The address of a page that exists and that the person may open."""
    if endpoint not in current_app.view_functions:
        return None
    if not appbuilder().sm.has_access(permission, view):
        return None
    return url_for(endpoint, **values)


def _opens(listing: listings.HomeList) -> str:
    """The list behind a count: the one of all families or of all members, with its filters set."""
    return f"{url_for(LISTS[listing.holds])}?{urlencode(filters.asking(listing.asks(clock.today())))}".rstrip("?")


def _assigned() -> list[Family]:
    """The first of the families that are given to the person or to the body."""
    return list(
        db.session.scalars(
            select(Family)
            .where(Family.id.in_(listings.BY_NAME["assigned"].ids(clock.today())))
            .order_by(Family.sort_key, Family.id)
            .limit(SHOWN_FAMILIES)
            .options(
                joinedload(Family.territory),
                selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
                selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
            )
        )
    )
