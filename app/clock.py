"""The only reader of the clock. Timestamps are kept in UTC; days are the municipality's days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def zone() -> ZoneInfo:
    """The municipality's time zone (setting TIME_ZONE)."""
    return ZoneInfo(current_app.config["TIME_ZONE"])


def today() -> date:
    """Today's date where the municipality is."""
    return now().astimezone(zone()).date()


def in_utc(moment: datetime) -> datetime:
    """A stored moment with its zone, which SQLite does not keep."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def local(moment: datetime) -> datetime:
    """A stored moment as the municipality's clock showed it."""
    return in_utc(moment).astimezone(zone())
