"""A family of the demo bank whose term of keeping is over, and that must not be destroyed yet."""

from __future__ import annotations

from datetime import date

from app.domain import periods
from app.extensions import db
from app.models import Family
from app.services import destruction, retention

UNTIL = 10  # months
REASON = "Дело запрошено прокуратурой для проверки, возвращать его ещё будут."


def write(today: date) -> None:
    """Hold the first of the families that are to be destroyed; the others wait for an act."""
    due = [case for case in retention.due_cases(today) if not case.is_card]
    if len(due) > 1:
        family = db.session.get_one(Family, due[0].key)
        destruction.hold(family, periods.month_later(today, UNTIL), REASON, today)
