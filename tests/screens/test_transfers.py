"""A file is handed over on the page of its family, looked through and received by another district, as people do it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock
from app.domain.terms import TransferState
from app.extensions import db
from app.models import Family, Transfer
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database("pages and refusals; services/test_transfers.py moves families on both")


def today() -> str:
    return f"{clock.today():%d.%m.%Y}"


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


@kept
def family(cast: factories.Cast) -> Family:
    with access.unrestricted():
        row = factories.family(cast.north, number="00041")
        factories.member(row, "мать", date(1990, 1, 1), "Полозова", "Инна", "Олеговна")
        factories.member(row, "сын", date(2014, 5, 5), "Полозов", "Лев", "Игоревич")
        factories.registration(row, date(2025, 2, 3))
        return row


def hidden(document: Any) -> dict[str, str]:
    """What a form sends along besides what is typed."""
    return {
        field.get("name"): field.get("value", "") for field in document.xpath("//main//form//input[@type='hidden']")
    }


@pytest.fixture
def sent(cast: factories.Cast, family: Family, sign_in: Any, page: Any) -> Transfer:
    anna, far = sign_in("anna"), cast.far.id
    said = {"territory": str(far), "number": "7/3", "decided_on": today(), "note": "Переехали"}
    answer = anna.post(f"/family/{family.id}/transfer", data=said, follow_redirects=True)
    assert "Дело передано: семья остаётся здесь" in answer.text
    return db.session.scalars(select(Transfer)).one()


def test_both_ends_see_where_it_is(cast, family, sent, sign_in, page):
    anna, galina = sign_in("anna"), sign_in("galina")
    assert "Наши дела ждут приёма" in text(page(anna, "/"))
    assert "Дела к приёму" in text(page(galina, "/"))
    assert "Дело передаётся: Дальнее сельское поселение, ждёт приёма" in text(page(anna, f"/family/{family.id}"))
    assert galina.get(f"/family/{family.id}").status_code == 404
    for person in (anna, galina):
        assert "00041" in text(page(person, f"/transfer/{sent.id}"))
        assert "00041" in text(page(person, "/transferregistry/list/"))


def test_it_is_looked_through_and_received(cast, family, sent, sign_in, page):
    anna, galina = sign_in("anna"), sign_in("galina")
    address = f"/transfer/{sent.id}/receive"
    document = page(galina, address)
    assert "Полозова Инна Олеговна" in text(document)
    said = hidden(document) | {"territory": str(cast.far.id)}
    answer = galina.post(address, data=said | {"fingerprint": "другой"}, follow_redirects=True)
    assert "банк изменился" in answer.text
    answer = galina.post(address, data=said, follow_redirects=True)
    assert "Семья принята" in answer.text
    db.session.expire_all()
    assert sent.state is TransferState.RECEIVED
    assert "Дело передано: Дальнее сельское поселение, принято" in text(page(anna, f"/family/{family.id}"))
    assert "Дело получено: Северное сельское поселение, принято" in text(page(galina, f"/family/{sent.received_id}"))
    assert anna.get(f"/family/{sent.received_id}").status_code == 404
    answer = galina.post(f"/transfer/{sent.id}/undo", data={}, follow_redirects=True)
    assert "Приём отменён" in answer.text
    assert sent.state is TransferState.WAITING


def test_it_is_declined_with_a_reason_that_the_sender_reads(cast, family, sent, sign_in, page):
    anna, galina = sign_in("anna"), sign_in("galina")
    address = f"/transfer/{sent.id}/decline"
    said = hidden(page(galina, address))
    assert "Заполните это поле" in galina.post(address, data=said).text
    answer = galina.post(address, data=said | {"reason": "Здесь они не живут"}, follow_redirects=True)
    assert "В приёме отказано" in answer.text
    assert "Здесь они не живут" in text(page(anna, f"/family/{family.id}"))


@pytest.mark.parametrize(("said", "fault"), [
    ({}, "что-то одно"),
    ({"territory": "far", "elsewhere": "Иной район"}, "что-то одно"),
    ({"territory": "south"}, "того же района"),
    ({"territory": "root"}, "Такой записи нет"),
    ({"territory": "far", "decided_on": "31.12.2090"}, "ещё не наступила"),
])  # fmt: skip
def test_what_is_typed_wrong_is_said_and_nothing_is_sent(said, fault, cast, family, sign_in):
    places = {name: str(getattr(cast, name).id) for name in ("far", "south", "root")}
    typed = {"number": "7/3", "decided_on": today(), "note": "Не потерять"}
    typed |= {name: places.get(value, value) for name, value in said.items()}
    answer = sign_in("anna").post(f"/family/{family.id}/transfer", data=typed)
    assert fault in answer.text
    assert "Не потерять" in answer.text
    assert db.session.scalars(select(Transfer)).all() == []
