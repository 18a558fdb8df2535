"""Surveys of many families, with their acts and with what bodies are asked: the lists and the page of an act.

They are made of families of the bank, and taken out again when they are measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from app.domain.terms import SurveyAccess, SurveyHeading, SurveyLevel, Threat
from app.extensions import db, look_at_contents, portions
from app.models import (
    Agency,
    AgencyInquiry,
    Employee,
    Family,
    SurveyAct,
    SurveyGroup,
    SurveyMark,
    survey_group_employees,
)
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Section
from benchmarks.pages import Reader

ACTS = 20_000  # surveys at most; a small bank has one for each family
WAITS, BODIES = 10, 2  # one group of so many has not been there yet; so many bodies are asked about each family
CODE = "bench-"  # how the codes of the surveys made here begin
LIST, GROUPS, INQUIRIES = "/surveyactregistry/list/", "/surveygroupregistry/list/", "/agencyinquiryregistry/list/"
PORTION = 2_000

_group, _act, _mark = SurveyGroup.__table__, SurveyAct.__table__, SurveyMark.__table__
_family, _employee, _agency = Family.__table__, Employee.__table__, Agency.__table__
_inquiry, _goes = AgencyInquiry.__table__, survey_group_employees


def measure(bank: Bank, runs: int) -> Section:
    """The lists, their filters, and the page of one act."""
    with filled(bank) as count:
        section = Section(f"Обследования: групп {count} (координатор всего банка)")
        reader = Reader(bank, runs)
        for title, url in (
            ("все акты", LIST), ("питание: нет", f"{LIST}?_flt_0_heading=food&_flt_0_level=not"),
            ("есть угроза", f"{LIST}?_flt_0_threat=exists"), ("акты по фамилии", f"{LIST}?_flt_0_last_name=Ручь"),
            ("все группы", GROUPS), ("группы ещё не были", f"{GROUPS}?_flt_0_state=waits"),
            ("все запросы", INQUIRIES), ("запросы без ответа", f"{INQUIRIES}?_flt_0_state=waits"),
            ("страница акта", f"/survey/act/{_last(bank, _act)}"),
            ("страница группы", f"/survey/{_last(bank, _group)}"),
        ):  # fmt: skip
            section.lines.append(reader.line(title, url))
        return section


@contextmanager
def filled(bank: Bank) -> Iterator[int]:
    """A bank with a survey of many of its families, how many; what an interrupted run has left is taken out first."""
    _empty(bank)
    with bank.opened():
        connection = db.session.connection()
        asked = select(_family.c.id, _family.c.territory_id).order_by(_family.c.id).limit(ACTS)
        families = list(enumerate(connection.execute(asked).all()))
        people = connection.scalars(select(_employee.c.id).order_by(_employee.c.id)).all()
        bodies = connection.scalars(select(_agency.c.id).order_by(_agency.c.id)).all()
        for portion in portions(families, PORTION):
            _write(portion, people, bodies)
        look_at_contents()
        db.session.commit()
    try:
        yield len(families)
    finally:
        _empty(bank)


def _write(portion: Sequence[tuple[int, Any]], people: Sequence[int], bodies: Sequence[int]) -> None:
    """Groups of some families: each is led by the next of the people, and the next of the bodies are asked."""
    connection, stamp = db.session.connection(), {"created_at": datetime.now(UTC), "version": 1}
    connection.execute(insert(_group), [
        {"territory_id": family.territory_id, "family_id": family.id, "leader_id": people[place % len(people)],
         "due_on": TODAY + timedelta(days=place % 40 - 20), "surveyed_on": TODAY if place % WAITS else None,
         "code": f"{CODE}{place}", **stamp}
        for place, family in portion
    ])  # fmt: skip
    codes = [f"{CODE}{place}" for place, _family in portion]
    columns = _group.c.id, _group.c.leader_id, _group.c.due_on, _group.c.surveyed_on
    groups = connection.execute(select(*columns).where(_group.c.code.in_(codes)).order_by(_group.c.id)).all()
    connection.execute(insert(_goes), [{"group_id": one.id, "employee_id": one.leader_id} for one in groups])
    _write_acts([one for one in groups if one.surveyed_on], stamp)
    answered = {None: None, TODAY: stamp["created_at"]}
    connection.execute(insert(_inquiry), [
        {"group_id": one.id, "agency_id": bodies[(place * BODIES + number) % len(bodies)], "due_on": one.due_on,
         "asked_by": "", "answered_at": answered[one.surveyed_on], "closed_at": answered[one.surveyed_on],
         "knows_nothing": False, **stamp}
        for place, one in enumerate(groups) for number in range(BODIES)
    ])  # fmt: skip


def _write_acts(groups: Sequence[Any], stamp: dict[str, Any]) -> None:
    """A signed act of each group."""
    connection, threats, levels = db.session.connection(), list(Threat), list(SurveyLevel)
    connection.execute(insert(_act), [
        {"group_id": one.id, "visit": 1, "edition": 1, "is_current": True, "saved_at": stamp["created_at"],
         "saved_by": "", "visited_on": TODAY - timedelta(days=one.id % 700), "access": SurveyAccess.TOOK_PLACE,
         "threat": threats[one.id % 3], "signed_at": stamp["created_at"], "signer_id": one.leader_id, **stamp}
        for one in groups
    ])  # fmt: skip
    keys = [one.id for one in groups]
    acts = connection.execute(select(_act.c.id, _act.c.group_id).where(_act.c.group_id.in_(keys))).all()
    connection.execute(insert(_mark), [
        {"act_id": act.id, "group_id": act.group_id, "heading": heading, "level": levels[(act.id + place) % 3], **stamp}
        for act in acts for place, heading in enumerate(SurveyHeading)
    ])  # fmt: skip


def _last(bank: Bank, table: Any) -> int:
    """The key of the latest row."""
    with bank.opened():
        return int(db.session.connection().scalar(select(func.max(table.c.id))) or 0)


def _empty(bank: Bank) -> None:
    with bank.opened():
        ours = select(_group.c.id).where(_group.c.code.startswith(CODE, autoescape=True))
        for table in (_mark, _act, _inquiry, _goes):
            db.session.connection().execute(delete(table).where(table.c.group_id.in_(ours)))
        db.session.connection().execute(delete(_group).where(_group.c.code.startswith(CODE, autoescape=True)))
        db.session.commit()
