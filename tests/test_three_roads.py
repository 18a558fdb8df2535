"""Whatever is typed, by an act on a family's page, by a list or in a workbook: no rule is broken, nothing fails.

Forms are filled in half at random, so that some are sound and some are not. What was refused has stored nothing, and
the doctor finds the bank sound after all of them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import lxml.html
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import access, doctor
from app.clock import today
from app.domain.refusal import Refusal
from app.exchange import apply
from app.exchange.workbook import SHEETS
from app.extensions import db
from app.models import Model, OfFamily
from app.reports import CATALOGUE
from app.services import registrations
from tests import factories, scans
from tests.conftest import PASSWORD, Bank, Person
from tests.exchange.workbooks import Sound, planned
from tests.test_registry import ADDED, VIEWS, WRITABLE, base, form_of, writer

EXAMPLES, STEPS = 6, 18
DAYS = ["2026-03-03", "03.03.2026", "2026-06-06", "2024-02-01", "2015-05-05"]
NO_DAYS = ["2030-01-01", "1899-12-31", "31.02.2026", "вчера"]
TEXTS = ["Ясенева", "Иван", "7/1", "12,50", "2026", "1", "ул. Речная, д. 7"]
NO_TEXTS = ["-", "00001", "10.01; 05.04", "я" * 501, "<b>№\u00a08</b>", " "]
CELLS = [
    *TEXTS,
    *NO_TEXTS,
    None,
    date(2026, 3, 3),
    date(2030, 1, 1),
    date(1985, 1, 2),
    0,
    4.5,
    "да",
    "2.1",
    "5.3",
    "сын",
]
FAMILIES, KEYS = (1, 2), (1, 1, 2, 2, 3, 4)
PASSED = {"user_session", "sent_form", "journal_entry", "account"}  # what a refused form may leave behind


def pages() -> list[tuple[str, str]]:
    """Who opens it and the address of every form of the two roads by which people type; {family}, {key} are drawn."""
    acts = (
        "place",
        "criteria",
        "decide",
        "remove",
        "correct/{key}",
        "move/{key}",
        "enter/{key}",
        "extend/{key}/3",
        "papers/add",
        "names",
        "names/{key}",
    )
    of_families = [view for view in ADDED if issubclass(view.entity, OfFamily)]
    annulled = [view for view in VIEWS if "annul" not in view.exclude_route_methods]
    of_anna = [
        *["/signal/new"] * 4,
        *["/family/new", *(f"/family/{{family}}/{act}" for act in acts)] * 3,
        *(f"{base(view)}/add" for view in of_families * 8),
        *(f"/family/{{family}}/annul/{entity}/{{key}}" for entity in sorted(registrations.ANNULLABLE)),
        *(f"{base(view)}/annul/{{key}}" for view in annulled),
        "/papers/{key}/annul",
    ]
    return [
        *(("anna", url) for url in of_anna),
        *((writer(view), f"{base(view)}/add") for view in ADDED),
        *((writer(view), f"{base(view)}/edit/{{key}}") for view in WRITABLE),
    ]


PAGES = pages()


@pytest.mark.one_database("the rules are the same in both databases, and the forms are many")
def test_every_form_about_families_is_among_those_that_are_typed_in(app):
    """A route that takes a form and is not here is neither tried at random nor asked of the doctor."""
    typed = {url.replace("{family}", "<int:pk>") for _who, url in PAGES}
    typed = {re.sub(r"annul/[A-Z]\w+", "annul/<entity>", url) for url in typed}
    others = {"Exchange", "SignIn", "OwnAccount", "Users", "Roles", "Work", "SavedFilters", "SignalPage", "Drafts",
              "SignalScans", "Emergency", "SurveyPage", "SurveyActs", "SurveyPapers", "InquiryPage",
              "Findings", "MeetingPage", "SittingPage", "MeetingPapers", "InstructionPage",
              "PaperTemplates", "ProgrammePage", "ProgrammeActs", "Execution", "TransferPage", "TransferFiles", "Books",
              "Months", "FamilyStory", "Doctor", "Backups", "SignalClocks", "Deliveries",
              "Doubles", "Submissions", "HoldPage", "Retention", "BeforeSending", "Schools"}  # fmt: skip
    no_facts = {"FamilyRegistry.passports", *(f"{one.view}.later" for one in CATALOGUE)}
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint.partition(".")[0] not in others and rule.endpoint not in no_facts:
            of_keys = rule.rule.replace("<int:key>", "{key}").replace("<int:deadline>", "3")
            same = {rule.rule, of_keys, rule.rule.replace("<int:pk>", "{key}")}
            assert same & typed, f"{rule.rule}: name its form in `pages`"


@pytest.fixture
def sign_in_to(bank: Bank) -> Callable[[str], Person]:
    """A browser of one of the cast, signed in anew."""

    def sign(name: str) -> Person:
        bank.app.test_client_class = Person
        client = bank.app.test_client()
        assert client.post("/login/", data={"username": name, "password": PASSWORD}).status_code == 302
        client.token = None
        return client

    return sign


@pytest.fixture
def settle(bank: Bank) -> Callable[[], None]:
    """Lay back the pristine bank and enter two families with a little of everything."""

    def lay() -> None:
        bank.restore()
        cast = factories.Cast()
        for number, place in enumerate((cast.north, cast.south), start=1):
            family = factories.family(place, f"{number + 10:05d}")
            mother = factories.member(family, "мать", date(1990, 4, 7), "Липатова", "Ирина", None)
            child = factories.member(family)
            until = date(2026, 5, 5) if number == 2 else None
            factories.registration(family, date(2026, 3, 3), until=until, sender=cast.agency("5.3"),
                                   received_on=date(2026, 3, 3))  # fmt: skip
            factories.education(child, date(2025, 9, 1))
            factories.support(child, 2026, 1)
            factories.aid(family, date(2026, 4, 4), recipients=[mother])
            factories.mentor(family, cast.employee("gleb"), date(2026, 3, 3))
        db.session.commit()

    return lay


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """All that the bank holds, but what every request leaves, as the database itself gives it: it is asked often."""
    plain = db.session.connection().connection.driver_connection
    found = {
        name: plain.execute(f'SELECT * FROM "{name}"').fetchall() for name in Model.metadata.tables.keys() - PASSED
    }
    db.session.rollback()
    return found


# Forms


def filled(draw: Any, form: lxml.html.FormElement, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form, some kept as they came, some filled in anew: with what fits, or with anything."""
    fields = {field.get("name"): field for field in form.xpath(".//input | .//select | .//textarea")}
    found = dict(values)
    for name, value in values.items():
        if name in ("csrf_token", "form_key") or name not in fields:
            continue
        empty = 1 if fields[name].get("required") is not None else 5
        if draw(st.integers(0, 9)) >= (8 if value else empty):
            sound = draw(st.integers(0, 7)) > 0
            found[name] = draw(st.sampled_from(fitting(fields[name], name, sound=sound)))
    return found


