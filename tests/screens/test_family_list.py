"""The one list of families: tabs, filters, links, and what it shows of a family."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.clock import today
from app.extensions import db
from app.models import Criterion, Employee
from tests import factories

LIST = "/familyregistry/list/"


@pytest.fixture
def families(cast):
    """№ 1 stands in the north under 2.5.1 without aid, № 2 in the south under 2.1.1 with aid, № 3 was removed."""
    north, south = factories.family(cast.north, "00001"), factories.family(cast.south, "00002")
    gone = factories.family(cast.north, "00003")
    for family, name in ((north, "Полозова"), (south, "Ивнякова"), (gone, "Лугова")):
        factories.member(family, last_name=name)
    factories.registration(north, date(2025, 3, 4), criteria=["2.5.1"])
    factories.registration(south, date(2025, 3, 4), criteria=["2.1.1"], received_on=date(2025, 3, 4))
    factories.registration(gone, date(2024, 3, 4), until=date(2025, 3, 4))
    factories.aid(south, today() - timedelta(days=5))
    factories.aid(north, today() - timedelta(days=70))
    factories.mentor(north, factories.employee(cast.agency("5.3"), last_name="Зорина"), date(2025, 4, 1))
    db.session.commit()
    return north, south, gone


def numbers(document) -> list[str]:
    return [row.xpath("string(td[1])").strip() for row in document.xpath("//main//tbody/tr")]


def tabs(document) -> list[str]:
    return [" ".join(tab.text_content().split()) for tab in document.xpath("//main//ul[@class='tabs']//a")]


def test_states_are_tabs_and_the_one_that_is_shown_is_counted(families, sign_in, page):
    anna = sign_in("anna")
    standing = page(anna, f"{LIST}?_flt_0_state=on")
    assert sorted(numbers(standing)) == ["00001", "00002"]
    assert tabs(standing) == ["На учёте · 2", "Сняты", "Все"]
    assert numbers(page(anna, f"{LIST}?_flt_0_state=removed")) == ["00003"]
    assert tabs(page(anna, LIST)) == ["На учёте", "Сняты", "Все · 3"]


def test_who_is_on_record_in_a_settlement_by_a_criterion_without_aid(families, cast, sign_in, page):
    anna = sign_in("anna")
    criterion = factories.by_code(Criterion, "2.5").id
    asked = f"{LIST}?_flt_0_state=on&_flt_0_territory={cast.north.id}&_flt_0_criterion={criterion}"
    assert numbers(page(anna, f"{asked}&_flt_0_without_aid=60")) == ["00001"]
    assert numbers(page(anna, f"{asked}&_flt_0_without_aid=71")) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("last_name=полоз", ["00001"]), ("overdue=1", ["00002"]), ("without_aid=6", ["00001", "00003"]),
        ("registered_on=01.01.2025", ["00001", "00002"]), ("removed_on=04.03.2025", ["00003"]), ("missing=members", []),
    ],
)  # fmt: skip
def test_filters(families, sign_in, page, asked, found):
    assert sorted(numbers(page(sign_in("anna"), f"{LIST}?_flt_0_{asked}"))) == found


def test_a_mentor_is_asked_for_by_whoever_may_look_people_up(families, sign_in, page):
    employee = db.session.query(Employee).filter_by(last_name="Зорина").one().id
    assert numbers(page(sign_in("anna"), f"{LIST}?_flt_0_mentor={employee}")) == ["00001"]
    boris = sign_in("boris")
    assert not page(boris, LIST).xpath("//*[@name='_flt_0_mentor']")
    assert boris.get(f"{LIST}?_flt_0_mentor={employee}").status_code == 400


def test_a_row_says_what_matters_and_its_name_opens_the_family(families, sign_in, page):
    row = page(sign_in("anna"), f"{LIST}?_flt_0_number=00001").xpath("//main//tbody/tr")[0]
    cells = [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
    assert cells[:8] == [
        "00001", "Полозова", "1", "04.03.2025", "2.5.1", "Северное сельское поселение", "Зорина О.", "70 дн., помощь",
    ]  # fmt: skip
    assert row.xpath("td[position() < 3]/a/@href") == [f"/family/{families[0].id}"] * 2


def test_a_family_with_an_overdue_deadline_is_marked(families, sign_in, page):
    marked = page(sign_in("anna"), LIST).xpath("//main//tbody/tr[.//*[contains(@class, 'badge--alert')]]/td[1]")
    assert [cell.text_content().strip() for cell in marked] == ["00002"]


def test_filters_keep_the_tab_and_the_tab_keeps_the_filters(families, sign_in, page):
    document = page(sign_in("anna"), f"{LIST}?_flt_0_state=on&_flt_0_last_name=полоз")
    assert document.xpath("//form[@role='search']//input[@type='hidden'][@name='_flt_0_state']/@value") == ["on"]
    for href in document.xpath("//main//ul[@class='tabs']//a/@href"):
        assert "_flt_0_last_name=" in href


def test_the_workbook_has_the_rows_and_columns_of_the_list(families, sign_in):
    answer = sign_in("anna").get("/familyregistry/xlsx?_flt_0_state=removed")
    cells = [cell.value for row in load_workbook(BytesIO(answer.data)).active.iter_rows() for cell in row]
    assert "снята 04.03.2025" in cells
    assert "00001" not in cells


def test_a_family_is_a_link_wherever_a_list_names_it(families, sign_in, page):
    for address in ("/memberregistry/list/", "/aidregistry/list/", "/mentorregistry/list/"):
        links = page(sign_in("anna"), address).xpath("//main//tbody//a/@href")
        assert f"/family/{families[0].id}" in links, address


def test_what_is_overdue_is_listed_with_its_day_and_the_act_that_ends_it(families, sign_in, page):
    _north, south, _gone = families
    anna = sign_in("anna")
    document = page(anna, f"{LIST}?_flt_0_overdue=1")
    due = date(2025, 3, 7)  # three calendar days after the papers were received (Положение, 3.2)
    cells = {cell.get("data-label"): " ".join(cell.text_content().split()) for cell in document.xpath("//tbody/tr/td")}
    assert cells["№ карты"] == "00002"
    assert cells["Истёк"] == f"{due:%d.%m.%Y}"
    assert cells["Просрочка"].split()[0] == str((today() - due).days)
    assert cells["Срок"].startswith("Внесение сведений о семье")
    (act,) = document.xpath("//tbody/tr/td[contains(@class, 'actions')]/a/@href")
    assert "Внесение в банк данных" in page(anna, act).text_content()
    assert act.startswith(f"/family/{south.id}/enter/")
    book = load_workbook(BytesIO(anna.get("/familyregistry/xlsx?_flt_0_overdue=1").data))
    assert f"{due:%d.%m.%Y}" in [cell.value for row in book.worksheets[0] for cell in row]


def test_a_late_family_is_marked_in_every_list_and_acted_upon_by_who_keeps_it_only(families, cast, sign_in, page):
    _north, south, _gone = families
    late = f"просрочено: {(today() - date(2025, 3, 7)).days}"
    assert late in page(sign_in("anna"), LIST).text_content()
    factories.assignment(cast.employee("boris"), date(2025, 1, 1), of=south)
    document = page(sign_in("boris"), f"{LIST}?_flt_0_overdue=1")
    assert numbers(document) == ["00002"]
    assert not document.xpath("//tbody//a[contains(@href, '/enter/')]")
