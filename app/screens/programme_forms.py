"""The forms of a programme: what it is, its stages, its results, and the table of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, SelectMultipleField

from app.domain.programmes import ENDS
from app.domain.terms import MeasureState
from app.forms import (
    REQUIRED,
    CleanString,
    CleanText,
    DayField,
    EntityForm,
    LookupField,
    RowField,
    TermField,
    field_of,
    key_of,
    no_longer,
    offered,
)
from app.models import (
    Agency,
    Criterion,
    DynamicsLevel,
    Employee,
    FamilyReaction,
    MeasureKind,
    MeasureSet,
    Member,
    PlannedMeasure,
    Problem,
    Programme,
    Stage,
    StageKind,
)
from app.screens.family_forms import DecisionForm
from app.screens.row_forms import RowsForm
from app.services.programmes import MOST_MEASURES, DrawnProgramme, PlanLine, Reviewed, StageTerms

LONGEST_REASON, LONGEST_TEXT = 500, 20_000
LONGEST_PROBLEM = 500
SUGGESTED = 6  # of what the words typed may mean, so many are named
ROW = "lines-__row__-"


class ProgrammeForm(EntityForm):
    """A programme: kind, term, problems, the group."""

    version = HiddenField()
    kind = field_of(Programme, "kind")
    starts_on = DayField(_("Term from"), [REQUIRED])
    ends_on = DayField(_("Term until"), [REQUIRED])
    agency = LookupField(_("Agency in charge"), entity=Agency)
    leader = LookupField(_("Leader of the working group"), entity=Employee)
    group = LookupField(_("Working group"), entity=Employee, multiple=True)
    mentor = LookupField(_("Mentor"), entity=Employee)
    picks = SelectMultipleField(
        _("Problems by the criteria and the last survey"), choices=[], validate_choice=False,
        description=_("What is chosen here is added to the problems below."),
    )  # fmt: skip
    problems = CleanText(
        _("Problems of the family"), [no_longer(LONGEST_TEXT)], description=_("Each on a line of its own."),
    )  # fmt: skip
    note = CleanText(_("Note"), [no_longer(LONGEST_TEXT)])

    def offer(self, picks: Sequence[tuple[str, Criterion | None]]) -> None:
        """What may be picked."""
        self.picks.choices = offered([(text, text) for text, _criterion in picks], blank=False)
        self._criteria = dict(picks)

    def show(self, programme: Programme, problems: Iterable[str], mentor: Employee | None) -> None:
        """A programme as it is stored."""
        for name in ("kind", "starts_on", "ends_on", "agency", "note"):
            self._fields[name].data = getattr(programme, name)
        people = [one for one in programme.group if one.ended_on is None]
        self.leader.data = next((one.employee for one in people if one.leads), None)
        self.group.data = [one.employee for one in people if not one.leads]
        self.mentor.data, self.problems.data = mentor, "\n".join(problems)
        self.version.data = str(programme.version)

    def validate(self, extra_validators: Any = None) -> bool:
        """Every problem is short enough to be a line of the card."""
        valid = bool(super().validate(extra_validators))
        if any(len(text) > LONGEST_PROBLEM for text, _criterion in self._problems):
            self.refuse(gettext("A problem is no longer than %(count)s characters.", count=LONGEST_PROBLEM), "problems")
            return False
        return valid

    @property
    def _problems(self) -> list[tuple[str, Criterion | None]]:
        typed = [line.strip() for line in (self.problems.data or "").splitlines()]
        chosen = [text for text in self.picks.data or [] if text in self._criteria]
        return [(text, self._criteria.get(text)) for text in dict.fromkeys([*filter(None, typed), *chosen])]

    @property
    def drawn(self) -> DrawnProgramme:
        """What was typed, as the service takes it."""
        agency: Any = self.agency.data
        leader: Any = self.leader.data
        mentor: Any = self.mentor.data
        return DrawnProgramme(
            kind=self.kind.data, agency=agency, starts_on=self.starts_on.given, ends_on=self.ends_on.given,
            problems=self._problems, leader=leader, group=self.group.data or [], mentor=mentor,
            note=self.note.data,
        )  # fmt: skip


class StageForm(EntityForm):
    """A stage: kind, term, tasks, and the meeting as its paper names it."""

    version = HiddenField()
    kind = RowField(_("Kind of stage"), [REQUIRED], entity=StageKind)
    sort = field_of(Stage, "sort")
    starts_on = DayField(_("Term from"), [REQUIRED])
    ends_on = DayField(_("Term until"), [REQUIRED])
    tasks = field_of(Stage, "tasks")
    meeting_number = field_of(Stage, "meeting_number")
    meeting_on = field_of(Stage, "meeting_on")
    meeting_note = field_of(Stage, "meeting_note")

    OWN = ("kind", "sort", "starts_on", "ends_on", "tasks", "meeting_number", "meeting_on", "meeting_note")

    def show(self, stage: Stage) -> None:
        for name in self.OWN:
            self._fields[name].data = getattr(stage, name)
        self.version.data = str(stage.version)

    @property
    def typed(self) -> StageTerms:
        """What was typed, as the service takes it."""
        own = {name: self._fields[name].data for name in self.OWN}
        return StageTerms(**own)


class ReviewForm(EntityForm):
    """The results of a stage."""

    version = HiddenField()
    reviewed_on = DayField(_("Results of the stage on"), [REQUIRED])
    dynamics = RowField(_("Level of dynamics"), [REQUIRED], entity=DynamicsLevel)
    reaction = RowField(_("Reaction of family"), [REQUIRED], entity=FamilyReaction)
    analysis = field_of(Stage, "analysis")
    follows = field_of(Stage, "follows")

    @property
    def reviewed(self) -> Reviewed:
        return Reviewed(
            self.reviewed_on.given, self.dynamics.data, self.reaction.data, self.analysis.data, self.follows.data
        )


class ApproveForm(DecisionForm):
    """A decision that approves, from its paper."""

    meeting_number = CleanString(_("Number of the meeting"), [no_longer(40)])
    note = CleanText(_("Note to the meeting"), [no_longer(500)])


class ExtendStageForm(DecisionForm):
    """A decision that makes a stage longer, from its paper."""

    until = DayField(_("Extended until"), [REQUIRED])
    note = CleanText(_("Note"), [no_longer(500)])


class FinishForm(EntityForm):
    """How, when and why a programme ends."""

    version = HiddenField()
    how = SelectField(
        _("How the programme ended"), [REQUIRED],
        choices=offered([(one.value, one.title_ru) for one in ENDS], blank=False),
    )  # fmt: skip
    day = DayField(_("Programme ended on"), [REQUIRED])
    reason = CleanText(_("Why the programme ended"), [REQUIRED, no_longer(LONGEST_REASON)])


class SettleForm(EntityForm):
    """What became of a measure."""

    version = HiddenField()
    state = TermField(_("State of the measure"), [REQUIRED], terms=MeasureState, blank=False)
    done_on = DayField(_("Done on"))
    reason = CleanText(_("Why it was not done"), [no_longer(LONGEST_REASON)])


# The plan


class NamedField(CleanString):
    """One of a list, by its name: the browser suggests from a `<datalist>`, and any part that means one row is enough.

    A code is text: «1.1» means 1.1, and never 1.10.
    """

    listed: Mapping[str, Any]

    def __init__(self, label: Any = None, validators: Any = None, *, suggested: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, render_kw={"list": suggested, "autocomplete": "off"}, **kwargs)
        self.row: Any = None
        self.listed = {}

    def show(self, row: Any) -> None:
        self.row = row
        self.data = next((name for name, one in self.listed.items() if one is row), str(row) if row else None)

    def find(self) -> str | None:
        """Look up what was typed; gives what is wrong with it."""
        text = (self.data or "").strip()
        self.row = None
        if not text:
            return None
        found = named(text, self.listed)
        if len(found) == 1:
            self.row = self.listed[found[0]]
            return None
        if not found:
            return gettext("There is no «%(text)s» in the list.", text=text)
        some = "; ".join(found[:SUGGESTED])
        return gettext("«%(text)s» may mean: %(some)s. Write more of it.", text=text, some=some)


def named(text: str, listed: Mapping[str, Any]) -> list[str]:
    """The names of a list that a text may mean: the name itself, else its code, else all that hold its words."""
    words = text.casefold().split()
    exact = [name for name in listed if name.casefold() == " ".join(words)]
    if exact:
        return exact
    code = [name for name in listed if words and name.casefold().split()[0] == words[0]] if len(words) == 1 else []
    return code or [name for name in listed if all(word in name.casefold() for word in words)]


class LineForm(Form):
    """A line of the plan; one without a measure is none."""

    row = HiddenField()
    kind = NamedField(_("Measure"), suggested="plan-kinds")
    details = CleanString(_("Details of the measure"), [no_longer(500)])
    members = SelectMultipleField(_("For whom"), choices=[], validate_choice=False)
    performer = NamedField(_("Performer"), suggested="plan-performers")
    employee = NamedField(_("Employee who performs"), suggested="plan-employees")
    due_on = DayField(_("Due on"))
    problem = NamedField(_("Problem it answers"), suggested="plan-problems")

    @property
    def said(self) -> str:
        return str(self.kind.data or "")

    @property
    def says_more(self) -> bool:
        """Whether anything is said of a measure, besides its name."""
        return any(self[name].data for name in ("details", "members", "performer", "employee", "due_on", "problem"))

    def validate(self, extra_validators: Any = None) -> bool:
        """A measure and its day; what is named is in its list."""
        goes = self.row.data or not self.says_more
        if not self.kind.data and goes:
            return True
        valid = bool(super().validate(extra_validators))
        if not self.kind.data:
            self.kind.errors = [gettext("Name the measure of the line, or empty the whole line.")]
            return False
        for field in (self.kind, self.performer, self.employee, self.problem):
            if fault := field.find():
                field.errors = [fault]
                valid = False
        if self.due_on.data is None and not self.due_on.errors:
            self.due_on.errors = [gettext("Fill in this field.")]
            valid = False
        return valid


class PlanTable(RowsForm):
    """The measures of a stage that are still planned, as a table of lines."""

    ROWS, MOST, SOMEBODY = "lines", MOST_MEASURES, _("Measure")

    seen = HiddenField()
    lines = FieldList(FormField(LineForm), _("Measures"), max_entries=MOST_MEASURES + 1)
    fill_performer = NamedField(_("Performer for the ticked lines"), suggested="plan-performers")
    fill_due_on = DayField(_("Due day for the ticked lines"))

    def offer(self, *, kinds: Iterable[MeasureKind], bodies: Iterable[Agency], people: Iterable[Employee],
              problems: Iterable[Problem], members: Sequence[Member]) -> None:  # fmt: skip
        """What may be named."""
        self.lists: dict[str, dict[str, Any]] = {
            "kinds": {str(one): one for one in kinds},
            "performers": {one.name: one for one in bodies},
            "employees": {f"{one.full_name}, {one.agency}": one for one in people},
            "problems": {one.text: one for one in problems},
        }
        self._members = {str(one.id): one for one in members}
        self.fill_performer.listed = self.lists["performers"]
        for entry in self.lines:
            self._offer_line(entry.form)

    def _offer_line(self, line: LineForm) -> None:
        for name, listed in (("kind", "kinds"), ("performer", "performers"), ("employee", "employees"),
                             ("problem", "problems")):  # fmt: skip
            line[name].listed = self.lists[listed]
        line.members.choices = offered([(key, one.first_name) for key, one in self._members.items()], blank=False)

    def show(self, measures: Iterable[PlannedMeasure]) -> None:
        """The plan as it is stored, and an empty line."""
        for row in measures:
            line = self.lines.append_entry().form
            self._offer_line(line)
            line.row.data, line.details.data, line.due_on.data = str(row.id), row.details, row.due_on
            for name in ("kind", "performer", "employee", "problem"):
                line[name].show(getattr(row, name))
            line.members.data = [str(one.id) for one in row.members]
        self.add_row()

    def add_row(self) -> None:
        super().add_row()
        self._offer_line(self.lines[-1].form)

    @property
    def one_more(self) -> LineForm:
        """The line that the script puts in for one more measure."""
        line = LineForm(prefix=ROW)
        self._offer_line(line)
        return line

    def fill(self) -> None:
        """Put the performer and the day into the ticked lines, where they are said."""
        ticked = set(request.form.getlist("ticked"))
        if fault := self.fill_performer.find():
            self.fill_performer.errors = [fault]
        for place, entry in enumerate(self.lines):
            if str(place) not in ticked:
                continue
            if self.fill_performer.row is not None:
                entry.form.performer.data = self.fill_performer.data
            if self.fill_due_on.data is not None:
                entry.form.due_on.data, entry.form.due_on.raw_data = self.fill_due_on.data, None

    @property
    def typed(self) -> list[PlanLine]:
        """What was typed, as the service takes it; a line whose measure was emptied goes from the plan."""
        return [self._line(entry) for entry in self.lines if entry.form.kind.data]

    def _line(self, entry: Any) -> PlanLine:
        form = entry.form
        chosen = [self._members[key] for key in form.members.data or [] if key in self._members]
        return PlanLine(
            kind=form.kind.row, due_on=form.due_on.given, details=form.details.data, problem=form.problem.row,
            performer=form.performer.row, employee=form.employee.row, members=chosen,
            row=key_of(form.row.data or ""), typed=entry.name,
        )  # fmt: skip


class SetForm(EntityForm):
    """Which template set is put into a plan."""

    chosen = SelectField(_("Set of measures"), choices=[])

    def offer(self, sets: Iterable[MeasureSet]) -> None:
        self.chosen.choices = offered((str(one.id), f"{one.name} ({len(one.lines)})") for one in sets)
