"""Meetings: their plan, the page of one, and what stands on its agenda."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, guard, journal
from app.acts import Answer
from app.domain import meetings as rules
from app.domain.refusal import Refusal
from app.domain.terms import Act, MeetingState, Sitting
from app.extensions import db
from app.forms import EntityForm
from app.models import Agency, AgendaItem, Employee, Family, Instruction, Meeting, MeetingAttendance, SignalCard
from app.readings import agenda, glances, meetings
from app.readings.working_days import production_calendar
from app.screens import overtaken
from app.screens.meeting_forms import MatterForm, PlanForm, PrepareForm, WhyNotForm, read_days
from app.screens.screen import Screen
from app.services import agenda as matters
from app.services import meetings as acts


class MeetingPage(Screen):
    """The plan of meetings, and one meeting from its preparation to its end."""

    route_base = "/"
    class_permission_name = "Meeting"
    default_view = "show"

    @expose("/meetings/plan", methods=["GET", "POST"])
    @has_access
    def plan(self) -> str | Response:
        """Put the meetings of a year into the plan of a body."""
        bodies, form = convened_bodies(), PlanForm()
        form.offer(bodies)
        year = form.year.data or rules.year_to_plan(clock.today())

        def whole() -> Answer:
            planned = acts.plan(bodies[form.agency.data], form.listed, starts_at=form.time, place=form.place.data,
                                today=clock.today())  # fmt: skip
            return Answer(gettext("Planned: %(count)s.", count=len(planned)), url_for("MeetingRegistry.list"))

        if form.is_submitted():
            if "suggest" in request.form:
                if form.suggests:
                    self._suggest(form, year)
            elif form.validate() and (answer := self.done(form, whole)):
                return answer
        else:
            form.year.data, form.weeks.data = year, "2,4"
        days_of = acts.days_of_bodies(body.id for body in bodies.values())
        planned = {body: sorted(day for day in days_of[body.id] if day.year == year) for body in bodies.values()}
        lean = {body: rules.lean_months(days, year) for body, days in planned.items()
                if body.sits_as is Sitting.COMMISSION}  # fmt: skip
        return self.page("meetings/plan.html", form=form, year=year, planned=planned, lean=lean)

    @staticmethod
    def _suggest(form: PlanForm, year: int) -> None:
        """Fill in the days of these weeks of every month of a year; a day off gives way to the next working day."""
        weeks, today = [int(week) for week in form.weeks.data.split(",")], clock.today()
        days = rules.suggested(year, int(form.weekday.data), weeks, production_calendar())
        typed = read_days(form.days.data)[0]
        form.days.raw_data = None
        form.days.data = ", ".join(
            f"{day:%d.%m.%Y}" for day in sorted({*typed, *(day for day in days if day >= today)})
        )

    @expose("/meeting/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        """A meeting with its agenda; whoever prepares it is told what else it has to consider."""
        meeting = self._meeting(pk)
        journal.read(Act.OPENED, entity="Meeting", entity_id=pk, summary=journal.title_of(meeting))
        items = self._items(meeting)
        prepares = self._prepares(meeting)
        is_open = prepares and meeting.state is not MeetingState.CLOSED
        proposed = agenda.proposals(meeting, items) if is_open else []
        members = [] if meeting.attendance else acts.members_on(meeting.agency_id, meeting.held_on)
        return self.page(
            "meetings/show.html", meeting=meeting, items=[one for one in items if one.annulled_at is None],
            off=[one for one in items if one.annulled_at is not None] if prepares else [],
            glances=glances.of_items(items, meeting.held_on),
            prepares=prepares, proposed=proposed, quorum=acts.quorum(meeting), State=MeetingState,
            looked_through=matters.LOOKED_THROUGH, members=members,
            may_open=meeting.held_on <= clock.today(), late=meetings.waits_for_closing(meeting, clock.today()),
        )  # fmt: skip

    @expose("/meeting/<int:pk>/prepare", methods=["GET", "POST"])
    @has_access
    def prepare(self, pk: int) -> str | Response:
        """Number, day, time, place, who presides."""
        meeting, form = self._prepared(pk), PrepareForm()
        people, posts = self._sitting(meeting)
        form.offer(people, posts)
        back = _page_of(pk)

        def whole() -> Answer:
            fresh = self._prepared(pk)
            overtaken.check(form, fresh)
            acts.prepare(fresh, form.prepared(people), clock.today())
            return Answer(gettext("The meeting is prepared."), back)

        if form.is_submitted():
            if form.validate() and (answer := self.done(form, whole)):
                return answer
        else:
            self._as_it_is(form, meeting, {posts[key]: key for key in reversed(people)})
        return self._form(form, gettext("Prepare the meeting"), meeting)

    @expose("/meeting/<int:pk>/call-off", methods=["GET", "POST"])
    @has_access
    @permission_name("prepare")
    def call_off(self, pk: int) -> str | Response:
        """The meeting does not take place."""
        form = WhyNotForm()

        def whole() -> Answer:
            acts.call_off(self._prepared(pk), form.reason.data or "")
            return Answer(gettext("The meeting is called off."), url_for("MeetingRegistry.list"))

        return self._asked(form, gettext("Call the meeting off"), self._prepared(pk), whole)

    # The agenda

    @expose("/meeting/<int:pk>/gather", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def gather(self, pk: int) -> Response:
        """Put on the agenda what the state of the bank brings there by itself."""

        def whole() -> Answer:
            meeting = self._prepared(pk)
            acts.hold(meeting)  # what another has put on meanwhile is not proposed
            proposed = agenda.proposals(meeting)
            added = matters.gather(meeting, proposed)
            text = gettext("Put on the agenda: %(count)s.", count=len(added)) if added else gettext("Nothing to add.")
            if left := len(matters.by_itself(proposed)) - len(added):
                said = gettext("The most urgent come first; no room for %(left)s more, they come to the next meeting.",
                               left=left)  # fmt: skip
                text = f"{text} {said}"
            return Answer(text, _page_of(pk))

        return self.pressed(whole, _page_of(pk))

    @expose("/meeting/<int:pk>/put-on", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def put_on(self, pk: int) -> Response:
        """Put the proposed matters that were ticked on the agenda."""

        def whole() -> Answer:
            meeting = self._prepared(pk)
            acts.hold(meeting)
            chosen = set(request.form.getlist("matter"))
            added = matters.put_on(meeting, [one for one in agenda.proposals(meeting) if one.key in chosen])
            if not added:
                raise Refusal(gettext("Tick what is to be put on the agenda."))
            return Answer(gettext("Put on the agenda: %(count)s.", count=len(added)), _page_of(pk))

        return self.pressed(whole, _page_of(pk))

    @expose("/meeting/<int:pk>/matter", methods=["GET", "POST"])
    @has_access
    @permission_name("prepare")
    def add(self, pk: int) -> str | Response:
        """A matter that the secretary puts on the agenda."""
        form = MatterForm()

        def whole() -> Answer:
            family, card = cast(Family | None, form.family.data), cast(SignalCard | None, form.card.data)
            title = form.title.data or _named_after(family, card)
            if not title:
                raise Refusal(gettext("Name the matter, or choose the family or the card it is about."), "title")
            item = matters.add(self._prepared(pk), title=title, why=form.why.data, family=family, card=card)
            item.invited = form.invited.data
            return Answer(gettext("Put on the agenda: %(count)s.", count=1), f"{_page_of(pk)}#item-{item.id}")

        return self._asked(form, gettext("Put a matter on the agenda"), self._prepared(pk), whole)

    @expose("/item/<int:pk>/take-off", methods=["GET", "POST"])
    @has_access
    @permission_name("prepare")
    def take_off(self, pk: int) -> str | Response:
        """Take a matter off the agenda, with the reason."""
        form, item = WhyNotForm(), self._item(pk)

        def whole() -> Answer:
            matters.take_off(self._item(pk), form.reason.data or "")
            return Answer(gettext("The matter is taken off the agenda."), _page_of(item.meeting_id))

        return self._asked(form, gettext("Take the matter off the agenda"), item.meeting, whole, about=item.title)

    @expose("/item/<int:pk>/put-back", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def put_back(self, pk: int) -> Response:
        """A matter that was taken off stands on the agenda again."""
        item = self._item(pk)

        def whole() -> Answer:
            matters.put_back(self._item(pk))
            return Answer(gettext("The matter stands on the agenda again."), f"{_page_of(item.meeting_id)}#item-{pk}")

        return self.pressed(whole, _page_of(item.meeting_id))

    @expose("/item/<int:pk>/up", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def up(self, pk: int) -> Response:
        """A matter changes places with the one before it."""
        return self._moved(pk, -1)

    @expose("/item/<int:pk>/down", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def down(self, pk: int) -> Response:
        """A matter changes places with the one behind it."""
        return self._moved(pk, 1)

    @expose("/item/<int:pk>/correct", methods=["POST"])
    @has_access
    @permission_name("prepare")
    def correct(self, pk: int) -> Response:
        """The correction of what was decided stands on the agenda of the next meeting."""
        item = self._item(pk)

        def whole() -> Answer:
            made = matters.correct(self._item(pk))
            return Answer(
                gettext("Put on the agenda: %(count)s.", count=1), f"{_page_of(made.meeting_id)}#item-{made.id}"
            )

        return self.pressed(whole, _page_of(item.meeting_id))

    # What they share

    def _moved(self, pk: int, by: int) -> Response:
        item = self._item(pk)

        def whole() -> Answer:
            matters.move(self._item(pk), by)
            return Answer("", f"{_page_of(item.meeting_id)}#item-{pk}")

        return self.pressed(whole, _page_of(item.meeting_id))

    def _meeting(self, pk: int) -> Meeting:
        return self.find(
            Meeting, pk, joinedload(Meeting.agency), joinedload(Meeting.territory), joinedload(Meeting.presiding),
            joinedload(Meeting.secretary),
            selectinload(Meeting.attendance).joinedload(MeetingAttendance.employee).joinedload(Employee.agency),
        )  # fmt: skip

    def _items(self, meeting: Meeting) -> list[AgendaItem]:
        """The items that the person sees, in order, with what their lines show; those that were taken off last."""
        asked = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id)
        asked = asked.order_by(AgendaItem.position, AgendaItem.id).options(joinedload(AgendaItem.outcome))
        if meeting.opened_at is not None:  # nothing is ordered before
            asked = asked.options(selectinload(AgendaItem.instructions).joinedload(Instruction.agency))
        return list(db.session.scalars(asked))

    def _prepares(self, meeting: Meeting) -> bool:
        """Whether the person prepares the meeting, and it takes place."""
        return meeting.annulled_at is None and self._may_prepare(meeting)

    def _may_prepare(self, meeting: Meeting) -> bool:
        return bool(self.appbuilder.sm.has_access("can_prepare", "Meeting")) and guard.may_write(meeting)

    def _prepared(self, pk: int) -> Meeting:
        """A meeting that the person prepares; one that was called off meanwhile is refused by the act with words."""
        meeting = self._meeting(pk)
        if not self._may_prepare(meeting):
            abort(403)
        return meeting

    def _item(self, pk: int) -> AgendaItem:
        item = self.find(AgendaItem, pk, joinedload(AgendaItem.meeting))
        if item.meeting is None or not self._may_prepare(item.meeting):
            abort(403)
        return item

    @staticmethod
    def _sitting(meeting: Meeting) -> tuple[dict[str, Employee], dict[str, str]]:
        rows = acts.members_on(meeting.agency_id, meeting.held_on)
        people = {str(row.employee_id): row.employee for row in rows}
        for person in filter(None, (meeting.presiding, meeting.secretary)):
            people.setdefault(str(person.id), person)
        posts = {str(row.employee_id): str(row.post) for row in rows}
        return people, {key: posts.get(key, gettext("not a member on this day")) for key in people}

    @staticmethod
    def _as_it_is(form: PrepareForm, meeting: Meeting, of_post: dict[str, str]) -> None:
        """What is known of a meeting; of a fresh one, what is usual."""
        form.version.data = str(meeting.version)
        form.number.data = meeting.number or acts.next_number(meeting.agency_id, meeting.held_on.year)
        form.held_on.data, form.place.data, form.extended.data = meeting.held_on, meeting.place, meeting.extended
        form.starts_at.data = rules.time_of(meeting.starts_at)
        form.others_present.data = meeting.others_present
        chair, secretary = of_post.get(str(rules.ALONE[0])), of_post.get(str(rules.ALONE[1]))
        form.presiding.data = str(meeting.presiding_id) if meeting.presiding_id else chair or ""
        form.secretary.data = str(meeting.secretary_id) if meeting.secretary_id else secretary or ""

    def _asked(self, form: EntityForm, heading: str, meeting: Meeting, whole: Callable[[], Answer], *,
               about: str = "") -> str | Response:  # fmt: skip
        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self._form(form, heading, meeting, about)

    def _form(self, form: EntityForm, heading: str, meeting: Meeting, about: str = "") -> str:
        return self.page("surveys/form.html", form=form, heading=heading, back=_page_of(meeting.id), about=about,
                         whose=str(meeting), menu_entry="Meetings")  # fmt: skip


def convened_bodies() -> dict[str, Agency]:
    """The commissions and councils whose meetings the person prepares, by key as a form sends it."""
    asked = select(Agency).where(
        Agency.sits_as.is_not(None), Agency.closed.is_(False), Agency.territory_id.in_(access.scope().convened)
    )
    return {str(row.id): row for row in db.session.scalars(asked.order_by(Agency.name_key))}


def _page_of(pk: int) -> str:
    return url_for("MeetingPage.show", pk=pk)


def _named_after(family: Family | None, card: SignalCard | None) -> str:
    if family is not None:
        return agenda.of_family(family.name, family.own_plural)
    return agenda.of_family(card.full_name) if card is not None else ""
