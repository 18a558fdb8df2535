"""The server is killed while a meeting is closed: everything the meeting decided is carried out, or nothing is."""

from __future__ import annotations

import random
import re
import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from app import clock
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import AgendaItem, Decision, Instruction, JournalEntry, Meeting, Registration, SignalCard
from tests import factories, meeting_scenes
from tests.conftest import PASSWORD
from tests.forks import LONGEST, NO_ANSWER
from tests.work.test_typing import Page, server

__all__ = ["server"]
FAMILIES, KILLS = 10, 2


def carried_out(meeting_id: int) -> dict[str, int]:
    """How much of each thing that the meeting decided is done."""
    db.session.rollback()
    db.session.expire_all()
    asked = {
        "closed": select(Meeting.id).where(Meeting.id == meeting_id, Meeting.closed_at.is_not(None)),
        "numbers": select(AgendaItem.id).where(AgendaItem.number.is_not(None)),
        "decisions": select(Decision.id).where(Decision.decided_on == clock.today()),
        "placed": select(Registration.id).where(Registration.registered_on == clock.today()),
        "removed": select(Registration.id).where(Registration.removed_on == clock.today()),
        "cards": select(SignalCard.id).where(SignalCard.closed_at.is_not(None)),
        "given": select(Instruction.id).where(Instruction.given_on.is_not(None)),
        "told": select(JournalEntry.id).where(
            JournalEntry.entity == "Registration", JournalEntry.user_name == "Лугова Зоя"
        ),
    }
    return {
        name: db.session.scalar(select(func.count()).select_from(found.subquery())) for name, found in asked.items()
    }


@pytest.mark.long
@pytest.mark.one_database("one transaction; tests/faults kills those who write on SQLite", on="postgres")
def test_a_meeting_whose_server_is_killed_is_closed_wholly_or_not_at_all(server, cast):
    meeting = meeting_scenes.meeting(meeting_scenes.commission(cast))
    today, body = clock.today(), cast.agency("5.2")
    for number in range(FAMILIES):
        row = factories.family(cast.north)
        factories.member(row, "мать", factories.date(1990, 1, 1), f"Полозова{number}")
        kind = DecisionKind.REMOVE if number % 2 else DecisionKind.PLACE
        card = None
        if kind is DecisionKind.REMOVE:
            factories.registration(row, factories.date(2025, 3, 3))
        else:
            card = factories.signal_card(cast.north, received_at=clock.now(), family=row)
        item = meeting_scenes.item(meeting, row, card=card)
        meeting_scenes.decide(item, kind, instructions=[meeting_scenes.order(body, today + meeting_scenes.DAY)])
    db.session.commit()
    key, half = meeting.id, FAMILIES // 2
    nothing = dict.fromkeys(carried_out(key), 0)
    whole = {"closed": 1, "numbers": FAMILIES, "decisions": FAMILIES, "placed": half, "removed": half, "cards": half,
             "given": FAMILIES, "told": FAMILIES}  # fmt: skip
    assert carried_out(key) == nothing
    chance, seen = random.Random(8), []
    for attempt in range(KILLS + 1):
        server.start()
        page = Page(server)
        page.get("/login/")
        page.post("/login/", username="zoya", password=PASSWORD)
        shown = page.get(f"/meeting/{key}/close")
        if carried_out(key) == whole:
            break
        form_key = re.search(r'name="form_key"[^>]*value="([^"]+)"', shown)
        closing = threading.Thread(target=_close, args=(page, key, form_key[1] if form_key else ""))
        closing.start()
        if attempt < KILLS:
            time.sleep(chance.random() * 0.4)
            server.kill()
        closing.join(LONGEST)
        done = carried_out(key)
        assert done in (nothing, whole)
        seen.append(done["closed"])
    assert carried_out(key) == whole
    assert seen == sorted(seen)


def _close(page: Page, key: int, form_key: str) -> None:
    """The line may be gone at any moment."""
    with suppress(*NO_ANSWER):
        page.post(f"/meeting/{key}/close", form_key=form_key)
