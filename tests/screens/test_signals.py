"""The page of a signal card, its queue and what leads to them, as people meet them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.domain import terms
from app.extensions import db
from app.models import CardScan, Deadline, Family, SignalCard
from tests import factories, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("pages and refusals; services/test_signals.py takes the steps on both")

QUEUE = "/signalcardregistry/list/?_flt_0_state=open"


@kept
def card(cast: factories.Cast) -> SignalCard:
    return factories.signal_card(cast.north, cast.employee("gleb").agency, address="ул. Полевая, 5",
                                description="Ребёнок не ходит в школу")  # fmt: skip


def opened(card: SignalCard) -> SignalCard:
    card.received_at = clock.now()
    db.session.commit()
    return card


def text(document) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


def text_of_pdf(content: bytes) -> str:
    return " ".join(" ".join(scans.texts(content)).split())


def test_a_card_that_nobody_has_opened_is_an_envelope_until_its_button_is_pressed(card, sign_in, page):
    anna = sign_in("anna")
    assert "не ходит в школу" not in text(page(anna, f"/signal/{card.id}"))
    assert db.session.get(SignalCard, card.id).received_at is None
    assert anna.post(f"/signal/{card.id}/receive").status_code == 302
    assert "не ходит в школу" in text(page(anna, f"/signal/{card.id}"))
    assert db.session.get(SignalCard, card.id).received_at is not None


def test_a_card_sent_on_within_one_s_own_territories_is_shown_and_taken_back_by_one_click(cast, card, sign_in):
    anna, galina = sign_in("anna"), sign_in("galina")
    opened(card)
    to_south = {"territory": str(cast.south.id), "note": "Живут там"}
    answer = anna.post(f"/signal/{card.id}/redirect", data=to_south, follow_redirects=True)
    assert "Открыть карту" in answer.text
    assert "Отменить: перенаправлена" in answer.text
    anna.post(f"/signal/{card.id}/undo")
    stored = db.session.get(SignalCard, card.id)
    assert (stored.territory_id, stored.received_at is not None) == (cast.north.id, True)
    answer = anna.post(f"/signal/{card.id}/redirect", data=to_south | {"territory": str(cast.far.id)})
    assert answer.location.endswith("/signal/sent-on")
    assert "Отменить: перенаправлена" not in galina.get(f"/signal/{card.id}").text


def test_the_queue_shows_the_oldest_first_and_marks_what_is_late(cast, card, sign_in, page):
    long_ago = clock.now() - timedelta(hours=3)
    late = factories.signal_card(cast.south, cast.agency("5.7"), last_name="Рябинина", arrived_at=long_ago,
                                 sent_at=long_ago, detected_at=long_ago)  # fmt: skip
    db.session.commit()
    rows = [row.text_content() for row in page(sign_in("anna"), QUEUE).xpath("//tbody/tr")]
    assert [late.last_name in rows[0], card.last_name in rows[1]] == [True, True]
    assert ["срок прошёл" in row for row in rows] == [True, False]
    assert sign_in("anna").get("/signal/waiting").json == {"cards": 2, "late": 1}


def test_to_be_asked_by_the_menu_does_not_keep_a_session(card, sign_in, monkeypatch):
    anna, begun = sign_in("anna"), datetime.now(UTC)
    for minutes in (20, 29):
        monkeypatch.setattr("app.sessions.now", lambda minutes=minutes: begun + timedelta(minutes=minutes))
        assert anna.get("/signal/waiting").status_code == 200
    monkeypatch.setattr("app.sessions.now", lambda: begun + timedelta(minutes=31))
    assert anna.get("/signal/waiting").status_code != 200


def test_the_sender_reads_the_state_and_the_question_and_nothing_of_the_family(cast, card, sign_in, page):
    of = factories.family(cast.north, number="00123")
    factories.member(of, last_name="Тайнова")
    card.question, card.family_id = "Сколько детей?", of.id
    opened(card)
    gleb = sign_in("gleb")
    shown = page(gleb, f"/signal/{card.id}")
    assert "Сколько детей?" in text(shown)
    assert "Тайнова" not in text(shown)
    assert "00123" not in text(shown)
    assert gleb.post(f"/signal/{card.id}/answer", data={"answer": "Двое"}).status_code == 302
    assert db.session.get(SignalCard, card.id).answer == "Двое"
    assert gleb.post(f"/signal/{card.id}/close").status_code == 403


def test_a_family_is_entered_from_a_card_with_its_people_and_address(cast, card, sign_in, page):
    factories.card_child(card, "Иван", age=7)
    factories.card_child(card, "Рощин Пётр Ильич", born_on=clock.today() - timedelta(days=900))
    factories.card_child(card, None, age=2)
    card.mobile_phone = "8 900 1"
    opened(card)
    anna = sign_in("anna")
    form = page(anna, f"/family/new?card={card.id}").forms[-1]
    values = dict(form.form_values())
    assert values["registered_address"].strip() == "ул. Полевая, 5"
    names = [(values[f"people-{place}-last_name"], values[f"people-{place}-first_name"]) for place in range(3)]
    assert names == [("Полозова", "Инна"), ("Полозова", "Иван"), ("Рощин", "Пётр")]
    told = values["additional"].split("\n")
    assert [line.strip() for line in told if line.strip()] == [
        "Телефоны: 8 900 1", "Иван, 7 лет; ребёнок, имя не известно, 2 года"]  # fmt: skip
    answer = anna.post(f"/family/new?card={card.id}", data=values)
    assert answer.status_code == 302
    stored = db.session.get(SignalCard, card.id)
    assert db.session.get(Family, stored.family_id).members[0].last_name == "Полозова"
    assert stored.steps[-1].kind is terms.CardStepKind.ENTERED


def test_nobody_enters_a_family_from_a_card_that_lies_elsewhere(cast, sign_in):
    far = factories.signal_card(cast.far, cast.agency("5.7"))
    db.session.commit()
    assert sign_in("anna").get(f"/family/new?card={far.id}").status_code == 404
    assert sign_in("anna").get("/family/new?card=999999").status_code == 404


def test_cards_are_found_by_name_by_whoever_sees_them(card, sign_in, page):
    assert str(card) in text(page(sign_in("anna"), "/search?q=полоз инна"))
    assert str(card) not in text(page(sign_in("galina"), "/search?q=полоз инна"))


def test_the_first_page_of_a_coordinator_counts_what_waits(card, sign_in, page):
    assert "Карты не открыты" in text(page(sign_in("anna"), "/"))
    assert "Карты не открыты" not in text(page(sign_in("galina"), "/"))


def test_what_waits_of_cards_and_of_inquiries_stands_in_one_section(card, cast, sign_in, page):
    group = factories.survey_group(cast.employee("gleb"), clock.today(), of=factories.family(cast.north))
    factories.inquiry(group, cast.agency("5.7"), due_on=clock.today() - timedelta(days=1))
    [section] = page(sign_in("anna"), "/").xpath("//section[@id='waits']")
    assert [" ".join(link.text_content().split()) for link in section.xpath(".//a")] == [
        "1Карты не открыты", "1Запросы просрочены", "1Запросы ждут ответа"]  # fmt: skip
    assert [link.get("href").partition("=")[2] for link in section.xpath(".//a")] == ["waiting", "late", "waits"]


def test_a_printed_card_names_its_photos_with_their_sizes(card, sign_in):
    opened(card)
    for name, pages, annulled in (("кухня.jpg", 1, None), ("справка.pdf", 3, None), ("чужое.jpg", 1, clock.now())):
        db.session.add(CardScan(card=card, file_name=name, mime="image/jpeg", size=20_000, pages=pages, sha256="1" * 64,
                                key=name, annulled_at=annulled, annul_reason=annulled and "чужое"))  # fmt: skip
    db.session.commit()
    [said] = [scans.flowing(scans.texts(sign_in("anna").get(f"/signal/{card.id}/card.pdf").data))]
    assert "Фото и сканы, приложенные к карте: 2" in said
    assert "кухня.jpg (20 КБ)" in said
    assert "справка.pdf (20 КБ, 3 страницы)" in said
    assert "чужое.jpg" not in said


def test_a_card_leaves_the_bank_with_its_letter(card, sign_in, page):
    opened(card)
    anna, long = sign_in("anna"), "Администрация Соседнего округа"
    assert anna.post(f"/signal/{card.id}/send-out", data={"addressee": long, "note": "Живут там"}).status_code == 302
    stored = db.session.get(SignalCard, card.id)
    assert (stored.outcome.code, stored.sent_out_to) == ("redirected", long)
    printed = text_of_pdf(anna.get(f"/signal/{card.id}/card.pdf").data)
    for said in (long, "Основание: Живут там", "Ребёнок не ходит в школу", "Конфиденциально"):
        assert said in printed
    assert long not in text_of_pdf(sign_in("gleb").get(f"/signal/{card.id}/card.pdf").data)


def test_a_card_that_nobody_has_opened_is_not_printed(card, sign_in):
    assert sign_in("anna").get(f"/signal/{card.id}/card.pdf").status_code == 302


@pytest.mark.one_database("a page and its refusals; the clocks themselves: tests/readings/test_card_clocks.py")
def test_a_clock_of_a_card_is_extended_with_a_reason_from_its_page(cast, card, sign_in, page):
    anna, gleb, later = sign_in("anna"), sign_in("gleb"), clock.today() + timedelta(days=30)
    receipt, survey, answer = (factories.by_code(Deadline, code).id
                               for code in ("signal_receipt_1h", "survey_default", "signal_answer_1d"))  # fmt: skip
    urls = {key: f"/signal/{card.id}/extend/{key}" for key in (receipt, survey, answer)}
    assert f'href="{urls[receipt]}"' in anna.get(f"/signal/{card.id}").text
    assert anna.get(urls[survey]).status_code == 404  # it does not run before the card is opened
    opened(card)
    assert anna.post(f"/signal/{card.id}/ask", data={"question": "Сколько детей?"}).status_code == 302
    form = {"until": f"{later:%d.%m.%Y}", "reason": "Школа закрыта на карантин."}
    for key in (survey, answer):
        version = page(anna, urls[key]).xpath("string(//input[@name='version']/@value)")
        stale = anna.post(urls[key], data=form | {"version": "2020-01-01"})
        assert (stale.status_code, "Теперь срок до" in stale.text, "карантин" in stale.text) == (200, True, True)
        assert anna.post(urls[key], data=form | {"version": version}).status_code == 302
    assert text(page(anna, f"/signal/{card.id}")).count(f"Продлён до {later:%d.%m.%Y}: Школа закрыта") == 2
    assert text(page(gleb, f"/signal/{card.id}")).count("Школа закрыта на карантин.") == 1  # of the answer alone
    assert gleb.get(urls[answer]).status_code == 403
    gone = anna.post(urls[receipt], data=form | {"version": ""})
    assert "Этот срок по карте уже не идёт" in gone.text
