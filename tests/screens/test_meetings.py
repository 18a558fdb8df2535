"""A meeting as its secretary, its members and others meet it: planned, prepared, held by the form, closed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from lxml import html
from sqlalchemy import func, select

from app import clock
from app.domain.terms import AgendaGround, DecisionKind
from app.extensions import db
from app.models import Agency, AgendaItem, Decision, Instruction, Meeting, Registration, TypicalInstruction
from app.screens.meeting_forms import LONGEST_REASON
from tests import factories, meeting_scenes
from tests.states import kept
from tests.test_at_once import check_told_once, last_told, said, sent_together
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("pages and refusals; services/test_sitting.py closes meetings on both")

DAY = timedelta(days=1)
PLAN, LISTED = "/meetings/plan", "/meetingregistry/list/"


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


def day(number: int = 0) -> str:
    return f"{clock.today() + number * DAY:%d.%m.%Y}"


@kept
def scene(cast: factories.Cast) -> dict[str, Any]:
    """A commission, today's open meeting, and a family of each settlement on its agenda."""
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body)
    families = {}
    for place, name in (("north", "Полозов"), ("south", "Мятлев")):
        row = factories.family(getattr(cast, place))
        factories.member(row, "мать", factories.date(1990, 1, 1), f"{name}а", "Инна", "Олеговна")
        factories.member(row, "сын", factories.date(2018, 5, 5), name)
        families[place] = row
    items = {f"{place} item": meeting_scenes.item(meeting, row, title=f"О семье {row.name}", why=f"довод {place}")
             for place, row in families.items()}  # fmt: skip
    return {"body": body, "meeting": meeting, **families, **items}


def filled(client: Any, page: Any, item: AgendaItem, kind: DecisionKind, **more: Any) -> dict[str, Any]:
    """The form of an item as a browser sends it back with an outcome."""
    form = form_of(page(client, f"/item/{item.id}"))
    return form | {"outcome": str(meeting_scenes.outcome(kind).id)} | more


def ordered(body: Agency, due: int = 10, words: str = "Посетить семью", row: int = 0) -> dict[str, Any]:
    name = f"instructions-{row}-"
    return {f"{name}agency": str(body.id), f"{name}text": words, f"{name}due_on": day(due)}


# The plan


def test_a_plan_is_suggested_corrected_and_kept(cast, scene, sign_in, page):
    zoya, year = sign_in("zoya"), clock.today().year + 1
    form = form_of(page(zoya, PLAN)) | {"year": str(year), "weekday": "2", "weeks": "2,4"}
    shown = zoya.post(PLAN, data=form | {"suggest": "1"})
    days = re.findall(rf"\d\d\.\d\d\.{year}", shown.text)
    assert len(set(days)) == 24
    answer = zoya.post(PLAN, data=form | {"days": ", ".join([*days[:3], days[0]]), "starts_at": "10:00"})
    assert answer.status_code == 302
    made = db.session.scalars(select(Meeting).where(Meeting.held_on > clock.today())).all()
    assert [f"{one.held_on:%d.%m.%Y}" for one in made] == days[:3]
    again = zoya.post(PLAN, data=form | {"form_key": "другой-ключ-формы", "days": days[0]})
    assert "уже назначено" in again.text
    assert days[0] in again.text


@pytest.mark.parametrize(
    "typed",
    [{"year": "99999"}, {"year": "-5"}, {"year": "х"}, {"weekday": "²"}, {"weekday": "7"}, {"weeks": "9999999999"},
     {"weeks": "²"}, {"weeks": ""}],
)  # fmt: skip
def test_a_plan_is_not_suggested_of_nonsense(typed, cast, scene, sign_in, page):
    zoya = sign_in("zoya")
    form = form_of(page(zoya, PLAN)) | {"weekday": "1", "weeks": "1,3", "days": "01.03.2027"} | typed
    shown = zoya.post(PLAN, data=form | {"suggest": "1"})
    assert shown.status_code == 200
    assert "01.03.2027" in shown.text
    assert (
        len(re.findall(r"\d\d\.\d\d\.20\d\d", "".join(re.findall(r"<textarea.*?</textarea>", shown.text, re.S)))) == 1
    )


