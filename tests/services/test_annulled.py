"""What is annulled binds nothing: it may be entered again, it holds nobody up, it goes nowhere, it keeps its reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import class_mapper

from app.clock import now
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TerritoryKind
from app.extensions import db
from app.models import IdentityDocument, OfMember, Paper, Registration, RegistrationCriterion
from app.services import families, papers, registrations, registry
from app.services.registrations import DecisionPaper, Signal
from tests import factories, scans
from tests.states import kept

IN_PYTHON = pytest.mark.one_database("the rules are asked in Python; what may be entered again the database is asked")

TODAY, DAY = date(2026, 9, 30), date(2026, 8, 10)
# What is entered once: the same facts a second time are refused while the first row is true.
ONCE = {"Member", "Education", "PupilSupport", "Registration"}
NOT_SAID = {"id", "version", "created_at", "annulled_at", "annul_reason"}
AGAIN = sorted(registrations.ANNULLABLE.keys() - {"Family", "Paper"})  # workers of the suite must agree on the order

OF_MEMBER = [name for name in AGAIN if issubclass(registrations.ANNULLABLE[name], OfMember)]


@kept
def rows(cast: factories.Cast) -> dict[str, Any]:
    """A family with a row of every kind."""
    return factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))


def the_same(row: Any) -> Any:
    """A fresh row that says the same facts."""
    said = {column.key for column in class_mapper(type(row)).column_attrs} - NOT_SAID
    named = {relation.key for relation in class_mapper(type(row)).relationships if not relation.uselist}
    values = {name: getattr(row, name) for name in said} | {name: getattr(row, name) for name in named}
    if isinstance(row, Registration):
        of_stay = select(RegistrationCriterion).where(RegistrationCriterion.registration_id == row.id)
        values["criteria_over_time"] = [
            RegistrationCriterion(
                position=part.position, criterion=part.criterion, family=part.family, since=part.since,
                decision=part.decision,
            )
            for part in db.session.scalars(of_stay)
        ]  # fmt: skip
    with db.session.no_autoflush:
        return type(row)(**values)


@pytest.mark.parametrize("name", AGAIN)
def test_the_same_facts_may_be_entered_again(name, rows):
    row = rows[name]
    if name in ONCE:
        with pytest.raises(Refusal):
            registry.save(the_same(row), TODAY)
        db.session.rollback()
        db.session.expire_all()
    row.annulled_at = now()
    db.session.flush()
    fresh = the_same(row)
    registry.save(fresh, TODAY)
    assert fresh.id != row.id


@IN_PYTHON
@pytest.mark.parametrize("name", AGAIN)
def test_nothing_is_written_of_an_annulled_family(name, rows):
    registrations.annul(rows["Family"], reason="внесена дважды", today=TODAY)
    with pytest.raises(Refusal, match="Эта семья аннулирована"):
        registry.save(the_same(rows[name]), TODAY)


@IN_PYTHON
@pytest.mark.parametrize("name", OF_MEMBER)
def test_nothing_is_written_of_an_annulled_person(name, rows):
    registrations.annul(rows["Member"], reason="чужой ребёнок", today=TODAY)
    with pytest.raises(Refusal, match="Этот член семьи аннулирован"):
        registry.save(the_same(rows[name]), TODAY)


@IN_PYTHON
def test_an_annulled_decision_is_not_taken_for_the_one_that_is_entered(rows):
    first = rows["Registration"]
    paper = DecisionPaper(first.decision.number, first.decision.decided_on)
    criteria = [part.criterion for part in first.criteria]
    for row in (first, first.decision):
        registrations.annul(row, reason="не тот номер", today=TODAY)
    signal = Signal(None, None, None, None, None)
    again = registrations.place(first.family, paper, registered_on=paper.decided_on, criteria=criteria, signal=signal,
                                note=None, today=TODAY)  # fmt: skip
    assert again.decision is not first.decision
    assert again.decision.annulled_at is None


@IN_PYTHON
def test_a_decision_of_another_kind_is_another_decision(rows):
    family, paper = rows["Family"], DecisionPaper("5/5", DAY)
    for kind in (DecisionKind.EXTEND, DecisionKind.REFUSE):
        registrations.decide(family, paper, kind=kind, note=None, today=TODAY)
        with pytest.raises(Refusal, match="уже внесено"):
            registrations.decide(family, paper, kind=kind, note=None, today=TODAY)


@IN_PYTHON
def test_a_decision_by_which_a_family_was_removed_is_not_annulled_before_the_stay(cast):
    stay = factories.registration(factories.family(cast.south, "00078"), date(2026, 1, 1), until=DAY)
    with pytest.raises(Refusal, match="держится учёт"):
        registrations.annul(stay.removal_decision, reason="ошибка", today=TODAY)
    registrations.annul(stay, reason="ошибка", today=TODAY)
    registrations.annul(stay.removal_decision, reason="ошибка", today=TODAY)


@IN_PYTHON
def test_what_was_annulled_before_its_family_keeps_its_own_reason(rows):
    registrations.annul(rows["Aid"], reason="помощи не было", today=TODAY)
    registrations.annul(rows["IdentityDocument"], reason="чужой документ", today=TODAY)
    registrations.annul(rows["Member"], reason="чужой ребёнок", today=TODAY)
    registrations.annul(rows["Family"], reason="внесена дважды", today=TODAY)
    said = {name: rows[name].annul_reason for name in ("Aid", "IdentityDocument", "Member", "Education", "Mentor")}
    assert said == {"Aid": "помощи не было", "IdentityDocument": "чужой документ", "Member": "чужой ребёнок",
                    "Education": "чужой ребёнок", "Mentor": "внесена дважды"}  # fmt: skip


@IN_PYTHON
def test_an_annulled_row_does_not_go_with_the_person(rows, cast):
    other = factories.family(cast.south, "00078")
    factories.member(other, "бабушка", date(1955, 1, 1), "Луговая", "Нина", None)
    registrations.annul(rows["IdentityDocument"], reason="чужой документ", today=TODAY)
    fresh = families.move(rows["Member"], other, day=DAY, reason="опека", role=None, today=TODAY)
    of_fresh = select(IdentityDocument).where(IdentityDocument.member_id == fresh.id)
    assert db.session.scalars(of_fresh).all() == []


@IN_PYTHON
def test_somebody_annulled_does_not_live_in_the_family(cast):
    home, other = factories.family(cast.north, "00078"), factories.family(cast.south, "00079")
    last = factories.member(home)
    mother = factories.member(home, "мать", date(1990, 1, 1), "Заречная", "Инна", None)
    factories.member(other, "бабушка", date(1955, 1, 1), "Луговая", "Нина", None)
    registrations.annul(mother, reason="из другой семьи", today=TODAY)
    with pytest.raises(Refusal, match="больше никого нет"):
        families.move(last, other, day=DAY, reason="опека", role=None, today=TODAY)


def test_an_annulled_family_holds_no_territory(rows, cast):
    place = cast.north
    place.kind = TerritoryKind.DISTRICT
    with pytest.raises(Refusal, match="прежний район"):
        registry.save(place, TODAY)
    registrations.annul(rows["Family"], reason="внесена дважды", today=TODAY)
    registry.save(place, TODAY)


@IN_PYTHON
def test_the_scan_of_an_annulled_paper_may_be_attached_again(rows):
    def attach() -> Paper:
        return papers.attach(rows["Family"], kind=rows["Paper"].kind, title="Акт", dated_on=None, decision=None,
                             file_name="акт.pdf", scan=papers.inspected(scans.pdf("Akt")), today=TODAY)  # fmt: skip

    paper = attach()
    with pytest.raises(Refusal, match="уже приложен"):
        attach()
    registrations.annul(paper, reason="не тот титул", today=TODAY)
    assert attach().id != paper.id
