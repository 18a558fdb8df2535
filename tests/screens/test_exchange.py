"""The screen of the exchange: nothing is written before the person says so, and everything can be taken back."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from datetime import date
from io import BytesIO
from pathlib import Path

import lxml.html
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.domain.terms import Act
from app.exchange import apply, waiting
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, STAYS
from app.extensions import db
from app.models import Family, HomeTerritory, ImportBatch, JournalEntry
from app.screens import exchange
from tests.conftest import check_style
from tests.exchange.handmade_books import workbook
from tests.exchange.workbooks import Sound, cells, load, planned

pytestmark = pytest.mark.one_database(
    "pages around a load; test_import.py and test_ones_own.py load and undo on both, tests/work/test_jobs.py its pages"
)


@pytest.fixture
def anna(cast, sign_in):
    return sign_in("anna")


def send(client, content: bytes, name: str = "книга.xlsx"):
    return client.post("/exchange/preview", data={"file": (BytesIO(content), name)}, content_type="multipart/form-data")


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found, answer.text[:2000]
    return found[1]


def confirm(client, answer):
    return client.post(
        "/exchange/apply", data={"key": hidden(answer, "key"), "fingerprint": hidden(answer, "fingerprint")}
    )


def families() -> int:
    return db.session.scalar(select(func.count()).select_from(Family).where(Family.annulled_at.is_(None)))


def acts(act: Act) -> list[JournalEntry]:
    return list(db.session.scalars(select(JournalEntry).where(JournalEntry.act == act)))


@pytest.mark.parametrize("place", ["Небывалое сельское поселение", "Северное сельское поселение"])
def test_a_settlement_comes_with_its_families_their_decisions_and_bodies(anna, place):
    """Everything below a settlement that the load itself brings is the coordinator's from the first row."""
    book = Sound()
    for row in book.rows[FAMILIES.title]:
        row["Территория"] = place
    for row in book.rows[AIDS.title]:
        row["Код органа"], row["Исполнитель"] = "5.1", f"Администрация: {place}"
    done = confirm(anna, send(anna, book.content()))
    assert done.status_code == 302, done.text
    assert families() == 2


def test_a_coordinator_of_the_region_loads_a_district_that_the_bank_does_not_know(anna, cast):
    db.session.add(HomeTerritory(user_id=cast.user("anna").id, territory_id=cast.root.id))
    db.session.commit()
    done = confirm(anna, send(anna, Sound("Небывалый район").content()))
    assert done.status_code == 302, done.text
    assert families() == 2


def test_a_workbook_is_previewed_loaded_and_undone(anna, page):
    check_style(page(anna, "/exchange/"), "/exchange/")
    answer = send(anna, Sound().content())
    check_style(lxml.html.fromstring(answer.text), "preview")
    assert "Ошибок нет" in answer.text
    assert "№ 00001 Тетерина" in answer.text
    assert "№ 00002 Лукошников" in answer.text
    assert "Ждут ответа" not in answer.text
    assert families() == 0
    done = confirm(anna, answer)
    assert done.status_code == 302
    assert families() == 2
    entry = acts(Act.IMPORTED)[0]
    assert (entry.user_name, entry.records) == ("Рябинина Анна", 16)
    batch = db.session.scalars(select(ImportBatch)).one()
    text = page(anna, done.headers["Location"]).text_content()
    assert "№ 00001 Тетерина" in text
    assert "книга.xlsx" in page(anna, "/exchange/").text_content()
    anna.post(f"/exchange/undo/{batch.id}")
    assert families() == 0
    assert len(acts(Act.UNDONE)) == 1
    assert "отменена" in page(anna, f"/exchange/batch/{batch.id}").text_content()


def test_a_change_is_shown_before_and_after(anna):
    load(Sound().content())
    book = Sound()
    book.row(FAMILIES.title)["Источник дохода"] = "заработная плата"
    document = lxml.html.fromstring(send(anna, book.content()).text)
    row = next(row for row in document.xpath("//tr") if "Источник дохода" in row.text_content())
    assert [cell.text_content() for cell in row.xpath("td")] == [
        "Семья № 00001", "Источник дохода", "пенсия", "заработная плата",
    ]  # fmt: skip
    assert document.xpath("//summary//a/text()") == ["№ 00001"], "a family that the bank has is a link"