@pytest.mark.parametrize(("days", "wrong"), [("завтра", "завтра"), ("31.02.2027", "31.02.2027"), ("", "хотя бы один"),
                                             ("через 800 дней", "на два года"),
                                             (", ".join(["01.01.2027"] * 61), "60")])  # fmt: skip
def test_days_that_are_none_are_told_and_kept(days, wrong, cast, scene, sign_in, page):
    zoya = sign_in("zoya")
    typed = day(800) if days == "через 800 дней" else days
    shown = zoya.post(PLAN, data=form_of(page(zoya, PLAN)) | {"days": typed})
    assert shown.status_code == 200
    assert wrong in shown.text
    assert db.session.scalar(select(func.count(Meeting.id))) == 1


# Preparing


def test_a_meeting_is_prepared_and_what_is_wrong_is_kept(cast, scene, sign_in, page):
    body = scene["body"]
    planned = meeting_scenes.meeting(
        body, clock.today() + DAY, is_open=False, number=None, presiding=None, secretary=None
    )
    db.session.commit()
    zoya, url = sign_in("zoya"), f"/meeting/{planned.id}/prepare"
    form = form_of(page(zoya, url))
    assert (form["number"], bool(form["presiding"]), bool(form["secretary"])) == (
        str(scene["meeting"].number + 1),
        True,
        True,
    )
    refused = zoya.post(url, data=form | {"number": str(scene["meeting"].number), "place": "Малый зал"})
    assert "уже у заседания" in refused.text
    assert "Малый зал" in refused.text
    taken = zoya.post(url, data=form | {"held_on": day()})
    assert "уже назначено" in taken.text
    assert zoya.post(url, data=form | {"place": "Малый зал", "starts_at": "09:30"}).status_code == 302
    assert (planned.place, planned.starts_at, planned.number) == ("Малый зал", "09:30", int(form["number"]))


def test_a_meeting_is_called_off_with_as_long_a_reason_as_the_form_takes(cast, scene, sign_in, page):
    ahead = meeting_scenes.meeting(scene["body"], clock.today() + DAY, is_open=False)
    matter = meeting_scenes.item(ahead, scene["north"])
    db.session.commit()
    zoya, url, reason = sign_in("zoya"), f"/meeting/{ahead.id}/call-off", "ю" * LONGEST_REASON
    assert zoya.post(url, data=form_of(page(zoya, url)) | {"reason": reason}).status_code == 302
    assert (ahead.annul_reason, matter.annulled_at is not None) == (reason, True)
    assert zoya.post(f"/meeting/{scene['meeting'].id}/call-off", data={"reason": "Поздно"}).status_code == 200


def test_a_matter_is_put_on_taken_off_and_put_back(cast, scene, sign_in, page):
    zoya, meeting = sign_in("zoya"), scene["meeting"]
    url = f"/meeting/{meeting.id}/matter"
    form = form_of(page(zoya, url))
    empty = zoya.post(url, data=form | {"why": "Просили соседи"})
    assert "Просили соседи" in empty.text
    twice = {"family": str(scene["north"].id), "title": scene["north item"].title}
    assert "назовите иначе" in zoya.post(url, data=form | twice).text
    assert zoya.post(url, data=form | twice | {"title": "О снятии", "invited": "Мать"}).status_code == 302
    made = db.session.scalars(select(AgendaItem).order_by(AgendaItem.id.desc())).first()
    assert (made.title, made.invited, made.ground, made.position) == ("О снятии", "Мать", AgendaGround.OTHER, 3)
    zoya.post(f"/item/{made.id}/take-off", data={"reason": "ю" * LONGEST_REASON})
    assert made.annulled_at is not None
    assert zoya.post(f"/item/{made.id}/put-back").status_code == 302
    assert made.annulled_at is None


