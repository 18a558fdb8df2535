"""What a page asks of the database does not grow with the rows it shows: every route, at two sizes of a bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.orm import class_mapper

from app import clock, models
from app.domain import terms
from app.extensions import db
from app.models import Dictionary, Model
from app.screens import lookup
from tests import factories
from tests.exchange.workbooks import Sound, load
from tests.test_files import FILES, NOT_FILES
from tests.test_registry import is_walked
from tests.test_routes import REGISTRY, STATIC, is_open
from tests.unmade import making_no_files

pytestmark = pytest.mark.one_database("the statements are the same on both databases")

PEOPLE = ("anna", "oleg", "avgust", "boris", "gleb", "renata", "zoya")
FEW, MANY = 2, 5  # families of a bank; each with a place, a body and a person of its own
MOST = 15
# Files that ask for more, and what for; every screen asks for no more.
DEARER = {
    "Exchange.export": (28, "every table of the bank by portions"),
    "Openings.held": (22, "every entity that may name a person, and what its rows name"),
    **{f"PassportScreen.{name}": (23, "every stretch of the road of a family") for name in ("passport", "card")},
}  # fmt: skip
# Rows that name a family and are no part of it.
OF_THEIR_OWN = (models.SignalCard, models.SurveyGroup, models.AgendaItem, models.Instruction)
GIVEN = {
    "QuarterlyForm.behind": "figure=18", "QuarterlyForm.list_file": "figure=18", "Search.show": "q=полоз",
}  # fmt: skip


def fill(cast: factories.Cast, families: range) -> None:
    """Families each of whose rows names rows that no other one names, as far as there are so many."""
    for number in families:
        place = factories.territory(f"Село {number}", terms.TerritoryKind.SETTLEMENT, cast.district)
        factories.territory(f"Район {number}", terms.TerritoryKind.DISTRICT, cast.district)
        body = factories.agency(f"Школа {number}", "5.3", place)
        person = factories.employee(body, None, last_name=f"Лугин{'а' * number}", first_name="Пётр")
        rows = factories.one_of_each(
            place, f"{100 + number:05}", body, person, word=f"Слово{number}", year=2010 + number
        )
        factories.agenda_item(rows["Meeting"], rows["Family"], group=rows["SurveyGroup"])
    db.session.flush()
    for entity in {mapper.class_ for mapper in Model.registry.mappers} - {models.JournalEntry}:
        _spread(entity)
    db.session.commit()


def _spread(entity: Any) -> None:
    """Let the rows of an entity name different words of every dictionary."""
    table = class_mapper(entity).local_table
    if issubclass(entity, Dictionary) or "id" not in table.c:
        return
    for column in table.c:
        named = next((key.column.table for key in column.foreign_keys), None)
        target = next((m.class_ for m in Model.registry.mappers if m.local_table is named), None)
        if target is None or not issubclass(target, Dictionary):
            continue
        words = cycle(db.session.scalars(select(named.c.id).order_by(named.c.id.desc())).all())
        for row_id in db.session.scalars(select(table.c.id).where(column.is_not(None)).order_by(table.c.id)).all():
            db.session.execute(update(table).where(table.c.id == row_id).values({column.key: next(words)}))


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are sent while a block runs; those that note when a session was seen are not among them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "UPDATE user_session")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def addresses(app: Flask) -> list[tuple[str, str]]:
    """(endpoint, address) of every page that is fetched, about the first family and its rows."""
    keys = {mapper.class_: db.session.scalar(select(mapper.local_table.c.id).limit(1))
            for mapper in Model.registry.mappers if "id" in mapper.local_table.c}  # fmt: skip
    family = db.session.scalar(select(models.Family.id).where(models.Family.number == "00101"))
    of_family = {
        entity: db.session.scalar(select(entity.id).where(entity.family_id == family).order_by(entity.id).limit(1))
        for entity in keys if hasattr(entity, "family_id") and entity not in OF_THEIR_OWN
    }  # fmt: skip
    given_of = GIVEN | {"Execution.window": f"f={family}"}
    adapter, found = app.url_map.bind("localhost"), []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in STATIC or rule.endpoint.startswith("SignIn"):
            continue
        if not is_walked(rule.endpoint):
            continue
        view, _dot, act = rule.endpoint.partition(".")
        row = {**keys, **of_family, models.Family: family}.get(REGISTRY.get(view), family)
        values: dict[str, Any] = {"pk": row, "kind": "xlsx", "number": 0, "code": "none", "entity": "Member",
                                  "key": of_family[models.Member], "token": "none",
                                  "group_by": "demography"}  # fmt: skip
        values["deadline"] = factories.by_code(models.Deadline, "bank_entry_3d").id
        if (
            view in ("SignalPage", "SignalLikeness", "Emergency")
            or act == "of_card"
            or rule.endpoint == "SignalScans.add"
        ):
            values |= {"pk": keys[models.SignalCard], "family": family, "agency": keys[models.Agency]}
        elif view == "SignalScans":
            values["pk"] = keys[models.CardScan]
        if view == "SurveyPage" and act != "of_card" and act != "of_family":
            values["pk"] = keys[models.SurveyGroup]
        if view == "Doubles":
            person = models.Member if act == "people" else models.Family
            pairs = select(person.id).where(person.family_id == family) if act == "people" else select(person.id)
            first, second = db.session.scalars(pairs.order_by(person.id).limit(2))
            values |= {
                "one": first,
                "other": second,
                "pk": of_family[models.DoublesDecision] if act == "back" else family,
            }
        if view in ("SurveyActs", "SurveyPapers"):
            of_act = rule.rule.startswith("/survey/act/")
            values |= {
                "pk": keys[models.SurveyAct if of_act else models.SurveyGroup],
                "other": family,
                "person": family,
            }
        if view in ("MeetingPage", "SittingPage", "MeetingPapers", "InstructionPage"):
            of_whom = {"item": models.AgendaItem, "instruction": models.Instruction}
            values["pk"] = keys[of_whom.get(rule.rule.split("/")[1], models.Meeting)]
        if rule.rule.startswith("/instruction/scan/"):
            values["pk"] = keys[models.InstructionScan]
        if rule.endpoint == "SittingPage.decide":
            values["pk"] = db.session.scalar(
                select(models.AgendaItem.id).where(models.AgendaItem.decided_at.is_(None)).limit(1)
            )
        if rule.endpoint == "Exchange.batch":
            values["pk"] = keys[models.ImportBatch]
        if view == "Execution":
            values["pk"] = of_family[models.PlannedMeasure if act == "not_done" else models.Aid]
        if view == "Papers" and act != "add":
            values["pk"] = of_family[models.Paper]
        if act in ("correct", "enter", "extend"):
            values["key"] = of_family[models.Registration]
        if view == "Users":
            values["key"] = keys[models.User]
        for name in list(lookup.SOURCES) if rule.endpoint == "Lookup.find" else [""]:
            values |= {"name": name, "entity": name or values["entity"]}
            given = {each: values[each] for each in rule.arguments}
            found.append((rule.endpoint, f"{adapter.build(rule.endpoint, given)}?{given_of.get(rule.endpoint, '')}"))
    return found


def asked(browser: Any, address: str) -> list[str]:
    """What an address asks of the database, when what a server keeps of it is counted already."""
    if address.rstrip("?") in ("/", "/calendar/"):  # tests/screens bound what these ask to count
        browser.get(address)
    with counting() as sent, making_no_files():
        assert browser.get(address).status_code == 200, address
    return sent


def first_asked(app: Flask, browsers: dict[str, Any], endpoint: str, address: str) -> tuple[str, list[str], str]:
    """Who opens an address, the first who may, what it asks, and of what kind it is; nobody, where nobody may."""
    for name in (name for name in browsers if is_open(app, endpoint, name)):
        with counting() as sent, making_no_files():
            answer = browsers[name].get(address)
        if answer.status_code == 200:
            return name, sent, answer.mimetype
    return "", [], ""


@pytest.mark.long
def test_no_page_asks_more_of_a_larger_bank(app, cast, sign_in, monkeypatch):
    monkeypatch.setattr("app.failures.render_template", lambda *_, **__: "")  # nobody asks what a closed page says
    load(Sound().content())
    fill(cast, range(1, FEW + 1))
    for territory in (cast.north, cast.south):
        factories.assignment(cast.employee("boris"), date(2026, 1, 1), place=territory)
    group = db.session.scalars(select(models.SurveyGroup)).first()
    factories.inquiry(group, cast.employee("gleb").agency)
    db.session.commit()
    browsers = {name: sign_in(name) for name in PEOPLE}
    small, files, walked = {}, set(), addresses(app)
    db.session.remove()
    for endpoint, address in walked:
        name, sent, kind = first_asked(app, browsers, endpoint, address)
        if name:
            small[endpoint, address, name] = sent
            files |= set() if kind in NOT_FILES else {endpoint}
    assert files <= FILES.keys(), f"{files - FILES.keys()}: add their addresses to test_files.FILES"
    small |= {("Home.index", "/", name): asked(browser, "/") for name, browser in browsers.items()}
    fill(cast, range(FEW + 1, MANY + 1))
    db.session.remove()
    for browser in browsers.values():  # what is kept of a person's rows is counted again
        browser.get("/")
    faults = []
    for page, before in small.items():
        endpoint, address, name = page
        after = asked(browsers[name], address)
        more, most = Counter(after) - Counter(before), DEARER.get(endpoint, (MOST, ""))[0]
        if len(after) > len(before):
            faults.append(f"{name} {address}: {len(before)} → {len(after)} statements: {more.most_common(2)}")
        elif len(after) > most:
            often = Counter(after).most_common(3)
            faults.append(f"{name} {address}: {len(after)} statements, more than {most}: {often}")
    assert not faults, "\n".join(faults)


def test_the_page_of_a_meeting_asks_no_more_for_a_long_agenda(cast, sign_in):
    """Sixty matters of families and of cards, some of them decided and with instructions, beside two."""
    boris, today = cast.employee("boris"), clock.today()
    factories.commission_member(boris, boris.agency, date(2026, 1, 1))
    meetings = {}
    for size in (2, 60):
        held = factories.meeting(boris.agency, today - timedelta(days=size), [boris, cast.employee("vera")])
        for number in range(size // 2):
            family = factories.family(cast.north, f"{size}{number:03}")
            factories.member(family)
            factories.registration(family, date(2026, 1, 1))
            decided = {"decided_at": clock.now(), "outcome": factories.by_code(models.DecisionOutcome, "heard")}
            item = factories.agenda_item(held, family, **decided)
            factories.instruction(item, cast.agency("5.2"), today)
            factories.agenda_item(held, card=factories.signal_card(cast.north))
        meetings[size] = held.id
    planned = factories.meeting(boris.agency, today + timedelta(days=9), number=3)
    for _place in range(3):
        factories.agenda_item(planned, factories.family(cast.north))
    db.session.commit()
    for name in ("zoya", "anna", "boris"):
        browser = sign_in(name)
        few, many = (asked(browser, f"/meeting/{meetings[size]}") for size in (2, 60))
        assert len(many) <= len(few) <= MOST, (name, (Counter(many) - Counter(few)).most_common(3))
        assert len(asked(browser, f"/meeting/{planned.id}")) <= MOST, name
