"""Screens of surveys, of photos of a card and of an emergency: what each person finds, and what is refused."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select

from app import access, clock
from app.extensions import db
from app.models import CardScan, CardTelling, JournalEntry, SignalCard, SignalCardOutcome, SurveyGroup
from tests import factories, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("pages and refusals; the acts behind them: tests/services, on both databases")


@kept
def card(cast: factories.Cast) -> SignalCard:
    """A card of Gleb's body that Anna has opened."""
    cast.agency("5.7").told_at_once, cast.agency("5.7").phone = True, "8 (863) 555-01-02, доб. 3"
    return factories.signal_card(cast.north, cast.employee("gleb").agency, received_at=clock.now(),
                                 address="ул. Полевая, 5")  # fmt: skip


def html_of(found: Any) -> str:
    """A page as it was sent."""
    return lxml.html.tostring(found, encoding="unicode")


def rows(entity: Any) -> list[Any]:
    db.session.expire_all()
    with access.unrestricted():
        return list(db.session.scalars(select(entity).order_by(entity.id)))


def group_form(cast: factories.Cast, **values: Any) -> dict[str, Any]:
    due_on = clock.today() + timedelta(days=2)
    return {"leader": str(cast.employee("vera").id), "employees": [], "due_on": f"{due_on:%d.%m.%Y}", "task": "",
            **values}  # fmt: skip


def test_a_group_is_named_from_the_card_and_its_people_find_it(sign_in, page, cast, card):
    anna, vera, key = sign_in("anna"), sign_in("vera"), card.id
    page(anna, f"/signal/{key}/survey")
    answer = anna.post(f"/signal/{key}/survey", data=group_form(cast), follow_redirects=True)
    assert "Группа обследования названа." in answer.text
    group = rows(SurveyGroup)[0]
    assert "на обследовании" in html_of(page(anna, f"/signal/{key}"))
    assert "Полозова" in html_of(page(vera, "/surveygroupregistry/list/"))
    assert "ул.\u00a0Полевая, 5" in html_of(page(vera, f"/survey/{group.id}"))
    assert "Внести семью" not in html_of(page(vera, f"/signal/{key}"))
    assert sign_in("boris").get(f"/survey/{group.id}").status_code == 404


def test_what_is_refused_stays_typed(sign_in, cast, card):
    anna = sign_in("anna")
    answer = anna.post(f"/signal/{card.id}/survey", data=group_form(cast, due_on="01.01.2020", task="еда"))
    assert "Этот день уже прошёл" in answer.text
    assert "еда" in answer.text
    assert "01.01.2020" in answer.text
    assert not rows(SurveyGroup)


def test_a_group_is_changed_and_called_off(sign_in, page, cast, card):
    group = factories.survey_group(cast.employee("gleb"), clock.today() + timedelta(days=3), card=card)
    db.session.commit()
    anna, key, version = sign_in("anna"), group.id, group.version
    page(anna, f"/survey/{key}/change")
    anna.post(f"/survey/{key}/change", data=group_form(cast, version=str(version), task="Уточнить адрес"))
    assert rows(SurveyGroup)[0].leader_id == cast.employee("vera").id
    answer = anna.post(f"/survey/{key}/change", data=group_form(cast, version=str(version), task="Захватить опросник"))
    for said in ("изменил", "Записано: Липатова Вера", "Захватить опросник"):
        assert said in answer.text, said
    again = lxml.html.fromstring(answer.text).xpath("//input[@name='version']/@value")
    assert again == [str(rows(SurveyGroup)[0].version)]  # pressed again, it writes over what the other person wrote
    answer = anna.post(f"/survey/{key}/call-off", data={"reason": "Уехали"}, follow_redirects=True)
    assert "Обследование отменено." in answer.text
    answer = anna.post(f"/survey/{key}/change", data=group_form(cast, version=str(rows(SurveyGroup)[0].version)))
    assert "Это обследование отменено." in answer.text


