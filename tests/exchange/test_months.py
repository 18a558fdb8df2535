"""The books of a month: who has sent theirs, which families are gone from them, the book of the district."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from unittest.mock import patch

import lxml.html
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app import access, clock
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Act, AgendaGround, BookState, GoneAnswer
from app.exchange import months, undo
from app.exchange.workbook import FAMILIES, MEMBERS, SHEETS
from app.extensions import db
from app.models import BookStep, Family, GoneFamily, JournalEntry
from app.readings import agenda
from tests import factories
from tests.exchange.workbooks import AS_OF, Sound, load, planned, read
from tests.screens.test_exchange import confirm, send

TODAY, MONTH, NEXT = date(2026, 11, 20), periods.month(2026, 9), periods.month(2026, 10)
NORTH, SOUTH = "Северное сельское поселение", "Южное городское поселение"


def book(as_of: date, *numbers: str, place: str = "") -> bytes:
    """A book of these families, moved to a place if one is named."""
    found = Sound()
    found.facts[1][1] = as_of
    for sheet in SHEETS:
        found.rows[sheet.title] = [row for row in found.rows[sheet.title] if row["№ карты"] in numbers]
    for row in found.rows[FAMILIES.title]:
        row["Территория"] = place or row["Территория"]
    return found.content()


def told(board: months.Board) -> dict[str, tuple[int, ...] | None]:
    figures = ("families", "new", "changed")
    return {
        each.place.name: tuple(each.figures.get(name, 0) for name in figures) if each.load else None
        for each in board.places
    }


def numbered(number: str) -> Family:
    return db.session.scalars(select(Family).where(Family.number == number)).one()


def test_a_settlement_has_sent_its_book_when_a_load_of_the_month_tells_of_it(app, cast):
    load(book(AS_OF, "00001"))
    assert told(months.board(cast.district, MONTH)) == {NORTH: (1, 1, 0), SOUTH: None}
    assert [each.place.name for each in months.board(cast.district, MONTH).silent] == [SOUTH]
    second = load(book(AS_OF, "00002"))
    assert told(months.board(cast.district, MONTH)) == {NORTH: (1, 1, 0), SOUTH: (1, 1, 0)}
    assert told(months.board(cast.district, NEXT)) == {NORTH: None, SOUTH: None}
    undo.undo(second, TODAY)
    db.session.commit()
    assert told(months.board(cast.district, MONTH))[SOUTH] is None


def test_families_gone_from_a_book_are_asked_about_and_one_that_moved_is_recognised(app, cast):
    load(book(AS_OF, "00001", "00002"))
    for number, place in (("00005", cast.north), ("00006", cast.north)):
        family = factories.family(place, number)
        factories.member(family, "мать", date(1990, 1, 1), f"Ольхова{number[-1] * 2}", "Инна")
        factories.member(family, "сын", date(2015, 1, 1), f"Ольхов{number[-1] * 2}", "Лев")
        factories.registration(family, date(2026, 1, 1))
        factories.refresh(family)
    db.session.commit()
    row = Sound()
    row.facts[1][1] = date(2026, 10, 31)
    row.row(FAMILIES.title)["Источник дохода"] = "зарплата"
    load(row.content())
    (north, south) = months.board(cast.district, NEXT).places
    assert [one.family.number for one in north.gone] == ["00005", "00006"]
    assert not south.gone
    assert (north.figures["gone"], months.board(cast.district, NEXT).asked) == (2, 2)
    months.answer(numbered("00005"), NEXT, GoneAnswer.FORGOTTEN, "пришлют", TODAY)
    months.answer(numbered("00005"), NEXT, GoneAnswer.TO_REMOVE, None, TODAY)
    numbered("00006").territory_id = cast.south.id
    db.session.commit()
    north = months.board(cast.district, NEXT).places[0]
    assert [(one.moved_to, one.answer and one.answer.answer) for one in north.gone] == [
        ("", GoneAnswer.TO_REMOVE), (SOUTH, None),
    ]  # fmt: skip
    assert months.board(cast.district, NEXT).asked == 0
    assert db.session.scalars(select(GoneFamily)).one().answer is GoneAnswer.TO_REMOVE
    family = numbered("00005")
    assert months.goes_to(family, TODAY) == months.NO_MEETING
    meeting = factories.meeting(factories.agency("КДН", "5.1", cast.district), TODAY)
    assert "20.11.2026" in months.goes_to(family, TODAY)
    (proposed,) = [one for one in agenda.proposals(meeting) if one.family_id == family.id]
    assert (proposed.ground, proposed.why) == (AgendaGround.REMOVAL, "семьи нет в книге поселения за 10.2026")
    months.answer(family, NEXT, GoneAnswer.FORGOTTEN, None, TODAY)
    assert not [one for one in agenda.proposals(meeting) if one.ground is AgendaGround.REMOVAL]


def test_the_book_of_the_district_stays_as_it_was_put_together(app, cast):
    with pytest.raises(Refusal, match="собирать нечего"):
        months.assemble(cast.district, MONTH, "Анна", TODAY)
    load(book(AS_OF, "00001"))
    step = months.assemble(cast.district, MONTH, "Анна", TODAY)
    assert (step.families, step.note) == (1, f"Не прислали книгу: {SOUTH}")
    assert len(step.sha256 or "") == 64
    load(book(AS_OF, "00002"))
    later = months.assemble(cast.district, MONTH, "Анна", TODAY)
    assert later.sha256 != step.sha256
    assert [each.families for each in months.board(cast.district, MONTH).assembled] == [2, 1]
    kept = read(step.content or b"").sheets[FAMILIES.title]
    assert [line[0] for _number, line in kept[1:]] == ["00001"]
    with pytest.raises(Refusal, match="ещё не наступил"):
        months.remind(cast.north, periods.month(2027, 1), None, TODAY)


def test_who_keeps_one_settlement_sees_its_month_alone(app, cast):
    load(book(AS_OF, "00001", "00002"))
    district, south = cast.district, cast.south.id
    ids = frozenset({south})
    with access.acting_as(access.Scope(today=TODAY, territories=ids, kept=ids, places=ids)):
        assert [each.place.name for each in months.board(district, MONTH).places] == [SOUTH]


def test_a_book_that_went_back_stands_so_until_it_comes_again(app, cast):
    """With faults nothing is loaded, and the board tells it from silence."""
    faulty = Sound()
    faulty.row(MEMBERS.title)["Дата рождения"] = "31.02.2015"
    planned_book = planned(faulty.content())
    steps = months.give_back(planned_book, TODAY)
    assert steps == months.give_back(planned_book, TODAY)  # written once
    places = {each.place.name: each for each in months.board(cast.district, MONTH).places}
    assert {one.state for one in places.values()} == {BookState.TO_MEND}
    assert places[NORTH].returned.note == "2 ошибки"
    with pytest.raises(Refusal, match="возвращать нечего"):
        months.give_back(planned(book(AS_OF, "00001")), TODAY)
    load(book(AS_OF, "00001"))
    board = months.board(cast.district, MONTH)
    assert [each.state for each in board.places] == [BookState.CHANGED, BookState.TO_MEND]
    assert board.silent == []
    for row in faulty.rows[FAMILIES.title]:
        row["Территория"] = "Новый хутор"
    nameless = months.give_back(planned(faulty.content()), TODAY)
    assert [step.territory for step in nameless] == [cast.district]
    assert months.board(cast.district, MONTH).nameless == nameless


@pytest.mark.one_database("a page over readings that are asked on both")
def test_the_month_is_kept_on_its_page(app, cast, sign_in, page):
    """Reminded, answered, put together, downloaded; each of it is told in the journal."""
    anna, month = sign_in("anna"), months.offered(clock.today())[1]
    code = f"{month.start:%Y-%m}"
    confirm(anna, send(anna, book(month.end, "00001")))
    document = page(anna, f"/months/?month={code}")
    assert "Не прислали: 1" in document.text_content()
    anna.post(f"/months/remind/{cast.south.id}", data={"month": code, "note": "звонок специалисту"})
    assert "звонок специалисту" in page(anna, f"/months/?month={code}").text_content()
    family = numbered("00001").id
    assert anna.post(f"/months/answer/{family}", data={"month": code, "answer": "moved"}).status_code == 302
    assert "Выберите ответ" in anna.post(
        f"/months/answer/{family}", data={"month": code, "answer": "x"}, follow_redirects=True
    ).text  # fmt: skip
    anna.post(f"/months/assemble/{cast.district.id}", data={"month": code})
    with patch.object(months, "LARGEST", 0):  # a large one is put together in the background
        assert "/work/" in anna.post(f"/months/assemble/{cast.district.id}", data={"month": code}).headers["Location"]
    faulty = Sound()
    faulty.facts[1][1], faulty.row(MEMBERS.title)["Дата рождения"] = month.end, "31.02.2015"
    form = lxml.html.fromstring(send(anna, faulty.content()).text).xpath("//form[@action='/months/back']")[0]
    back = anna.post("/months/back", data=dict(form.form_values()), follow_redirects=True)
    assert "Вернулась на исправление: 2" in back.text
    step = db.session.scalars(select(BookStep).where(BookStep.content.is_not(None))).first()
    assert step is not None
    answer = anna.get(f"/months/book/{step.id}")
    assert FAMILIES.title in load_workbook(BytesIO(answer.data)).sheetnames
    assert step.sha256 in page(anna, f"/months/?month={code}").text_content()
    assert anna.get("/months/?month=1999-01").status_code == 400
    acts = set(db.session.scalars(select(JournalEntry.act).where(JournalEntry.entity.in_(["BookStep", "GoneFamily"]))))
    assert acts == {Act.CREATED, Act.DOWNLOADED}