def test_two_who_gather_at_once_put_each_matter_on_once(cast, scene, sign_in):
    ahead = meeting_scenes.meeting(scene["body"], clock.today() + DAY, is_open=False)
    on = clock.today() - DAY
    for name in ("Ольхова", "Тополева"):
        card = factories.signal_card(cast.north, last_name=name, received_at=clock.now())
        factories.survey_act(factories.survey_group(cast.employee("gleb"), on, card=card, surveyed_on=on), on)
    db.session.commit()
    key, zoya = ahead.id, sign_in("zoya")
    forms = [{"csrf_token": zoya.csrf_token(), "form_key": f"a-form-of-its-own-number-{number}"} for number in range(3)]
    answers = sent_together(zoya, f"/meeting/{key}/gather", forms)
    assert {status for status, _location, _text in answers} == {302}
    rows = db.session.scalars(select(AgendaItem.group_id).where(AgendaItem.meeting_id == key)).all()
    assert (len(rows), len(set(rows))) == (2, 2)


# Holding


def test_an_item_is_decided_by_the_form_and_the_next_one_follows(cast, scene, sign_in, page):
    zoya, (first, second) = sign_in("zoya"), (scene["north item"], scene["south item"])
    criterion = str(factories.by_code(factories.Criterion, "2.1.1").id)
    form = filled(zoya, page, first, DecisionKind.PLACE, criteria=criterion, **ordered(cast.agency("5.2")))
    answer = zoya.post(f"/item/{first.id}", data=form)
    assert answer.location.endswith(f"/item/{second.id}"), said(answer.text)
    assert (first.outcome.effect, first.decided_by) == (DecisionKind.PLACE, "Лугова Зоя")
    assert "Поставить на учёт семью Полозов" in first.resolved
    assert [row.text for row in first.instructions] == ["Посетить семью"]
    last = zoya.post(f"/item/{second.id}", data=filled(zoya, page, second, DecisionKind.HEAR))
    assert last.location.endswith(f"/meeting/{scene['meeting'].id}/close")
    assert zoya.post(f"/meeting/{scene['meeting'].id}/close").status_code == 302
    assert db.session.scalars(select(Registration.family_id)).all() == [scene["north"].id]
    shown = text(page(zoya, f"/meeting/{scene['meeting'].id}"))
    assert "Поставить семью на учёт" in shown
    assert f"№ {first.number}" in shown


def test_a_refusal_keeps_what_was_typed_with_its_rows(cast, scene, sign_in, page):
    zoya, item, body = sign_in("zoya"), scene["north item"], cast.agency("5.2")
    form = filled(zoya, page, item, DecisionKind.PLACE, substance="Суть дела", note="Замечание", votes_for="9",
                  **ordered(body, words="Первое"))  # fmt: skip
    more = zoya.post(f"/item/{item.id}", data=form | {"more": "1"})
    assert more.text.count('name="instructions-1-text"') == 1
    form |= ordered(body, -1, "Второе", 1)
    named = form | {"criteria": str(factories.by_code(factories.Criterion, "2.1.1").id)}
    for typed, wrong in ((form, "хотя бы один критерий"), (named, "Голосов больше"),
                         (named | {"votes_for": "2"}, "позже заседания"),
                         (form | {"outcome": ""}, "Заполните"),
                         (form | {"outcome": "999999"}, "нет"),
                         (form | {"instructions-0-due_on": "когда-нибудь"}, "дд.мм.гггг")):  # fmt: skip
        shown = zoya.post(f"/item/{item.id}", data=typed)
        assert shown.status_code == 200, wrong
        assert wrong.lower() in said(shown.text).lower(), (wrong, said(shown.text))
        for kept_text in ("Суть дела", "Замечание", "Первое", "Второе"):
            assert kept_text in shown.text, (wrong, kept_text)
    assert item.decided_at is None
    assert not db.session.scalars(select(Instruction)).all()


def test_a_half_filled_instruction_is_told_and_an_empty_one_is_none(cast, scene, sign_in, page):
    zoya, item = sign_in("zoya"), scene["north item"]
    form = filled(zoya, page, item, DecisionKind.HEAR) | {"instructions-0-text": "Кому-то что-то"}
    shown = zoya.post(f"/item/{item.id}", data=form)
    assert shown.status_code == 200
    assert "Кому-то что-то" in shown.text
    assert zoya.post(f"/item/{item.id}", data=form | {"instructions-0-text": ""}).status_code == 302
    assert item.instructions == []


