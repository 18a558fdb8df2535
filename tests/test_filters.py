"""What an address asks and a page does not understand is said, and then nothing is shown: of every list and file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import func, select

from app import filters
from app.domain import terms
from app.extensions import db
from app.models import FamilyCategory, JournalEntry
from tests import factories
from tests.conftest import drawing_nothing
from tests.test_registry import WALKED, is_walked
from tests.test_routes import is_open
from tests.unmade import making_no_files

SAID = "Отбор не понят"
READERS = {"filters.py", "signin.py", "forms.py"}  # the way back after signing in, and what a form is opened with
# What cannot be a value, by the method that asks for it.
WRONG = {
    "text": ["ш" * 1000, "***", "\x00"],  # the first is refused everywhere
    "day": ["31.02.2026", "2026-13-01", "0001-01-01", "вчера"],
    "number": ["abc", "-1", "²", "9" * 20, "1.5"],
    "one_of": ["nosuch", "1;drop"],
    "row": ["abc", "987654", "9" * 20],
    "page": ["abc", "-1", "9" * 20],
}
PEOPLE = ("anna", "oleg", "avgust")
# What a route must be given to be a list at all.
GIVEN = {"QuarterlyForm.behind": "figure=18", "QuarterlyForm.list_file": "figure=18"}


@pytest.fixture
def family(cast: factories.Cast) -> Any:
    row = factories.family(cast.north, number="00077")
    factories.member(row)
    factories.registration(row, date(2026, 1, 1))
    db.session.commit()
    return row


@dataclass
class Conditions:
    """What pages ask of their address while the test runs: (method, name) of each, and the names not understood."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def clear(self) -> None:
        self.asked.clear()
        self.refused.clear()


@pytest.fixture
def conditions(monkeypatch: pytest.MonkeyPatch) -> Conditions:
    found = Conditions()
    for method in ("text", "day", "number", "one_of", "row", "page"):
        original = getattr(filters.Address, method)

        def note(self: Any, *args: Any, _method: str = method, _original: Any = original, **values: Any) -> Any:
            name, faults = args[0] if args else "page", len(self.faults)
            found.asked.append((_method, name))
            try:
                return _original(self, *args, **values)
            finally:
                found.refused |= {name} if len(self.faults) > faults else set()

        monkeypatch.setattr(filters.Address, method, note)
    return found