def test_a_survey_is_extended_with_a_reason_from_its_page_and_from_its_card(sign_in, page, cast, card):
    today = clock.today()
    group = factories.survey_group(cast.employee("gleb"), today, card=card)
    card.survey_due_on = today
    db.session.commit()
    anna, key, later = sign_in("anna"), group.id, today + timedelta(days=5)
    for address in (f"/survey/{key}", f"/signal/{card.id}"):
        assert f"/survey/{key}/extend" in html_of(page(anna, address))
    form = {"version": today.isoformat(), "until": f"{later:%d.%m.%Y}", "reason": "Семья в отъезде до пятницы."}
    answer = anna.post(f"/survey/{key}/change", data=group_form(cast, version=str(group.version)))
    assert "Продлить срок" in answer.text
    assert "Последний день" in html_of(page(anna, f"/survey/{key}/extend"))
    for wrong, said in (({"reason": ""}, "поле"), ({"until": f"{today:%d.%m.%Y}"}, "укажите день позже"),
                        ({"until": f"{today + timedelta(days=400):%d.%m.%Y}"}, "продлевают не больше"),
                        ({"version": "2020-01-01"}, "Теперь срок до")):  # fmt: skip
        answer = anna.post(f"/survey/{key}/extend", data=form | wrong)
        assert (answer.status_code, said in answer.text) == (200, True), wrong
    assert anna.post(f"/survey/{key}/extend", data=form).status_code == 302
    shown = html_of(page(anna, f"/survey/{key}"))
    assert "Семья в отъезде до пятницы." in shown
    assert f"{later:%d.%m.%Y}" in shown
    assert f"{later:%d.%m.%Y}" in html_of(page(anna, f"/calendar/list?day={later:%Y-%m-%d}"))
    assert sign_in("gleb").get(f"/survey/{key}/extend").status_code == 403


def test_a_survey_of_a_family_stands_on_its_page(sign_in, page, cast):
    family = factories.family(cast.north)
    db.session.commit()
    anna, key = sign_in("anna"), family.id
    assert "Семью ещё не обследовали." in html_of(page(anna, f"/family/{key}"))
    anna.post(f"/family/{key}/survey", data=group_form(cast))
    assert f"/survey/{rows(SurveyGroup)[0].id}" in html_of(page(anna, f"/family/{key}"))


def test_the_tabs_of_the_list_hold_what_they_say(sign_in, page, cast, card):
    today = clock.today()
    gleb = cast.employee("gleb")
    for day, name in ((today, "Сегодняшняя"), (today - timedelta(days=1), "Просроченная")):
        factories.survey_group(gleb, day, card=factories.signal_card(cast.north, None, last_name=name,
                                                                     received_at=clock.now()))  # fmt: skip
    done = factories.family(cast.north)
    factories.member(done, last_name="Проведённый")
    factories.survey_group(gleb, today, of=done, surveyed_on=today)
    db.session.commit()
    anna = sign_in("anna")

    def shown(state: str) -> set[str]:
        text = html_of(page(anna, f"/surveygroupregistry/list/?_flt_0_state={state}"))
        return {name for name in ("Сегодняшняя", "Просроченная", "Проведённый") if name in text}

    assert shown("waits") == {"Сегодняшняя", "Просроченная"}
    assert shown("late") == {"Просроченная"}
    assert shown("done") == {"Проведённый"}
    assert shown("mine") == set()
    assert "Просроченная" in html_of(page(anna, "/surveygroupregistry/list/?_flt_0_last_name=просроч"))


def photo(name: str = "кухня.jpg", width: int = 400) -> tuple[io.BytesIO, str]:
    return io.BytesIO(scans.picture(size=(width, 300))), name


def test_photos_come_with_the_card_and_after_it(sign_in, page, cast, card):
    gleb, anna, key = sign_in("gleb"), sign_in("anna"), card.id
    page(gleb, f"/signal/{key}/scan")
    gleb.post(f"/signal/{key}/scan", data={"file": [photo(), photo("комната.jpg", 500)]})
    assert [row.file_name for row in rows(CardScan)] == ["кухня.jpg", "комната.jpg"]
    assert "кухня.jpg" in html_of(page(anna, f"/signal/{key}"))
    first = rows(CardScan)[0].id
    answer = anna.get(f"/signal-scan/{first}/file")
    assert answer.mimetype == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert [row.entity for row in rows(JournalEntry)].count("CardScan") >= 3  # two were added, one was opened
    anna.post(f"/signal-scan/{first}/annul", data={"reason": "Чужая кухня", "version": "1"})
    assert anna.get(f"/signal-scan/{first}/file").status_code == 404
    assert "кухня.jpg" not in html_of(page(anna, f"/signal/{key}")).split("Фото и сканы")[1].split("комната")[0]


