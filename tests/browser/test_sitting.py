"""A meeting is held by the keyboard alone: an outcome by its number, Ctrl+Enter, the next item."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, select

from app import access, clock
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import AgendaItem, Draft, Instruction, Meeting, MeetingAttendance
from tests import meeting_scenes
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_signal_form import bank

__all__ = ["bank"]
TITLES = ["Об итогах рейда", "О плане работы", "О летнем отдыхе"]


@pytest.fixture
def sitting(live_server: Any, bank: Any) -> Any:
    """An open meeting with three items about nobody; nothing of it is left to the next test."""
    with live_server.app.app_context(), access.unrestricted():
        body = db.session.scalars(select(Meeting).order_by(Meeting.held_on).limit(1)).one().agency
        meeting = meeting_scenes.meeting(body, clock.today() - meeting_scenes.DAY, number=4321)
        items = [meeting_scenes.item(meeting, title=title) for title in TITLES]
        key, keys = meeting.id, [item.id for item in items]
        db.session.commit()
        db.session.remove()
    yield key, keys
    bank(delete(Instruction).where(Instruction.meeting_id == key))
    bank(delete(AgendaItem).where(AgendaItem.meeting_id == key))
    bank(delete(MeetingAttendance).where(MeetingAttendance.meeting_id == key))
    bank(delete(Meeting).where(Meeting.id == key))
    bank(delete(Draft))


def decided(bank: Any, key: int) -> Any:
    """The effect of what is entered on an item."""
    outcome = meeting_scenes.DecisionOutcome
    found = select(outcome.effect).join(AgendaItem, AgendaItem.outcome_id == outcome.id)
    return bank(found.where(AgendaItem.id == key, AgendaItem.decided_at.is_not(None)))


def test_items_are_decided_by_numbers_and_ctrl_enter(sitting: Any, browse: Any, bank: Any) -> None:
    meeting, (first, second, third) = sitting
    watched = browse("sekretar", width=WIDE)
    page = watched.open(f"/item/{first}")
    keyboard = page.keyboard
    expect(page.locator("#outcome")).to_be_focused()
    keyboard.press("2")
    expect(page.locator("#outcome option:checked")).to_contain_text("2. Отказать в постановке")
    page.locator("#instructions-0-typical").focus()
    for key, number in (("1", 1), ("ArrowDown", 2)):  # another choice takes the place of the first
        keyboard.press(key)
        expect(page.locator("#instructions-0-typical option:checked")).to_contain_text(f"{number}. ")
    expect(page.locator("#instructions-0-text")).to_have_value(re.compile("Организовать контроль посещаемости"))
    page.locator("#instructions-0-text").press("End")
    keyboard.type(" Срочно.")
    for hidden in ("criteria", "until", "removal_reason", "to_territory"):
        expect(page.locator(f"[data-field={hidden}]")).to_be_hidden()
    keyboard.press("Control+Enter")
    page.wait_for_url(f"**/item/{second}")
    assert decided(bank, first) is DecisionKind.REFUSE
    told = bank(select(Instruction.text).where(Instruction.item_id == first))
    assert told.startswith("Организовать контроль")
    assert told.endswith(" Срочно.")
    expect(page.locator("#outcome")).to_be_focused()
    keyboard.press("3")
    expect(page.locator("[data-field=until]")).to_be_visible()
    keyboard.press("Control+Enter")  # without the day that it asks for
    expect(page.locator("[data-errors]")).to_contain_text("до какого дня")
    expect(page.locator("#outcome option:checked")).to_contain_text("3. Отложить")
    assert decided(bank, second) is None
    page.locator("#until").focus()
    keyboard.type(f"{clock_day(bank, meeting)}")
    keyboard.press("Enter")  # in a field of one line it decides too, whatever buttons stand above
    page.wait_for_url(f"**/item/{third}")
    assert decided(bank, second) is DecisionKind.POSTPONE
    keyboard.press("Alt+PageUp")
    page.wait_for_url(f"**/item/{second}")
    expect(page.locator("#outcome")).to_be_focused()  # what is decided already is decided otherwise from there
    keyboard.press("Alt+PageDown")
    page.wait_for_url(f"**/item/{third}")
    page.locator("#outcome").focus()
    for number in ("11. Внести представление", "12. Направить материалы", "10. Заслушать"):
        keyboard.type(number[:2])
        expect(page.locator("#outcome option:checked")).to_contain_text(number)
        keyboard.press("Shift")  # the next digit begins another number
    page.locator(".sitting__words > summary").click()
    page.fill("#substance", "Суть дела")
    keyboard.press("Control+Enter")  # from any field
    page.wait_for_url(f"**/meeting/{meeting}/close")
    assert bank(select(AgendaItem.substance).where(AgendaItem.id == third)) == "Суть дела"
    assert watched.faults() == []
    assert watched.overflow() == []
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"**/meeting/{meeting}")
    assert bank(select(Meeting.closed_at).where(Meeting.id == meeting)) is not None
    assert bank(select(AgendaItem.number).where(AgendaItem.id == third)).endswith("3")


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_pages_of_a_sitting_fit_and_are_clear_to_whoever_listens(
    width: dict[str, int], sitting: Any, browse: Any
) -> None:
    meeting, (first, *_) = sitting
    watched = browse("sekretar", width=width)
    for address in (f"/meeting/{meeting}", f"/meeting/{meeting}/attendance", f"/item/{first}", "/meetings/plan"):
        watched.open(address)
        assert watched.overflow() == [], address
        assert watched.faults() == [], address
        assert watched.axe() == [], address


def clock_day(bank: Any, meeting: int) -> str:
    """A day two weeks behind the meeting, as it is typed."""
    day = bank(select(Meeting.held_on).where(Meeting.id == meeting)) + 14 * meeting_scenes.DAY
    return f"{day:%d.%m.%Y}"
