"""What is due to whom: the same things by the list and by the count, each day its own, under the person's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from app import access, clock, scopes
from app.domain.periods import Period, month
from app.domain.terms import CardStepKind, MeasureState, Moment, Role, Unit
from app.extensions import db
from app.models import CardStep, Deadline, Registration
from app.readings import clocks, due
from app.readings.clocks import DeadlinesInUse
from tests import factories
from tests.states import kept

TODAY, OCTOBER = date(2026, 9, 30), month(2026, 10)
ROLES = {"anna": Role.COORDINATOR, "galina": Role.COORDINATOR, "boris": Role.COMMISSION, "vera": Role.COMMISSION,
         "gleb": Role.SPECIALIST, "renata": Role.REGION, "oleg": Role.ADMINISTRATOR}  # fmt: skip


@contextmanager
def acting(cast: factories.Cast, name: str) -> Iterator[list[due.DueSource]]:
    with access.acting_as(scopes.scope_of(cast.user(name), [ROLES[name]], TODAY)):
        yield due.served([ROLES[name]])


def asked(since: date | None, until: date, most: int = 100) -> due.DaysAsked:
    return due.DaysAsked(since, until, DeadlinesInUse.read(), most)


def change(code: str, **values) -> None:
    row = factories.by_code(Deadline, code)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()


def marks(rows: list[due.Due]) -> list[tuple[str, date]]:
    return [(one.mark, one.due) for one in rows if one.source != due.REPORTS]


@kept
def families(cast) -> dict[str, int]:
    """Families whose papers came on different days; of two the clock was extended, of one it was met."""
    found = {}
    for number, place, received, until in (
        ("00001", cast.north, date(2026, 9, 20), None),
        ("00002", cast.north, date(2026, 9, 27), None),
        ("00003", cast.south, date(2026, 9, 28), None),
        ("00004", cast.north, date(2026, 9, 1), date(2026, 10, 2)),
        ("00005", cast.north, date(2026, 8, 1), date(2026, 9, 10)),
        ("00006", cast.far, date(2026, 9, 28), None),
    ):
        family = factories.family(place, number)
        stay = factories.registration(family, received, received_on=received)
        if until:
            factories.extension(stay, until - timedelta(days=1))
            factories.extension(stay, until)
        found[number] = stay.id
    met = factories.family(cast.north, "00007")
    factories.registration(met, date(2026, 9, 28), received_on=date(2026, 9, 28), entered_on=date(2026, 9, 29))
    db.session.commit()
    return found


def test_the_clocks_of_families_come_in_the_order_in_which_they_run_out(families, cast):
    with acting(cast, "anna") as sources:
        assert marks(due.lines(sources, asked(None, date(2026, 10, 31)))) == [
            ("№ 00005", date(2026, 9, 10)), ("№ 00001", date(2026, 9, 23)), ("№ 00002", date(2026, 9, 30)),
            ("№ 00003", date(2026, 10, 1)), ("№ 00004", date(2026, 10, 2)),
        ]  # fmt: skip
        shown = due.lines(sources, asked(date(2026, 9, 30), date(2026, 10, 1)))
        assert marks(shown) == [("№ 00002", date(2026, 9, 30)), ("№ 00003", date(2026, 10, 1))]
        assert {one.clause for one in shown if one.source == "stays"} == {"Положение, 3.2"}
        assert all(one.who for one in shown)
        assert marks(due.lines(sources, asked(None, date(2026, 10, 31), 2))) == [
            ("№ 00005", date(2026, 9, 10)), ("№ 00001", date(2026, 9, 23)),
        ]  # fmt: skip


@pytest.mark.parametrize("unit", [Unit.DAY, Unit.WORKING_DAY, Unit.MONTH])
def test_what_is_counted_of_a_day_is_what_is_listed_of_it(families, cast, unit):
    change("bank_entry_3d", unit=unit, number=1 if unit is Unit.MONTH else 3)
    first, last = date(2026, 9, 1), date(2026, 11, 30)
    with acting(cast, "anna") as sources:
        counts = due.by_day(sources, Period(first, last))
        counted = Counter({(day, name): number for day, of in counts.items() for name, number in of.items() if number})
        listed = due.lines(sources, asked(first, last, 1000))
        assert Counter((one.due, one.source) for one in listed) == counted
        assert sum(number for (_day, name), number in counted.items() if name == "stays") == 5
        for day in {day for day, name in counted if name == "stays"}:
            of_day = Counter(one.source for one in due.lines(sources, asked(day, day)))
            assert of_day == Counter(counts[day])


def test_what_is_listed_as_overdue_is_overdue_in_the_list_of_families(families, cast):
    with acting(cast, "anna") as sources:
        for day in (date(2026, 9, 10), date(2026, 9, 11), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 3)):
            now = datetime.combine(day, datetime.min.time(), clock.zone())
            late = {one.mark for one in due.lines(sources, asked(None, day)) if one.overdue(now)}
            stays = set(db.session.scalars(db.select(clocks._stay.c.id).where(clocks.overdue(day))))
            assert late == {f"№ {number}" for number, stay in families.items() if stay in stays and number != "00006"}


def test_each_sees_the_clocks_of_the_own_families_alone(families, cast):
    def seen(name: str) -> set[str]:
        with acting(cast, name) as sources:
            rows = due.lines(sources, asked(None, date(2026, 10, 31)))
            assert sum(due.by_day(sources, OCTOBER).get(date(2026, 10, 1), {}).values()) == sum(
                one.due == date(2026, 10, 1) for one in rows
            )
            return {one.mark for one in rows if one.source == "stays"}

    assert seen("galina") == {"№ 00006"}
    assert seen("boris") == {"№ 00001", "№ 00002", "№ 00004", "№ 00005"}
    assert seen("vera") == {"№ 00003"}
    assert seen("gleb") == set()
    assert seen("renata") == set()
    with acting(cast, "oleg") as sources:
        assert sources == []


def test_an_annulled_stay_or_family_is_due_to_nobody(families, cast):
    stay = db.session.get_one(Registration, families["00001"])
    stay.annulled_at = clock.now()
    db.session.get_one(Registration, families["00002"]).family.annulled_at = clock.now()
    db.session.commit()
    with acting(cast, "anna") as sources:
        shown = {mark for mark, _day in marks(due.lines(sources, asked(None, date(2026, 10, 31))))}
        assert shown == {"№ 00003", "№ 00004", "№ 00005"}


def test_a_card_is_due_an_hour_after_it_came_and_a_question_by_its_own_deadline(app, cast):
    body, came = cast.employee("gleb").agency, datetime(2026, 9, 30, 20, 30, tzinfo=UTC)  # 23:30 in Moscow
    at = {"detected_at": came, "sent_at": came, "arrived_at": came}
    waits = factories.signal_card(cast.north, body, **at)
    asks = factories.signal_card(cast.north, body, received_at=came, question="Сколько?", **at)
    db.session.add(CardStep(card=asks, kind=CardStepKind.ASKED, at=came, territory=cast.north, user_name="Анна"))
    factories.signal_card(cast.far, **at)
    db.session.commit()
    with acting(cast, "anna") as sources:
        rows = due.lines(sources, asked(None, date(2026, 10, 31)))
        card, question, group = (one for one in rows if one.source == "cards")
        assert (card.key, question.key, group.key) == (waits.id, asks.id, asks.id)
        assert group.due == date(2026, 10, 5), "whoever surveys the family is named within three working days"
        assert card.last_moment == datetime(2026, 9, 30, 21, 30, tzinfo=UTC)  # 00:30 of the next day in Moscow
        assert card.due == date(2026, 10, 1)
        assert question.due == date(2026, 10, 1)
        assert question.at is None
        assert not card.overdue(card.last_moment)
        assert card.overdue(card.last_moment + timedelta(microseconds=1))
        assert due.by_day(sources, OCTOBER)[date(2026, 10, 1)]["cards"] == 2
        assert "cards" not in due.by_day(sources, Period(TODAY, TODAY)).get(TODAY, {})
    with acting(cast, "gleb") as sources:
        assert [one.key for one in due.lines(sources, asked(None, date(2026, 10, 31)))] == [asks.id]
    change("signal_answer_1d", retired=True)
    change("signal_receipt_1h", starts=Moment.OTHER)
    change("survey_default", retired=True)
    with acting(cast, "anna") as sources:
        assert not due.lines(sources, asked(None, date(2026, 10, 31)))


def test_the_reports_of_a_month_stand_on_their_days_and_are_never_overdue(app, cast):
    with acting(cast, "renata") as sources:
        rows = due.lines(sources, asked(date(2026, 10, 1), date(2026, 11, 30)))
        assert [(one.due, one.clause) for one in rows if one.clause in ("Положение, 3.6.6", "Положение, 3.7.5")] == [
            (date(2026, 10, 2), "Положение, 3.6.6"), (date(2026, 10, 10), "Положение, 3.7.5"),
            (date(2026, 11, 2), "Положение, 3.6.6"),
        ]  # fmt: skip
        assert not any(one.overdue(clock.local(clock.now()) + timedelta(days=9999)) for one in rows)
        assert due.by_day(sources, Period(date(2026, 10, 2), date(2026, 10, 2))) == {date(2026, 10, 2): {"reports": 1}}


def test_a_survey_is_due_on_the_day_its_group_was_given_to_whoever_sees_it(app, cast):
    card = factories.signal_card(cast.north, cast.employee("gleb").agency, received_at=clock.now())
    family = factories.family(cast.north, "00081")
    first = factories.survey_group(cast.employee("gleb"), date(2026, 10, 5), card=card)
    second = factories.survey_group(cast.employee("boris"), date(2026, 10, 1), of=family)
    factories.survey_group(cast.employee("gleb"), date(2026, 10, 1), of=family, surveyed_on=date(2026, 9, 30))
    factories.survey_group(cast.employee("gleb"), date(2026, 10, 1), of=factories.family(cast.far, "00082"))
    db.session.commit()

    def seen(name: str) -> list[tuple[str, int | None, date]]:
        with acting(cast, name) as sources:
            rows = [one for one in due.lines(sources, asked(None, date(2026, 10, 31))) if one.source == "surveys"]
            counts = due.by_day(sources, OCTOBER)
            assert sum(each.get("surveys", 0) for each in counts.values()) == len(rows)
            return [(one.mark, one.key, one.due) for one in rows]

    of_family, of_card = ("№ 00081", second.id, date(2026, 10, 1)), (f"СК № {card.number}/{card.year}", first.id,
                                                                     date(2026, 10, 5))  # fmt: skip
    assert seen("anna") == [of_family, of_card]
    assert seen("gleb")[-1:] == [of_card]
    assert seen("boris") == [of_family]
    assert of_family not in seen("vera")
    assert of_family not in seen("galina")


def test_an_answer_is_due_to_the_body_that_is_asked_and_to_whoever_asks(cast):
    group = factories.survey_group(cast.employee("vera"), TODAY, of=factories.family(cast.north, "00031"))
    asked_of = factories.inquiry(group, cast.employee("gleb").agency, due_on=date(2026, 10, 2))
    factories.inquiry(
        group, cast.agency("5.7"), due_on=date(2026, 10, 2), answered_at=datetime(2026, 9, 29, tzinfo=UTC)
    )
    db.session.commit()
    for name, sees in (("anna", True), ("gleb", True), ("vera", True), ("galina", False), ("renata", False)):
        with acting(cast, name) as sources:
            found = [one for one in due.lines(sources, asked(None, OCTOBER.end)) if one.source == "inquiries"]
            counted = due.by_day(sources, OCTOBER).get(date(2026, 10, 2), {}).get("inquiries", 0)
        assert [one.key for one in found] == [asked_of.id] * sees, name
        assert counted == len(found)


def test_measures_are_due_to_their_body_and_stages_to_their_group_once_the_plan_is_approved(cast):
    gleb, began, until = cast.employee("gleb"), date(2026, 9, 1), date(2026, 10, 20)
    stay = factories.registration(factories.family(cast.north, "00061"), began)
    programme = factories.programme(stay, began, date(2026, 12, 31), approved=True)
    stage = factories.stage(programme, began, until)
    own = factories.measure(stage, date(2026, 10, 5), performer=gleb.agency)
    factories.measure(stage, date(2026, 10, 6), "1.1", performer=cast.agency("5.3"))
    nobodys = factories.measure(stage, date(2026, 10, 8), "1.1")
    factories.measure(stage, date(2026, 10, 7), state=MeasureState.DONE, done_on=TODAY)
    draft = factories.registration(factories.family(cast.north, "00062"), began)
    drawn = factories.stage(factories.programme(draft, began, date(2026, 12, 31)), began, until)
    factories.measure(drawn, date(2026, 10, 5), performer=gleb.agency)
    db.session.commit()

    def seen(name: str) -> list[str]:
        with acting(cast, name) as sources:
            rows = [one for one in due.lines(sources, asked(None, OCTOBER.end)) if one.source == "programmes"]
            counts = due.by_day(sources, OCTOBER)
            assert sum(each.get("programmes", 0) for each in counts.values()) == len(rows)
            assert {one.key for one in rows} <= {programme.id}
            assert {one.mark for one in rows} <= {"№ 00061"}
            return [one.uid for one in rows]

    of_body, of_nobody, ends = f"measure-{own.id}", f"measure-{nobodys.id}", f"stage-{stage.id}"
    assert seen("anna") == [of_nobody, ends]
    assert seen("gleb") == [of_body]
    factories.group_member(programme, gleb)
    db.session.commit()
    assert seen("gleb") == [of_body, ends]
    assert seen("galina") == []
    stage.reviewed_on = TODAY
    db.session.commit()
    assert seen("anna") == [of_nobody]
