"""The card of a programme (Положение, Приложение 3), the summary of a stage, and the calendar of a family.

Every position of the form in its order and wording; what is not known is a blank line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app import words
from app.documents import blanks, bound
from app.documents.bound import MadeBy
from app.documents.folder import ProgrammeFolder
from app.domain import cases
from app.domain.terms import MeasureState
from app.models import Aid, PlannedMeasure, Programme, Stage
from app.render import docx

TITLE = "Карта индивидуальной комплексной программы реабилитации"
SUMMARY, CALENDAR = "Итоги этапа программы реабилитации", "Календарь мероприятий семьи"
# The seven columns of the form.
COLUMNS = ("проблемы семьи", "необходимые мероприятия", "исполнители", "срок", "сведения о проделанной работе",
           "исполнитель", "дата")  # fmt: skip
COMMISSION = "КДН"
BLANK_ROWS = 8  # of a programme without a plan


@dataclass(frozen=True)
class CardRow:
    """A line of the table: what is planned stands in the first four columns, what was done in the other three."""

    problem: str = ""
    measure: str = ""
    executor: str = ""
    term: str = ""
    done: str = ""
    by: str = ""
    day: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        return self.problem, self.measure, self.executor, self.term, self.done, self.by, self.day


@dataclass(frozen=True)
class ProgrammeCard:
    """The card as printable text. chair: the post of whoever approves it."""

    approver: str
    chair: str
    approved_on: str
    family: str
    agency: str
    starts_on: str
    ends_on: str
    rows: list[CardRow]


def of(folder: ProgrammeFolder, programme: Programme, approver: str) -> ProgrammeCard:
    """Fill the form in; approver: who signs it as the head of the commission."""
    approval = programme.approval
    return ProgrammeCard(
        approver=blanks.text(approver),
        chair=_chair(blanks.text(approval.agency if approval is not None else None)),
        approved_on=blanks.long_day(approval.decided_on) if approval is not None else "",
        family=blanks.text(f"{cases.of_family(folder.family.name)}, карта № {folder.family.number}"),
        agency=blanks.text(programme.agency),
        starts_on=blanks.long_day(programme.starts_on),
        ends_on=blanks.long_day(programme.ends_on),
        rows=list(_rows(folder, programme)),
    )


def _chair(body: str) -> str:
    """The post of the form with the body that approved; one that is a commission by its name is not called so twice."""
    if not body:
        return "Председатель КДН и ЗП ____________________ района"
    return f"Председатель {body}" if body.startswith(COMMISSION) else f"Председатель КДН и ЗП {body}"


def pdf(folder: ProgrammeFolder, programme: Programme, approver: str, made: MadeBy) -> bytes:
    """The card as a PDF. Raises PrintError."""
    return bound.pdf("programme_card", TITLE, made, card=of(folder, programme, approver), columns=COLUMNS,
                     blank_rows=range(BLANK_ROWS))  # fmt: skip


def page(folder: ProgrammeFolder, programme: Programme) -> bytes:
    """The card without marks, to be bound into the social passport. Raises PrintError."""
    return bound.page("programme_card", card=of(folder, programme, ""), columns=COLUMNS, blank_rows=range(BLANK_ROWS))


def editable(folder: ProgrammeFolder, programme: Programme, approver: str) -> bytes:
    """The card as a Word file that one may edit."""
    card = of(folder, programme, approver)
    head = [
        ("corner", "Приложение № 3 к Положению"), ("corner", "УТВЕРЖДАЮ"),
        ("corner", card.chair),
        ("corner", f"____________ {card.approver or '________________'}"),
        ("corner", card.approved_on or "«____» ____________ 20___ г."), ("title", TITLE),
        ("text", f"Семьи {card.family}"), ("text", f"Субъект профилактики: {card.agency or '_' * 40}"),
        ("text", f"Дата начала реабилитации: {card.starts_on}; дата окончания реабилитации: {card.ends_on}"),
    ]  # fmt: skip
    rows = [row.cells for row in card.rows] or [("",) * len(COLUMNS)] * BLANK_ROWS
    return docx.with_table(head, (GROUPS, COLUMNS), rows, numbered=True)


# Over the columns: what they are about, and how many of them.
GROUPS = (("проблемы семьи", 1), ("программа реабилитации", 3), ("выполнение программы реабилитации", 3))


def _rows(folder: ProgrammeFolder, programme: Programme) -> Iterator[CardRow]:
    """The plan in the order of its problems; a problem that nothing answers stands too."""
    measures = measures_of(folder, programme)
    problems = [one for one in folder.problems if one.programme_id == programme.id]
    for problem in problems:
        own = [one for one in measures if one.problem_id == problem.id]
        yield from _of_problem(folder, blanks.text(problem.text), own) if own else [CardRow(blanks.text(problem.text))]
    yield from _of_problem(folder, "", [one for one in measures if one.problem_id is None])


def _of_problem(folder: ProgrammeFolder, problem: str, measures: Iterable[PlannedMeasure]) -> Iterator[CardRow]:
    for place, measure in enumerate(measures):
        done = _done(measure, [aid for aid in folder.aids if aid.planned_id == measure.id])
        first, *more = done or [("", "", "")]
        yield CardRow(problem if not place else "", measure_in_words(measure), executors(measure),
                      words.day(measure.due_on), *first)  # fmt: skip
        for one in more:
            yield CardRow("", "", "", "", *one)


def _done(measure: PlannedMeasure, aids: Sequence[Aid]) -> list[tuple[str, str, str]]:
    """What was done, by whom, on which day: each aid on a line, then what became of the measure."""
    found = [(_aid(aid), blanks.text(aid.performer), words.day(aid.given_on)) for aid in aids]
    if measure.state is MeasureState.DONE and not found:
        found.append((str(measure.state), blanks.text(measure.performer), words.day(measure.done_on)))
    if measure.reason:
        found.append((blanks.text(f"{measure.state}: {measure.reason}"), "", ""))
    return found


def _aid(aid: Aid) -> str:
    what = aid.kind.name if aid.kind is not None else ""
    told = " ".join(blanks.lines(aid.description)).removesuffix(".")
    whom = ", ".join(person.first_name for person in aid.recipients)
    amount = blanks.roubles(aid.amount)
    return blanks.text("; ".join(part for part in (told or what, amount, whom) if part)) or "исполнено"


def measure_in_words(measure: PlannedMeasure) -> str:
    """The measure with its particulars and whom it is for."""
    whom = ", ".join(person.first_name for person in measure.members)
    return blanks.text(words.in_a_line(str(measure.kind), measure.details, whom))


def executors(measure: PlannedMeasure) -> str:
    """The body that answers, and who of it."""
    return blanks.text(", ".join(str(one) for one in (measure.performer, measure.employee) if one is not None))


def measures_of(folder: ProgrammeFolder, programme: Programme) -> list[PlannedMeasure]:
    """The measures of a programme, stage by stage."""
    stages = [one.id for one in folder.stages if one.programme_id == programme.id]
    return sorted(
        (one for one in folder.planned if one.stage_id in stages),
        key=lambda one: (stages.index(one.stage_id), one.position, one.id),
    )


# The stage before a meeting, and what is due


def summary(folder: ProgrammeFolder, stage: Stage, made: MadeBy, today: date) -> bytes:
    """What a meeting has to know of a stage: its plan in figures, what was not done, dynamics. Raises PrintError."""
    measures, aids = plan_and_aid(folder, stage)
    counted = [(state, sum(one.state is state for one in measures)) for state in MeasureState]
    return bound.pdf(
        "stage_summary", SUMMARY, made, folder=folder, stage=stage, measures=measures, aids=aids, counted=counted,
        late=[one for one in measures if one.is_overdue(today)], day=words.day, executors=executors,
        measure_in_words=measure_in_words, open=[one for one in measures if one.state is not MeasureState.DONE],
    )  # fmt: skip


def plan_and_aid(folder: ProgrammeFolder, stage: Stage) -> tuple[list[PlannedMeasure], list[Aid]]:
    """The measures of a stage, and the aids by them or, without a measure, in its term."""
    measures = [one for one in folder.planned if one.stage_id == stage.id]
    keys = {one.id for one in measures}
    return measures, [aid for aid in folder.aids if aid.planned_id in keys
                      or (aid.planned_id is None and stage.starts_on <= aid.given_on <= stage.ends_on)]  # fmt: skip


def calendar(folder: ProgrammeFolder, programme: Programme, made: MadeBy, today: date) -> bytes:
    """On one sheet: what is due for the family, by days. Raises PrintError."""
    due = sorted((one for one in measures_of(folder, programme) if one.state is MeasureState.PLANNED),
                 key=lambda one: (one.due_on, one.id))  # fmt: skip
    stages = [one for one in folder.stages if one.programme_id == programme.id and one.reviewed_on is None]
    return bound.pdf("programme_calendar", CALENDAR, made, folder=folder, due=due, stages=stages, today=today,
                     day=words.day, executors=executors, measure_in_words=measure_in_words)  # fmt: skip
