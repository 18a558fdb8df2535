"""The quarterly form on the screen: it works, refuses with a reason, shows strangers nothing, stops wrong roles."""

from datetime import date
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.domain.terms import Act
from app.extensions import db
from app.models import JournalEntry
from app.reports import CATALOGUE
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database("pages and files of reports; figures are counted on both (tests/reports)")

FORM = "/reports/quarterly/"
PERIOD = "period=2026-Q3"


@kept
def towns(cast):
    """A family in the north and one in the south, on record; a third far away."""
    for place, number, last_name in (
        (cast.north, "00501", "Полозов"),
        (cast.south, "00502", "Ручьёв"),
        (cast.far, "00503", "Дальнев"),
    ):
        one = factories.family(place, number)
        factories.member(one, "сын", date(2014, 4, 4), last_name=last_name)
        factories.member(one, "дочь", date(2026, 8, 8), last_name=last_name, first_name="Майя")
        factories.registration(one, date(2026, 1, 15), card_sent_on=date(2026, 8, 1), sender=cast.agency("5.3"))
    return cast


def journal_of(act):
    return db.session.scalars(select(JournalEntry).where(JournalEntry.act == act)).all()


def cell(document, row, column):
    """The cell of a territory under a column of the form, by their places."""
    found = document.xpath("//table[contains(@class, 'table--form')]//tr[td[2][contains(., $name)]]/td", name=row)
    return found[column]


def test_the_coordinator_sees_the_form_of_the_own_district(towns, sign_in, page):
    document = page(sign_in("anna"), f"{FORM}?{PERIOD}")
    text = document.text_content()
    assert "III квартал 2026 года" in text
    assert "Дальнее" not in text
    assert cell(document, "ИТОГО", -1).text_content() == "4"


def test_every_number_opens_a_list_as_long_as_it_is(towns, sign_in, page):
    anna = sign_in("anna")
    links = page(anna, f"{FORM}?{PERIOD}").xpath("//table[contains(@class, 'table--form')]//td/a")
    assert len(links) > 10
    for link in links:
        rows = page(anna, link.get("href")).xpath("//table/tbody/tr")
        assert len(rows) == int(link.text), link.get("href")


def test_the_list_shows_the_child_with_age_and_leads_to_the_family(towns, sign_in, page):
    document = page(sign_in("anna"), f"/reports/quarterly/behind?{PERIOD}&figure=18&at={towns.north.id}")
    text = document.text_content()
    assert "Полозов" in text
    assert "04.04.2014" in text
    assert "Ручьёв" not in text
    assert document.xpath("//td/a[starts-with(@href, '/family/')]")


def test_the_form_the_list_and_the_files_are_journalled(towns, sign_in):
    anna = sign_in("anna")
    anna.get(f"{FORM}?{PERIOD}")
    anna.get(f"/reports/quarterly/behind?{PERIOD}&figure=18")
    anna.get(f"/reports/quarterly/behind/file?{PERIOD}&figure=18")
    for kind in ("xlsx", "pdf", "html", "json"):
        assert anna.get(f"/reports/quarterly/file/{kind}?{PERIOD}").status_code == 200
    assert [entry.entity for entry in journal_of(Act.OPENED)] == ["QuarterlyForm"]
    assert [entry.records for entry in journal_of(Act.LISTED)] == [4]
    assert len(journal_of(Act.EXPORTED)) == 3
    assert len(journal_of(Act.PRINTED)) == 2


def test_the_list_as_a_workbook_holds_the_same_rows(towns, sign_in):
    answer = sign_in("anna").get(f"/reports/quarterly/behind/file?{PERIOD}&figure=18")
    cells = [value for row in load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True) for value in row]
    assert cells.count("00501") == 2
    assert "00503" not in cells


def test_a_commission_member_counts_the_assigned_families_only(towns, sign_in, page):
    boris = sign_in("boris")
    document = page(boris, f"{FORM}?{PERIOD}")
    assert cell(document, "ИТОГО", -1).text_content() == "2"
    assert "Южное" not in document.text_content()
    assert boris.get(f"/reports/quarterly/behind?{PERIOD}&figure=18&at={towns.south.id}").status_code == 404
    assert boris.get(f"{FORM}?territory={towns.south.id}").status_code == 404


def test_the_region_sees_figures_of_everybody_and_no_name(towns, sign_in, page):
    renata = sign_in("renata")
    document = page(renata, f"{FORM}?{PERIOD}&territory={towns.root.id}")
    assert cell(document, "ИТОГО", -1).text_content() == "6"
    assert "Полозов" not in document.text_content()
    assert not document.xpath("//table[contains(@class, 'table--form')]//a")
    for kind in ("xlsx", "pdf", "html", "json"):
        assert renata.get(f"/reports/quarterly/file/{kind}?{PERIOD}").status_code == 200
    assert "Полозов" not in renata.get(f"/reports/quarterly/file/json?{PERIOD}").text
    checks = load_workbook(BytesIO(renata.get(f"/reports/quarterly/file/checks?{PERIOD}").data))
    assert checks.sheetnames == ["Проверки"]
    for address in ("behind", "behind/file"):
        assert renata.get(f"/reports/quarterly/{address}?{PERIOD}&figure=18").status_code in (403, 404)


def test_other_roles_have_no_reports(towns, sign_in):
    for name in ("oleg", "gleb", "avgust"):
        assert sign_in(name).get(FORM).status_code == 403, name


