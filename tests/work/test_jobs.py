"""What is done in the background is the same as what a page does at once, and it is the asker's alone."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.documents import passport
from app.domain.terms import Act, JobKind, JobState
from app.exchange import sources, waiting
from app.exchange.workbook import FACTS, MEMBERS
from app.extensions import db
from app.models import BookLayout, HomeTerritory, ImportBatch, Job, JournalEntry
from app.render.html_pdf import PrintError
from app.screens import exchange
from app.work import passports, queue
from tests import factories
from tests.exchange.handmade_books import BOOKS
from tests.exchange.workbooks import Sound, cells
from tests.screens.test_exchange import confirm, families, hidden, send
from tests.states import kept
from tests.test_acts import form_on

IN_PYTHON = pytest.mark.one_database("what a job does is decided in Python; test_queue.py tries the queue on both")


@pytest.fixture
def anna(sign_in):
    return sign_in("anna")


@pytest.fixture
def everything_is_large(monkeypatch):
    for name in ("LARGE_BOOK", "LARGE_EXPORT", "LARGE_LOAD"):
        monkeypatch.setattr(exchange, name, 0)


@kept
def two_families(cast) -> list[int]:
    """Families of two settlements of Anna's; Boris sees the first."""
    made = []
    for place, number in ((cast.north, "00042"), (cast.south, "00043")):
        row = factories.family(place, number)
        factories.member(row, "мать", date(1988, 1, 1), "Полозова")
        factories.registration(row, date(2026, 3, 12))
        made.append(row.id)
    return made