def test_faults_are_a_table_and_a_file(anna):
    book = Sound()
    book.row(STAYS.title)["Код органа"] = "5.99"
    book.row(FAMILIES.title)["Количество членов семьи"] = "трое"
    answer = send(anna, book.content())
    document = lxml.html.fromstring(answer.text)
    check_style(document, "faults")
    rows = [[cell.text_content() for cell in row.xpath("td")] for row in document.xpath("//tbody/tr")]
    assert rows[0] == ["Семьи", "2", "Количество членов семьи", "D2", "трое", "Здесь нужно число."]
    assert len(rows) == 2
    assert "fingerprint" not in answer.text
    file = anna.post("/exchange/faults", data={"key": hidden(answer, "key")})
    assert any("5.99" in map(str, row) for row in cells(file.data)["Ошибки"])
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert acts(Act.EXPORTED)[0].records == 2
    assert families() == 0


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", b"text"), ("a.txt", b"text"), ("a.xlsx", b"")])
def test_a_file_that_is_no_workbook_is_refused_on_the_page(anna, name, content):
    answer = send(anna, content, name)
    assert answer.status_code == 200
    assert "Ничего не сохранено." in answer.text
    check_style(lxml.html.fromstring(answer.text), "refusal")


def test_without_a_file_the_page_says_so(anna):
    assert "Выберите файл" in anna.post("/exchange/preview").text


def test_a_second_click_does_no_harm(anna):
    answer = send(anna, Sound().content())
    assert confirm(anna, answer).status_code == 302
    again = confirm(anna, answer)
    assert "уже загружена" in again.text
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 1
    other = send(anna, Sound().content())
    assert "загружать нечего" in other.text
    assert "fingerprint" not in other.text


def test_a_bank_that_changed_meanwhile_is_previewed_again(anna):
    load(Sound().content())
    book = Sound()
    book.row(FAMILIES.title)["Источник дохода"] = "заработная плата"
    answer = send(anna, book.content())
    family = db.session.scalars(select(Family).where(Family.number == "00001")).one()
    family.income_source = "случайные заработки"
    db.session.commit()
    second = confirm(anna, answer)
    assert "банк изменился" in second.text
    assert "случайные заработки" in second.text
    for status in (200, 302):  # both sides have changed it: the answer is shown first, and then done
        typed = {name: hidden(second, name) for name in ("key", "fingerprint")} | {"answer:sides": "theirs"}
        second = anna.post("/exchange/apply", data=typed)
        assert second.status_code == status
    assert not planned(book.content()).does_something


def test_a_preview_belongs_to_its_sender_and_expires(anna, app):
    answer = send(anna, Sound().content())
    key = hidden(answer, "key")
    folder = Path(app.instance_path) / "exchange"
    assert all(key not in path.name for path in folder.iterdir())
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    assert waiting.find(key, -1) is None
    for path in folder.iterdir():
        old = time.time() - waiting.LIFE_SECONDS - 5
        os.utime(path, (old, old))
    assert "ждала больше часа" in confirm(anna, answer).text
    assert families() == 0
    for odd in ("", "../../etc/passwd", "x" * 10_000):
        assert "ждала больше часа" in anna.post("/exchange/apply", data={"key": odd}).text


def test_a_failure_in_the_middle_is_told_and_leaves_nothing(anna, monkeypatch):
    answer = send(anna, Sound().content())

    def fail(self, *rest):
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("insert", {}, full)

    monkeypatch.setattr(apply._Application, "_tell_batch", fail)
    told = confirm(anna, answer)
    assert told.status_code == 503
    assert "кончилось место" in told.text
    assert "Ничего не записано" in told.text
    assert families() == 0
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_another_district_is_refused(anna):
    assert "не поручен" in send(anna, Sound("Соседний район").content()).text
    assert families() == 0


def test_a_load_of_another_district_does_not_exist(cast, sign_in):
    book = Sound("Соседний район")
    for row in book.rows[FAMILIES.title]:
        row["Территория"] = "Дальнее сельское поселение"
    batch = load(book.content())
    anna = sign_in("anna")
    assert anna.get(f"/exchange/batch/{batch.id}").status_code == 404
    assert anna.post(f"/exchange/undo/{batch.id}").status_code == 404
    assert "книга.xlsx" not in anna.get("/exchange/").text
    assert families() == 2


