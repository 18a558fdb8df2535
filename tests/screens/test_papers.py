"""Screens of papers: attach, open, annul; who may; what is refused keeps what was typed."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select

from app import access, clock
from app.domain.terms import Act, PaperKind
from app.extensions import db
from app.models import Decision, Family, JournalEntry, Paper
from app.services import papers
from tests import factories, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("files, their names and refusals; test_at_once.py attaches and annuls on both")


@kept
def family(cast: factories.Cast) -> int:
    row = factories.family(cast.north, "00042")
    factories.member(row, "мать", date(1988, 1, 1), "Полозова")
    factories.decision(row, date(2026, 3, 12), number="7/19")
    return row.id


@pytest.fixture
def strange(cast: factories.Cast) -> int:
    row = factories.family(cast.far)
    db.session.commit()
    return row.id


def attached(family_id: int, content: bytes = b"", name: str = "акт № 5.pdf") -> int:
    paper = papers.attach(
        db.session.get(Family, family_id), kind=PaperKind.SURVEY_ACT, title="Акт обследования", dated_on=None,
        decision=None, file_name=name, scan=papers.inspected(content or scans.pdf("ATTACHED")), today=clock.today(),
    )  # fmt: skip
    db.session.commit()
    return paper.id


def form(content: bytes, name: str = "акт.pdf", **values: str) -> dict[str, Any]:
    return {"kind": "survey_act", "title": "Акт обследования", "dated_on": "12.03.2026", "decision": "",
            "file": (io.BytesIO(content), name), **values}  # fmt: skip


def rows() -> list[Paper]:
    with access.unrestricted():
        return list(db.session.scalars(select(Paper).order_by(Paper.id)))


def test_a_scan_is_attached_and_stands_on_the_page_of_the_family(sign_in, page, family):
    anna = sign_in("anna")
    page(anna, f"/family/{family}/papers/add")
    with access.unrestricted():
        decision = str(db.session.scalars(select(Decision.id)).one())
    answer = anna.post(f"/family/{family}/papers/add", data=form(scans.pdf("X", "Y"), decision=decision))
    assert (answer.status_code, answer.location) == (302, f"/family/{family}#papers")
    [paper] = rows()
    assert (paper.family_id, paper.title, paper.kind, paper.dated_on, paper.pages, paper.decision_id) == (
        family, "Акт обследования", PaperKind.SURVEY_ACT, date(2026, 3, 12), 2, int(decision),
    )  # fmt: skip
    assert "Акт обследования" in page(anna, f"/family/{family}").text_content()


@pytest.mark.parametrize(
    ("content", "values", "words"),
    [
        (b"plain text", {}, "PDF, JPEG и PNG"),
        (scans.pdf()[:400], {}, "повреждён"),
        (scans.raw_pdf(b"<< /S /JavaScript /JS (1) >>"), {}, "сценарии"),
        (b"%PDF-" + b"0" * papers.LARGEST, {}, "20 МБ"),
        (scans.pdf(), {"dated_on": "31.02.2026"}, "Такого дня"),
        (scans.pdf(), {"dated_on": "01.01.2100"}, "не наступила"),
        (scans.pdf(), {"title": " "}, ""),
        (scans.pdf(), {"kind": "nonsense"}, ""),
        (scans.pdf(), {"decision": "99999"}, ""),
        (scans.pdf(), {"decision": "'; drop"}, ""),
    ],
)
def test_a_refusal_keeps_what_was_typed(sign_in, family, content, values, words):
    answer = sign_in("anna").post(
        f"/family/{family}/papers/add", data=form(content, **{"title": "Особое название", **values})
    )
    assert answer.status_code == 200
    document = lxml.html.fromstring(answer.get_data())
    errors = " ".join(document.xpath("//*[@class='field__error']//text()"))
    assert errors.strip()
    assert words in errors
    typed = {"title": "Особое название", "dated_on": "12.03.2026", **values}
    [title] = document.xpath("//input[@name='title']/@value")
    assert title == typed["title"].strip()
    [day] = document.xpath("//input[@name='dated_on']/@value")
    assert day == typed["dated_on"]
    assert rows() == []


def test_a_form_without_a_file_is_refused(sign_in, family):
    answer = sign_in("anna").post(f"/family/{family}/papers/add", data={"kind": "other", "title": "Акт"})
    assert answer.status_code == 200
    assert "Выберите файл" in answer.text


def test_a_pdf_is_kept_and_a_picture_is_shown_and_neither_may_act(sign_in, family):
    anna = sign_in("anna")
    for content, name, mime, way in (
        (scans.pdf("A"), "акт № 5.pdf", "application/pdf", "attachment"),
        (scans.picture(), "снимок.jpg", "image/jpeg", "inline"),
        (scans.picture("PNG"), "снимок.png", "image/png", "inline"),
    ):
        with access.unrestricted():
            key = attached(family, content, name)
        answer = anna.get(f"/papers/{key}/file")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == mime
        assert answer.headers["Content-Disposition"].startswith(f"{way}; filename*=UTF-8''")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert papers.scans.kind_of(answer.get_data()) == mime


def test_a_download_is_in_the_journal(sign_in, family):
    key = attached(family)
    sign_in("boris").get(f"/papers/{key}/file")
    [entry] = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.DOWNLOADED))
    assert (entry.user_name, entry.entity, entry.entity_id, entry.family_id) == ("Кленов Борис", "Paper", key, family)


def test_a_damaged_file_is_told_and_not_given_out(sign_in, family):
    key = attached(family)
    papers._path(db.session.get(Paper, key).key).write_bytes(b"something else")
    anna = sign_in("anna")
    answer = anna.get(f"/papers/{key}/file")
    assert answer.status_code == 302
    assert "утрачен или изменён" in anna.get(answer.location).text
    assert not db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.DOWNLOADED)).all()


def test_a_paper_is_annulled_with_a_reason_and_its_file_stays(sign_in, page, family):
    key = attached(family)
    anna = sign_in("anna")
    document = page(anna, f"/papers/{key}/annul")
    [version] = document.xpath("//input[@name='version']/@value")
    refused = anna.post(f"/papers/{key}/annul", data={"version": version, "reason": "  "})
    assert refused.status_code == 200
    assert rows()[0].annulled_at is None
    stale = anna.post(f"/papers/{key}/annul", data={"version": "99", "reason": "Скан другой семьи"})
    assert "изменил другой человек" in stale.text
    assert "Скан другой семьи" in stale.text
    assert rows()[0].annulled_at is None
    done = anna.post(f"/papers/{key}/annul", data={"version": version, "reason": "Скан другой семьи"})
    assert done.location == f"/family/{family}#papers"
    [paper] = rows()
    assert (paper.annul_reason, papers.content(paper)[:5]) == ("Скан другой семьи", b"%PDF-")
    assert "уже аннулирована" in page(anna, f"/papers/{key}/annul", 409).text_content()


def test_nothing_is_annulled_by_a_get_or_without_a_token(sign_in, family):
    key = attached(family)
    anna = sign_in("anna")
    anna.get(f"/papers/{key}/annul?reason=x&version=1")
    assert anna.post(f"/papers/{key}/annul", data={"reason": "x", "version": "1"}, csrf=False).status_code == 400
    assert anna.post(f"/family/{family}/papers/add", data=form(scans.pdf("N")), csrf=False).status_code == 400
    assert [paper.annulled_at for paper in rows()] == [None]


def test_papers_of_a_strange_family_do_not_exist(sign_in, strange):
    key = attached(strange)
    anna = sign_in("anna")
    for url in (f"/family/{strange}/papers/add", f"/papers/{key}/file", f"/papers/{key}/annul"):
        assert anna.get(url).status_code == 404
    assert anna.post(f"/family/{strange}/papers/add", data=form(scans.pdf("Q"))).status_code == 404
    assert anna.post(f"/papers/{key}/annul", data={"reason": "x", "version": "1"}).status_code == 404
    assert sign_in("boris").get(f"/papers/{key}/file").status_code == 404
    assert len(rows()) == 1


@pytest.mark.parametrize("key", ["0", "999999", "99999999999999999999999999"])
def test_a_paper_that_is_not_there_is_not_found(sign_in, family, key):
    anna = sign_in("anna")
    for url in (f"/family/{key}/papers/add", f"/papers/{key}/file", f"/papers/{key}/annul"):
        assert anna.get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("anna", (200, 200, 200)),
        ("boris", (403, 200, 403)),
        ("gleb", (403, 404, 403)),
        ("oleg", (403, 403, 403)),
        ("renata", (403, 403, 403)),
        ("avgust", (403, 403, 403)),
    ],
)
def test_who_may_attach_open_and_annul(sign_in, family, name, statuses):
    key = attached(family)
    client = sign_in(name)
    urls = (f"/family/{family}/papers/add", f"/papers/{key}/file", f"/papers/{key}/annul")
    assert tuple(client.get(url).status_code for url in urls) == statuses


# A file that is gone


def spoil(key: int, how: str) -> None:
    path = papers._path(db.session.get(Paper, key).key)
    path.unlink() if how == "gone" else path.write_bytes(b"cut")


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_a_lost_scan_is_told_on_the_page_of_its_family_and_on_the_first_page(sign_in, page, family, how):
    key = attached(family)
    anna = sign_in("anna")
    for url in ("/", f"/family/{family}"):
        assert "Утрачен" not in page(anna, url).text_content()
    spoil(key, how)
    for url in ("/", f"/family/{family}"):
        text = page(anna, url).text_content()
        assert "Утрачен" in text, url
        assert "утрачены или повреждены" in text, url
    answer = anna.get(f"/papers/{key}/file", follow_redirects=True)
    assert answer.status_code == 200
    assert "утрачен или изменён" in answer.text


def test_a_lost_scan_of_another_family_is_not_told(sign_in, page, family):
    key = attached(family)
    spoil(key, "gone")
    for name in ("vera", "gleb", "oleg", "avgust"):
        assert "Утрачен" not in page(sign_in(name), "/").text_content(), name
    assert "Утрачен" in page(sign_in("boris"), "/").text_content()


def test_an_annulled_paper_needs_no_file(sign_in, page, family):
    key = attached(family)
    spoil(key, "gone")
    db.session.get(Paper, key).annulled_at = clock.now()
    assert "Утрачен" not in page(sign_in("anna"), "/").text_content()


def test_what_was_not_looked_at_is_said(sign_in, page, family, monkeypatch):
    for letter in "ABC":
        attached(family, scans.pdf(letter))
    monkeypatch.setattr(papers, "MOST_LOOKED_AT", 2)
    assert "2 из 3" in page(sign_in("anna"), "/").text_content()