def fitting(field: Any, name: str, *, sound: bool) -> list[Any]:
    """What may be typed or chosen in a field."""
    if field.tag == "select":
        options = [option for option in field.xpath("./option/@value") if option or not sound]
        if field.get("data-lookup"):
            options = [*map(str, KEYS)] if sound else ["77"]
        return [[option] for option in options if option] if field.get("multiple") is not None else options or [""]
    if field.get("type") in ("checkbox", "radio"):
        return ["", field.get("value") or "y"]
    if re.search(r"(_on|day)$", name):
        return DAYS if sound else NO_DAYS
    return TEXTS if sound else NO_TEXTS


def post(draw: Any, clients: dict[str, Any]) -> str:
    """Open a form, fill it in and send it; says what was done, for the report of a failure."""
    who, address = draw(st.sampled_from(PAGES))
    client, url = clients[who], address.format(family=draw(st.sampled_from(FAMILIES)), key=draw(st.sampled_from(KEYS)))
    opened = client.get(url)
    assert opened.status_code < 500, url
    if opened.status_code != 200:
        return f"{url}: {opened.status_code}"
    document = lxml.html.fromstring(opened.text)
    forms = document.xpath("//form[contains(@class, 'form')][.//input[@name='csrf_token']]")
    if not forms:
        return f"{url}: no form"
    data = filled(draw, forms[0], form_of(document))
    if forms[0].xpath(".//input[@type='file']"):
        data["file"] = (io.BytesIO(scans.pdf()), "акт.pdf")
    before = contents()
    answer = client.post(url, data=data)
    said = f"{url} {data}: {answer.status_code}"
    assert answer.status_code < 500, said
    if answer.status_code != 302:
        assert contents() == before, f"refused, and something is stored: {said}"
    return said


def load_book(draw: Any) -> str:
    """Load a workbook some cells of which were changed, as the command does."""
    book = Sound()
    for _ in range(draw(st.integers(0, 3))):
        sheet = draw(st.sampled_from([sheet for sheet in SHEETS if book.rows[sheet.title]]))
        row = draw(st.sampled_from(book.rows[sheet.title]))
        row[draw(st.sampled_from([column.header for column in sheet]))] = draw(st.sampled_from(CELLS))
    before = contents()
    try:
        found = planned(book.content())
        if not found.faults:
            apply.apply(found, today())
            db.session.commit()
            return f"loaded {book.rows}"
        why = str(found.faults[:2])
    except Refusal as refusal:
        why = refusal.text
    db.session.rollback()
    assert contents() == before, f"refused, and something is stored: {why}"
    return f"refused {book.rows}: {why}"


@pytest.mark.long
@pytest.mark.one_database("the rules are the same in both databases, and the forms are many")
def test_the_bank_stays_sound_whatever_is_typed_by_any_road(bank, settle, sign_in_to):
    @settings(phases=[Phase.generate], max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def typed(data: st.DataObject) -> None:
        with bank.app.app_context(), access.unrestricted():
            settle()
            clients, done = {name: sign_in_to(name) for name in ("anna", "oleg")}, []
            for _ in range(STEPS):
                by_book = data.draw(st.integers(0, 9)) == 0
                done.append(load_book(data.draw) if by_book else post(data.draw, clients))
            db.session.commit()
            found = [f"{ailment.probe.name}: {ailment.text}" for ailment in doctor.ailments(today())]
            assert not found, "\n".join([*found, *done])
            db.session.remove()

    typed()
