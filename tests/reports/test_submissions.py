"""Submitted reports: kept with their lists, found by a code, whole or not; counted again, corrected."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from docx import Document
from sqlalchemy import select, text, update

from app import access, clock
from app.domain import periods
from app.domain import submissions as rules
from app.domain.refusal import Refusal
from app.domain.submissions import Agreed
from app.extensions import db
from app.models import Member, PupilSupport, Registration, Submission
from app.reports import CATALOGUE, frozen, frozen_report, recount
from app.reports.differing import differences
from app.reports.frozen_report import FrozenReport
from app.services import submissions
from tests import factories
from tests.reports import scattered
from tests.reports.test_quarterly import hard
from tests.test_registry import form_of

__all__ = ["hard"]

QUARTER = periods.quarter(2026, 3)
AGREED = {"agreed_by": "Кленов Б. И., протокол № 18", "agreed_on": "2026-10-05"}
ASKED = "from=2026-07-01&to=2026-09-30"
on_one = pytest.mark.one_database("rows are found by key and by hash; what is counted is asked on both elsewhere")


def kept(name: str, place: Any, **options: str) -> FrozenReport:
    report = recount.report_named(name)
    chosen = {key: one.usual for key, one in report.options.items()} | options
    content = frozen.freeze(report, QUARTER, place.id, chosen)
    return FrozenReport(content.figures, content.lists)


def submitted(place: Any, name: str = "quarterly") -> Submission:
    report = recount.report_named(name)
    chosen = {key: one.usual for key, one in report.options.items()}
    with access.unrestricted():
        row = submissions.submit(
            frozen.freeze(report, QUARTER, place.id, chosen), report=name, title=report.title, period=QUARTER,
            choice=recount.choice_of(chosen), territory=place, today=clock.today(),
            agreed=Agreed("Председатель", QUARTER.end + timedelta(days=5)),
        )  # fmt: skip
    db.session.commit()
    return row


def test_a_report_counted_again_over_an_unchanged_bank_is_itself_and_nobody_is_named_in_what_is_kept(hard, cast):
    with access.unrestricted():
        names = {name for row in db.session.scalars(select(Member)) for name in (row.last_name, row.first_name)}
        for one in CATALOGUE:
            usual = {key: option.usual for key, option in one.options.items()}
            content = frozen.freeze(one, QUARTER, cast.district.id, usual)
            said = content.figures + zlib.decompress(content.lists).decode()
            assert [name for name in names if name in said] == [], one.name
            first = FrozenReport(content.figures, content.lists)
            assert differences(first, kept(one.name, cast.district)) == [], one.name


@on_one
def test_a_kept_number_is_the_length_of_its_list_and_what_differs_is_what_the_whole_lists_say(cast):
    """Of two banks of chance, over other territories too, each cell beside a comparing of all its rows."""
    found = 0
    with access.unrestricted():
        scattered.scatter(cast, [cast.north, cast.south], 7, families=12)
        was = {one.name: kept(one.name, cast.district) for one in CATALOGUE}
        for row in db.session.scalars(select(Registration).where(Registration.id % 3 == 0)):
            row.registered_on -= timedelta(days=40)
        scattered.scatter(cast, [cast.north], 11)
        for name, before in was.items():
            for cell in before.cells:
                assert not cell.whole or cell.value == before.number(cell.key, cell.at), (name, cell.place)
            for after in (kept(name, cast.district), kept(name, cast.north)):
                shown = {one.place: one for one in differences(before, after)}
                cells = {cell.place: cell for cell in after.cells}
                for cell in before.cells:
                    if (other := cells.get(cell.place)) is None:
                        continue
                    old, new = (Counter(row.identity for row in report.rows(one.key, one.at)) if one.key else Counter()
                                for report, one in ((before, cell), (after, other)))  # fmt: skip
                    told = shown.get(cell.place)
                    assert (told is None) == ((cell.value or 0, old) == (other.value or 0, new)), (name, cell.place)
                    if told is not None:
                        found += 1
                        assert Counter(row.identity for row in told.gone) == old - new, (name, cell.place)
                        assert Counter(row.identity for row in told.come) == new - old, (name, cell.place)
    assert found > 100


@on_one
def test_lists_are_unpacked_one_by_one_in_whatever_pieces_they_come(hard, cast, monkeypatch):
    report = recount.report_named("general")
    with access.unrestricted():
        usual = {key: one.usual for key, one in report.options.items()}
        content = frozen.freeze(report, QUARTER, cast.district.id, usual)
    whole = json.loads(zlib.decompress(content.lists))
    monkeypatch.setattr(frozen_report, "PACKED_AT_ONCE", 11)
    monkeypatch.setattr(frozen_report, "LONGEST_HEAD", 60)
    assert {key: json.loads(said) for key, said in frozen_report.lists_in(content.lists)} == whole
    for cut in range(1, len(content.lists), 97):
        for key, said in frozen_report.lists_in(content.lists[:-cut]):
            assert json.loads(said) == whole[key]
    for at in range(0, len(content.lists), 53):  # a page of such a report says that it is not whole, and shows the rest
        spoiled = content.lists[:at] + bytes([content.lists[at] ^ 0x55]) + content.lists[at + 1 :]
        for key in whole:
            FrozenReport(content.figures, spoiled).rows(key, "")


@on_one
def test_a_code_is_read_however_it_was_typed():
    code = rules.code_of("ab" * 32)
    assert rules.code_typed(code.lower().replace("-", " ")) == code
    assert rules.code_typed("АВЕК-МНОР-СТУХ") == "ABEK-MHOP-CTYX"
    assert rules.code_typed("ничего") == ""


@on_one
def test_a_report_is_submitted_once_and_found_by_its_code(hard, cast, app, sign_in, page):
    anna, url = sign_in("anna"), f"/submit/quarterly?territory={cast.district.id}&{ASKED}"
    assert url.split("?")[0] in anna.get(f"/reports/quarterly/?territory={cast.district.id}&{ASKED}").text
    form = form_of(page(anna, url))
    early = anna.post(url, data=form | AGREED | {"agreed_on": "2026-09-30"})
    assert "Отчёт согласуют после конца периода" in early.text
    nobody = anna.post(url, data=form | AGREED | {"agreed_by": ""})
    assert "Впишите, кто согласовал" in nobody.text
    assert anna.post(url, data=form | AGREED).status_code == 302
    assert anna.post(url, data=form | AGREED).status_code == 302  # a double click is answered like the first
    again = anna.post(url, data=form_of(page(anna, "/submit/senders?" + ASKED)) | AGREED)
    assert again.status_code == 200
    row = db.session.scalars(select(Submission)).one()
    assert (row.number, row.edition, row.previous) == (1, 1, rules.FIRST)
    assert row.code in page(anna, url).text_content()
    shown = page(anna, f"/submission/{row.id}")
    assert "Отчёт цел" in shown.text_content()
    assert anna.get(f"/submission/find?code={row.code.lower()}").location == f"/submission/{row.id}"
    assert "Сданного отчёта с таким кодом" in page(anna, "/submission/find?code=ABCD", 400).text_content()
    said = app.test_cli_runner().invoke(args=["bank", "report", "--verify", row.code])
    assert said.exit_code == 0
    assert "Отчёт цел." in said.output
    sheet = openpyxl.load_workbook(BytesIO(anna.get(f"/submission/{row.id}/file.xlsx").data)).active
    assert any(row.code in str(value) for line in sheet.iter_rows(values_only=True) for value in line if value)
    assert anna.get(f"/submission/{row.id}/file.pdf").data.startswith(b"%PDF")
    assert row.code in anna.get("/submissionregistry/list/").text


@on_one
def test_a_figure_changed_in_the_database_is_found(hard, cast, app):
    first, second = submitted(cast.district), submitted(cast.district, "movement")
    assert list(submissions.faults()) == []
    columns = Submission.__table__
    spoiled = first.figures.replace('"value":1', '"value":2', 1)
    assert spoiled != first.figures
    db.session.execute(update(columns).where(columns.c.id == first.id).values(figures=spoiled))
    assert [fault for fault in submissions.faults_of(first.id) if "хеш не сходится" in fault]
    db.session.commit()
    said = app.test_cli_runner().invoke(args=["bank", "report", "--verify", first.code])
    assert said.exit_code == 1
    assert "изменён в базе" in said.output
    with access.unrestricted():
        facts = submissions._facts({c.name: getattr(first, c.name) for c in columns.columns} | {"figures": spoiled})
    db.session.execute(update(columns).where(columns.c.id == first.id).values(hash=rules.digest(facts)))
    assert any("изменён код" in fault for fault in submissions.faults())
    assert any("не продолжает" in fault for fault in submissions.faults_of(second.id))


@on_one
def test_what_changed_since_is_told_by_family_and_entry_and_corrected(hard, cast, sign_in, page):
    family = factories.family(cast.north, number="00777")
    factories.member(family, last_name="Запоздалов")
    db.session.commit()
    row = submitted(cast.district)
    anna, here = sign_in("anna"), f"/submission/{row.id}"
    assert "Отличий нет" in page(anna, f"{here}/recount").text_content()
    form = form_of(page(anna, f"{here}/correct")) | AGREED | {"note": "постановление внесли позже"}
    assert "С последней редакции ничего не изменилось" in anna.post(f"{here}/correct", data=form).text
    with access.unrestricted():
        db.session.add(factories.registration(family, factories.date(2026, 9, 9)))
        db.session.commit()
    said = page(anna, f"{here}/recount").text_content()
    assert "графа 12" in said
    assert "№ 00777" in said
    assert "09.09.2026" in said
    form = form_of(page(anna, f"{here}/correct")) | AGREED | {"note": "постановление внесли позже"}
    assert anna.post(f"{here}/correct", data=form).status_code == 302
    first, second = db.session.scalars(select(Submission).order_by(Submission.id)).all()
    assert (second.number, second.edition, second.previous) == (first.number, 2, first.hash)
    assert "Отчёт цел" in page(anna, here).text_content()
    old, new = recount.stored(first), recount.stored(second)
    at_end = [one.cell("ИТОГО", "графа 12") for one in (old, new)]
    assert at_end[1].value == at_end[0].value + 1
    assert family.id not in {each.family_id for each in old.rows("12", "")}
    assert family.id in {each.family_id for each in new.rows("12", "")}
    note = Document(BytesIO(anna.get(f"/submission/{second.id}/note.docx").data))
    assert "Персональные данные" in note.sections[0].footer.paragraphs[-1].text
    lines = "\n".join(line.text for line in note.paragraphs)
    assert "постановление внесли позже" in lines
    assert "графа 12" in lines
    assert anna.get(f"/submission/{second.id}/note.pdf").data.startswith(b"%PDF")
    assert "Есть новая редакция" in submissions.told(first.code)[0]


@on_one
def test_a_list_is_shown_as_it_was_to_whoever_sees_its_families(hard, cast, sign_in, page):
    row = submitted(cast.district)
    stay = db.session.scalars(select(Registration).where(Registration.removed_on.is_(None))).first()
    rows = recount.stored(row).rows("12", "")
    anna, boris = sign_in("anna"), sign_in("boris")
    url = f"/submission/{row.id}/behind?figure=12&at="
    assert len(page(anna, url).xpath("//main//tbody/tr")) == len(rows)
    of_boris = len(page(boris, url).xpath("//main//tbody/tr"))
    assert of_boris < len(rows)
    assert "не ваши" in page(boris, url).text_content()
    assert sign_in("renata").get(url).status_code == 404
    assert sign_in("galina").get(url).status_code == 404
    assert stay is not None


@on_one
def test_the_check_before_submitting_names_what_is_to_be_mended(hard, cast, sign_in, page):
    submitted(cast.district)
    late, bare = factories.family(cast.north, number="00771"), factories.family(cast.north, number="00772")
    factories.member(late, last_name="Опоздалов")
    factories.registration(late, factories.date(2026, 8, 1))
    stay = factories.registration(bare, factories.date(2026, 10, 2), until=factories.date(2026, 10, 20))
    stay.removal_decision, stay.removal_reason = None, None
    fed, told = (factories.member(late, last_name=name) for name in ("Голодов", "Сытов"))
    factories.aid(late, factories.date(2026, 10, 9), "8.1", recipients=[fed, told])
    db.session.add(PupilSupport(member=told, year=2026, quarter=4, free_meals=True))
    db.session.commit()
    anna, url = sign_in("anna"), f"/before-sending/quarterly?territory={cast.district.id}&from=2026-10-01&to=2026-10-31"
    assert url.split("?")[0] in anna.get("/").text
    document = page(anna, url)
    red = [
        " ".join(line.text_content().split()) for line in document.xpath("//main//li[span[contains(@class, 'alert')]]")
    ]
    said = "\n".join(red)
    assert "равно концу прошлого сданного периода" in said
    assert "№ 00771" in said
    assert "в сданном не было" in said
    assert "У каждого снятия есть постановление" in said
    assert "У каждого снятия есть причина" in said
    assert "№ 00772" in said
    food = next(each for each in red if "Питание (2.4)" in each)
    assert "Голодов" in food
    assert ": Сытов " not in food
    assert f"/family/{bare.id}" in {link.get("href") for link in document.xpath("//main//li//a")}
    others = page(anna, f"/before-sending/movement?territory={cast.district.id}&from=2026-10-01&to=2026-10-31")
    assert "прошлый период не сдан" in others.text_content()


@on_one
def test_a_period_that_is_not_over_is_not_submitted_and_a_part_of_the_bank_neither(cast):
    with pytest.raises(Refusal, match="Период ещё не закончился"):
        factories.submission(cast.district, periods.month(clock.today().year, clock.today().month))


def test_the_chain_goes_on_over_all_territories(cast):
    """Which row is the last of the chain is asked of the database."""
    rows = [factories.submission(place, factories.LONG_AGO) for place in (cast.district, cast.other_district)]
    assert rows[1].previous == rows[0].hash
    assert [row.number for row in rows] == [1, 1]
    assert list(submissions.faults()) == []
    db.session.execute(text("delete from submission"))
