"""Every entity has a list, a page and a form; an entity is declared and inherits these tests."""

from __future__ import annotations

from datetime import date, timedelta
from types import FunctionType
from typing import Any

import pytest
from sqlalchemy import Date, func, select
from sqlalchemy.orm import class_mapper

from app import models, views
from app.crud import DictionaryView, RegistryView
from app.domain import terms
from app.extensions import db
from app.models import Annullable, Family, JournalEntry, Member
from app.readings import overview, timeline
from tests import factories
from tests.states import kept

VIEWS = [view for view, *_rest in [*views.BANK, views.PROGRAMMES, *views.PLACES]] + views.DICTIONARIES
WRITABLE = [view for view in VIEWS if "edit" not in view.exclude_route_methods]
ADDED = [view for view in WRITABLE if "add" not in view.exclude_route_methods]
# Of dictionaries one of each kind: they differ in whose their words are, and in nothing else.
WALKED = [view for view in VIEWS if view not in views.DICTIONARIES] + [views.CriterionRegistry, views.AidKindRegistry]
LIKE_OTHERS = {view.__name__ for view in VIEWS} - {view.__name__ for view in WALKED}


def is_plain(view: type[RegistryView]) -> bool:
    """Whether a dictionary says by which columns it is shown and nothing that runs: its list and its form are those of
    all dictionaries, of which the walked ones are tried; tests/test_face.py opens the list of each."""
    says_more = any(isinstance(said, FunctionType | property | classmethod) for said in vars(view).values())
    return view.__name__ in LIKE_OTHERS and view.__base__ is DictionaryView and not says_more


def own(some: list[type[RegistryView]]) -> list[type[RegistryView]]:
    """Those of some lists that are more than a plain dictionary."""
    return [view for view in some if not is_plain(view)]


BY_ACT = [view for view in VIEWS if issubclass(view.entity, models.ByAct)]


def writer(view: type[RegistryView]) -> str:
    """Who of the cast writes the rows of a view: words of the law are the administrator's."""
    return "oleg" if view.entity.WHOSE is models.Whose.LAW else "anna"


# A decision that is in use is refused: tests/services/test_registrations.py.
ANNULLED = [v for v in VIEWS if v.addable and issubclass(v.entity, Annullable) and v.entity is not models.Decision]


def is_walked(endpoint: str) -> bool:
    """Whether a walk over all addresses goes there: what it would find of a dictionary it finds of another one."""
    return endpoint.partition(".")[0] not in LIKE_OTHERS


def base(view: type[RegistryView]) -> str:
    return f"/{view.__name__.lower()}"


@kept
def rows(cast: factories.Cast) -> dict[str, Any]:
    """One row of every entity, of a family that Anna sees."""
    found = factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))
    found["Assignment"].employee = cast.employee("boris")
    for view in VIEWS:
        if view.entity.__name__ not in found:
            found[view.entity.__name__] = db.session.scalars(select(view.entity).order_by(view.entity.id)).first()
    return found


def form_of(document: Any) -> dict[str, Any]:
    """What a browser would send back from the form of a page."""
    data: dict[str, Any] = {}
    form = next(
        form
        for form in document.forms
        if form.xpath(".//input[@name='csrf_token']") and "form" in (form.get("class") or "")
    )
    for name in form.fields:
        element = form.inputs[name]
        value = form.fields[name]
        if isinstance(value, (set, list)) or type(element).__name__ == "MultipleSelectOptions":
            value = list(value or [])
        elif type(element).__name__ == "CheckboxGroup":
            value = list(value)
        data[name] = value if value is not None else ""
    for select_element in form.xpath(".//select[@multiple]"):
        data[select_element.get("name")] = select_element.xpath("./option[@selected]/@value")
    criteria = form.xpath(".//select[@name='criteria']")
    if criteria:
        data["criteria"] = [value for box in criteria for value in box.xpath("./option[@selected]/@value")]
    return data


@pytest.mark.one_database("test_stranger.py opens every page on Postgres")
@pytest.mark.parametrize("view", own(VIEWS), ids=lambda view: view.__name__)
def test_the_list_and_the_page_of_a_row_open(view, rows, sign_in, page):
    anna = sign_in("anna")
    listing = page(anna, f"{base(view)}/list/")
    assert listing.xpath("//table//tbody/tr"), "the row is not in the list"
    shown = page(anna, f"{base(view)}/show/{rows[view.entity.__name__].id}")
    assert not shown.xpath("//dd[not(a)][starts-with(normalize-space(), '№ 0')]"), "a family is named and no link"


