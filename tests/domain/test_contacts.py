"""Addresses and phones as people write them."""

from __future__ import annotations

import pytest

from app.domain.contacts import HomesAlike, home, homes_alike, phones

SAME, IN_PART, HOUSE = HomesAlike.SAME, HomesAlike.IN_PART, HomesAlike.HOUSE
WHOLE = "г. Заречный, ул. Береговая, д. 15, кв. 3"


@pytest.mark.parametrize(
    ("other", "how"),
    [
        (WHOLE, SAME),
        ("заречный береговая 15-3", SAME),
        ("г Заречный, Береговая ул., дом 15 квартира 3", SAME),
        ("кв. 3, д. 15, ул. Береговая, г. Заречный", SAME),
        ("346350, г. Заречный, Береговая, 15/3", SAME),
        ("Береговая 15-3", IN_PART),
        ("Ростовская обл., Лесной р-н, г. Заречный, ул. Береговая, д. 15, кв. 3", IN_PART),
        ("Заречный, Береговая, 15", HOUSE),
        ("Заречный, Береговая, 15-4", None),
        ("Заречный, Береговая, 3-15", None),
        ("с. Ключи, ул. Береговая, д. 15, кв. 3", None),
        ("г. Заречный, ул. Береговая", None),
        ("г. Заречный", None),
        ("15", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_written_otherwise_is_the_same(other, how):
    assert homes_alike(WHOLE, other) is homes_alike(other, WHOLE) is how


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("ул. Речная, 15а", "Речная 15 А", SAME),
        ("ул. Речная, 15а", "Речная 15", None),
        ("1-я Речная ул., д. 4", "ул. 1 Речная, 4", SAME),
        ("д. Ключи, д. 4", "деревня Ключи, дом 4", SAME),
        ("ул. Речная, д. 15, корп. 2, кв. 3", "Речная 15-2-3", SAME),
        ("ул. Степана Лугового, 7", "Лугового Степана 7", SAME),
        ("без адреса", "без адреса", SAME),
    ],
)
def test_letters_buildings_and_numbered_streets(one, other, how):
    assert homes_alike(one, other) is homes_alike(other, one) is how


@pytest.mark.parametrize(
    ("address", "street"),
    [
        (WHOLE, "береговая"), ("заречный береговая 15-3", "береговая"), ("Береговая ул., 15, г. Заречный", "береговая"),
        ("г. Заречный, ул. Степана Лугового, 7", "лугового"), ("с. Ключи, д. 4", "ключи"), ("15", None), (None, None),
        ("346350, Заречный, Береговая, 15", "береговая"),
    ],
)  # fmt: skip
def test_the_street_is_found_in_an_address(address, street):
    assert home(address).street == street


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("8 (900) 123-45-67",), ["9001234567"]),
        (("+7 900 123 45 67",), ["9001234567"]),
        (("79001234567", "8-900-123-45-67"), ["9001234567"]),
        (("900.123.45.67",), ["9001234567"]),
        (("моб. 8(900)1234567, дом. 2-15-44",), ["9001234567", "21544"]),
        (("89001234567 89007654321",), ["9001234567", "9007654321"]),
        (("9001234567 89007654321",), ["9001234567", "9007654321"]),
        (("8 900 123-45-67 доб. 12",), ["9001234567"]),
        (("+998 90 123 45 67",), ["998901234567"]),
        (("нет", None, ""), []),
        (("112",), []),
    ],
)
def test_phones_are_read_by_their_digits(texts, found):
    assert phones(*texts) == found
