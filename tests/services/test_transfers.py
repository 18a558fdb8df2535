"""A family goes to another district: it leaves here when it is received there, and either step is taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import access, clock
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TransferState
from app.exchange import transfers as road
from app.exchange import undo
from app.exchange.apply import PreparedLoad
from app.exchange.transfers import Arrival
from app.extensions import db
from app.models import Education, Family, Member, Paper, Registration, Supervision, SupervisionKind, Transfer
from app.services import papers, transfers
from app.services.registrations import DecisionPaper
from app.services.transfers import Destination
from tests import factories
from tests.states import kept
from tests.test_guard import acting

IN_PYTHON = pytest.mark.one_database(
    "what may follow a transfer is decided in Python; it is sent, received and taken back in both databases"
)

LONG_AGO = date(2025, 2, 3)
REASON = "Семья вернулась"


@kept
def family(cast: factories.Cast) -> Family:
    """A family on record in the north for two criteria: a mother, a pupil whom another body keeps, a son who left."""
    with access.unrestricted():
        row = factories.family(cast.north)
        factories.member(row, "мать", date(1990, 1, 1), "Полозова", "Инна", "Олеговна")
        child = factories.member(row, "сын", date(2014, 5, 5), "Полозов", "Лев", "Игоревич")
        factories.member(row, "сын", date(2006, 5, 5), "Полозов", "Егор", "Игоревич", left_on=date(2025, 5, 5))
        factories.education(child, date(2025, 9, 1), organisation="Школа № 5")
        kind = db.session.scalars(select(SupervisionKind).order_by(SupervisionKind.id)).first()
        db.session.add(Supervision(member=child, family=row, kind=kind, started_on=date(2025, 10, 1)))
        factories.registration(row, LONG_AGO, criteria=("2.1.1", "2.5.1"))
        factories.aid(row, clock.today() - timedelta(days=10))
        return row


def sent(cast: factories.Cast, family: Family, **to: Any) -> Transfer:
    with access.unrestricted():
        far = cast.far.id
    with acting(cast, "anna"):
        paper = DecisionPaper("7/3", clock.today(), cast.agency("5.1"))
        there = Destination(**(to or {"territory_id": far}))
        row = transfers.decide_and_send(family, paper, there, "Переехали к бабушке", clock.today())
        db.session.commit()
    return row


def received(cast: factories.Cast, transfer: Transfer) -> Family:
    """As the coordinator of the other district."""
    with acting(cast, "galina"):
        row = db.session.get_one(Transfer, transfer.id)
        case, arrival = road.file_of(row, clock.today()), Arrival(cast.far, cast.other_district)
        prepared = PreparedLoad(lambda: road.planned(case, arrival, clock.today()), clock.today())
        assert [fault.text for fault in prepared.plan.faults] == []
        family = road.receive(row, case, prepared, papers.inspected(case.passport), clock.today())
        db.session.commit()
        return family


def stays(family: Family) -> list[Registration]:
    asked = select(Registration).where(Registration.family_id == family.id, Registration.annulled_at.is_(None))
    return list(db.session.scalars(asked.order_by(Registration.registered_on, Registration.id)))


def test_a_family_stays_where_it_is_until_it_is_received(cast, family):
    transfer = sent(cast, family)
    with access.unrestricted():
        assert [stay.removed_on for stay in stays(family)] == [None]
    with acting(cast, "galina"):
        assert family.id not in db.session.scalars(select(Family.id)).all()
        assert db.session.scalars(select(Transfer.id)).all() == [transfer.id]
    with access.unrestricted():  # as whoever keeps both districts sees it
        found = road.planned(
            road.file_of(transfer, clock.today()), Arrival(cast.far, cast.other_district), clock.today()
        )
        assert (len(found.new_families), found.duplicates) == (1, []), "a family is no double of itself"


def test_it_is_on_record_anew_where_it_is_received(cast, family):
    transfer = sent(cast, family)
    here = received(cast, transfer)
    with access.unrestricted():
        db.session.expire_all()
        [stay] = stays(family)
        assert (stay.removed_on, stay.removal_reason.code) == (clock.today(), "11.4.1")
        assert (stay.removal_decision.kind, stay.removal_decision.number) == (DecisionKind.REDIRECT, "7/3")
        [fresh] = stays(here)
        assert (fresh.registered_on, fresh.decision.number) == (clock.today(), "7/3")
        assert [one.criterion.code for one in fresh.criteria] == ["2.1.1", "2.5.1"]
        assert (here.territory_id, here.district_id) == (cast.far.id, cast.other_district.id)
        people = db.session.scalars(select(Member).where(Member.family_id == here.id)).all()
        assert sorted(person.first_name for person in people) == ["Инна", "Лев"]
        [school] = db.session.scalars(select(Education).where(Education.family_id == here.id))
        assert school.organisation == "Школа № 5"
        assert db.session.scalars(select(Supervision).where(Supervision.family_id == here.id)).one()
        [paper] = db.session.scalars(select(Paper).where(Paper.family_id == here.id))
        assert papers.content(paper).startswith(b"%PDF")
        assert transfer.state is TransferState.RECEIVED
    with acting(cast, "anna"):
        assert here.id not in db.session.scalars(select(Family.id)).all()


def test_a_receipt_is_taken_back_while_nothing_followed(cast, family):
    transfer = sent(cast, family)
    here = received(cast, transfer)
    with acting(cast, "galina"):
        row = db.session.get_one(Transfer, transfer.id)
        with pytest.raises(Refusal, match="на странице передачи"):
            undo.undo(row.batch, clock.today())
        road.take_back(row, clock.today())
        db.session.commit()
    with access.unrestricted():
        db.session.expire_all()
        assert [stay.removed_on for stay in stays(family)] == [None]
        assert stays(family)[0].note is None
        assert (here.annulled_at is not None, stays(here)) == (True, [])
        assert transfer.state is TransferState.WAITING
    again = received(cast, transfer)
    assert again.id != here.id


@IN_PYTHON
def test_what_has_followed_keeps_a_receipt(cast, family):
    transfer = sent(cast, family)
    here = received(cast, transfer)
    with acting(cast, "galina"):
        factories.aid(here, clock.today())
        db.session.commit()
        with pytest.raises(Refusal, match="после неё изменили"):
            road.take_back(db.session.get_one(Transfer, transfer.id), clock.today())
        db.session.rollback()


def test_a_family_that_comes_back_is_the_one_that_went(cast, family):
    """It is known by its people, under its own number, and gets a stay of its own."""
    here = received(cast, sent(cast, family))
    with acting(cast, "galina"):
        paper = DecisionPaper("9/1", clock.today(), None)
        with access.unrestricted():
            north = cast.north.id
        back = transfers.decide_and_send(here, paper, Destination(territory_id=north), None, clock.today())
        db.session.commit()
    with access.unrestricted():
        place, district = cast.north, cast.district
    with acting(cast, "anna"):
        row = db.session.get_one(Transfer, back.id)
        case = road.file_of(row, clock.today())
        made = road.planned(case, Arrival(place, district), clock.today())
        assert [one.id for one in made.families] == [family.id]
        db.session.rollback()


@IN_PYTHON
def test_one_family_is_handed_over_once_at_a_time(cast, family):
    sent(cast, family)
    with pytest.raises(Refusal, match="уже передаётся: Дальнее"):
        sent(cast, family)


@IN_PYTHON
def test_a_move_within_the_district_is_no_transfer(cast, family):
    with access.unrestricted():
        south, root = cast.south.id, cast.root.id
    with pytest.raises(Refusal, match="того же района"):
        sent(cast, family, territory_id=south)
    with pytest.raises(Refusal, match="район или поселение"):
        sent(cast, family, territory_id=root)


@IN_PYTHON
@pytest.mark.parametrize("act", [transfers.decline, transfers.withdraw])
def test_the_family_stays_when_its_file_is_declined_or_withdrawn(cast, family, act):
    transfer = sent(cast, family)
    with acting(cast, "galina" if act is transfers.decline else "anna"):
        row = db.session.get_one(Transfer, transfer.id)
        act(row, REASON)
        db.session.commit()
        with pytest.raises(Refusal, match="уже не работают"):
            act(row, REASON)
        db.session.rollback()
    with access.unrestricted():
        assert [stay.removed_on for stay in stays(family)] == [None]
    sent(cast, family)  # it may be sent anew, by the same decision


def test_a_stranger_neither_sees_nor_receives_it(cast, family):
    transfer = sent(cast, family)
    with access.unrestricted():
        here = cast.south.id
    with acting(cast, "vera"):
        assert db.session.scalars(select(Transfer.id)).all() == []
    with acting(cast, "galina"):
        row = db.session.get_one(Transfer, transfer.id)
        row.to_territory_id = row.from_territory_id = here
        with pytest.raises(Refusal, match="координатор его территории"):
            db.session.flush()
        db.session.rollback()