def job() -> Job:
    """The latest job, as it is stored."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def entries(act: Act) -> list[JournalEntry]:
    return list(db.session.scalars(select(JournalEntry).where(JournalEntry.act == act)))


def loaded_in_the_background(anna, done) -> None:
    """A workbook goes all the way: compared, looked at, confirmed, loaded."""
    answer = send(anna, Sound().content())
    assert answer.headers["Location"] == f"/work/{job().id}"
    assert done() == 1
    prepared = anna.get(f"/exchange/prepared/{job().id}")
    assert "Ошибок нет" in prepared.text
    assert "№ 00001 Тетерина" in prepared.text
    assert families() == 0
    assert confirm(anna, prepared).headers["Location"] == f"/work/{job().id}"
    assert families() == 0
    assert done() == 1


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_workbook_is_compared_loaded_and_undone(anna, done, page):
    loaded_in_the_background(anna, done)
    assert (job().state, families()) == (JobState.DONE, 2)
    batch = db.session.scalars(select(ImportBatch)).one()
    assert batch.user.username == "anna"
    key = batch.id
    told = anna.get(f"/work/{job().id}/progress").get_json()
    assert (told["over"], told["page"]) == (True, f"/exchange/batch/{key}")
    assert [entry.user_name for entry in entries(Act.IMPORTED)] == ["Рябинина Анна"]
    page(anna, f"/work/{job().id}")
    assert anna.post(f"/exchange/undo/{key}").headers["Location"] == f"/work/{job().id}"
    assert families() == 2
    assert done() == 1
    assert families() == 0
    assert "отменена" in page(anna, f"/exchange/batch/{key}").text_content()


@IN_PYTHON
def test_a_large_hand_made_book_is_understood_answered_and_loaded_in_the_background(anna, done, page, monkeypatch):
    monkeypatch.setattr(sources, "LARGE_ROWS", 0)
    book = next(each for each in BOOKS if each.name == "по поселениям.xlsx")
    assert send(anna, book.content()).headers["Location"] == f"/work/{job().id}"
    assert done() == 1
    asked = page(anna, f"/exchange/prepared/{job().id}").text_content()
    assert "Какой критерий записать?" in asked
    assert f"Найдено семей: {book.families}, людей: {book.people}" in asked
    answers = {"answer:as_of": "01.11.2026", "answer:criterion:none": "2.1"}
    key = job().parameters["key"]
    assert anna.post(f"/book/{key}", data=answers).headers["Location"] == f"/work/{job().id}"
    assert db.session.scalar(select(func.count()).select_from(BookLayout)) == 0
    assert done() == 1
    assert db.session.scalar(select(func.count()).select_from(BookLayout)) > 0
    prepared = anna.get(f"/exchange/prepared/{job().id}")
    assert "Ошибок нет" in prepared.text
    assert f"/book/{key}?look=1" in prepared.text
    with monkeypatch.context() as patch:  # it is not understood anew, and knows the answers
        patch.setattr(sources.BookSource, "understood", None)
        looked = page(anna, f"/book/{key}?look=1").text_content()
    assert f"Найдено семей: {book.families}, людей: {book.people}" in looked
    assert waiting.understood(key, job().user_id)["unanswered"] == 0
    waiting.say(key, job().user_id, {"as_of": "02.11.2026"})
    assert waiting.understood(key, job().user_id) is None  # of other answers
    waiting.say(key, job().user_id, {"as_of": "01.11.2026"})
    for what, told in (("form", "Семьи"), ("mend", "Что исправить")):
        assert "файл готовится в фоне" in page(anna, f"/book/{key}/{what}").text_content()
        assert anna.post(f"/book/{key}/give", data={"what": what}).headers["Location"] == f"/work/{job().id}"
        done()
        assert told in load_workbook(BytesIO(anna.get(f"/work/{job().id}/file").data)).sheetnames
    assert anna.post(f"/book/{key}/give", data={"what": "all"}).status_code == 404
    assert confirm(anna, prepared).headers["Location"] == f"/work/{job().id}"
    assert (families(), done(), families()) == (0, 1, book.families)
    send(anna, book.content())
    done()
    again = page(anna, f"/exchange/prepared/{job().id}").text_content()
    assert "Какой критерий записать?" not in again


@IN_PYTHON
@pytest.mark.usefixtures("everything_is_large")
def test_the_faults_of_a_large_workbook_are_shown(anna, done):
    book = Sound()
    book.row(MEMBERS.title)["Дата рождения"] = "завтра"
    send(anna, book.content())
    done()
    assert job().result["text"] == "В книге 2 ошибки."
    assert "В книге 2 ошибки." in anna.get(f"/work/{job().id}").text
    assert "Ошибки книги" in anna.get(f"/exchange/prepared/{job().id}").text


@IN_PYTHON
@pytest.mark.usefixtures("everything_is_large")
def test_a_large_workbook_is_shown_again_if_the_bank_changed_meanwhile(anna, done, cast):
    send(anna, Sound().content())
    done()
    prepared = anna.get(f"/exchange/prepared/{job().id}")
    factories.family(cast.north, "00001")
    db.session.commit()
    confirm(anna, prepared)
    done()
    assert job().state is JobState.DONE
    again = anna.get(f"/exchange/prepared/{job().id}")
    assert "банк изменился" in again.text or "Есть вопросы без ответа" in again.text
    assert hidden(again, "fingerprint") != hidden(prepared, "fingerprint")
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 0


@IN_PYTHON
@pytest.mark.usefixtures("everything_is_large")
def test_what_is_no_workbook_is_said_at_once(anna):
    assert "Принимаются таблицы" in send(anna, b"text", "список.docx").text
    assert db.session.scalar(select(Job)) is None


@IN_PYTHON
def test_a_large_export_gives_the_same_workbook(anna, done, two_families, cast, monkeypatch):
    at_once = anna.get(f"/exchange/export?district={cast.district.id}&on=30.09.2026")
    monkeypatch.setattr(exchange, "LARGE_EXPORT", 1)
    page = anna.get(f"/exchange/export?district={cast.district.id}&on=30.09.2026")
    assert "семей: 2. Такая книга готовится в фоне" in page.text
    data = {"district": cast.district.id, "territory": "", "on": "30.09.2026"}
    anna.post("/exchange/export", data=data)
    assert done() == 1
    answer = anna.get(f"/work/{job().id}/file")
    assert answer.headers["Content-Disposition"] == at_once.headers["Content-Disposition"]
    for title, rows in cells(at_once.get_data()).items():
        assert title == FACTS or cells(answer.get_data())[title] == rows
    assert [(entry.user_name, entry.records) for entry in entries(Act.EXPORTED)] == [("Рябинина Анна", 2)] * 2


def archive(client) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(client.get(f"/work/{job().id}/file").get_data()))


@IN_PYTHON
def test_the_passports_of_a_list_come_as_one_archive(anna, done, two_families, page):
    listed = page(anna, "/familyregistry/list/?_flt_0_number=00042")
    [address] = listed.xpath("//a[contains(@href, 'passports')]/@href")
    assert "Социальные паспорта: 1 семья" in page(anna, address).text_content()
    anna.post(address)
    assert "Социальные паспорта: 1 семья" in page(anna, f"/work/{job().id}").text_content()
    done()
    [name] = archive(anna).namelist()
    assert name == "00042 Полозова (Северное сельское поселение).pdf"
    assert archive(anna).read(name).startswith(b"%PDF")
    printed = [entry for entry in entries(Act.PRINTED) if entry.family_id]
    assert [(entry.family_id, entry.user_name) for entry in printed] == [(two_families[0], "Рябинина Анна")]


@IN_PYTHON
def test_nobody_prints_the_passport_of_a_family_that_is_not_theirs(sign_in, asked, done, two_families):
    asked("boris", JobKind.PASSPORTS, families=two_families)
    done()
    boris = sign_in("boris")
    assert [name[:5] for name in archive(boris).namelist()] == ["00042"]
    assert "Не вошли: 1" in boris.get(f"/work/{job().id}").text


@IN_PYTHON
def test_an_archive_goes_on_from_where_it_was_interrupted(anna, done, asked, two_families, monkeypatch):
    asked("anna", JobKind.PASSPORTS, families=two_families)
    printed, real = [], passport.pdf

    def once(family_id, **values):
        printed.append(family_id)
        if len(printed) == 2:
            raise OperationalError("", {}, Exception("the database is away"))
        return real(family_id, **values)

    monkeypatch.setattr(passport, "pdf", once)
    done()
    first, second = two_families
    assert printed == [first, second, second]
    assert len(archive(anna).namelist()) == 2
    assert sorted(entry.family_id for entry in entries(Act.PRINTED) if entry.family_id) == two_families


@IN_PYTHON
def test_a_passport_that_cannot_be_printed_is_left_out_and_said(anna, done, asked, two_families, monkeypatch):
    real = passport.pdf

    def but_one(family_id, **values):
        if family_id == two_families[0]:
            raise PrintError
        return real(family_id, **values)

    monkeypatch.setattr(passport, "pdf", but_one)
    asked("anna", JobKind.PASSPORTS, families=two_families)
    done()
    assert "Напечатано паспортов: 1. Не вошли: 1" in anna.get(f"/work/{job().id}").text


@IN_PYTHON
def test_a_list_that_is_too_long_for_one_archive_is_refused(anna, two_families, monkeypatch):
    monkeypatch.setattr(passports, "MOST", 1)
    assert "не больше 1 паспортов" in anna.get("/familyregistry/passports").text
    answer = anna.post("/familyregistry/passports", follow_redirects=True)
    assert "сузьте отбор" in answer.text
    assert db.session.scalar(select(Job)) is None


PATHS = ("", "/progress", "/file")


@IN_PYTHON
def test_a_job_is_its_askers_alone(sign_in, asked, done, two_families):
    key = asked("anna", JobKind.PASSPORTS, families=two_families).id
    done()
    for name in ("galina", "boris"):
        other = sign_in(name)
        for path in PATHS:
            assert other.get(f"/work/{key}{path}").status_code == 404
        assert other.post(f"/work/{key}/cancel").status_code == 404
        assert other.get(f"/exchange/prepared/{key}").status_code in (403, 404)
        assert "Социальные паспорта" not in other.get("/work/").text


@IN_PYTHON
def test_what_the_asker_may_no_longer_do_is_not_done(anna, asked, done, cast, two_families, user_named):
    asked("anna", JobKind.PASSPORTS, families=two_families)
    user_named("anna").active = False
    asked("boris", JobKind.EXPORT, district=cast.district.id, within=None, on="2026-09-30")
    db.session.commit()
    assert done() == 2
    assert [row.state for row in db.session.scalars(select(Job))] == [JobState.REFUSED] * 2
    assert not entries(Act.PRINTED)


def test_the_rows_are_those_of_the_asker_when_the_job_runs(anna, asked, done, cast, two_families):
    asked("anna", JobKind.PASSPORTS, families=two_families)
    db.session.query(HomeTerritory).delete()
    db.session.commit()
    done()
    assert job().state is JobState.REFUSED
    assert job().result["text"] == passports.NOBODY


@IN_PYTHON
def test_a_refusal_is_told_in_its_own_words(anna, asked, done, cast):
    asked("anna", JobKind.LOAD, key="k" * 30, confirmation={})
    done()
    assert "ждала больше часа" in anna.get(f"/work/{job().id}").text


@IN_PYTHON
def test_an_error_of_the_program_ends_the_job_and_says_so(anna, asked, done, two_families, monkeypatch, caplog):
    def fail(*_values, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(passport, "pdf", fail)
    asked("anna", JobKind.PASSPORTS, families=two_families)
    assert done() == 1
    assert "из-за ошибки программы" in anna.get(f"/work/{job().id}").text
    assert "has failed" in caplog.text


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(anna, asked, done, monkeypatch, two_families):
    asked("anna", JobKind.PASSPORTS, families=two_families)
    for number in range(queue.MOST_ATTEMPTS):
        monkeypatch.setattr(queue, "LEASE", -queue.LEASE if number == 0 else queue.LEASE)
        assert queue.claim(f"worker {number}") is not None
    done()
    assert "прерывалось несколько раз" in anna.get(f"/work/{job().id}").text


def test_a_job_is_stopped_from_its_page(anna, asked, done, two_families, page):
    key = asked("anna", JobKind.PASSPORTS, families=two_families).id
    waiting = page(anna, f"/work/{key}")
    assert "Ждёт очереди" in waiting.text_content()
    anna.post(f"/work/{key}/cancel", data=form_on(anna, f"/work/{key}"))
    assert done() == 0
    assert "Остановлено" in page(anna, f"/work/{key}").text_content()
    assert anna.get(f"/work/{key}/file").status_code == 404


@IN_PYTHON
def test_a_file_that_is_gone_is_not_found(anna, asked, done, two_families):
    asked("anna", JobKind.PASSPORTS, families=two_families)
    done()
    queue.JobFiles(job().id).drop()
    assert anna.get(f"/work/{job().id}/file").status_code == 404


@IN_PYTHON
def test_a_job_that_nobody_does_says_so(anna, asked, page, monkeypatch):
    key = asked("anna", JobKind.PASSPORTS, families=[]).id
    assert "некому выполнять" not in page(anna, f"/work/{key}").text_content()
    monkeypatch.setattr("app.screens.work.UNATTENDED", -queue.LEASE)
    assert "некому выполнять" in page(anna, f"/work/{key}").text_content()
