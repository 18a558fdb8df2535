"""What became of a family, told and drawn: chronology, «с прошлого раза», its people, the course of the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import AnyOf

from app import clock, journal
from app.acts import Answer
from app.documents import family_story
from app.documents.bound import MadeBy
from app.domain.story import Event
from app.domain.terms import Act
from app.filters import Address
from app.forms import REQUIRED, CleanString, EntityForm, no_longer
from app.models import Family, Member
from app.readings import brief, overview, pictures, survey_acts, timeline
from app.readings.overview import MemberToday, Overview
from app.render import course, genogram
from app.render.course import Course
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.screens.family import FamilyScreen
from app.screens.passport import NOT_PRINTED
from app.services import chronology, papers

EVENTS_OF_A_PAGE = 100


MARK, TAKE_AWAY = "mark", "take-away"


class MarkForm(EntityForm):
    """Why an event is important. wanted: what the person who opened the form meant to do, whatever was done since."""

    wanted = HiddenField(validators=[REQUIRED, AnyOf((MARK, TAKE_AWAY))])
    note = CleanString(_("Why it is important"), [no_longer(300)])


class FamilyStory(FamilyScreen):
    """Pages about one family beside its main page, each with its paper."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "timeline"

    @expose("/<int:pk>/timeline")
    @has_access
    @permission_name("show")
    def timeline(self, pk: int) -> str:
        """Everything dated, of the family or of one child, in pages."""
        seen = self._whole(pk)
        address = Address(url_for("FamilyStory.timeline", pk=pk))
        child, page, only = self._child(seen, address), address.page(), self._important(address)
        address.check()
        events = _chosen(seen, child, only=only)
        last = max(0, (len(events) - 1) // EVENTS_OF_A_PAGE)
        page = min(page, last)
        start = page * EVENTS_OF_A_PAGE
        self._opened(seen.family, "лента событий")
        return self.page(
            "family/timeline.html", family=seen.family, seen=seen, child=child, only=only,
            may_mark=self.may("mark") and self.keeps(seen.family),
            events=events[start : start + EVENTS_OF_A_PAGE], page=page, last=last,
            aids_left=seen.aid_count - len(seen.aids), may_history=self.may_history(seen.family),
            may_print=self.may("print"),
        )  # fmt: skip

    @expose("/<int:pk>/timeline.pdf")
    @has_access
    @permission_name("print")
    def timeline_paper(self, pk: int) -> Response:
        """The same as a paper for the commission."""
        seen = self._whole(pk)
        address = Address(url_for("FamilyStory.timeline", pk=pk))
        child, only = self._child(seen, address), self._important(address)
        address.check()
        about = ", ".join([*([child.member.full_name] if child else []), *(["только важное"] if only else [])])
        events = _chosen(seen, child, only=only)
        return self._printed(seen.family, family_story.CHRONOLOGY, "FamilyStory.timeline",
                             lambda made: family_story.chronology(seen.family, events, about, made))  # fmt: skip

    @expose("/<int:pk>/mark/<entity>/<int:key>", methods=["GET", "POST"])
    @has_access
    def mark(self, pk: int, entity: str, key: int) -> str | Response:
        """«Важное»: a row of the chronology is marked, with a note why, or its mark is taken away."""
        seen = self._whole(pk)
        if not self.keeps(seen.family):
            abort(403)
        event = next((one for one in timeline.events(seen) if (one.entity, one.key) == (entity, key)), None)
        if event is None:
            abort(404)
        form, back = MarkForm(), url_for("FamilyStory.timeline", pk=pk)
        marked = chronology.mark_of(seen.family, entity, key)

        if not form.is_submitted():
            form.wanted.data = MARK if marked is None else TAKE_AWAY

        def whole() -> Answer:
            if form.wanted.data == TAKE_AWAY:
                chronology.take_away(seen.family, entity, key)
                return Answer(gettext("The mark is taken away."), back)
            chronology.mark(seen.family, entity, key, form.note.data, clock.today())
            return Answer(gettext("Marked as important."), back)

        if form.is_submitted() and form.validate() and (answer := self.done(form, whole)):
            return answer
        return self.page(
            "family/mark.html",
            family=self.family(pk),
            form=form,
            event=event,
            marked=marked,
            marks=form.wanted.data != TAKE_AWAY,
        )

    @expose("/<int:pk>/since")
    @has_access
    @permission_name("show")
    def since(self, pk: int) -> str:
        """«С прошлого раза»."""
        seen = self._whole(pk)
        day = self._day(seen)
        self._opened(seen.family, "с прошлого раза")
        return self.page("family/since.html", family=seen.family, since=day, today=seen.today,
                         told=brief.of(seen, day), may_history=self.may_history(seen.family),
                         may_print=self.may("print"))  # fmt: skip

    @expose("/<int:pk>/since.pdf")
    @has_access
    @permission_name("print")
    def since_paper(self, pk: int) -> Response:
        """The same as a paper."""
        seen = self._whole(pk)
        day = self._day(seen)
        told = brief.of(seen, day)
        return self._printed(seen.family, family_story.BRIEF, "FamilyStory.since",
                             lambda made: family_story.brief(seen.family, day, seen.today, told, made))  # fmt: skip

    @expose("/<int:pk>/people")
    @has_access
    @permission_name("show")
    def people(self, pk: int) -> str:
        """The picture of the family."""
        seen = self._seen(pk)
        drawn = pictures.family(seen)
        self._opened(seen.family, "схема семьи")
        return self.page("family/people.html", family=seen.family, picture=genogram.picture(drawn), drawn=drawn,
                         may_history=self.may_history(seen.family), may_print=self.may("print"))  # fmt: skip

    @expose("/<int:pk>/people.pdf")
    @has_access
    @permission_name("print")
    def people_paper(self, pk: int) -> Response:
        """The same as a paper."""
        seen = self._seen(pk)
        return self._printed(seen.family, family_story.GENOGRAM, "FamilyStory.people",
                             lambda made: family_story.people(seen.family, pictures.family(seen), made))  # fmt: skip

    @expose("/<int:pk>/course")
    @has_access
    @permission_name("show")
    def course(self, pk: int) -> str:
        """The picture of the stay with the table behind it."""
        seen = self._whole(pk)
        drawn = self._course(seen)
        self._opened(seen.family, "ход работы")
        return self.page("family/course.html", family=seen.family, picture=course.picture(drawn),
                         rows=course.table(drawn), lanes=course.LANES,
                         may_history=self.may_history(seen.family), may_print=self.may("print"))  # fmt: skip

    @expose("/<int:pk>/course.pdf")
    @has_access
    @permission_name("print")
    def course_paper(self, pk: int) -> Response:
        """The same as a paper."""
        seen = self._whole(pk)
        drawn = self._course(seen)
        return self._printed(seen.family, family_story.COURSE, "FamilyStory.course",
                             lambda made: family_story.of_course(seen.family, drawn, made))  # fmt: skip

    def _seen(self, pk: int) -> Overview:
        return overview.of(self.family(pk), clock.today())

    def _whole(self, pk: int) -> Overview:
        return overview.of(self.family(pk), clock.today(), aids=overview.MOST_AIDS)

    @staticmethod
    def _course(seen: Overview) -> Course:
        return pictures.course(seen, survey_acts.trends(seen.surveys))

    @staticmethod
    def _child(seen: Overview, address: Address) -> MemberToday | None:
        """The member the address asks for."""
        row = address.row("member", _("Family member"), Member, [one.member for one in seen.people])
        return next((one for one in seen.people if row is not None and one.member.id == row.id), None)

    @staticmethod
    def _important(address: Address) -> bool:
        """Whether only what is marked is asked for."""
        return address.one_of("important", _("Important"), ("1",)) == "1"

    @staticmethod
    def _day(seen: Overview) -> date:
        """The day the address asks for, or the last time. Raises NotUnderstoodError."""
        address = Address(url_for("FamilyStory.since", pk=seen.family.id))
        day = address.day("day", _("Since"))
        if day is not None and day > seen.today:
            address.fault(_("Since"), f"{day:%d.%m.%Y}", "этот день ещё не наступил")
        address.check()
        return day or brief.last_time(seen)

    @staticmethod
    def _opened(family: Family, what: str) -> None:
        journal.read(Act.OPENED, entity="Family", entity_id=family.id, family_id=family.id,
                     summary=f"{family.title}: {what}")  # fmt: skip

    def _printed(self, family: Family, what: str, back: str, paper: Callable[[MadeBy], bytes]) -> Response:
        try:
            content = paper(MadeBy(current_user.get_full_name(), clock.now()))
        except PrintError:
            flash(NOT_PRINTED, "danger")
            return redirect(url_for(back, pk=family.id))
        journal.read(Act.PRINTED, entity="Family", entity_id=family.id, family_id=family.id,
                     summary=f"{what}: {family.title}", records=1)  # fmt: skip
        return self.file(content, PDF, papers.clean_name(f"{what} {family.number}", PDF))


def _chosen(seen: Overview, child: MemberToday | None, *, only: bool) -> list[Event]:
    """The events of the family, or of one child; only those that are marked."""
    events = timeline.marked(timeline.events(seen), seen.family.id)
    if child is not None:
        events = timeline.of_child(events, child)
    return [one for one in events if one.important] if only else events
