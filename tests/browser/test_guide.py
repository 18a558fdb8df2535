"""The guide is walked step by step: every «word» of a step stands on the page that its picture shows.

`make guide` (GUIDE=write) also takes the pictures, at a fixed moment over the fresh demo bank.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from openpyxl import load_workbook
from PIL import Image

from app import clock
from app.access import unrestricted
from app.backup import noting
from app.exchange import months
from app.extensions import db
from app.models import Backup
from app.readings import guide
from app.services import backups

WRITES = os.environ.get("GUIDE") == "write"
MOMENT = datetime(2026, 9, 30, 9, 0, tzinfo=UTC)  # of every picture: the day the demo bank is built for
COLOURS = 64  # are enough for a page, and a third of the size
# Where one must look: drawn round in the picture alone.
MARK = "each => { each.style.outline = '3px solid #c2410c'; each.style.outlineOffset = '2px'; }"
UNMARK = "each => { each.style.outline = ''; }"
SAID = """() => [document.body.innerText, document.title,
    ...[...document.querySelectorAll("option, summary, label, legend, button")].map((each) => each.textContent),
    ...[...document.querySelectorAll("[aria-label], [title]")].map((each) => each.ariaLabel + " " + each.title),
].join("\\n").replace(/\\s+/g, " ").toLowerCase()"""


def said_on(page: Any) -> str:
    """All that a page says, when it has come whole: a click ends as soon as the next one begins to come."""
    page.wait_for_load_state()
    said: str = page.evaluate(SAID)
    return said


@pytest.fixture(scope="module", autouse=True)
def moment() -> Iterator[None]:
    """Pictures do not differ by the day on which they were taken."""
    with pytest.MonkeyPatch.context() as patch:
        if WRITES:

            class Fixed(datetime):
                @classmethod
                def now(cls, tz: Any = None) -> datetime:
                    return MOMENT.astimezone(tz)

            patch.setattr(clock, "datetime", Fixed)
        yield


def steps(name: str) -> dict[str, set[str]]:
    """The quoted words of each step of a page, by the picture that shows it."""
    text, found, start = guide.pages()[name].text, {}, 0
    for shown in re.finditer(r"!\[[^\]]*\]\(pictures/([\w-]+)\.png\)", text):
        quoted = re.findall(
            r"«([^»]+)»", text[start : shown.start()].partition("\n1. ")[2] or text[start : shown.start()]
        )
        found[shown[1]] = {" ".join(each.split()) for each in quoted}
        start = shown.end()
    return found


class Walk:
    """A page of the guide that is being walked."""

    def __init__(self, name: str) -> None:
        self.steps, self.shown = steps(name), []

    def show(self, page: Any, picture: str, *marked: str, said: str = "") -> None:
        """Every word of the step stands on the page, or in `said`, what stood on the one before; take the picture."""
        text = f"{said_on(page)} {said}".lower()
        missing = {word for word in self.steps[picture] if word.lower() not in text}
        assert not missing, f"{picture}: {missing} stand nowhere on {page.url}"
        self.shown.append(picture)
        for selector in marked:
            page.locator(selector).first.evaluate(MARK)
        if marked:
            page.locator(marked[0]).first.evaluate("each => each.scrollIntoView({block: 'center'})")
        if WRITES:
            page.evaluate("document.activeElement.blur()")
            drawn = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
            drawn = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            drawn.save(guide.FOLDER / guide.PICTURES / f"{picture}.png", optimize=True)
        for selector in marked:
            page.locator(selector).first.evaluate(UNMARK)

    def done(self) -> None:
        assert self.shown == list(self.steps), "a step of the page was not walked"


def load(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/exchange/")
    said = said_on(page)
    walk.show(page, "load_1", "main form button[type=submit]", ".menu a[href='/exchange/']")
    with page.expect_download() as download:
        page.locator("main button", has_text="Скачать Excel").click()
    book = with_other_income(download.value.path().read_bytes())
    page.set_input_files("main input[type=file]", {"name": "сводная.xlsx", "mimeType": "", "buffer": book})
    page.locator("main button", has_text="Проверить книгу").click()
    page.wait_for_load_state()
    walk.show(page, "load_2", "button[form=apply]", said=said)


def month(open_as: Callable[..., Any], walk: Walk) -> None:
    offered = months.offered(MOMENT.date())
    with pytest.MonkeyPatch.context() as patch:  # the months of the demo bank, whatever the day
        patch.setattr(months, "offered", lambda _today: offered)
        page = open_as("koordinator", "/months/")
    walk.show(page, "month_1", "main .badge--warn")
    walk.show(page, "month_2", "main select[name=answer]", "main form[action*='/months/assemble/'] [type=submit]")


def with_other_income(content: bytes) -> bytes:
    """The book of a settlement that has learnt what three families live on."""
    book, changed = load_workbook(io.BytesIO(content)), io.BytesIO()
    sheet = book["Семьи"]
    column = [cell.value for cell in sheet[1]].index("Источник дохода") + 1
    for row in (3, 4, 5):
        sheet.cell(row, column, "заработная плата, пособия")
    book.save(changed)
    return changed.getvalue()


def family(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/")
    said = said_on(page)
    page.locator("a[href='/family/new']").first.click()
    choose(page, "territory", "Луговское")
    page.fill("[name=registered_address]", "с. Луговое, ул. Садовая, д. 7")
    walk.show(page, "family_1", "#territory", "#registered_address", said=said)
    for row, person in enumerate((
        ("Прялкина", "Инесса", "05.05.1993", "мать"), ("Прялкин", "Тарас", "14.08.2017", "сын"),
    )):  # fmt: skip
        for name, value in zip(("last_name", "first_name", "born_on"), person[:3], strict=True):
            page.fill(f"[name=people-{row}-{name}]", value)
        choose(page, f"people-{row}-role", person[3])
    page.locator(".people-rows details summary").nth(1).click()
    choose(page, "people-1-education-status", "Обучается в муниципальной")
    page.fill("[name=people-1-education-organisation]", "Луговская школа")
    walk.show(page, "family_2", ".people-rows > li", ".people-rows > li >> nth=1")
    page.locator("details.fold > summary").last.click()
    page.fill("[name=placing-number]", "12/4")
    page.fill("[name=placing-decided_on]", "29.09.2026")
    choose(page, "placing-criteria", "2.1.1")
    walk.show(page, "family_3", "[name=placing-number]", "[name=placing-decided_on]")
    page.locator("main .form__actions button[type=submit]").click()
    page.wait_for_url(lambda url: "/new" not in url)
    walk.show(page, "family_4")
    page.locator("#stays a[href$='/criteria']").click()
    walk.show(page, "family_5", "[name=number]", "[name=decided_on]", "[name=criteria] >> nth=0")


def choose(page: Any, name: str, begins: str) -> None:
    """An option of a select by its first letters, however the select is dressed."""
    page.locator(f"select[name='{name}']").first.evaluate(
        """(each, begins) => {
            each.value = [...each.options].find((one) => one.text.trim().startsWith(begins)).value;
            if (window.jQuery) window.jQuery(each).trigger("change.select2");
            each.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        begins,
    )


