"""The act of a survey: begun with what is known, kept unsigned, signed by the leader, corrected by an edition."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select

from app.domain import terms
from app.domain.terms import CardState, SurveyAccess, SurveyHeading, SurveyLevel
from app.extensions import db
from app.models import CardStep, Draft, SurveyAct, SurveyGroup, SurveyPerson
from app.services import signals
from tests import factories

pytestmark = pytest.mark.one_database("pages and refusals; the acts behind them: tests/services, on both databases")

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)  # 12:30 by the municipality's clock
LONG = "я" * 20_000


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("app.clock.now", lambda: NOW)


@pytest.fixture
def vera(cast: factories.Cast) -> Any:
    """Who goes along with Gleb, who leads."""
    return cast.employee("vera")


@pytest.fixture
def group(cast: factories.Cast, vera: Any) -> SurveyGroup:
    """A group that Gleb leads, named for a card of the north."""
    card = factories.signal_card(
        cast.north, cast.agency("5.3"), [{"name": "Лев", "age": 7}, {"born_on": date(2021, 3, 2)}],
        last_name="Мятлева", first_name="Нина", address="п. Северный, ул. Речная, д. 7", mobile_phone="8 900 000-11-22",
        detected_at=datetime(2026, 11, 10, 8, tzinfo=UTC), received_at=NOW,
    )  # fmt: skip
    return factories.survey_group(cast.employee("gleb"), date(2026, 11, 20), card=card, others=[vera])


def typed(**values: Any) -> dict[str, Any]:
    """What a group writes of a visit that took place."""
    marks = {f"{one.value}_level": "full" for one in SurveyHeading}
    return {
        "persons-0-last_name": "Мятлева", "persons-0-first_name": "Нина", "persons-0-role": "mother",
        "persons-0-born_on": "05.06.1990", "persons-0-sex": "f", "persons-0-occupation": "не работает",
        "persons-1-last_name": "Мятлев", "persons-1-first_name": "Лев", "persons-1-role": "child",
        "persons-1-born_on": "01.02.2019", "actual_address": "п. Северный, ул. Речная, д. 7", "phones": "8 900 1",
        "income": "Пособие", "visited_on": "15.11.2026", "access": "took_place", "present": "Соседка",
        **marks, "food_level": "partly", "food_note": "Запас на два дня", "alcohol_level": "not", "threat": "exists",
        "conclusion": "Нужна помощь.", "proposals": "Оформить пособие.", "further": "Отец в отъезде.", **values,
    }  # fmt: skip


def url(group: SurveyGroup) -> str:
    return f"/survey/{group.id}/act"


def acts() -> list[SurveyAct]:
    db.session.rollback()
    return list(db.session.scalars(select(SurveyAct).order_by(SurveyAct.id)))


def faults(answer: Any) -> dict[str, str]:
    """What is said above the form, by the fields it points at."""
    lines = lxml.html.fromstring(answer.text).xpath("//*[@data-errors]//li")
    return {(line.xpath("string(a/@href)") or "#")[1:]: line.text_content() for line in lines}


def typed_in(document: Any) -> dict[str, str]:
    """What stands in the fields of the form of an act."""
    form = next(form for form in document.forms if "act-form" in form.get("class", ""))
    return {name: (value or "").lstrip("\n") for name, value in form.fields.items() if isinstance(value, str | None)}


def over(act: SurveyAct) -> dict[str, str]:
    return {"act": str(act.id), "version": str(act.version)}


def test_an_act_begins_with_what_the_card_tells(app, cast, group, sign_in, page):
    fields = typed_in(page(sign_in("gleb"), url(group)))
    assert (fields["persons-0-last_name"], fields["persons-0-first_name"]) == ("Мятлева", "Нина")
    assert (fields["persons-1-last_name"], fields["persons-1-first_name"], fields["persons-1-role"]) == (
        "Мятлева", "Лев", "child")  # fmt: skip
    assert fields["persons-1-note"] == "7 лет"
    assert fields["persons-2-born_on"] == "02.03.2021"
    assert (fields["actual_address"], fields["phones"]) == ("п. Северный, ул. Речная, д. 7", "8 900 000-11-22")
    assert fields["visited_on"] == "16.11.2026"


def test_an_act_of_a_family_that_is_not_ones_own_begins_with_its_members(app, cast, vera, sign_in, page):
    family = factories.family(cast.north, actual_address="п. Северный, д. 1", income_source="пенсия")
    child = factories.member(family, last_name="Полозов", first_name="Ян")
    factories.member(family, "мать", date(1990, 1, 1), "Полозова", "Инна", None)
    factories.education(child, date(2026, 9, 1), organisation="Школа № 1", grade="4 класс")
    group = factories.survey_group(cast.employee("gleb"), date(2026, 11, 20), of=family, others=[vera])
    gleb = sign_in("gleb")
    assert gleb.get(f"/family/{family.id}").status_code == 404
    fields = typed_in(page(gleb, url(group)))
    assert (fields["persons-0-first_name"], fields["persons-0-role"]) == ("Инна", "mother")
    assert (fields["persons-1-first_name"], fields["persons-1-occupation"]) == ("Ян", "Школа № 1, 4 класс")
    assert (fields["actual_address"], fields["income"]) == ("п. Северный, д. 1", "пенсия")


def test_an_act_is_kept_by_anyone_of_the_group_and_signed_by_its_leader(app, cast, group, sign_in, page):
    vera, gleb = sign_in("vera"), sign_in("gleb")
    said = vera.post(url(group), data=typed(), follow_redirects=True)
    assert "Акт сохранён. Он ещё не подписан." in said.text
    [act] = acts()
    assert (act.visited_on, act.access, act.threat) == (
        date(2026, 11, 15), SurveyAccess.TOOK_PLACE, terms.Threat.EXISTS)  # fmt: skip
    assert {mark.heading: mark.level for mark in act.marks}[SurveyHeading.FOOD] is SurveyLevel.PARTLY
    assert [str(one) for one in act.composition] == ["Мятлева Нина", "Мятлев Лев"]
    assert (act.signed_at, act.group.surveyed_on, act.group.card.surveyed_on) == (None, None, None)
    refused = vera.post(url(group), data=typed(**over(act), sign="1"))
    assert "Акт подписывает руководитель группы" in refused.text
    fields = typed_in(page(gleb, url(group)))
    assert (fields["food_level"], fields["food_note"]) == ("partly", "Запас на два дня")
    assert (fields["persons-1-first_name"], fields["conclusion"]) == ("Лев", "Нужна помощь.")
    done = gleb.post(url(group), data={**typed(proposals="Ещё одно."), **over(act), "sign": "1"}, follow_redirects=True)
    assert "Акт подписан." in done.text
    assert "злоупотребляют" in done.text
    [act] = acts()
    assert (act.is_current, act.signer_id, act.signed_for) == (True, cast.employee("gleb").id, None)
    assert (act.proposals, len(act.persons)) == ("Ещё одно.", 4)  # rows came without their keys: written anew
    assert [str(one) for one in act.composition] == ["Мятлева Нина", "Мятлев Лев"]
    card = act.group.card
    assert act.group.surveyed_on == card.surveyed_on == date(2026, 11, 15)
    assert signals.state(card) is CardState.SURVEYED
    steps = db.session.scalars(select(CardStep).where(CardStep.card_id == card.id)).all()
    assert [(step.kind, step.note) for step in steps] == [(terms.CardStepKind.SURVEYED, "Выход 15.11.2026")]


def test_a_coordinator_enters_the_leaders_signature_from_paper_and_says_so(app, cast, group, sign_in):
    anna = sign_in("anna")
    done = anna.post(url(group), data=typed(sign="1"), follow_redirects=True)
    assert "в банк подпись внёс(ла): Рябинина Анна" in " ".join(done.text.split())
    [act] = acts()
    assert (act.signer_id, act.signed_for) == (cast.employee("gleb").id, "Рябинина Анна")


@pytest.mark.parametrize("access", ["nobody", "refused"])
def test_a_closed_door_is_an_act_without_headings(app, cast, group, sign_in, access):
    said = {"visited_on": "15.11.2026", "access": access, "persons-0-last_name": "Мятлева", "sign": "1"}
    assert sign_in("gleb").post(url(group), data=said).status_code == 302
    [act] = acts()
    assert (act.is_current, act.group.surveyed_on, act.group.card.surveyed_on) == (True, None, None)


def test_a_correction_is_an_edition_and_a_further_visit_has_its_own_act(app, cast, group, sign_in):
    gleb = sign_in("gleb")
    gleb.post(url(group), data=typed(sign="1"))
    [first] = acts()
    assert gleb.post(f"/survey/act/{first.id}/correct", data={"reason": ""}).status_code == 200
    answer = gleb.post(f"/survey/act/{first.id}/correct", data={"reason": "Описка"}, follow_redirects=True)
    assert "Новая редакция начата" in answer.text
    first, copy = acts()
    assert (copy.visit, copy.edition, copy.reason, copy.is_current) == (1, 2, "Описка", False)
    assert first.is_current
    assert len(copy.marks) == 15
    again = gleb.post(f"/survey/act/{first.id}/correct", data={"reason": "Ещё"})
    assert "есть неподписанный акт" in again.text
    rows = {f"persons-{place}-row": str(one.id) for place, one in enumerate(copy.composition)}
    gleb.post(url(group), data={**typed(visited_on="14.11.2026", sign="1"), **over(copy), **rows})
    first, copy = acts()
    assert (first.is_current, copy.is_current, len(copy.persons)) == (False, True, 2)
    assert copy.group.surveyed_on == copy.group.card.surveyed_on == date(2026, 11, 14)
    gleb.post(url(group), data=typed(visited_on="16.11.2026", food_level="full", alcohol_level="partly", sign="1"))
    *_, second = acts()
    assert (second.visit, second.edition, second.group.surveyed_on) == (2, 1, date(2026, 11, 14))
    text = " ".join(gleb.get(f"/survey/act/{second.id}/compare/{copy.id}").text.split())
    assert "лучше: 2, без изменений: 14" in text
    assert gleb.get(f"/survey/act/{second.id}/compare/{first.id}").status_code == 404  # an edition that is not in force


def test_an_unsigned_act_is_taken_out_with_a_reason_and_a_signed_one_is_not(app, cast, group, sign_in):
    gleb = sign_in("gleb")
    gleb.post(url(group), data=typed())
    [act] = acts()
    gleb.post(f"/survey/act/{act.id}/drop", data={"reason": "Не та семья"})
    assert acts()[0].annul_reason == "Не та семья"
    gleb.post(url(group), data=typed(sign="1"))
    _dropped, act = acts()
    assert act.visit == 2
    assert "Акт уже подписан" in gleb.post(f"/survey/act/{act.id}/drop", data={"reason": "Не та"}).text


WRONG = {
    "tomorrow": ({"visited_on": "17.11.2026"}, "visited_on"),
    "before the card": ({"visited_on": "09.11.2026"}, "visited_on"),
    "no day": ({"visited_on": ""}, "visited_on"),
    "no access": ({"access": ""}, "access"),
    "a birth to come": ({"persons-1-born_on": "17.11.2026"}, "persons-1-born_on"),
    "born after the visit": ({"persons-1-born_on": "16.11.2026"}, "persons-1-born_on"),
    "nobody": ({"persons-1-last_name": "", "persons-1-first_name": ""}, "persons-1-last_name"),
    "a name of figures": ({"persons-1-last_name": "12"}, "persons-1-last_name"),
    "a text too long": ({"conclusion": LONG + "я"}, "conclusion"),
    "a level that is none": ({"food_level": "dreadful"}, "food_level"),
    "not whole": ({"sign": "1", "fire_level": ""}, "fire_level"),
    "no conclusion": ({"sign": "1", "conclusion": ""}, "conclusion"),
    "no threat": ({"sign": "1", "threat": None}, "threat"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.one_database("the form is refused before a statement is asked")
def test_what_is_wrong_is_said_beside_its_field_and_all_is_kept(name, app, cast, group, sign_in):
    values, field = WRONG[name]
    data = {key: value for key, value in typed(**values).items() if value is not None}
    answer = sign_in("gleb").post(url(group), data=data)
    assert answer.status_code == 200
    assert list(faults(answer)) == [field], faults(answer)
    assert "Запас на два дня" in answer.text
    assert acts() == []


def test_a_heading_that_nobody_looked_at_is_signed_with_a_word_why(app, cast, group, sign_in):
    said = typed(sign="1", fire_level="", fire_note="Темно")
    assert sign_in("gleb").post(url(group), data=said).status_code == 302


def test_texts_of_twenty_thousand_characters_and_twenty_people_are_kept(app, cast, group, sign_in):
    people = {f"persons-{place}-last_name": "Мятлев" for place in range(20)}
    answer = sign_in("gleb").post(url(group), data=typed(conclusion=LONG, further=LONG, **people))
    assert answer.status_code == 302
    [act] = acts()
    assert (act.conclusion, len(act.composition)) == (LONG, 20)
    people["persons-20-last_name"] = "Мятлев"
    answer = sign_in("gleb").post(url(group), data=typed(**over(act), **people))
    assert "не больше 20 человек" in answer.text


def test_a_person_is_taken_out_and_the_row_stays_in_the_history(app, cast, group, sign_in):
    gleb = sign_in("gleb")
    gleb.post(url(group), data=typed())
    [act] = acts()
    rows = {f"persons-{place}-row": str(one.id) for place, one in enumerate(act.composition)}
    gleb.post(url(group), data={**typed(**{"persons-1-gone": "y"}), **over(act), **rows})
    [act] = acts()
    assert [str(one) for one in act.composition] == ["Мятлева Нина"]
    assert [bool(one.annulled_at) for one in act.persons] == [False, True]


def test_the_second_of_two_who_write_one_act_is_told_and_loses_nothing(app, cast, group, sign_in):
    vera, gleb = sign_in("vera"), sign_in("gleb")
    gleb.post(url(group), data=typed(proposals="От Глеба."))
    answer = vera.post(url(group), data=typed(proposals="От Веры."))
    assert "Акт этого обследования уже начат" in answer.text
    assert "Сейчас в банке: От Глеба." in answer.text
    assert "От Веры." in answer.text
    [act] = acts()
    fields, stale = typed_in(lxml.html.fromstring(answer.text)), over(act)
    assert {name: fields[name] for name in stale} == stale
    vera.post(url(group), data=typed(proposals="От Веры.", **over(act)))
    assert acts()[0].proposals == "От Веры."
    answer = gleb.post(url(group), data=typed(proposals="Снова Глеб.", **stale))
    assert "Пока вы писали, акт сохранил другой человек" in answer.text


def test_what_was_typed_over_an_act_that_is_signed_meanwhile_is_no_next_visit(app, cast, group, sign_in):
    vera, gleb = sign_in("vera"), sign_in("gleb")
    gleb.post(url(group), data=typed())
    [act] = acts()
    gleb.post(url(group), data=typed(sign="1", **over(act)))
    for _time in range(2):
        answer = vera.post(url(group), data=typed(proposals="Позже.", **over(act)))
        assert "уже подписан" in answer.text
        assert "Позже." in answer.text
    assert len(acts()) == 1


def test_two_forms_of_one_visit_make_one_act_though_the_first_is_signed_meanwhile(app, cast, group, sign_in, page):
    gleb = sign_in("gleb")
    visit = typed_in(page(gleb, url(group)))["visit"]
    assert visit == "1"
    gleb.post(url(group), data=typed(sign="1", visit=visit))
    assert "уже подписан" in gleb.post(url(group), data=typed(sign="1", visit=visit, further="Ещё")).text
    assert len(acts()) == 1


def test_nobody_else_writes_an_act_and_a_survey_that_was_called_off_has_none(app, cast, group, sign_in):
    assert sign_in("boris").get(url(group)).status_code == 404
    assert sign_in("galina").post(url(group), data=typed()).status_code == 404
    group.annulled_at, group.annul_reason = NOW, "Переехали"
    db.session.commit()
    assert sign_in("gleb").get(url(group)).status_code == 404
    anna = sign_in("anna")
    assert "Это обследование отменено." in anna.get(url(group), follow_redirects=True).text
    anna.post(url(group), data=typed())
    assert acts() == []


def test_a_draft_of_an_act_is_offered_on_its_survey_and_goes_with_the_act(app, cast, group, sign_in, page):
    gleb = sign_in("gleb")
    user_id = cast.user("gleb").id
    words = {"survey": [str(group.id)], "act": [""], "version": [""], "persons-0-last_name": ["Мятлева"],
             "food_note": ["Пусто"], "access": ["took_place"], "food_level": ["not"]}  # fmt: skip
    draft = Draft(user_id=user_id, kind="act", key="k" * 24, words=words)
    db.session.add(draft)
    db.session.commit()
    key = draft.id
    assert "Мятлева" in page(gleb, url(group)).find_class("draft-notice")[0].text_content()
    answer = gleb.get(f"{url(group)}?draft={key}")
    fields = typed_in(lxml.html.fromstring(answer.text))
    assert (fields["food_note"], fields["food_level"], fields["draft"]) == ("Пусто", "not", "k" * 24)
    assert "Этого черновика больше нет" in sign_in("vera").get(f"{url(group)}?draft={key}", follow_redirects=True).text
    assert gleb.post(url(group), data=typed(draft="k" * 24)).status_code == 302
    db.session.rollback()
    assert db.session.scalars(select(Draft).where(Draft.sent_at.is_(None))).all() == []
    assert "Этого черновика больше нет" in gleb.get(f"{url(group)}?draft={key}", follow_redirects=True).text


def test_the_list_finds_acts_by_heading_and_level_and_makes_a_workbook(app, cast, group, sign_in, page):
    gleb, anna = sign_in("gleb"), sign_in("anna")
    gleb.post(url(group), data=typed(sign="1"))
    base = "/surveyactregistry/list/"
    for asked, there in (("", True), ("?_flt_0_heading=food&_flt_0_level=partly", True), ("?_flt_0_level=not", True),
                         ("?_flt_0_heading=food&_flt_0_level=not", False), ("?_flt_0_last_name=мятл", True),
                         ("?_flt_0_state=open", False), ("?_flt_0_access=refused", False),
                         ("?_flt_0_heading=sleep", True), ("?_flt_0_threat=exists", True)):  # fmt: skip
        text = page(anna, base + asked).xpath("string(//main//table)")
        assert ("Мятлева" in text) is there, asked
    assert anna.get(f"{base}?_flt_0_level=bad").status_code == 400
    assert anna.get("/surveyactregistry/xlsx").data[:2] == b"PK"
    assert "Мятлева" not in sign_in("galina").get(base).text
    assert db.session.scalar(select(SurveyPerson.id).limit(1)) is not None


def test_the_history_of_a_family_tells_of_its_card_its_survey_and_every_edition_of_its_act(app, cast, group, sign_in,
                                                                                           page):  # fmt: skip
    """Also of what was done before the family was in the bank; of nobody else's."""
    family, other = factories.family(cast.north), factories.family(cast.north)
    beside = factories.survey_group(cast.employee("gleb"), date(2026, 11, 20), of=other)
    gleb, anna = sign_in("gleb"), sign_in("anna")
    gleb.post(url(group), data=typed())
    gleb.post(url(group), data=typed(sign="1", **over(acts()[0])))
    gleb.post(f"/survey/act/{acts()[0].id}/correct", data={"reason": "Описка в адресе."})
    gleb.post(url(beside), data=typed(conclusion="Другая семья."))
    group.card.family, group.family = family, family
    db.session.commit()

    def told(of: Any, show: str = "") -> str:
        return " ".join(page(anna, f"/family/{of.id}/history{show}").xpath("string(//main//table)").split())

    changes = told(family)
    assert all(said in changes for said in ("Сигнальная карта: № ", "Обследование: Обследование № ", "Нужна помощь.",
                                            "Описка в адресе.", "Подписан", "Осинцев Глеб"))  # fmt: skip
    assert "Другая семья." not in changes
    assert "Другая семья." in told(other)
    assert "Нужна помощь." not in told(other)
    assert "просмотр" in told(family, "?show=reads")