def test_a_territory_of_another_district_does_not_exist(towns, sign_in):
    anna = sign_in("anna")
    for territory in (towns.far.id, towns.other_district.id, towns.root.id, 10**30, "нет", -1):
        answer = anna.get(FORM, query_string={"territory": territory})
        assert answer.status_code == 404, territory
        assert "Такой территории среди ваших нет" in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=own&from=2026-09-30&to=2026-07-01", "раньше, чем начинается"),
        ("period=own&from=2026-07-01", "обе даты"),
        ("period=day", "Укажите день"),
        ("period=own&from=2026-07-01&to=2090-01-01", "неизвестно"),
        ("period=own&from=0001-01-01&to=2026-07-01", "между"),
        ("period=own&from=вчера&to=2026-07-01", "не дата"),
        ("period=2026-Q7", "Такого периода нет"),
        ("period=0000", "Такого периода нет"),
        ("period=2026-13", "Такого периода нет"),
        ("period=%00", "Такого периода нет"),
    ],
)
def test_a_period_that_is_none_is_refused_with_a_sentence_and_what_was_typed(towns, sign_in, page, query, said):
    anna = sign_in("anna")
    document = page(anna, f"{FORM}?{query}", 400)
    assert not document.xpath("//tbody/tr"), "figures of a period that nobody asked for"
    assert said in document.xpath("string(//*[contains(@class, 'notice--error')])")
    typed = parse_qs(urlsplit(f"?{query}").query).get("to", [""])[0]
    if typed:
        assert document.xpath("//input[@name='to']/@value") == [typed]
    file = anna.get(f"/reports/quarterly/file/xlsx?{query}")
    assert file.status_code == 400
    assert said in file.text


def test_months_years_and_own_dates_are_counted(towns, sign_in, page):
    anna = sign_in("anna")
    for query, title in (
        ("period=2026-08", "август 2026 года"),
        ("period=2026", "2026 год"),
        ("period=own&from=2026-08-08&to=2026-08-08", "с 08.08.2026 по 08.08.2026"),
        ("from=2026-07-01&to=2026-09-30", "III квартал 2026 года"),
        ("year=2025&quarter=4", "IV квартал 2025 года"),
        ("year=2025", "2025 год"),
    ):
        assert title in page(anna, f"{FORM}?{query}").text_content()


def test_hostile_addresses_are_not_found(towns, sign_in):
    anna = sign_in("anna")
    for address in (
        "behind", "behind?figure=нет", "behind?figure=18&at=999999", "behind?figure=18&at=%00", "file/exe",
        "behind?figure='%20or%201=1", "behind/file?figure=",
    ):  # fmt: skip
        assert anna.get(f"/reports/quarterly/{address}").status_code == 404, address
    assert anna.get(f"/reports/quarterly/behind?{PERIOD}&figure=18&page=99999999999999999999").status_code == 400


def test_the_children_of_the_gap_stand_under_the_check(towns, sign_in, page):
    text = page(sign_in("anna"), f"{FORM}?{PERIOD}").text_content()
    assert "Ручьёв Майя Игоревич, 08.08.2026: родился в семье, состоящей на учёте, 08.08.2026" in text


def test_the_form_can_be_opened_without_any_territory(cast, sign_in, page):
    db.session.query(factories.HomeTerritory).delete()
    db.session.commit()
    document = page(sign_in("anna"), FORM)
    assert document.xpath("//*[contains(@class, 'empty')]")


def test_the_picture_of_the_bank_and_the_year_of_the_first_page_are_drawn(towns, sign_in, page):
    for name in ("anna", "boris", "renata", "zoya"):
        person = sign_in(name)
        document = page(person, "/picture/")
        assert len(document.xpath("//li[contains(@class, 'tile')]")) == 8
        for css in ("chart", "chart chart--narrow"):
            assert len(document.xpath(f"//*[local-name()='svg' and @class='{css}']")) == 4
        drawn = person.get("/picture/year.svg")
        assert drawn.status_code == 200
        assert drawn.mimetype == "image/svg+xml"
        assert "Движение за год" in drawn.get_data(as_text=True)


def test_the_chart_view_of_fab_draws_the_pictures_of_each_report_with_the_widget_of_every_report(towns, sign_in, page):
    anna = sign_in("anna")
    address = next(link for link in page(anna, "/reports/").xpath("//nav//a/@href") if link.startswith("/charts/"))
    shown = page(anna, address)
    others = shown.xpath("//nav[contains(@class, 'tabs')]/a/@href")
    assert len(others) == sum(one.is_drawn for one in CATALOGUE)
    for other in others:
        document = page(anna, other)
        assert document.xpath("//figure/*[local-name()='svg' and contains(@class, 'chart')]"), other
        assert not document.xpath("//script[contains(@src, 'google')]")
    movement = page(anna, f"/charts/chart/movement?{PERIOD}&by=months")
    report = page(anna, f"/reports/movement/?{PERIOD}&by=months")
    assert movement.xpath("string(//figure//@aria-label)") == report.xpath("string(//figure//@aria-label)")
    assert anna.get(f"/charts/chart/registry?{PERIOD}").status_code == 404, "a list has no pictures"
    assert "неизвестно" in page(anna, "/charts/chart/movement?from=2026-07-01&to=2090-01-01", 400).text_content()
