"""Приложение 4: the sample cell by cell, a bank of hard cases against a count by hand, balances of any bank."""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import event, select
from sqlalchemy.orm import selectinload

from app import access, signer, tree
from app.domain import periods, terms
from app.extensions import db, look_at_contents
from app.models import ChildPopulation, Criterion, Family, Member, RemovalReason, Territory
from app.reports import files, places, quarterly, report
from app.reports.places import ReportPlaces
from app.services import registrations
from tests import factories, scans
from tests.exchange.workbooks import load
from tests.reports import by_hand
from tests.states import kept

IN_PYTHON = pytest.mark.one_database("figures are found by queries above; here they are written down")

QUARTER = periods.quarter(2026, 3)
MADE = {"made_by": "Рябинина Анна", "made_at": datetime(2026, 10, 2, 14, 30, tzinfo=UTC)}
# What the sample and the count by hand do not say.
OURS = {"2", "3", "sections", "no sender"}
NAMES = {"Полозов", "Поимённо", "Проверка"}


def count(place, period=QUARTER, **options):
    tree = ReportPlaces()
    return quarterly.quarterly(period, tree.all[place.id], tree=tree, **options)


def flat(form) -> dict[str, dict]:
    data = quarterly.as_json(form)
    found = {row["2"]: {**row, **row["sections"]} for row in data["rows"]}
    found[data["total"]["2"]] = {**data["total"], **data["sections"]}
    return found


def differences(form, wanted, *, ignored=()) -> list[str]:
    """Every cell that differs; a cell that one of the two does not name is nought."""
    found = []
    got = flat(form)
    for territory in sorted(got.keys() | wanted.keys()):
        ours, theirs = got.get(territory, {}), wanted.get(territory, {})
        for key in sorted((ours.keys() | theirs.keys()) - OURS):
            if not key.startswith(tuple(ignored)) and Decimal(str(ours.get(key, 0))) != Decimal(
                str(theirs.get(key, 0))
            ):
                found.append(f"{territory} {key}: {ours.get(key, 0)}, wanted {theirs.get(key, 0)}")
    return found


# The sample


@pytest.mark.long
@pytest.mark.one_database("the hard cases below are counted by hand on both")
def test_the_sample_gives_every_cell_that_an_independent_program_and_a_count_by_hand_give(cast, data):
    file = data / "bank_2026-09.xlsx"
    load(file.read_bytes(), file.name)
    look_at_contents()
    sample = db.session.scalars(select(Territory).where(Territory.name == "Красносулинский район")).one()
    form = count(sample)
    wanted = json.loads((data / "bank_2026-09_quarter3.json").read_text())
    assert not differences(form, wanted, ignored=["removed children"])
    with (data / "bank_2026-09_quarter3.tsv").open(encoding="utf-8") as file:
        lines = {row["territory"]: row for row in csv.DictReader(file, delimiter="\t")}
    got = flat(form)
    assert got.keys() == lines.keys()
    for territory, row in lines.items():
        assert {key: str(got[territory][key]) for key in row if key != "territory"} == {
            key: value for key, value in row.items() if key != "territory"
        }
    assert all(check.holds is not False for check in form.checks)
    _counted_by_hand(sample)


def _counted_by_hand(district: Territory) -> None:
    """Every kind of period."""
    of_members = selectinload(Family.members)
    families = db.session.scalars(
        select(Family)
        .where(Family.district_id == district.id)
        .options(of_members.selectinload(Member.educations), of_members.selectinload(Member.supports))
    ).all()
    for period, mode in (
        (QUARTER, True),
        (periods.quarter(2025, 4), False),
        (periods.year_period(2025), False),
        (periods.given(date(2024, 2, 29), date(2026, 3, 1)), True),
    ):
        wanted = by_hand.form(families, period.start, period.end, mode)
        assert not differences(count(district, period, all_criteria=mode), wanted), f"{period.title}, {mode}"


# Criteria that change


