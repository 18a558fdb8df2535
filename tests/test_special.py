"""Words about health and convictions (152-ФЗ, art. 10) are shown only to whoever holds the permission for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import class_mapper
from werkzeug.routing import AnyConverter

from app import access, clock
from app.domain import terms
from app.domain.survey_acts import SaidOfHeading
from app.extensions import db
from app.models import (
    Aid,
    AidKind,
    FamilyCategory,
    MeasureKind,
    Model,
    PlannedMeasure,
    Supervision,
    SupervisionKind,
    SurveyAct,
    SurveyMark,
    SurveyPerson,
)
from app.services import survey_acts
from tests import factories, scans
from tests.test_registry import is_walked
from tests.test_routes import is_open

pytestmark = pytest.mark.one_database("words are hidden by the scope of a person, which test_access.py lays over both")

SECRETS = (
    "Диспансерное наблюдение психиатра", "Семья с родителем-инвалидом", "тайное примечание", "тайное лечение",
    "тайная помощь",
)  # fmt: skip
ORDINARY = ("Внутришкольный учет", "Многодетная семья")


@pytest.fixture
def family(cast: factories.Cast) -> Any:
    """A family of Anna's that Gleb's body guides, with special and ordinary words, all of them told in the journal."""
    rows = factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))
    of, child = rows["Family"], rows["Member"]
    of.categories = [factories.by_code(FamilyCategory, code) for code in ("1", "16")]
    db.session.flush()
    of.categories = [factories.by_code(FamilyCategory, "16")]
    db.session.flush()
    of.categories = [factories.by_code(FamilyCategory, code) for code in ("1", "16")]
    kind = factories.by_code(SupervisionKind, "psychiatry")
    secret = Supervision(member=child, family=of, kind=kind, started_on=date(2026, 1, 1), note="тайное примечание")
    db.session.add(secret)
    db.session.flush()
    secret.ended_on = date(2026, 6, 1)
    healed = factories.by_code(MeasureKind, "2.16")
    measure = db.session.scalars(select(PlannedMeasure).where(PlannedMeasure.family_id == of.id)).first()
    assert measure is not None
    measure.performer = cast.agency("5.5")
    measure.kind, measure.details = healed, "тайное лечение"
    for number, told in enumerate(({"kind": factories.by_code(AidKind, "3.3")}, {"measure": healed})):
        hidden = Aid(family=of, given_on=date(2026, 2, 1), description=f"тайная помощь {number}", **told)
        db.session.add(hidden)
    db.session.commit()
    return of


def pages(app: Any, family: Any, name: str) -> list[str]:
    """Every address that shows somebody something, of the rows of the family where it asks for one."""
    found = []
    for rule in app.url_map.iter_rules():
        silent = rule.endpoint in ("static", "appbuilder.static", "SignIn.logout")
        if "GET" not in rule.methods or silent or not is_walked(rule.endpoint):
            continue
        if not is_open(app, rule.endpoint, name):
            continue
        values = {name: _sample(name, rule._converters[name]) for name in rule.arguments}
        found.append(app.url_map.bind("localhost").build(rule.endpoint, values, method="GET"))
    journal = [f"/journal/?act={act}" for act in ("created", "changed")]  # refusals fill its first page soon
    return [*found, *journal, f"/family/{family.id}", f"/family/{family.id}/timeline", "/search?q=полозов"]


def _sample(name: str, converter: Any) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    if type(converter).regex == "[0-9]+":
        return 1
    return "Member" if name == "entity" else "Family"


@pytest.mark.parametrize("name", ["gleb", "avgust", "renata", "oleg"])
def test_without_the_permission_no_page_tells_of_them(name, app, family, sign_in):
    browser, addresses = sign_in(name), pages(app, family, name)
    db.session.remove()
    for address in addresses:
        answer = browser.get(address)
        text = scans.told(answer)
        found = [secret for secret in SECRETS if secret in text]
        assert not found, (address, found)


def test_with_the_permission_they_are_told(family, sign_in):
    anna = sign_in("anna")
    page, history = anna.get(f"/family/{family.id}").text, anna.get(f"/family/{family.id}/history").text
    for secret in SECRETS[:2]:
        assert secret in page
        assert secret in history


def test_the_auditor_reads_what_is_not_special(family, sign_in):
    journal = sign_in("avgust").get("/journal/").text
    assert "нужно отдельное право" in journal
    assert "Многодетная семья" in journal


def test_whoever_names_a_special_word_is_known():
    """A table that names a kind of supervision, of aid or of measures, or a category of families is hidden with it, or
    is about no family: a list of links, of words."""
    special = {each.__table__ for each in (SupervisionKind, FamilyCategory, AidKind, MeasureKind)}
    of_no_family = ("family_categories", "measure_set_line")
    hidden = {class_mapper(entity).local_table for entity in access.ordinary()}
    for table in Model.metadata.tables.values():
        if table not in special and any(key.column.table in special for key in table.foreign_keys):
            assert table in hidden or table.name in of_no_family, f"{table.name}: say it in access.ordinary"


# What an act of a survey says of health and of drink

OF_HEALTH, OF_DRINK, OF_FOOD = "бледен, кашляет", "пустые бутылки", "молоко и крупа"


@pytest.fixture
def acts(cast: factories.Cast) -> list[Any]:
    """Two acts of a family that Gleb's body guides, of a group in which he is not."""
    of = factories.family(cast.north, "00078")
    factories.mentor(of, cast.employee("gleb"), date(2026, 1, 1))
    group = factories.survey_group(factories.employee(cast.agency("5.3")), date(2026, 11, 20), of=of)
    found = []
    for visit, level in ((1, "not"), (2, "partly")):
        act = factories.survey_act(group, date(2026, 9, visit), visit=visit)
        said = {"health": OF_HEALTH, "alcohol": OF_DRINK, "food": OF_FOOD}
        for heading, note in said.items():
            db.session.add(SurveyMark(group_id=group.id, act=act, heading=terms.SurveyHeading(heading),
                                      level=terms.SurveyLevel(level), note=note))  # fmt: skip
        child = terms.ParentalRole.CHILD
        db.session.add(SurveyPerson(group_id=group.id, act=act, role=child, last_name="Полозов", first_name="Лев"))
        found.append(act)
    db.session.commit()
    return found