@pytest.mark.one_database("test_lists.py puts lists in order on both")
@pytest.mark.parametrize("view", own(VIEWS), ids=lambda view: view.__name__)
def test_the_list_sorts_by_each_column(view, rows, sign_in, undrawn):
    anna, name = sign_in("anna"), view.__name__
    for column in view.order_columns:
        assert anna.get(f"{base(view)}/list/?_oc_{name}={column}&_od_{name}=desc").status_code == 200, column


@pytest.mark.one_database("what an address asks is read before the database is asked")
@pytest.mark.parametrize("view", own(VIEWS), ids=lambda view: view.__name__)
def test_the_list_survives_any_address(view, rows, sign_in, undrawn):
    anna, name = sign_in("anna"), view.__name__
    orders = [f"_oc_{name}=id;drop", f"page_{name}=abc", f"page_{name}=999999999999", f"psize_{name}=100000000"]
    orders += [f"_flt_0_{column}=%25'%22<" for column in view.search_columns]
    orders += [f"_flt_0_{column}=31.02.2020&_flt_9_x=1" for column in view.search_columns]
    for query in orders:
        assert anna.get(f"{base(view)}/list/?{query}").status_code == 400, query


@pytest.mark.one_database("the rows and their order are those of the list, which is sorted on both")
@pytest.mark.parametrize("view", own(VIEWS), ids=lambda view: view.__name__)
def test_the_list_leaves_as_a_workbook(view, rows, sign_in):
    answer = sign_in("anna").get(f"{base(view)}/xlsx")
    assert answer.status_code == 200
    assert answer.get_data()[:2] == b"PK"


@pytest.mark.parametrize("view", WRITABLE, ids=lambda view: view.__name__)
def test_an_unchanged_form_is_saved_and_changes_nothing(view, rows, sign_in, page):
    who, row = sign_in(writer(view)), rows[view.entity.__name__]
    url = f"{base(view)}/edit/{row.id}"
    data = form_of(page(who, url))
    before = db.session.scalar(select(func.count(JournalEntry.id)).where(JournalEntry.act == terms.Act.CHANGED))
    answer = who.post(url, data=data)
    assert answer.status_code == 302, answer.text[:3000]
    after = db.session.scalar(select(func.count(JournalEntry.id)).where(JournalEntry.act == terms.Act.CHANGED))
    assert after == before


def named_words(row: Any) -> list[Any]:
    """The words of dictionaries that a row names, one by one or in a list."""
    named = [
        getattr(row, relation.key) for relation in class_mapper(type(row)).relationships if "label" in relation.info
    ]
    rows = [word for each in named for word in (each if isinstance(each, list) else [each])]
    return [word for word in rows if isinstance(word, models.Dictionary)]


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("view", own(WRITABLE), ids=lambda view: view.__name__)
def test_a_word_that_is_no_longer_used_stays_where_it_stands(view, rows, sign_in, page):
    who, row = sign_in(writer(view)), rows[view.entity.__name__]
    if view.entity is Family:
        row.categories = [factories.by_code(models.FamilyCategory, code) for code in ("1", "3")]
    before = [word.id for word in named_words(row)]
    for word in named_words(row):
        word.retired = True
    db.session.commit()
    url = f"{base(view)}/edit/{row.id}"
    assert who.post(url, data=form_of(page(who, url))).status_code == 302
    assert [word.id for word in named_words(db.session.get(view.entity, row.id))] == before


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize(("url", "name"), [
    ("/familyregistry/edit/{Family}", "categories"), ("/aidregistry/edit/{Aid}", "recipients"),
    ("/aidregistry/edit/{Aid}", "kind"), ("/family/{bare}/place", "criteria"), ("/family/{bare}/place", "agency"),
    ("/family/new", "categories"),
])  # fmt: skip
def test_a_choice_that_is_not_there_is_told_and_not_left_out(url, name, rows, cast, sign_in, page):
    bare = factories.family(cast.south, number="00079")
    factories.member(bare)
    db.session.commit()
    url = url.format(bare=bare.id, Family=rows["Family"].id, Aid=rows["Aid"].id)
    anna = sign_in("anna")
    typed = {
        "territory": cast.north.id, "people-0-last_name": "Мятлев", "people-0-first_name": "Лев",
        "decided_on": "2026-03-03", "criteria": [factories.by_code(models.Criterion, "2.1.1").id],
    }  # fmt: skip
    data = form_of(page(anna, url)) | typed
    many = isinstance(data.get(name), list)
    answer = anna.post(url, data=data | {name: [*data[name], "987654"] if many else "987654"})
    assert answer.status_code == 200, "stored without a word of what was left out"
    assert "field__error" in answer.text


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("view", own(ADDED), ids=lambda view: view.__name__)
def test_an_empty_form_is_refused_with_words(view, rows, sign_in, page):
    who = sign_in(writer(view))
    page(who, f"{base(view)}/add")
    answer = who.post(f"{base(view)}/add", data={})
    assert answer.status_code == 200
    assert "field__error" in answer.text or "notice--error" in answer.text