def test_the_bank_is_handed_over_under_the_viewers_rows(cast, sign_in):
    load(Sound().content())
    book = Sound("Соседний район")
    for row in book.rows[FAMILIES.title]:
        row["Территория"] = "Дальнее сельское поселение"
    load(book.content())
    anna = sign_in("anna")
    answer = anna.get("/exchange/export?on=2026-09-30")
    assert answer.status_code == 200
    assert {row[1] for row in cells(answer.data)["Семьи"][1:]} == {
        "Северное сельское поселение", "Южное городское поселение",
    }  # fmt: skip
    entry = acts(Act.EXPORTED)[0]
    assert (entry.records, "Тестовый район" in entry.summary) == (2, True)
    one = anna.get(f"/exchange/export?territory={cast.south.id}&on=30.09.2026")
    assert [row[0] for row in cells(one.data)["Семьи"][1:]] == ["00002"]
    for odd in (f"district={cast.other_district.id}", f"territory={cast.far.id}", "district=x", "on=вчера",
                "on=99999-01-01", "territory=%00"):  # fmt: skip
        refused = anna.get(f"/exchange/export?{odd}")
        assert refused.status_code == (400 if odd.startswith("on=") else 200)
        assert "text/html" in refused.headers["Content-Type"], odd


@pytest.mark.parametrize("name", ["boris", "gleb", "oleg", "renata", "avgust"])
def test_only_coordinators_exchange(cast, sign_in, name):
    person = sign_in(name)
    assert person.get("/exchange/").status_code in (302, 403)
    assert person.get("/exchange/export").status_code in (302, 403)
    assert send(person, Sound().content()).status_code in (302, 403)


def test_the_command_shows_faults_and_the_preview_and_loads(app, cast, tmp_path):
    runner = app.test_cli_runner()
    good, bad, out = tmp_path / "good.xlsx", tmp_path / "bad.xlsx", tmp_path / "out.xlsx"
    good.write_bytes(Sound().content())
    book = Sound()
    book.row(STAYS.title)["Код органа"] = "5.99"
    bad.write_bytes(book.content())
    answer = runner.invoke(args=["bank", "import", str(bad), "--apply"])
    assert answer.exit_code == 1
    assert "лист «Постановка и снятие», строка 2, столбец «Код органа», B2: [5.99]" in answer.output
    answer = runner.invoke(args=["bank", "import", str(good)])
    assert (answer.exit_code, families()) == (0, 0)
    assert "Семьи: новых 2" in answer.output
    answer = runner.invoke(args=["bank", "import", str(good), "--apply"])
    assert (answer.exit_code, families()) == (0, 2)
    answer = runner.invoke(args=["bank", "export", str(out), "--on", "30.09.2026"])
    assert answer.exit_code == 0, answer.output
    assert not planned(out.read_bytes()).does_something
    answer = runner.invoke(
        args=["bank", "export", str(out), "--on", "2026-09-30", "--territory", "Южное городское поселение"]
    )
    assert [row[0] for row in cells(out.read_bytes())["Семьи"][1:]] == ["00002"]
    assert runner.invoke(args=["bank", "export", str(out), "--on", "никогда"]).exit_code == 2
    assert runner.invoke(args=["bank", "export", str(out), "--territory", "Нигде"]).exit_code == 1
    good.write_bytes(b"not a workbook")
    answer = runner.invoke(args=["bank", "import", str(good)])
    assert (answer.exit_code, "не книга Excel" in answer.output) == (1, True)
    assert date(2026, 9, 30) == planned(out.read_bytes()).as_of


def two_settlements(anna) -> Sound:
    """The bank holds № 00001 of the north; the book of the south numbers its own family so too."""
    load(Sound().content())
    book = Sound()
    for rows in book.rows.values():
        rows[:] = [{**row, "№ карты": "00001"} for row in rows if row["№ карты"] == "00002"]
    for row in book.rows["Члены семьи"]:
        row.update({"Фамилия": "Осинин", "Дата рождения": None})
    return book


def test_a_question_is_answered_on_the_page_and_the_answers_stay(anna):
    answer = send(anna, two_settlements(anna).content())
    check_style(lxml.html.fromstring(answer.text), "preview")
    known = db.session.scalar(select(Family.id).where(Family.number == "00001").order_by(Family.id))
    assert f'Под <a href="/family/{known}">№ 00001</a> у вас другая семья' in answer.text
    assert "Это семья № 00001 Тетерина, Северное сельское поселение" in answer.text
    assert "Ждут ответа" in answer.text
    refused = confirm(anna, answer)
    assert "Есть вопросы без ответа" in refused.text
    assert families() == 2
    fields = {name: hidden(refused, name) for name in ("key", "fingerprint")}
    fields["offered"] = "{}"
    shown = anna.post("/exchange/apply", data={**fields, "answer:family-2": "other"})
    assert "Ответы приняты" in shown.text
    assert re.search(r'value="other" checked', shown.text)
    assert families() == 2
    fields = {"key": hidden(shown, "key"), "fingerprint": hidden(shown, "fingerprint")}
    assert anna.post("/exchange/apply", data={**fields, "answer:family-2": "other"}).status_code == 302
    assert families() == 3


