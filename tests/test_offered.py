"""What a page offers, its reader may do: no field that is refused whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import lxml.html
import pytest

from app.domain import terms
from app.extensions import db
from tests import factories
from tests.test_registry import WRITABLE, base, form_of, rows

__all__ = ["rows"]

# Fields that change together with others only, and by which rule.
TOGETHER = {
    "Assignment.family": "a family or a territory, never both",
    "Assignment.territory": "a family or a territory, never both",
    "Deadline.days": "days of a year or a number, never both",
}


def others(browser: Any, field: Any, stands: Any) -> Iterator[Any]:
    """Values that a field might get instead of the one that stands there."""
    kind = field.get("type", "text")
    if field.get("data-lookup"):
        found = browser.get(field.get("data-lookup")).get_json()["results"]
        offered = [str(row["id"]) for row in found]
    elif field.tag == "select":
        offered = field.xpath("./option/@value")
    elif kind == "checkbox":
        offered = ["" if stands else "y"]
    elif kind == "date":
        day = date.fromisoformat(stands) if stands else date(2026, 6, 1)
        offered = [f"{day + timedelta(days=days)}" for days in (-1, 1, 30)]
    elif kind == "number":
        offered = [str(int(stands or 1) + step) for step in (-1, 1)]
    else:
        offered = ["иное", "7"]
    yield from (value for value in offered if value != stands and [value] != stands)


def is_taken(browser: Any, url: str, name: str, document: Any) -> bool:
    """Whether some other value of a field is stored."""
    data = {key: value for key, value in form_of(document).items() if key != "form_key"}  # each is a form of its own
    field = document.xpath("//main//form//*[@name=$name]", name=name)[0]
    for value in others(browser, field, data[name]):
        data["version"] = form_of(lxml.html.fromstring(browser.get(url).text)).get("version", "")
        if browser.post(url, data={**data, name: value}).status_code == 302:
            return True
    return False


@pytest.fixture
def quiet(rows, cast) -> dict[str, Any]:
    """The rows, and a territory in which no families live: they would keep it in its district."""
    return {**rows, "Territory": factories.territory("Хутор", terms.TerritoryKind.SETTLEMENT, cast.north)}


@pytest.mark.parametrize("view", WRITABLE, ids=lambda view: view.__name__)
def test_a_form_offers_no_field_that_its_reader_may_not_change(view, quiet, sign_in, page):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("what a form asks does not depend on the database")
    url, asked = f"{base(view)}/edit/{quiet[view.entity.__name__].id}", 0
    for who in factories.CAST:
        browser = sign_in(who)
        if browser.get(url).status_code != 200:
            continue
        document = page(browser, url)
        for name in dict.fromkeys(document.xpath("//main//*[contains(@class, 'form__fields')]//*[@name]/@name")):
            asked += 1
            if f"{view.entity.__name__}.{name}" not in TOGETHER:
                assert is_taken(browser, url, name, document), f"{name}: {who} is asked, and no answer is taken"
    assert asked, "nobody may edit it"


def test_what_only_the_administrator_changes_is_shown_to_others_as_text(rows, sign_in, page):
    url = f"/territoryregistry/edit/{rows['Territory'].id}"
    hers, his = page(sign_in("anna"), url), page(sign_in("oleg"), url)
    for name, label, stands in (("kind", "Уровень", "поселение"), ("parent", "Входит в", "Тестовый район")):
        assert his.xpath("//main//select[@name=$name]", name=name), name
        assert not hers.xpath("//main//*[@name=$name]", name=name), name
        assert f"{label}: {stands}" in hers.xpath("string(//main)"), name


def test_a_field_that_was_not_offered_is_not_taken(rows, sign_in, page):
    anna, place = sign_in("anna"), rows["Territory"]
    url, stands = f"/territoryregistry/edit/{place.id}", (place.kind, place.parent_id)
    typed = form_of(page(anna, url)) | {"name": "Северное", "kind": "district", "parent": ""}
    assert anna.post(url, data=typed).status_code == 302
    assert (place.name, place.kind, place.parent_id) == ("Северное", *stands)
