"""A meeting while it sits: who has come, what is decided on each item, and that it is closed."""

from __future__ import annotations

from flask import abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import clock, guard, journal
from app.acts import Answer
from app.domain.terms import Act
from app.models import Agency, AgendaItem, Instruction, Meeting, MeetingAttendance
from app.readings import glances
from app.screens.family_forms import agencies_of
from app.screens.meeting_forms import AttendForm, ItemForm, WhyNotForm
from app.screens.screen import Screen
from app.services import instructions, reopening, resolutions, sitting
from app.services import meetings as acts


class SittingPage(Screen):
    """The meeting held."""

    route_base = "/"
    class_permission_name = "Meeting"
    default_view = "decide"

    @expose("/meeting/<int:pk>/open", methods=["POST"])
    @has_access
    @permission_name("hold")
    def open(self, pk: int) -> Response:
        """The sitting begins."""

        def whole() -> Answer:
            acts.open_(self._held(pk), clock.today())
            return Answer(gettext("The meeting is open: tick who has come."), url_for("SittingPage.attend", pk=pk))

        return self.pressed(whole, _page_of(pk))

    @expose("/meeting/<int:pk>/attendance", methods=["GET", "POST"])
    @has_access
    @permission_name("hold")
    def attend(self, pk: int) -> str | Response:
        """Who has come, and why others have not."""
        meeting = self._held(pk)
        form = AttendForm.of(meeting)

        def whole() -> Answer:
            quorum = acts.attend(self._held(pk), form.present, form.why_absent)
            if quorum.is_there:
                text = gettext("Present: %(present)s of %(members)s.", present=quorum.present, members=quorum.members)
                return Answer(text, _page_of(pk))
            text = gettext("No quorum: %(missing)s more have to come.", missing=quorum.missing)
            return Answer(text, _page_of(pk), category="warning")

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("meetings/attendance.html", meeting=meeting, quorum=acts.quorum(meeting), form=form)

    @expose("/item/<int:pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("hold")
    def decide(self, pk: int) -> str | Response:
        """What the meeting decides on an item; saved, the next one that waits is shown."""
        item, form = self._item(pk), ItemForm()
        form.offer(instructions.typical(item.meeting.held_on, _bodies(item)))
        if form.is_submitted():
            if "more" in request.form:
                form.add_row()
            elif form.validate() and (answer := self.done(form, lambda: self._decided(pk, form))):
                return answer
            item = self._item(pk)
        else:
            form.show(item)
            if item.decided_at is None:
                form.begin(resolutions.known(item))
        meeting = item.meeting
        journal.read(Act.OPENED, entity="AgendaItem", entity_id=pk, family_id=item.family_id,
                     summary=journal.title_of(item))  # fmt: skip
        items = list(meeting.items)
        place = next((place for place, one in enumerate(items) if one.id == pk), 0)
        return self.page(
            "meetings/item.html", item=item, meeting=meeting, form=form, place=place + 1, count=len(items),
            before=items[place - 1] if place else None, behind=items[place + 1] if place + 1 < len(items) else None,
            glance=glances.of_items([item], meeting.held_on)[pk], quorum=acts.quorum(meeting),
            left=sum(one.decided_at is None for one in items),
        )  # fmt: skip

    @expose("/item/<int:pk>/take-back", methods=["POST"])
    @has_access
    @permission_name("hold")
    def take_back(self, pk: int) -> Response:
        """What was entered is not decided yet."""

        def whole() -> Answer:
            sitting.take_back(self._item(pk))
            return Answer(gettext("The item waits for its decision again."), url_for("SittingPage.decide", pk=pk))

        return self.pressed(whole, url_for("SittingPage.decide", pk=pk))

    @expose("/meeting/<int:pk>/close", methods=["GET", "POST"])
    @has_access
    def close(self, pk: int) -> str | Response:
        """First what keeps it from being closed, then everything is carried out at once."""
        meeting, today = self._held(pk), clock.today()
        if request.method == "POST":

            def whole() -> Answer:
                sitting.close(self._held(pk), today)
                return Answer(gettext("The meeting is closed, its decisions are carried out."), _page_of(pk))

            return self.pressed(whole, url_for("SittingPage.close", pk=pk))
        return self.page("meetings/close.html", meeting=meeting, faults=sitting.faults(meeting, today),
                         quorum=acts.quorum(meeting), items=meeting.items)  # fmt: skip

    @expose("/meeting/<int:pk>/reopen", methods=["GET", "POST"])
    @has_access
    @permission_name("close")
    def reopen(self, pk: int) -> str | Response:
        """The closing is undone, as long as nothing has followed from it."""
        meeting, form = self._held(pk), WhyNotForm()

        def whole() -> Answer:
            reopening.reopen(self._held(pk), form.reason.data or "", clock.today())
            return Answer(gettext("The closing is undone: correct the decisions and close the meeting again."),
                          _page_of(pk))  # fmt: skip

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page("surveys/form.html", form=form, heading=gettext("Undo the closing"), back=_page_of(pk),
                         whose=str(meeting), menu_entry="Meetings")  # fmt: skip

    def _decided(self, pk: int, form: ItemForm) -> Answer:
        item = self._item(pk)
        form.check_not_overtaken(item)
        sitting.decide(item, resolutions.composed(item, form.decided))
        left = [one for one in item.meeting.items if one.decided_at is None]
        if not left:
            text = gettext("All items are decided: the meeting may be closed.")
            return Answer(text, url_for("SittingPage.close", pk=item.meeting_id))
        following = next((one for one in left if one.position > item.position), left[0])
        text = gettext("Decided. Items that wait: %(count)s.", count=len(left))
        return Answer(text, url_for("SittingPage.decide", pk=following.id))

    def _held(self, pk: int) -> Meeting:
        meeting = self.find(
            Meeting, pk, joinedload(Meeting.agency),
            selectinload(Meeting.attendance).joinedload(MeetingAttendance.employee),
            selectinload(Meeting.items).joinedload(AgendaItem.outcome),
        )  # fmt: skip
        if meeting.annulled_at is not None or not guard.may_write(meeting):
            abort(403)
        return meeting

    def _item(self, pk: int) -> AgendaItem:
        item = self.find(
            AgendaItem, pk, joinedload(AgendaItem.meeting).joinedload(Meeting.agency), joinedload(AgendaItem.outcome),
            joinedload(AgendaItem.family), joinedload(AgendaItem.removal_reason), joinedload(AgendaItem.in_charge),
            joinedload(AgendaItem.main_criterion), joinedload(AgendaItem.criteria),  # few: they come with the item
            joinedload(AgendaItem.instructions).joinedload(Instruction.agency),
        )  # fmt: skip
        if item.meeting is None or item.annulled_at is not None or not guard.may_write(item.meeting):
            abort(403)
        return item


def _bodies(item: AgendaItem) -> list[Agency]:
    """The bodies of the district that an item is about, those of its own place first."""
    place = item.family.territory_id if item.family is not None else item.meeting.territory_id
    district_id = item.family.district_id if item.family is not None else item.meeting.territory_id
    return sorted(agencies_of(district_id).values(), key=lambda body: (body.territory_id != place, body.id))


def _page_of(pk: int) -> str:
    return url_for("MeetingPage.show", pk=pk)
