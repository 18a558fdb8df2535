"""«Подлежит уничтожению», as two people work with it; what may not be destroyed is refused with a sentence."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from sqlalchemy import func, select

from app import access, clock
from app.backup import making, restoring
from app.domain import terms
from app.extensions import db
from app.models import Destruction, Family, Job, Member, RetentionHold, Transfer
from app.services import destruction, papers
from app.work import wiping, worker
from tests import factories, scans
from tests.settings import KEEPERS_KEY

PAGES = pytest.mark.one_database("pages and sentences; services/test_destruction.py destroys on both")
PEOPLE = "Рябинина Анна, председатель\nЛугова Зоя, секретарь\nКленов Борис, член комиссии"


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


@pytest.fixture
def old(cast: factories.Cast) -> Family:
    """A family removed ten years ago, whose child is grown up, with a scan."""
    row = factories.family(cast.north, number="00031")
    factories.member(row, "мать", date(1975, 1, 1), "Давнева", "Инна", "Олеговна")
    factories.member(row, "сын", date(2000, 5, 5), "Давнев", "Лев", "Игоревич")
    factories.registration(row, date(2015, 2, 3), until=date(2016, 3, 4))
    papers.attach(row, kind=terms.PaperKind.OTHER, title="Справка", dated_on=None, decision=None, file_name="с.pdf",
                  scan=papers.inspected(scans.pdf("справка")), today=date(2026, 11, 1))  # fmt: skip
    db.session.commit()
    return row


def prepared(client: Any, page: Callable[..., Any], *keys: str) -> Any:
    """Ask for an act over cases, by the form of the page."""
    form = {field.get("name"): field.get("value") for field in page(client, "/retention/").xpath(
        "//main//form[@method='post']//input[@type='hidden']")}  # fmt: skip
    return client.post("/retention/prepare", data=form | {"cases": list(keys), "commission": PEOPLE})


def do_jobs(app: Any) -> None:
    db.session.remove()
    with access.acting_as(access.NOBODY):
        worker.do_all()
        wiping.finish()
    db.session.remove()


@PAGES
def test_one_prepares_another_confirms_and_the_case_is_gone(app, cast, sign_in, page, old):
    anna, key = sign_in("anna"), old.id
    assert "Дел подлежит уничтожению" in text(page(anna, "/"))
    assert "№ 00031 Давнев" in text(page(anna, "/retention/"))
    answer = prepared(anna, page, f"f{key}")
    assert answer.status_code == 302
    where = answer.location
    own = page(anna, where)
    assert "подтвердит его другой человек" in text(own)
    assert not own.xpath("//main//form")
    assert anna.post(f"{where}/confirm").status_code == 302
    assert db.session.scalar(select(func.count(Job.id))) == 0
    zoya = sign_in("zoya")
    assert "Давнев" in text(page(zoya, where))
    assert zoya.post(f"{where}/confirm").status_code == 302
    do_jobs(app)
    said = text(page(zoya, where))
    assert "Подготовил: Рябинина Анна. Подтвердил: Лугова Зоя." in said
    assert "последняя из них удаляется" in said
    assert "Давнев" not in said
    family = text(page(anna, f"/family/{key}"))
    assert "№ 00031 уничтожено по акту № 1/2026" in family
    assert "Давнев" not in family
    assert not list(Path(app.config["PAPERS_FOLDER"]).glob("*/*"))
    paper = anna.get(f"{where}/act.docx")
    document = Document(io.BytesIO(paper.data))
    words = " ".join(each.text for each in document.paragraphs) + " ".join(
        cell.text for table in document.tables for row in table.rows for cell in row.cells)  # fmt: skip
    for said in ("Акт № 1/2026", "семья № 00031", "Лугова Зоя", "Выгрузка из журнала", "уничтожено по акту № 1/2026"):
        assert said in words
    assert anna.get(f"{where}/act.pdf").data.startswith(b"%PDF")
    # Nothing is written to it any longer, whoever tries.
    mother = db.session.scalars(select(Member.id).where(Member.family_id == key)).first()
    refused = anna.post(f"/memberregistry/edit/{mother}", data={"last_name": "Давнева"})
    assert refused.status_code in (200, 403)
    assert db.session.get_one(Member, mother).last_name == "уничтожено по акту № 1/2026"


def _on_record(_cast: Any, old: Family) -> None:
    factories.registration(old, date(2026, 1, 1))


def _open_card(cast: Any, old: Family) -> None:
    factories.signal_card(cast.north, family=old, received_at=clock.now())


def _open_order(cast: Any, old: Family) -> None:
    sitting = factories.meeting(cast.agency("5.1"), date(2026, 10, 5), [], closed_at=clock.now(), opened_at=clock.now())
    item = factories.agenda_item(sitting, old)
    factories.instruction(item, cast.agency("5.2"), date(2026, 12, 20), "Обследовать")


def _on_its_way(cast: Any, old: Family) -> None:
    db.session.add(Transfer(named="№ 00031", family=old, from_territory=cast.north, elsewhere="Округ", sent_by="Анна",
                            decided_on=date(2026, 10, 1), key="k1"))  # fmt: skip
    db.session.flush()


def _held(_cast: Any, old: Family) -> None:
    db.session.add(RetentionHold(family=old, until=date(2031, 1, 1), reason="запрос суда", user_name="Анна"))
    db.session.flush()


def _young(_cast: Any, old: Family) -> None:
    factories.member(old, "дочь", clock.today() - timedelta(days=3000), "Давнева")


@PAGES
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_on_record, "Семья № 00031 состоит на учёте"),
        (_open_card, "сигнальная карта № 1/2026 не закрыта"),
        (_open_order, "поручение комиссии со сроком 20.12.2026 не исполнено"),
        (_on_its_way, "дело передаётся и ещё не принято"),
        (_held, "не уничтожать до 01.01.2031: запрос суда"),
        (_young, "срок хранения ещё не истёк"),
    ],
    ids=lambda value: getattr(value, "__name__", "")[1:],
)
def test_what_may_not_be_destroyed_is_refused_with_a_sentence(cast, sign_in, page, old, make, said):
    make(cast, old)
    db.session.commit()
    answer = prepared(sign_in("anna"), page, f"f{old.id}")
    assert answer.status_code == 200
    assert said in answer.text
    assert db.session.scalar(select(func.count(Destruction.id))) == 0


@PAGES
def test_a_case_of_another_district_is_none_of_anna_s(cast, sign_in, page, old):
    galina = sign_in("galina")
    assert "00031" not in text(page(galina, "/retention/"))
    assert prepared(galina, page, f"f{old.id}").status_code == 200
    assert db.session.scalar(select(func.count(Destruction.id))) == 0


@PAGES
def test_a_family_is_held_on_its_page_and_the_hold_is_lifted_there(cast, sign_in, page, old):
    anna, key = sign_in("anna"), old.id
    refused = anna.post(f"/family/{key}/hold", data={"until": "01.01.2020", "reason": "проверка"})
    assert "ещё не наступил" in refused.text
    until = clock.today() + timedelta(days=400)
    assert (
        anna.post(f"/family/{key}/hold", data={"until": f"{until:%d.%m.%Y}", "reason": "проверка"}).status_code == 302
    )
    shown = page(anna, f"/family/{key}")
    assert f"Не уничтожать до {until:%d.%m.%Y}: проверка (Рябинина Анна)" in text(shown)
    assert shown.xpath("//a[contains(., 'Снять запрет')]")
    assert "уничтожать нельзя" in text(page(anna, "/retention/"))


def test_an_act_that_is_killed_in_the_middle_has_done_nothing(app, cast, old, monkeypatch):
    """The transaction of the job is one: whatever breaks in it, at any step, leaves everything as it was."""
    with access.unrestricted():
        act = Destruction(territory=cast.district, year=2026, number=1, commission=PEOPLE, prepared_by="А")
        act.items = [destruction.DestructionItem(territory=cast.district, family_id=old.id, named="семья № 00031",
                                                 reason="пять лет", due_on=date(2021, 3, 4))]  # fmt: skip
        db.session.add(act)
        db.session.commit()
        key, act_key, title = old.id, act.id, old.title
        for step in ("Remains.rewrite_journal", "Remains.empty", "Mentions.forget", "family_keys.refresh_all"):
            holder, _dot, name = step.partition(".")
            real = getattr(getattr(destruction, holder), name)

            def broken(*args: Any, real: Any = real, **kwargs: Any) -> None:
                real(*args, **kwargs)
                raise KeyboardInterrupt

            with monkeypatch.context() as patch:
                patch.setattr(getattr(destruction, holder), name, broken)
                with pytest.raises(KeyboardInterrupt):
                    destruction.destroy(db.session.get_one(Destruction, act_key), clock.today())
            db.session.rollback()
            db.session.remove()
            assert db.session.get_one(Family, key).title == title
            assert db.session.get_one(Destruction, act_key).state is terms.DestructionState.PREPARED
            assert papers.content(db.session.scalars(select(papers.Paper)).one()).startswith(b"%PDF")
        # What is killed after it is stored is cleaned up the next time.
        destruction.destroy(db.session.get_one(Destruction, act_key), clock.today())
        db.session.commit()
        with monkeypatch.context() as patch:
            patch.setattr(wiping.stores, "written_anew", lambda: False)
            assert wiping.finish() == 0
        assert db.session.get_one(Destruction, act_key).state is terms.DestructionState.DESTROYED
        assert wiping.finish() == 1
        assert wiping.finish() == 0
        assert db.session.get_one(Destruction, act_key).state is terms.DestructionState.WIPED


@pytest.mark.one_database("files are moved; the other way of putting a copy in place is tried in backup/test_copies.py")
def test_an_older_copy_that_is_restored_is_destroyed_again(bank, app, cast, old, tmp_path):
    out = tmp_path / "copies"
    out.mkdir()
    made, key = making.make(out), old.id
    with access.unrestricted():
        act = Destruction(territory=cast.district, year=2026, number=1, commission=PEOPLE, prepared_by="А")
        act.items = [destruction.DestructionItem(territory=cast.district, family_id=key, named="семья № 00031",
                                                 reason="пять лет", due_on=date(2021, 3, 4))]  # fmt: skip
        db.session.add(act)
        db.session.flush()
        destruction.destroy(act, clock.today())
        db.session.commit()
        wiping.finish()
    db.session.remove()
    bank.database.close()
    with restoring.prepared(made.path, phrase="", identity=KEEPERS_KEY) as copy:
        restoring.put_in_place(copy)
    db.session.remove()
    assert db.session.get_one(Family, key).destroyed == "1/2026"
    assert db.session.scalars(select(Member.last_name)).first() == "уничтожено по акту № 1/2026"
    assert db.session.scalars(select(Destruction)).one().state is terms.DestructionState.WIPED
    assert not list(Path(app.config["PAPERS_FOLDER"]).glob("*/*"))
    db.session.remove()
    db.engine.dispose()
    assert "Давнев".encode() not in Path(db.engine.url.database).read_bytes()
    for path in Path(app.instance_path).glob("*replaced-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
