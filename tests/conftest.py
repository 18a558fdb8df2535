"""What every test stands on: an installed bank, the cast, signed-in clients, the page that checks house style."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import lxml.html
import pytest
from flask import Flask, has_request_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from flask_wtf.csrf import generate_csrf
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstanceState, Session
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app import access, create_app, sessions, words
from app.extensions import TAKE_LOCK, begin_writing, db
from app.models import User
from app.render import scans
from app.services import accounts
from tests import databases, factories, memory, settings
from tests.states import Bank
from tests.together import Scheduling, once

__all__ = ["once"]

PASSWORD = "тихий омут на рассвете"  # the cast's password: long, no rules of composition


def pytest_configure(config: pytest.Config) -> None:
    """One Postgres server for all workers. What they and their processes compile is compiled once."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if hasattr(config, "workerinput") or os.environ.get("TEST_DATABASE_URL") or not databases.postgres_programs():
        return
    config.stack = ExitStack()
    os.environ["TEST_DATABASE_URL"] = config.stack.enter_context(databases.postgres_server())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that says why one database is enough runs on SQLite alone; the longest of each database come first."""
    spared = databases.spared(items)
    config.hook.pytest_deselected(items=spared)
    items[:] = sorted(set(items) - set(spared), key=partial(_turn, {item: place for place, item in enumerate(items)}))


def _turn(places: dict[pytest.Item, int], item: pytest.Item) -> tuple[bool, bool, int]:
    """A bank is opened once by each worker, and none is left alone with a long test at the end."""
    return databases.of(item) == "postgres", item.get_closest_marker("long") is None, places[item]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores: some of them wait for a server or a browser."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """How several workers share the tests."""
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What the last tests have left is garbage; all that a worker holds is not looked through once more to end it."""
    gc.collect(1)
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "stack"):
        config.stack.close()
        del os.environ["TEST_DATABASE_URL"]


@event.listens_for(Engine, "begin")
def _note_begin(connection: Connection) -> None:
    connection.info["has_read"] = False
    connection.info["may_write"] = connection.get_execution_options().get("writes", False)