def test_the_words_follow_an_outcome_that_is_changed_by_the_form(cast, scene, sign_in, page):
    zoya, item = sign_in("zoya"), scene["north item"]
    criterion = str(factories.by_code(factories.Criterion, "2.1.1").id)
    zoya.post(f"/item/{item.id}", data=filled(zoya, page, item, DecisionKind.PLACE, criteria=criterion))
    assert "Поставить" in item.resolved
    zoya.post(f"/item/{item.id}", data=filled(zoya, page, item, DecisionKind.REFUSE))
    assert "отказать" in item.resolved


def test_a_card_is_redirected_by_the_form_to_a_place_of_another_district(cast, scene, sign_in, page):
    card = factories.signal_card(cast.north, received_at=clock.now())
    item = meeting_scenes.item(scene["meeting"], card=card)
    db.session.commit()
    zoya, far = sign_in("zoya"), cast.far.id
    form = filled(zoya, page, item, DecisionKind.REDIRECT)
    assert "на какую территорию" in said(zoya.post(f"/item/{item.id}", data=form).text)
    assert zoya.post(f"/item/{item.id}", data=form | {"to_territory": "999"}).status_code == 200
    assert zoya.post(f"/item/{item.id}", data=form | {"to_territory": str(far)}).status_code == 302
    assert "Дальнее сельское поселение" in item.resolved
    assert form_of(page(zoya, f"/item/{item.id}"))["to_territory"] == str(far)


def test_who_has_come_is_ticked_and_the_missing_are_counted(cast, scene, sign_in, page):
    zoya, meeting = sign_in("zoya"), scene["meeting"]
    url, rows = f"/meeting/{meeting.id}/attendance", [row.id for row in meeting.attendance]
    page(zoya, url)
    answer = zoya.post(url, data={"present": [str(rows[0])], f"note-{rows[1]}": "болеет"}, follow_redirects=True)
    assert "Не хватает" in answer.text or "нет кворума" in answer.text.lower()
    shown = page(zoya, f"/item/{scene['north item'].id}")
    assert "Нет кворума" in text(shown)
    refused = zoya.post(
        f"/item/{scene['north item'].id}", data=filled(zoya, page, scene["north item"], DecisionKind.HEAR)
    )
    assert "Не хватает: 1" in refused.text
    assert [row.note for row in meeting.attendance][1] == "болеет"
    long = zoya.post(url, data={f"note-{rows[1]}": "ю" * 301}, follow_redirects=True)
    assert "до 300 знаков" in long.text


def test_what_keeps_a_meeting_open_is_listed_with_where_it_is_mended(cast, scene, sign_in, page):
    zoya, url = sign_in("zoya"), f"/meeting/{scene['meeting'].id}/close"
    shown = page(zoya, url)
    links = shown.xpath("//div[@role='alert']//a/@href")
    assert links == [f"/item/{scene[name].id}" for name in ("north item", "south item")]
    assert "решение не внесено" in zoya.post(url, follow_redirects=True).text


def test_an_item_that_cannot_be_carried_out_is_named_on_the_page(cast, scene, sign_in):
    for name, kind in (("north item", DecisionKind.PLACE), ("south item", DecisionKind.REMOVE)):
        meeting_scenes.decide(scene[name], kind)
    db.session.commit()
    answer = sign_in("zoya").post(f"/meeting/{scene['meeting'].id}/close", follow_redirects=True)
    assert "Вопрос 2 «О семье" in answer.text
    assert "семья не состоит на учёте" in answer.text
    assert not db.session.scalars(select(Registration)).all()
    assert scene["meeting"].closed_at is None


# Two at once


def decided(scene: Any, *kinds: DecisionKind) -> int:
    for name, kind in zip(("north item", "south item"), kinds, strict=True):
        meeting_scenes.decide(scene[name], kind)
    db.session.commit()
    return int(scene["meeting"].id)


@pytest.mark.parametrize("same", [True, False], ids=["a double click", "two secretaries"])
def test_a_meeting_is_closed_once(same, cast, scene, sign_in):
    key, zoya = decided(scene, DecisionKind.PLACE, DecisionKind.REFUSE), sign_in("zoya")
    forms = [{"csrf_token": zoya.csrf_token(), "form_key": f"a-form-of-its-own-number-{0 if same else number}"}
             for number in range(3)]  # fmt: skip
    before = last_told()
    answers = sent_together(zoya, f"/meeting/{key}/close", forms)
    assert {status for status, _location, _text in answers} == {302}
    check_told_once(before)
    assert db.session.scalar(select(func.count(Registration.id))) == 1
    assert db.session.scalar(select(func.count(Decision.id))) == 2
    closed = [location for _status, location, _text in answers if location.endswith(f"/meeting/{key}")]
    assert len(closed) == (3 if same else 1)


