"""The page of copies, its button, the copy of the night, and what the first pages say when there is none."""

from __future__ import annotations

import re
import shutil
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import access, clock
from app.backup import noting
from app.domain.terms import JobState
from app.extensions import db
from app.models import Backup, Job
from app.services import backups
from tests import factories
from tests.settings import KEEPERS_KEY
from tests.work import conftest as jobs

done = jobs.done
pytestmark = pytest.mark.one_database("copies themselves are tried on both (tests/backup)")


@pytest.fixture(autouse=True)
def _tidy(app):
    yield
    shutil.rmtree(Path(app.instance_path) / "backups", ignore_errors=True)


def proved(ago: timedelta) -> None:
    moment = clock.now() - ago
    db.session.add(Backup(made_at=moment, proved_at=moment, file="patronat-2026-01-01-000000.patronat", folder="/media",
                          families=20312, seconds=14))  # fmt: skip
    db.session.commit()


def test_the_button_makes_a_copy_that_the_page_calls_restorable(cast, sign_in, page, done):
    factories.registration(factories.family(cast.north, "00042"), clock.today())
    oleg = sign_in("oleg")
    assert "Копий ещё не было" in page(oleg, "/backups/").text_content()
    answer = oleg.post("/backups/make")
    assert answer.headers["Location"].startswith("/work/")
    assert done() == 1
    job = db.session.scalars(select(Job)).one()
    assert (job.state, job.result["endpoint"]) == (JobState.DONE, "Backups.list")
    assert "Восстановимо: да" in oleg.get(f"/work/{job.id}").text
    said = " ".join(page(oleg, "/backups/").text_content().split())
    assert re.search(r"да \d+ с, семей: 1, сканов: 0", said)
    assert "ключом любого из хранителей" in said
    assert "лежат на диске самого банка" in said
    assert "Ряжских" not in said


def test_a_copy_that_cannot_be_made_says_why(app, sign_in, page, done, monkeypatch):
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", "/nowhere/at/all")
    anna = sign_in("anna")
    anna.post("/backups/make")
    done()
    job = db.session.scalars(select(Job)).one()
    assert job.state is JobState.REFUSED
    assert "Папки для копий /nowhere/at/all нет" in job.result["text"]
    said = page(anna, "/backups/").text_content()
    assert "её нет" in said
    assert "Папки для копий /nowhere/at/all нет" in said


@pytest.mark.parametrize(
    ("ago", "said"),
    [(None, "Проверенной копии банка ещё нет"), (timedelta(hours=47), ""), (timedelta(hours=49), "Последняя")],
)
def test_the_first_pages_turn_yellow_without_a_proved_copy(sign_in, page, ago, said):
    if ago is not None:
        proved(ago)
    for name in ("anna", "oleg"):
        notices = page(sign_in(name), "/").xpath("//p[contains(@class, 'notice--warn')][.//a[@href='/backups/']]")
        assert [said in notice.text_content() for notice in notices] == ([True] if said else [])
    assert not page(sign_in("boris"), "/").xpath("//a[@href='/backups/']")


def test_the_first_pages_turn_red_when_a_disk_is_nearly_full(sign_in, page, monkeypatch):
    proved(timedelta(0))
    monkeypatch.setattr(backups, "LEAST_FREE", 1 << 62)
    assert (
        "Диск почти полон"
        in page(sign_in("anna"), "/").xpath("//p[contains(@class, 'notice--error')]")[0].text_content()
    )


def test_the_copy_of_the_night_is_made_once_and_tried_again_after_an_hour(app, cast, monkeypatch):
    monkeypatch.setitem(app.config, "BACKUP_AT", time(0, 0))
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", "/nowhere/at/all")
    with access.acting_as(access.NOBODY):
        noting.nightly()
        noting.nightly()
    assert [(row.made_by, bool(row.fault)) for row in db.session.scalars(select(Backup))] == [(noting.NIGHTLY, True)]
    row = db.session.scalars(select(Backup)).one()
    row.made_at = clock.now() - timedelta(hours=1, minutes=1)
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", "")
    db.session.commit()
    with access.acting_as(access.NOBODY):
        noting.nightly()
        noting.nightly()
    rows = db.session.scalars(select(Backup).order_by(Backup.id)).all()
    assert [row.fault for row in rows[1:]] == [""]
    assert rows[1].proved_at is not None


def test_the_commands_make_a_copy_and_ask_before_they_replace(app, cast, tmp_path):
    factories.family(cast.north, "00042")
    db.session.commit()
    run = app.test_cli_runner()
    made = run.invoke(args=["bank", "backup", "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    file = made.stdout.strip()
    assert Path(file).parent == tmp_path
    missing = run.invoke(args=["bank", "backup", "--out", str(tmp_path / "no")])
    assert (missing.exit_code, "подключите" in missing.output) == (1, True)
    key = tmp_path / "key"
    key.write_text("AGE-SECRET-KEY-1NONSENSE")
    for arguments, said in (
        ([file], "закрыта ключами хранителей"),
        ([file, "--key", str(tmp_path / "none")], "не читается"),
        ([file, "--key", str(key)], "не подходит"),
    ):
        refused = run.invoke(args=["bank", "restore", *arguments])
        assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    key.write_text(KEEPERS_KEY)
    asked = run.invoke(args=["bank", "restore", file, "--key", str(key)], input="n\n")
    assert (asked.exit_code, "Ничего не изменено" in asked.output) == (1, True), asked.output
    assert "Сейчас в банке: 1" in asked.output
    assert not list(Path(app.instance_path).glob("*replaced*"))
    assert not list(Path(app.instance_path).glob("restoring-*"))
