"""An instruction of the commission: the body answers, the commission accepts or returns it, each sees what it must."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import icalendar
import pytest
from sqlalchemy import select

from app import clock
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import Agency, Family, Instruction, InstructionScan
from app.services import instructions
from tests import factories, meeting_scenes, scans
from tests.states import kept
from tests.test_feeds import made
from tests.test_guard import acting
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("pages and refusals; what is due of them is asked on both (tests/readings)")

DAY = timedelta(days=1)
LISTED = "/instructionregistry/list/"


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


@kept
def body(cast: factories.Cast) -> Agency:
    return meeting_scenes.commission(cast)


@pytest.fixture
def family(cast: factories.Cast) -> Family:
    row = factories.family(cast.north, additional="Тайна семьи", actual_address="ул. Полевая, 5")
    factories.member(row, "мать", date(1990, 1, 1), "Полозова", "Инна", "Олеговна", workplace="Тайна работы")
    factories.member(row, "сын", date(2018, 5, 5), "Полозов", "Тимур")
    factories.registration(row, clock.today() - 100 * DAY)
    return row


@pytest.fixture
def given(cast: factories.Cast, body: Agency, family: Family) -> Instruction:
    """Two instructions of one closed meeting: to Глеб's body, and to another one."""
    held = meeting_scenes.meeting(body, clock.today() - 20 * DAY)
    matter = meeting_scenes.item(held, family, title="Тайна повестки: семья Полозовых")
    meeting_scenes.decide(matter, DecisionKind.HEAR, substance="Тайна обследования", instructions=[
        meeting_scenes.order(cast.agency("5.2"), clock.today() - DAY, "Оформить пособие"),
        meeting_scenes.order(cast.agency("5.7"), clock.today() + DAY, "Тайна полиции"),
    ])  # fmt: skip
    meeting_scenes.closed(held)
    db.session.commit()
    return matter.instructions[0]


def other(given: Instruction) -> Instruction:
    return db.session.scalars(select(Instruction).where(Instruction.id != given.id)).one()


def answered(client: Any, page: Any, row: Instruction, said: str = "Оформили", act: str = "answer") -> Any:
    url = f"/instruction/{row.id}/{act}"
    return client.post(url, data=form_of(page(client, url)) | {"answer": said})


# The way of an answer


def test_the_body_answers_and_the_secretary_accepts(cast, given, sign_in, page):
    gleb, zoya, url = sign_in("gleb"), sign_in("zoya"), f"/instruction/{given.id}"
    assert "ждёт ответа, срок прошёл" in text(page(gleb, url))
    assert answered(gleb, page, given).status_code == 302
    assert (given.answer, given.done_on, given.answered_by) == ("Оформили", clock.today(), "Осинцев Глеб")
    shown = text(page(zoya, url))
    assert "Оформили" in shown
    assert "Осинцев Глеб" in shown
    refused = gleb.post(f"{url}/answer", data={"done_on": f"{clock.today():%d.%m.%Y}", "answer": "Ещё раз",
                                               "version": str(given.version)})  # fmt: skip
    assert instructions.ANSWERED in refused.text
    assert "Ещё раз" in refused.text
    assert zoya.post(f"{url}/accept").status_code == 302
    assert given.accepted_at is not None
    again = zoya.post(f"{url}/accept", follow_redirects=True)
    assert instructions.ACCEPTED in again.text
    late = answered(gleb, page, given, "Длинный ответ")
    assert instructions.ACCEPTED in late.text
    assert "Длинный ответ" in late.text
    assert "Ответить" not in text(page(gleb, url))


def test_an_answer_that_was_returned_is_given_again(cast, given, sign_in, page):
    gleb, zoya, url = sign_in("gleb"), sign_in("zoya"), f"/instruction/{given.id}"
    answered(gleb, page, given)
    form = form_of(page(zoya, f"{url}/return")) | {"reason": "Нет даты выплаты"}
    for due_on, said in ((clock.today() - DAY, "уже прошёл"), (clock.today() + 800 * DAY, "двух лет")):
        refused = zoya.post(f"{url}/return", data=form | {"due_on": f"{due_on:%d.%m.%Y}"})
        assert said in refused.text
        assert "Нет даты выплаты" in refused.text
    later = clock.today() + 5 * DAY
    assert zoya.post(f"{url}/return", data=form | {"due_on": f"{later:%d.%m.%Y}"}).status_code == 302
    assert (given.answered_at, given.due_on, given.answer) == (None, later, "Оформили")
    assert "Нет даты выплаты" in text(page(gleb, url))
    assert answered(gleb, page, given, "Выплатили 5 числа").status_code == 302
    assert (given.answer, given.returned) == ("Выплатили 5 числа", None)
    assert zoya.post(f"{url}/accept").status_code == 302


