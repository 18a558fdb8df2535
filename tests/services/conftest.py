"""A commission and its sitting, as the services of meetings are tried on them."""

from __future__ import annotations

from typing import Any

import pytest

from app.extensions import db
from app.models import Agency
from tests import factories, meeting_scenes
from tests.states import kept
from tests.test_guard import acting


@kept
def body(cast: factories.Cast) -> Agency:
    """The commission of the test district."""
    return meeting_scenes.commission(cast)


@pytest.fixture
def sits(cast: factories.Cast, body: Agency) -> Any:
    """Today's meeting, open, as its secretary works in it."""
    meeting = meeting_scenes.meeting(body)
    db.session.commit()
    with acting(cast, "zoya"):
        yield meeting
