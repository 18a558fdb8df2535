"""A real browser over a real server: the demo bank, one sign-in for each role, and a page that is watched."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from app import access, create_app
from app.extensions import db
from app.models import User
from tests import settings

playwright = pytest.importorskip("playwright.sync_api")

# Chromium without a window of its own needs two thirds of the time for the same pages.
PATIENCE = 60_000  # milliseconds: a book of the whole bank may be made on the way, and others may be at work here
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TODAY = date(2026, 9, 30)  # the day the demo bank is built for
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WORST = {"serious", "critical"}
ROLES = ("koordinator", "sekretar", "kdn", "specialist", "admin", "region", "auditor")

# Reported to the page's own list: a refusal of the content policy is otherwise seen in the console alone.
LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""

# What was refused, how many headings there are, and which of some names stand on the page.
SAID = """(names) => {
    const said = document.body.textContent;
    return {
        refused: window.refused,
        headings: document.querySelectorAll("h1").length,
        names: names.filter((name) => said.includes(name)),
    };
}"""

# What makes the page wider than its window.
OVERFLOW = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter(
        (e) => e.getBoundingClientRect().right > root.clientWidth + 1
            && !e.closest(".table-wrap *, .tabs *"));
    return [`${root.scrollWidth} px of ${root.clientWidth}`,
            ...wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120))];
}"""

# What every page has, and the rows of a list after its third: one loop draws them.
ON_EVERY_PAGE, ALIKE = (".side", ".topbar"), ".table--list tbody tr:nth-child(n+4)"

# What could find nothing of the worst is not looked for.
LOOK = """({ left_out, worst }) => {
  const mild = axe._audit.rules.filter((rule) => !worst.includes(rule.impact));
  const rules = Object.fromEntries(mild.map((rule) => [rule.id, { enabled: false }]));
  return axe.run({ exclude: left_out }, { resultTypes: ["violations"], preload: false, rules });
}"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium, and is begun before the others."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.long)


def type_keys(page: Any, text: str) -> None:
    """Type on a Russian keyboard: playwright itself presses keys of an English one and pastes all other letters."""
    keyboard = page.context.new_cdp_session(page)
    for letter in text:
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": letter, "text": letter})
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": letter})
    keyboard.detach()


@dataclass
class LiveServer:
    """A served application and the passwords of its people."""

    url: str
    app: Flask
    passwords: dict[str, str]
    names: list[str]  # of its people in the order in which they are never shown: the first name first


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The log of requests would hide the report of the tests."""