def of_acts(acts: list[Any]) -> list[str]:
    first, second = acts
    [child] = second.persons
    return [
        f"/survey/act/{second.id}", f"/survey/act/{second.id}/compare/{first.id}", f"/survey/act/{second.id}/act.pdf",
        f"/survey/act/{second.id}/child/{child.id}.pdf",
    ]  # fmt: skip


def test_what_an_act_says_of_health_and_drink_is_told_by_the_permission(acts, sign_in):
    gleb, anna = sign_in("gleb"), sign_in("anna")
    for address in of_acts(acts):
        hidden, told = scans.told(gleb.get(address)), scans.told(anna.get(address))
        assert OF_HEALTH in told, address
        assert OF_DRINK in told, address
        assert OF_HEALTH not in hidden, address
        assert OF_DRINK not in hidden, address
        assert "нужно отдельное право" in hidden, address
        assert OF_FOOD in hidden, address


@pytest.mark.parametrize(("name", "finds"), [("gleb", False), ("anna", True)])
def test_nobody_finds_an_act_by_what_is_not_told(name, finds, acts, sign_in):
    browser, base = sign_in(name), "/surveyactregistry/list/?_flt_0_level=not&_flt_0_heading="
    for heading, there in (("health", finds), ("alcohol", finds), ("food", True)):
        assert ("01.09.2026" in browser.get(base + heading).text) is there, heading


def test_whoever_was_in_the_home_reads_and_corrects_what_the_group_wrote_of_it(acts, cast, sign_in):
    act = acts[1]
    act.group.employees.append(cast.employee("gleb"))
    gleb = sign_in("gleb")
    assert OF_HEALTH in gleb.get(f"/survey/act/{act.id}").text
    assert gleb.post(f"/survey/act/{act.id}/correct", data={"reason": "Описка."}).status_code == 302
    assert OF_HEALTH in gleb.get(f"/survey/{act.group_id}/act").text


def test_what_is_not_told_to_whoever_writes_an_act_stays_in_it(acts, cast):
    act = acts[1]
    keeper = access.Scope(today=clock.today(), territories=frozenset({cast.north.id}),
                          kept=frozenset({cast.north.id}), user_name="Анна")  # fmt: skip
    with access.acting_as(keeper):
        copy = survey_acts.correct(db.session.get(SurveyAct, act.id, populate_existing=True), "Описка.")
        food = {terms.SurveyHeading.FOOD: SaidOfHeading(terms.SurveyLevel.FULL, None)}
        said = {name: getattr(copy, name) for name in survey_acts.OWN}
        over = survey_acts.Over(copy.id, copy.version)
        survey_acts.save(copy.group, survey_acts.TypedAct(**said, persons=[], marks=food), over=over,
                         today=clock.today())  # fmt: skip
    db.session.expire_all()
    rows = db.session.scalars(select(SurveyMark).where(SurveyMark.act_id == copy.id))
    marks = {mark.heading.value: mark for mark in rows}
    assert (marks["health"].note, marks["alcohol"].note) == (OF_HEALTH, OF_DRINK)
    assert (marks["food"].level, marks["food"].note) == (terms.SurveyLevel.FULL, None)
