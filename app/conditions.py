"""The rules of what holds on a day as conditions of SQL: each is the twin of a rule of `app.domain`.

A table of cases asks both forms of a rule, so neither changes without the other. That a row is not annulled is said by
whoever asks, except where the rule chooses among several rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    extract,
    func,
    literal,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.domain import ages, names
from app.domain.periods import Period
from app.domain.terms import MeasureState
from app.models import (
    AidKind,
    Education,
    Employee,
    Instruction,
    MeasureBlock,
    MeasureKind,
    PlannedMeasure,
    Programme,
    Stage,
    WorkingGroupMember,
)

LAST_LETTER = "\U0010ffff"  # nothing is sorted after it: «beginning + LAST_LETTER» ends the range of a beginning


class unindexed(FunctionElement[Any]):  # noqa: N801  reads as a function of SQL
    """A column by which SQLite shall not look rows up: it takes any index on a range of dates for a bargain, and would
    walk all people by their birth dates rather than the few stays to their families."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type
        self.nullable = getattr(column, "nullable", True)


@compiles(unindexed)
def _as_it_stands(element: unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unindexed, "sqlite")
def _with_a_plus(element: unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


class days_between(FunctionElement[int]):  # noqa: N801  reads as a function of SQL
    """How many days lie between two days."""

    inherit_cache = True
    type = Integer()


@compiles(days_between)
def _by_subtracting(element: days_between, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"(CAST({until} AS DATE) - CAST({since} AS DATE))"


@compiles(days_between, "sqlite")
def _by_julian_days(element: days_between, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(julianday({until}) - julianday({since}) AS INTEGER)"


class seconds_between(FunctionElement[int]):  # noqa: N801  reads as a function of SQL
    """How many seconds lie between two moments."""

    inherit_cache = True
    type = Integer()


@compiles(seconds_between)
def _by_epochs(element: seconds_between, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({until} - {since}))"


@compiles(seconds_between, "sqlite")
def _by_unix_times(element: seconds_between, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"(CAST(strftime('%s', {until}) AS INTEGER) - CAST(strftime('%s', {since}) AS INTEGER))"


class _keyed(FunctionElement[Any]):  # noqa: N801  reads as a function of SQL
    """Whether a key is one of those that a text lists: one value of a statement, however many keys there are.

    Of no type: SQLAlchemy would compare a Boolean with 1, and SQLite would then look at every key of the table.
    """

    inherit_cache = True


@compiles(_keyed)
def _in_an_array(element: _keyed, compiler: Any, **options: Any) -> str:
    key, listed = (compiler.process(one, **options) for one in element.clauses)
    return f"{key} = ANY (string_to_array({listed}, ',')::integer[])"


@compiles(_keyed, "sqlite")
def _in_a_list(element: _keyed, compiler: Any, **options: Any) -> str:
    key, listed = (compiler.process(one, **options) for one in element.clauses)
    return f"{key} IN (SELECT value FROM json_each('[' || {listed} || ']'))"  # noqa: S608  of compiled parts


def keyed(key: Any, keys: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a row has one of many keys. A value for each of them would cost more than the rows."""
    return cast(ColumnElement[bool], _keyed(key, literal(",".join(map(str, keys)))))


class _among(FunctionElement[Any]):  # noqa: N801  reads as a function of SQL
    """A text between two others in the order of bytes, which is that of SQLite alone; elsewhere it says nothing."""

    inherit_cache = True  # of no type: SQLite would compare a boolean with 1, and look up nothing


@compiles(_among)
def _anywhere(_element: _among, _compiler: Any, **_options: Any) -> str:
    return "true"


@compiles(_among, "sqlite")
def _in_a_range(element: _among, compiler: Any, **options: Any) -> str:
    column, first, last = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} >= {first} AND {column} <= {last})"


# The letters of Russian texts, the rarest first.
RAREST = "ъёэфщцюшжхйчгбьзыяупмдклврстинаео"


class _holding(FunctionElement[Any]):  # noqa: N801  reads as a function of SQL
    """A column, the condition that it holds a text, and what says the same to SQLite, which would call a function of
    ours to fold the text of every row: the pattern of GLOB, and before it what most rows have not: a number of the
    text with the signs beside it, or the rarest letter both ways it is written."""

    inherit_cache = True  # of no type: SQLite would compare a boolean with 1


@compiles(_holding)
def _by_folding(element: _holding, compiler: Any, **options: Any) -> str:
    _column, is_like, *_rest = element.clauses
    return f"({compiler.process(is_like, **options)})"


@compiles(_holding, "sqlite")
def _by_pattern(element: _holding, compiler: Any, **options: Any) -> str:
    column, _is_like, pattern, *parts = element.clauses
    said = compiler.process(column, **options)
    first = " OR ".join(f"instr({said}, {compiler.process(part, **options)}) > 0" for part in parts)
    is_found = f"{said} GLOB {compiler.process(pattern, **options)}"
    return f"(({first}) AND {is_found})" if first else f"({is_found})"


def _cases(sign: str) -> list[str]:
    """How a sign may be written: a letter both ways, any other in one."""
    return sorted({one for one in (sign, sign.lower(), sign.upper()) if len(one) == 1})


def _pattern(text: str) -> str:
    """The pattern of GLOB that a text meets which holds another one, whatever the letter case."""
    signs = ("".join(_cases(sign)) for sign in text)
    return f"*{''.join(f'[{one}]' if len(one) > 1 or one in '*?[' else one for one in signs)}*"


def _rarest(text: str) -> list[str]:
    """What few other texts hold of a text: its longest number with the signs beside it, else its rarest letter both
    ways it is written; nothing if there is neither."""
    runs = ("".join(run) for is_cased, run in groupby(text, lambda sign: len(_cases(sign)) > 1) if not is_cased)
    numbers = [run for run in runs if any(map(str.isdigit, run))]
    if numbers:
        return [max(numbers, key=len)]
    letters = [cases for cases in map(_cases, text) if len(cases) > 1]
    return min(letters, key=lambda cases: RAREST.find(cases[-1]), default=[])


def called(sort_key: Any, *texts: str | None) -> ColumnElement[bool]:
    """A sort key is of somebody called so: the beginnings of surname, name and patronymic in their order.

    SQLite would ask LIKE of every row: it is told between which two letters to look.
    """
    is_like = sort_key.like(names.sort_pattern(*texts), escape="\\")
    beginning = names.sort_beginning(*texts)
    if not beginning:
        return cast(ColumnElement[bool], is_like)
    return and_(is_like, _among(sort_key, literal(beginning), literal(beginning + LAST_LETTER)))


def has_text(column: Any, text: str) -> ColumnElement[bool]:
    """A column holds a text, whatever the letter case."""
    is_without_case = text.lower() == text.upper()  # a figure need not be folded, row by row
    words = column if is_without_case else func.lower(column)
    is_like = words.contains(text.lower(), autoescape=True)
    return cast(ColumnElement[bool], _holding(column, is_like, literal(_pattern(text)), *map(literal, _rarest(text))))


def has_indexed(column: Any, text: str) -> ColumnElement[bool]:
    """The same of a column that has an index to itself: the texts are looked at there, and no row is read for them."""
    table = column.table.alias()
    holding = select(table.c.id).where(has_text(table.c[column.key], text))
    return cast(ColumnElement[bool], column.table.c.id.in_(holding))


def has_repeated(column: Any, text: str) -> ColumnElement[bool]:
    """The same of a text that live rows share: the rows are looked up by those texts that hold what is asked."""
    found = different(column)
    return cast(ColumnElement[bool], column.in_(select(found.c.text).where(has_text(found.c.text, text))))


def different(column: Any) -> CTE:
    """The different texts of a column, each met once: from one to the next by the index of the live rows. The row after
    the last one has none."""
    table = column.table.alias()
    each, is_live = table.c[column.key], table.c.annulled_at.is_(None)
    found = select(func.min(each).label("text")).where(is_live).cte(recursive=True)
    later = select(func.min(each)).where(is_live, each > found.c.text).scalar_subquery()
    return found.union_all(select(later).where(found.c.text.is_not(None)))


def counted_texts(column: Any, most: int, asked: Collection[ColumnElement[bool]], index: str) -> CompoundSelect[Any]:
    """The different texts of a column, with how many live rows that are asked for bear each, counted no further than
    `most`; they are looked up in an index."""
    found = different(column)
    table, each = column.table, column

    def bearing(*wanted: ColumnElement[bool]) -> Any:
        rows = select(table.c.id).where(table.c.annulled_at.is_(None), *wanted, *asked).limit(most)
        rows = rows.with_hint(table, f"INDEXED BY {index}", "sqlite").correlate(found)
        return select(func.count()).select_from(rows.subquery()).scalar_subquery()

    by_text = select(found.c.text, bearing(each == found.c.text)).where(found.c.text.is_not(None))
    return by_text.union_all(select(null(), bearing(each.is_(None))))


def _holds(since: ColumnElement[Any], until: ColumnElement[Any], day: Any) -> ColumnElement[bool]:
    """An interval holds at the end of a day: `domain.intervals.holds`."""
    begun = or_(since.is_(None), since <= day) if getattr(since, "nullable", True) else since <= day
    return and_(begun, or_(until.is_(None), until > day))


def on_record(registration: FromClause, day: Any) -> ColumnElement[bool]:
    """A stay holds at the end of a day: `domain.registration.on_record`."""
    return _holds(registration.c.registered_on, registration.c.removed_on, day)


def belongs(member: FromClause, day: Any) -> ColumnElement[bool]:
    """A person is a member of the family on a day: `domain.intervals.holds`."""
    return _holds(member.c.joined_on, member.c.left_on, day)


def dated(table: FromClause, day: Any) -> ColumnElement[bool]:
    """A row from … to … holds on a day: `domain.intervals.holds`. Nearly all rows have begun and few have ended: they
    are looked up by whose they are, not by when they hold."""
    return _holds(unindexed(table.c.started_on), unindexed(table.c.ended_on), day)


def current(table: FromClause, day: Any) -> ColumnElement[bool]:
    """A row from … to … holds on a day and is not annulled."""
    return and_(table.c.annulled_at.is_(None), dated(table, day))


def gives_work(stage: FromClause) -> ColumnElement[bool]:
    """A stage gives work to bodies once a meeting or a paper has approved it: before that its plan is a draft."""
    return and_(stage.c.annulled_at.is_(None), stage.c.decision_id.is_not(None))


@lru_cache(maxsize=256)
def families_of_work(agency: int, day: date, *, measures_too: bool = True,
                     much: bool = False) -> tuple[Select[tuple[int | None]], ...]:  # fmt: skip
    """Ids of the families that a body works with on a day: it has a measure in an approved stage of a programme that
    runs, it is of the group that draws one or carries it out, or an instruction about the family waits for it.

    An ended programme, place in a group or instruction ends the sight. measures_too: else only the others, which are
    few however much a body does. much: the body does so much that all programmes that run are asked about it sooner
    than its measures are gathered. The statements are composed once for a body and a day: every request asks them.
    """
    programme, stage, measure = Programme.__table__.alias(), Stage.__table__.alias(), PlannedMeasure.__table__.alias()
    group, order = WorkingGroupMember.__table__.alias(), Instruction.__table__.alias()
    orders = select(order.c.family_id).where(*_waits(order, agency))
    running = select(programme.c.family_id).where(_runs(programme))
    is_of_group = programme.c.id.in_(select(group.c.programme_id).where(*_is_of_group(group, agency, day)))
    if much:
        return running.where(or_(is_of_group, _has_measure(programme, agency))), orders
    of_stage = measure.join(stage, stage.c.id == measure.c.stage_id)
    of_stage = of_stage.join(programme, programme.c.id == stage.c.programme_id)
    measures = select(measure.c.family_id).select_from(of_stage).where(
        *_is_work(measure, stage, agency), _runs(programme)
    )  # fmt: skip
    groups = running.where(is_of_group)
    return (measures, groups, orders) if measures_too else (groups, orders)


@lru_cache(maxsize=64)
def works_with(family_id: ColumnElement[Any], agency: int, day: date) -> tuple[ColumnElement[bool], ...]:
    """Whether one family is among them, by its own rows, however much the body does: first whether a programme of the
    family runs, which an index tells, and then what the body has to do in it."""
    programme, order = Programme.__table__.alias(), Instruction.__table__.alias()
    running = select(programme.c.id).where(programme.c.family_id == family_id, _runs(programme))
    orders = select(order.c.id).where(order.c.family_id == family_id, *_waits(order, agency))
    return (
        running.where(or_(_is_drawn_by(programme, agency, day), _has_measure(programme, agency)))
        .correlate_except(programme)
        .exists(),
        orders.correlate_except(order).exists(),
    )


def _is_drawn_by(programme: FromClause, agency: int, day: date) -> ColumnElement[bool]:
    """A body is of the group of a programme."""
    group = WorkingGroupMember.__table__.alias()
    groups = select(group.c.id).where(group.c.programme_id == programme.c.id, *_is_of_group(group, agency, day))
    return groups.correlate_except(group).exists()


def _has_measure(programme: FromClause, agency: int) -> ColumnElement[bool]:
    """A body has a measure in an approved stage of a programme."""
    stage, measure = Stage.__table__.alias(), PlannedMeasure.__table__.alias()
    measures = select(measure.c.id).select_from(measure.join(stage, stage.c.id == measure.c.stage_id)).where(
        measure.c.family_id == programme.c.family_id,
        stage.c.programme_id == programme.c.id,
        *_is_work(measure, stage, agency),
    )  # fmt: skip
    return measures.correlate_except(measure, stage).exists()


def _runs(programme: FromClause) -> ColumnElement[bool]:
    return and_(programme.c.closed_on.is_(None), programme.c.annulled_at.is_(None))


def _is_work(measure: FromClause, stage: FromClause, agency: int) -> list[ColumnElement[bool]]:
    return [
        measure.c.performer_id == agency,
        measure.c.state != MeasureState.CANCELLED,
        measure.c.annulled_at.is_(None),
        gives_work(stage),
    ]


def of_body(table: FromClause, agency: int) -> ColumnElement[bool]:
    """The employee whom a row names is of a body."""
    people = select(Employee.__table__.c.id).where(Employee.__table__.c.agency_id == agency)
    return table.c.employee_id.in_(people)


def _is_of_group(group: FromClause, agency: int, day: date) -> list[ColumnElement[bool]]:
    return [of_body(group, agency), current(group, day)]


def _waits(order: FromClause, agency: int) -> list[ColumnElement[bool]]:
    return [
        order.c.agency_id == agency,
        order.c.family_id.is_not(None),
        order.c.given_on.is_not(None),
        order.c.accepted_at.is_(None),
        order.c.annulled_at.is_(None),
    ]


def plain_measures(measure: Any, agency: int | None) -> ColumnElement[bool]:
    """Measures of plans that tell nothing of health by their block, or that the person's own body carries out.

    measure: the entity, or the columns of its table.
    """
    kind, block = MeasureKind.__table__, MeasureBlock.__table__
    plain = select(kind.c.id).join(block, block.c.id == kind.c.block_id).where(block.c.special.is_(False))
    return _own_or(measure, agency, unindexed(measure.kind_id).in_(plain))


def plain_aids(aid: Any, agency: int | None) -> ColumnElement[bool]:
    """The same of aid, by its kind and by its measure."""
    kind, measure, block = AidKind.__table__, MeasureKind.__table__, MeasureBlock.__table__
    kinds = select(kind.c.id).where(kind.c.special.is_(True))
    special = select(measure.c.id).join(block, block.c.id == measure.c.block_id).where(block.c.special.is_(True))
    tells = or_(
        and_(aid.kind_id.is_not(None), aid.kind_id.in_(kinds)),
        and_(aid.measure_id.is_not(None), aid.measure_id.in_(special)),
    )
    return _own_or(aid, agency, not_(tells))


def _own_or(row: Any, agency: int | None, plain: ColumnElement[bool]) -> ColumnElement[bool]:
    return plain if agency is None else or_(plain, row.performer_id == agency)


def in_force(criteria: FromClause, day: date | None = None) -> ColumnElement[bool]:
    """A criterion of a stay is in force at the end of a day, of no day now, and not annulled: `criteria.rows_on`."""
    columns = criteria.c
    held = columns.until.is_(None) if day is None else _holds(columns.since, columns.until, day)
    return and_(columns.annulled_at.is_(None), held)


def minor(born_on: ColumnElement[Any], day: date) -> ColumnElement[bool]:
    """Born on or before a day and not yet eighteen on it: `domain.ages.is_minor`."""
    return and_(born_on <= day, born_on > ages.years_before(day, ages.MAJORITY))


def minor_on(born_on: ColumnElement[Any], day: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    """The same on a day that stands in a column and lies in the period.

    Who is a minor at the end of the period was one on all its days; only those who come of age inside it are counted
    by their years.
    """
    young = born_on > ages.years_before(period.end, ages.MAJORITY)
    return and_(born_on <= day, or_(young, _as_number(day) - _as_number(born_on) < ages.MAJORITY * 10_000))


def aged(born_on: ColumnElement[Any], day: date, youngest: int, under: int) -> ColumnElement[bool]:
    """Full years on a day: `youngest` ≤ `domain.ages.full_years` < `under`."""
    grown = born_on <= (ages.years_before(day, youngest) if youngest else day)
    return and_(grown, born_on > ages.years_before(day, under))


def education_on(education: FromClause, member_id: ColumnElement[Any], day: Any) -> ColumnElement[bool]:
    """The one row of `education` that says what a member does by day: `domain.intervals.education_on`."""
    return and_(
        education.c.member_id == member_id,
        education.c.annulled_at.is_(None),
        education.c.started_on == _last_begun(member_id, day).scalar_subquery(),
        dated(education, day),
    )


def status_on(member_id: ColumnElement[Any], day: Any) -> ColumnElement[Any]:
    """The status that this row says; none where there is no such row. One look at an index for each member."""
    last = Education.__table__.alias("last")
    status = case((or_(last.c.ended_on.is_(None), last.c.ended_on > day), last.c.status_id))
    begun = (last.c.member_id == member_id, last.c.annulled_at.is_(None), last.c.started_on <= day)
    found = select(status).where(*begun).order_by(last.c.started_on.desc()).limit(1)
    return found.correlate_except(last).scalar_subquery()


def _last_begun(member_id: ColumnElement[Any], day: Any) -> Select[Any]:
    """Of this member, however deep in a statement the question stands."""
    begun = Education.__table__.alias("begun")
    found = select(func.max(begun.c.started_on)).where(
        begun.c.member_id == member_id, begun.c.annulled_at.is_(None), begun.c.started_on <= day
    )
    return found.correlate_except(begun)


def _as_number(day: ColumnElement[Any]) -> ColumnElement[int]:
    """20260930: the difference of two such numbers, in ten thousands, is the number of full years."""
    return extract("year", day) * 10_000 + extract("month", day) * 100 + extract("day", day)