def aid(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/family/12")
    walk.show(page, "aid_1", ".page-head__actions a[href*='/execution/window']", ".topbar__search input")
    page.locator(".page-head__actions a[href*='/execution/window']").click()
    choose(page, "kind", "2.3")
    walk.show(page, "aid_2", "main .form__actions button[type=submit]")
    page = open_as("koordinator", "/execution/")
    said = said_on(page)
    page.locator(".page-head__actions a[href$='/execution/families']").click()
    walk.show(page, "aid_3", ".card__foot button", said=said)


def programme(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/programme/1")
    server, number, said = page.url.partition("/programme")[0], 0, ""
    opening = page.locator("a[href^='/programme/open/']")
    while not opening.count():
        number += 1
        said = page.goto(f"{server}/family/{number}") and said_on(page)
        page.goto(f"{server}/programme/of-family/{number}")
    said += said_on(page)
    with page.expect_navigation():
        opening.click()
    walk.show(page, "programme_1", "[name=problems]", said=said)
    page.goto(f"{server}/programme/1")
    with page.expect_navigation():
        page.locator("a[href$='/plan']").first.click()
    walk.show(page, "programme_2", "[name=chosen]", "button[name=fill]", said="2.16")
    page.goto(f"{server}/programme/1")
    page.locator(".page-head details summary").first.click()
    walk.show(page, "programme_3", ".page-head details a[href$='card.pdf']")
    page.locator("section details summary").first.click()
    said = said_on(page)
    with page.expect_navigation():
        page.locator("a[href$='/review']").first.click()
    walk.show(page, "programme_4", "main .form__actions button[type=submit]", said=said)


def watching(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/watching/")
    walk.show(page, "watching_1", "main tbody a")
    with page.expect_navigation():
        page.locator("a[href*='list=bodies']").click()
    walk.show(page, "watching_2", "main table")


def doubles(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/doubles/")
    walk.show(page, "doubles_1", "main tbody a.btn")
    with page.expect_navigation():
        page.locator("main tbody a.btn").first.click()
    walk.show(page, "doubles_2", "main form.card [type=submit]")
    with page.expect_navigation():
        page.locator("main form.card [type=submit]").click()
    page = open_as("koordinator", "/doubles/?list=decided")
    walk.show(page, "doubles_3", "main tbody a.btn")
    page = open_as("koordinator", "/schools/")
    walk.show(page, "doubles_4", "main form [type=submit]")


def search(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/family/12")
    with page.expect_navigation():
        page.goto(page.url.replace("/family/12", "/search"))
    walk.show(page, "search_1", "main tbody a")
    page.goto(page.url + "?q=Скваречникова")
    walk.show(page, "search_2", "main .found-by")
    today = said_on(page)
    page.goto(page.url.partition("/search")[0] + "/familyregistry/list/?_flt_0_state=on&_flt_0_without_aid=60")
    walk.show(page, "search_3", "main .filters__form button[type=submit]", ".filters__kept button", said=today)


def passport(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/family/12")
    walk.show(page, "passport_1", ".page-head__actions details summary")
    page.locator(".page-head__actions details summary").click()
    walk.show(page, "passport_2", ".page-head__actions a[href$='passport.pdf']")


def quarter(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/reports/quarterly/?period=2026-Q3")
    walk.show(page, "quarter_1")
    walk.show(page, "quarter_2", ".report-checks")
    walk.show(page, "quarter_3", ".page-head__actions a >> nth=2", ".page-head__actions a >> nth=3")
    page = open_as("koordinator", "/before-sending/quarterly?period=2026-Q2")
    walk.show(page, "quarter_4", ".report-checks", ".page-head__actions a")
    page = open_as("koordinator", "/submit/quarterly?period=2026-Q2")
    page.fill("[name=agreed_by]", "Председатель комиссии, протокол № 14")
    walk.show(page, "quarter_5", "main .form__actions button[type=submit]")
    page = open_as("koordinator", "/submissionregistry/list/")
    listed = said_on(page)
    page.goto(page.url.replace("/submissionregistry/list/", "/submission/1"))
    walk.show(page, "quarter_6", ".page-head__actions a", said=listed)


def reports(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/picture/")
    walk.show(page, "reports_1", ".tiles", ".menu a[href='/picture/']")
    page = open_as("koordinator", "/reports/movement/?period=2026-Q3")
    walk.show(page, "reports_2", "#period", ".report-choice button[type=submit]")
    with page.expect_navigation():
        page.locator("main tfoot td a").first.click()
    walk.show(page, "reports_3", "nav.tabs a >> nth=1")
    page = open_as("koordinator", "/charts/chart/child-ages?period=2026-Q3")
    walk.show(page, "reports_4", "nav.tabs [aria-current]", "figcaption a")


def past(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/reports/demography/?period=day&to=2026-06-30")
    walk.show(page, "past_1", "#period", "#to")
    page = open_as("koordinator", "/reports/general/?period=2026-Q3")
    page.fill("#known", "30.09.2026")
    walk.show(page, "past_2", "#known", ".report-choice button[type=submit]")
    page = open_as("koordinator", "/familyregistry/list/?_flt_0_state=on&_flt_0_on=30.06.2026")
    walk.show(page, "past_3", "[name=_flt_0_on]")
    page.locator("main tbody tr a").first.click()
    page.wait_for_url(lambda url: "/on?" in url)
    walk.show(page, "past_4", "#on")


def retention(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/retention/")
    page.locator("main input[name=cases]").first.check()
    page.fill("[name=commission]", "Клубникина Зоя, председатель\nСмородин Пётр, секретарь\nМалинин Лев, юрист")
    walk.show(page, "retention_1", "main form button[type=submit]", "[name=cases]")
    held = open_as("koordinator", page.locator("main tbody a").first.get_attribute("href") + "/hold")
    walk.show(held, "retention_2", "[name=until]", said="меню ещё")
    page = open_as("koordinator", "/retention/")
    page.locator("main input[name=cases]").first.check()
    page.fill("[name=commission]", "Клубникина Зоя, председатель\nСмородин Пётр, секретарь\nМалинин Лев, юрист")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()
    other = open_as("sekretar", page.url.partition("/retention")[1] + page.url.partition("/retention")[2])
    walk.show(other, "retention_3", "main button.btn--danger")


def access(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("admin", "/users/")
    walk.show(page, "access_1", "main a[href='/users/add']")
    page = open_as("admin", "/users/add")
    page.fill("[name=last_name]", "Клубникина")
    page.fill("[name=first_name]", "Зоя Марковна")
    page.fill("[name=username]", "klubnikina")
    walk.show(page, "access_2", "[name=employee]")
    page = open_as("koordinator", "/assignmentregistry/add")
    walk.show(page, "access_3")


def signal(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("specialist", "/signal/new")
    page.fill("[name=last_name]", "Прялкина")
    page.fill("[name=first_name]", "Инесса")
    page.fill("[name=address]", "с. Луговое, ул. Садовая, д. 7")
    page.fill("[name=description]", "Ребёнок третий день не приходит на занятия, дверь никто не открывает.")
    walk.show(page, "signal_1", "[name=description]")
    page = open_as("koordinator", "/signal/1")
    walk.show(page, "signal_2", "main form button[type=submit]")
    page.locator("main form[action$='/receive'] button").click()
    page.wait_for_load_state()
    page.locator(".page-head__actions details summary").click()
    walk.show(page, "signal_3", ".page-head__actions a")
    page.goto(page.url.rstrip("/") + "/close")
    walk.show(page, "signal_4", "main .form__actions button[type=submit]")


def survey(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/signal/5")
    page.locator(".page-head__actions a[href$='/survey']").click()
    page.fill("[name=task]", "Убедиться, что дети накормлены, осмотреть место для сна.")
    walk.show(page, "survey_1", "main .form__actions button[type=submit]")
    page = open_as("specialist", "/survey/1")
    walk.show(page, "survey_2", "main .card a[href^='tel:']")
    page = open_as("koordinator", "/survey/1")
    walk.show(page, "survey_3", "#bodies .card__head a, #bodies .card__head .btn")
    page = open_as("koordinator", "/signal/3")
    walk.show(page, "survey_4", "#emergency .btn")


def meeting(open_as: Callable[..., Any], walk: Walk) -> None:
    today = open_as("sekretar", "/").locator("h1").inner_text().split()[-1]
    page = open_as("sekretar", "/meetingregistry/list/?_flt_0_state=ahead")
    said = said_on(page)
    page.goto(page.url.partition("/meetingregistry")[0] + "/meeting/3")
    walk.show(page, "meeting_1", ".page-head__actions form[action$='/packs']", "#agenda-head", said=said)
    with page.expect_navigation():
        page.locator(".page-head__actions a[href$='/prepare']").click()
    page.fill("[name=held_on]", today)
    with page.expect_navigation():
        page.locator("main .form__actions button[type=submit]").click()
    said = said_on(page)
    with page.expect_navigation():
        page.locator(".page-head__actions form[action$='/open'] button").click()
    walk.show(page, "meeting_2", "main .form__actions button[type=submit]", said=said)
    with page.expect_navigation():
        page.locator("main .form__actions button[type=submit]").click()
    with page.expect_navigation():
        page.locator(".page-head__actions .btn--primary").click()
    page.select_option("[name=outcome]", index=10)
    walk.show(page, "meeting_3", "[name=outcome]", "main .form__actions button[type=submit]")
    while page.url.split("/")[3] == "item":
        page.select_option("[name=outcome]", index=10)
        with page.expect_navigation():
            page.locator("main .form__actions button[type=submit]").click()
    walk.show(page, "meeting_4", "main .form__actions button[type=submit]")
    with page.expect_navigation():
        page.locator(".menu a[href='/instructionregistry/list/']").click()
    walk.show(page, "meeting_5", "main table")


def papers(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("sekretar", "/meeting/1")
    server, said = page.url.partition("/meeting/")[0], said_on(page)
    deliveries = page.locator("a[href$='/deliveries']").first.get_attribute("href")
    page.goto(server + page.locator("main a[href^='/family/']").first.get_attribute("href"))
    page.locator(".page-head__actions details summary").click()
    with page.expect_navigation():
        page.locator(".page-head__actions a[href$='/names']").click()
    page.fill("[name=plural]", page.locator("form.card strong").inner_text())
    walk.show(page, "papers_1", "[name=plural]", "main tbody a")
    with page.expect_navigation():
        page.locator("main tbody a").first.click()
    walk.show(page, "papers_2", "[name=genitive]", "main .form__actions button[type=submit]")
    page.goto(server + deliveries)
    walk.show(page, "papers_3", "main .form__actions button[type=submit]", said=said)


def transfer(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/familyregistry/list/")
    server = page.url.partition("/familyregistry")[0]
    page.goto(f"{server}/family/12")
    said = said_on(page)
    page.goto(f"{server}/family/12/transfer")
    walk.show(page, "transfer_1", "[name=territory]", "[name=elsewhere]", said=said)
    page.goto(f"{server}/transfer/1")
    walk.show(page, "transfer_2", ".page-head__actions a[href$='/withdraw']")
    page = open_as("sosed", "/transferregistry/list/")
    said = said_on(page)
    page.goto(page.url.partition("/transferregistry")[0] + "/transfer/1")
    walk.show(page, "transfer_3", ".page-head__actions a[href$='/receive']", said=said)


def deadlines(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("koordinator", "/")
    walk.show(page, "deadlines_1", "#due .card__head a", "#due")
    family = page.locator("#due a[href^='/family/']").first.get_attribute("href")
    page.locator("#due .card__head a").click()
    walk.show(page, "deadlines_2", ".month__due", ".page-head__actions a[rel=next]")
    page.goto(page.url.partition("/calendar")[0] + family)
    said = said_on(page)
    page.locator("a", has_text="Продлить срок").first.click()
    walk.show(page, "deadlines_3", "#until", "#reason", said=said)
    page = open_as("koordinator", "/account/")
    walk.show(page, "deadlines_4", "#feed button")


def act(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("specialist", "/survey/1")
    walk.show(page, "act_1", ".page-head__actions a[href$='/act']", ".page-head__actions a[href$='blank.pdf']")
    page.locator(".page-head__actions a[href$='/act']").click()
    walk.show(page, "act_2", "[data-add-row]")
    page.locator(".tabs a[href='#act-visit']").click()
    page.locator("label", has_text="обследование проведено").click()
    walk.show(page, "act_3", "#act-visit .segments")
    page = open_as("koordinator", "/survey/act/4")
    page.locator("details.more summary").click()
    walk.show(page, "act_4", ".page-head__actions a[href$='act.pdf']", "details.more a")
    said = said_on(page)
    page.locator(".page-head__actions a[href*='/compare/']").click()
    walk.show(page, "act_5", "main td .badge--ok", said=said)


def second(open_as: Callable[..., Any], walk: Walk) -> None:
    page = open_as("auditor", "/account/second")
    walk.show(page, "second_1", "main form button[type=submit]")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()
    phone = pyotp.TOTP(page.locator("main code").inner_text())
    walk.show(page, "second_2", "main img", "#code-confirm")
    step = int(clock.now().timestamp()) // phone.interval
    page.fill("#code-confirm", phone.generate_otp(step))
    with page.expect_navigation():
        page.locator("main .btn--primary").click()
    code = page.locator("main code").first.inner_text()
    walk.show(page, "second_3", "main ul")
    beside = page.context.browser.new_context(viewport=page.viewport_size).new_page()
    beside.goto(page.url.partition("/account")[0] + "/login/")
    beside.fill("[name=username]", "auditor")
    beside.fill("[name=password]", open_as.server.passwords["auditor"])
    with beside.expect_navigation():
        beside.press("[name=password]", "Enter")
    walk.show(beside, "second_4", "#code")
    beside.fill("#code", code)
    with beside.expect_navigation():
        beside.press("#code", "Enter")
    beside.context.close()
    page = open_as("auditor", "/account/second")
    page.fill("#code-off", phone.generate_otp(step + 1))
    page.locator("main button", has_text="Выключить").click()


def copies(open_as: Callable[..., Any], walk: Walk) -> None:
    with pytest.MonkeyPatch.context() as patch, a_night_copied(open_as.server.app, patch):
        page = open_as("admin", "/backups/")
        walk.show(page, "copies_1", ".page-head__actions button")
        walk.show(open_as("admin", "/doctor/"), "copies_2", ".page-head__actions button")
        walk.show(page, "copies_3", ".facts code")


@contextmanager
def a_night_copied(app: Any, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose copies lie on a disk of their own, and its last night."""
    folder = "/media/patronat-copies"
    patch.setitem(app.config, "BACKUP_FOLDER", folder)
    patch.setitem(app.config, "BACKUP_AT", datetime.min.time().replace(hour=2, minute=30))
    patch.setattr(backups, "free", lambda _place: 412 << 30)
    patch.setattr("app.screens.backups._is_there", lambda _row: True)
    patch.setattr("app.screens.backups._on_one_disk", lambda: False)
    with app.app_context(), unrestricted():
        row = Backup(made_by=noting.NIGHTLY, file="patronat-2026-09-30-023000.patronat", folder=folder, seconds=4,
                     families=60, papers=9, size=9_400_000, made_at=MOMENT, proved_at=MOMENT)  # fmt: skip
        db.session.add(row)
        db.session.commit()
        yield
        db.session.delete(row)
        db.session.commit()
        db.session.remove()


WALKS = {
    walk.__name__: walk
    for walk in (
        load,
        month,
        family,
        signal,
        survey,
        act,
        meeting,
        papers,
        transfer,
        deadlines,
        programme,
        watching,
        doubles,
        search,
        aid,
        passport,
        reports,
        quarter,
        past,
        access,
        retention,
        second,
        copies,
    )
}


def test_every_task_of_the_guide_is_walked() -> None:
    assert set(WALKS) == set(guide.pages()) - {guide.INDEX}


@pytest.mark.parametrize("name", WALKS)
def test_a_task_of_the_guide_is_done_as_it_says(name: str, browse: Any, live_server: Any) -> None:
    def open_as(who: str, path: str) -> Any:
        return browse(who).open(path)

    open_as.server = live_server
    walk = Walk(name)
    WALKS[name](open_as, walk)
    walk.done()
