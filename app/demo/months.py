"""The books of the last month: settlements that have sent theirs, one whose book went back, the others silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from app.demo.ground import District
from app.domain import periods
from app.domain.periods import Period
from app.domain.terms import BookStepKind
from app.extensions import db
from app.models import BookStep, Family, ImportBatch, Registration, Territory

SENT, COORDINATOR = 2, "координатор района"  # settlements whose book is loaded
RETURNED, REMINDED = "3 ошибки", "звонок специалисту поселения"


def write(district: District, today: date) -> None:
    """Two books loaded, the second without a family that is on record; one returned; a settlement reminded."""
    places = [db.session.get_one(Territory, key) for key, _name in district.settlements]
    if len(places) < SENT + 2:
        return
    month = periods.months_until(today, 2)[1]
    at = datetime.combine(today - timedelta(days=1), time(9), tzinfo=UTC)
    first, second, third, fourth = places[: SENT + 2]
    _load(first, month, at, changed=2)
    _load(second, month, at, gone=_on_record(second))
    steps = {"of_month": month.start, "made_at": at, "made_by": COORDINATOR}
    name = f"{third.name}.xlsx"
    db.session.add_all([
        BookStep(territory=third, kind=BookStepKind.RETURNED, note=RETURNED, file_name=name, sha256=_digest(name),
                 **steps),
        BookStep(territory=fourth, kind=BookStepKind.REMINDED, note=REMINDED, **steps),
    ])  # fmt: skip
    db.session.flush()


def _load(place: Territory, month: Period, at: datetime, *, changed: int = 0, gone: int | None = None) -> None:
    held = select(func.count()).select_from(Family).where(Family.territory_id == place.id)
    left = [[gone, place.id]] if gone is not None else []
    told = {"families": db.session.scalar(held), "new": 0, "changed": changed, "gone": len(left)}
    counts: dict[str, Any] = {
        "sheets": {}, "created": {}, "links": [], "kept": {}, "left_out": 0, "gone": left,
        "places": [place.id], "by_place": {str(place.id): told},
    }  # fmt: skip
    name = f"{place.name}.xlsx"
    db.session.add(ImportBatch(district_id=place.parent_id, as_of=month.end, file_name=name, sha256=_digest(name),
                               applied_at=at, counts=counts))  # fmt: skip


def _on_record(place: Territory) -> int | None:
    """A family of a settlement that is on record."""
    stays = select(Registration.family_id).where(Registration.removed_on.is_(None), Registration.annulled_at.is_(None))
    of_place = Family.territory_id == place.id, Family.annulled_at.is_(None), Family.id.in_(stays)
    return db.session.scalar(select(func.min(Family.id)).where(*of_place))


def _digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()