def test_an_answer_that_came_on_paper_is_entered_by_the_secretary(cast, given, sign_in, page):
    zoya, row = sign_in("zoya"), other(given)
    assert answered(zoya, page, row, "Письмо № 5", "enter").status_code == 302
    assert (row.answer, row.answered_by) == ("Письмо № 5", "Лугова Зоя")


def test_only_the_asked_body_answers_and_only_who_convened_accepts(cast, given, sign_in):
    row, typed = other(given), {"done_on": f"{clock.today():%d.%m.%Y}", "answer": "Чужое", "version": "1"}
    for name, key, act, status in (
        ("gleb", row.id, "answer", 404), ("gleb", given.id, "enter", 403), ("gleb", given.id, "accept", 403),
        ("gleb", given.id, "return", 403), ("zoya", given.id, "answer", 403), ("boris", given.id, "answer", 403),
        ("boris", given.id, "accept", 403), ("galina", given.id, "accept", 404), ("galina", given.id, "enter", 404),
    ):  # fmt: skip
        answer = sign_in(name).post(f"/instruction/{key}/{act}", data=typed)
        assert answer.status_code == status, (name, act)
        if act != "accept":
            assert sign_in(name).get(f"/instruction/{key}/{act}").status_code == status, (name, act)
    assert (given.answer, row.answer) == (None, None)


@pytest.mark.parametrize(("name", "field"), [("gleb", "text"), ("gleb", "due_on"), ("gleb", "agency_id")])
def test_a_foreign_body_changes_nothing_even_past_the_pages(name, field, cast, given):
    row, wrong = other(given), {"text": "Другое", "due_on": date(2030, 1, 1), "agency_id": given.agency_id}[field]
    with acting(cast, name):
        setattr(row, field, wrong)
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def test_what_was_not_done_yet_or_before_it_was_ordered_is_refused(cast, given, sign_in, page):
    gleb, url = sign_in("gleb"), f"/instruction/{given.id}/answer"
    form = form_of(page(gleb, url))
    for done_on, said in ((clock.today() + DAY, "ещё не наступил"), (given.given_on - DAY, "исполнить его раньше")):
        refused = gleb.post(url, data=form | {"done_on": f"{done_on:%d.%m.%Y}", "answer": "Длинный ответ"})
        assert said in refused.text
        assert "Длинный ответ" in refused.text
    assert given.answer is None


def test_an_instruction_is_not_seen_before_the_meeting_is_closed(cast, body, family, sign_in):
    held = meeting_scenes.meeting(body)
    matter = meeting_scenes.item(held, family)
    meeting_scenes.decide(matter, DecisionKind.HEAR,
                          instructions=[meeting_scenes.order(cast.agency("5.2"), clock.today() + DAY)])  # fmt: skip
    db.session.commit()
    [row] = matter.instructions
    gleb = sign_in("gleb")
    assert gleb.get(f"/instruction/{row.id}").status_code == 404
    for act in (lambda: instructions.answer(row, instructions.Answered(clock.today(), "Рано"), clock.today()),
                lambda: instructions.accept(row)):  # fmt: skip
        with pytest.raises(Refusal, match="ещё не закрыто"):
            act()
    meeting_scenes.closed(held)
    assert gleb.get(f"/instruction/{row.id}").status_code == 200


# Who sees what


def test_the_body_reads_whom_it_is_about_and_what_its_work_needs(cast, given, family, sign_in, page):
    gleb = sign_in("gleb")
    shown = text(page(gleb, f"/instruction/{given.id}"))
    for said in ("Оформить пособие", "Полозова Инна Олеговна", "Полозов Тимур", "01.01.1990", "ул. Полевая, 5"):
        assert said in shown, said
    for address in (f"/instruction/{given.id}", LISTED, "/"):
        assert "Тайна" not in gleb.get(address).text, address
    for address in (f"/meeting/{given.meeting_id}", f"/item/{given.item_id}/resolution.pdf",
                    f"/instruction/{other(given).id}"):  # fmt: skip
        assert gleb.get(address).status_code in (403, 404), address
    file = gleb.get("/instructionregistry/xlsx")
    assert file.status_code in (403, 404) or "Тайна".encode() not in file.data


def test_each_lists_the_instructions_that_are_its_own(cast, given, sign_in, page):
    seen = {}
    for name in ("zoya", "anna", "boris", "vera", "gleb", "galina"):
        answer = sign_in(name).get(LISTED)
        seen[name] = sum(said in answer.text for said in ("Оформить пособие", "Тайна полиции"))
    assert seen == {"zoya": 2, "anna": 2, "boris": 2, "vera": 0, "gleb": 1, "galina": 0}


