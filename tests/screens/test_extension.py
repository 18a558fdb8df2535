"""A deadline is extended on the page of its family: by whom, why, and what the history tells of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select

from app.clock import today
from app.extensions import db
from app.models import Deadline, Family, Registration, StayExtension
from app.services import registrations
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database(
    "words of pages and refusals of forms; tests/readings/test_clocks.py counts on both"
)

LATE = "/familyregistry/list/?_flt_0_overdue=1"


@kept
def stay(cast: factories.Cast) -> Registration:
    """A stay whose clock of entering is overdue."""
    family = factories.family(cast.north, "00042")
    factories.member(family)
    return factories.registration(family, today() - timedelta(days=30), received_on=today() - timedelta(days=10))


def address(stay: Registration) -> str:
    return f"/family/{stay.family_id}/extend/{stay.id}/{factories.by_code(Deadline, 'bank_entry_3d').id}"


def send(client: Any, url: str, **values: str) -> Any:
    """Send the form as it stands, with what is typed in it."""
    form = next(one for one in html.fromstring(client.get(url).text).forms if "until" in one.fields)
    return client.post(url, data={**dict(form.fields), **values})


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.fromstring(answer.text).text_content())


def test_an_extended_deadline_is_no_longer_overdue_on_any_page(stay, sign_in):
    anna, until = sign_in("anna"), today() + timedelta(days=3)
    page = anna.get(f"/family/{stay.family_id}").text
    assert "Срок прошёл" in page
    assert address(stay) in page
    assert "00042" in anna.get(LATE).text
    answer = send(anna, address(stay), until=f"{until:%d.%m.%Y}", reason="Ждём подписанную копию")
    assert answer.status_code == 302
    shown = text_of(anna.get(answer.location))
    assert f"Срок до {until:%d.%m.%Y}" in shown
    assert f"родлён до {until:%d.%m.%Y}: Ждём подписанную копию" in shown
    assert "Срок прошёл" not in shown
    assert "00042" not in anna.get(LATE).text
    row = db.session.scalars(select(StayExtension)).one()
    assert row.user_name
    assert row.user_name in shown
    assert "Ждём подписанную копию" in text_of(anna.get(f"/family/{stay.family_id}/history"))
    assert f"Срок продлён до {until:%d.%m.%Y}" in text_of(anna.get(f"/family/{stay.family_id}/timeline"))
    assert "00042" in anna.get("/stayextensionregistry/list/").text


def test_an_annulled_extension_leaves_the_deadline_as_it_was(stay, sign_in):
    row = factories.extension(stay, today() + timedelta(days=3))
    db.session.commit()
    anna = sign_in("anna")
    annul = f"/family/{stay.family_id}/annul/StayExtension/{row.id}"
    assert annul in anna.get(f"/family/{stay.family_id}").text
    form = html.fromstring(anna.get(annul).text).forms[-1]
    assert anna.post(annul, data={**dict(form.fields), "reason": "не тот день"}).status_code == 302
    assert "Срок прошёл" in anna.get(f"/family/{stay.family_id}").text
    assert "00042" in anna.get(LATE).text


def test_an_annulled_stay_takes_its_extensions_along(stay, app):
    row = factories.extension(stay, today() + timedelta(days=3))
    registrations.annul(stay, reason="не та семья", today=today())
    assert row.annulled_at is not None


@pytest.mark.parametrize(
    ("days", "reason", "said"),
    [
        (-7, "ждём", "укажите день позже"),
        (-8, "ждём", "укажите день позже"),
        (3, "", "ите это поле"),
        (366, "ждём", "не больше чем на 366 дней"),
        (3, "ж" * 501, "500"),
        (None, "ждём", "ите это поле"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(stay, sign_in, days, reason, said):
    anna = sign_in("anna")
    until = "" if days is None else f"{today() + timedelta(days=days):%d.%m.%Y}"
    answer = send(anna, address(stay), until=until, reason=reason)
    assert answer.status_code == 200
    assert said.lower() in text_of(answer).lower()
    assert reason in answer.text
    assert db.session.scalar(select(StayExtension.id)) is None


def test_the_second_of_two_who_extend_one_clock_is_told_what_the_first_one_did(stay, sign_in):
    anna = sign_in("anna")
    form = next(one for one in html.fromstring(anna.get(address(stay)).text).forms if "until" in one.fields)
    factories.extension(stay, today() + timedelta(days=2))
    db.session.commit()
    later = f"{today() + timedelta(days=5):%d.%m.%Y}"
    answer = anna.post(address(stay), data={**dict(form.fields), "until": later, "reason": "ждём"})
    assert answer.status_code == 200
    assert f"Теперь срок до {today() + timedelta(days=2):%d.%m.%Y}" in text_of(answer)
    assert send(anna, address(stay), until=later, reason="ждём").status_code == 302


def test_a_clock_that_does_not_run_is_not_extended(stay, sign_in):
    anna = sign_in("anna")
    url, met = address(stay), today() - timedelta(days=9)
    stay.entered_on = met
    db.session.commit()
    assert url not in anna.get(f"/family/{stay.family_id}").text
    assert f"Срок уже выполнен {met:%d.%m.%Y}" in text_of(
        send(anna, url, until=f"{today() + timedelta(days=3):%d.%m.%Y}", reason="ждём")
    )
    other = factories.by_code(Deadline, "month_2").id
    assert anna.get(f"/family/{stay.family_id}/extend/{stay.id}/{other}").status_code == 404


def test_who_only_reads_the_family_extends_nothing(stay, cast, sign_in):
    boris, vera = sign_in("boris"), sign_in("vera")
    assert "extend" not in boris.get(f"/family/{stay.family_id}").text
    assert boris.get(address(stay)).status_code == 403
    assert vera.get(f"/family/{stay.family_id}").status_code == 404
    elsewhere = db.session.get_one(Family, factories.family(cast.far, "00043").id)
    other = factories.registration(elsewhere, date(2026, 1, 1), received_on=date(2026, 1, 1))
    db.session.commit()
    assert sign_in("anna").get(address(other)).status_code == 404