@pytest.mark.parametrize("mode", [False, True], ids=["main", "all"])
def test_a_family_stands_under_the_criteria_of_the_last_day_of_each_period(cast, mode):
    """One changes its main criterion in the middle of a quarter and again on the last day of the next one, another
    loses its second one, a third was removed under its last ones, a fourth under a change that was annulled."""
    stays = {}
    for name, place, since in (
        ("twice", cast.north, date(2025, 11, 3)), ("less", cast.north, date(2026, 1, 1)),
        ("gone", cast.south, date(2025, 2, 2)), ("annulled", cast.south, date(2026, 4, 1)),
    ):  # fmt: skip
        one = factories.family(place)
        factories.member(one)
        stays[name] = factories.registration(one, since, criteria=["2.1.1", "2.2.1"], sender=cast.agency("5.3"))
    factories.change(stays["twice"], date(2026, 5, 15), ["2.5.1", "2.2.1"])
    factories.change(stays["twice"], date(2026, 9, 30), ["2.3.1"], "7/7")
    factories.change(stays["less"], date(2026, 7, 1), ["2.2.1"])
    factories.change(stays["gone"], date(2026, 6, 30), ["2.4.2", "2.1.1"])
    gone = stays["gone"]
    gone.removal_decision = factories.decision(gone.family, date(2026, 8, 1), terms.DecisionKind.REMOVE, "2/1")
    gone.removed_on, gone.removal_reason = date(2026, 8, 1), factories.by_code(RemovalReason, "11.2")
    wrong = factories.change(stays["annulled"], date(2026, 5, 5), ["2.5.1"])
    registrations.annul(wrong, reason="не та семья", today=date(2026, 9, 30))
    db.session.commit()
    families = db.session.scalars(select(Family)).all()
    for year, number in ((2025, 4), (2026, 1), (2026, 2), (2026, 3), (2026, 4)):
        period = periods.quarter(year, number)
        wanted = by_hand.form(families, period.start, period.end, mode)
        assert not differences(count(cast.district, period, all_criteria=mode), wanted), f"{period.title}, {mode}"
    told = []
    for number in (1, 2, 3):
        total = quarterly.as_json(count(cast.district, periods.quarter(2026, number)))["total"]
        told.append([int(total[key]) for key in ("13", "14", "15", "16", "17")])
    assert told == [[3, 0, 0, 0, 0], [2, 0, 0, 1, 1], [1, 1, 1, 0, 0]]


# Hard cases


