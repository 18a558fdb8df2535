"""The passport and the card as files: who may, what is written down, and from the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.documents import passport
from app.domain.terms import Act, PaperKind
from app.extensions import db
from app.models import Employee, Family, JournalEntry
from app.render.html_pdf import PrintError
from app.services import papers
from tests import factories, scans

pytestmark = pytest.mark.one_database("papers and who prints them; test_stranger.py prints each on Postgres")

PATHS = ("passport.pdf", "card.pdf")


@pytest.fixture
def family(cast: factories.Cast) -> int:
    row = factories.family(cast.north, "00042")
    factories.member(row, "мать", date(1988, 1, 1), "Полозова")
    factories.registration(row, date(2026, 3, 12))
    papers.attach(
        row, kind=PaperKind.OTHER, title="Справка", dated_on=None, decision=None, file_name="a.pdf",
        scan=papers.inspected(scans.pdf("ATTACHED")), today=date(2026, 9, 30),
    )  # fmt: skip
    db.session.commit()
    return row.id


def prints() -> list[JournalEntry]:
    return list(db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.PRINTED)))


@pytest.mark.parametrize("path", PATHS)
def test_a_paper_is_a_file_that_names_who_printed_it(sign_in, family, path):
    answer = sign_in("boris").get(f"/family/{family}/{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert "00042.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    pages = scans.texts(answer.get_data())
    assert all("Сформировано: Кленов Борис, " in text for text in pages)
    assert ("ATTACHED" in pages[-1]) is (path == "passport.pdf")


@pytest.mark.parametrize("path", PATHS)
def test_every_print_is_in_the_journal(sign_in, family, path):
    sign_in("anna").get(f"/family/{family}/{path}")
    [entry] = prints()
    assert (entry.user_name, entry.entity, entry.family_id) == ("Рябинина Анна", "Family", family)


@pytest.mark.parametrize("path", PATHS)
def test_a_strange_family_has_no_papers(sign_in, cast, path):
    strange = factories.family(cast.far).id
    south = factories.family(cast.south).id
    db.session.commit()
    anna, boris = sign_in("anna"), sign_in("boris")
    assert anna.get(f"/family/{strange}/{path}").status_code == 404
    assert boris.get(f"/family/{south}/{path}").status_code == 404
    assert anna.get(f"/family/{south}/{path}").status_code == 200
    assert anna.get(f"/family/99999999999999999999/{path}").status_code == 404
    assert [entry.family_id for entry in prints()] == [south]


@pytest.mark.one_database("permissions do not depend on the database")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("name", "status"), [("anna", 200), ("boris", 200), ("gleb", 403), ("oleg", 403), ("renata", 403), ("avgust", 403)]
)
def test_who_may_print(sign_in, family, path, name, status):
    assert sign_in(name).get(f"/family/{family}/{path}").status_code == status


@pytest.mark.one_database("permissions do not depend on the database")
@pytest.mark.parametrize("path", PATHS)
def test_a_fault_of_the_printer_is_a_sentence_on_the_page_of_the_family(sign_in, family, path, monkeypatch):
    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise PrintError("fault")

    monkeypatch.setattr(passport.record_card, "pdf", fail)
    anna = sign_in("anna")
    answer = anna.get(f"/family/{family}/{path}")
    assert answer.location == f"/family/{family}"
    assert "не удалось сформировать" in anna.get(answer.location).text
    assert prints() == []


@pytest.mark.parametrize(("command", "scanned"), [("passport", True), ("card", False)])
def test_a_command_prints_too(app, family, tmp_path: Path, command, scanned):
    out = tmp_path / "out.pdf"
    result = app.test_cli_runner().invoke(args=["bank", command, "00042", str(out)])
    assert result.exit_code == 0, result.output
    pages = scans.texts(out.read_bytes())
    assert "Сформировано: командная строка, " in pages[0]
    assert ("ATTACHED" in pages[-1]) is scanned
    [entry] = prints()
    assert (entry.user_name, entry.family_id) == ("командная строка", family)
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]


@pytest.mark.one_database("permissions do not depend on the database")
def test_a_command_says_what_is_wrong(app, cast, family, tmp_path: Path):
    factories.family(cast.far, "00042")
    db.session.commit()
    run = app.test_cli_runner().invoke
    out = str(tmp_path / "out.pdf")
    several = run(args=["bank", "passport", "00042", out])
    assert several.exit_code == 1
    assert "«Тестовый район», «Соседний район»" in several.output
    assert run(args=["bank", "passport", "00042", out, "--district", "тестовый район"]).exit_code == 0
    absent = run(args=["bank", "card", "77777", out])
    assert (absent.exit_code, "номером карты 77777 нет" in absent.output) == (1, True)
    elsewhere = run(args=["bank", "card", "00042", out, "--district", "Нигде"])
    assert (elsewhere.exit_code, "в районе «Нигде»" in elsewhere.output) == (1, True)
    unwritten = run(args=["bank", "card", "00042", str(tmp_path / "no" / "x.pdf"), "--district", "Тестовый район"])
    assert (unwritten.exit_code, "Файл не записан" in unwritten.output) == (1, True)


def test_a_family_annulled_from_the_bank_is_not_printed_by_a_command(app, family, tmp_path: Path):
    db.session.get(Family, family).annulled_at = clock.now()
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["bank", "card", "00042", str(tmp_path / "out.pdf")])
    assert result.exit_code == 1


def test_the_card_is_signed_by_whoever_prints_it_and_by_the_head_of_that_body(sign_in, family, cast):
    boris = cast.employee("boris")
    boris.position, boris.agency.head = "секретарь комиссии", "Ясенева Ольга Игоревна"
    db.session.commit()
    text = scans.flowing(scans.texts(sign_in("boris").get(f"/family/{family}/card.pdf").get_data()))
    assert f"секретарь комиссии {boris.full_name} (должность лица, оформившего карту)" in text
    assert "правонарушений несовершеннолетних Ясенева Ольга Игоревна" in text


def test_of_who_has_no_post_the_name_alone_is_known(sign_in, family, user_named):
    anna = user_named("anna")
    for employee in db.session.scalars(select(Employee).where(Employee.user_id == anna.id)):
        employee.user_id = None
    db.session.commit()
    text = scans.flowing(scans.texts(sign_in("anna").get(f"/family/{family}/card.pdf").get_data()))
    assert "Рябинина Анна (должность лица, оформившего карту)" in text
