"""The engine of reports with a report that counts no families: assignments of employees, by body and territory."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import true

from app import access, tree
from app.domain import periods
from app.extensions import db
from app.models import Agency, Assignment, Employee
from app.render.table import Column, Table
from app.reports import CATALOGUE, files, listing, places, report
from app.reports.report import TERRITORY, Counting, Detail, Indicator, Report, Source
from tests import factories

assignment, employee, agency = Assignment.__table__, Employee.__table__, Agency.__table__
MADE = {"made_by": "Анна Координатор", "made_at": datetime(2026, 10, 2, 14, 30)}  # noqa: DTZ001  the local clock


def mine():
    scope = access.scope()
    return true() if scope.everything else assignment.c.territory_id.in_(scope.territories)


WORK = Source(
    "assignments",
    assignment.join(employee, employee.c.id == assignment.c.employee_id).join(agency),
    (assignment.c.annulled_at.is_(None), assignment.c.family_id.is_(None)),
    (
        Detail("territory_id", "Территория", assignment.c.territory_id),
        Detail("last_name", "Фамилия", employee.c.last_name),
        Detail("agency", "Орган", agency.c.name),
        Detail("started_on", "С", assignment.c.started_on, "date"),
    ),
    territory=assignment.c.territory_id,
    counted=mine,
    shown=mine,
    keys={"agency": employee.c.agency_id},
    order=(agency.c.name_key, assignment.c.id),
)
ASSIGNED = Indicator("assigned", "Закреплений", Counting.PERSONS, WORK, true())


@dataclass(frozen=True)
class Workload:
    """The counted test report."""

    rows: list
    numbers: dict
    names: dict
    shows_names: bool = True
    period_title: str = "III квартал 2026 года"


def _counted(period, place, known):
    rows = known.listed(place.id)
    numbers = report.count_by([ASSIGNED], places.counted_in(rows, known), ("agency", TERRITORY))["assigned"]
    names = dict(db.session.execute(db.select(agency.c.id, agency.c.name)).all())
    return Workload(rows, numbers, names | {("t", row.id): row.name for row in rows})


def _table(form, _link):
    lines = [[form.names[body], form.names["t", at], number] for (body, at), number in sorted(form.numbers.items())]
    return Table("Нагрузка", [Column("Орган"), Column("Территория"), Column("Закреплений", kind="number")], lines)


WORKLOAD = Report(
    name="workload", view="Workload", label="Workload", title="Нагрузка органов", icon="fa-table", file="workload",
    figures=lambda _period: {"assigned": ASSIGNED}, count=_counted, table=_table, further=lambda _form: [],
    data=lambda form: {"rows": [[*key, number] for key, number in sorted(form.numbers.items())]},
    named=lambda _form: {},
)  # fmt: skip


@pytest.fixture
def bodies(cast):
    """Борис in the north; Вера in the south, and since June one more of her body in the north."""
    known = {name: cast.employee(name) for name in ("boris", "vera")}
    health = cast.agency("5.4")
    factories.assignment(factories.employee(health), date(2026, 6, 1), place=cast.north)
    db.session.commit()
    return known | {"health": health}


def test_rows_without_a_family_are_counted_by_body_and_territory(cast, bodies):
    commission = bodies["boris"].agency_id
    with access.unrestricted():
        rows = list(tree.read().rows.values())
        counted = report.count_by([ASSIGNED], places.counted_in(rows), ("agency", TERRITORY))
        by_territory = report.count([ASSIGNED], places.counted_in(rows))
    assert counted["assigned"] == {
        (commission, cast.north.id): 1,
        (commission, cast.south.id): 1,
        (bodies["health"].id, cast.north.id): 1,
    }
    assert by_territory["assigned"] == {cast.north.id: 2, cast.south.id: 1}


def test_a_source_brings_its_own_scope(cast, bodies):
    scope = access.Scope(today=date(2026, 9, 30), territories=tree.below([cast.south.id]))
    with access.acting_as(scope):
        rows = list(tree.read().rows.values())
        assert report.count([ASSIGNED], places.counted_in(rows))["assigned"] == {cast.south.id: 1}
        assert report.length(ASSIGNED, places.shown_in(rows)) == (1, 1)
    with access.acting_as(access.NOBODY):
        assert report.count([ASSIGNED], places.counted_in(rows))["assigned"] == {}


def test_territories_that_only_such_rows_know_are_rows_of_the_report(cast, bodies):
    factories.assignment(bodies["vera"], date(2026, 6, 1), place=cast.district)
    db.session.commit()
    with access.unrestricted():
        families, with_work = places.ReportPlaces(), places.ReportPlaces([WORK])
        assert cast.district.id not in {place.id for place in families.listed(cast.district.id)}
        assert cast.district.id in {place.id for place in with_work.listed(cast.district.id)}
        rows = with_work.listed(cast.district.id)
        everywhere = report.count([ASSIGNED], places.counted_in(rows, with_work))["assigned"]
    assert set(everywhere) == {cast.north.id, cast.south.id, cast.district.id}


def test_only_the_territories_that_are_asked_for_are_counted(cast, bodies):
    """No family lives anywhere yet: that says nothing about rows that have none."""
    with access.unrestricted():
        known = places.ReportPlaces()
        south = [known.all[cast.south.id]]
        assert report.count([ASSIGNED], places.counted_in(south, known))["assigned"] == {cast.south.id: 1}


def test_the_list_behind_names_no_family_where_there_is_none(cast, bodies):
    with access.unrestricted():
        rows = list(tree.read().rows.values())
        found = report.behind(ASSIGNED, places.shown_in(rows))
        table = listing.table(ASSIGNED, found, subtitle="", territories={row.id: row.name for row in rows},
                              family_link=lambda family_id: pytest.fail("a link to no family"))  # fmt: skip
        assert len(found) == report.length(ASSIGNED, places.shown_in(rows))[0] == 3
    assert [column.title for column in table.columns] == ["Территория", "Орган", "С"]
    assert {row[0] for row in table.rows} == {cast.north.name, cast.south.name}


@pytest.mark.parametrize("kind", files.KINDS)
def test_any_report_becomes_a_file_of_each_kind(cast, bodies, kind):
    with access.unrestricted():
        known = places.ReportPlaces([WORK])
        form = WORKLOAD.count(periods.quarter(2026, 3), known.all[cast.district.id], known)
        content, mime = files.written(WORKLOAD, form, kind, **MADE)
    assert mime
    if kind == "json":
        assert [row[2] for row in json.loads(content)["rows"]] == [1, 1, 1]
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
        texts = {cell.value for row in sheet.iter_rows() for cell in row}
        assert {"Орган", cast.north.name, bodies["health"].name} <= texts


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_every_report_of_the_catalogue_is_a_command_a_screen_and_a_line_of_the_menu(app, cast, tmp_path, one):
    out = tmp_path / "out.json"
    args = ["bank", "report", one.name, "--from", "2026-07-01", "--to", "30.09.2026", "--as", "json", str(out)]
    done = app.test_cli_runner().invoke(args=[*args, "--territory", cast.district.name])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["territory"] == cast.district.name
    assert f"{one.view}.show" in app.view_functions
    assert app.appbuilder.menu.find(one.view).label == str(one.label)
