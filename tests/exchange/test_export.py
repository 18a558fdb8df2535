"""What is handed over is the form, of one's own families, and loads back without a change."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select

from app import access, tree
from app.clock import today
from app.domain import terms
from app.domain.refusal import Refusal
from app.exchange import export
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, SHEETS, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import (
    Aid,
    EducationStatus,
    Family,
    IdentityDocument,
    IdentityKind,
    Member,
    Registration,
    Supervision,
    SupervisionKind,
    Territory,
)
from app.services import soundness
from tests import factories
from tests.exchange.workbooks import AS_OF, Sound, cells, load, planned, totals

IN_PYTHON = pytest.mark.one_database("test_every_value.py takes every column out of both databases")

MADE_AT = datetime(2026, 10, 1, 9, 30)  # noqa: DTZ001  a moment by the municipality's clock


def written(place, on: date = AS_OF, within=None) -> bytes:
    return export.write(place, on, made_by="Рябинина Анна", made_at=MADE_AT, within=within).content


def check_nothing_changes(content: bytes) -> None:
    found = planned(content)
    assert not found.faults, found.faults[:3]
    assert not found.does_something, (found.new[:3], found.changes[:3])
    assert totals(found)["missing"] == 0, found.missing[:3]


@pytest.mark.long
@pytest.mark.one_database("test_every_value.py takes every column out of both databases")
def test_the_sample_of_300_families_loads_without_a_fault_and_comes_out_as_it_went_in(cast, data):
    content = (data / "bank_2026-09.xlsx").read_bytes()
    load(content)
    rows = [db.session.scalar(select(func.count(entity.id))) for entity in
            (Family, Registration, Member, Supervision, Aid)]  # fmt: skip
    assert rows == [300, 314, 1295, 68, 1249]
    place = db.session.scalars(select(Territory).where(Territory.name == "Красносулинский район")).one()
    assert (place.kind, len(place.parts)) == (terms.TerritoryKind.DISTRICT, 15)
    assert [fault.text for fault in soundness.faults(today())] == []
    district = db.session.scalars(select(Family).limit(1)).one().district
    out = written(district)
    check_nothing_changes(out)
    before, after = cells(content), cells(out)
    for sheet in SHEETS:
        assert after[sheet.title][0] == tuple(column.header for column in sheet)
        if sheet.later:
            assert len(after[sheet.title]) == 1
        else:
            assert before[sheet.title][0] == tuple(column.header for column in sheet if not column.later)
            assert len(after[sheet.title]) == len(before[sheet.title])
    assert sorted(map(_ordered, after[FAMILIES.title][1:]), key=str) == sorted(
        map(_ordered, before[FAMILIES.title][1:]), key=str
    )
    assert sorted(after[STAYS.title], key=str) == sorted(before[STAYS.title], key=str)
    assert sorted(after[MEMBERS.title], key=str) == sorted(before[MEMBERS.title], key=str)
    assert sorted(after[SUPERVISIONS.title], key=str) == sorted(before[SUPERVISIONS.title], key=str)
    assert sorted(map(_people, after[AIDS.title]), key=str) == sorted(map(_people, before[AIDS.title]), key=str)


def _ordered(row):
    """Categories are a set: the workbook may list them in any order."""
    return (*row[:2], tuple(sorted((row[2] or "").split("; "))), *row[3:])


def _people(row):
    """Recipients are a set; older workbooks have no line of a plan."""
    return (*row[:7], "; ".join(sorted((row[7] or "").split("; "))), row[8])


@pytest.mark.one_database("test_every_value.py takes every column out of both databases")
@pytest.mark.parametrize("on", [date(2022, 6, 30), date(2024, 1, 1), date(2025, 3, 31), date(2026, 9, 30)])
def test_the_state_of_any_day_loads_back_without_a_change(cast, data, on):
    load((data / "bank_small.xlsx").read_bytes())
    district = db.session.scalars(select(Family).limit(1)).one().district
    found = planned(written(district, on))
    assert not found.faults
    assert not found.does_something


@pytest.mark.one_database("test_every_value.py takes every column out of both databases")
def test_cells_are_real_dates_codes_are_text_and_nothing_is_a_formula(cast):
    load(Sound().content())
    content = written(cast.district)
    book = load_workbook(BytesIO(content))
    stays = book[STAYS.title]
    assert (stays["B2"].value, stays["B2"].data_type) == ("5.3", "s")
    assert stays["I2"].is_date
    assert stays["I2"].number_format == "dd.mm.yyyy"
    assert (book[FAMILIES.title]["A2"].value, stays.freeze_panes) == ("00001", "B2")
    assert book[AIDS.title]["E2"].value == "=2+2 не формула"
    assert book[AIDS.title]["E2"].data_type == "s"
    for name in zipfile.ZipFile(BytesIO(content)).namelist():
        if "worksheets" in name:
            markup = zipfile.ZipFile(BytesIO(content)).read(name)
            assert b"<f>" not in markup
            assert b"<f " not in markup


@pytest.mark.one_database("test_every_value.py takes every column out of both databases")
def test_every_file_bears_the_mark_and_its_properties_no_names(cast):
    load(Sound().content())
    content = written(cast.district)
    facts = dict(row[:2] for row in cells(content)["Сведения"] if row[0])
    assert facts["Район"] == "Тестовый район"
    assert facts["По состоянию на"] == datetime(2026, 9, 30)  # noqa: DTZ001  a cell has no zone
    assert facts["Версия формы"] == 1
    assert facts["Доступ"] == "Конфиденциально. Персональные данные"
    assert "Рябинина Анна" in facts["Кем и когда выгружено"]
    book = load_workbook(BytesIO(content))
    for sheet in book:
        assert "Конфиденциально" in sheet.oddFooter.left.text
    properties = zipfile.ZipFile(BytesIO(content)).read("docProps/core.xml").decode()
    assert "Рябинина" not in properties
    assert "Тетерин" not in properties


def test_only_own_families_are_handed_over(cast):
    load(Sound().content())
    scope = access.Scope(special=True, today=AS_OF, territories=tree.below([cast.north.id]),
                         places=frozenset({cast.district.id}))  # fmt: skip
    district = cast.district
    with access.acting_as(scope):
        content = written(district)
        assert [place.id for place in export.districts()] == [district.id]
    found = cells(content)
    for sheet in SHEETS:
        assert {row[0] for row in found[sheet.title][1:]} == {"00001"}
    with access.acting_as(access.Scope(special=True, today=AS_OF, territories=tree.below([cast.other_district.id]))):
        assert len(cells(written(district))[FAMILIES.title]) == 1


@IN_PYTHON
def test_without_the_permission_for_health_and_convictions_nothing_is_handed_over_or_read(cast):
    with access.acting_as(access.Scope(today=AS_OF, territories=tree.below([cast.district.id]))):
        with pytest.raises(Refusal, match="отдельное право"):
            written(cast.district)
        with pytest.raises(Refusal, match="отдельное право"):
            planned(Sound().content())


def test_one_territory_may_be_handed_over(cast):
    load(Sound().content())
    found = cells(written(cast.district, within=cast.south))
    assert [row[0] for row in found[FAMILIES.title][1:]] == ["00002"]
    assert export.chosen(None, "Южное городское поселение")[1].id == cast.south.id


def test_annulled_rows_are_not_handed_over(cast):
    load(Sound().content())
    family = db.session.scalars(select(Family).where(Family.number == "00001")).one()
    family.registrations[0].annulled_at = MADE_AT
    family.members[1].annulled_at = MADE_AT
    db.session.flush()
    found = cells(written(cast.district))
    assert len(found[STAYS.title]) == 3
    assert "Семён" not in {row[3] for row in found[MEMBERS.title]}
    assert found[SUPERVISIONS.title] == [tuple(column.header for column in SUPERVISIONS)]


def test_what_happened_later_is_not_yet_known_on_a_day(cast):
    load(Sound().content())
    found = cells(written(cast.district, date(2025, 2, 1)))
    assert [row[0] for row in found[FAMILIES.title][1:]] == ["00001"]
    assert [row[11] for row in found[STAYS.title][1:]] == [None]
    assert [row[12] for row in found[STAYS.title][1:]] == [None]
    assert len(found[AIDS.title]) == 1


ODD = [
    "=1+1",
    "+7",
    "-5",
    "@x",
    "\xa0пробел ",
    "ё Ё",
    "строка\nвторая",
    "a & b < c > \"d\" 'e'",
    "100 %",
    "№ 7; 8",
    "#1",
]
texts = st.sampled_from(ODD) | st.none()
surnames = st.sampled_from(["Ёлкина", "Вяземская-Строй", "Ким", "Оглы Мамед", "О'Нил", "Дмитриевцева"])
firsts = st.sampled_from(["Анна", "Пётр", "Ия", "Ян"])
days = st.dates(date(2015, 1, 1), date(2026, 9, 29))


@st.composite
def lives(draw):
    """What a family went through, as plain values."""
    starts = sorted(draw(st.lists(days, min_size=0, max_size=3, unique=True)))
    stays = [
        (start, None if index == len(starts) - 1 and draw(st.booleans()) else
         (starts[index + 1] if index + 1 < len(starts) else min(start + timedelta(days=30), date(2026, 9, 29))))
        for index, start in enumerate(starts)
    ]  # fmt: skip
    people = draw(
        st.lists(
            st.tuples(surnames, firsts, st.dates(date(1960, 1, 1), date(2014, 12, 31)), texts, st.booleans()),
            min_size=1, max_size=5, unique_by=lambda person: (person[0], person[1], person[2]),
        )
    )  # fmt: skip
    aids = draw(st.lists(st.tuples(days, st.sampled_from(["1.1", "2.1", "9.1"]), texts,
                                   st.integers(0, 10**9) | st.none()), max_size=4))  # fmt: skip
    return {"stays": stays, "people": people, "aids": aids, "additional": draw(texts), "address": draw(texts),
            "schools": draw(st.lists(st.tuples(days, st.sampled_from(["school", "spo", "works"]), texts), max_size=2,
                                     unique_by=lambda school: school[0]))}  # fmt: skip


@IN_PYTHON
@given(st.lists(lives(), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
def test_whatever_the_bank_holds_loads_back_without_a_change(cast, found):
    try:
        for number, life in enumerate(found, start=1):
            enter(cast, f"{number:05d}", life)
        db.session.flush()
        check_nothing_changes(written(cast.district, today()))
        for on in (date(2020, 2, 29), date(2024, 5, 5)):
            past = planned(written(cast.district, on))
            assert not past.faults, past.faults[:2]
            assert not past.does_something, (past.changes[:2], past.new[:2])
    finally:
        db.session.rollback()


def enter(cast, number: str, life) -> None:
    family = factories.family(cast.north, number, additional=life["additional"], actual_address=life["address"],
                              registered_address="=HYPERLINK(1)", categories=["1", "12"], stated_size=3,
                              income_per_member=Decimal("10.01"))  # fmt: skip
    members = [
        factories.member(family, "сын" if child else "бабушка", born, last, first, None, workplace=work,
                         left_on=date(2026, 1, 1) if child else None)
        for last, first, born, work, child in life["people"]
    ]  # fmt: skip
    for start, end in life["stays"]:
        factories.registration(family, start, until=end, sender=cast.agency("5.3"), criteria=("2.1.1", "2.5.1"),
                               note=life["additional"])  # fmt: skip
    for given_on, kind, text, kopecks in life["aids"]:
        factories.aid(family, given_on, kind, description=text, recipients=members,
                      amount=None if kopecks is None else Decimal(kopecks) / 100)  # fmt: skip
    for started, status, grade in life["schools"]:
        factories.education(members[0], started, status, grade=grade)
    kind = factories.by_code(IdentityKind, "21")
    for issued in (date(2014, 1, 1), date(2020, 1, 1)):
        db.session.add(IdentityDocument(member=members[0], family=family, kind=kind, number=f"0{issued.year}",
                                        issued_on=issued))  # fmt: skip
    kind = factories.by_code(SupervisionKind, "kdn")
    db.session.add(Supervision(member=members[-1], family=family, kind=kind, started_on=date(2024, 1, 1),
                               ended_on=date(2025, 1, 1)))  # fmt: skip
    db.session.flush()
    db.session.expire_all()


@IN_PYTHON
def test_edits_after_a_load_come_out_and_go_in_again(cast):
    load(Sound().content())
    family = db.session.scalars(select(Family).where(Family.number == "00002")).one()
    family.additional = "новое\r\nв две строки"
    family.members[0].workplace = "  совхоз "
    family.registrations[0].sender = cast.agency("5.9")
    factories.education(family.members[1], date(2026, 9, 1), "preschool_home")
    factories.member(family, "бабушка", None, "Лукошникова", "Ася", "Петровна")
    db.session.commit()
    check_nothing_changes(written(cast.district))
    check_nothing_changes(written(cast.district, today()))
    assert db.session.scalars(select(EducationStatus.code).limit(1)).one()
    assert terms.Sex.FEMALE.title_ru == "ж"
