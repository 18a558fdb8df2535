"""Who only reads holds nobody up, who writes waits for a moment, and what is checked is what is written over."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text, update

from app import access, clock, doctor, extensions, journal
from app.acts import reads_first
from app.documents import passport
from app.exchange import apply, export, plan
from app.exchange.apply.store import ROOM, Store
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, STAYS
from app.extensions import begin_writing, db
from app.models import Aid, Family, Member, Paper
from app.render import scans as looking
from app.reports import CATALOGUE, files
from tests import factories, scans
from tests.exchange.workbooks import Sound, load, planned
from tests.screens.test_exchange import confirm, send
from tests.test_acts import form_on
from tests.test_routes import routes

PATIENCE = 20  # seconds: who waits longer than this was held up
Written = Callable[[], int]


@pytest.fixture
def anna(cast, sign_in) -> FlaskClient:
    return sign_in("anna")


@pytest.fixture
def family(cast) -> Family:
    row = factories.family(cast.north, number="00077")
    factories.member(row)
    db.session.commit()
    return row


class Others:
    """Somebody else at work: stores an aid through the program, once for each call, and does not wait for long."""

    def __init__(self, app: Flask, client: FlaskClient, url: str, data: dict[str, Any]) -> None:
        self._app, self._url, self._data = app, url, data
        self._cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
        self.stored = 0

    def store(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(self._send).result(PATIENCE) == 302
        self.stored += 1

    def _send(self) -> int:
        key = f"form-of-others-{self.stored:05}"
        with self._app.app_context(), access.acting_as(access.NOBODY):
            browser = FlaskClient(self._app, self._app.response_class)
            browser.set_cookie(self._app.config["SESSION_COOKIE_NAME"], self._cookie)
            return browser.post(self._url, data=self._data | {"form_key": key}).status_code


@pytest.fixture
def others(app, anna, family) -> Iterator[Others]:
    """The aid that others store meanwhile; on SQLite whoever is held up hears of it within a second."""
    url = f"/aidregistry/add?next=/family/{family.id}"
    typed = {"family": family.id, "given_on": "2026-03-03", "before_record": "Помогали до постановки", "amount": "1000",
             "kind": factories.aid(family, date(2026, 1, 1)).kind_id}  # fmt: skip
    db.session.commit()
    impatient = _patience_of(1000)
    event.listen(db.engine, "checkout", impatient)
    yield Others(app, anna, url, form_on(anna, url) | typed)
    event.remove(db.engine, "checkout", impatient)
    db.session.remove()
    db.engine.dispose()


def _patience_of(milliseconds: int) -> Callable[..., None]:
    def set_patience(connection: Any, _record: Any, _proxy: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA busy_timeout={milliseconds}")

    return set_patience


def while_under_way(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], None]) -> None:
    """Let somebody act when a function of the program has done its work and its caller goes on."""
    real = getattr(where, name)

    def wrapped(*args: Any, **values: Any) -> Any:
        found = real(*args, **values)
        act()
        return found

    monkeypatch.setattr(where, name, wrapped)


PAGES = {
    "the list of families": ("/familyregistry/list/", "app.crud.listing.RegistryList", "read"),
    "the list as a workbook": ("/familyregistry/xlsx", "app.crud.listing.RegistryList", "read"),
    "the workbook of the bank": ("/exchange/export", "app.exchange.export", "write"),
    "the passport": ("/family/{family}/passport.pdf", "app.documents.passport", "pdf"),
}


def _named(path: str) -> Any:
    """A module, or a class of one, by its dotted name."""
    import importlib

    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _dot, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("what", PAGES)
def test_a_page_under_way_holds_nobody_up(anna, family, others, monkeypatch, what):
    url, where, name = PAGES[what]
    while_under_way(monkeypatch, _named(where), name, others.store)
    assert anna.get(url.format(family=family.id)).status_code == 200
    assert others.stored == 1


@pytest.mark.parametrize("report", CATALOGUE, ids=lambda report: report.name)
def test_a_report_under_way_holds_nobody_up(app, family, others, monkeypatch, tmp_path, report):
    while_under_way(monkeypatch, files, "written", others.store)
    out = tmp_path / "отчёт.xlsx"
    made = app.test_cli_runner().invoke(
        args=["bank", "report", report.name, "--from", "2026-01-01", "--to", "2026-03-31", "--as", "xlsx", str(out)]
    )
    assert (made.exit_code, others.stored) == (0, 1), made.output
    assert out.exists()


COMMANDS = {
    "export": (export, "write", ["export", "{out}"]),
    "passport": (passport, "pdf", ["passport", "00077", "{out}"]),
    "card": (passport, "card_pdf", ["card", "00077", "{out}"]),
    "import without --apply": (plan, "make", ["import", "{book}"]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_reads_holds_nobody_up(app, family, others, monkeypatch, tmp_path, command):
    where, name, arguments = COMMANDS[command]
    book, out = tmp_path / "книга.xlsx", tmp_path / "файл"
    book.write_bytes(Sound().content())
    while_under_way(monkeypatch, where, name, others.store)
    made = app.test_cli_runner().invoke(args=["bank", *(each.format(out=out, book=book) for each in arguments)])
    assert (made.exit_code, others.stored) == (0, 1), made.output


def test_the_doctor_holds_nobody_up(app, family, others, monkeypatch):
    def work_of_others(_today: date) -> list[str]:
        others.store()
        return []

    monkeypatch.setattr(doctor, "PROBES", (doctor.Probe("Другие", work_of_others, ""), *doctor.PROBES))
    made = app.test_cli_runner().invoke(args=["bank", "doctor"])
    assert (made.exit_code, others.stored) == (0, 1), made.output


def test_the_comparing_of_a_workbook_holds_nobody_up(anna, others, monkeypatch):
    while_under_way(monkeypatch, plan, "make", lambda: others.store() if others.stored < 2 else None)
    shown = send(anna, Sound().content())
    assert "Ошибок нет" in shown.text
    assert others.stored == 1
    loaded = confirm(anna, shown)
    assert (loaded.status_code, others.stored) == (302, 2), "what others do elsewhere does not stop a load"


def test_the_looking_into_a_scan_holds_nobody_up(anna, family, others, monkeypatch):
    while_under_way(monkeypatch, looking, "inspect", others.store)
    url = f"/family/{family.id}/papers/add"
    data = form_on(anna, url) | {"title": "Акт", "file": (BytesIO(scans.pdf()), "акт.pdf")}
    assert anna.post(url, data=data, csrf=False).status_code == 302
    assert (others.stored, db.session.scalar(select(func.count(Paper.id)))) == (1, 1)


def test_a_workbook_is_compared_again_if_the_bank_has_changed_before_it_is_written(anna, cast, monkeypatch):
    load(Sound().content())
    book = Sound()
    book.row("Члены семьи")["Место работы, должность"] = "ООО «Ромашка»"
    shown = send(anna, book.content())

    def rename() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_change_a_workplace, anna.application).result(PATIENCE)

    made: list[None] = []
    while_under_way(monkeypatch, plan, "make", lambda: made.append(None) or (rename() if len(made) == 1 else None))
    answer = confirm(anna, shown)
    assert len(made) == 2
    assert "банк изменился" in answer.text
    assert db.session.scalar(select(Member.workplace).where(Member.first_name == "Алёна")) == "ИП Лугин"


def _change_a_workplace(app: Flask) -> None:
    with app.app_context(), access.unrestricted():
        db.session.scalars(select(Member).where(Member.first_name == "Алёна")).one().workplace = "ИП Лугин"
        db.session.commit()


@pytest.mark.parametrize("changed", [False, True])
def test_a_prepared_plan_is_made_once_more_only_if_the_bank_has_changed(app, cast, changed):
    load(Sound().content())
    made: list[None] = []

    def make() -> Any:
        made.append(None)
        return planned(Sound().content())

    prepared = apply.PreparedLoad(make, clock.today())
    assert len(made) == 1
    if changed:
        _change_a_workplace(app)
    assert (prepared.held() is prepared.plan) is not changed
    assert len(made) == 1 + changed


def test_work_in_another_district_does_not_disturb_a_prepared_plan(app, cast):
    load(Sound().content())
    far = factories.family(cast.far)
    db.session.commit()
    prepared = apply.PreparedLoad(lambda: planned(Sound().content()), clock.today())
    with app.app_context(), access.unrestricted():
        factories.member(db.session.get(Family, far.id), last_name="Дальняя")
        db.session.commit()
    assert prepared.held() is prepared.plan
    db.session.rollback()
    with app.app_context(), access.unrestricted():
        factories.family(cast.north, "00777")  # of the district, and not in the book
        db.session.commit()
    assert prepared.held() is not prepared.plan


def _continued() -> Sound:
    """A later state of the sound workbook: a row, a list and a stay are changed, a family and an aid are added."""
    book = Sound()
    book.row(FAMILIES.title)["Категории семьи"] = "Многодетная семья"
    book.row(MEMBERS.title)["Место работы, должность"] = "ООО «Ромашка»"
    book.row(STAYS.title, 2).update({
        "№ постановления о снятии": "9/9", "Дата постановления о снятии": date(2026, 9, 1),
        "Дата снятия с учёта": date(2026, 9, 1), "Причина снятия": "11.2",
    })  # fmt: skip
    added = ((FAMILIES, 1, {}), (STAYS, 1, {}), (MEMBERS, 1, {"Фамилия": "Полозов", "Имя": "Лев"}), (AIDS, 1, {}))
    for sheet, place, values in added:
        book.rows[sheet.title].append({**book.row(sheet.title, place), "№ карты": "00003", **values})
    book.rows[AIDS.title][-1].pop("Получатели", None)
    return book


def test_a_load_composes_nothing_while_others_wait(cast, monkeypatch):
    load(Sound().content())
    prepared = apply.PreparedLoad(lambda: planned(_continued().content()), clock.today())
    assert not prepared.plan.faults, prepared.plan.faults
    assert prepared.plan.new_families
    assert prepared.plan.updates
    assert prepared.plan.sets
    composed: list[str] = []
    for where, name in (
        (journal.changes, "of_inserted"), (journal.changes, "of_updated"), (journal.changes, "of_list"),
        (apply.ready.ReadyRows, "add"), (journal, "entry"),
    ):  # fmt: skip
        while_under_way(monkeypatch, where, name, lambda name=name: composed.append(name))
    prepared.held()
    prepared.write()
    assert composed == ["entry"]  # of the load as a whole
    monkeypatch.undo()
    db.session.commit()
    assert db.session.scalar(select(func.count(Family.id))) == 3
    assert list(journal.all_differences()) == []
    assert not planned(_continued().content()).does_something


def test_a_load_whose_keys_were_taken_meanwhile_is_composed_anew(app, cast):
    far = factories.family(cast.far)
    db.session.commit()
    prepared = apply.PreparedLoad(lambda: planned(Sound().content()), clock.today())
    with app.app_context(), access.unrestricted():
        factories.member(db.session.get(Family, far.id), last_name="Дальняя")
        factories.family(cast.far, "00778")
        db.session.commit()
    kept = db.engine.dialect.name == "postgresql"  # whose sequences give a key once
    assert (prepared.held() is prepared.plan) is kept
    prepared.write()
    db.session.commit()
    assert set(db.session.scalars(select(Family.number))) == {far.number, "00778", "00001", "00002"}
    assert list(journal.all_differences()) == []


def test_those_who_write_meanwhile_find_keys_before_those_of_a_large_load(app, cast):
    factories.family(cast.north)
    db.session.commit()
    store = Store(db.session(), clock.now())
    store.take_keys(Counter(family=1, member=2 * ROOM))
    key = store.key("family")
    db.session.rollback()
    others = [factories.family(cast.north, f"0080{place}").id for place in range(2)]
    db.session.commit()
    assert store.keys_are_free()
    assert key not in others


# Acts at once


def sent_together(client: FlaskClient, url: str, forms: list[dict[str, Any]]) -> list[int]:
    """How several forms are answered that browsers of one session send at once."""
    app = client.application
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
    db.session.remove()

    def send(form: dict[str, Any]) -> int:
        with app.app_context(), access.acting_as(access.NOBODY):
            browser = FlaskClient(app, app.response_class)
            browser.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
            return browser.post(url, data=form).status_code

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))


def test_two_who_save_one_row_at_once_do_not_both_pass(anna, family):
    url = f"/familyregistry/edit/{family.id}"
    forms = [form_on(anna, url) | {"registered_address": f"ул. Речная, д. {number}"} for number in range(4)]
    assert sorted(sent_together(anna, url, forms)) == [200, 200, 200, 302]


def test_two_who_give_one_number_at_once_do_not_both_pass(anna, cast):
    forms = []
    for surname in ("Мятлев", "Тетерин", "Лукошников", "Полозов"):
        form = form_on(anna, "/family/new")
        forms.append(form | {"number": "00555", "territory": cast.north.id, "people-0-last_name": surname,
                             "people-0-first_name": "Лев"})  # fmt: skip
    assert sorted(sent_together(anna, "/family/new", forms)) == [200, 200, 200, 302]
    assert db.session.scalar(select(func.count(Family.id)).where(Family.number == "00555")) == 1


def test_many_who_write_at_once_are_all_stored(anna, family):
    url = "/aidregistry/add"
    kind = factories.aid(family, date(2026, 1, 1)).kind_id
    db.session.commit()
    before = db.session.scalar(select(func.count(Aid.id)))
    typed = {"family": family.id, "kind": kind, "given_on": "2026-03-03", "before_record": "Помогали до постановки"}
    forms = [form_on(anna, url) | typed | {"amount": str(100 + number)} for number in range(16)]
    assert set(sent_together(anna, url, forms)) == {302}
    assert db.session.scalar(select(func.count(Aid.id))) == before + 16


# The lock itself


def on_sqlite() -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only: on Postgres writers meet on rows")


def write_beside() -> None:
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(update(Family.__table__).values(sort_key="яя"))


def test_what_was_read_stays_when_nobody_has_written_since(family):
    on_sqlite()
    db.session.refresh(family)
    begin_writing()
    assert "sort_key" in family.__dict__, "it would be read a second time"
    family.registered_address = "дом"
    db.session.commit()


def test_what_was_read_is_read_anew_when_somebody_has_written_since(family):
    on_sqlite()
    db.session.refresh(family)
    write_beside()
    begin_writing()
    assert family.sort_key == "яя"
    family.registered_address = "дом"
    db.session.commit()


def test_nobody_else_writes_until_the_transaction_ends(family):
    on_sqlite()
    begin_writing()
    begin_writing()
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout=50"))
        with pytest.raises(Exception, match="locked"):
            connection.exec_driver_sql(extensions.TAKE_LOCK)
        connection.rollback()
        db.session.rollback()
        connection.exec_driver_sql(extensions.TAKE_LOCK)


def test_a_route_that_reads_first_is_known_to_the_edge(app):
    marked = {endpoint for endpoint, view in app.view_functions.items() if getattr(view, "reads_first", False)}
    assert marked == {
        "Exchange.preview", "Exchange.faults", "Exchange.apply", "Papers.add", "NewSignal.add", "SignalScans.add",
        "SurveyPapers.add", "SurveyPapers.find_survey", "PaperTemplates.add", "Books.say", "Execution.window",
        "Months.assemble", "Months.give_back", "Deliveries.scan", "Submissions.submit", "Submissions.correct",
        "InstructionPage.answer", "InstructionPage.enter", "InstructionPage.scan",
        "TransferPage.receive", "TransferFiles.seal", "TransferFiles.take", "TransferFiles.open",
    }  # fmt: skip
    assert reads_first(lambda: clock.today()).reads_first
    assert marked <= {endpoint for endpoint, method, _address in routes(app) if method == "POST"}