@event.listens_for(Engine, "before_cursor_execute")
def _writes_only_after_begin_writing(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    """A page or a command that reads and then writes fails on SQLite whenever somebody else has written meanwhile."""
    if connection.dialect.name != "sqlite":
        return
    info = connection.info
    if not re.match(r"\s*(INSERT|UPDATE|DELETE)\b", statement):
        info["has_read"] = info.get("has_read") or not re.match(r"\s*(BEGIN|PRAGMA)\b", statement)
        return
    if has_request_context() or click.get_current_context(silent=True):
        free = statement == TAKE_LOCK or info["may_write"] or not info["has_read"]
        assert free, f"call `begin_writing` before what this rests on is read: {statement[:200]}"
    info["may_write"] = True


@event.listens_for(Session, "loaded_as_persistent", raw=True)
def _nothing_is_made_twice(session: Session, row: InstanceState[Any]) -> None:
    """A row that is just being written is not read in the same flush: the session would hold two rows of one key."""
    if session._flushing:
        written = [one for one in map(inspect, session.new) if one.mapper is row.mapper]
        twice = [one for one in written if row.mapper.primary_key_from_instance(one.obj()) == row.identity]
        assert not twice, f"{row.obj()!r} is read while it is being written"


@pytest.fixture(scope="module", autouse=True)
def _memory_gathered() -> Iterator[None]:
    """After the tests of each file the memory of the worker is in huge pages again."""
    yield
    memory.gather()


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one; each sheet of a workbook is a file there for a moment."""
    with (
        TemporaryDirectory(prefix="patronat-", dir=databases.memory()) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> FileSystemBytecodeCache:
    """The templates as they are compiled by whichever worker is the first to need them."""
    of_worker = tmp_path_factory.getbasetemp()
    folder = (of_worker if worker_id == "master" else of_worker.parent) / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture(scope="session", params=databases.kinds())
def bank(
    request: pytest.FixtureRequest, quick_folder: Path, worker_id: str, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Bank]:
    """The application of this worker, its database installed and the cast in it."""
    os.nice(10)  # who drives a browser waits for it besides, and is let go first
    gc.freeze()  # what was loaded is no garbage
    folder = quick_folder / request.param
    folder.mkdir()
    database = databases.SqliteBank(folder) if request.param == "sqlite" else databases.PostgresBank(worker_id)
    database.prepare()
    app = create_app(
        settings.of_test(
            folder,
            database.url.replace("postgresql://", "postgresql+psycopg://"),
            AUTH_DB_FAKE_PASSWORD_HASH_CHECK=generate_password_hash("nobody's", "pbkdf2:sha256:1"),
        )
    )
    app.jinja_env.bytecode_cache = compiled_templates
    with app.app_context(), access.unrestricted():
        upgrade()
        from app.services import installation

        installation.install()
        factories.make_cast(PASSWORD)
        db.session.commit()
        db.session.remove()
        database.keep(db.engine)
    gc.collect()
    gc.freeze()  # all of this is alive to the end
    yield Bank(app, database)
    with app.app_context():
        db.engine.dispose()
    database.close()


@pytest.fixture
def app(bank: Bank) -> Iterator[Flask]:
    """A pristine bank; inside the test the code runs over the whole of it, requests under their own scope."""
    bank.restore()
    with bank.app.app_context(), access.unrestricted():
        yield bank.app
        db.session.remove()


@pytest.fixture
def cast(app: Flask) -> factories.Cast:
    """The people and places of every test."""
    return factories.Cast()


class Person(FlaskClient):
    """A browser that sends the token of its session with every form.

    as_read: a page is read as a person reads it, who sees no difference between a space and one that does not break.
    """

    token: str | None = None
    as_read = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # What the test has prepared is stored; the request runs in a context and a session of its own, under the
        # scope of its own person, and the test then sees what it left behind.
        db.session.commit()
        with self.application.app_context(), access.acting_as(access.NOBODY):
            response = super().open(*args, **{"buffered": True} | kwargs)  # a file sent from disk is closed
        db.session.expire_all()
        if self.as_read and response.mimetype == "text/html":
            response.set_data(response.get_data(as_text=True).replace(f"№{words.SPACE}", "№ "))
        return response

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        data = kwargs.get("data")
        if kwargs.pop("csrf", True) and (data is None or isinstance(data, dict)):
            kwargs["data"] = {**(data or {}), "csrf_token": self.csrf_token()}
        return super().post(*args, **kwargs)

    def enter(self, name: str) -> None:
        """Sign in as the form does when the password fits, and take the token of forms: no page is drawn for it."""
        db.session.commit()
        with self.application.app_context(), self.application.test_request_context("/login/", method="POST"):
            begin_writing()
            user = accounts.find(name)
            assert user is not None, f"{name} is nobody"
            assert user.active, f"{name} is dismissed"
            assert accounts.locked_until(accounts.account_of(user)) is None, f"{name} is locked"
            assert not accounts.one_time_password_is_over(user), f"{name} has no password any more"
            accounts.succeed(user, PASSWORD)
            sessions.here().start(user.id)
            db.session.commit()
            self.set_cookie(self.application.config["SESSION_COOKIE_NAME"], sessions.here().token)
            self.token = generate_csrf()
        db.session.expire_all()

    def csrf_token(self) -> str:
        if self.token is None:
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/", follow_redirects=True).text)
            assert found, "no form with a token on the first page"
            self.token = found[1]
        return self.token


@pytest.fixture
def anonymous(app: Flask) -> Person:
    """A browser nobody has signed in with."""
    app.test_client_class = Person
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], Person]:
    """sign_in("anna"): a browser of one of the cast; with a password it goes through the form."""

    def sign(name: str, password: str | None = None) -> Person:
        app.test_client_class = Person
        client = app.test_client()
        if password is None:
            client.enter(name)
            return client
        answer = client.post("/login/", data={"username": name, "password": password})
        assert answer.status_code == 302, f"{name} cannot sign in: {answer.status_code}"
        client.token = None
        return client

    return sign


@pytest.fixture
def page() -> Callable[..., lxml.html.HtmlElement]:
    """page(client, url): fetches a page and checks the house style of it; gives the parsed document."""

    def fetch(client: FlaskClient, url: str, status: int = 200) -> lxml.html.HtmlElement:
        answer = client.get(url)
        assert answer.status_code == status, f"{url}: {answer.status_code}"
        document = lxml.html.fromstring(answer.get_data())
        check_style(document, url)
        return document

    return fetch


def check_style(document: lxml.html.HtmlElement, url: str) -> None:
    """House style: Russian, one heading, labelled fields, tokens in forms, nothing foreign, no inline handlers."""
    assert document.get("lang") == "ru", f"{url}: <html lang> is not ru"
    assert len(document.xpath("//h1")) == 1, f"{url}: {len(document.xpath('//h1'))} h1 headings, one is wanted"
    for field in document.xpath(
        "//input[not(@type='hidden' or @type='submit' or @type='button')] | //select | //textarea"
    ):
        name = field.get("name") or field.get("id") or "?"
        labelled = field.get("aria-label") or field.get("aria-labelledby") or field.xpath("ancestor::label")
        labelled = labelled or (field.get("id") and document.xpath("//label[@for=$id]", id=field.get("id")))
        assert labelled, f"{url}: field {name} has no label"
    for form in document.xpath("//form[translate(@method, 'POST', 'post')='post']"):
        assert form.xpath(".//input[@name='csrf_token']"), f"{url}: a form without csrf_token"
        assert form.xpath(".//input[@name='form_key']"), f"{url}: a form without a key, include form_keys.html"
    for attribute in ("src", "href", "action"):
        for value in document.xpath(f"//*/@{attribute}"):
            assert not re.match(r"(https?:)?//", value), f"{url}: foreign address {value}"
    handlers = document.xpath("//@*[starts-with(name(), 'on')]")
    assert not handlers, f"{url}: inline handlers {handlers[:3]}"
    said = document.text_content()
    turned = [name for first, last, _role in factories.CAST.values() if (name := f"{first} {last}") in said]
    assert not turned, f"{url}: {turned}, the surname comes first"
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids)), f"{url}: an id stands twice: {sorted({i for i in ids if ids.count(i) > 1})}"


@contextmanager
def drawing_nothing() -> Iterator[None]:
    """Pages are answered and not drawn while a block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flask.templating._render", lambda *_: "")
        yield


@pytest.fixture
def undrawn() -> Iterator[None]:
    """Nothing is drawn: for tests that ask of some thousand addresses with what status they answer."""
    with drawing_nothing():
        yield


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test asks in a second what a person may ask in some hours: tests/test_allowances.py."""
    monkeypatch.setattr("app.limits.LIMITED", ())


@pytest.fixture
def user_named(app: Flask) -> Callable[[str], User]:
    """The row of one of the cast."""
    return lambda name: db.session.query(User).filter_by(username=name).one()


look_once = lru_cache(maxsize=256)(scans._asked_apart)


@pytest.fixture(autouse=True)
def looked_into_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scan brought by many tests is looked into once; tests/render/test_scans.py looks each time."""
    if not request.node.nodeid.startswith("tests/render/"):
        monkeypatch.setattr(scans, "_asked_apart", look_once)


@pytest.fixture(scope="session")
def data() -> Path:
    """Workbooks and tables of the tests."""
    return Path(__file__).parent / "data"
