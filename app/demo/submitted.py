"""The quarterly forms that were submitted: two in a row, so that the next one goes on from the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.demo.ground import District
from app.domain import periods
from app.domain.submissions import Agreed
from app.extensions import db
from app.models import Territory
from app.reports import frozen, quarterly, recount
from app.services import submissions

MOST_FAMILIES = 1000  # of a bank to look at; larger ones are made to be measured
AGREED_AFTER, SENT_AFTER = timedelta(days=4), timedelta(days=8)  # the end of the quarter (Положение, 3.6.7)


def write(district: District, today: date) -> None:
    """Submit the two quarters before the last finished one, which is left to whoever looks around."""
    last = periods.last_finished_quarter(today)
    before = periods.quarter_holding(last.eve)
    for period in (periods.quarter_holding(before.eve), before):
        options = {name: option.usual for name, option in quarterly.REPORT.options.items()}
        submissions.submit(
            frozen.freeze(quarterly.REPORT, period, district.id, options), report=quarterly.REPORT.name,
            title=quarterly.REPORT.title, choice=recount.choice_of(options), period=period,
            territory=db.session.get_one(Territory, district.id), today=today,
            at=datetime.combine(period.end + SENT_AFTER, time(8), tzinfo=UTC),
            agreed=Agreed("Комиссия по делам несовершеннолетних, протокол заседания", period.end + AGREED_AFTER),
        )  # fmt: skip
