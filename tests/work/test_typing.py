"""The server is killed while somebody types: whatever the page was told is saved is offered back after the restart."""

from __future__ import annotations

import itertools
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.conftest import PASSWORD
from tests.forks import LONGEST, NO_ANSWER, Server, wait_for

KEY = "d" * 24
SAVED = 5  # savings that are confirmed before the server is killed


class Page:
    """A browser of one person."""

    def __init__(self, server: Server) -> None:
        self.base = f"http://127.0.0.1:{server.port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.token = ""

    def get(self, path: str) -> str:
        return self._ask(path, None)

    def post(self, path: str, **fields: Any) -> str:
        return self._ask(path, urlencode({"csrf_token": self.token, **fields}).encode())

    def _ask(self, path: str, data: bytes | None) -> str:
        request = urllib.request.Request(self.base + path, data, {"Accept": "application/json, text/html"})
        with self.opener.open(request, timeout=LONGEST) as answer:
            text: str = answer.read().decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        self.token = found[1] if found else self.token
        return text


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    one = Server(app)
    yield one
    one.kill()


@pytest.mark.long
@pytest.mark.one_database("a draft is stored by one statement, and is kept by either database")
def test_what_was_saved_before_the_server_was_killed_is_offered_after_it_starts_again(server, cast):
    user_id = cast.user("gleb").id
    server.start()
    page = Page(server)
    page.get("/login/")
    page.post("/login/", username="gleb", password=PASSWORD)
    page.get("/signal/new")
    confirmed: list[int] = []

    def type_on() -> None:
        """The next words as soon as the last ones are saved, until the line is gone."""
        for number in itertools.count(1):
            try:
                told = json.loads(page.post("/draft/signal", draft=KEY, page="p" * 24, typed_by=user_id,
                                            last_name="Мятлева", description=f"Слово {number}"))  # fmt: skip
            except (*NO_ANSWER, json.JSONDecodeError):
                return
            assert told["said"].startswith("Черновик сохранён")
            confirmed.append(number)

    typing = threading.Thread(target=type_on)
    typing.start()
    wait_for(lambda: len(confirmed) >= SAVED or not typing.is_alive())
    server.kill()
    typing.join(LONGEST)
    assert len(confirmed) >= SAVED
    server.start()
    [key] = set(re.findall(r"/signal/new\?draft=(\d+)", page.get("/signal/new")))
    continued = page.get(f"/signal/new?draft={key}")
    [word] = re.findall(r"Слово (\d+)</textarea>", continued)
    # The last saving may have been stored and its answer lost.
    assert int(word) in (confirmed[-1], confirmed[-1] + 1)
    assert 'value="Мятлева"' in continued