def test_two_meetings_of_a_body_that_are_closed_at_once_number_their_decisions_apart(cast, scene, sign_in):
    scene["body"].number_pattern = "{n}"
    other = meeting_scenes.meeting(scene["body"], clock.today() - DAY)
    meeting_scenes.decide(meeting_scenes.item(other), DecisionKind.HEAR)
    keys = [decided(scene, DecisionKind.HEAR, DecisionKind.HEAR), other.id]
    zoya = sign_in("zoya")
    forms = [{"csrf_token": zoya.csrf_token(), "form_key": f"a-form-of-its-own-number-{key}"} for key in keys]
    sent_together(zoya, [f"/meeting/{key}/close" for key in keys], forms)
    assert db.session.scalar(select(func.count(Meeting.id)).where(Meeting.closed_at.is_not(None))) == 2
    assert sorted(db.session.scalars(select(AgendaItem.number))) == ["1", "2", "3"]


def test_two_who_decide_two_items_at_once_lose_nothing(cast, scene, sign_in, page):
    zoya, items = sign_in("zoya"), [scene["north item"], scene["south item"]]
    forms = [filled(zoya, page, item, DecisionKind.HEAR, substance=f"Суть {item.id}", **ordered(cast.agency("5.2")))
             for item in items]  # fmt: skip
    keys = [item.id for item in items]
    answers = sent_together(zoya, [f"/item/{key}" for key in keys], forms)
    assert {status for status, _location, _text in answers} == {302}
    for key in keys:
        item = db.session.get(AgendaItem, key)
        assert (item.substance, item.decided_at is not None, len(item.instructions)) == (f"Суть {key}", True, 1)


def test_of_two_who_decide_one_item_at_once_one_is_told_and_keeps_the_words(cast, scene, sign_in, page):
    zoya, key, body = sign_in("zoya"), scene["north item"].id, cast.agency("5.2")
    said_so = ((DecisionKind.HEAR, "Первые слова"), (DecisionKind.REFUSE, "Вторые слова"))
    forms = [filled(zoya, page, scene["north item"], kind, substance=words, **ordered(body, words=words))
             for kind, words in said_so]  # fmt: skip
    answers = sent_together(zoya, f"/item/{key}", forms)
    assert sorted(status for status, _location, _text in answers) == [200, 302]
    lost = next(place for place, answer in enumerate(answers) if answer[0] == 200)
    item = db.session.get(AgendaItem, key)
    assert item.substance == ("Первые слова", "Вторые слова")[1 - lost]
    assert [row.text for row in item.instructions] == [item.substance]
    assert answers[lost][2].count(("Первые слова", "Вторые слова")[lost]) >= 2
    assert said(answers[lost][2])
    assert f"Сейчас в банке: {item.substance}" in answers[lost][2]
    [form] = [one for one in html.fromstring(answers[lost][2]).forms if "data-send-by-key" in one.attrib]
    again = {name: value.removeprefix("\n") for name, value in form.form_values()}
    assert zoya.post(f"/item/{key}", data=again).status_code == 302, "told once, the second may save over it"
    db.session.expire_all()
    assert item.substance == ("Первые слова", "Вторые слова")[lost]
    assert {row.text for row in item.instructions} == {"Первые слова", "Вторые слова"}


