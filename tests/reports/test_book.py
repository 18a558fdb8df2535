"""The book of indicators is that of the declarations: `make docs` writes it again."""

import os

import pytest

from app import access
from app.domain import periods
from app.reports import CATALOGUE, book
from tests.places_of_entities import ROOT

BOOK = ROOT / "docs" / "indicators.md"


@pytest.mark.one_database("the book writes the SQL of one")
def test_the_book_says_what_the_declarations_say(cast):
    with access.unrestricted():
        said = book.text(periods.quarter(2026, 3))
    if os.environ.get("BOOK") == "write":
        BOOK.write_text(said, encoding="utf-8")
    assert BOOK.read_text(encoding="utf-8") == said, "run make docs"
    for one in CATALOGUE:
        assert f"(`{one.name}`)" in said


def test_every_figure_of_every_report_has_its_rule_in_words(cast):
    with access.unrestricted():
        for one in CATALOGUE:
            usual = {name: option.usual for name, option in one.options.items()}
            for figure in one.figures(periods.quarter(2026, 3), **usual).values():
                assert figure.rule.endswith("."), f"{one.name} {figure.key}"