def test_the_command_refuses_without_an_answer_and_takes_one(app, anna, tmp_path):
    book = two_settlements(anna)
    file = tmp_path / "юг.xlsx"
    file.write_bytes(book.content())
    runner = app.test_cli_runner()
    told = runner.invoke(args=["bank", "import", str(file), "--apply"])
    assert told.exit_code == 1
    assert "family-2=other: Другая семья" in told.output
    assert "Вопросов без ответа: 1" in told.output
    assert families() == 2
    assert runner.invoke(args=["bank", "import", str(file), "--answer", "other"]).exit_code == 2
    done = runner.invoke(args=["bank", "import", str(file), "--apply", "--answer", "family-2=other"])
    assert done.exit_code == 0, done.output
    assert families() == 3


def crowded(of_place: int) -> Sound:
    """A book of two settlements with so many new families in the first one, and a settlement that is not known yet."""
    book = Sound()
    for number in range(of_place):
        called = {"№ карты": f"{100 + number:05}"}
        book.rows[FAMILIES.title].append({**called, "Территория": "Северное сельское поселение"})
        book.rows[MEMBERS.title].append({**called, "Роль в семье": "мать", "Фамилия": f"Полозова{'ва' * number}",
                                         "Имя": "Анна", "Пол": "ж", "Дата рождения": date(1990, 1, 1)})  # fmt: skip
    book.row(FAMILIES.title, 1)["Территория"] = "Заречное сельское поселение"
    return book


def seen_at_once(section) -> int:
    """Links or families of a settlement that are in sight before anything is unfolded."""
    return len(section.xpath("./details[./summary/strong] | ./ul/li/a"))


def test_risks_stand_before_the_families_and_these_by_settlement_the_first_of_each_in_sight(anna, page):
    answer = send(anna, crowded(24).content())
    document = lxml.html.fromstring(answer.text)
    check_style(document, "preview")
    heads = [head.get("id") for head in document.xpath("//h2")]
    assert heads.index("places") < heads.index("counts") < heads.index("new-families")
    section = "//section[@aria-labelledby='new-families']//section"
    assert [head.text_content() for head in document.xpath(f"{section}/h3")] == [
        "Заречное сельское поселение: 1", "Северное сельское поселение: 25",
    ]  # fmt: skip
    assert [seen_at_once(each) for each in document.xpath(section)] == [1, exchange.FIRST]
    assert "и ещё 5" in document.xpath(section)[1].text_content()
    assert "Полозова" in document.xpath(section)[1].text_content()
    done = confirm(anna, answer)
    assert done.status_code == 302, re.findall(r"notice[^>]*>([^<]+)", done.text)
    loaded = page(anna, done.headers["Location"])
    section = "//section[@aria-labelledby='families']//section"
    assert [head.text_content() for head in loaded.xpath(f"{section}/h3")] == [
        "Заречное сельское поселение: 1", "Северное сельское поселение: 25",
    ]  # fmt: skip
    assert [seen_at_once(each) for each in loaded.xpath(section)] == [1, exchange.FIRST]
    assert acts(Act.LISTED)[-1].records == 26


@pytest.mark.one_database("what a page asks of a book is decided in Python")
def test_a_settlement_that_neither_the_book_nor_the_bank_names_may_be_written(anna, page):
    rows = [["ФИО ребёнка", "Дата рождения", "Адрес"], ["Ежов Пётр Ильич", "01.02.2013", "ул. Мира, 1"]]
    codes = [["Код", "Критерий"], ["2.1.1", "Нет надзора"], ["2.5.1", "Алкоголизм"]]
    address = send(anna, workbook(("Лист1", rows, []), ("Справочник", codes, []))).headers["Location"]
    shown = page(anna, address)
    assert "Другое: впишите название" in shown.text_content()
    folded = shown.xpath("//section[contains(@class, 'card')][details]/div/h2/text()")
    assert folded == ["Столбцы: Справочник"], "what nothing is read from is folded"
    typed = {"named:territory": " Западное с.п. ", "answer:as_of": "01.11.2026"}
    prepared = anna.post(address, data=typed, follow_redirects=True)
    assert "Западное сельское поселение" in prepared.text
    chosen = {"stood:territory": "Западное с.п.", "named:territory": "Западное с.п.", "answer:territory": "Другое с.п."}
    changed = anna.post(address, data=typed | chosen, follow_redirects=True)
    assert "Другое сельское поселение" in changed.text, "what is said now stands above what the page was opened with"
