"""Roubles as they are typed: what cannot be kept to the kopeck is told and given back, never rounded unseen."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app.forms import MoneyField


class SumForm(Form):
    amount = MoneyField()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1500,50", Decimal("1500.50")),
        ("1 500.5", Decimal("1500.50")),
        ("12\u00a0345", Decimal(12345)),
        ("0,10", Decimal("0.10")),
        ("10,000", Decimal(10)),
        ("999999999999,99", Decimal("999999999999.99")),
        ("", None),
        ("12.345", None),
        ("0,005", None),
        ("-1", None),
        ("1000000000000", None),
        ("1e-400", None),
        ("NaN", None),
        ("Infinity", None),
        ("сто", None),
    ],
)
def test_a_sum_is_kept_whole_or_refused(typed, kept, app):
    with app.test_request_context("/"):
        form = SumForm(MultiDict({"amount": typed}))
        assert form.validate() is (kept is not None or typed == "")
        assert form.amount.data == kept
        assert form.amount._value() == typed