def test_whoever_decides_while_the_meeting_is_closed_is_told(cast, scene, sign_in, page):
    key = decided(scene, DecisionKind.HEAR, DecisionKind.HEAR)
    zoya, item = sign_in("zoya"), scene["north item"].id
    form = filled(zoya, page, scene["north item"], DecisionKind.REFUSE, substance="Поздние слова")
    close = {"csrf_token": zoya.csrf_token(), "form_key": "a-form-of-its-own-to-close"}
    answers = sent_together(zoya, [f"/meeting/{key}/close", f"/item/{item}"], [close, form])
    assert {status for status, _location, _text in answers} <= {200, 302}
    row, meeting = db.session.get(AgendaItem, item), db.session.get(Meeting, key)
    assert meeting.closed_at is not None
    if answers[1][0] == 200:
        assert "закрыто" in answers[1][2]
        assert "Поздние слова" in answers[1][2]
        assert (row.outcome.effect, row.decision.kind) == (DecisionKind.HEAR, DecisionKind.HEAR)
    else:
        assert (row.outcome.effect, row.decision.kind) == (DecisionKind.REFUSE, DecisionKind.REFUSE)


# Who sees what


def test_a_member_reads_the_meeting_with_the_own_families_only(cast, scene, sign_in, page):
    for name, own, foreign in (("boris", "north", "south"), ("vera", "south", "north")):
        client = sign_in(name)
        shows = f"/meeting/{scene['meeting'].id}"
        for url in (shows, LISTED, "/agendaitemregistry/list/"):
            shown = client.get(url).text
            assert (scene[own].name in shown) is (url != LISTED), (name, url)
            assert f"довод {foreign}" not in shown, (name, url)
            assert scene[foreign].name not in shown, (name, url)
        item = scene["north item"].id
        for url in (f"/item/{item}", f"{shows}/prepare", f"{shows}/close", f"{shows}/minutes.pdf"):
            assert client.get(url).status_code in (403, 404), (name, url)
        ways = page(client, shows).xpath("//li[@class='agenda__item']/div/a/@href")
        assert [way for way in ways if way.startswith("/family/")] == [f"/family/{scene[own].id}"]


def test_a_member_reads_a_card_of_the_own_territory_that_stands_on_the_agenda(cast, scene, sign_in):
    cards = {name: factories.signal_card(getattr(cast, name), received_at=clock.now(), description=f"Беда {name}",
                                         last_name=f"Карточная{name}") for name in ("north", "south")}  # fmt: skip
    for card in cards.values():
        meeting_scenes.item(scene["meeting"], card=card, title=f"О карте {card.description}")
    db.session.commit()
    boris = sign_in("boris")
    shown = boris.get(f"/meeting/{scene['meeting'].id}").text
    assert "Беда north" in shown
    assert "Беда south" not in shown
    assert boris.get(f"/signal/{cards['north'].id}").status_code == 200
    assert boris.get(f"/signal/{cards['south'].id}").status_code == 404


def test_whoever_is_not_of_the_commission_sees_nothing_of_it(cast, scene, sign_in):
    member = db.session.scalars(
        select(meeting_scenes.CommissionMember).where(
            meeting_scenes.CommissionMember.employee_id == cast.employee("boris").id
        )
    ).one()
    member.ended_on = clock.today()
    db.session.commit()
    for name, statuses in (("boris", {404}), ("galina", {404}), ("gleb", {403, 404}), ("renata", {403, 404})):
        assert sign_in(name).get(f"/meeting/{scene['meeting'].id}").status_code in statuses, name


def test_a_member_who_works_in_another_district_is_shown_too(cast, scene, sign_in, page):
    body = factories.agency("Далёкий орган", "5.2", cast.far)
    guest = factories.employee(body, last_name="Гостева", first_name="Мария")
    meeting_scenes.member(scene["body"], guest)
    ahead = meeting_scenes.meeting(scene["body"], clock.today() + DAY, is_open=False)
    db.session.commit()
    for name in ("zoya", "boris", "anna"):
        client = sign_in(name)
        assert "Гостева Мария" in text(page(client, f"/meeting/{ahead.id}")), name
    assert sign_in("zoya").get(f"/meeting/{ahead.id}/prepare").status_code == 200


