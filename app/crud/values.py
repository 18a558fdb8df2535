"""Values of a row as people read them."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from app import pages, words
from app.domain.terms import Term


def as_text(value: Any) -> str:
    """Any value of an entity as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Term):
        return value.title_ru
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return pages.moment(value)
    if isinstance(value, date):
        return words.day(value)
    if isinstance(value, Decimal):
        return words.roubles(value)
    if isinstance(value, list | tuple):
        return "; ".join(as_text(item) for item in value)
    return str(value)
