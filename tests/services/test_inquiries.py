"""What bodies are asked and tell: who sees it and who writes it, what is refused, what answers an inquiry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock, scopes
from app.domain import inquiries as rules
from app.domain.refusal import Refusal
from app.domain.terms import InquiryState
from app.extensions import db
from app.models import Agency, AgencyFinding, AgencyInquiry, AgencyKind, Deadline, SurveyGroup
from app.readings import inquiries as reading
from app.services import inquiries as acts
from app.services.inquiries import SaidByBody
from tests import factories

pytestmark = pytest.mark.one_database("the rules are asked in Python; tests/test_acts.py stores on both")

DAY = timedelta(days=1)
ROLES = {name: role for name, (_first, _last, role) in factories.CAST.items()}


def acting(cast: factories.Cast, name: str, *, special: bool = False) -> Any:
    found = scopes.scope_of(cast.user(name), [ROLES[name]], clock.today(), special=special)
    return access.acting_as(found)


@pytest.fixture
def family(cast: factories.Cast) -> Any:
    row = factories.family(cast.north)
    factories.member(row, "мать", date(1990, 1, 1), first_name="Инна", middle_name=None, last_name="Полозова")
    factories.member(row, left_on=clock.today() - DAY, first_name="Лев")
    return row


@pytest.fixture
def group(cast: factories.Cast, family: Any) -> SurveyGroup:
    """A survey of a family of Anna's, led by a person of the school; Gleb's body is asked, the police has told."""
    leader = factories.employee(cast.agency("5.3"))
    row = factories.survey_group(leader, clock.today() + DAY, of=family)
    factories.inquiry(row, cast.employee("gleb").agency)
    factories.inquiry(row, cast.agency("5.7"))
    factories.finding(row, cast.agency("5.7"), "Вызовов не было", kind="RT.3")
    factories.finding(row, cast.agency("5.7"), "Судим", kind="RT.3", special=True)
    factories.finding(row, cast.employee("gleb").agency, "Пособие")
    db.session.commit()
    return row


def seen() -> tuple[int, set[str]]:
    db.session.expire_all()
    return len(db.session.scalars(select(AgencyInquiry)).all()), set(db.session.scalars(select(AgencyFinding.text)))


def told(text: str = "Семья известна", **values: Any) -> SaidByBody:
    return SaidByBody(**{"told_on": clock.today(), "text": text} | values)


def to_gleb(cast: factories.Cast) -> AgencyInquiry:
    asked = select(AgencyInquiry).where(AgencyInquiry.agency == cast.employee("gleb").agency)
    return db.session.scalars(asked).one()


# Who sees what


def test_who_sees_what_bodies_are_asked_and_tell(cast, group):
    everything = {"Вызовов не было", "Судим", "Пособие"}
    expected = {
        ("anna", True): (2, everything), ("anna", False): (2, everything - {"Судим"}),
        ("boris", True): (2, everything), ("gleb", True): (1, {"Пособие"}),
        ("galina", True): (0, set()), ("vera", True): (0, set()), ("oleg", False): (0, set()),
        ("renata", False): (0, set()), ("avgust", False): (0, set()),
    }  # fmt: skip
    for (name, special), wanted in expected.items():
        with acting(cast, name, special=special):
            assert seen() == wanted, name


def test_a_body_that_guides_the_family_reads_nothing_of_other_bodies(cast, group, family):
    factories.mentor(family, cast.employee("gleb"), clock.today() - DAY)
    with acting(cast, "gleb", special=True):
        assert db.session.scalars(select(SurveyGroup)).all() == [group]
        assert seen() == (1, {"Пособие"})
        assert not reading.are_read(group)
    with acting(cast, "anna"):
        assert reading.are_read(group)


def test_a_body_sees_nothing_any_more_once_it_is_not_asked(cast, group):
    inquiry = db.session.scalars(
        select(AgencyInquiry).where(AgencyInquiry.agency == cast.employee("gleb").agency)
    ).one()
    inquiry.annulled_at = clock.now()
    db.session.flush()
    with acting(cast, "gleb"):
        assert seen() == (0, set())
    inquiry.annulled_at, group.annulled_at = None, clock.now()
    db.session.flush()
    with acting(cast, "gleb"):
        assert seen() == (0, set())


def test_the_sender_of_the_card_reads_nothing_of_its_survey(cast):
    card = factories.signal_card(cast.north, cast.employee("gleb").agency)
    group = factories.survey_group(factories.employee(cast.agency("5.3")), clock.today() + DAY, card=card)
    factories.inquiry(group, cast.agency("5.7"))
    factories.finding(group, cast.agency("5.7"), kind="RT.3")
    with acting(cast, "gleb", special=True):
        assert seen() == (0, set())


def test_that_something_is_hidden_is_told_to_whoever_may_not_read_it(cast, group):
    for name, special, wanted in (("anna", False, True), ("anna", True, False)):
        with acting(cast, name, special=special):
            told_now = reading.told(group)
            assert told_now.hides is wanted
            said = {finding.text for branch in told_now.branches for finding in branch.findings}
            assert said == {"Вызовов не было", "Пособие", *({"Судим"} if special else ())}
    with acting(cast, "gleb"):
        assert not reading.hides_special(group.id, cast.employee("gleb").agency_id)


# Who writes


def test_a_body_writes_its_own_rows_while_it_is_asked_and_asks_nothing(cast, group):
    mine, police = cast.employee("gleb").agency_id, cast.agency("5.7").id
    kind = factories.by_code(AgencyKind, "RT.2").id
    values = {"group_id": group.id, "kind_id": kind, "told_on": clock.today(), "text": "Ещё"}
    db.session.commit()

    def refused(row: Any) -> bool:
        with acting(cast, "gleb"):
            db.session.add(row)
            try:
                db.session.flush()
            except Refusal:
                return True
            finally:
                db.session.rollback()
            return False

    assert not refused(AgencyFinding(agency_id=mine, **values))
    assert refused(AgencyFinding(agency_id=police, **values))
    assert refused(AgencyFinding(agency_id=None, **values))
    other = factories.survey_group(
        factories.employee(cast.agency("5.3")), clock.today(), of=factories.family(cast.south)
    )
    db.session.commit()
    assert refused(AgencyInquiry(group_id=other.id, agency_id=mine, due_on=clock.today(), asked_by=""))
    assert refused(AgencyFinding(agency_id=mine, **values | {"group_id": other.id}))
    inquiry = to_gleb(cast)
    inquiry.answered_at = inquiry.closed_at = clock.now()
    db.session.commit()
    assert refused(AgencyFinding(agency_id=mine, **values))


def test_of_health_and_convictions_tells_whoever_may(cast, group):
    inquiry = db.session.scalars(
        select(AgencyInquiry).where(AgencyInquiry.agency == cast.employee("gleb").agency)
    ).one()
    with acting(cast, "gleb"), pytest.raises(Refusal, match="отдельное право"):
        acts.answer(inquiry, told(special=True), clock.today())
    with acting(cast, "gleb", special=True):
        assert acts.answer(inquiry, told(special=True), clock.today()).special


# What is refused


def test_what_cannot_be_asked_is_refused_beside_its_field(cast, group):
    today, own = clock.today(), cast.agency("5.5")
    school = factories.agency("Школа за рекой", "5.3", cast.far)
    gone = factories.agency("Закрытая школа", "5.3", cast.north)
    gone.closed = True
    for agencies, due_on, field in (
        ([own], today - DAY, "due_on"), ([own], today + 400 * DAY, "due_on"), ([school], today, "agencies"),
        ([gone], today, "agencies"), ([cast.agency("5.7")], today, "agencies"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            acts.ask(group, agencies, None, due_on, today)
        assert refused.value.field == field
    group.annulled_at = clock.now()
    with pytest.raises(Refusal, match="отменено"):
        acts.ask(group, [own], None, today, today)


def test_a_body_cannot_have_told_it_tomorrow(cast, group):
    with pytest.raises(Refusal) as refused:
        acts.tell(group, factories.by_code(AgencyKind, "RT.1"), None, told(told_on=clock.today() + DAY), clock.today())
    assert refused.value.field == "told_on"


# What answers an inquiry


def test_an_inquiry_goes_from_asked_to_closed_and_back(cast, group):
    inquiry, today = acts.ask(group, [cast.agency("5.5")], "Прививки?", clock.today(), clock.today())[0], clock.today()
    assert acts.state(inquiry) is InquiryState.WAITING
    with pytest.raises(Refusal, match="Ответа ещё нет"):
        acts.close(inquiry)
    acts.know_nothing(inquiry)
    assert acts.state(inquiry) is InquiryState.NOTHING
    first = acts.answer(inquiry, told(), today)
    answered_at = inquiry.answered_at
    assert acts.state(inquiry) is InquiryState.ANSWERED
    with pytest.raises(Refusal, match="сначала аннулируйте"):
        acts.know_nothing(inquiry)
    with pytest.raises(Refusal, match="закрывают"):
        acts.withdraw(inquiry, "не нужно")
    acts.answer(inquiry, told("Ещё"), today)
    assert inquiry.answered_at == answered_at
    acts.close(inquiry)
    assert acts.state(inquiry) is InquiryState.CLOSED
    with pytest.raises(Refusal, match="закрыт"):
        acts.answer(inquiry, told("Позже"), today)
    acts.reopen(inquiry, "А осмотр?", today, today)
    assert (acts.state(inquiry), inquiry.question) == (InquiryState.WAITING, "А осмотр?")
    acts.correct(first, told("Иначе"), today)
    assert first.text == "Иначе"


def test_what_is_taken_back_has_not_answered(cast, group):
    inquiry = acts.ask(group, [cast.agency("5.5")], None, clock.today(), clock.today())[0]
    finding = acts.answer(inquiry, told(), clock.today())
    acts.take_back(finding, "не о той семье")
    assert acts.state(inquiry) is InquiryState.WAITING
    with pytest.raises(Refusal, match="аннулирована"):
        acts.correct(finding, told(), clock.today())


def test_of_whom_a_body_is_asked(cast, group):
    inquiry = db.session.scalars(select(AgencyInquiry)).first()
    asked = reading.asked_of(inquiry, clock.today())
    assert asked.people == ["Полозова Инна, 01.01.1990"]
    assert asked.addresses == [group.family.actual_address]


def test_the_day_of_the_answer_is_the_municipalitys_or_three_working_days(cast):
    friday = date(2026, 10, 2)
    assert reading.usual_due(friday) == date(2026, 10, 7)
    row = factories.by_code(Deadline, "body_answer")
    row.number = 1
    db.session.flush()
    assert reading.usual_due(friday) == date(2026, 10, 5)
    row.retired = True
    db.session.flush()
    assert reading.usual_due(friday) == date(2026, 10, 7)


@pytest.mark.parametrize(("days", "answered", "late"), [(0, False, False), (1, False, True), (1, True, False)])
def test_overdue_is_said_of_a_row_as_of_the_list(cast, group, days, answered, late):
    inquiry, today = db.session.scalars(select(AgencyInquiry)).first(), clock.today()
    inquiry.due_on, inquiry.answered_at = today - days * DAY, clock.now() if answered else None
    db.session.flush()
    table = AgencyInquiry.__table__
    found = db.session.connection().scalars(select(table.c.id).where(reading.is_overdue(today))).all()
    assert (inquiry.id in found) is acts.is_overdue(inquiry, today) is late


def test_a_body_answers_under_the_kind_like_it(cast):
    kinds = acts.kinds()
    under = {code: rules.kind_among(cast.agency(code).kind, kinds).code for code in ("5.2", "5.5", "5.7", "5.8", "5.9")}
    assert under == {"5.2": "RT.2", "5.5": "RT.4", "5.7": "RT.3", "5.8": "RT.2", "5.9": "5.9"}


def test_the_bodies_offered_are_those_of_the_district(cast, group):
    factories.agency("Школа за рекой", "5.3", cast.far)
    near = factories.agency("Сельская школа", "5.3", cast.south)
    with acting(cast, "anna"):
        offered: list[Agency] = list(reading.bodies(group, but_asked=True))
    assert near in offered
    assert {agency.name for agency in offered}.isdisjoint({"Школа за рекой", cast.agency("5.7").name})


def test_the_first_pages_count_what_waits(cast, group):
    today = clock.today()
    with acting(cast, "gleb"):
        mine = reading.of_mine(today)
    assert mine is not None
    assert (mine.count, mine.late, len(mine.first)) == (1, 0, 1)
    with acting(cast, "anna"):
        assert reading.of_kept(today + 30 * DAY) == (2, 2, 0)
    with acting(cast, "galina"):
        assert reading.of_kept(today) == (0, 0, 0)
