"""The main road of the work, as a coordinator walks it: sign in, find a family, add a member, take the passport."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import access
from app.extensions import db
from app.models import Family
from tests.browser.conftest import NARROW, WIDE


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["desk", "phone"])
def test_from_signing_in_to_the_passport(width: dict[str, int], browse: Any, live_server: Any) -> None:
    anna = browse(None, width=width)
    page = anna.open("/")
    page.fill("#username", "koordinator")
    page.fill("#password", live_server.passwords["koordinator"])
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)

    with live_server.app.app_context(), access.unrestricted():
        surname = db.session.scalars(select(Family).where(Family.number == "00012")).one().name.split(",")[0]
    page.keyboard.press("/")
    page.keyboard.type(surname[:-1].upper())
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator("main a", has_text="00012").first.click()
    page.wait_for_url("**/family/*")
    assert "00012" in page.locator("h1").inner_text()

    page.locator("#people .card__head a").click()
    given = "Добавленная-Широкая" if width is WIDE else "Добавленная-Узкая"
    page.fill("#last_name", given)
    page.fill("#first_name", "Таисия")
    page.fill("#born_on", "2019-04-05")
    page.click("main button[type=submit]")
    page.wait_for_url("**/family/*")
    assert page.locator(".notice--ok").count() == 1
    assert given in page.locator("#people").inner_text()
    assert anna.faults() == []
    assert anna.overflow() == []

    with page.expect_download() as download:
        page.locator(".page-head__actions a[href$='passport.pdf']").click()
    content = download.value.path().read_bytes()
    assert content.startswith(b"%PDF")