@kept
def hard(cast):
    """Families whose dates, ages, papers and annulments lie on every edge of the quarter."""
    from tests.factories import aid, education, family, member, registration, support

    north, south = cast.north, cast.south
    first, last, eve = date(2026, 7, 1), date(2026, 9, 30), date(2026, 6, 30)

    # on record from the first and from the last day; removed on the first, on the last and on the day after
    for place, since, until in (
        (north, first, None), (south, last, None), (north, date(2025, 1, 10), first), (north, eve, last),
        (south, date(2024, 1, 1), date(2026, 10, 1)), (south, date(2026, 10, 1), None),
        (north, date(2026, 7, 5), date(2026, 9, 5)), (south, date(2026, 8, 1), date(2026, 8, 1)),
        (north, date(2025, 3, 3), eve),
    ):  # fmt: skip
        one = family(place, categories=["5"])
        member(one, "мать", date(1990, 1, 1))
        member(one, "сын", date(2012, 5, 5))
        child = member(one, "дочь", date(2020, 7, 1))
        education(child, date(2026, 1, 1), "preschool_attends")
        registration(one, since, until=until, reason="11.3", criteria=["2.5.1", "2.1.2"], card_sent_on=since,
                     sender=cast.agency("5.7"))  # fmt: skip

    # registered again in the same quarter, on the very day of the removal and later
    again = family(south, categories=["1", "2", "10"])
    member(again, "сын", date(2010, 1, 1))
    registration(again, date(2026, 2, 1), until=date(2026, 7, 20), reason="11.4.1")
    registration(again, date(2026, 7, 20), until=date(2026, 8, 15), reason="11.4.9")
    registration(again, date(2026, 9, 1), criteria=["2.4.1.3", "2.4.2", "2.2.1"])

    # children: born on the last day, coming of age on it and the day after, joining, leaving, born on 29 February
    many = family(north, categories=["5", "1"])
    mother = member(many, "мать", date(1991, 2, 2))
    member(many, "сын", last)
    member(many, "дочь", date(2026, 10, 1))
    member(many, "сын", date(2008, 9, 30))
    member(many, "сын", date(2008, 10, 1))
    member(many, "дочь", date(2008, 7, 1))
    member(many, "сын", date(2008, 2, 29))
    joined = member(many, "сын", date(2013, 3, 3), joined_on=date(2026, 8, 1))
    member(many, "дочь", date(2014, 4, 4), joined_on=date(2020, 1, 1), left_on=date(2026, 8, 10))
    member(many, "дочь", date(2015, 5, 5), left_on=last)
    member(many, "сын", date(2016, 6, 6), left_on=first)
    member(many, "сын", date(2008, 8, 8), left_on=date(2026, 8, 20))
    member(many, "дочь", None)
    gone = member(many, "сын", date(2017, 7, 7))
    gone.annulled_at = datetime(2026, 8, 1, tzinfo=UTC)
    student = member(many, "дочь", date(2012, 12, 12))
    education(student, date(2024, 9, 1), "school", ended_on=date(2026, 6, 1))
    education(student, date(2026, 9, 1), "spo")
    education(joined, date(2025, 9, 1), "school", ended_on=last)
    annulled = education(joined, date(2026, 9, 10), "boarding")
    annulled.annulled_at = datetime(2026, 9, 20, tzinfo=UTC)
    six = member(many, "сын", date(2020, 9, 30))
    education(six, date(2026, 9, 1), "school")
    education(six, date(2026, 10, 1), "boarding")
    for person in (student, joined):
        support(person, 2026, 3, free_meals=True, leisure=True, holidays=terms.HolidayActivity.WORK)
        support(person, 2026, 2, free_textbooks=True, free_meals=True, holidays=terms.HolidayActivity.CLUBS)
    wrong = support(six, 2026, 3, free_meals=True, holidays=terms.HolidayActivity.AWAY_CAMP)
    wrong.annulled_at = datetime(2026, 9, 20, tzinfo=UTC)
    stay = registration(many, date(2026, 1, 15), criteria=["2.3.2"], card_sent_on=first, sender=cast.agency("5.1"))
    wrong = registration(many, date(2024, 1, 15), until=date(2026, 7, 7), reason="11.1", card_sent_on=last,
                         sender=cast.agency("5.1"))  # fmt: skip
    wrong.annulled_at = datetime(2026, 8, 1, tzinfo=UTC)
    assert stay.removed_on is None

    # aid: by whom, to whom, on the day of removal, off record, annulled, twice
    father = member(many, "отец", date(1989, 9, 9))
    teenager = member(many, "сын", date(2008, 9, 15))
    for day, kind, body, amount, people in (
        (first, "2.1", "5.2", "1500.50", ()), (last, "1.1", "5.2", "0.55", ()),
        (date(2026, 8, 8), "2.1", "5.3", "900", ()),
        (date(2026, 8, 9), "6.1", "5.3", None, ()), (date(2026, 8, 9), "6.2", "5.9", None, ()),
        (date(2026, 8, 1), "7.1", "5.6", None, (mother, father)), (date(2026, 9, 1), "7.1", "5.6", None, (mother,)),
        (date(2026, 9, 10), "7.1", "5.6", None, (teenager,)), (date(2026, 9, 20), "2.3", "5.3", "10", ()),
        (date(2026, 10, 1), "2.1", "5.2", "77", ()), (eve, "2.1", "5.2", "88", ()),
    ):  # fmt: skip
        aid(many, day, kind, performer=cast.agency(body), amount=Decimal(amount) if amount else None, recipients=people)
    off = aid(many, date(2026, 8, 3), "2.2", performer=cast.agency("5.2"), amount=Decimal("5000"))
    off.annulled_at = datetime(2026, 8, 4, tzinfo=UTC)
    left = family(south)
    member(left, "сын", date(2011, 1, 1))
    registration(left, date(2025, 1, 1), until=date(2026, 8, 20), reason="11.4.14", note="повторная запись")
    aid(left, date(2026, 8, 20), "2.1", performer=cast.agency("5.2"), amount=Decimal("333"))
    aid(left, date(2026, 8, 19), "2.1", performer=cast.agency("5.2"), amount=Decimal("10.10"))

    # a body of РТ, a body without a column of its own, a card without a sender; a family annulled as a whole
    for code, day in (("RT.2", first), ("RT.6", last), (None, date(2026, 8, 8))):
        one = family(south)
        sender = factories.agency(f"Орган {code}", code, cast.district) if code else None
        registration(one, date(2026, 10, 5), card_sent_on=day, sender=sender)
    ghost = family(north)
    member(ghost, "сын", date(2012, 1, 1))
    registration(ghost, date(2026, 8, 8), card_sent_on=date(2026, 8, 1))
    ghost.annulled_at = datetime(2026, 9, 1, tzinfo=UTC)

    # a criterion four levels down, added by the municipality
    deep = Criterion(code="2.4.1.5.1", name="Уточнение", parent=factories.by_code(Criterion, "2.4.1.5"), position=99)
    db.session.add(deep)
    db.session.flush()
    registration(family(north), date(2026, 3, 1), criteria=["2.4.1.5.1"])
    # what is held by the district itself, and by a district that is not asked for
    registration(family(cast.district), date(2026, 3, 1))
    registration(family(cast.far), date(2026, 3, 1))
    return cast.district