@pytest.mark.one_database("test_at_once.py annuls on both")
@pytest.mark.parametrize("view", ANNULLED, ids=lambda view: view.__name__)
def test_a_row_is_annulled_with_a_reason_and_never_deleted(view, rows, sign_in, page):
    anna, entity, key = sign_in("anna"), view.entity, rows[view.entity.__name__].id
    url = f"{base(view)}/annul/{key}"
    data = form_of(page(anna, url))
    assert anna.post(url, data=data | {"reason": ""}).status_code == 200
    assert db.session.get(entity, key).annulled_at is None
    assert anna.post(url, data=data | {"reason": "ошибка ввода"}).status_code == 302
    assert db.session.get(entity, key).annulled_at is not None
    assert f"/{key}?" not in anna.get(f"{base(view)}/list/").text
    again = page(anna, url, 409)
    assert "уже аннулирована" in again.text_content()
    assert "Рябинина Анна" in again.text_content()


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_nothing_is_deleted_and_nothing_reaches_around_the_scope(view, app):
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    for method in ("delete", "download", "action", "action_post"):
        assert f"{view.__name__}.{method}" not in rules


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
def test_every_view_of_an_entity_is_a_registry_view(app):
    """But for the charts: they list no rows of the entity that FAB asks them to name."""
    from flask_appbuilder.baseviews import BaseModelView

    for view in app.appbuilder.baseviews:
        known = isinstance(view, RegistryView | views.charts.Charts)
        assert not isinstance(view, BaseModelView) or known, type(view).__name__


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("view", [view for view, *_rest in views.BANK], ids=lambda view: view.__name__)
def test_a_stranger_gets_404_and_an_empty_list(view, rows, sign_in):
    vera, key = sign_in("vera"), rows[view.entity.__name__].id
    listing = vera.get(f"{base(view)}/list/")
    assert listing.status_code in (200, 403)
    assert "00077" not in listing.text
    assert vera.get(f"{base(view)}/show/{key}").status_code in (404, 403)
    assert vera.post(f"{base(view)}/edit/{key}", data={}).status_code in (404, 403)


def test_the_second_of_two_people_loses_nothing(rows, sign_in, page):
    anna, url = sign_in("anna"), f"/memberregistry/edit/{rows['Member'].id}"
    first = form_of(page(anna, url))
    second = {**form_of(page(anna, url)), "workplace": "школьник"}
    assert anna.post(url, data={**first, "workplace": "ученик"}).status_code == 302
    answer = anna.post(url, data=second)
    assert answer.status_code == 200
    assert "школьник" in answer.text
    assert "ученик" in answer.text
    assert db.session.get(Member, rows["Member"].id).workplace == "ученик"


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
def test_a_refused_form_keeps_what_was_typed(rows, sign_in, page):
    anna, url = sign_in("anna"), f"/memberregistry/edit/{rows['Member'].id}"
    data = {**form_of(page(anna, url)), "born_on": "31.02.2015", "workplace": "детский сад «Ромашка»"}
    answer = anna.post(url, data=data)
    assert answer.status_code == 200
    assert "31.02.2015" in answer.text
    assert "Такого дня в календаре нет" in answer.text
    assert "детский сад «Ромашка»" in answer.text


def test_a_change_is_in_the_journal_with_what_was_and_what_is(rows, sign_in, page):
    anna, key = sign_in("anna"), rows["Member"].id
    url = f"/memberregistry/edit/{key}"
    anna.post(url, data={**form_of(page(anna, url)), "workplace": "школьник"})
    entry = db.session.scalars(
        select(JournalEntry).where(JournalEntry.act == terms.Act.CHANGED, JournalEntry.entity == "Member")
    ).one()
    assert entry.changes == {"workplace": [None, "школьник"]}
    assert (entry.entity_id, entry.family_id, entry.user_name) == (key, rows["Family"].id, "Рябинина Анна")