@pytest.fixture(scope="session")
def live_server(once: Callable[[str], Path], compiled_templates: FileSystemBytecodeCache) -> Iterator[LiveServer]:
    """The application with the demo bank, served on a free port of this machine."""
    folder = once("live")
    app = create_app(settings.of_test(folder))
    app.jinja_env.bytecode_cache = compiled_templates
    app.testing = False  # errors become pages here, as they do for people
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context(), access.unrestricted():
        from app.demo import accounts as demo_accounts
        from app.demo import bank as demo
        from app.services import installation

        upgrade()
        installation.install()
        demo.fill(TODAY)
        passwords = {made.username: made.password for made in demo_accounts.create()}
        names = [f"{user.first_name} {user.last_name}" for user in db.session.scalars(select(User))]
        db.session.commit()
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield LiveServer(f"http://127.0.0.1:{server.server_port}", app, passwords, names)
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium of this machine. Without it the tests are skipped, except where they must run."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not on PATH; install it or unset CI.")
        pytest.skip("Chromium is not on PATH.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page whose complaints are collected: errors of scripts, refusals of the policy, requests to strangers."""

    page: Any
    server: LiveServer
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(LISTEN)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:", "about:")):
            self.complaints.append(f"foreign request: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def open(self, path: str) -> Any:
        """Go to a path of the server; gives the page."""
        self.page.goto(path if path.startswith("http") else self.server.url + path)
        return self.page

    def text_of(self, path: str, *, shown: bool) -> str:
        """A page as the server sends it: shown, or asked for by the same person and not shown."""
        answer = self.page.goto(self.server.url + path) if shown else self.page.request.get(self.server.url + path)
        if not answer.ok:
            self.complaints.append(f"{answer.status} {path}")
        return answer.text()

    def faults_in(self, page: lxml.html.HtmlElement) -> list[str]:
        """What is wrong with a page that is not shown."""
        said, headings = page.text_content(), len(page.xpath("//h1"))
        names = [name for name in self.server.names if name in said]
        return self._faults({"refused": [], "headings": headings, "names": names})

    def faults(self) -> list[str]:
        """What is wrong with the page that is shown, but for its looks at another width."""
        self.page.wait_for_load_state()
        return self._faults(self.page.evaluate(SAID, self.server.names))

    def _faults(self, said: dict[str, Any]) -> list[str]:
        found = [*self.complaints, *said["refused"]]
        self.complaints.clear()
        if said["headings"] != 1:
            found.append(f"{said['headings']} h1 headings")
        return [*found, *(f"«{name}»: the surname comes first" for name in said["names"])]

    def overflow(self) -> list[str]:
        """What makes the page wider than its window."""
        self.page.wait_for_load_state()
        return self.page.evaluate(OVERFLOW)

    def axe(self, *, menu: bool = True) -> list[str]:
        """Serious and critical findings of axe-core; the menu and the top, the same on every page, may be left out."""
        self.page.wait_for_load_state()
        if not self.page.evaluate("typeof window.axe === 'object'"):
            # Evaluated, not added as a tag: the policy of the page admits no script without its nonce.
            self.page.evaluate(AXE.read_text("utf-8"))
        left_out = [[ALIKE], *([part] for part in ON_EVERY_PAGE if not menu)]
        found = self.page.evaluate(LOOK, {"left_out": left_out, "worst": [*WORST]})["violations"]
        return [
            f"axe {one['id']} ({one['impact']}): {node['html'][:160]} — {node['failureSummary'][:200]}"
            for one in found
            if one["impact"] in WORST
            for node in one["nodes"][:3]
        ]


@pytest.fixture(scope="session")
def _signed_in(live_server: LiveServer, chromium: Any) -> Callable[[str], Any]:
    """The cookies of a person, asked for once: signing in is slow on purpose."""
    kept: dict[str, Any] = {}

    def state(username: str) -> Any:
        if username not in kept:
            context = chromium.new_context()
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"{live_server.url}/login/")
            page.fill("#username", username)
            page.fill("#password", live_server.passwords[username])
            page.click("main button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
            kept[username] = context.storage_state()
            context.close()
        return kept[username]

    return state


@pytest.fixture(scope="session")
def _kept_contexts() -> dict[tuple[Any, ...], Any]:
    """The browser of each person and width, its styles and scripts loaded once."""
    return {}


@pytest.fixture
def browse(
    live_server: LiveServer, chromium: Any, _signed_in: Callable[[str], Any], _kept_contexts: dict[tuple[Any, ...], Any]
) -> Iterator[Callable[..., Watched]]:
    """browse("koordinator"): a watched page of a signed-in person; browse(None): of nobody.

    apart: in a browser of its own, for a test that stops its clock or cuts its line.
    """
    opened: set[Any] = set()
    closed: list[Any] = []

    def open_page(
        username: str | None, *, width: dict[str, int] = WIDE, scripts: bool = True, apart: bool = False
    ) -> Watched:
        key = (username, *width.values(), scripts)
        context = None if apart else _kept_contexts.get(key)
        if context is None:
            context = chromium.new_context(
                viewport=width,
                locale="ru-RU",
                java_script_enabled=scripts,
                storage_state=_signed_in(username) if username else None,
            )
            context.set_default_timeout(PATIENCE)
        if apart or username is None:
            closed.append(context)
        else:
            _kept_contexts[key] = context
        opened.add(context)
        return Watched(context.new_page(), live_server)

    yield open_page
    for context in opened:
        for page in context.pages:
            page.close()
    for context in closed:
        context.close()
