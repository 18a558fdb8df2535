"""The first page: what matters today, by role."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
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
from app.readings import (
    bank_today,
    doubles,
    due,
    given,
    grants,
    inquiries,
    kept,
    listings,
    meetings,
    overview,
    signals,
    transfers,
    watching,
    working_days,
)
from app.readings.clocks import DeadlinesInUse
from app.reports import quarterly, quarterly_checks
from app.reports.places import ReportPlaces
from app.screens import due_pages
from app.screens.new_family import may_enter
from app.services import backups, papers, retention

SHOWN_GRANTS = 5
SHOWN_FAMILIES = 10
SHOWN_DUE = 8  # of what is overdue, and of what is due soon
MOST_DUE = 40  # read at once
SOON = timedelta(days=7)
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
        served = listings.served(roles)
        plain = [listing for listing in served if not listing.warns]
        counts = _counts(plain, today)
        number = _number_of_families(counts)
        has_families = number > 0
        if not has_families:
            served, plain, counts = [], [], {}
        values: dict[str, Any] = {
            "today": today, "roles": roles, "Role": Role, "address": _address, "opens": _opens,
            "page_of": due_pages.address_of, "moment": clock.local(clock.now()),
            "lacking": given.lacking(roles) if has_families else given.nothing(roles), "may_enter": may_enter(),
        }  # fmt: skip
        sources = due.served(roles)
        watches = has_families and self.appbuilder.sm.has_access("can_show", "Watching")
        few = number <= COUNTED_AT_ONCE
        known = _known(sources, today, watches=watches and few) if sources or plain else None
        values |= {"watching": watching, "watched": known.watched if known else {}} if watches else {}
        values |= {"due": _shown(known, sources)} if known and sources else {}
        if served:
            form = _form(today) if Role.COORDINATOR in roles else None
            warning = [listing for listing in served if listing.warns]
            if known:
                warning = listings.by_deadlines(warning, known.deadlines.of_stays)
            checks = Checks(warning, form, today, self.appbuilder.sm.has_access("can_show", "Doubles"))
            values.update(plain=plain, counts=counts, checks=checks)
            if few or filters.Address("/").typed("checks") or checks.are_known():
                values["checked"] = checks.counted()
        if self.appbuilder.sm.has_access("can_download", "Papers"):
            values["lost"] = _lost()
        values.update(_of_own(roles, today, many=not few))
        if {Role.COORDINATOR, Role.SECRETARY} & set(roles):
            values.update(moving=transfers.waiting(), keeping=_keeping(today))
        if {Role.SECRETARY, Role.COMMISSION} & set(roles):
            values["meeting"] = meetings.coming(today)
        if Role.COORDINATOR in roles:
            values.update(
                inquiries=inquiries.of_kept(today),
                waiting=signals.waiting(signals.Receipt.of(known.deadlines)) if known else None,
                imports=bank_today.last_imports(),
                grants=grants.recent(),
                shown_grants=SHOWN_GRANTS,
                may_begin=bool(access.scope().kept) and not has_families,
            )
        values.update(_without_families(roles, today))
        return str(self.render_template("home.html", **values))


def _keeping(today: date) -> dict[str, int]:
    """How many cases may be destroyed, and how many acts wait for the second person."""

    def count() -> dict[str, int]:
        free = sum(not case.hindrance for case in retention.due_cases(today))
        return {"due": free, "acts": retention.waiting_acts()}

    return kept.while_unchanged(("to be destroyed", today), count)


def _of_own(roles: Collection[str], today: date, *, many: bool) -> dict[str, Any]:
    """What is given to a member of a commission, or to a body. many: more families than are counted at once."""
    values: dict[str, Any] = {}
    if Role.COMMISSION in roles or Role.SPECIALIST in roles:
        values.update(own=_assigned(today, many=many), minors=overview.minors)
        journal.read(Act.LISTED, entity="Family", records=len(values["own"]), summary="Первая страница")
    if Role.SPECIALIST in roles and (asked := inquiries.of_mine(today)) is not None:
        values["asked"] = asked
        journal.read(Act.LISTED, entity="AgencyInquiry", records=len(asked.first), summary="Первая страница")
    return values


def _without_families(roles: Collection[str], today: date) -> dict[str, Any]:
    """What is shown to those who see figures, accounts or acts, and no family."""
    values: dict[str, Any] = {}
    if {Role.ADMINISTRATOR, Role.COORDINATOR} & set(roles):
        values["dangers"] = backups.dangers()
    if Role.REGION in roles:
        values["districts"] = kept.while_unchanged(("districts", today), lambda: listings.by_district(today))
    if Role.ADMINISTRATOR in roles:
        values.update(accounts=bank_today.accounts_today(), transfers_of=working_days.year_to_enter(today))
    if Role.AUDITOR in roles:
        values.update(acts=bank_today.acts_of(today), most_acts=bank_today.MOST_ACTS)
    return values


@dataclass(frozen=True)
class DueToday:
    """What is due to the person: the first of what is overdue and of what is due soon, and the next reports.

    of_things: whether anything but reports may be due to the person. more: whether there are more than are shown.
    """

    of_things: bool
    late: list[due.Due]
    soon: list[due.Due]
    reports: list[due.Due]
    more: bool


@dataclass(frozen=True)
class Known:
    """What the first page shows of the rows and the day alone: what is due, and how much is to be watched."""

    deadlines: DeadlinesInUse
    things: list[due.Due]
    reports: list[due.Due]
    watched: dict[str, int]


def _counts(plain: list[listings.HomeList], today: date) -> dict[str, int]:
    """The length of each list that does not warn."""
    names = tuple(listing.name for listing in plain)
    return kept.while_unchanged(("lists", names, today), lambda: listings.counts(plain, today)) if plain else {}


def _number_of_families(counts: dict[str, int]) -> int:
    """How many families the person has, of more than are counted at once any larger number; whoever has families given
    has all of them counted already."""
    if listings.ALL in counts and not access.scope().all_statistics:
        return counts[listings.ALL]
    return given.families_up_to(COUNTED_AT_ONCE + 1)


def _known(sources: list[due.DueSource], today: date, *, watches: bool) -> Known:
    """Each part is kept by itself: a change leaves those that rest on other rows."""
    deadlines = kept.while_unchanged("deadlines", DeadlinesInUse.read)
    watched = kept.while_unchanged(("watched", today), lambda: watching.counts(today)) if watches else {}
    return Known(deadlines, *_read_due(sources, deadlines, today), watched)


def _kept(source: due.DueSource) -> due.DueSource:
    """A source whose lines are kept."""

    def lines(asked: due.DaysAsked) -> list[due.Due]:
        question = "due", source.name, asked.since, asked.until, asked.most
        return kept.while_unchanged(question, lambda: list(source.lines(asked)))

    return replace(source, lines=lines)


def _read_due(
    sources: list[due.DueSource], deadlines: DeadlinesInUse, today: date
) -> tuple[list[due.Due], list[due.Due]]:
    """What is overdue or due within a week, and the next reports of those who make them."""
    last = today + SOON
    of_things = [_kept(source) for source in sources if source.name != due.REPORTS]
    first = [list(source.lines(due.DaysAsked(None, last, deadlines, MOST_DUE))) for source in of_things]
    things = due.earliest(chain.from_iterable(first), MOST_DUE)
    if len(things) == MOST_DUE:  # so much is overdue that what is due soon stands beyond it
        asked = due.DaysAsked(today, last, deadlines, 2 * SHOWN_DUE)
        further = [source.lines(asked) if len(known) >= MOST_DUE else [one for one in known if one.due >= today]
                   for source, known in zip(of_things, first, strict=True)]  # fmt: skip
        things += due.earliest(chain.from_iterable(further), asked.most)
    reports: list[due.Due] = []
    if len(of_things) < len(sources):
        reports = kept.while_unchanged(("reports", today), lambda: due.reports.coming(today, deadlines))
    return list(dict.fromkeys(things)), reports


def _shown(known: Known, sources: list[due.DueSource]) -> DueToday:
    """What is overdue now, and what is due within a week; names are shown, so the journal is told."""
    moment = clock.local(clock.now())
    late = [one for one in known.things if one.overdue(moment)]
    soon = [one for one in known.things if not one.overdue(moment)]
    of_things = any(source.name != due.REPORTS for source in sources)
    more = len(late) > SHOWN_DUE or len(soon) > SHOWN_DUE
    shown = DueToday(of_things, late[:SHOWN_DUE], soon[:SHOWN_DUE], known.reports, more)
    if named := len(shown.late) + len(shown.soon):
        journal.read(Act.LISTED, entity="Family", records=named, summary="Первая страница: сроки")
    return shown


@dataclass(frozen=True)
class NextForm:
    """The quarterly form that is handed in next; check: where it is looked through, for whoever hands it in."""

    period: Period
    address: str
    check: str | None = None


@dataclass(frozen=True)
class Checked:
    """How many rows of each list need attention, and what the form would say is missing: each with where it is seen.

    doubles: pairs of families and people that may be one.
    """

    counts: dict[str, int]
    lacks: list[tuple[quarterly_checks.Lack, str]]
    doubles: int = 0


@dataclass(frozen=True)
class Checks:
    """What is looked through for a person to mend: the lists that warn, and the form if the person makes it.

    The form is counted of nearly every row of the bank, and so are the lists; so they are counted together.
    """

    lists: list[listings.HomeList]
    form: NextForm | None
    today: date
    doubles: bool

    @property
    def _question(self) -> Hashable:
        return "checks", tuple(listing.name for listing in self.lists), self.form and self.form.period, self.today

    def are_known(self) -> bool:
        """Whether they were counted and nothing was changed since."""
        known = not self.doubles or kept.is_known(doubles.question(self.today))
        return known and (not (self.lists or self.form) or kept.is_known(self._question))

    def counted(self) -> Checked:
        if not (self.lists or self.form):
            return Checked({}, [])
        counts, lacks = kept.while_unchanged(self._question, self._count)
        of_form = [(lack, _address_of(lack, self.form.period)) for lack in lacks] if self.form else []
        return Checked(counts, of_form, doubles.pairs(self.today).total if self.doubles else 0)

    def _count(self) -> tuple[dict[str, int], list[quarterly_checks.Lack]]:
        lacks = quarterly_checks.lacks(self.form.period, ReportPlaces(quarterly.REPORT.sources)) if self.form else []
        return listings.counts(self.lists, self.today), lacks


def _form(today: date) -> NextForm | None:
    """The form of the last finished quarter; None for who does not make it."""
    period, view = last_finished_quarter(today), quarterly.REPORT.view
    address = _address(f"{view}.show", "can_show", view, **_dates(period))
    check = _address("BeforeSending.show", "can_submit", "Submission", name=quarterly.REPORT.name, **_dates(period))
    return None if address is None else NextForm(period, address, check)


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


def _assigned(today: date, *, many: bool) -> list[Family]:
    """The first of the families that are given to the person or to the body: of many they are met in their order and
    asked one by one whose they are, few are gathered first."""
    given = Family.annulled_at.is_(None) if many else Family.id.in_(listings.BY_NAME["assigned"].ids(today))
    return list(
        db.session.scalars(
            select(Family)
            .where(given)
            .order_by(Family.sort_key, Family.id)
            .limit(SHOWN_FAMILIES)
            .options(
                joinedload(Family.territory),
                selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
                selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
            )
        )
    )
