"""A family of the demo district that moved to the one beside it: its file waits to be received there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from app import clock, conditions
from app.demo.ground import District
from app.extensions import db
from app.models import Agency, Family, Registration
from app.services import transfers
from app.services.registrations import DecisionPaper
from app.services.transfers import Destination

AGO = timedelta(days=3)
SENT_BY, KEY = "Координатор", "0" * 32
NOTE = "Семья переехала к родственникам, адрес подтверждён участковым."


def write(here: District, there: District, today: date) -> None:
    """Hand a family of a district over to another one, where it waits to be received."""
    body, day = db.session.get_one(Agency, here.performers["5.1"][0]), today - AGO
    if (family := _settled(here, day)) is None:
        return
    to = Destination(territory_id=there.settlements[0][0])
    row = transfers.decide_and_send(family, DecisionPaper("61/2", day, body), to, NOTE, today)
    row.sent_by, row.key, row.secret = SENT_BY, KEY, KEY
    at = datetime.combine(day, time(14), tzinfo=clock.local(clock.now()).tzinfo).astimezone(UTC)
    row.created_at = at
    if row.decision is not None:
        row.decision.created_at = at
    db.session.flush()


def _settled(district: District, day: date) -> Family | None:
    """The family of a district that was placed on record last, long before the decision."""
    stay = Registration.__table__
    places = [place for place, _name in district.settlements]
    asked = (
        select(Family)
        .join(stay, stay.c.family_id == Family.id)
        .where(Family.territory_id.in_(places), Family.annulled_at.is_(None), stay.c.annulled_at.is_(None))
        .where(conditions.on_record(stay, day), stay.c.registered_on <= day - timedelta(days=60))
    )
    return db.session.scalars(asked.order_by(stay.c.registered_on.desc(), Family.id).limit(1)).first()