def test_a_child_is_added_through_the_form_of_the_family(rows, sign_in, page):
    anna, family = sign_in("anna"), rows["Family"]
    data = form_of(page(anna, f"/memberregistry/add?family={family.id}&next=/memberregistry/list/"))
    assert data["family"] == str(family.id)
    data.update(last_name="Ёлкина", first_name="Яна", born_on="2020-02-29", next="/memberregistry/list/")
    answer = anna.post(f"/memberregistry/add?family={family.id}", data=data)
    assert answer.headers["Location"] == "/memberregistry/list/"
    row = db.session.scalars(select(Member).where(Member.first_name == "Яна")).one()
    assert row.born_on == date(2020, 2, 29)
    assert "елкина" in db.session.get(Family, family.id).search_key


def test_a_list_narrows_by_territory_name_and_date(rows, sign_in):
    anna = sign_in("anna")
    north = rows["Family"].territory_id
    assert "00077" in anna.get(f"/familyregistry/list/?_flt_0_territory={north}").text
    assert "00077" not in anna.get("/familyregistry/list/?_flt_0_number=00078").text
    assert "Тимур" in anna.get("/memberregistry/list/?_flt_0_last_name=полоз").text
    assert "Тимур" in anna.get("/memberregistry/list/?_flt_0_born_on=01.05.2015&_flt_1_born_on=31.05.2015").text
    assert "Тимур" not in anna.get("/memberregistry/list/?_flt_0_born_on=01.06.2015").text


def test_a_lookup_gives_only_ones_own_rows(rows, sign_in):
    anna, vera = sign_in("anna"), sign_in("vera")
    found = anna.get("/lookup/Family?q=полоз").get_json()["results"]
    assert [row["id"] for row in found] == [rows["Family"].id]
    assert vera.get("/lookup/Family?q=полоз").get_json()["results"] == []
    assert anna.get("/lookup/Nothing").status_code == 404
    assert sign_in("oleg").get("/lookup/Family").status_code == 404


def test_a_family_of_another_district_is_not_entered(rows, cast, sign_in, page):
    anna, before = sign_in("anna"), db.session.scalar(select(func.count(Family.id)))
    typed = {"territory": str(cast.far.id), "people-0-last_name": "Мятлев", "people-0-first_name": "Лев"}
    assert anna.post("/family/new", data=typed).status_code == 200
    assert db.session.scalar(select(func.count(Family.id))) == before


def test_a_family_is_entered_with_its_people_and_not_by_the_list(rows, sign_in, page):
    anna = sign_in("anna")
    assert anna.get("/familyregistry/add").status_code == 404
    assert anna.post("/familyregistry/add", data={"number": "1"}).status_code == 404
    assert page(anna, "/familyregistry/list/").xpath("//a[@href='/family/new']")


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/ x"])
def test_a_form_returns_to_addresses_of_ours_only(rows, sign_in, page, target):
    anna, url = sign_in("anna"), f"/memberregistry/edit/{rows['Member'].id}"
    answer = anna.post(url, data={**form_of(page(anna, url)), "next": target})
    assert answer.headers["Location"] == f"/family/{rows['Family'].id}"


FIXED = [("Member", "family"), ("Aid", "family"), ("Mentor", "family"), ("Education", "member")]


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize(("entity", "column"), FIXED)
def test_a_crafted_form_does_not_move_a_row_to_another_family(entity, column, rows, cast, sign_in, page):
    other = factories.family(cast.south, number="00078")
    stranger = factories.member(other)
    anna, row = sign_in("anna"), rows[entity]
    before = getattr(row, f"{column}_id")
    url = f"/{entity.lower()}registry/edit/{row.id}"
    data = {**form_of(page(anna, url)), column: str(stranger.id if column == "member" else other.id)}
    assert anna.post(url, data=data).status_code == 302
    assert getattr(db.session.get(type(row), row.id), f"{column}_id") == before