def test_hard_cases_agree_with_a_count_by_hand_for_every_kind_of_period(hard):
    families = db.session.scalars(select(Family).where(Family.district_id == hard.id)).all()
    for period in (
        QUARTER,
        periods.month(2026, 8),
        periods.year_period(2026),
        periods.given(date(2026, 9, 30), date(2026, 9, 30)),
        periods.given(date(2026, 2, 28), date(2026, 10, 1)),
    ):
        for mode in (False, True):
            wanted = by_hand.form(families, period.start, period.end, mode)
            assert not differences(count(hard, period, all_criteria=mode), wanted), f"{period.title}, {mode}"
            assert wanted["Всего"]["12"] > 3


def test_each_number_is_the_length_of_the_list_behind_it(hard):
    form = count(hard)
    within = places.shown_in(form.rows)
    for key, indicator in form.indicators.items():
        rows = report.behind(indicator, within)
        if indicator.amount is not None:
            got = sum(row["amount"] or 0 for row in rows)
        elif indicator.distinct is not None:
            got = len({row["member_id" if "member_id" in row else "family_id"] for row in rows})
        else:
            got = len(rows)
        assert got == form.number(key), key
        assert report.length(indicator, within) == (len(rows), form.number(key)), key


def test_each_child_of_the_gap_is_named_with_the_reason(hard):
    form = count(hard)
    came, gone = (quarterly.children_of(form, key) for key in ("came", "gone"))
    assert form.number("18") == form.number("7") + form.number("9") + len(came) - len(gone)
    said = Counter(one.said.split(": ")[1] for one in came + gone)
    assert said["в семье с 01.08.2026"] == 1
    assert said["родился в семье, состоящей на учёте, 30.09.2026"] == 1
    assert said["исполнилось 18 лет 30.09.2026"] == 1
    assert said["выбыл из семьи 30.09.2026"] == 1
    assert said["семья снята с учёта 15.08.2026"] == 1


def test_children_of_unknown_occupation_are_named_not_guessed(hard):
    form = count(hard)
    check = next(check for check in form.checks if check.title == "Графа 18 = сумма строки 2.2")
    assert check.holds is False
    unknown = quarterly.children_of(form, "unknown")
    known = sum(form.number(f"2.2 {name}") for _id, name, _line in form.figures.lists.statuses)
    assert len(unknown) == form.number("18") - known > 0


