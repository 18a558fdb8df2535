"""A copy is whole, closed and proved; the bank comes back from it; what is damaged changes nothing."""

from __future__ import annotations

import os
import re
import resource
import shutil
from datetime import date, timedelta
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import func, select, text

from app import access, clock
from app.backup import archive, making, noting, restoring, sealing, stores
from app.documents import passport
from app.domain.refusal import Refusal
from app.domain.terms import Act, PaperKind
from app.extensions import db
from app.models import Backup, Family, Job, JournalEntry, UserSession
from app.services import backups, papers
from tests import factories, scans
from tests.forks import fork
from tests.phrases import QuickPhrases
from tests.settings import KEEPERS_KEY

PHRASE = "пароль копий, которые делают тесты"
ENCRYPTION = pytest.mark.one_database("what is closed does not depend on the database")


@pytest.fixture
def bank_with_papers(cast, app) -> Family:
    row = factories.family(cast.north, "00042")
    factories.member(row, "мать", date(1988, 1, 1), "Полозова")
    factories.registration(row, date(2026, 3, 12))
    papers.attach(row, kind=PaperKind.OTHER, title="Справка", dated_on=None, decision=None, file_name="с.pdf",
                  scan=papers.inspected(scans.pdf("справка")), today=date(2026, 11, 1))  # fmt: skip
    db.session.commit()
    return row


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _tidy(app):
    """The instance is the worker's: what a test leaves there is its own to remove."""
    yield
    instance = Path(app.instance_path)
    for path in instance.glob("*replaced-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in [*instance.glob("settings.restored*"), *instance.glob("*.lock")]:
        path.unlink()
    shutil.rmtree(instance / "backups", ignore_errors=True)


def opened(path: Path, phrase: str = PHRASE, identity: str = "") -> object:
    with path.open("rb") as file:
        return sealing.unlocked(file, phrase, identity)


def test_a_copy_is_closed_proved_and_noted(app, bank_with_papers, out):
    made = noting.make(by="Рябинина Анна", out=out)
    assert (made.faults, made.warnings, made.families, made.papers) == ([], [], 1, 1)
    assert [path.name for path in out.iterdir()] == [made.path.name]
    assert re.fullmatch(r"patronat-\d{4}-\d\d-\d\d-\d{6}\.patronat", made.path.name)
    assert made.path.stat().st_mode & 0o077 == 0
    content = made.path.read_bytes()
    for word in ("Полозова", "SQLite format 3", "PGDMP", "%PDF", PHRASE):
        assert word.encode() not in content
    row = db.session.scalars(select(Backup)).one()
    assert (row.made_by, row.file, row.families, row.fault) == ("Рябинина Анна", made.path.name, 1, "")
    assert row.proved_at is not None
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.BACKED_UP)).one()
    assert (entry.user_name, "восстановимо" in entry.summary) == ("Рябинина Анна", True)
    assert not list(Path(app.instance_path).glob("copying-*"))


@ENCRYPTION
def test_the_keys_of_two_keepers_open_it_each_alone(bank_with_papers, out, app, monkeypatch, tmp_path):
    first, second, stranger = (pyrage.x25519.Identity.generate() for _ in range(3))
    monkeypatch.setitem(app.config, "BACKUP_KEEPERS", [str(first.to_public()), str(second.to_public())])
    made = making.make(out)
    assert made.faults == []
    with pytest.raises(Refusal, match="ключами хранителей"):
        opened(made.path)
    for number, key in enumerate((first, second)):
        with made.path.open("rb") as file:
            archive.unpack(file, sealing.unlocked(file, "", f"# ключ\n{key}\n"), tmp_path / str(number))
    with pytest.raises(Refusal, match="не подходит"), made.path.open("rb") as file:
        archive.unpack(file, sealing.unlocked(file, "", str(stranger)), tmp_path / "stranger")
    monkeypatch.setitem(app.config, "BACKUP_KEEPERS", [str(first.to_public())])
    with pytest.raises(Refusal, match="двух хранителей"):
        making.make(out)
    monkeypatch.setitem(app.config, "BACKUP_KEEPERS", ["age1nonsense", str(first.to_public())])
    with pytest.raises(Refusal, match="не открытый ключ"):
        making.make(out)
    assert len(list(out.iterdir())) == 1


