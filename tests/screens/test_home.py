"""The first page by role and the lists behind its counts."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import event, select

from app.clock import today
from app.domain.terms import Act
from app.extensions import db
from app.models import JournalEntry
from tests import factories

MOST_STATEMENTS = 15
FAMILIES = "/familyregistry/list/"
MEMBERS = "/memberregistry/list/"


@pytest.fixture
def families(app, cast) -> dict[str, int]:
    north = factories.family(cast.north, "00001")
    factories.member(north, born_on=date(today().year - 5, 1, 1), first_name="Мирон")
    factories.registration(north, date(2025, 3, 4), received_on=date(2025, 3, 4))
    far = factories.family(cast.far, "00001")
    factories.member(far, first_name="Чужой")
    factories.registration(far, date(2025, 3, 4))
    db.session.commit()
    return {"north": north.id, "far": far.id}


def stats(document) -> dict[str, int]:
    return {
        link.get("href"): int(link.xpath("string(.//*[contains(@class, 'stat__number')])"))
        for link in document.xpath("//a[contains(@class, 'stat')]")
    }


def test_every_count_of_the_coordinator_is_the_length_of_its_list(families, sign_in, page):
    client = sign_in("anna")
    found = stats(page(client, "/"))
    assert found[f"{FAMILIES}?_flt_0_state=on"] == 1
    assert found[f"{MEMBERS}?_flt_0_state=children"] == 1
    assert found[f"{FAMILIES}?_flt_0_overdue=1"] == 1
    assert found[f"{MEMBERS}?_flt_0_state=children&_flt_0_missing=education"] == 1
    for address, number in found.items():
        rows = page(client, address).xpath("//main//tbody/tr")
        assert len(rows) == number, address


def test_a_list_shows_own_families_only(families, sign_in, page):
    text = page(sign_in("anna"), f"{MEMBERS}?_flt_0_state=children").text_content()
    assert "Мирон" in text
    assert "Чужой" not in text
    assert stats(page(sign_in("vera"), "/"))[f"{FAMILIES}?_flt_0_state=on"] == 0
    assert stats(page(sign_in("boris"), "/"))[FAMILIES] == 1


def test_the_coordinator_sees_the_next_deadlines(families, sign_in, page):
    text = page(sign_in("anna"), "/").text_content()
    for clause in ("3.6.6", "3.6.7", "3.7.4", "3.7.5"):
        assert f"Положение, {clause}" in text


def test_an_empty_bank_says_what_to_do_first(app, cast, sign_in, page):
    assert "Загрузить книгу" in page(sign_in("anna"), "/").text_content()


@pytest.mark.parametrize("name", ["oleg", "renata", "avgust"])
def test_others_see_figures_without_names(families, sign_in, page, name):
    text = page(sign_in(name), "/").text_content()
    assert "Мирон" not in text
    assert MEMBERS not in text


def test_the_region_sees_each_district(families, cast, sign_in, page):
    rows = page(sign_in("renata"), "/").xpath("//main//tbody/tr")
    assert [re.sub(r"\s+", " ", row.text_content()).strip() for row in rows] == [
        "Соседний район11", "Тестовый район11",
    ]  # fmt: skip


def test_nobody_is_sent_to_sign_in(app, anonymous):
    answer = anonymous.get("/")
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.parametrize("name", ["oleg", "renata", "avgust"])
def test_lists_of_families_are_closed_to_others(families, sign_in, name):
    client = sign_in(name)
    for behind in (FAMILIES, MEMBERS):
        assert client.get(behind).status_code == 403


@pytest.mark.parametrize("address", ["/", f"{FAMILIES}?_flt_0_state=on", f"{MEMBERS}?_flt_0_state=children"])
def test_few_statements(families, sign_in, address):
    client = sign_in("anna")
    client.get("/")
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def test_a_commission_member_has_the_assigned_families_at_once(cast, sign_in, page):
    near, far = factories.family(cast.north, number="00041"), factories.family(cast.south, number="00042")
    for family in (near, far):
        factories.member(family)
    db.session.commit()
    first = page(sign_in("boris"), "/")
    assert first.xpath(f"//a[@href='/family/{near.id}']")
    assert not first.xpath(f"//a[@href='/family/{far.id}']")
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.LISTED)).one()
    assert entry.records == 1


def test_the_list_of_members_tells_the_children_on_record_from_all_others(cast, sign_in, page):
    stands, removed = factories.family(cast.north, "00061"), factories.family(cast.north, "00062")
    factories.registration(stands, date(2025, 3, 4))
    factories.registration(removed, date(2024, 3, 4), until=date(2025, 1, 1))
    born = date(today().year - 9, 1, 1)
    learns = factories.member(stands, last_name="Учёнова", born_on=born)
    factories.education(learns, date(2025, 9, 1))
    factories.member(stands, last_name="Рощина", born_on=born)
    factories.member(stands, last_name="Взрослова", born_on=date(1990, 1, 1))
    factories.member(stands, last_name="Безвестнова", born_on=None)
    factories.member(removed, last_name="Снятова", born_on=born)
    db.session.commit()
    anna = sign_in("anna")

    def listed(asked: str) -> list[str]:
        rows = page(anna, f"{MEMBERS}?{asked}").xpath("//main//tbody/tr/td[1]")
        return [cell.text_content().strip() for cell in rows]

    assert listed("_flt_0_state=children") == ["Рощина", "Учёнова"]
    assert listed("_flt_0_state=children&_flt_0_missing=education") == ["Рощина"]
    assert listed("_flt_0_state=on") == ["Безвестнова", "Взрослова", "Рощина", "Учёнова"]
    assert listed("_flt_0_missing=born_on") == ["Безвестнова"]
    assert listed("_flt_0_state=children&_flt_0_comes_of_age=soon") == []
    assert listed(f"_flt_0_territory={cast.district.id}&_flt_0_last_name=снят") == ["Снятова"]
    assert listed(f"_flt_0_territory={cast.south.id}") == []
