"""Bodies are asked about a family that is surveyed, and answer: as whoever surveys and their own people meet it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select

from app import clock
from app.domain.terms import Role
from app.extensions import db
from app.models import AgencyFinding, AgencyInquiry, AgencyKind, SurveyGroup
from app.services import accounts
from tests import factories
from tests.states import kept
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("pages and refusals; the acts behind them: tests/services, on both databases")

DAY = timedelta(days=1)


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


@kept
def group(cast: factories.Cast) -> SurveyGroup:
    """A survey of a card of Anna's territory, led by a person of the commission."""
    card = factories.signal_card(cast.north, cast.agency("5.3"), address="ул. Полевая, 5", received_at=clock.now(),
                                 description="Тайна карты")  # fmt: skip
    factories.card_child(card, "Полозов Пётр", age=7)
    return factories.survey_group(cast.employee("boris"), clock.today() + DAY, card=card, task="Тайна группы")


def asked(group: SurveyGroup, cast: factories.Cast, **values: Any) -> AgencyInquiry:
    row = factories.inquiry(group, cast.employee("gleb").agency, **{"question": "Состоят ли на учёте?"} | values)
    db.session.commit()
    return row


def test_several_bodies_are_asked_at_once_and_the_day_is_preset(cast, group, sign_in, page):
    anna = sign_in("anna")
    form = page(anna, f"/survey/{group.id}/ask")
    typed = form_of(form)
    assert typed["due_on"]
    offered = form.xpath("//select[@name='agencies']/option/@value")
    chosen = [str(cast.agency(code).id) for code in ("5.2", "5.5", "5.7")]
    assert set(chosen) <= set(offered)
    assert anna.post(f"/survey/{group.id}/ask", data={**typed, "agencies": chosen}).status_code == 302
    assert len(db.session.scalars(select(AgencyInquiry)).all()) == 3
    shown = page(anna, f"/survey/{group.id}")
    assert text(shown).count("ждёт ответа") == 3
    assert len(shown.xpath("//section[@id='bodies']//h3")) == 7
    again = anna.post(
        f"/survey/{group.id}/ask", data={**typed, "form_key": "другой-ключ-формы", "agencies": chosen[:1]}
    )
    assert again.status_code == 200
    assert "Уже запрошено" in again.text


def test_a_body_reads_the_names_the_address_and_the_question_and_nothing_else(cast, group, sign_in, page):
    inquiry = asked(group, cast)
    other = factories.finding(group, cast.agency("5.7"), "Тайна полиции", kind="RT.3")
    gleb = sign_in("gleb")
    assert page(gleb, "/").xpath("//section[@id='inquiries']//li/a/@href") == [f"/inquiry/{inquiry.id}"]
    shown = text(page(gleb, f"/inquiry/{inquiry.id}"))
    for said in ("Полозова Инна", "Полозов Пётр, 7 лет", "ул. Полевая, 5", "Состоят ли на учёте?"):
        assert said in shown
    for secret in ("Тайна", "Боброва"):
        assert secret not in shown
    for address in (f"/survey/{group.id}", f"/signal/{group.card_id}", f"/finding/{other.id}/edit"):
        assert gleb.get(address).status_code == 404, address


def test_what_health_care_tells_is_of_health_unless_it_says_otherwise(cast, group, sign_in, page):
    inquiry, body = asked(group, cast), cast.employee("gleb").agency
    cast.user("gleb").roles = [accounts.add_role("Врач", Role.SPECIALIST.value, special=True)]
    for code, marked in (("5.5", ["special"]), ("5.7", [])):
        body.kind = factories.by_code(AgencyKind, code)
        db.session.commit()
        form = page(sign_in("gleb"), f"/inquiry/{inquiry.id}/answer")
        assert form.xpath("//input[@type='checkbox'][@checked]/@name") == marked, code


def test_a_body_tells_several_entries_corrects_them_and_the_answer_is_taken(cast, group, sign_in, page):
    inquiry = asked(group, cast)
    gleb, anna, url = sign_in("gleb"), sign_in("anna"), f"/inquiry/{inquiry.id}"
    for said in ("Пособие с марта", "Выезд в апреле"):
        assert gleb.post(f"{url}/answer", data=form_of(page(gleb, f"{url}/answer")) | {"text": said}).status_code == 302
    first, _second = db.session.scalars(select(AgencyFinding).order_by(AgencyFinding.id)).all()
    assert db.session.get(AgencyInquiry, inquiry.id).answered_at is not None
    assert (first.kind.code, first.told_by) == ("RT.2", "Осинцев Глеб")
    form, other = (form_of(page(gleb, f"/finding/{first.id}/edit")) for _page in range(2))
    assert gleb.post(f"/finding/{first.id}/edit", data=form | {"text": "Пособие с мая"}).status_code == 302
    late = gleb.post(f"/finding/{first.id}/edit", data=other | {"text": "Пособие с июня"})
    assert (late.status_code, "Пособие с мая" in late.text) == (200, True)  # what is stored, over what was typed
    form = form_of(lxml.html.fromstring(late.text))
    assert gleb.post(f"/finding/{first.id}/edit", data=form).status_code == 302  # said again, it is kept
    assert "Пособие с июня" in text(page(anna, f"/survey/{group.id}"))
    assert anna.post(f"{url}/close").status_code == 302
    assert gleb.post(f"{url}/answer", data={"told_on": "01.02.2026", "text": "Ещё"}).status_code == 200
    assert gleb.get(f"/finding/{first.id}/edit").status_code == 403
    assert anna.get(f"/finding/{first.id}/edit").status_code == 200


def test_nothing_known_is_an_answer_and_an_overdue_inquiry_is_marked(cast, group, sign_in, page):
    inquiry = asked(group, cast, due_on=clock.today() - DAY)
    gleb = sign_in("gleb")
    assert "срок прошёл" in text(page(gleb, "/agencyinquiryregistry/list/?_flt_0_state=late"))
    assert gleb.post(f"/inquiry/{inquiry.id}/nothing").status_code == 302
    stored = db.session.get(AgencyInquiry, inquiry.id)
    assert (stored.knows_nothing, stored.answered_at is not None) == (True, True)
    assert "сведений нет" in text(page(sign_in("anna"), f"/survey/{group.id}"))


def test_what_a_body_told_by_phone_is_entered_and_answers_the_inquiry(cast, group, sign_in, page):
    inquiry = asked(group, cast)
    boris, url = sign_in("boris"), f"/survey/{group.id}/findings/add"
    kind = factories.by_code(factories.AgencyKind, "RT.2").id
    typed = form_of(page(boris, url)) | {"kind": str(kind), "agency": str(inquiry.agency_id),
                                         "told_by": "Дежурный", "text": "Семья им известна"}  # fmt: skip
    assert boris.post(url, data=typed).status_code == 302
    assert db.session.get(AgencyInquiry, inquiry.id).answered_at is not None
    wrong = factories.by_code(factories.AgencyKind, "RT.3").id
    refused = boris.post(url, data={**typed, "kind": str(wrong), "form_key": "другой-ключ-формы"})
    assert "другого вида" in refused.text


def test_of_a_group_only_the_leader_asks(cast, group, sign_in):
    group.employees = [cast.employee("boris"), cast.employee("vera")]
    vera = sign_in("vera")
    assert vera.get(f"/survey/{group.id}").status_code == 200
    assert vera.get(f"/survey/{group.id}/ask").status_code == 403
    assert sign_in("boris").get(f"/survey/{group.id}/ask").status_code == 200
