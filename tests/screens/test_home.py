"""The first page by role and the lists behind its counts."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from app.clock import now, today
from app.domain.terms import Act, CardStepKind
from app.extensions import db
from app.models import Assignment, CardStep, Family, HomeTerritory, JournalEntry, Mentor
from app.readings import given, kept
from app.screens import home
from tests import factories
from tests.test_statements import counting

pytestmark = pytest.mark.one_database("what a first page says; readings are counted on both (tests/readings)")

MOST_STATEMENTS = 15
MOST_WHEN_COUNTED = 39  # of the first page after a change: its counts, what the form lacks, the days off: all anew
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
    nothing = page(sign_in("vera"), "/")
    assert given.NOT_ASSIGNED in nothing.text_content()
    assert not stats(nothing)
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
        "Соседний район110", "Тестовый район111",
    ]  # fmt: skip


@pytest.mark.one_database("permissions do not depend on the database")
def test_nobody_is_sent_to_sign_in(app, anonymous):
    answer = anonymous.get("/")
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.one_database("permissions do not depend on the database")
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
    unknown = factories.member(stands, last_name="Рощина", born_on=born)
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
    assert listed("_flt_0_missing=education") == ["Рощина", "Снятова"], "of grown people it is not asked"
    factories.education(unknown, date(2025, 9, 1))
    db.session.commit()
    assert listed("_flt_0_state=children&_flt_0_missing=education") == [], "what is kept is given up after a change"
    assert listed("_flt_0_state=on") == ["Безвестнова", "Взрослова", "Рощина", "Учёнова"]
    assert listed("_flt_0_missing=born_on") == ["Безвестнова"]
    assert listed("_flt_0_state=children&_flt_0_comes_of_age=soon") == []
    assert listed(f"_flt_0_territory={cast.district.id}&_flt_0_last_name=снят") == ["Снятова"]
    assert listed(f"_flt_0_territory={cast.south.id}") == []


NOTHING_WANTED = "Ничего: сроки по семьям не просрочены"
ALL_AGREES = "Суммы сходятся"


def text_of(document) -> str:
    return re.sub(r"\s+", " ", document.text_content())


def test_the_first_page_tells_what_the_form_lacks_and_leads_to_it(families, sign_in, page):
    client = sign_in("anna")
    card = page(client, "/").xpath("//section[@id='form']")[0]
    assert "Дети, чьи обучение и занятость не указаны: 1" in text_of(card)
    assert "Детское население не введено" in text_of(card)
    assert ALL_AGREES not in text_of(card)
    for address in card.xpath(".//li/a/@href"):
        assert client.get(address).status_code == 200, address
    lack = next(link for link in card.xpath(".//li/a/@href") if "behind" in link)
    assert len(page(client, lack).xpath("//main//tbody/tr")) == 1
    assert ALL_AGREES not in text_of(page(client, card.xpath(".//div[@class='card__head']//a/@href")[0]))


def test_what_was_entered_is_no_longer_missing_at_the_next_look(families, cast, sign_in, page):
    client = sign_in("anna")
    child = db.session.get(Family, families["north"]).members[0]
    assert "обучение и занятость не указаны" in text_of(page(client, "/"))
    factories.education(child, date(2024, 9, 1))
    db.session.commit()
    assert "обучение и занятость не указаны" not in text_of(page(client, "/"))


def test_what_is_dear_to_count_among_many_families_comes_after_the_page_and_is_kept(families, cast, sign_in, page,
                                                                                    monkeypatch):  # fmt: skip
    client = sign_in("anna")
    at_once = [page(client, "/").xpath(f"//section[@id='{name}']")[0] for name in ("attention", "form")]
    assert not any(part.get("data-later") for part in at_once)
    monkeypatch.setattr(home, "COUNTED_AT_ONCE", 0)
    kept.answers.clear()
    first = page(client, "/")
    assert stats(first)[f"{FAMILIES}?_flt_0_state=on"] == 1
    assert f"{FAMILIES}?_flt_0_overdue=1" not in stats(first)
    for part in at_once:
        later = first.xpath(f"//section[@id='{part.get('id')}']")[0]
        assert "считается отдельно" in text_of(later)
        assert NOTHING_WANTED not in text_of(later)
        assert ALL_AGREES not in text_of(later)
        assert later.get("data-later") in later.xpath(".//p/a/@href")  # whoever has no scripts follows it
        for address in (later.get("data-later"), "/"):  # counted once, it stands on the page at once
            brought = page(client, address).xpath(f"//section[@id='{part.get('id')}']")[0]
            assert text_of(brought) == text_of(part)
            assert not brought.get("data-later")
    factories.member(db.session.get(Family, families["north"]), born_on=None)
    db.session.commit()
    assert page(client, "/").xpath("//section[@id='attention']/@data-later")


def test_nobody_is_comforted_on_an_empty_bank(app, cast, sign_in, page):
    for name in ("anna", "boris", "vera", "gleb"):
        said = text_of(page(sign_in(name), "/"))
        assert NOTHING_WANTED not in said, name
        assert ALL_AGREES not in said, name


@pytest.mark.parametrize(
    ("name", "taken", "why"),
    [
        ("anna", HomeTerritory, given.NO_TERRITORY),
        ("boris", Assignment, given.NOT_ASSIGNED),
        ("gleb", Mentor, given.NOT_MENTORS),
    ],
)
def test_who_was_given_nothing_is_told_why_wherever_it_matters(families, cast, sign_in, page, name, taken, why):
    for row in db.session.query(taken):
        db.session.delete(row)
    db.session.commit()
    client = sign_in(name)
    first = page(client, "/")
    assert why in text_of(first)
    assert NOTHING_WANTED not in text_of(first)
    assert not stats(first)
    form = client.get("/reports/quarterly/")
    assert form.status_code == 403 or why in form.text
    assert not first.xpath("//a[@href='/family/new']")
    if name == "anna":
        assert why in text_of(page(client, "/family/new"))
        assert client.post("/family/new", data={"people-0-last_name": "Полозов"}).status_code == 200
        assert "/family/new" not in client.get("/familyregistry/list/").text


@pytest.mark.parametrize("name", ["boris", "gleb"])
def test_a_sign_in_that_is_nobody_is_told_who_can_mend_it(families, cast, sign_in, page, name):
    cast.employee(name).user = None
    db.session.commit()
    assert given.NOT_LINKED in text_of(page(sign_in(name), "/"))


def test_counting_what_the_form_lacks_asks_no_more_of_more_families(families, cast, sign_in):
    client, counts = sign_in("anna"), []
    for more in (0, 6):
        for _number in range(more):
            factories.registration(factories.family(cast.south), date(2025, 3, 4))
        db.session.commit()
        kept.answers.clear()
        with counting() as sent:
            assert client.get("/").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= MOST_WHEN_COUNTED


def test_the_administrator_is_asked_for_the_transfers_of_the_next_year_until_he_says_there_are_none(
    cast, sign_in, page, monkeypatch
):
    monkeypatch.setattr(home.clock, "today", lambda: date(2029, 10, 1))
    assert not page(sign_in("anna"), "/").xpath("//*[@id='transfers']")
    client = sign_in("oleg")
    notice = page(client, "/").xpath("//*[@id='transfers']")[0]
    assert "2030" in text_of(notice)
    add, state = notice.xpath(".//a/@href")
    assert page(client, add).xpath("//input[@name='day']")
    form = page(client, state).xpath("//form[.//input[@name='year']]")[0]
    assert form.xpath(".//input[@name='year']/@value") == ["2030"]
    form.fields["note"] = "Переносов нет"
    assert client.post(state, data=dict(form.fields)).status_code == 302
    assert not page(client, "/").xpath("//*[@id='transfers']")


def test_what_is_overdue_and_what_is_due_soon_stands_on_the_first_page_of_whom_it_concerns(cast, sign_in, page):
    late, soon = factories.family(cast.north, "00071"), factories.family(cast.north, "00072")
    factories.registration(late, today() - timedelta(days=30), received_on=today() - timedelta(days=9))
    factories.registration(soon, today() - timedelta(days=30), received_on=today() - timedelta(days=1))
    card = factories.signal_card(cast.north, cast.employee("gleb").agency, received_at=now(), question="Сколько детей?")
    db.session.add(CardStep(card=card, kind=CardStepKind.ASKED, territory=cast.north, user_name="Анна"))
    db.session.commit()
    for name, seen in (("anna", {late.id, soon.id, card.id}), ("boris", {late.id, soon.id}), ("gleb", {card.id}),
                       ("vera", set())):  # fmt: skip
        section = page(sign_in(name), "/").xpath("//section[@id='due']")[0]
        links = section.xpath(".//li/a/@href")
        opened = {int(link.rpartition("/")[2]) for link in links if re.fullmatch(r"/(family|signal)/\d+", link)}
        assert opened == seen, name
        for link in links:
            assert sign_in(name).get(link).status_code == 200, (name, link)
    text = text_of(page(sign_in("anna"), "/").xpath("//section[@id='due']")[0])
    assert f"просрочено: {today() - timedelta(days=6):%d.%m.%Y} № 00071" in text
    assert "районный отдел образования (координатор) (Положение, 3.2)" in text
    assert "Ответ на вопрос координатора" in text
    reports = text_of(page(sign_in("renata"), "/").xpath("//section[@id='due']")[0])
    assert "Положение, 3.7.5" in reports
    assert "№ 00071" not in reports
    assert not page(sign_in("oleg"), "/").xpath("//section[@id='due']")


def test_who_has_very_much_overdue_still_sees_what_is_due_soon(cast, sign_in, page, monkeypatch):
    monkeypatch.setattr(home, "MOST_DUE", 3)
    for number in range(5):
        family = factories.family(cast.north, f"0008{number}")
        factories.registration(family, today() - timedelta(days=40), received_on=today() - timedelta(days=30 - number))
    soon = factories.family(cast.north, "00089")
    factories.registration(soon, today() - timedelta(days=30), received_on=today())
    db.session.commit()
    text = text_of(page(sign_in("anna"), "/").xpath("//section[@id='due']")[0])
    assert "№ 00080" in text
    assert "№ 00089" in text
