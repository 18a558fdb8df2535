"""Settlements by the lines that name them."""

from __future__ import annotations

import pytest

from app.domain import settlements

pytestmark = pytest.mark.one_database("texts are read in Python")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Список семей Озёрского сельского поселения, 2024 год", "Озёрское сельское поселение"),
        ("Берёзовское с/п", "Берёзовское сельское поселение"),
        ("в Верхнем с.п. на 01.11.2026", "Верхнее сельское поселение"),
        ("ЗАРЕЧНОЕ ГОРОДСКОЕ ПОСЕЛЕНИЕ", "Заречное городское поселение"),
        ("главы Ново-Мостовского г.п.", "Ново-Мостовское городское поселение"),
        ("Покровского сельсовета", "Покровский сельсовет"),
        ("Администрация сельского поселения", ""),
        ("п. Южный, ул. Мира, 1", ""),
        ("список семей", ""),
    ],
)
def test_a_settlement_is_named_in_the_nominative(text, name):
    assert settlements.named(text) == name
