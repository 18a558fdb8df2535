"""The packs of a meeting: one file per member, with that member's families and name and nobody else's."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app import clock
from app.documents import meeting_pack
from app.domain.terms import Act, JobKind
from app.extensions import db
from app.models import Job, JournalEntry
from app.work import packs
from app.work.run import Run
from tests import factories, meeting_scenes

pytestmark = pytest.mark.one_database(
    "what is printed and for whom is decided in Python; test_queue.py tries the queue on both"
)

NORTH, SOUTH = "Северянина", "Южанина"


@pytest.fixture
def meeting(cast) -> int:
    """A meeting with a family of the north, which Борис sees, and one of the south, which Вера sees."""
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body, is_open=False)
    for place, name in ((cast.north, NORTH), (cast.south, SOUTH)):
        family = factories.family(place)
        factories.member(family, "мать", last_name=name, first_name="Инна")
        meeting_scenes.item(meeting, family, title=f"О семье: {name}")
    db.session.commit()
    return meeting.id


def job() -> Job:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def archive(client) -> dict[str, str]:
    """The texts of the files by their names."""
    with zipfile.ZipFile(BytesIO(client.get(f"/work/{job().id}/file").get_data())) as found:
        return {name: text_of(found.read(name)) for name in found.namelist()}


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_each_member_gets_the_own_families_only_with_the_name_on_each_page(sign_in, done, meeting, monkeypatch):
    zoya, told = sign_in("zoya"), []
    monkeypatch.setattr(Run, "tell", lambda _run, _stage, done, whole: told.append((done, whole)))
    assert zoya.post(f"/meeting/{meeting}/packs").status_code == 302
    done()
    found = archive(zoya)
    boris, vera = found["Кленов Борис.pdf"], found["Липатова Вера.pdf"]
    steps = {whole // packs.PARTS for _done, whole in told}
    assert len(told) == 2, "each family that is printed is told of"
    assert steps == {len(found)}
    assert NORTH in boris
    assert SOUTH not in boris
    assert SOUTH in vera
    assert NORTH not in vera
    assert "Карта учета семьи" in boris
    pages = boris.count("Конфиденциально")
    assert pages == boris.count("Экземпляр: Кленов Борис. Сформировано: Лугова Зоя")
    others = [text for name, text in found.items() if name not in ("Кленов Борис.pdf", "Липатова Вера.pdf")]
    assert others
    assert not any(name in text for text in others for name in (NORTH, SOUTH)), "who is given no family reads none"
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.PRINTED)).all()
    assert [entry.summary.partition(":")[0] for entry in entries if entry.entity == "Meeting" and entry.records] == [
        meeting_pack.TITLE,
    ]  # fmt: skip


def test_packs_go_on_from_where_they_were_interrupted(sign_in, done, asked, meeting, monkeypatch):
    made, real = [], meeting_pack.pdf

    def once(*values, **named):
        made.append(values[4])
        if len(made) == 2:
            raise OperationalError("", {}, Exception("the database is away"))
        return real(*values, **named)

    monkeypatch.setattr(meeting_pack, "pdf", once)
    asked("zoya", JobKind.PACKS, meeting=meeting)
    done()
    assert len(made) == len(set(made)) + 1
    assert len(archive(sign_in("zoya"))) == len(set(made))


@pytest.mark.parametrize("name", ["galina", "boris", "gleb", "oleg"])
def test_nobody_prints_the_packs_of_a_meeting_of_another(name, asked, done, sign_in, meeting):
    asked(name, JobKind.PACKS, meeting=meeting)
    done()
    assert not job().result["file_name"]
    assert sign_in(name).post(f"/meeting/{meeting}/packs").status_code in (302, 403, 404)
    assert db.session.scalar(select(func.count(Job.id))) == 1


def test_a_meeting_without_members_is_told(asked, done, cast, sign_in):
    body = cast.agency("5.1")
    row = meeting_scenes.meeting(body, clock.today(), is_open=False)
    db.session.commit()
    asked("zoya", JobKind.PACKS, meeting=row.id)
    done()
    assert packs.NOBODY in sign_in("zoya").get(f"/work/{job().id}").text
