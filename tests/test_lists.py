"""A list costs what its page shows: it is met in its order, asked once whose each row is, and counted no further than
anybody reads."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select, text
from werkzeug.routing import MapAdapter

from app import access, conditions, filters, scopes, views
from app.clock import now
from app.crud import listing
from app.crud.listing import RegistryList
from app.extensions import db
from app.models import (
    Aid,
    Annullable,
    Decision,
    Education,
    EducationStatus,
    Family,
    Member,
    OfFamily,
    PlannedMeasure,
    RelationshipKind,
)
from app.readings import families
from tests import factories
from tests.states import kept
from tests.test_registry import own
from tests.test_statements import counting, fill

REGISTRIES = [view for view, *_ in (*views.BANK, *views.PLACES)] + list(views.DICTIONARIES)
OF_FAMILIES = [view for view in REGISTRIES if view.entity is Family or issubclass(view.entity, OfFamily)]
TODAY = date(2026, 9, 30)
FEW = 3
conditions_of = {
    views.FamilyRegistry: families.with_surname,
    views.MemberRegistry: lambda text: filters._holds(Member, "last_name", text),
}


def scope_of(cast: factories.Cast, name: str) -> access.Scope:
    user = cast.user(name)
    return scopes.scope_of(user, [role.name for role in user.roles], TODAY)


def list_of(view: Any) -> RegistryList:
    return RegistryList(view.entity, view.__name__, "/", lambda _address: [], (), (), view.base_order)


@kept
def mixed(cast: factories.Cast) -> None:
    """Every kind of row in several families, one of them annulled, and annulled rows of the others."""
    fill(cast, range(1, 5))
    families = db.session.scalars(select(Family).order_by(Family.id)).all()
    families[-1].annulled_at = now()
    for view in OF_FAMILIES[1:]:
        row = db.session.scalars(select(view.entity).where(view.entity.family_id == families[0].id)).first()
        assert row is not None, f"factories.one_of_each makes no {view.entity.__name__}"
        row.annulled_at = now()


def shown(view: Any, *, walked: bool) -> set[int]:
    return set(db.session.scalars(list_of(view)._narrowed([], walked=walked)))


@pytest.mark.parametrize("name", ["anna", "boris", "vera", "gleb", "oleg", "renata", "avgust"])
def test_a_list_shows_the_live_rows_that_the_wall_lets_through(mixed, cast, name):
    for special in (False, True):
        with access.acting_as(replace(scope_of(cast, name), special=special)):
            for view in own(REGISTRIES):
                entity = view.entity
                query = select(entity.id)
                if issubclass(entity, Annullable):
                    query = query.where(entity.annulled_at.is_(None))
                if issubclass(entity, OfFamily):
                    query = query.where(entity.family.has(Family.annulled_at.is_(None)))
                seen = set(db.session.scalars(query))
                assert shown(view, walked=True) == shown(view, walked=False) == seen, entity.__name__


# Whether a row tells of health is said by its kind, its block and its body: the rows of the page are looked into.
OF_HEALTH_BY_KIND = (Aid, PlannedMeasure)


def plan_of(statement: Any) -> list[str]:
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    return [row.detail for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:")))]


@pytest.mark.parametrize("view", OF_FAMILIES, ids=lambda view: view.__name__)
def test_a_list_in_its_own_order_is_read_from_an_index_and_asks_once_whose_a_row_is(mixed, cast, view):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the words of the plan are those of SQLite")
    with access.acting_as(scope_of(cast, "anna")):
        rows = list_of(view)
        walked = rows._ordered(rows._narrowed([], walked=True), view.base_order, walked=True).limit(25)
        plan = plan_of(walked)
    assert not [line for line in plan if "TEMP B-TREE" in line], plan
    index = f"{'' if view.entity in OF_HEALTH_BY_KIND else 'COVERING '}INDEX ix_{view.entity.__tablename__}_listed"
    assert any(index in line for line in plan), plan
    assert sum("CORRELATED" in line for line in plan) == (view.entity is not Family), plan
    of_family = "COVERING INDEX ix_family_by_id (id=?)"
    assert any(line.endswith(of_family) for line in plan) == (view.entity is not Family), plan


@pytest.mark.parametrize("view", [views.FamilyRegistry, views.MemberRegistry], ids=lambda view: view.__name__)
def test_a_surname_is_looked_up_and_not_asked_of_everybody(mixed, cast, view):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the words of the plan are those of SQLite")
    app = current_app._get_current_object()
    with app.test_request_context("/?_flt_0_last_name=Полозова"), access.acting_as(scope_of(cast, "anna")):
        found = filters.of_text(filters.Address("/"), "last_name", "Фамилия", conditions_of[view])
        plan = plan_of(list_of(view)._narrowed([found], walked=True))
    assert any("ix_member_listed (sort_key>? AND sort_key<?)" in line for line in plan), plan


@pytest.fixture
def few_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNTED", FEW)
    monkeypatch.setattr(listing, "PAGE_SIZES", (1, 2, 25))


def names_of(page: Any) -> list[str]:
    return re.findall(r"№ \d+ Полозова\w", page.text)


def test_a_list_that_is_too_long_to_be_counted_says_so_and_loses_no_row(cast, sign_in, few_counted):
    for number in range(1, 7):
        family = factories.family(cast.north, number=f"{number:05}")
        factories.member(family, "мать", date(1990, 1, 1), f"Полозова{'абвгде'[number - 1]}", "Нина", None)
    db.session.commit()
    anna, url = sign_in("anna"), "/familyregistry/list/"
    first = anna.get(url)
    for said in ("из более чем 3", "больше 3", "с конца", "_od_FamilyRegistry=desc"):
        assert said in first.text, said
    backwards = f"{url}?_oc_FamilyRegistry=name&_od_FamilyRegistry=desc"
    pages = [names_of(anna.get(f"{url}?page_FamilyRegistry={page}")) for page in range(FEW)]
    from_end = [names_of(anna.get(f"{backwards}&page_FamilyRegistry={page}")) for page in range(FEW)]
    assert [len(page) for page in pages + from_end] == [1] * 2 * FEW
    assert len({page[0] for page in pages + from_end}) == 6, "both ends together hold all"
    beyond = anna.get(f"{url}?page_FamilyRegistry=1000")
    assert names_of(beyond) == pages[-1], "a page beyond the counted ones is the last of them"
    assert "из более чем 3" in beyond.text
    filtered = anna.get(f"{url}?_flt_0_number=00002")
    assert names_of(filtered) == pages[1]
    assert "более чем" not in filtered.text


def test_the_workbook_of_a_long_list_holds_all_its_rows(cast, sign_in, few_counted):
    for number in range(1, 7):
        factories.family(cast.north, number=f"{number:05}")
    db.session.commit()
    answer = sign_in("anna").get("/familyregistry/xlsx")
    assert answer.status_code == 200
    with access.acting_as(scope_of(cast, "anna")):
        assert list_of(views.FamilyRegistry)._count([]) == 6


def test_the_keys_of_a_list_are_one_value_of_its_statement(mixed):
    every = set(db.session.scalars(select(Member.id)))
    assert len(every) > FEW
    for keys in (every, sorted(every)[:FEW], []):
        asked = select(Member.id).where(conditions.keyed(Member.id, keys))
        assert len(asked.compile(db.engine).params) == 1
        assert set(db.session.scalars(asked)) == set(keys)


def test_a_longer_list_asks_the_router_for_no_more_addresses(app, mixed, sign_in, monkeypatch):
    asked: list[str] = []
    build = MapAdapter.build
    monkeypatch.setattr(MapAdapter, "build", lambda self, endpoint, *rest, **more: (
        asked.append(endpoint), build(self, endpoint, *rest, **more))[1])  # fmt: skip

    def addresses(url: str) -> int:
        asked.clear()
        assert browser.get(url).status_code == 200
        return len(asked)

    browser = sign_in("anna")
    short, long = "/memberregistry/list/?_flt_0_family={}", "/memberregistry/list/"
    short = short.format(db.session.scalar(select(Member.family_id).limit(1)))
    addresses(long)
    assert addresses(long) <= addresses(short)


@pytest.fixture
def people(cast, few_counted) -> list[str]:
    """Members of one family whose first names are written in capitals and small letters; their names in order."""
    family = factories.family(cast.north, number="00001")
    names = ["анна", "Борис", "вера", "Глеб", "дина", "Егор", "жанна"]
    for place, name in enumerate(reversed(names)):
        factories.member(family, "мать", date(1990, 1, 1), f"Полозова{'абвгдеж'[place]}", name, None)
    db.session.commit()
    return names


def first_names(page: Any) -> list[str]:
    shown = re.sub(r"(?s)^.*<tbody>|</tbody>.*$", "", page.text)
    return list(dict.fromkeys(re.findall(r"анна|Борис|вера|Глеб|дина|Егор|жанна", shown)))


def test_many_rows_are_put_in_the_order_of_a_text_that_they_share_whatever_its_letters(people, sign_in):
    anna, url = sign_in("anna"), "/memberregistry/list/?_oc_MemberRegistry=first_name"
    shown = [first_names(anna.get(f"{url}&page_MemberRegistry={page}")) for page in range(FEW)]
    backwards = [first_names(anna.get(f"{url}&_od_MemberRegistry=desc&page_MemberRegistry={page}"))
                 for page in range(FEW)]  # fmt: skip
    assert shown == [[name] for name in people[:FEW]]
    assert backwards == [[name] for name in people[: -FEW - 1 : -1]]


@pytest.mark.parametrize("few", [0, FEW, 1000])
def test_a_far_page_shows_the_same_rows_however_it_is_found(people, sign_in, monkeypatch, few):
    """They are met in their order where more are let through than are gathered."""
    monkeypatch.setattr(listing, "NEAR", 0)
    monkeypatch.setattr(RegistryList, "_few", lambda *_asked: few)
    anna, url = sign_in("anna"), "/memberregistry/list/?_flt_0_born_on=1990-01-01"
    shown = [first_names(anna.get(f"{url}&page_MemberRegistry={page}")) for page in range(FEW)]
    assert shown == [[name] for name in people[: -FEW - 1 : -1]]
    beyond = anna.get(f"{url}&page_MemberRegistry=1000")
    assert first_names(beyond) == shown[-1]
    assert "из более чем 3" in beyond.text


@pytest.mark.parametrize(("few", "sees_most"), [(FEW, True), (1000, True), (1000, False)])
def test_rows_of_one_value_and_of_some_days_stand_in_every_order_however_they_are_found(
    people, sign_in, monkeypatch, few, sees_most
):
    monkeypatch.setattr(listing, "NEAR", 0)
    monkeypatch.setattr(listing, "_sees_most", lambda: sees_most)
    monkeypatch.setattr(RegistryList, "_few", lambda *_asked: few)
    role = factories.by_code(RelationshipKind, "1").id
    by_name = {"last_name": people[::-1], "born_on": people[::-1], "first_name": people}
    anna = sign_in("anna")
    for asked in (f"_flt_0_role={role}", "_flt_0_born_on=1990-01-01", "_flt_1_born_on=1990-01-01"):
        for name, expected in by_name.items():
            url = f"/memberregistry/list/?{asked}&_oc_MemberRegistry={name}"
            for way, ordered in (("asc", expected), ("desc", expected[::-1])):
                shown = [first_names(anna.get(f"{url}&_od_MemberRegistry={way}&page_MemberRegistry={page}"))
                         for page in range(FEW)]  # fmt: skip
                assert shown == [[one] for one in ordered[:FEW]], (asked, name, way)


@pytest.mark.parametrize("few", [0, FEW, 1000])
def test_measures_of_one_state_follow_one_another_by_their_days_however_they_are_found(
    cast, sign_in, few_counted, monkeypatch, few
):
    monkeypatch.setattr(listing, "NEAR", 0)
    monkeypatch.setattr(RegistryList, "_few", lambda *_asked: few)
    stay = factories.registration(factories.family(cast.north, number="00001"), date(2026, 1, 1))
    programme = factories.programme(stay, date(2026, 1, 2), date(2027, 1, 2), approved=True)
    at = factories.stage(programme, date(2026, 1, 2), date(2026, 12, 31))
    for month in (7, 5, 6):
        factories.measure(at, date(2026, month, 1), state="planned")
        factories.measure(at, date(2026, month, 2), state="done", done_on=date(2026, month, 2))
    db.session.commit()
    anna, url = sign_in("anna"), "/plannedmeasureregistry/list/?_oc_PlannedMeasureRegistry=state"
    days = ["02.05", "02.06", "02.07", "01.05", "01.06", "01.07"]  # of those that are done, then of those planned
    for asked in ("", "&_flt_0_due_on=2026-01-01"):
        for way, ordered in (("asc", days), ("desc", days[::-1])):
            pages = [anna.get(f"{url}{asked}&_od_PlannedMeasureRegistry={way}&page_PlannedMeasureRegistry={page}").text
                     for page in range(FEW)]  # fmt: skip
            shown = [re.findall(r"(0[12]\.0[567])\.2026", page.partition("<tbody>")[2])[0] for page in pages]
            assert shown == ordered[:FEW], (asked, way)


def test_a_far_page_of_few_rows_is_the_last_of_them(people, sign_in, monkeypatch):
    """Whatever was guessed of how many there are."""
    monkeypatch.setattr(listing, "NEAR", 0)
    anna, url = sign_in("anna"), "/memberregistry/list/?_flt_0_last_name=Полозоваа"
    for guessed in (0, 1000):
        monkeypatch.setattr(RegistryList, "_guessed", lambda *_asked, guessed=guessed: guessed)
        beyond = anna.get(f"{url}&page_MemberRegistry=1000")
        assert first_names(beyond) == people[-1:]
        assert "более чем" not in beyond.text


def test_how_many_rows_are_let_through_is_guessed_of_some_of_them(people, cast, monkeypatch):
    monkeypatch.setattr(listing, "SAMPLE", 3)
    with access.acting_as(scope_of(cast, "anna")):
        assert abs(list_of(views.MemberRegistry)._guessed([]) - len(people) - 1) <= 2
    with access.acting_as(scope_of(cast, "vera")):
        assert list_of(views.MemberRegistry)._guessed([]) == 0


@pytest.mark.parametrize("size", [1, 2])
def test_rows_that_share_a_text_keep_their_own_order_however_it_is_written(cast, sign_in, few_counted, size):
    """Of many rows under one text only the first are met; nothing stands before every text."""
    family = factories.family(cast.north, number="00001")
    written = ["Анна", None, "анна", "Борис", None, "АННА", "борис", None, "Анна"]
    for place, name in enumerate(written):
        factories.member(family, "мать", date(1990, 1, 1 + place), "Полозова", "Нина", name)
    db.session.commit()
    in_order = sorted(range(len(written)), key=lambda place: ((written[place] or "").lower(), place))
    anna, asked = sign_in("anna"), f"/memberregistry/list/?_oc_MemberRegistry=middle_name&psize_MemberRegistry={size}"
    for way, expected in (("asc", in_order), ("desc", in_order[::-1])):
        for page in range(FEW // size):
            text = anna.get(f"{asked}&_od_MemberRegistry={way}&page_MemberRegistry={page}").text
            born = [int(day) - 1 for day in re.findall(r"(\d\d)\.01\.1990", text)]
            assert list(dict.fromkeys(born)) == expected[page * size :][:size], (way, page)


@pytest.mark.of_both_databases
@pytest.mark.parametrize("sought", ["/7-в", "Ё[Ӏ*", "?", "абВ", "№ 5", "^", "]"])
@pytest.mark.parametrize("name", ["number", "organisation"])
def test_a_part_of_a_text_is_found_whatever_signs_it_holds_and_whatever_its_case(mixed, cast, name, sought):
    """A sign that means something to the database means itself to people."""
    entity = Education if name == "organisation" else Decision
    row = db.session.scalars(select(entity).where(entity.annulled_at.is_(None)).limit(1)).one()
    setattr(row, name, "№ 5 аБв ё[ӏ*? ^]/7-В")
    db.session.flush()
    with access.acting_as(scope_of(cast, "anna")):
        found = db.session.scalars(select(entity.id).where(filters._holds(entity, name, sought)))
        assert row.id in set(found)
        nothing = db.session.scalars(select(entity.id).where(filters._holds(entity, name, f"{sought}Щ")))
        assert not set(nothing)


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_a_text_is_compared_by_the_database_itself(mixed):
    """A function of ours is called for every row of a long list."""
    for entity, name in ((Decision, "number"), (Family, "actual_address"), (Education, "organisation")):
        asked = str(select(entity.id).where(filters._holds(entity, name, "щ")).compile(db.engine))
        assert "lower(" not in asked, asked


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_a_page_of_many_rows_is_met_in_its_order_though_a_filter_has_an_index(people, sign_in):
    with counting() as sent:
        assert sign_in("anna").get("/memberregistry/list/?_flt_0_born_on=1980-01-01").status_code == 200
    assert [statement for statement in sent if "FROM member INDEXED BY ix_member_listed" in statement]


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_the_rows_of_one_value_are_met_in_their_own_order_and_days_are_looked_up_where_they_lie(
    people, sign_in, monkeypatch
):
    role, anna = factories.by_code(RelationshipKind, "1").id, sign_in("anna")
    monkeypatch.setattr(listing, "_sees_most", lambda: True)
    for asked, index in (
        (f"_flt_0_role={role}&_oc_MemberRegistry=born_on", "ix_member_of_role_id_by_born_on"),
        (f"_flt_0_role={role}", "ix_member_of_role_id_by_sort_key"),
        ("_flt_0_born_on=1980-01-01", "ix_member_born_on"),
    ):
        with counting() as sent:
            assert anna.get(f"/memberregistry/list/?{asked}").status_code == 200
        assert [statement for statement in sent if f"FROM member INDEXED BY {index}" in statement], index


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_what_no_index_leads_to_is_looked_through_along_one_that_tells_it(people, cast, sign_in, monkeypatch):
    monkeypatch.setattr(listing, "_sees_most", lambda: True)
    anna = sign_in("anna")
    for asked, said in (
        ("_flt_0_follows=extension", "stage.follows = ?"),
        ("_flt_0_state=planned", "reviewed_on IS NULL"),
    ):
        with counting() as sent:
            assert anna.get(f"/stageregistry/list/?{asked}").status_code == 200
        gathered = next(statement for statement in sent if said in statement)
        assert "FROM stage INDEXED BY ix_stage_listed" in gathered
        assert "INDEXED BY ix_family_by_id" in gathered
    with counting() as sent:  # the families of a place lead to their people
        assert anna.get(f"/memberregistry/list/?_flt_0_territory={cast.north.id}").status_code == 200
    assert "FROM member JOIN family" in next(statement for statement in sent if "SELECT member.id" in statement)


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_rows_of_one_status_are_met_under_many_texts_by_few_statements(people, cast, sign_in):
    family = factories.family(cast.north, "00771")
    known = db.session.scalars(select(EducationStatus.code).limit(2)).all()
    for number in range(60):
        child = factories.member(family, first_name=f"Тихон{number:02}", born_on=date(2015, 1, 1))
        place, status = f"Школа {number % 30:02}", known[number >= 56]
        factories.education(child, date(2025, 9, 1), status, organisation=place)
    db.session.commit()
    asked = f"_flt_0_status={factories.by_code(EducationStatus, known[1]).id}&_oc_EducationRegistry=organisation"
    anna = sign_in("anna")
    with counting() as sent:
        page = anna.get(f"/educationregistry/list/?{asked}&_od_EducationRegistry=asc&psize_EducationRegistry=2").text
    assert re.findall("Тихон[0-9]+", page) == ["Тихон56", "Тихон57"]
    assert len(sent) <= 15


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_a_text_that_many_rows_share_is_looked_for_among_the_different_ones(mixed, cast):
    found = filters._holds(Education, "organisation", "школа")
    with access.acting_as(scope_of(cast, "anna")):
        query = list_of(views.EducationRegistry)._narrowed([]).where(found)
        plan = plan_of(query)
    assert any("ix_education_by_organisation (organisation>?)" in line for line in plan), plan
    assert not any(line.startswith("SCAN education") for line in plan), plan


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_the_rows_of_known_keys_are_looked_up_by_them(mixed):
    plan = plan_of(select(Member.id).where(conditions.keyed(Member.id, [1, 2])))
    assert any(line.startswith("SEARCH member USING INTEGER PRIMARY KEY") for line in plan), plan


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_a_part_of_a_number_is_looked_for_in_the_index_of_the_numbers(mixed, cast, app):
    with access.acting_as(scope_of(cast, "anna")), app.test_request_context("/?_flt_0_number=11"):
        asked = filters.read(filters.Address("/"), Decision, "number", "")
        plan = plan_of(list_of(views.DecisionRegistry)._narrowed([asked]))
    assert any(line.startswith("SCAN decision USING COVERING INDEX ix_decision_by_number") for line in plan), plan


@pytest.mark.one_database("the words of the plan are those of SQLite")
def test_whose_a_family_is_is_read_from_an_index_alone(mixed, cast):
    with access.acting_as(scope_of(cast, "anna")):
        plan = plan_of(list_of(views.FamilyRegistry)._narrowed([]))
    assert any("USING COVERING INDEX" in line for line in plan), plan
