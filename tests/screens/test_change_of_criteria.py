"""The criteria of a family on record are changed on a page of their own: what is shown, printed and refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from lxml import html
from sqlalchemy import func, select

from app.documents import folder, passport, record_card
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import Criterion, Decision, Registration
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database("words of pages and papers; tests/services/test_criteria.py writes on both")

PLACED, CHANGED = date(2026, 1, 15), date(2026, 5, 6)


@kept
def stay(cast: factories.Cast) -> Registration:
    family = factories.family(cast.north, "00042")
    factories.member(family)
    return factories.registration(family, PLACED, criteria=("2.1.1", "2.2.1"), sender=cast.agency("5.3"))


def key(code: str) -> str:
    return str(factories.by_code(Criterion, code).id)


def filled(answer: Any) -> dict[str, Any]:
    """What a browser would send back from the form as it stands."""
    form = next(one for one in html.fromstring(answer.text).forms if "decided_on" in one.fields)
    chosen = [each for box in form.xpath(".//select[@name='criteria']")
              for each in box.xpath("./option[@selected]/@value") if each]  # fmt: skip
    return {**{name: value for name, value in form.form_values() if name != "form_key"}, "criteria": chosen}


def words_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.fromstring(answer.text).text_content())


def send(client: Any, stay: Registration, *codes: str, **values: str) -> Any:
    url = f"/family/{stay.family_id}/criteria"
    data = filled(client.get(url)) | {"criteria": [key(code) for code in codes]}
    return client.post(url, data=data | {"number": "3/1", "decided_on": "2026-05-06", **values})


def test_the_page_of_the_family_leads_to_a_form_that_shows_what_is_in_force(stay, sign_in):
    anna, url = sign_in("anna"), f"/family/{stay.family_id}/criteria"
    assert url in anna.get(f"/family/{stay.family_id}").text
    assert filled(anna.get(url))["criteria"] == [key("2.1.1"), key("2.2.1")]
    answer = send(anna, stay, "2.5.1", "2.2.1", note="по итогам проверки")
    assert (answer.status_code, answer.location) == (302, f"/family/{stay.family_id}#stays")
    page = words_of(anna.get(f"/family/{stay.family_id}"))
    assert "Критерии изменены." in page
    assert "действуют с 06.05.2026, постановление № 3/1 от 06.05.2026" in page
    assert "с 15.01.2026 до 06.05.2026: 2.1.1" in page
    decision = db.session.scalars(select(Decision).where(Decision.kind == DecisionKind.CRITERIA)).one()
    assert decision.note == "по итогам проверки"


def test_the_time_line_the_history_and_the_lists_tell_of_it(stay, sign_in):
    anna = sign_in("anna")
    send(anna, stay, "2.5.1", day="2026-05-08")
    line = words_of(anna.get(f"/family/{stay.family_id}/timeline"))
    assert "Изменены критерии" in line
    assert "Постановление № 3/1 от 06.05.2026. 2.5.1" in line
    assert line.count("№ 3/1") == 1, "a decision is told once, with what it did"
    assert "08.05.2026" in line
    assert "Поставлена на учёт" in line
    history = words_of(anna.get(f"/family/{stay.family_id}/history"))
    for told in ("Критерий учёта", "Действуют до", "Прекращён постановлением", "2.5.1"):
        assert told in history
    listed = "/familyregistry/list/?_flt_0_criterion="
    assert "00042" in anna.get(f"{listed}{key('2.5')}").text
    assert "00042" not in anna.get(f"{listed}{key('2.1')}").text
    stays = words_of(anna.get(f"/registrationregistry/show/{stay.id}"))
    assert "2.5.1" in stays
    assert "2.1.1" not in stays


def test_the_papers_print_the_criteria_with_their_days(stay, sign_in):
    send(sign_in("anna"), stay, "2.1.1", "2.5.1")
    db.session.expire_all()
    found = folder.load(stay.family_id)
    assert found is not None
    plain, changed = record_card._signs(found.registrations[0])
    assert plain.startswith("2.1.1")
    assert "(с " not in plain
    assert changed.startswith("2.5.1")
    assert "(с 06.05.2026)" in changed
    printed = passport._stay(found.registrations[0])["criteria"]
    assert [one["since"] for one in printed] == ["15.01.2026", "06.05.2026"]
    assert [len(one["names"]) for one in printed] == [2, 2]
    assert "3/1" in printed[1]["decision"]


def test_what_is_refused_keeps_what_was_typed(stay, sign_in):
    anna = sign_in("anna")
    answer = send(anna, stay, "2.1.1", "2.2.1", note="по итогам проверки")
    assert "менять нечего" in answer.text
    assert "по итогам проверки" in answer.text
    assert "хотя бы один критерий" in send(anna, stay).text
    answer = send(anna, stay, "2.5.1", decided_on="2026-01-15")
    assert "действуют с 15.01.2026" in answer.text
    assert filled(answer)["criteria"] == [key("2.5.1")]
    answer = send(anna, stay, "2.5.1", day="31.02.2026")
    assert 'value="31.02.2026"' in answer.text
    assert "field__error" in answer.text
    assert db.session.scalar(select(func.count(Decision.id))) == 1


def test_a_family_that_is_not_on_record_is_told_so(cast, sign_in):
    family = factories.family(cast.north, "00043")
    db.session.commit()
    anna, url = sign_in("anna"), f"/family/{family.id}/criteria"
    assert url not in anna.get(f"/family/{family.id}").text
    assert "на учёте не состоит" in words_of(anna.get(url))
    answer = anna.post(url, data={**filled(anna.get(url)), "decided_on": "2026-05-06", "criteria": [key("2.5.1")]})
    assert answer.status_code == 200
    assert "менять нечего" in answer.text


def test_the_second_of_two_who_change_them_is_told_what_the_first_one_did(stay, sign_in):
    anna, url = sign_in("anna"), f"/family/{stay.family_id}/criteria"
    opened = filled(anna.get(url))
    assert send(anna, stay, "2.5.1").status_code == 302
    answer = anna.post(url, data=opened | {"criteria": [key("2.3.1")], "decided_on": "2026-06-01", "number": "4/4"})
    assert answer.status_code == 200
    assert "изменил другой человек" in answer.text
    assert "Записано: 2.5.1" in answer.text
    assert anna.post(url, data=filled(answer)).status_code == 302
    db.session.expire_all()
    assert [row.criterion.code for row in stay.criteria] == ["2.3.1"]


def test_a_form_of_removal_over_other_criteria_is_an_older_one(stay, sign_in):
    anna, url = sign_in("anna"), f"/family/{stay.family_id}/remove"
    opened = dict(html.fromstring(anna.get(url).text).forms[-1].form_values())
    send(anna, stay, "2.5.1")
    assert "изменил другой человек" in anna.post(url, data={**opened, "decided_on": "2026-06-01"}).text


def test_the_change_is_annulled_on_the_page_with_its_decision(stay, sign_in):
    anna = sign_in("anna")
    send(anna, stay, "2.5.1")
    decision = db.session.scalars(select(Decision).where(Decision.kind == DecisionKind.CRITERIA)).one()
    url = f"/family/{stay.family_id}/annul/Decision/{decision.id}"
    assert url in anna.get(f"/family/{stay.family_id}").text
    form = html.fromstring(anna.get(url).text).forms[-1]
    assert anna.post(url, data={**dict(form.fields), "reason": "не та семья"}).status_code == 302
    db.session.expire_all()
    assert [row.criterion.code for row in stay.criteria] == ["2.1.1", "2.2.1"]
    row = stay.criteria[0]
    assert anna.get(f"/family/{stay.family_id}/annul/RegistrationCriterion/{row.id}").status_code == 404