@ENCRYPTION
def test_a_passphrase_opens_it_and_another_does_not(bank_with_papers, out, app, monkeypatch, tmp_path):
    monkeypatch.setattr(sealing, "passphrase", QuickPhrases())
    monkeypatch.setitem(app.config, "BACKUP_KEEPERS", [])
    with pytest.raises(Refusal, match="нечем закрыть"):
        making.make(out)
    monkeypatch.setitem(app.config, "BACKUP_PASSPHRASE_FILE", str(out / "none"))
    with pytest.raises(Refusal, match="не читается"):
        making.make(out)
    monkeypatch.setitem(app.config, "BACKUP_PASSPHRASE", "коротко")
    with pytest.raises(Refusal, match="короче"):
        making.make(out)
    assert list(out.iterdir()) == []
    monkeypatch.setitem(app.config, "BACKUP_PASSPHRASE", "")
    (tmp_path / "phrase").write_text(f"{PHRASE}\n", encoding="utf-8")
    monkeypatch.setitem(app.config, "BACKUP_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    made = making.make(out)
    assert made.faults == []
    assert PHRASE.encode() not in made.path.read_bytes()
    assert opened(made.path) is not None
    with pytest.raises(Refusal, match="не подходит"):
        opened(made.path, "пароль не от этой копии")


def changed(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@ENCRYPTION
def test_what_is_damaged_is_told_and_nothing_changes(bank_with_papers, out, tmp_path):
    made = making.make(out)
    whole = made.path.read_bytes()
    stream = whole.index(b"\n", len(sealing.MAGIC)) + 1
    bad = {
        "nothing": b"",
        "another file": b"%PDF-1.7 nothing of ours",
        "cut at the end": whole[:-1],
        "cut in the middle": whole[: len(whole) // 2],
        "more at the end": whole + b"x",
        "a bit of the stream's head": changed(whole, stream + 30),
        "a bit of the stream": changed(whole, len(whole) - 5000),
        "the last bit": changed(whole, len(whole) - 1),
    }
    for name, content in bad.items():
        path = tmp_path / "bad.patronat"
        path.write_bytes(content)
        with pytest.raises(Refusal) as refused, restoring.prepared(path, phrase="", identity=KEEPERS_KEY):
            pytest.fail(f"{name}: taken for whole")
        assert "опия" in refused.value.text or "копи" in refused.value.text, name
    with pytest.raises(Refusal, match="нет или он не читается"), restoring.prepared(tmp_path, phrase="", identity=""):
        pytest.fail("a folder is no copy")
    with access.unrestricted():
        assert db.session.scalar(select(func.count(Family.id))) == 1


def test_a_proof_finds_a_row_and_a_scan_that_are_not_what_they_were(bank_with_papers, out, monkeypatch):
    taken = making.picture.taken

    def with_another_row(day: date) -> dict:
        found = taken(day)
        found["tables"]["family"][1] = "0" * 64
        return found

    monkeypatch.setattr(making.picture, "taken", with_another_row)
    monkeypatch.setattr(making, "_prove", lambda *_: None)
    made = making.make(out)
    monkeypatch.undo()
    with pytest.raises(Refusal, match="Таблица family"), restoring.prepared(made.path, phrase="", identity=KEEPERS_KEY):
        pytest.fail("taken for whole")


@ENCRYPTION
def test_a_scan_that_is_lost_already_is_told_and_hinders_nothing(bank_with_papers, out, app):
    shutil.rmtree(app.config["PAPERS_FOLDER"])
    made = making.make(out)
    assert made.faults == []
    assert made.warnings == ["Сканов без файла было уже в банке: 1."]


@ENCRYPTION
def test_a_folder_that_is_not_there_or_full_leaves_no_half_file(bank_with_papers, out, app, monkeypatch):
    with pytest.raises(Refusal, match="нет: подключите"):
        noting.make(by="", out=out / "nowhere")
    assert "подключите" in db.session.scalars(select(Backup)).one().fault
    monkeypatch.setattr(making.troubles, "LEAST_FREE", 1 << 60)
    with pytest.raises(Refusal, match="мало места"):
        making.make(out)
    monkeypatch.undo()
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        sealing.seal(archive.Stream([archive.PackedFile("about.json", b"1")]), full, sealing.Keys("", ()))
    assert list(out.iterdir()) == []


@ENCRYPTION
def test_a_second_folder_has_the_same_file_and_old_ones_go(bank_with_papers, app, tmp_path, monkeypatch):
    second = tmp_path / "usb"
    second.mkdir()
    monkeypatch.setitem(app.config, "BACKUP_SECOND_FOLDER", str(second))
    first = backups.folder()
    first.mkdir(parents=True)
    days = [f"patronat-{clock.today() - timedelta(days=n):%Y-%m-%d}-000000.patronat" for n in range(1, 40)]
    for folder in (first, second):
        for name in days:
            (folder / name).touch()
        (folder / "patronat-2026-01-01-000000.patronat.part").touch()
        (folder / "чужое.txt").touch()
    made = noting.make(by="")
    assert made.second == second / made.path.name
    assert made.second.read_bytes() == made.path.read_bytes()
    for folder in (first, second):
        names = {path.name for path in folder.iterdir()}
        assert made.path.name in names
        assert "чужое.txt" in names
        assert not [name for name in names if name.endswith(".part")]
        assert len(names) < 20
    shutil.rmtree(second)
    made = noting.make(by="")
    assert made.faults == []
    assert "подключите" in made.warnings[0]
    assert "подключите" in db.session.scalars(select(Backup).order_by(Backup.id.desc())).first().fault


def test_the_bank_comes_back_and_what_it_replaces_stays(bank, bank_with_papers, out, app, sign_in):
    sign_in("anna")
    family_id = bank_with_papers.id
    before = passport.card_pdf(family_id, made_by="", made_at=clock.now(), today=clock.today())
    made = making.make(out)
    db.session.execute(text("UPDATE family SET number = '00099'"))
    db.session.commit()
    shutil.rmtree(app.config["PAPERS_FOLDER"])
    bank.database.close()
    with restoring.prepared(made.path, phrase="", identity=KEEPERS_KEY) as copy:
        assert copy.replaces == 1
        done = restoring.put_in_place(copy)
    db.session.remove()
    family = db.session.get(Family, family_id)
    assert family.number == "00042"
    paper = db.session.scalars(select(papers.Paper)).one()
    assert papers.content(paper).startswith(b"%PDF")
    assert passport.card_pdf(family_id, made_by="", made_at=clock.now(), today=clock.today())[:4] == before[:4]
    assert db.session.scalar(select(func.count(UserSession.id))) == 0
    assert db.session.scalar(select(func.count(Job.id))) == 0
    assert db.session.scalars(select(JournalEntry.summary).order_by(JournalEntry.id.desc())).first().startswith(
        "Банк восстановлен")  # fmt: skip
    db.session.remove()
    db.engine.dispose()
    if db.engine.dialect.name == "sqlite":
        [kept] = [Path(place) for place in done.aside if "bank.db" in place]
        assert b"00099" in kept.read_bytes()
        return
    [kept] = [place.removeprefix("база ") for place in done.aside if place.startswith("база")]
    stores.swap(db.engine.url, kept, "copy_that_was_put_in_place")  # the worker's own database takes its place again
    stores.drop(db.engine.url.set(database="copy_that_was_put_in_place"))
    assert db.session.get(Family, family_id).number == "00099"


@pytest.mark.one_database("an SQLite file is there as soon as somebody looks for it", on="sqlite")
def test_on_a_clean_machine_nothing_is_kept_aside(bank, bank_with_papers, out, app):
    made = making.make(out)
    db.session.remove()
    db.engine.dispose()
    bank.database.file.unlink()
    shutil.rmtree(app.config["PAPERS_FOLDER"])
    with restoring.prepared(made.path, phrase="", identity=KEEPERS_KEY) as copy:
        assert copy.replaces is None
        done = restoring.put_in_place(copy)
    assert (done.families, done.aside) == (1, [])
    assert not list(bank.database.folder.glob("bank.db.replaced-*"))
    assert db.session.scalar(select(func.count(Family.id))) == 1


@pytest.mark.one_database("files are moved; the database is SQLite's file", on="sqlite")
def test_a_restoring_that_is_killed_among_its_moves_is_finished_by_the_next_start(tmp_path):
    for done in range(5):
        instance = tmp_path / str(done)
        instance.mkdir()
        for name in ("bank.db", "papers", "new.db", "new papers"):
            (instance / name).write_text(name)
        names = [("bank.db", "bank.db.old"), ("bank.db-wal", "bank.db.old-wal"), ("new.db", "bank.db"),
                 ("papers", "papers.old"), ("new papers", "papers")]  # fmt: skip
        moves = [(str(instance / source), str(instance / target)) for source, target in names]
        for source, target in moves[:done]:
            if os.path.exists(source):
                os.rename(source, target)
        restoring._write_down(instance / restoring.PLAN, {"moves": moves, "database": None})
        assert restoring.settle(instance, "sqlite://")
        assert {path.name: path.read_text() for path in instance.iterdir()} == {
            "bank.db": "new.db", "bank.db.old": "bank.db", "papers": "new papers", "papers.old": "papers"
        }  # fmt: skip
        assert not restoring.settle(instance, "sqlite://")


@ENCRYPTION
def test_a_large_copy_needs_no_memory_for_it(app, tmp_path):
    """In a process of its own: what it needs is measured there."""
    size, told = 120 << 20, tmp_path / "told"

    def copy_and_open() -> None:
        big = tmp_path / "big"
        with big.open("wb") as file:
            file.truncate(size)
        small = archive.Stream([archive.PackedFile("database.sqlite", big)])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with (tmp_path / "copy").open("wb") as out:
            key = sealing.seal(small, out, sealing.Keys("", ()))
        with (tmp_path / "copy").open("rb") as file:
            sealing.skip_head(file)
            archive.unpack(file, key, tmp_path / "back")
        assert (tmp_path / "back/database.sqlite").stat().st_size == size
        told.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))

    os.waitpid(fork(app, copy_and_open), 0)
    assert int(told.read_text()) < 40_000  # kilobytes


@ENCRYPTION
def test_two_at_once_are_one_after_the_other(app, out):
    with making.alone(), pytest.raises(Refusal, match="уже делается"):
        making.make(out)