def pages(app: Any, family: Any) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of every page that is fetched, of a family that Anna sees."""
    values = {"pk": family.id, "key": family.id, "name": "children", "entity": "Family", "kind": "xlsx"}
    values |= dict.fromkeys(("family", "deadline", "agency", "one", "other", "person"), family.id) | {
        "token": "none",
        "number": 0,
        "code": "2026-07",
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        shown = "static" not in rule.endpoint and not rule.endpoint.startswith("SignIn")
        if "GET" in rule.methods and shown and is_walked(rule.endpoint):
            yield rule.endpoint, adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments if
                                                               name in values})  # fmt: skip


def rows_of(answer: Any) -> list[Any]:
    return lxml.html.fromstring(answer.text).xpath("//tbody/tr")


@pytest.mark.long
@pytest.mark.one_database("what is not understood does not reach the database")
def test_every_list_and_file_says_what_it_does_not_understand_and_shows_nothing(app, family, conditions, sign_in):
    """All that is wrong is sent at once and told at once; what is not told of then is sent alone."""
    browsers = {name: sign_in(name) for name in PEOPLE}
    walked, shown = set(), list(pages(app, family))
    db.session.remove()
    for endpoint, address in shown:
        browser, asked = _reader(browsers, conditions, endpoint, address)
        if browser is None:
            continue
        walked.add(endpoint)
        given = dict(part.split("=") for part in GIVEN.get(endpoint, "").split("&") if part)
        wrong = {name: WRONG[method][0] for method, name in asked} | {"nosuch": "1", "_flt_7_number": "1"}
        before = db.session.scalar(select(func.count(JournalEntry.id)))
        conditions.clear()
        answer = browser.get(address, query_string=given | wrong)
        assert answer.status_code == 400, f"{address}: read through app.filters and refused with its sentence"
        assert SAID in answer.text, address
        assert not rows_of(answer), f"{address} shows rows"
        for name in wrong.keys() - conditions.refused:
            if f"{name}: {filters.UNKNOWN}" not in answer.text:
                with drawing_nothing():
                    answer_alone = browser.get(address, query_string=given | {name: wrong[name]})
                assert answer_alone.status_code == 400, f"{address}?{name}={wrong[name][:20]}"
        assert db.session.scalar(select(func.count(JournalEntry.id))) == before, f"{endpoint}: nothing was shown"
    lists = {f"{view.__name__}.{act}" for view in WALKED for act in ("list", "xlsx")}
    screens = {"JournalScreen.list", "Search.show", "FamilyStory.timeline", "FamilyStory.since", "FamilyPage.history",
               "QuarterlyForm.show", "QuarterlyForm.behind", "QuarterlyForm.list_file", "QuarterlyForm.export",
               "Users.list", "Lookup.find", "Exchange.show", "Exchange.export"}  # fmt: skip
    assert lists | screens <= walked


def _reader(browsers: Any, conditions: Conditions, endpoint: str, address: str) -> tuple[Any, list[tuple[str, str]]]:
    """Who opens a page that reads its address, and what it reads; nobody if it reads nothing."""
    for name, browser in browsers.items():
        if not is_open(browser.application, endpoint, name):
            continue
        conditions.clear()
        with drawing_nothing(), making_no_files():
            answer = browser.get(f"{address}?{GIVEN.get(endpoint, '')}".rstrip("?"))
        if answer.status_code == 200:
            return (browser, sorted(set(conditions.asked))) if conditions.asked else (None, [])
    return None, []


@pytest.mark.one_database("what is not understood does not reach the database")
@pytest.mark.parametrize(("kind", "name"), [
    ("text", "/memberregistry/list/?_flt_0_last_name="), ("day", "/memberregistry/list/?_flt_0_born_on="),
    ("day", "/memberregistry/list/?_flt_1_born_on="), ("row", "/memberregistry/list/?_flt_0_family="),
    ("row", "/familyregistry/list/?_flt_0_territory="), ("row", "/familyregistry/xlsx?_flt_0_categories="),
    ("one_of", "/memberregistry/list/?_flt_0_sex="), ("one_of", "/memberregistry/list/?_oc_MemberRegistry="),
    ("number", "/pupilsupportregistry/xlsx?_flt_0_year="), ("page", "/memberregistry/list/?page_MemberRegistry="),
    ("page", "/family/{pk}/history?page="), ("page", "/family/{pk}/timeline?page="),
])  # fmt: skip
def test_no_value_that_cannot_be_one_is_dropped(family, sign_in, kind, name):
    anna = sign_in("anna")
    for value in WRONG[kind]:
        path, _mark, query = name.format(pk=family.id).partition("?")
        answer = anna.get(path, query_string={query.rstrip("="): value})
        assert answer.status_code == 400, value
        assert SAID in answer.text


def test_a_row_of_somebody_elses_is_no_filter(family, cast, sign_in):
    stranger = factories.family(cast.far, number="00001")
    answer = sign_in("anna").get(f"/memberregistry/xlsx?_flt_0_family={stranger.id}")
    assert answer.status_code == 400
    assert filters.NO_ROW in answer.text
    assert "00001" not in answer.text


@pytest.mark.one_database("what is not understood does not reach the database")
def test_what_was_typed_stays_in_the_filter_bar_beside_the_way_out(family, sign_in, page):
    document = page(sign_in("anna"), "/memberregistry/list/?_flt_0_born_on=31.02.2026&_flt_0_last_name=полоз", 400)
    assert document.xpath("//input[@name='_flt_0_born_on']/@value") == ["31.02.2026"]
    assert document.xpath("//input[@name='_flt_0_born_on']/@type") == ["text"]
    assert document.xpath("//input[@name='_flt_0_last_name']/@value") == ["полоз"]
    assert document.xpath("//*[@role='alert']//a/@href") == ["/memberregistry/list/"]


@pytest.mark.one_database("what is not understood does not reach the database")
def test_a_condition_that_stands_twice_is_not_chosen_from(family, sign_in):
    answer = sign_in("anna").get("/familyregistry/list/?_flt_0_number=00077&_flt_0_number=00078")
    assert answer.status_code == 400
    assert "дважды" in answer.text


@pytest.mark.one_database("what is not understood does not reach the database")
def test_a_stretch_that_ends_before_it_begins_is_told(family, sign_in):
    answer = sign_in("anna").get("/memberregistry/list/?_flt_0_born_on=2020-01-01&_flt_1_born_on=2010-01-01")
    assert answer.status_code == 400
    assert "начало позже конца" in answer.text


def test_a_page_after_the_last_shows_the_last(family, sign_in):
    anna = sign_in("anna")
    assert rows_of(anna.get("/memberregistry/list/?page_MemberRegistry=7"))
    for address in (f"/family/{family.id}/history?page=7", f"/family/{family.id}/timeline?page=7"):
        answer = anna.get(address)
        assert answer.status_code == 200
        assert "empty" not in answer.text
    assert rows_of(sign_in("avgust").get("/journal/?page=77"))


def test_a_retired_word_that_narrows_a_list_is_shown_as_chosen(family, sign_in, page):
    word = db.session.scalars(select(FamilyCategory).order_by(FamilyCategory.id)).first()
    word.retired = True
    document = page(sign_in("anna"), f"/familyregistry/list/?_flt_0_categories={word.id}")
    assert document.xpath("//select[@name='_flt_0_categories']/option[@selected]/@value") == [str(word.id)]


def test_the_journal_names_the_conditions_in_words(family, sign_in):
    sign_in("anna").get("/memberregistry/list/?_flt_1_born_on=2020-01-05&_flt_0_sex=m")
    said = db.session.scalar(select(JournalEntry.summary).where(JournalEntry.act == terms.Act.LISTED))
    assert "по 05.01.2020" in said
    assert "Пол: м" in said


def test_conditions_are_read_in_one_place():
    found = {
        path.name
        for path in Path(filters.__file__).parent.rglob("*.py")
        if "request.args" in path.read_text(encoding="utf-8")
    }
    assert found <= READERS, f"{found - READERS}: ask app.filters.Address, it says what it does not understand"
