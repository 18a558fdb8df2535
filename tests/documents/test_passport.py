"""The social passport: cover, card, decisions, aids, scans; every page marked and numbered."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest
from pypdf import PdfReader

from app.documents import passport
from app.domain.terms import DecisionKind, PaperKind
from app.extensions import db
from app.models import Family, Paper
from app.render import html_pdf
from tests import factories, scans
from tests.documents.conftest import TODAY

pytestmark = pytest.mark.one_database(
    "a paper is drawn of rows that are read already; tests/screens/test_passport.py prints on both"
)

MADE_AT = datetime(2026, 9, 30, 21, 30, tzinfo=UTC)  # half past midnight of 1 October in Moscow
MADE = "Сформировано: Рябинина Анна, 01.10.2026 00:30"


class Store(dict[str, bytes]):
    """Scans by key, in memory."""

    def add(self, family: Family, content: bytes, title: str = "Бумага", mime: str = "application/pdf",
            kind: PaperKind = PaperKind.OTHER, dated_on: date | None = None) -> Paper:  # fmt: skip
        key = f"key{len(self)}"
        self[key] = content
        paper = Paper(family=family, kind=kind, title=title, dated_on=dated_on, file_name="scan", mime=mime,
                      size=len(content), sha256="", key=key)  # fmt: skip
        db.session.add(paper)
        db.session.commit()
        return paper

    def read(self, paper: Paper) -> bytes:
        return self[paper.key]


@pytest.fixture
def store() -> Store:
    return Store()


def made(family: Family, store: Store, today: date = TODAY, most: int = passport.LARGEST_PASSPORT) -> bytes:
    return passport.pdf(family.id, read=store.read, made_by="Рябинина Анна", made_at=MADE_AT, today=today, most=most)


def drawn(page: object) -> str:
    """The text of a page with that of the page laid under it."""
    return " ".join(page.extract_text().split())


def test_every_page_bears_its_number_its_secrecy_and_who_made_it_when(known, store):
    store.add(known, scans.pdf("ONE", "TWO"))
    store.add(known, scans.picture(), mime="image/jpeg")
    store.add(known, b"broken")
    pages = scans.texts(made(known, store))
    for number, text in enumerate(pages, 1):
        assert f"стр. {number} из {len(pages)}" in text
        assert "Конфиденциально. Персональные данные" in text
        assert MADE in text
        assert "Социальный паспорт семьи № 00042" in text


def test_the_contents_name_the_page_of_each_part(known, store):
    store.add(known, scans.pdf("ONE", "TWO"), "О постановке", kind=PaperKind.DECISION, dated_on=date(2026, 3, 12))
    store.add(known, scans.picture(), "Снимок", "image/jpeg")
    pages = scans.texts(made(known, store))
    cover = " ".join(pages[0].split())
    heads = {
        "Карта учета семьи": "Карта учета семьи, находящейся",
        "Постановления и учет": "Постановления комиссии",
        "Оказанная помощь": "Вид помощи, описание",
        "Приложение 1. Копия постановления: О постановке, от 12.03.2026": "О постановке, от 12.03.2026 (лист 1 из 2)",
        "Приложение 2. Снимок": "Приложение 2. Снимок",
    }
    for title, head in heads.items():
        [number] = re.findall(rf"{re.escape(title)} (\d+)", cover)
        assert head in " ".join(pages[int(number) - 1].split()), title


def test_long_contents_count_their_own_pages(known, store):
    for number in range(60):
        store.add(known, scans.picture(size=(20, 30)), f"Бумага с порядковым именем {number} " * 3, "image/jpeg")
    content = made(known, store)
    pages = scans.texts(content)
    covers = next(index for index, text in enumerate(pages) if "Карта учета семьи, находящейся" in text)
    assert covers >= 3
    assert re.search(rf"Карта учета семьи\s+{covers + 1}\b", pages[0])
    assert "Приложение 60." in pages[-1]
    outline = PdfReader(io.BytesIO(content)).outline
    assert len(outline) == 63


def test_decisions_stays_and_aids_are_listed_with_their_details(cast, known, store):
    known_decision = factories.decision(known, date(2026, 5, 6), DecisionKind.EXTEND, "9/33")
    known_decision.agency, known_decision.note = cast.agency("5.1"), "на три месяца"
    factories.aid(known, date(2026, 6, 7), amount=Decimal("1000000.00"), description="Ремонт")
    db.session.commit()
    text = scans.flowing(scans.texts(made(known, store)))
    assert "06.05.2026 9/33 о продлении Комиссии по делам несовершеннолетних (тест) на три месяца" in text
    assert "12.03.2026 7/19 о постановке на учёт" in text
    assert "На учете с 12.03.2026" in text
    assert "Основной критерий: 2.2.1 Систематические пропуски" in text
    assert "Критерий: 2.5.2 Асоциальный образ" in text
    assert "Получатели: Полозова Лада Игоревна" in text
    assert "Всего: 1 002 500,50 руб." in text.replace("\u00a0", " ")


def test_a_description_too_long_for_a_cell_stands_below_the_table(known, store):
    factories.aid(known, date(2026, 6, 7), description="Первая строка.\n" + "Очень подробно. " * 400)
    db.session.commit()
    text = scans.flowing(scans.texts(made(known, store)))
    assert "описание – в примечании 2 под таблицей" in text
    below = text[text.index("Примечания к таблице") :]
    assert below.startswith("Примечания к таблице 2. Первая строка.")
    assert len(re.findall("Очень подробно", below)) >= 395


def test_an_unknown_family_has_a_passport_too(unknown, store):
    text = scans.flowing(scans.texts(made(unknown, store)))
    for words in ("на учете не состоит", "Постановлений нет.", "На учете семья не состояла.", "Сведений о помощи нет."):
        assert words in text
    assert "None" not in text


def test_a_removed_family_is_called_removed(cast, store):
    family = factories.family(cast.north)
    factories.registration(family, date(2025, 2, 10), until=date(2026, 8, 20))
    db.session.commit()
    text = scans.flowing(scans.texts(made(family, store)))
    assert "снята с учета 20.08.2026, постановление № 2/1 от 20.08.2026" in text
    assert "Причина снятия: 11.2 По результатам проводимой" in text


def test_scans_are_bound_in_the_order_of_the_passport(known, store):
    store.add(known, scans.pdf("LATER"), "Поздний акт", kind=PaperKind.SURVEY_ACT, dated_on=date(2026, 5, 1))
    store.add(known, scans.pdf("EARLIER"), "Ранний акт", kind=PaperKind.SURVEY_ACT, dated_on=date(2026, 4, 1))
    store.add(known, scans.pdf("RULING"), "Постановление", kind=PaperKind.DECISION)
    gone = store.add(known, scans.pdf("ANNULLED"), "Ошибка")
    gone.annulled_at = gone.created_at
    db.session.commit()
    reader = PdfReader(io.BytesIO(made(known, store)))
    scanned = [drawn(page) for page in reader.pages][-3:]
    for text, words in zip(scanned, ("RULING", "EARLIER", "LATER"), strict=True):
        assert words in text
    assert "ANNULLED" not in "".join(scans.texts(made(known, store)))


def test_a_page_of_any_size_and_turn_keeps_its_orientation_on_a4(known, store):
    ways = list(product([(595, 842), (842, 595), (300, 200), (2000, 3000)], [0, 90, 180, 270]))
    for number, (size, turned) in enumerate(ways, start=1):
        store.add(known, scans.pdf(f"SCAN-{number:02}", size=size, turned=turned), f"{number:02}")
    pages = PdfReader(io.BytesIO(made(known, store))).pages[-len(ways) :]
    for number, (page, (size, turned)) in enumerate(zip(pages, ways, strict=True), start=1):
        lies = (size[0] > size[1]) != (turned in (90, 270))
        wanted = (841.9, 595.3) if lies else (595.3, 841.9)
        said = f"{size} turned by {turned}"
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(wanted, abs=0.1), said
        assert f"SCAN-{number:02}" in drawn(page), said


def test_a_lying_picture_gets_a_lying_page(known, store):
    store.add(known, scans.picture(size=(900, 600)), mime="image/jpeg")
    store.add(known, scans.picture("PNG", size=(600, 900)), mime="image/png")
    pages = PdfReader(io.BytesIO(made(known, store))).pages
    assert pages[-2].mediabox.width > pages[-2].mediabox.height
    assert pages[-1].mediabox.width < pages[-1].mediabox.height
    assert len(pages[-1].images) == len(pages[-2].images) == 1


def test_a_damaged_scan_leaves_a_note_and_the_rest_comes_out(known, store):
    damaged = [
        (b"", "application/pdf"),
        (b"not a pdf", "application/pdf"),
        (scans.pdf()[:500], "application/pdf"),
        (b"not a picture", "image/jpeg"),
        (scans.picture("PNG", (500, 500))[:100], "image/png"),
    ]
    store.add(known, scans.pdf("BEFORE"), "1")
    for content, mime in damaged:
        store.add(known, content, "Испорченный акт", mime)
    store.add(known, scans.pdf("AFTER"), "7")
    before, *notes, after = scans.texts(made(known, store))[-len(damaged) - 2 :]
    assert "BEFORE" in before
    for number, text in enumerate(notes, start=2):
        assert f"Приложение {number}. Испорченный акт" in text
        assert "Файл не удалось включить" in text
    assert "AFTER" in after


def test_a_lost_file_leaves_a_note(known, store):
    store.add(known, scans.pdf())
    store.clear()
    assert "Файл не удалось включить" in scans.texts(made(known, store))[-1]


def test_scans_beyond_the_limit_are_named_but_not_bound(known, store):
    small = scans.pdf("SMALL")
    store.add(known, small, "1")
    store.add(known, scans.pdf("TOO MUCH"), "2")
    pages = scans.texts(made(known, store, most=len(small) + 10))
    assert "SMALL" in pages[-2]
    assert "Файл не включён" in pages[-1]
    assert "TOO MUCH" not in pages[-1]


def test_hostile_titles_are_printed_literally(known, store):
    store.add(known, scans.pdf(), "<b>&amp;</b> <img src=http://127.0.0.1:9/x> ]]> \u202eобман", kind=PaperKind.OTHER)
    pages = scans.texts(made(known, store))
    for page in (pages[0], pages[-1]):
        assert "<b>&amp;</b> <img src=http://127.0.0.1:9/x> ]]> обман" in " ".join(page.split())


def test_the_card_alone_bears_the_same_marks(known):
    content = passport.card_pdf(known.id, made_by="Рябинина Анна", made_at=MADE_AT, today=TODAY)
    pages = scans.texts(content)
    for number, text in enumerate(pages, 1):
        assert f"стр. {number} из {len(pages)}" in text
        assert "Конфиденциально. Персональные данные" in text
        assert MADE in text
    assert "Карта учета семьи, находящейся" in pages[0]
    assert "Содержание" not in "".join(pages)


def test_a_family_that_is_not_there_has_no_passport(app):
    with pytest.raises(passport.UnknownFamilyError):
        passport.card_pdf(999, made_by="", made_at=MADE_AT, today=TODAY)


def test_a_fault_of_the_printer_is_one_clear_error(known, monkeypatch):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(html_pdf.pisa, "CreatePDF", fail)
    with pytest.raises(html_pdf.PrintError):
        passport.card_pdf(known.id, made_by="", made_at=MADE_AT, today=TODAY)


def test_nothing_is_fetched_and_no_file_is_read_for_a_page(monkeypatch):
    asked: list[object] = []
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: asked.append(where) or [])
    monkeypatch.setattr(socket.socket, "connect", lambda _socket, where: asked.append(where))

    def attack(body: str) -> bytes:
        return html_pdf.pdf(f"<html><body>{body}<p>end</p></body></html>")

    for body in (
        '<img src="http://93.184.216.34/x.png">',
        '<img src="/etc/passwd">',
        '<pdf:include src="/etc/passwd"/>',
    ):
        assert "root:" not in "".join(scans.texts(attack(body)))
    assert not asked
