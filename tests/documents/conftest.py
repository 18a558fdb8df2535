"""Families whose papers are printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event

from app.extensions import db
from app.models import Family, IdentityDocument, IdentityKind, Supervision, SupervisionKind
from tests import factories
from tests.states import kept

TODAY = date(2026, 9, 30)


@kept
def known(cast: factories.Cast) -> Family:
    """A family of which every position of the card is known."""
    family = factories.family(
        cast.north, "00042", categories=("1", "5"), income_per_member=Decimal("12345.60"), stated_size=4,
        income_source="пособие на ребенка", registered_address="ул. Прописки, д. 1", actual_address="ул. Жилая, д. 2",
        additional="Печное отопление.\nОгород.",
    )  # fmt: skip
    factories.member(family, "мать", date(1988, 2, 3), "Полозова", "Инна", "Львовна", workplace="Пекарня, пекарь")
    factories.member(family, "отчим", date(1985, 2, 3), "Сычев", "Егор", "Ильич", workplace="Лесхоз, вальщик")
    factories.member(family, "опекун", date(1960, 2, 3), "Родионова", "Зоя", "Ивановна", workplace="Пенсионер")
    factories.member(family, "бабушка", date(1955, 6, 7), "Полозова", "Вера", "Кузьминична")
    child = factories.member(family, "дочь", date(2016, 10, 1), "Полозова", "Лада", "Игоревна")
    passport, school = factories.by_code(IdentityKind, "03"), factories.by_code(SupervisionKind, "school")
    db.session.add_all(
        [
            IdentityDocument(
                member=child, family=family, kind=passport, series="II-АН",
                number="765432", issued_on=date(2016, 10, 20),
            ),
            Supervision(
                member=child, family=family, kind=school,
                started_on=date(2025, 9, 15), ended_on=date(2026, 5, 25),
            ),
        ]
    )  # fmt: skip
    factories.education(child, date(2024, 9, 1), organisation="МБОУ СОШ № 3", grade="3 «Б»")
    factories.education(child, date(2026, 9, 1), organisation="МБОУ СОШ № 7", grade="4 «В»")
    stay = factories.registration(
        family, date(2026, 3, 12), criteria=("2.2.1", "2.5.2"), sender=cast.agency("5.3"), detected_on=date(2026, 3, 1)
    )
    stay.decision.number = "7/19"
    factories.aid(family, date(2026, 4, 5), description="Набор продуктов", amount=Decimal("2500.50"),
                  performer=cast.agency("5.2"), recipients=[child])  # fmt: skip
    return family


@pytest.fixture
def unknown(cast: factories.Cast) -> Family:
    """A family of which only the number is known."""
    family = factories.family(cast.north, "00043", actual_address=None)
    db.session.commit()
    return family


@pytest.fixture
def count_statements(app: Flask) -> Callable[[Callable[[], object]], int]:
    """How many statements a piece of work sends, from an empty session."""

    def count(work: Callable[[], object]) -> int:
        sent: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            sent.append(statement)

        db.session.expunge_all()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len([statement for statement in sent if statement.startswith("SELECT")])

    return count