def test_a_card_without_a_sender_breaks_the_sum_of_column_4_and_says_where(hard):
    check = count(hard).checks[0]
    assert check.holds is False
    assert "Южное городское поселение" in check.text


def test_the_note_to_column_11_4_names_its_reasons_and_the_inner_move_is_a_footnote(hard):
    notes = " ".join(quarterly.as_json(count(hard))["notes"])
    assert "Переезд семьи в другое муниципальное образование региона (дело передано): 1" in notes
    assert "Внутреннее движение: 1 из семей" in notes
    assert "не равны сумме кварталов" in notes


def test_a_note_without_a_sub_reason_is_quoted_to_those_who_see_families_only(hard, cast):
    one = factories.family(cast.north)
    factories.registration(one, date(2025, 1, 1), until=date(2026, 8, 1), reason="11.4", note="решение суда")
    assert "решение суда: 1" in " ".join(quarterly.as_json(count(hard))["notes"])
    with access.acting_as(access.Scope(all_statistics=True)):
        assert "решение суда" not in " ".join(quarterly.as_json(count(hard))["notes"])


def test_figures_without_families_have_no_names(hard):
    with access.acting_as(access.Scope(all_statistics=True)):
        form = count(hard)
        assert not quarterly.of_children(form).rows
    assert quarterly.as_json(form)["total"]["12"] == count(hard).number("12")


@IN_PYTHON
def test_each_file_that_leaves_is_the_form_with_its_head_its_marks_and_lines_to_sign_and_names_no_child(hard):
    """The form is sent in each of its kinds; whom the checks name stands in the workbook of the office alone."""
    form = count(hard)
    named = {row[3] for row in quarterly.of_children(form).rows}
    assert named
    found = {kind: files.written(quarterly.REPORT, form, kind, **MADE)[0] for kind in set(files.KINDS) - {"checks"}}
    for kind, content in found.items():
        text = told(kind, content)
        assert not [name for name in {*named, *NAMES} if name in text], kind
        if kind in ("xlsx", "pdf", "html"):
            assert "в едином банке данных в Тестовом районе по результатам III квартала 2026 года" in text, kind
            assert text.index("Снято с учета детей") < text.index("СОГЛАСОВАНО: председатель комиссии"), kind
            assert text.index("СОГЛАСОВАНО") < text.index("Руководитель ____") < text.index("Исполнитель"), kind
    pages = PdfReader(BytesIO(found["pdf"])).pages
    for number, page in enumerate(pages, start=1):
        text = scans.flowing([page.extract_text()])
        assert "Конфиденциально. Персональные данные" in text
        assert f"Страница {number} из {len(pages)}" in text
        assert "Рябинина Анна" in text
    kept_page = found["html"].decode()
    assert not [asked for asked in ("http", "<script") if asked in kept_page], "the page to keep asks nobody"
    assert "Конфиденциально" in kept_page
    _has_the_columns_of_the_form(form, found["xlsx"])


