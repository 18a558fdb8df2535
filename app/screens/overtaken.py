"""Somebody else has saved what a form is about: the form tells what stands in the bank now, and may be sent once more
over that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import FieldList, HiddenField, SelectField

from app import words
from app.acts import AT_ONCE
from app.domain.refusal import Refusal
from app.forms import RowField, check_version


def check(form: Any, row: Any, **stored: Any) -> None:
    """Raise Refusal where a row was saved since its form was shown: what differs is told beside each field.

    stored: what the row has in fields that are not its columns.
    """
    if check_version(form, row):
        return
    form.version.raw_data, form.version.data = None, str(row.version)
    tell((field, stored.get(field.name, getattr(row, field.name, None))) for field in form
         if _is_told(field) and (field.name in stored or hasattr(row, field.name)))  # fmt: skip
    raise Refusal(AT_ONCE)


def tell(pairs: Iterable[tuple[Any, Any]]) -> None:
    """What stands in the bank is said beside each field in which something else was typed."""
    for field, value in pairs:
        if (field.data or None) != (value or None):
            field.errors = [*field.errors, gettext("Now in the bank: %(value)s", value=_said(value))]


def _is_told(field: Any) -> bool:
    """Whether a field holds a value as the row does, not a key or rows of its own."""
    is_key = isinstance(field, SelectField) and isinstance(field.data, str)
    return not (is_key and not isinstance(field, RowField)) and not isinstance(field, HiddenField | FieldList)


def _said(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return words.day(value) if isinstance(value, date) else str(value)
