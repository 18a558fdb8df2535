"""The list of survey acts over many of them: its order, its filters by heading and level, and the page of an act.

The acts are made of families of the bank, and taken out again when they are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from app.domain.terms import SurveyAccess, SurveyHeading, SurveyLevel, Threat
from app.extensions import db, look_at_contents, portions
from app.models import Employee, Family, SurveyAct, SurveyGroup, SurveyMark
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Section
from benchmarks.pages import Reader

ACTS = 20_000  # at most; a small bank has one for each family
CODE = "bench-"  # how the codes of the surveys made here begin
LIST = "/surveyactregistry/list/"
PORTION = 2_000

_group, _act, _mark = SurveyGroup.__table__, SurveyAct.__table__, SurveyMark.__table__
_family, _employee = Family.__table__, Employee.__table__


def measure(bank: Bank, runs: int) -> Section:
    """The list, its filters, and the page of one act."""
    with _filled(bank) as (count, one):
        section = Section(f"Акты обследований: актов {count} (координатор всего банка)")
        reader = Reader(bank, runs)
        for title, asked in (
            ("все акты", ""), ("питание: нет", "_flt_0_heading=food&_flt_0_level=not"),
            ("есть угроза", "_flt_0_threat=exists"), ("по фамилии", "_flt_0_last_name=Ручь"),
        ):  # fmt: skip
            section.lines.append(reader.line(title, f"{LIST}?{asked}"))
        section.lines.append(reader.line("страница акта", f"/survey/act/{one}"))
        return section


@contextmanager
def _filled(bank: Bank) -> Iterator[tuple[int, int]]:
    """A bank with an act of many families: how many there are, and the key of one."""
    _empty(bank)
    with bank.opened():
        families = (
            db.session.connection()
            .execute(select(_family.c.id, _family.c.territory_id).order_by(_family.c.id).limit(ACTS))
            .all()
        )
        leader_id = db.session.connection().scalar(select(_employee.c.id).limit(1))
        for portion in portions(list(enumerate(families)), PORTION):
            _write(portion, leader_id)
        look_at_contents()
        one = int(db.session.connection().scalar(select(_act.c.id).order_by(_act.c.id.desc()).limit(1)) or 0)
        db.session.commit()
    try:
        yield len(families), one
    finally:
        _empty(bank)


def _write(portion: Any, leader_id: Any) -> None:
    connection, stamp = db.session.connection(), {"created_at": datetime.now(UTC), "version": 1}
    connection.execute(insert(_group), [
        {"territory_id": family.territory_id, "family_id": family.id, "leader_id": leader_id, "due_on": TODAY,
         "surveyed_on": TODAY, "code": f"{CODE}{place}", **stamp}
        for place, family in portion
    ])  # fmt: skip
    codes = [f"{CODE}{place}" for place, _family in portion]
    groups = connection.execute(select(_group.c.id).where(_group.c.code.in_(codes)).order_by(_group.c.id)).scalars()
    keys = list(groups)
    threats, levels = list(Threat), list(SurveyLevel)
    connection.execute(insert(_act), [
        {"group_id": key, "visit": 1, "edition": 1, "is_current": True, "saved_at": stamp["created_at"],
         "saved_by": "", "visited_on": TODAY - timedelta(days=key % 700), "access": SurveyAccess.TOOK_PLACE,
         "threat": threats[key % 3], "signed_at": stamp["created_at"], "signer_id": leader_id, **stamp}
        for key in keys
    ])  # fmt: skip
    acts = connection.execute(select(_act.c.id, _act.c.group_id).where(_act.c.group_id.in_(keys))).all()
    connection.execute(insert(_mark), [
        {"act_id": act.id, "group_id": act.group_id, "heading": heading, "level": levels[(act.id + place) % 3], **stamp}
        for act in acts for place, heading in enumerate(SurveyHeading)
    ])  # fmt: skip


def _empty(bank: Bank) -> None:
    with bank.opened():
        ours = select(_group.c.id).where(_group.c.code.startswith(CODE, autoescape=True))
        for table in (_mark, _act):
            db.session.connection().execute(delete(table).where(table.c.group_id.in_(ours)))
        db.session.connection().execute(delete(_group).where(_group.c.code.startswith(CODE, autoescape=True)))
        db.session.commit()
