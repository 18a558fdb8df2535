"""The form of a signal card: sent once, to somebody who opens it; refused in words, with all that was typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import func, select

from app.clock import in_utc
from app.domain import terms
from app.extensions import db
from app.models import CardChild, CardStep, Criterion, Draft, HomeTerritory, LawReminder, SignalCard
from tests import factories

pytestmark = pytest.mark.one_database("what a form says; its acts are done at once on Postgres (test_at_once.py)")

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)  # 12:30 by the municipality's clock
LONG = "я" * 20_000


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("app.clock.now", lambda: NOW)


def typed(cast: factories.Cast, **values: Any) -> dict[str, Any]:
    """What a specialist types of a family with two children."""
    return {
        "last_name": "Мятлева", "first_name": "Нина", "address": "п. Северный, ул. Речная, д. 7",
        "detected_on": "16.11.2026", "detected_time": "11:40", "description": "Ребёнок пришёл без тёплой одежды.",
        "threat": "exists", "territory": str(cast.north.id), "children-0-name": "Мятлев Лев", "children-0-age": "7",
        "children-1-born_on": "02.03.2021", "middle_name": "Олеговна", "born_on": "05.06.1990",
        "mobile_phone": "8 (900) 000-11-22, вечером", "home_phone": "2-33-44", "children_study": "1",
        "parents_drink": "0", "live_together": "", "detected_during": "lessons", "measures": "Позвонили матери.",
        "criteria": [str(factories.by_code(Criterion, "2.1.1").id)], **values,
    }  # fmt: skip


def cards() -> list[SignalCard]:
    db.session.rollback()
    return list(db.session.scalars(select(SignalCard).order_by(SignalCard.id)))


def faults(answer: Any) -> dict[str, str]:
    """What is said above the form, by the fields it points at."""
    document = lxml.html.fromstring(answer.text)
    said = document.xpath("//*[@data-errors]//li")
    return {(line.xpath("string(a/@href)") or "#")[1:]: line.text_content() for line in said}


def test_a_card_says_all_that_was_typed_and_who_tells(app, cast, sign_in):
    gleb = sign_in("gleb")
    answer = gleb.post("/signal/new", data=typed(cast), follow_redirects=True)
    assert "Карта направлена координатору" in answer.text
    assert "Рябинина Анна" in answer.text
    assert "Мятлева" not in answer.text
    [card] = cards()
    employee = cast.employee("gleb")
    assert (card.source, card.agency_id, card.employee_id) == (
        terms.SignalSource.AGENCY,
        employee.agency_id,
        employee.id,
    )
    assert (card.full_name, card.born_on) == ("Мятлева Нина Олеговна", date(1990, 6, 5))
    assert (card.mobile_phone, card.home_phone) == ("8 (900) 000-11-22, вечером", "2-33-44")
    assert (card.children_study, card.parents_drink, card.live_together) == (True, False, None)
    assert (card.detected_during, card.threat) == (terms.DetectedDuring.LESSONS, terms.Threat.EXISTS)
    assert (card.measures, [row.code for row in card.criteria]) == ("Позвонили матери.", ["2.1.1"])
    assert in_utc(card.detected_at) == datetime(2026, 11, 16, 8, 40, tzinfo=UTC)
    assert (card.territory, card.district, card.number) == (cast.north, cast.district, 1)
    assert [(row.name, row.born_on, row.age) for row in card.children] == [
        ("Мятлев Лев", None, 7), (None, date(2021, 3, 2), None)]  # fmt: skip
    assert f"/signal/{card.id}" in answer.text


def test_the_form_is_short_and_has_the_right_keyboards(app, cast, sign_in, page):
    document = page(sign_in("gleb"), "/signal/new")
    assert document.get_element_by_id("detected_on").value == "16.11.2026"
    assert document.get_element_by_id("detected_time").value == "12:30"
    assert document.get_element_by_id("territory").value == str(cast.district.id)
    assert document.get_element_by_id("mobile_phone").get("type") == "tel"
    assert [field.get("type") for field in document.xpath("//input[@name='threat']")] == ["radio"] * 3
    assert not document.xpath("//input[@name='threat'][@checked]")
    assert all(fold.get("open") is None for fold in document.xpath("//main//details"))
    assert not document.xpath("//*[@name='source' or @name='informant' or @name='sent_on']")
    said = document.text_content()
    assert "Осинцев Глеб" in said
    assert "5.35" in said
    assert "без диагноза" not in said


def test_the_administrator_says_what_the_form_reminds_its_sender_of(app, cast, sign_in, page):
    def shown() -> list[str]:
        return [line.text_content() for line in page(sign_in("gleb"), "/signal/new").find_class("reminders")[0]]

    said = " ".join(shown())
    assert all(word in said for word in ("112", "статьи 9 Федерального закона № 120-ФЗ", "конфиденциальны", "5.35"))
    row, oleg = factories.by_code(LawReminder, "facts"), sign_in("oleg")
    form = {"name": "Кто сообщил – не пишите.", "code": "facts", "position": "9", "version": str(row.version)}
    assert oleg.post(f"/lawreminderregistry/edit/{row.id}", data=form).status_code == 302
    assert shown()[-1] == "Кто сообщил – не пишите."
    for row in db.session.scalars(select(LawReminder)).all():
        row.retired = True
    assert not page(sign_in("gleb"), "/signal/new").find_class("reminders")
    assert sign_in("anna").get(f"/lawreminderregistry/edit/{row.id}").status_code == 403


@pytest.mark.parametrize("said", ["11.40", "1140", "11 40", " 11:40 "])
def test_a_time_is_read_as_people_write_it(app, cast, sign_in, said):
    sign_in("gleb").post("/signal/new", data=typed(cast, detected_time=said))
    assert [in_utc(card.detected_at).hour for card in cards()] == [8]


def test_a_body_of_health_care_is_told_to_name_no_diagnosis(app, cast, sign_in, page):
    cast.employee("gleb").agency = cast.agency("5.5")
    assert "без диагноза" in page(sign_in("gleb"), "/signal/new").text_content()


WRONG = {
    "no name": ({"last_name": ""}, "last_name"),
    "no threat": ({"threat": ""}, "threat"),
    "a threat that is none": ({"threat": "dreadful"}, "threat"),
    "no description": ({"description": " "}, "description"),
    "a description too long": ({"description": LONG + "я"}, "description"),
    "a birth to come": ({"born_on": "01.01.2027"}, "born_on"),
    "no day": ({"detected_on": "31.02.2026"}, "detected_on"),
    "no time": ({"detected_time": "25:70"}, "detected_time"),
    "detected later than now": ({"detected_time": "12:31"}, "detected_time"),
    "detected tomorrow": ({"detected_on": "17.11.2026"}, "detected_time"),
    "detected before the birth": ({"children-1-born_on": "16.11.2026", "detected_on": "15.11.2026"},
                                  "children-1-born_on"),
    "a child to come": ({"children-1-born_on": "17.11.2026"}, "children-1-born_on"),
    "a child of age": ({"children-0-age": "18"}, "children-0-age"),
    "an age in words": ({"children-0-age": "семь"}, "children-0-age"),
    "nowhere": ({"territory": ""}, "territory"),
    "a place that is none": ({"territory": "987654"}, "territory"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_refusal_stands_at_its_field_and_keeps_all_that_was_typed(app, cast, sign_in, case):
    changed, field = WRONG[case]
    sent = typed(cast, **changed)
    answer = sign_in("gleb").post("/signal/new", data=sent)
    assert answer.status_code == 200
    assert cards() == []
    assert field in faults(answer)
    document = lxml.html.fromstring(answer.text)
    assert all(fold.get("open") is not None for fold in document.get_element_by_id(field).xpath("ancestor::details"))
    form = document.xpath("//form[@data-draft]")[0]
    kept = {name: value.removeprefix("\n") for name, value in form.form_values()}
    for name, value in sent.items():
        if isinstance(value, str) and value and name not in (field, "threat"):
            assert kept.get(name, "") == value, name
    assert kept["criteria"] == sent["criteria"][0]


def test_a_child_born_on_the_day_of_detection_is_no_contradiction_at_night(app, cast, sign_in):
    """An hour after midnight here is the day before by Greenwich."""
    answer = sign_in("gleb").post("/signal/new", data=typed(
        cast, detected_time="01:10", **{"children-1-born_on": "16.11.2026"}))  # fmt: skip
    assert answer.status_code == 302


def test_a_text_of_twenty_thousand_characters_is_taken(app, cast, sign_in):
    sign_in("gleb").post("/signal/new", data=typed(cast, description=LONG, measures=LONG))
    assert [(len(card.description), len(card.measures)) for card in cards()] == [(20_000, 20_000)]


def test_twenty_children_are_taken_and_one_more_is_refused(app, cast, sign_in):
    rows = {f"children-{number}-name": f"Мятлев {number}" for number in range(21)}
    gleb = sign_in("gleb")
    answer = gleb.post("/signal/new", data=typed(cast, **rows))
    assert "не больше 20 детей" in faults(answer)[""]
    assert 'value="Мятлев 20"' in answer.text
    rows.pop("children-20-name")
    assert gleb.post("/signal/new", data=typed(cast, **rows)).status_code == 302
    assert db.session.scalar(select(func.count(CardChild.id))) == 20


def test_one_more_row_without_a_script_loses_nothing(app, cast, sign_in):
    answer = sign_in("gleb").post("/signal/new", data=typed(cast, more="1", last_name=""))
    assert faults(answer) == {}
    document = lxml.html.fromstring(answer.text)
    assert document.get_element_by_id("children-0-name").value == "Мятлев Лев"
    assert document.get_element_by_id("children-2-name").value in (None, "")
    assert document.get_element_by_id("card-children").get("open") is not None


def test_rows_end_at_the_twentieth_child(app, cast, sign_in):
    rows = {f"children-{number}-age": "1" for number in range(20)}
    document = lxml.html.fromstring(sign_in("gleb").post("/signal/new", data=typed(cast, more="1", **rows)).text)
    assert not document.xpath("//main//form//input[@name='children-20-name']")
    assert document.xpath("//button[@name='more']")[0].get("hidden") is not None


def test_the_same_card_of_two_windows_is_sent_once_and_the_second_hears_its_number(app, cast, sign_in):
    gleb = sign_in("gleb")
    assert gleb.post("/signal/new", data=typed(cast)).status_code == 302
    answer = gleb.post("/signal/new", data=typed(cast))
    assert "уже направлена: № 1/2026" in faults(answer)[""]
    assert len(cards()) == 1


def test_a_card_sent_on_is_known_to_be_the_same_though_it_is_not_seen_any_more(app, cast, sign_in):
    anna = sign_in("anna")
    told = typed(cast, territory=str(cast.far.id), source="anonymous")
    assert anna.post("/signal/new", data=told).status_code == 302
    assert "уже направлена" in faults(anna.post("/signal/new", data=told))[""]
    assert len(cards()) == 1


def test_a_click_too_many_sends_once(app, cast, sign_in):
    gleb = sign_in("gleb")
    told = typed(cast, form_key="k" * 24)
    first, second = (gleb.post("/signal/new", data=told) for _time in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert len(cards()) == 1


def test_any_territory_of_the_bank_may_be_chosen(app, cast, sign_in, page):
    gleb = sign_in("gleb")
    options = page(gleb, "/signal/new").xpath("//select[@name='territory']/option")
    assert "Дальнее сельское поселение" in {option.text_content().strip() for option in options}
    answer = gleb.post("/signal/new", data=typed(cast, territory=str(cast.far.id)), follow_redirects=True)
    assert "Ивова Галина" in answer.text
    assert [card.territory for card in cards()] == [cast.far]


def test_where_nobody_opens_cards_another_territory_is_offered(app, cast, sign_in, page):
    wild = factories.territory("Ничейный район", terms.TerritoryKind.DISTRICT, cast.root)
    gleb, sent = sign_in("gleb"), typed(cast, territory=str(wild.id))
    options = page(gleb, "/signal/new").xpath(f"//select[@name='territory']/option[@value='{wild.id}']")
    assert options[0].text_content().strip() == "Ничейный район – нет координатора"
    answer = gleb.post("/signal/new", data=sent)
    assert "нет координатора" in faults(answer)["territory"]
    offered = {button.get("value") for button in lxml.html.fromstring(answer.text).xpath("//button[@name='instead']")}
    assert offered == {str(cast.district.id), str(cast.other_district.id)}
    assert cards() == []
    gleb.post("/signal/new", data=sent | {"instead": str(cast.other_district.id)})
    assert [card.territory for card in cards()] == [cast.other_district]


def test_a_part_of_the_district_is_offered_first(app, cast, sign_in):
    for row in db.session.scalars(select(HomeTerritory)):
        if row.territory_id == cast.district.id:
            row.territory_id = cast.south.id
    answer = sign_in("gleb").post("/signal/new", data=typed(cast, territory=str(cast.north.id)))
    offered = [button.get("value") for button in lxml.html.fromstring(answer.text).xpath("//button[@name='instead']")]
    assert offered == [str(cast.south.id), str(cast.other_district.id)]


def test_a_coordinator_who_may_not_sign_in_opens_nothing(app, cast, sign_in):
    cast.user("galina").active = False
    answer = sign_in("gleb").post("/signal/new", data=typed(cast, territory=str(cast.far.id)))
    assert "нет координатора" in faults(answer)["territory"]


def test_a_specialist_of_no_body_is_told_whom_to_ask(app, cast, sign_in):
    cast.employee("gleb").dismissed = True
    answer = sign_in("gleb").get("/signal/new")
    assert "не связан с сотрудником" in answer.text
    assert 'name="last_name"' not in answer.text


def test_the_page_after_sending_is_the_senders_alone(app, cast, sign_in):
    location = sign_in("gleb").post("/signal/new", data=typed(cast)).location
    assert sign_in("gleb").get(location).status_code == 200
    assert sign_in("anna").get(location).status_code == 404


# The coordinator


def test_a_coordinator_enters_what_a_citizen_tells(app, cast, sign_in, page):
    anna = sign_in("anna")
    document = page(anna, "/signal/new")
    assert document.xpath("string(//input[@name='source'][@checked]/@value)") == "citizen"
    answer = anna.post("/signal/new", data=typed(cast, source="citizen", informant="Сосед, 8 900 000-00-01"))
    assert answer.status_code == 302
    [card] = cards()
    assert (card.source, card.agency_id, card.informant) == (terms.SignalSource.CITIZEN, None, "Сосед, 8 900 000-00-01")
    assert card.received_at is None


def test_a_citizen_must_be_known_and_a_body_named(app, cast, sign_in):
    anna = sign_in("anna")
    assert "informant" in faults(anna.post("/signal/new", data=typed(cast, source="citizen")))
    assert "agency" in faults(anna.post("/signal/new", data=typed(cast, source="agency")))
    other, person = str(cast.agency("5.3").id), str(cast.employee("gleb").id)
    wrong = anna.post("/signal/new", data=typed(cast, source="agency", agency=other, employee=person))
    assert "employee" in faults(wrong)


def test_a_paper_card_bears_the_time_when_it_was_sent(app, cast, sign_in):
    anna, body = sign_in("anna"), str(cast.agency("5.3").id)
    paper = typed(cast, source="agency", agency=body, detected_on="10.11.2026", sent_on="10.11.2026")
    assert "sent_time" in faults(anna.post("/signal/new", data=paper))
    assert "sent_time" in faults(anna.post("/signal/new", data=paper | {"sent_time": "11:00"}))
    assert anna.post("/signal/new", data=paper | {"sent_time": "12:15"}).status_code == 302
    [card] = cards()
    assert in_utc(card.sent_at) == datetime(2026, 11, 10, 9, 15, tzinfo=UTC)
    assert card.agency == cast.agency("5.3")


def test_a_coordinators_card_for_elsewhere_is_laid_received_and_sent_on_at_once(app, cast, sign_in):
    told = typed(cast, source="hotline", informant="112, № 8", territory=str(cast.far.id))
    answer = sign_in("anna").post("/signal/new", data=told, follow_redirects=True)
    assert "Ивова Галина" in answer.text
    [card] = cards()
    assert (card.territory, card.district, card.received_at) == (cast.far, cast.other_district, None)
    steps = list(db.session.scalars(select(CardStep).order_by(CardStep.id)))
    assert [(step.kind.value, step.territory_id) for step in steps] == [
        ("sent", cast.district.id), ("received", cast.district.id), ("redirected", cast.district.id)]  # fmt: skip


def test_a_refused_card_of_elsewhere_leaves_nothing_on_the_own_territory(app, cast, sign_in):
    anna = sign_in("anna")
    assert anna.post("/signal/new", data=typed(cast, source="citizen", territory=str(cast.far.id))).status_code == 200
    assert cards() == []
    assert db.session.scalar(select(func.count(CardStep.id))) == 0


# With a draft


def test_a_draft_is_offered_continued_and_goes_with_the_card(app, cast, sign_in, page):
    gleb = sign_in("gleb")
    words = {name: [value] if isinstance(value, str) else value for name, value in typed(cast).items()}
    words["detected_on"] = ["16.1"]
    db.session.add(Draft(user_id=cast.user("gleb").id, kind="signal", key="d" * 24, words=words,
                         begun_at=NOW - timedelta(hours=1), saved_at=NOW))  # fmt: skip
    db.session.commit()
    offer = page(gleb, "/signal/new")
    [notice] = offer.find_class("draft-notice")
    assert "Мятлева Нина" in notice.text_content()
    assert "16.11.2026 11:30" in notice.text_content()
    document = page(gleb, notice.xpath("string(.//a/@href)"))
    assert not document.find_class("draft-notice")
    assert not document.xpath("//*[@data-errors]")
    form = document.xpath("//form[@data-draft]")[0]
    sent: dict[str, Any] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value.removeprefix("\n"))
    assert sent["children-0-name"] == ["Мятлев Лев"]
    assert sent["detected_on"] == ["16.1"]
    assert sent["parents_drink"] == ["0"]
    gone = gleb.post("/signal/new?draft=987654", data=sent, csrf=False)
    assert "detected_on" in faults(gone)
    answer = gleb.post("/signal/new", data=sent | {"detected_on": "16.11.2026"}, csrf=False)
    assert answer.status_code == 302
    assert db.session.scalar(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0
    [card] = cards()
    assert len(card.children) == 2


def test_a_refused_card_keeps_its_draft(app, cast, sign_in):
    gleb = sign_in("gleb")
    db.session.add(Draft(user_id=cast.user("gleb").id, kind="signal", key="d" * 24, words={"last_name": ["М"]}))
    db.session.commit()
    answer = gleb.post("/signal/new", data=typed(cast, draft="d" * 24, born_on="01.01.2030"))
    assert 'value="dddddddddddddddddddddddd"' in answer.text
    assert db.session.scalar(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 1


def test_a_card_whose_session_has_ended_is_given_back_and_sent_once_more(app, cast, sign_in):
    gleb, origin = sign_in("gleb"), {"Origin": "http://localhost"}
    db.session.add(Draft(user_id=cast.user("gleb").id, kind="signal", key="d" * 24, words={"last_name": ["М"]}))
    db.session.commit()
    sent = typed(cast, draft="d" * 24) | {"csrf_token": gleb.csrf_token()}
    gleb.post("/logout/")
    ended = gleb.post("/signal/new", data=sent, csrf=False, headers=origin)
    assert ended.status_code == 400
    gleb.enter("gleb")
    form = lxml.html.fromstring(ended.text).forms[-1]
    again = {name: value.removeprefix("\n") for name, value in form.form_values()}
    assert gleb.post("/signal/new", data=again, csrf=False, headers=origin).status_code == 302
    assert [(card.full_name, len(card.children)) for card in cards()] == [("Мятлева Нина Олеговна", 2)]
    assert db.session.scalar(select(func.count(Draft.id)).where(Draft.sent_at.is_(None))) == 0


def test_a_draft_that_is_gone_is_told_of(app, cast, sign_in):
    db.session.add(Draft(user_id=cast.user("anna").id, kind="signal", key="d" * 24, words={"last_name": ["Чужая"]}))
    db.session.commit()
    theirs = db.session.scalar(select(Draft.id))
    for key in (theirs, 987654):
        answer = sign_in("gleb").get(f"/signal/new?draft={key}", follow_redirects=True)
        assert "Такого черновика уже нет" in answer.text
        assert "Чужая" not in answer.text
