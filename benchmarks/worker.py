"""The passport of an ordinary family, and the memory of the processes that serve pages."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from app.domain.terms import Role
from app.extensions import db
from benchmarks.bank import Bank
from benchmarks.measure import Section, memory
from benchmarks.pages import LIST, ordinary_family, visit

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 10


def passport(bank: Bank, runs: int) -> Section:
    """The PDF of a family without scans."""
    section = Section("Социальный паспорт (PDF, без вложений)")
    client, family = bank.sign_in(Role.COORDINATOR), ordinary_family(bank)
    section.lines.append(visit(bank, client, "Социальный паспорт", f"/family/{family}/passport.pdf", runs))
    section.lines.append(visit(bank, client, "Карта учёта семьи", f"/family/{family}/card.pdf", runs))
    return section


def load(bank: Bank) -> Section:
    """Memory of two workers after a coordinator has opened pages for a while (Linux only)."""
    section = Section("Память рабочих процессов после нагрузки")
    if not Path("/proc/self/smaps_rollup").exists():
        section.notes.append("Измеряется только в Linux.")
        return section
    from app.demo import accounts as demo_accounts

    with bank.opened():
        sign_in = next(one for one in demo_accounts.renew() if one.role is Role.COORDINATOR)
        db.session.commit()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "PATRONAT_LOCAL": "1",
        "PORT": str(port),
        "INSTANCE_PATH": str(bank.file.parent),
        "DATABASE_URL": f"sqlite:///{bank.file}",
    }
    server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        _browse(f"http://127.0.0.1:{port}", sign_in.username, sign_in.password, ordinary_family(bank))
        sizes = [memory(pid) for pid in _children(server.pid)]
        for place, (rss, pss) in enumerate(sizes, start=1):
            section.notes.append(f"процесс {place}: RSS {rss:.0f} МБ, PSS {pss:.0f} МБ")
        _rss, main = memory(server.pid)
        total = main + sum(pss for _rss, pss in sizes)
        section.notes.append(f"вместе с главным процессом (PSS): {total:.0f} МБ")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
    return section


def _browse(address: str, username: str, password: str, family: int) -> None:
    """Sign in and open lists, families, searches, the form and a passport."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', _wait_for(browser, f"{address}/login/"))
    assert token, "the sign-in form has no token"
    form = urllib.parse.urlencode({"csrf_token": token[1], "username": username, "password": password})
    browser.open(f"{address}/login/", form.encode()).read()
    urls = [f"{address}{path}" for path in ("/", LIST, "/reports/quarterly/", f"/family/{family}/passport.pdf")]
    for number in range(ROUNDS):
        urls += [f"{address}/family/{family + number}", f"{address}{LIST}?page_FamilyRegistry={number * 100}",
                 f"{address}/search?q=%D1%80%D0%BE%D1%81%D0%B8%D0%BD%20{number}"]  # fmt: skip
    for url in urls * 2:
        try:
            browser.open(url).read()
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise


def _wait_for(browser: urllib.request.OpenerDirector, url: str) -> str:
    for _ in range(120):
        try:
            return browser.open(url).read().decode()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise TimeoutError(url)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
