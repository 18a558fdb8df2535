"""Papers: refused with a reason, stored whole, read back unchanged, gone if the commit fails."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.domain.refusal import Refusal
from app.domain.terms import PaperKind
from app.extensions import db
from app.models import Family, Paper
from app.services import papers
from tests import factories, scans

pytestmark = pytest.mark.one_database("files are checked and stored beside the database")

TODAY = date(2026, 9, 30)


@pytest.fixture
def family(cast: factories.Cast) -> Family:
    row = factories.family(cast.north)
    db.session.commit()
    return row


@pytest.fixture
def folder(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(app.config, "PAPERS_FOLDER", str(tmp_path / "papers"))
    return tmp_path / "papers"


def attach(family: Family, content: bytes = b"", **values: Any) -> Paper:
    values = {"kind": PaperKind.OTHER, "title": "Акт", "dated_on": None, "decision": None, "file_name": "акт.pdf",
              "today": TODAY, **values}  # fmt: skip
    return papers.attach(family, scan=papers.inspected(content or scans.pdf()), **values)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_paper_is_stored_under_a_random_key_and_read_back(family, folder):
    content = scans.pdf("ONE", "TWO")
    paper = attach(family, content, file_name="Акт обследования № 5.PDF", dated_on=TODAY)
    db.session.commit()
    assert files(folder) == [paper.key]
    assert (paper.mime, paper.pages, paper.size) == ("application/pdf", 2, len(content))
    assert paper.file_name == "Акт обследования № 5.PDF"
    assert papers.content(paper) == content
    assert list(papers.faults(clock.now())) == []
    stored = next(path for path in folder.rglob("*") if path.is_file())
    assert stored.stat().st_mode & 0o077 == 0


def test_a_rollback_takes_the_file_away(family, folder):
    attach(family)
    assert len(files(folder)) == 1
    db.session.rollback()
    assert files(folder) == []


def test_a_session_that_just_ends_takes_the_file_away(family, folder):
    attach(family)
    db.session.remove()
    assert files(folder) == []


def test_a_commit_that_fails_takes_the_file_away(family, folder):
    paper = attach(family)
    db.session.add(Paper(family=family, title="Двойник", file_name="x", mime="x", size=1, sha256="", key=paper.key))
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.session.commit()
    db.session.rollback()
    assert files(folder) == []


def test_a_later_rollback_leaves_a_committed_file_alone(family, folder):
    paper = attach(family)
    db.session.commit()
    attach(family, scans.pdf("OTHER"))
    db.session.rollback()
    assert files(folder) == [paper.key]


def test_a_disk_that_is_full_leaves_nothing(family, folder, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(papers.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        attach(family)
    db.session.rollback()
    assert files(folder) == []


@pytest.mark.parametrize("spoil", ["change", "cut", "lose"])
def test_a_file_that_is_not_what_was_stored_is_not_given_out(family, folder, spoil):
    paper = attach(family)
    db.session.commit()
    stored = next(path for path in folder.rglob("*") if path.is_file())
    if spoil == "lose":
        stored.unlink()
    else:
        content = stored.read_bytes()
        stored.write_bytes(content[:-1] if spoil == "cut" else content[:-1] + b"!")
    with pytest.raises(papers.DamagedPaperError):
        papers.content(paper)
    assert list(papers.faults(clock.now())) == [f"Документ {paper.id}: файл {paper.key} утрачен или изменён."]


def test_a_file_nobody_knows_is_reported(family, folder):
    attach(family)
    db.session.commit()
    (folder / "ab").mkdir(exist_ok=True)
    stray = folder / "ab" / "stray"
    stray.write_bytes(b"x")
    assert list(papers.faults(clock.now())) == []  # its row may be on the way
    os.utime(stray, (0, 0))
    assert list(papers.faults(clock.now())) == ["Файл stray не принадлежит ни одному документу."]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"title": "  "}, "title", "название"),
        ({"title": "а" * 201}, "title", "длиннее"),
        ({"dated_on": date(2026, 10, 1)}, "dated_on", "не наступила"),
        ({"content": b"plain text"}, "file", "PDF, JPEG и PNG"),
        ({"content": scans.pdf()[:500]}, "file", "повреждён"),
        ({"content": b"%PDF-1.7 " + b"0" * papers.LARGEST}, "file", "20 МБ"),
        ({"content": scans.raw_pdf(b"<< /S /JavaScript /JS (1) >>")}, "file", "сценарии"),
        ({"content": scans.picture("PNG", (9000, 9000), "1")}, "file", "50 миллионов"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(family, folder, values, field, words):
    with pytest.raises(Refusal, match=words) as refusal:
        attach(family, **values)
    assert refusal.value.field == field
    assert files(folder) == []


def test_an_empty_file_is_refused():
    with pytest.raises(Refusal, match="пуст"):
        papers.inspected(b"")


def test_every_verdict_of_the_inspection_has_its_sentence():
    assert set(papers.REFUSALS) == {"type", "damaged", "active", "locked", "pixels", "pages", "costly"}


def test_a_decision_of_another_family_is_refused(cast, family, folder):
    other = factories.decision(factories.family(cast.north), TODAY)
    with pytest.raises(Refusal) as refusal:
        attach(family, decision=other)
    assert refusal.value.field == "decision"


def test_the_same_file_is_attached_once(cast, family, folder):
    attach(family)
    with pytest.raises(Refusal, match="уже приложен"):
        attach(family, title="Второй щелчок")
    attach(factories.family(cast.north))
    assert len(files(folder)) == 2


@pytest.mark.parametrize(
    ("given", "mime", "kept"),
    [
        ("Акт № 5.pdf", "application/pdf", "Акт № 5.pdf"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\Сканы\\акт.jpeg", "image/jpeg", "акт.jpeg"),
        ("акт.exe", "application/pdf", "акт.exe.pdf"),
        ("акт\u202efdp.exe", "image/png", "актfdp.exe.png"),
        ("а\r\nк\x00т\u200f.pdf", "application/pdf", "акт.pdf"),
        ("и\u0306од.PDF", "application/pdf", "йод.PDF"),
        ("", "image/png", "документ.png"),
        (".pdf", "application/pdf", "документ.pdf"),
        ("...", "application/pdf", "документ.pdf"),
        ("а" * 400 + ".pdf", "application/pdf", "а" * 146 + ".pdf"),
    ],
)
def test_a_name_is_kept_without_what_misleads(given, mime, kept):
    assert papers.clean_name(given, mime) == kept