@pytest.mark.one_database("what a form says is decided in Python; the unchanged form is stored on both")
@pytest.mark.parametrize("view", BY_ACT, ids=lambda view: view.__name__)
def test_a_fact_of_an_act_is_neither_added_nor_edited_by_its_list(view, rows, sign_in, page):
    anna, row = sign_in("anna"), rows[view.entity.__name__]
    stored_rows = select(view.entity.__table__).order_by(view.entity.id)
    before = list(db.session.execute(stored_rows))
    typed = {
        "family": row.family_id, "kind": "place", "number": "9", "decided_on": "2026-01-01", "version": row.version,
        "decision": rows["Decision"].id, "registered_on": "2026-01-01",
    }  # fmt: skip
    shown, listed = f"{base(view)}/show/{row.id}", f"{base(view)}/list/"
    for url in (f"{base(view)}/add", f"{base(view)}/edit/{row.id}"):
        assert anna.get(url).status_code == 404
        assert anna.post(url, data=typed).status_code == 404
    for url in (shown, listed):
        assert not page(anna, url).xpath(f"//a[contains(@href, '{base(view)}/add') or contains(@href, '/edit/')]")
    assert list(db.session.execute(stored_rows)) == before
    assert "в списке её не правят" in page(anna, shown).text_content()


def test_decisions_and_stays_are_facts_of_acts():
    assert {view.entity for view in BY_ACT} >= {models.Decision, models.Registration}


# Days of a family's rows that its time line leaves out, and why.
WITHOUT_AN_EVENT = {
    "Assignment.started_on": "who sees the family is said on its page, and is no event of its life",
    "Assignment.ended_on": "the same",
    "SurveyGroup.due_on": "until when a group goes there: the family's page says it beside the group",
    "SurveyGroup.surveyed_on": "the same",
    "Member.born_on": "the card of the member says it",
    "IdentityDocument.issued_on": "the card of the member says it",
    "Education.ended_on": "the next one begins",
    "StayExtension.until": "the day on which it was extended is told, and this one with it",
    "Decision.decided_on": "the stay that it placed is told with it",
    "AgendaItem.until": "the instruction or the next meeting that comes of it is told",
    "Programme.ends_on": "told with the day on which it begins",
    "Stage.ends_on": "the same",
    "Stage.ended_before": "the decision that extended it is told",
    "PlannedMeasure.due_on": "what is to come stands in the plan",
    "WorkingGroupMember.started_on": "who works with the family is said on the page of its programme",
    "WorkingGroupMember.ended_on": "the same",
    "RetentionHold.until": "until when a case is kept is said beside the hold",
    "DestructionItem.due_on": "an act of destruction leaves no story",
    "GoneFamily.of_month": "the board of the month says which book a family was missing from",
    "Instruction.due_on": "told with the day on which the body was told",
}


def test_the_time_line_of_a_family_forgets_no_day(rows):
    """Each day that a row of a family holds is an event; a further entity is named here until its days are told."""
    day, wanted = date(2026, 1, 1), {}
    for row in [row for row in rows.values() if row is not None and getattr(row, "family_id", None)]:
        for column in class_mapper(type(row)).columns:
            if type(column.type) is Date:
                day += timedelta(days=1)
                setattr(row, column.key, day)
                wanted[f"{type(row).__name__}.{column.key}"] = day
    rows["RegistrationCriterion"].ended_by = rows["RegistrationCriterion"].decision
    db.session.flush()
    db.session.expire_all()
    told = {event.day for event in timeline.events(overview.of(rows["Family"], date(2026, 9, 30)))}
    missing = {name for name, day in wanted.items() if day not in told}
    assert missing == set(WITHOUT_AN_EVENT), "tell it in app/readings/timeline.py, or say why it is no event"


CODED = [(view, name) for view in VIEWS for name in view.said if name in view.form_columns and view.addable]


@pytest.mark.one_database("the choices of a field and the rows of the installation, which are the same on both")
@pytest.mark.parametrize(("view", "name"), CODED, ids=lambda each: getattr(each, "__name__", each))
def test_a_code_is_chosen_by_its_words(view, name, sign_in, page):
    """Nobody is asked to know «2.2_other» by heart; and every code that is installed has its words."""
    if "edit" in view.exclude_route_methods:
        pytest.skip("its rows are made by acts")
    rows = list(db.session.scalars(select(view.entity)))
    stored = {getattr(row, name) for row in rows} - {None, ""}
    assert stored <= set(view.said[name]), f"{view.__name__}.said: say what the codes of «{name}» stand for"
    row = next(row for row in rows if getattr(row, name))
    document = page(sign_in("oleg"), f"{base(view)}/edit/{row.id}")
    chosen = document.xpath(f"//select[@name='{name}']/option[@selected]/text()")
    assert chosen == [view.said[name][getattr(row, name)]]