def _has_the_columns_of_the_form(form: quarterly.Form, workbook: bytes) -> None:
    book = load_workbook(BytesIO(workbook))
    rows = list(book["Приложение 4"].iter_rows(values_only=True))
    marks = next(index for index, row in enumerate(rows) if row[:2] == ("1", "2"))
    assert rows[marks][3:14] == ("4", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6")
    total = next(row for row in rows if row[1] == "ИТОГО")
    assert list(total[3:]) == [form.number(key) for key in quarterly.COLUMNS]
    assert book.sheetnames == ["Приложение 4"]


@IN_PYTHON
def test_the_form_bears_the_names_of_those_who_agree_sign_and_make_it(hard, cast):
    cast.agency("5.1").head, cast.agency("5.2").head = "Согласова П. П.", "Начальникова Р. Р."
    cast.employee("gleb").phone = "8 (00000) 1-23-45"
    db.session.flush()
    gleb = cast.user("gleb")
    with access.acting_as(access.Scope(all_statistics=True, user_id=gleb.id, user_name="Иной")):
        agreed, signed, made_by = quarterly.as_table(count(cast.district)).signatures
    assert "/ Согласова П. П. /" in agreed
    assert f"Руководитель {cast.agency('5.2').name} ___" in signed
    assert "/ Начальникова Р. Р. /" in signed
    assert made_by == f"Исполнитель специалист, {cast.employee('gleb').full_name}, телефон 8 (00000) 1-23-45"
    for kind in ("xlsx", "pdf", "html"):
        with access.acting_as(access.Scope(all_statistics=True, user_id=gleb.id)):
            text = told(kind, files.written(quarterly.REPORT, count(cast.district), kind, **MADE)[0])
        in_order = [text.index(name) for name in ("Согласова П. П.", "Начальникова Р. Р.", "8 (00000) 1-23-45")]
        assert in_order == sorted(in_order), kind


@IN_PYTHON
def test_a_commission_that_is_not_the_only_one_or_is_closed_agrees_to_nothing_by_name(hard, cast):
    assert _head(cast.north) == ""
    first = cast.agency("5.1")
    first.head = "Согласова П. П."
    db.session.flush()
    assert _head(cast.north) == "Согласова П. П."
    assert _head(cast.root) == _head(cast.far) == ""
    other = factories.agency("Другая комиссия", "5.1", cast.district)
    other.head = "Несогласов Н. Н."
    db.session.flush()
    assert _head(cast.north) == ""
    first.closed = True
    db.session.flush()
    assert _head(cast.north) == "Несогласов Н. Н."


def _head(place: Territory) -> str:
    return signer.head_of_commission([above.id for above in tree.upwards(place)])


def told(kind: str, content: bytes) -> str:
    """The text of a file, lines run together."""
    if kind == "pdf":
        return scans.flowing(scans.texts(content))
    if kind == "xlsx":
        sheets = load_workbook(BytesIO(content)).worksheets
        cells = [str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell]
        return " ".join(" ".join(cells).split())
    return " ".join(lxml.html.fromstring(content.decode().replace("<br>", " ")).text_content().split())


def test_only_the_families_of_the_person_are_counted(hard, cast):
    with access.acting_as(access.Scope(territories=frozenset([cast.north.id]))):
        form = count(hard)
    assert [form.names[row.id] for row in form.rows] == ["Северное сельское поселение"]
    assert form.number("12") == count(cast.north).number("12") > 0


def test_without_a_settled_scope_there_is_nothing(hard):
    with access.acting_as(access.NOBODY):
        assert count(hard).number("6") == 0


def test_every_settlement_has_a_row_of_noughts_and_other_nodes_only_if_they_hold_families(cast):
    form = count(cast.root)
    assert [form.names[row.id] for row in form.rows] == [
        "Дальнее сельское поселение", "Северное сельское поселение", "Южное городское поселение",
    ]  # fmt: skip
    assert not any(form.number(key) for key in quarterly.COLUMNS)
    factories.registration(factories.family(cast.district), date(2026, 3, 1))
    assert "Тестовый район" in count(cast.root).names.values()


def test_column_3_is_the_last_number_entered_and_stays_empty_without_one(cast):
    for day, children in ((date(2025, 1, 1), 900), (date(2026, 1, 1), 800), (date(2026, 12, 1), 1)):
        db.session.add(ChildPopulation(territory=cast.north, counted_on=day, children=children))
    db.session.flush()
    rows = {row["2"]: row["3"] for row in quarterly.as_json(count(cast.district))["rows"]}
    assert rows == {"Северное сельское поселение": 800, "Южное городское поселение": None}
    assert count(cast.south).children_living() is None


def test_more_children_on_record_than_live_there_is_told(hard, cast):
    db.session.add(ChildPopulation(territory=cast.north, counted_on=date(2026, 1, 1), children=1))
    db.session.flush()
    check = next(check for check in count(hard).checks if check.title == "Графа 18 не больше графы 3")
    assert check.holds is False
    assert "Северное сельское поселение" in check.text


def test_the_form_takes_few_statements_however_many_territories_it_has(hard):
    noted: list[str] = []

    def note(_connection, _cursor, text, *_rest):
        noted.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        count(hard)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert 0 < len(noted) <= 20


# Files


@IN_PYTHON
def test_checks_and_the_children_behind_them_are_a_workbook_of_the_office(hard):
    form = count(hard)
    content, _mime = files.written(quarterly.REPORT, form, "checks", **MADE)
    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["Проверки", "Поимённо"]
    told = [row[0] for row in book["Проверки"].iter_rows(values_only=True)]
    assert [check.title for check in form.checks] == [
        title for title in told if title in {c.title for c in form.checks}
    ]
    assert "Полозов" in str(list(book["Поимённо"].iter_rows(values_only=True)))


@IN_PYTHON
def test_the_command_writes_the_form_and_notes_it(hard, app, tmp_path):
    db.session.commit()
    out = tmp_path / "form.json"
    dates = ["--from", "2026-07-01", "--to", "2026-09-30"]
    options = [*dates, "--as", "json", "--territory", "Тестовый район"]
    answer = app.test_cli_runner().invoke(args=["bank", "report", "quarterly", *options, str(out)])
    assert answer.exit_code == 0, answer.output
    data = json.loads(out.read_text())
    assert data["period"] == {"from": "2026-07-01", "to": "2026-09-30", "title": "III квартал 2026 года"}
    assert data["total"]["12"] == count(hard).number("12")


@IN_PYTHON
def test_the_command_refuses_what_it_does_not_understand(app, tmp_path):
    for options, said in (
        (["--from", "2026-09-30", "--to", "2026-07-01"], "раньше"),
        (["--from", "2026-07-01", "--to", "2026-09-30", "--territory", "Нет такой"], "«Нет такой» нет"),
    ):
        arguments = ["bank", "report", "quarterly", *options, "--as", "json", str(tmp_path / "x")]
        answer = app.test_cli_runner().invoke(args=arguments)
        assert answer.exit_code == 1
        assert said in answer.output
        assert not (tmp_path / "x").exists()


# Any bank

DAYS = st.dates(date(2026, 5, 1), date(2026, 11, 30))
BIRTHS = st.one_of(st.dates(date(2007, 12, 1), date(2009, 1, 31)), st.dates(date(2012, 1, 1), date(2026, 11, 30)))
STAYS = st.tuples(st.none() | DAYS, st.none() | DAYS).filter(lambda stay: None in stay or stay[0] <= stay[1])
MEMBERS = st.tuples(BIRTHS, STAYS)
FAMILIES = st.lists(st.tuples(st.lists(MEMBERS, max_size=3), st.lists(DAYS, max_size=5, unique=True)), max_size=4)


@pytest.mark.one_database("the property is of the conditions; the hard cases are counted by hand on both")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(families=FAMILIES, start=DAYS, length=st.integers(0, 200))
def test_the_balances_hold_for_any_bank_and_period(cast, families, start, length):
    period = periods.Period(start, start + timedelta(days=length))
    savepoint = db.session.begin_nested()
    try:
        made = []
        for number, (members, days) in enumerate(families, start=70_000):
            one = factories.family(cast.north, str(number))
            for born, (joined, left) in members:
                factories.member(one, "сын", born, joined_on=joined, left_on=left)
            days = sorted(days)
            for since, until in zip(days[::2], [*days[1::2], None], strict=False):
                factories.registration(one, since, until=until, reason="11.4.3", criteria=["2.2.1"])
            made.append(one)
        db.session.expire_all()
        form = count(cast.north, period)
        assert all(check.holds is not False for check in form.checks if "2.2" not in check.title)
        wanted = by_hand.form(made, period.start, period.end)
        wanted.setdefault("Северное сельское поселение", Counter())
        assert not differences(form, wanted)
        named = [quarterly.children_of(form, key) for key in ("came", "gone")]
        assert [len(names) for names in named] == [form.number("came"), form.number("gone")]
    finally:
        savepoint.rollback()
        db.session.expire_all()