def test_what_is_overdue_is_found_by_the_filter_until_it_is_answered(cast, given, sign_in, page):
    zoya = sign_in("zoya")
    late = f"{LISTED}?_flt_0_state=late"
    assert "Оформить пособие" in text(page(zoya, late))
    assert "Тайна полиции" not in text(page(zoya, late))
    answered(sign_in("gleb"), page, given)
    assert "Оформить пособие" not in text(page(zoya, late))
    assert "Оформить пособие" in text(page(zoya, f"{LISTED}?_flt_0_state=answered"))


def test_it_stands_on_the_first_page_in_the_calendar_and_in_the_feed_until_it_is_answered(
    cast, given, sign_in, anonymous, page
):
    gleb, zoya, uid = sign_in("gleb"), sign_in("zoya"), f"instruction-{given.id}"
    days = {name: f"/calendar/list?day={row.due_on.isoformat()}&kind=instructions"
            for name, row in (("own", given), ("other", other(given)))}  # fmt: skip
    feeds = {client: made(client) for client in (gleb, zoya)}

    def fed(client: Any) -> set[str]:
        answer = anonymous.get(feeds[client])
        assert answer.status_code == 200
        assert "Полозов" not in answer.text
        return {
            str(event["UID"]).partition("@")[0] for event in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
        }

    link = f"/instruction/{given.id}"
    for client in (gleb, zoya):
        assert link in page(client, "/").xpath("//main//a/@href")
        assert link in page(client, days["own"]).xpath("//main//a/@href")
        assert uid in fed(client)
    assert page(gleb, days["other"]).xpath("//main//a[starts-with(@href, '/instruction/')]") == []
    assert uid not in fed(sign_in_feed(sign_in("galina"), feeds))
    answered(gleb, page, given)
    for client in (gleb, zoya):
        assert link not in page(client, days["own"]).xpath("//main//a/@href")
        assert uid not in fed(client)


def sign_in_feed(client: Any, feeds: dict[Any, str]) -> Any:
    feeds[client] = made(client)
    return client


def test_of_two_who_answer_at_once_one_is_told(cast, given, sign_in, page):
    from tests.test_at_once import said, sent_together

    gleb, key, url = sign_in("gleb"), given.id, f"/instruction/{given.id}/answer"
    forms = [form_of(page(gleb, url)) | {"answer": word} for word in ("первый", "второй")]
    answers = sent_together(gleb, url, forms)
    assert sorted(status for status, _location, _text in answers) == [200, 302]
    refused = next(index for index, answer in enumerate(answers) if answer[0] == 200)
    assert said(answers[refused][2])
    assert ("первый", "второй")[refused] in answers[refused][2]
    db.session.rollback()
    assert db.session.get(Instruction, key).answer == ("первый", "второй")[1 - refused]


def test_scans_come_with_the_answer_and_are_seen_by_whoever_sees_the_instruction(cast, given, sign_in, page):
    gleb, zoya = sign_in("gleb"), sign_in("zoya")
    url = f"/instruction/{given.id}"
    assert gleb.get(f"{url}/scan").status_code == 403  # nothing is answered yet
    answer = form_of(page(gleb, f"{url}/answer")) | {"answer": "Пособие оформлено"}
    sent = answer | {"file": [(BytesIO(scans.pdf("справка")), "справка.pdf"), (BytesIO(scans.picture()), "фото.jpg")]}
    assert gleb.post(f"{url}/answer", data=sent, content_type="multipart/form-data").status_code == 302
    paper, photo = db.session.scalars(select(InstructionScan).order_by(InstructionScan.id)).all()
    shown = f"/instruction/scan/{paper.id}/file"
    for name in ("gleb", "zoya", "anna"):
        client = sign_in(name)
        assert "справка.pdf" in client.get(url).text, name
        assert client.get(shown).data[:4] == b"%PDF", name
    assert sign_in("galina").get(shown).status_code == 404
    wrong = f"/instruction/scan/{photo.id}/annul"
    assert gleb.post(wrong, data=form_of(page(gleb, wrong)) | {"reason": "не тот снимок"}).status_code == 302
    assert gleb.get(f"/instruction/scan/{photo.id}/file").status_code == 404
    again = form_of(page(gleb, f"{url}/scan")) | {"file": (BytesIO(scans.pdf("справка")), "справка.pdf")}
    assert "уже приложен" in gleb.post(f"{url}/scan", data=again, content_type="multipart/form-data").text
    assert zoya.post(f"{url}/accept").status_code == 302
    assert gleb.get(f"{url}/scan").status_code == 403


def test_an_answer_whose_scan_is_no_scan_is_not_given(given, sign_in, page):
    gleb, url = sign_in("gleb"), f"/instruction/{given.id}/answer"
    sent = form_of(page(gleb, url)) | {"answer": "Оформлено", "file": (BytesIO("не скан".encode()), "справка.pdf")}
    told = gleb.post(url, data=sent, content_type="multipart/form-data").text
    assert "по содержанию этот файл – другое" in told
    assert "Оформлено" in told
    assert given.answered_at is None
