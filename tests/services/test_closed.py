"""A submitted period takes a back-dated row with a reason only, whatever road it comes by."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from app import access, clock, scopes
from app.domain import periods
from app.domain.terms import Act, DecisionKind, Role
from app.extensions import db
from app.models import (
    Aid,
    Criterion,
    JournalEntry,
    Member,
    Registration,
    RegistrationCriterion,
    RemovalReason,
    SignalCard,
    Submission,
)
from app.services import closed, doubles, registrations, submissions
from app.services.closed import WrittenRow
from app.services.registrations import DecisionPaper
from tests import factories, meeting_scenes
from tests.exchange.workbooks import Sound
from tests.reports.test_submissions import submitted
from tests.screens.test_exchange import hidden
from tests.states import kept
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("which days a row changes is decided in Python; the rows are read by key")

START, END = date(2026, 7, 1), date(2026, 9, 30)  # of the submitted quarter
STAY = {"family_id": 1, "registered_on": date(2026, 1, 1), "removed_on": None, "removal_reason_id": None,
        "sender_id": None, "card_sent_on": None}  # fmt: skip
PERSON = {"born_on": date(2015, 1, 1), "joined_on": None, "left_on": None}
AID = {"given_on": date(2026, 8, 8), "kind_id": 1, "amount": None, "performer_id": None}

# entity, the row as it was, as it becomes, whether the quarter is touched
CASES = {
    "placed long ago, entered now": (Registration, None, STAY, True),
    "placed after the quarter": (Registration, None, STAY | {"registered_on": date(2026, 10, 1)}, False),
    "removed in the quarter": (Registration, STAY, STAY | {"removed_on": END}, True),
    "removed the day after": (Registration, STAY, STAY | {"removed_on": date(2026, 10, 1)}, False),
    "its reason, told after a removal since": (
        Registration, STAY | {"removed_on": date(2026, 10, 5)},
        STAY | {"removed_on": date(2026, 10, 5), "removal_reason_id": 2}, False,
    ),
    "its reason, of a removal in the quarter": (
        Registration, STAY | {"removed_on": END}, STAY | {"removed_on": END, "removal_reason_id": 2}, True,
    ),
    "resumed, removed in the quarter": (Registration, STAY | {"removed_on": END}, STAY, True),
    "nothing that counts": (Registration, STAY, STAY | {"note": "примечание"}, False),
    "annulled": (Registration, STAY, STAY | {"annulled_at": 1}, True),
    "a child who leaves now": (Member, PERSON, PERSON | {"left_on": date(2026, 11, 1)}, False),
    "a child who had left": (Member, PERSON, PERSON | {"left_on": date(2026, 9, 1)}, True),
    "another birthday": (Member, PERSON, PERSON | {"born_on": date(2014, 1, 1)}, True),
    "aid in the quarter": (Aid, None, AID, True),
    "aid before the eve": (Aid, None, AID | {"given_on": date(2026, 6, 29)}, False),
    "another sum": (Aid, AID, AID | {"amount": 5}, True),
    "a criterion since the quarter": (
        RegistrationCriterion, None,
        {"criterion_id": 1, "position": 0, "since": date(2026, 10, 2), "until": None}, False,
    ),
    "a criterion of then": (
        RegistrationCriterion, None, {"criterion_id": 1, "position": 0, "since": START, "until": None}, True,
    ),
    "a card of another source": (
        SignalCard, {"agency_id": 1, "source": "body", "sent_on": START},
        {"agency_id": 2, "source": "body", "sent_on": START}, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_which_rows_touch_a_submitted_quarter(name):
    entity, was, becomes, expected = CASES[name]
    row = WrittenRow(entity, "", was, becomes)
    assert any(days.touches(START, END) for days in row.stretches()) is expected


@kept
def family(cast):
    """A family on record through the quarter whose form is submitted."""
    home = factories.family(cast.north, number="00555")
    factories.member(home, last_name="Задержкин")
    factories.registration(home, date(2026, 2, 2))
    db.session.commit()
    submitted(cast.district)
    return home


def told() -> list[JournalEntry]:
    return list(db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.BACK_DATED)))


def test_a_merge_and_its_undoing_ask_for_the_reason_too(cast, family):
    other = factories.family(cast.north, number="00556")
    factories.member(other, last_name="Задержкин", first_name="Лев")
    db.session.commit()
    choice = doubles.MergeChoice({}, {}, {})
    with pytest.raises(closed.ClosedPeriodRefusal, match="меняет сданный отчёт"):
        doubles.merge_families(family, other, choice, None, clock.today())
    db.session.rollback()
    with closed.because("две карты одной семьи"):
        decision = doubles.merge_families(family, other, choice, None, clock.today())
    db.session.commit()
    assert [entry.summary for entry in told()] == ["две карты одной семьи – Член семьи: Задержкин Лев Игоревич"]
    with pytest.raises(closed.ClosedPeriodRefusal):
        doubles.take_back(decision, "ошибка", clock.today())


def test_an_act_asks_for_the_reason_and_the_report_tells_it(cast, family, sign_in, page):
    anna, url = sign_in("anna"), f"/family/{family.id}/remove"
    reason = str(factories.by_code(RemovalReason, "11.2").id)
    typed = {"number": "7/1", "decided_on": "2026-08-08", "reason": reason, "note": "основание"}
    assert "closed_reason" not in anna.get(url).text
    refused = anna.post(url, data=form_of(page(anna, url)) | typed)
    assert "меняет сданный отчёт: Форма учёта (Приложение 4), III квартал 2026 года, № 1" in refused.text
    assert refused.text.count('name="closed_reason"') == 1  # signing out asks for no reason
    assert not told()
    done = anna.post(url, data=form_of(page(anna, url)) | typed | {closed.REASON: "копию прислали в октябре"})
    assert done.status_code == 302
    assert {entry.family_id for entry in told()} == {family.id}
    row = db.session.scalars(select(Submission)).one()
    assert {entry.entity_id for entry in told()} == {row.id}
    assert "копию прислали в октябре" in page(anna, f"/submission/{row.id}").text_content()
    assert submissions.faults_of(row.id) == []


def test_what_counts_after_the_period_asks_for_nothing(cast, family, sign_in, page):
    anna, url = sign_in("anna"), f"/family/{family.id}/remove"
    reason = str(factories.by_code(RemovalReason, "11.2").id)
    typed = {"number": "7/1", "decided_on": f"{clock.today():%d.%m.%Y}", "reason": reason, "note": "основание"}
    assert anna.post(url, data=form_of(page(anna, url)) | typed).status_code == 302
    assert not told()


def test_a_form_of_a_list_asks_too(cast, family, sign_in, page):
    anna, child = sign_in("anna"), db.session.scalars(select(Member).where(Member.family_id == family.id)).first()
    url = f"/memberregistry/edit/{child.id}"
    typed = form_of(page(anna, url)) | {"left_on": "01.09.2026", "left_reason": "уехал"}
    refused = anna.post(url, data=typed)
    assert "меняет сданный отчёт" in refused.text
    again = form_of(page(anna, url)) | {"left_on": "01.09.2026", "left_reason": "уехал", closed.REASON: "узнали позже"}
    assert anna.post(url, data=again).status_code == 302
    assert ["узнали позже" in entry.summary for entry in told()] == [True]


def test_a_meeting_of_the_period_is_closed_with_a_reason(cast, family, sign_in, page):
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body, date(2026, 9, 9))
    item = meeting_scenes.item(meeting, family, title="О снятии")
    meeting_scenes.decide(item, DecisionKind.REMOVE, removal_reason=factories.by_code(RemovalReason, "11.2"))
    db.session.commit()
    zoya, url = sign_in("zoya"), f"/meeting/{meeting.id}/close"
    asked = zoya.post(url)
    assert 'name="closed_reason"' in asked.text, page(zoya, url).text_content()
    assert "меняет сданный отчёт" in asked.text
    assert meeting.closed_at is None
    done = zoya.post(url, data={closed.REASON: "протокол подписали позже"})
    assert done.status_code == 302
    db.session.expire_all()
    assert meeting.closed_at is not None
    assert any("протокол подписали позже" in entry.summary for entry in told())


def test_a_load_says_its_rows_of_the_period_and_gives_one_reason(cast, sign_in):
    submitted(cast.district)
    anna, book = sign_in("anna"), Sound().content()
    shown = anna.post("/exchange/preview", data={"file": (BytesIO(book), "книга.xlsx")})
    assert "Строки, которые попадают в сданный период" in shown.text
    data = {name: hidden(shown, name) for name in ("key", "fingerprint")}
    again = anna.post("/exchange/apply", data=data)
    assert "Напишите одну причину на всю загрузку" in again.text
    assert not told()
    loaded = anna.post("/exchange/apply", data=data | {closed.REASON: "реестр поселения сдан позже"})
    assert loaded.status_code == 302
    assert told()
    assert {entry.batch_id for entry in told()} != {None}
    undone = anna.post(loaded.location.replace("batch", "undo"))
    assert 'name="closed_reason"' in undone.text
    assert anna.post(loaded.location.replace("batch", "undo"), data={closed.REASON: "ошибка"}).status_code == 302


def test_a_load_by_command_is_refused_without_a_reason_and_takes_one(app, cast, tmp_path):
    submitted(cast.district)
    file = tmp_path / "книга.xlsx"
    file.write_bytes(Sound().content())
    load = ["bank", "import", str(file), "--apply"]
    refused = app.test_cli_runner().invoke(args=load)
    assert (refused.exit_code, told()) == (1, [])
    assert "--reason" in refused.output.splitlines()[-1]
    assert "Форма учёта" in refused.output.splitlines()[-1]
    done = app.test_cli_runner().invoke(args=[*load, "--reason", "реестр поселения сдан позже"])
    assert done.exit_code == 0, done.output
    assert all(entry.summary.startswith("реестр поселения сдан позже – ") for entry in told())
    assert told()


def test_what_the_installation_writes_row_by_row_is_asked_for_nothing_and_a_person_is(cast, family):
    stay = db.session.scalars(select(Registration).where(Registration.family_id == family.id)).one()
    criterion = factories.by_code(Criterion, "2.3.1")
    paper = DecisionPaper("7/7", END - timedelta(days=9), cast.agency("5.1"))
    anna = scopes.scope_of(cast.user("anna"), [Role.COORDINATOR], clock.today())
    with access.acting_as(anna), pytest.raises(closed.ClosedPeriodRefusal):
        registrations.change_criteria(stay, paper, day=paper.decided_on, criteria=[criterion], note="по итогам",
                                      today=clock.today())  # fmt: skip
    db.session.rollback()
    with access.unrestricted():
        stay.registered_on = START
        db.session.flush()


def test_the_period_of_another_territory_stays_open(cast, family):
    far = factories.family(cast.far)
    found = closed.touched([
        WrittenRow(Registration, "", None, STAY, one.id) for one in (far, family)
    ])  # fmt: skip
    assert [each.row.family_id for each in found] == [family.id]
    assert found[0].said == f"Форма учёта (Приложение 4), {periods.quarter(2026, 3).title}, № 1"
