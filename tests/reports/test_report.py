"""The engine of reports with a report that counts no families: assignments of employees, by body and territory."""

import json
import subprocess
import sys
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest

from app import access, tree
from app.domain import periods
from app.extensions import db
from app.reports import CATALOGUE, files, listing, places, report
from app.reports.report import TERRITORY, Source
from tests import factories
from tests.places_of_entities import ROOT
from tests.reports.workload import ASSIGNED, WORK, WORKLOAD, assignment

MADE = {"made_by": "Анна Координатор", "made_at": datetime(2026, 10, 2, 14, 30)}  # noqa: DTZ001  the local clock


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
def test_every_report_is_a_command_and_a_screen_and_a_form_of_the_law_is_a_line_of_the_menu(app, cast, tmp_path, one):
    out = tmp_path / "out.json"
    args = ["bank", "report", one.name, "--from", "2026-07-01", "--to", "30.09.2026", "--as", "json", str(out)]
    done = app.test_cli_runner().invoke(args=[*args, "--territory", cast.district.name])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["territory"] == cast.district.name
    assert f"{one.view}.show" in app.view_functions
    assert (app.appbuilder.menu.find(one.view) is not None) == one.statutory


def test_the_command_lists_the_reports_by_name(app):
    told = app.test_cli_runner().invoke(args=["bank", "report", "--list"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == [one.name for one in CATALOGUE]


def test_a_period_to_come_is_refused_with_a_sentence(app, cast, tmp_path):
    dates = ["--from", "2027-01-01", "--to", "2027-03-31", "--as", "json", str(tmp_path / "x")]
    told = app.test_cli_runner().invoke(args=["bank", "report", "demography", *dates])
    assert told.exit_code == 1
    assert "ещё не начался" in told.output


def test_a_source_without_families_says_whose_rows_a_person_counts_and_sees():
    with pytest.raises(TypeError, match="whose rows"):
        Source("assignments", assignment, (), (), territory=assignment.c.territory_id)


@pytest.mark.parametrize("one", [*CATALOGUE, WORKLOAD], ids=lambda one: one.name)
def test_a_report_names_every_source_that_has_territories_of_its_own(cast, one):
    with access.unrestricted():
        figures = one.figures(periods.quarter(2026, 3), **{name: choice.usual for name, choice in one.options.items()})
    own = {figure.source.name for figure in figures.values() if not figure.source.of_families}
    assert own == {source.name for source in one.sources}, f"{one.name}: add them to `sources` of its Report"


def test_a_report_that_was_only_put_into_the_catalogue_has_its_pages_and_its_command(tmp_path):
    """An invented report walks through the program, in a process of its own: screens read the catalogue once."""
    command = [sys.executable, "-W", "error", "-m", "tests.declare_a_report", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    anna = told["anna"]
    assert set(anna["answers"].values()) == {200}, anna["answers"]
    assert 'data-label="Территория">Тестовый район<' in anna["page"], "a territory that only its own rows know"
    assert 'data-label="Территория">Тестовый район<' in anna["list"]
    assert "report-checks" not in anna["page"], "a report without checks has no card for them"
    assert "Тестовый район" not in told["galina"]["page"] + told["galina"]["list"]
    assert set(told["oleg"]["answers"].values()) == {403}
    assert len(told["command"]["rows"]) == 3
