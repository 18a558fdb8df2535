"""Whoever sends what at the same moment: a form is stored once, of two who write one row one is told, nothing fails."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from app import access
from app.crud import RegistryView
from app.domain.terms import Act
from app.extensions import db
from app.models import ImportBatch, JournalEntry, MeasureSetLine, Role
from app.reports import CATALOGUE
from tests import forms_of_acts
from tests.exchange.workbooks import Sound
from tests.forms_of_acts import acts, beside
from tests.test_registry import ADDED, WRITABLE, base, form_of, rows, writer
from tests.test_routes import REGISTRY, routes

__all__ = ["acts", "beside", "rows"]

TIMES = 3
# Tried at once on Postgres, where two acts may be under way: those that look into what is brought before they write,
# and every second one of the others. SQLite lets one write at a time: there whoever comes second is tried of every act.
READING_FIRST = (
    "attach a paper", "new signal card", "photos of a card", "photos of a survey", "bring a scan", "bring a template",
    "bring a signed scan", "submit a report", "correct a report", "answer an instruction",
    "enter an answer from paper", "add a scan to an answer",
)  # fmt: skip
RACED = tuple(dict.fromkeys((*READING_FIRST, *forms_of_acts.NAMES[::2])))
WRITTEN = (Act.CREATED, Act.CHANGED, Act.ANNULLED, Act.MOVED, Act.DELETED, Act.IMPORTED, Act.UNDONE,
           Act.PASSWORD_CHANGED, Act.SESSION_ENDED)  # fmt: skip
# What a further row of an entity says otherwise than the row that is there, where the same would be refused.
OTHERWISE = {
    "Member": {"last_name": "Мятлев", "first_name": "Лев", "born_on": "2016-06-06"},
    "PupilSupport": {"quarter": "2"},
    "Education": {"started_on": "2026-09-01"},
    "Territory": {"name": "Хутор"},
    "TerritoryAlias": {"name": "Сев."},
    "BookWord": {"text": "другое слово"},
    "ChildPopulation": {"counted_on": "2025-05-05"},
    "Agency": {"name": "Школа № 9"},
    "Employee": {"last_name": "Мятлева"},
    "CommissionMember": {"started_on": "2026-09-01", "ended_on": "2026-10-01"},
    "WorkingDay": {"day": "2026-05-05"},
    "RegionalHoliday": {"day": "2026-05-05"},
    "SettledYear": {"year": "2027"},
    "PerformerReport": {"starts_on": "2026-04-01", "ends_on": "2026-06-30", "received_on": "2026-07-03"},
    "MeasureSetLine": {"kind": "7"},
}
# What a row beside that one says otherwise again.
FURTHER = {
    "code": "77.8", "name": "Ещё одно название", "last_name": "Ольхов", "first_name": "Пётр", "born_on": "2017-07-07",
    "text": "третье слово", "starts_on": "2026-04-02",
    "quarter": "3", "year": "2025", "counted_on": "2025-06-06", "day": "2026-05-06", "started_on": "2026-10-01",
}  # fmt: skip


def sent_together(client: FlaskClient, url: str | Sequence[str],
                  forms: Sequence[dict[str, Any]]) -> list[tuple[int, str | None, str]]:  # fmt: skip
    """The answers to forms that browsers with one session send at the same time, to one address or each to its own."""
    urls = [url] * len(forms) if isinstance(url, str) else url
    app = client.application
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value
    db.session.remove()

    def send(url: str, form: dict[str, Any]) -> tuple[int, str | None, str]:
        data = {name: value() if callable(value) else value for name, value in form.items()}
        with app.app_context(), access.acting_as(access.NOBODY):
            browser = FlaskClient(app, app.response_class)
            browser.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
            answer = browser.post(url, data=data)
            return answer.status_code, answer.location, answer.text

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, urls, forms))


def count(entity: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(entity.__table__)) or 0


def last_told() -> int:
    """The latest entry of the journal."""
    return db.session.scalar(select(func.max(JournalEntry.id))) or 0


def check_told_once(before: int) -> None:
    """What the journal says was written after an entry, it says once."""
    entries = db.session.scalars(
        select(JournalEntry).where(JournalEntry.id > before, JournalEntry.act.in_(WRITTEN))
    ).all()
    told = Counter(
        (one.act, one.entity, one.entity_id, json.dumps(one.changes, sort_keys=True), one.summary) for one in entries
    )
    twice = [what for what, times in told.items() if times > 1]
    assert not twice, f"done twice: {twice}"


def said(text: str) -> str:
    """What a page says was wrong."""
    return " ".join(" ".join(lxml.html.fromstring(text).xpath("//main//*[@role='alert']//text()")).split())


def typed_of(view: type[RegistryView], row: Any) -> dict[str, Any]:
    """What would be typed for a further row like this one."""
    found = {name: _typed(getattr(row, name)) for name in view.form_columns}
    if "code" in found:
        found["code"] = "77.7"
    return {name: value for name, value in found.items() if value is not None} | OTHERWISE.get(type(row).__name__, {})


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [str(one.id) for one in value]
    if isinstance(value, bool):
        return "1" if value else None
    if inspect(value, raiseerr=False) is not None and hasattr(value, "id"):
        return str(value.id)
    return None if value is None else str(getattr(value, "value", value))


@pytest.mark.parametrize("view", ADDED, ids=lambda view: view.__name__)
def test_a_row_is_added_once_by_one_form_and_by_two_as_often_as_is_said(view, rows, sign_in):
    browser, entity, url = sign_in(writer(view)), view.entity, f"{base(view)}/add"
    typed = typed_of(view, rows[entity.__name__])
    form = forms_of_acts.ActForm(writer(view), url, url, typed)
    forms = [form.filled(browser) for _form in range(2)]
    before, written = count(entity), last_told()
    answers = sent_together(browser, url, [forms[0]] * TIMES)
    assert len({answer[:2] for answer in answers}) == 1, "the second answer is not like the first"
    assert answers[0][0] == 302, said(answers[0][2])
    assert count(entity) == before + 1
    check_told_once(written)
    further = FURTHER | ({"kind": "8"} if entity is MeasureSetLine else {})
    keyed = [form | {name: value for name, value in further.items() if name in form} for form in forms]
    keyed[0]["form_key"] = "a-further-form-of-its-own"
    before = count(entity)
    answers = sent_together(browser, url, keyed)
    stored = [status for status, _location, _text in answers if status == 302]
    assert {status for status, _location, _text in answers} <= {200, 302}
    assert stored, said(answers[0][2])
    assert count(entity) == before + len(stored)


@pytest.mark.parametrize("view", WRITABLE, ids=lambda view: view.__name__)
def test_of_two_who_change_a_row_at_once_one_is_told(view, rows, sign_in):
    browser, row = sign_in(writer(view)), rows[view.entity.__name__]
    key, version, url = row.id, row.version, f"{base(view)}/edit/{row.id}"
    forms = [form_of(lxml.html.fromstring(browser.get(url).text)) for _form in range(2)]
    name, values = _changed(view, forms[0])
    answers = sent_together(browser, url, [form | {name: value} for form, value in zip(forms, values, strict=True)])
    assert sorted(status for status, _location, _text in answers) == [200, 302]
    refused = next(text for status, _location, text in answers if status == 200)
    assert 'role="alert"' in refused
    assert db.session.get(view.entity, key).version == version + 1


def _changed(view: type[RegistryView], form: dict[str, Any]) -> tuple[str, tuple[str, str]]:
    """A field of a form, and two values that would be taken instead of the one that stands there."""
    texts = (
        "note",
        "name",
        "workplace",
        "additional",
        "description",
        "organisation",
        "issued_by",
        "source",
        "position",
        "text",
        "details",
    )
    for name in texts:
        if name in form and view.entity.__mapper__.columns[name].type.python_type is str:
            return name, ("первое", "второе")
    return "ended_on", ("2026-10-10", "2026-10-11")


@pytest.mark.one_database("the key of a form is claimed by one statement for every act: test_acts.py, on both")
@pytest.mark.parametrize("name", forms_of_acts.NAMES)
def test_one_form_of_an_act_is_stored_once_and_who_does_it_once_more_is_told(name, acts, sign_in):
    act = acts[name]
    browser = sign_in(act.who)
    form = act.filled(browser)
    before, written = count(act.makes or Role), last_told()
    answers = sent_together(browser, act.url, [form] * 2)
    shown = [text for status, _location, text in answers if status == 200]
    assert {status for status, _location, _text in answers} <= {200, 302}
    assert len({location for status, location, _text in answers if status == 302}) == 1, [*map(said, shown)]
    assert all("one-time-password" in text for text in shown), [*map(said, shown)]
    assert len(shown) <= 1, "a one-time password is shown twice"
    assert count(act.makes or Role) == before + bool(act.makes)
    check_told_once(written)
    again = form | {"form_key": "a-further-form-of-its-own"}
    [(status, _location, _text)] = sent_together(browser, act.url, [again])
    assert status in {200, 302, 404, 409}
    if act.once:
        assert count(act.makes or Role) == before + bool(act.makes)
        check_told_once(written)


@pytest.mark.one_database("SQLite lets one write at a time: the test above tries every act there", on="postgres")
@pytest.mark.parametrize("name", RACED)
def test_of_two_who_do_an_act_at_once_one_is_told(name, acts, sign_in):
    act = acts[name]
    browser = sign_in(act.who)
    forms = [act.filled(browser) for _form in range(2)]
    before, written = count(act.makes or Role), last_told()
    answers = sent_together(browser, act.url, forms)
    assert {status for status, _location, _text in answers} <= {200, 302, 404, 409}
    if act.once:
        assert count(act.makes or Role) == before + bool(act.makes)
        check_told_once(written)


def test_a_workbook_is_loaded_once(sign_in, cast):
    anna = sign_in("anna")
    shown = anna.post("/exchange/preview", data={"file": (io.BytesIO(Sound().content()), "книга.xlsx")})
    form = lxml.html.fromstring(shown.text).get_element_by_id("apply")
    written = last_told()
    answers = sent_together(anna, "/exchange/apply", [dict(form.form_values())] * TIMES)
    assert {status for status, _location, _text in answers} == {302}
    assert len({location for _status, location, _text in answers}) == 1
    assert count(ImportBatch) == 1
    check_told_once(written)


# What takes a form and is tried elsewhere.
TRIED_ELSEWHERE = {
    "Exchange.preview": "writes nothing",
    "Exchange.faults": "writes nothing",
    "Exchange.apply": "above",
    "Exchange.export_later": "puts a job by: tests/work",
    **dict.fromkeys(("SavedFilters.keep", "SavedFilters.rename", "SavedFilters.drop"), "tests/test_saved.py"),
    **dict.fromkeys(("Drafts.keep", "Drafts.drop"), "tests/screens/test_drafts.py"),
    "MeetingPapers.packs": "puts a job by: tests/work",
    **dict.fromkeys(("Doctor.run", "Backups.make"), "puts a job by: tests/work"),
    **dict.fromkeys((f"{one.view}.later" for one in CATALOGUE), "puts a job by: tests/test_known.py"),
    **dict.fromkeys(("BeforeSending.show", "Submissions.recount"), "puts a job by: tests/work/test_submissions.py"),
    "Execution.window": "tests/screens/test_execution.py: a form that is sent twice is one aid",
    "ProgrammeActs.put_set": "tests/screens/test_programmes.py: a set is put in only once",
    "Work.cancel": "stops a job: tests/work/test_queue.py",
    **dict.fromkeys(("OwnAccount.make_feed", "OwnAccount.withdraw_feed"), "tests/test_feeds.py"),
    **dict.fromkeys(
        (
            "Books.give",
            "Books.say",
            "Months.answer",
            "Months.assemble",
            "Months.give_back",
            "Months.remind",
            "Schools.merge",
            "Execution.cut",
            "FamilyStory.mark",
            "TransferFiles.answered",
            "TransferFiles.open",
            "TransferFiles.seal",
            "TransferFiles.take",
            "TransferPage.decline",
            "TransferPage.receive",
            "TransferPage.send",
            "TransferPage.undo",
            "TransferPage.withdraw",
        ),
        "the key of a form is claimed by the edge for every act: tests/test_acts.py",
    ),
    **dict.fromkeys(
        ("OwnAccount.begin_second", "OwnAccount.confirm", "OwnAccount.second", "Users.reset_second"),
        "tests/test_second_step.py",
    ),
    "OwnAccount.password": "tests/test_signin.py: the old password is another one the second time",
}


def test_every_act_is_tried_here(app, acts):
    assert tuple(acts) == forms_of_acts.NAMES
    adapter = app.url_map.bind("localhost")
    tried = {adapter.match(act.url, method="POST")[0] for act in acts.values()} | TRIED_ELSEWHERE.keys()
    taken = {endpoint for endpoint, method, _address in routes(app) if method == "POST"}
    taken = {one for one in taken if one.partition(".")[0] not in (*REGISTRY, "SignIn")}
    assert sorted(taken - tried) == []