def test_a_family_that_moved_away_leaves_a_matter_that_is_taken_off(cast, scene, sign_in, page):
    row = scene["north"]
    meeting_scenes.decide(scene["north item"], DecisionKind.HEAR)
    meeting_scenes.decide(scene["south item"], DecisionKind.HEAR)
    row.territory, row.district = cast.far, cast.other_district
    db.session.commit()
    zoya, key = sign_in("zoya"), scene["north item"].id
    answer = zoya.post(f"/meeting/{scene['meeting'].id}/close", follow_redirects=True)
    assert "теперь на другой территории" in answer.text
    shown = text(page(zoya, f"/item/{key}"))
    assert "ул. Тестовая" not in shown
    zoya.post(f"/item/{key}/take-back")
    assert zoya.post(f"/item/{key}/take-off", data={"reason": "Семья уехала"}).status_code == 302
    assert zoya.post(f"/meeting/{scene['meeting'].id}/close").status_code == 302
    assert db.session.get(Meeting, scene["meeting"].id).closed_at is not None


def test_a_sender_reads_how_the_card_ended(cast, scene, sign_in, page):
    card = factories.signal_card(cast.north, cast.agency("5.2"), received_at=clock.now())
    meeting_scenes.decide(meeting_scenes.item(scene["meeting"], card=card), DecisionKind.REFUSE)
    for name in ("north item", "south item"):
        meeting_scenes.decide(scene[name], DecisionKind.HEAR)
    meeting_scenes.closed(scene["meeting"])
    db.session.commit()
    shown = text(page(sign_in("gleb"), f"/signal/{card.id}"))
    assert "Сведения не подтвердились" in shown
    assert "закрыта" in shown


def test_a_family_tells_who_keeps_it_what_was_decided(cast, scene, sign_in, page):
    order = meeting_scenes.order(cast.agency("5.2"), clock.today() + DAY, "Помочь")
    meeting_scenes.decide(scene["north item"], DecisionKind.PLACE, instructions=[order])
    meeting_scenes.decide(scene["south item"], DecisionKind.HEAR)
    meeting_scenes.closed(scene["meeting"])
    db.session.commit()
    for name in ("anna", "zoya", "boris"):
        shown = text(page(sign_in(name), f"/family/{scene['north'].id}"))
        assert "Помочь" in shown, name


# Instructions of the list


@pytest.mark.one_database("what a form fills in is decided in Python")
def test_an_instruction_is_taken_from_the_list_and_edited_freely(cast, scene, sign_in, page):
    zoya, item, body = sign_in("zoya"), scene["north item"], cast.agency("5.3")
    lessons = factories.by_code(TypicalInstruction, "lessons")
    document = page(zoya, f"/item/{item.id}")
    [first, *_] = document.xpath("//select[@data-take]")
    assert [(one.text or "").split(".")[0] for one in first][1:3] == ["1", "2"]
    known = json.loads(document.xpath("//@data-known")[0])[str(lessons.id)]
    assert known == {"text": lessons.name, "agency": str(body.id), "name": str(body), "due_on": day(lessons.days)}
    form = filled(zoya, page, item, DecisionKind.HEAR)
    taken = {f"instructions-{row}-typical": str(lessons.id) for row in range(2)}
    typed = {"instructions-1-text": "Своими словами", "instructions-1-due_on": day(3), "instructions-1-agency": "",
             "instructions-1-row": ""}  # fmt: skip
    assert zoya.post(f"/item/{item.id}", data=form | taken | typed).status_code == 302
    said = [(row.agency, row.text, (row.due_on - clock.today()).days) for row in item.instructions]
    assert said == [(body, lessons.name, lessons.days), (body, "Своими словами", 3)]


@pytest.mark.one_database("what a form fills in is decided in Python")
def test_an_instruction_of_the_list_whose_body_is_not_there_and_one_no_longer_used(cast, scene, sign_in, page):
    zoya, item = sign_in("zoya"), scene["north item"]
    lacking, retired = (factories.by_code(TypicalInstruction, code) for code in ("papers", "lessons"))
    retired.retired, lacking.agency_kind = True, None
    db.session.commit()
    form = filled(zoya, page, item, DecisionKind.HEAR, **{"instructions-0-typical": str(lacking.id)})
    shown = zoya.post(f"/item/{item.id}", data=form)
    assert shown.status_code == 200
    assert lacking.name in shown.text
    assert "Заполните это поле" in shown.text
    form = filled(zoya, page, item, DecisionKind.HEAR, **{"instructions-0-typical": str(retired.id)})
    assert zoya.post(f"/item/{item.id}", data=form).status_code == 302
    assert item.instructions == []