def told(cast: factories.Cast) -> dict[str, str]:
    """A card as it is typed."""
    here = clock.local(clock.now()) - timedelta(minutes=5)
    return {"last_name": "Лесина", "first_name": "Анна", "description": "Дети одни", "threat": "none",
            "detected_on": f"{here:%d.%m.%Y}", "detected_time": f"{here:%H:%M}",
            "territory": str(cast.north.id)}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ((io.BytesIO(b"MZ not a photo"), "фото.jpg"), "фото.jpg: Принимаются только PDF, JPEG и PNG"),
        ((io.BytesIO(b""), "пустое.jpg"), "пустое.jpg: Выберите файл"),
    ],
)
def test_a_photo_that_is_none_is_refused_and_the_card_with_it_is_kept_typed(sign_in, cast, card, file, said):
    gleb = sign_in("gleb")
    answer = gleb.post("/signal/new", data={**told(cast), "file": [file]})
    assert said in answer.text
    assert "Лесина" in answer.text
    assert len(rows(SignalCard)) == 1


def test_a_card_is_sent_with_its_photo(sign_in, cast, card):
    gleb = sign_in("gleb")
    gleb.post("/signal/new", data={**told(cast), "file": [photo()]})
    assert [row.card.last_name for row in rows(CardScan)] == ["Лесина"]


def test_what_is_in_an_unopened_card_is_not_shown_by_its_photo(sign_in, cast):
    card = factories.signal_card(cast.north, cast.employee("gleb").agency)
    db.session.commit()
    gleb, anna, key = sign_in("gleb"), sign_in("anna"), card.id
    gleb.post(f"/signal/{key}/scan", data={"file": [photo()]})
    answer = anna.get(f"/signal-scan/{rows(CardScan)[0].id}/file")
    assert answer.status_code == 302
    assert gleb.get(f"/signal-scan/{rows(CardScan)[0].id}/file").status_code == 200


def test_an_emergency_lists_whom_to_tell_until_each_is_told(sign_in, page, cast, card):
    anna, key, body = sign_in("anna"), card.id, cast.agency("5.7").id
    anna.post(f"/signal/{key}/emergency")
    text = html_of(page(anna, f"/signal/{key}"))
    assert "tel:88635550102" in text
    assert "не сообщили" in text
    page(anna, f"/signal/{key}/tell/{body}")
    here = clock.local(clock.now())
    said = {"told_to": "дежурный Рябов", "told_on": f"{here:%d.%m.%Y}", "told_time": f"{here:%H:%M}", "answer": ""}
    answer = anna.post(f"/signal/{key}/tell/{body}", data={**said, "told_time": "99:99"})
    assert "дежурный Рябов" in answer.text
    anna.post(f"/signal/{key}/tell/{body}", data=said)
    text = html_of(page(anna, f"/signal/{key}"))
    assert "дежурный Рябов" in text
    assert "не сообщили" not in text
    assert len(rows(CardTelling)) == 1
    assert "экстренная" in html_of(page(anna, "/signalcardregistry/list/?_flt_0_state=emergency"))


def test_a_closed_card_takes_no_photo_and_tells_nobody(sign_in, cast):
    outcome = factories.by_code(SignalCardOutcome, "not_confirmed")
    card = factories.signal_card(cast.north, cast.employee("gleb").agency, received_at=clock.now(),
                                 closed_at=clock.now(), outcome=outcome)  # fmt: skip
    db.session.commit()
    key = card.id
    assert sign_in("gleb").get(f"/signal/{key}/scan").status_code == 403
    anna = sign_in("anna")
    assert "закрыта" in anna.post(f"/signal/{key}/emergency", follow_redirects=True).text
    assert rows(SignalCard)[0].emergency_at is None


def test_a_survey_due_today_is_not_late(sign_in, page, cast, card):
    factories.survey_group(cast.employee("gleb"), clock.today(), card=card)
    db.session.commit()
    assert "просрочено" not in html_of(page(sign_in("gleb"), "/surveygroupregistry/list/")).lower()


def test_the_last_possible_day_is_understood(sign_in, cast, card):
    answer = sign_in("anna").post(f"/signal/{card.id}/survey", data=group_form(cast, due_on="01.01.2099"))
    assert "не позже чем через год" in answer.text
