"""What a page offers, its reader may do: no field that is refused whatever stands in it, no way that is closed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urljoin

import lxml.html
import pytest
from sqlalchemy import event, select

from app import access, clock, forms, guard, scopes, views, words
from app.domain import terms
from app.extensions import db
from tests import factories, scans
from tests.conftest import drawing_nothing
from tests.test_registry import LIKE_OTHERS, WALKED, WRITABLE, base, form_of, is_walked, own, rows
from tests.test_routes import is_open
from tests.unmade import making_no_files

pytestmark = pytest.mark.one_database(
    "what a page offers is decided by permissions; test_stranger.py opens every page on Postgres"
)

__all__ = ["rows"]

# Fields that change together with others only, and by which rule.
TOGETHER = {
    "Assignment.family": "a family or a territory, never both",
    "Assignment.territory": "a family or a territory, never both",
    "Deadline.days": "days of a year or a number, never both",
}

# Where a few ways are as good as all: the rows of a list of words, the numbers of a report.
FEW_OF = {base(view): 2 for view in views.DICTIONARIES} | {"/reports/": 1, "/charts/": 1}

# Pages of figures: the figure and the days that are chosen open and close none of them.
OF_FIGURES = ("/reports/", "/charts/", "/before-sending/")

# Pages that end the session, or that need one that is not.
NOT_WALKED = ("SignIn.login", "SignIn.logout", "UtilView.back", "static", "health")
OF_EACH_ROLE = ("anna", "zoya", "boris", "gleb", "oleg", "renata", "avgust")
ROLES_OF_ANNA = (terms.Role.COORDINATOR, terms.Role.COMMISSION)


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
    elif field.get("data-day") is not None:
        day = forms.parse_date(stands) or date(2026, 6, 1)
        offered = [words.day(day + timedelta(days=days)) for days in (-1, 1, 30)]
    elif kind == "number":
        offered = [str(int(stands or 1) + step) for step in (-1, 1)]
    else:
        offered = ["иное", "7", "{n}"]
    yield from (value for value in offered if value != stands and [value] != stands)


def is_taken(browser: Any, url: str, name: str, document: Any, row: Any) -> bool:
    """Whether some other value of a field is stored."""
    data = {key: value for key, value in form_of(document).items() if key != "form_key"}  # each is a form of its own
    field = document.xpath("//main//form//*[@name=$name]", name=name)[0]
    if "version" in data:
        data["version"] = str(row.version)
    with drawing_nothing():
        answers = (browser.post(url, data={**data, name: value}) for value in others(browser, field, data[name]))
        return any(answer.status_code == 302 for answer in answers)  # what is refused leaves the version as it was


@pytest.fixture
def quiet(rows, cast) -> dict[str, Any]:
    """The rows, a territory in which no families live: they would keep it in its district, and a further body that
    holds meetings."""
    cast.agency("5.1").sits_as = terms.Sitting.COUNCIL
    return {**rows, "Territory": factories.territory("Хутор", terms.TerritoryKind.SETTLEMENT, cast.north)}


@pytest.mark.parametrize("view", own(WRITABLE), ids=lambda view: view.__name__)
def test_a_form_offers_no_field_that_its_reader_may_not_change(view, app, quiet, sign_in):
    row, asked = quiet[view.entity.__name__], 0
    url = f"{base(view)}/edit/{row.id}"
    for who in OF_EACH_ROLE:
        if not is_open(app, f"{view.__name__}.edit", who):
            continue
        browser = sign_in(who)
        answer = browser.get(url)
        if answer.status_code != 200:
            continue
        document = lxml.html.fromstring(answer.text)
        for name in dict.fromkeys(document.xpath("//main//*[contains(@class, 'form__fields')]//*[@name]/@name")):
            asked += 1
            if f"{view.entity.__name__}.{name}" not in TOGETHER:
                assert is_taken(browser, url, name, document, row), f"{name}: {who} is asked, and no answer is taken"
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


# Pencils, links and buttons


@pytest.fixture
def far(rows, cast) -> dict[str, Any]:
    """One row of everything in the neighbouring district. Anna reads its family as a member of a commission, and a
    body and a person of the region stand in her lists: she keeps none of them."""
    body = factories.agency("Школа за рекой", "5.3", cast.other_district)
    person = factories.employee(body, last_name="Заречная")
    found = factories.one_of_each(cast.far, "77099", body, person, last_name="Заречный", word="Дальнее", year=2025)
    anna = factories.employee(cast.agency("5.1"), cast.user("anna"))
    cast.user("anna").roles.append(cast.user("boris").roles[0])
    factories.assignment(anna, date(2026, 1, 1), of=found["Family"])
    above = factories.agency("Министерство", "5.2", cast.root)
    factories.employee(above, last_name="Столичная")
    factories.mentor(found["Family"], cast.employee("gleb"), date(2026, 2, 1))
    for paper in (rows["Paper"], found["Paper"]):
        scans.store(paper)
    db.session.commit()
    return found


def pages(app: Any, who: str, rows: dict[str, Any]) -> Iterator[str]:
    """The pages without a key, and those of every row: in the registry, in the family, in administration. Those that
    are closed to somebody offer nothing."""
    for rule in app.url_map.iter_rules():
        walked = rule.endpoint not in NOT_WALKED and is_walked(rule.endpoint) and is_open(app, rule.endpoint, who)
        if walked and "GET" in rule.methods and not rule.arguments and not rule.rule.endswith("/xlsx"):
            yield rule.rule
    for view in WALKED:
        if is_open(app, f"{view.__name__}.show", who):
            yield f"{base(view)}/show/{rows[view.entity.__name__].id}"
    for suffix in ("", "/timeline", "/history"):
        yield f"/family/{rows['Family'].id}{suffix}"


def ways(text: str, path: str) -> Iterator[str]:
    """Where the links of a page lead. An order, a page, a place of this very page is no way; a workbook is asked by
    the permission alone, and so are the other dictionaries."""
    document, seen = lxml.html.fromstring(text), Counter()
    for address in dict.fromkeys([*document.xpath("//a/@href"), *document.xpath("//@data-href")]):
        way = urljoin(path, address).partition("#")[0]
        target = way.partition("?")[0]
        if not target or target == path or target.endswith("/xlsx") or target.startswith("/logout"):
            continue
        kind = re.sub(r"\d+", "", target)
        seen[kind] += 1
        if any(kind.startswith(f"/{name.lower()}/") for name in LIKE_OTHERS):
            continue
        if seen[kind] <= next((most for beginning, most in FEW_OF.items() if kind.startswith(beginning)), seen[kind]):
            yield way


def questions(way: str, who: str) -> set[Any]:
    """What is asked by a way: whether it is open. By one to figures: whether they are, whether a territory is, and
    whether there are figures by the choices of its address, whatever is chosen and whoever chooses."""
    target, _mark, query = way.partition("?")
    if not target.startswith(OF_FIGURES):
        return {way}
    asked = parse_qs(query)
    return {(target, frozenset(asked) if who == "anna" else ""), *asked.get("territory", ())}


@pytest.mark.long
@pytest.mark.parametrize("who", OF_EACH_ROLE)
def test_every_way_that_a_page_offers_is_open(app, who, rows, far, sign_in, monkeypatch):
    """A way often leads to a page that is walked itself; of the others the status alone is asked, and none is drawn.
    No file is made: tests/test_files.py makes each."""
    browser, answered = sign_in(who), set()
    walked = dict.fromkeys((*pages(app, who, rows), *pages(app, who, rows | far)))
    db.session.remove()  # hundreds of rows would be put out of date after each request
    fetch = cache(browser.get)
    monkeypatch.setattr("app.failures.render_template", lambda *_, **__: "")  # a closed page offers nothing

    def status(way: str) -> int:
        if way in walked:
            with making_no_files():
                return fetch(way).status_code
        with drawing_nothing(), making_no_files():
            return browser.get(way).status_code

    for path in walked:
        with making_no_files():
            answer = fetch(path)
        if answer.status_code != 200 or not answer.mimetype.startswith("text/html"):
            continue
        for way in ways(answer.text, path):
            if not questions(way, who) <= answered:
                assert status(way) == 200, f"{who}: {path} offers {way}"
                answered |= questions(way, who)
    assert answered


def test_a_pencil_stands_where_the_row_is_kept_and_not_where_it_is_seen(rows, far, cast, sign_in, page):
    anna = sign_in("anna")
    for view in (views.AgencyRegistry, views.EmployeeRegistry, views.MemberRegistry, views.AssignmentRegistry):
        listed = page(anna, f"{base(view)}/list/?psize_{view.__name__}=100")
        edited = {int(key) for key in re.findall(r"/edit/(\d+)", "\n".join(listed.xpath("//main//a/@href")))}
        shown = {int(key) for key in re.findall(r"/show/(\d+)", "\n".join(listed.xpath("//main//td//a/@href")))}
        with access.acting_as(scopes.scope_of(cast.user("anna"), ROLES_OF_ANNA, clock.today())):
            kept = {row.id for row in db.session.scalars(select(view.entity)) if guard.may_write(row)}
        assert edited == kept & shown, view.__name__
        assert edited, view.__name__
        assert shown - edited, f"{view.__name__}: every row is hers, nothing is tried"


def test_a_list_asks_the_owners_of_its_rows_once(rows, cast, sign_in):
    """Whose the rows are costs a list as much for many rows as for few."""
    anna, asked = sign_in("anna"), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    counts = []
    for number in range(2):
        for more in range(10 * number):
            child = factories.member(factories.family(cast.south), last_name=f"Полозов{more}")
            factories.assignment(cast.employee("boris"), date(2026, 1, 1), of=child.family)
            factories.employee(cast.agency("5.1"), last_name=f"Луговая{more}")
        db.session.commit()
        counts.append([])
        for view in (views.MemberRegistry, views.AssignmentRegistry, views.EmployeeRegistry):
            event.listen(db.engine, "before_cursor_execute", note)
            asked.clear()
            anna.get(f"{base(view)}/list/")
            event.remove(db.engine, "before_cursor_execute", note)
            counts[-1].append(len(asked))
    assert counts[0] == counts[1]


def test_the_buttons_of_a_users_page_do_what_they_say(rows, cast, sign_in, page):
    vera, oleg = cast.user("vera").id, sign_in("oleg")
    sign_in("vera")
    pressed = set()
    for _time in range(8):
        buttons = [form for form in page(oleg, f"/users/{vera}").forms
                   if form.action and form.action.startswith("/users/") and form.action not in pressed]  # fmt: skip
        if not buttons:
            break
        answer = oleg.post(buttons[-1].action, data=dict(buttons[-1].form_values()))
        assert answer.status_code in (200, 302), buttons[-1].action
        pressed.add(buttons[-1].action)
    assert {action.rpartition("/")[2] for action in pressed} >= {"password", "deactivate", "activate", "end"}