def test_the_page_of_a_family_shows_its_surveys_what_became_of_it_and_when(app, cast, sign_in, page):
    family = factories.family(cast.north)
    factories.member(family)
    group = factories.survey_group(cast.employee("gleb"), date(2026, 11, 20), of=family)
    factories.survey_act(group, date(2026, 9, 1), {"food": "not", "sleep": "full", "debt": "partly"})
    factories.survey_act(group, date(2026, 11, 1), {"food": "full", "sleep": "partly", "debt": "partly"}, visit=2,
                         threat=terms.Threat.IMMEDIATE)  # fmt: skip
    factories.survey_act(group, date(2026, 11, 2), visit=3, signed=False)
    db.session.commit()
    document = page(sign_in("anna"), f"/family/{family.id}")
    section = " ".join(document.get_element_by_id("surveys").text_content().split())
    assert "Акт обследования 01.11.2026" in section
    assert "02.11.2026" not in section
    assert "лучше: 1, хуже: 1, без изменений: 1" in section
    told = " ".join(document.get_element_by_id("timeline").text_content().split())
    assert "Обследование: обследование проведено" in told
    assert "Угроза жизни и здоровью: непосредственная" in told


def test_a_family_is_entered_from_what_its_group_found(app, cast, group, sign_in, page):
    sign_in("gleb").post(url(group), data=typed(sign="1"))
    document = page(sign_in("anna"), f"/family/new?card={group.card_id}")
    fields = next(form for form in document.forms if "people-0-last_name" in form.fields).fields
    assert (fields["people-0-first_name"], fields["people-0-born_on"], fields["people-0-sex"]) == (
        "Нина", "05.06.1990", "f")  # fmt: skip
    assert fields["people-0-workplace"] == "не работает"
    assert (fields["people-1-first_name"], fields["people-1-born_on"]) == ("Лев", "01.02.2019")
    assert fields["actual_address"].strip() == "п. Северный, ул. Речная, д. 7"
    assert "8 900 1" in fields["additional"]
