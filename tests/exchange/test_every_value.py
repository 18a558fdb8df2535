"""Every column of the form, at its bounds: what the bank may hold goes out and comes into an empty bank the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import today
from app.domain import terms
from app.exchange.workbook import AIDS, FACTS, FAMILIES, MEASURES, MEMBERS, SHEETS, STAGES, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import (
    AidKind,
    Criterion,
    Decision,
    DynamicsLevel,
    EducationStatus,
    Family,
    FamilyCategory,
    FamilyReaction,
    IdentityDocument,
    IdentityKind,
    MeasureKind,
    Member,
    PlannedMeasure,
    Problem,
    Programme,
    RelationshipKind,
    RemovalReason,
    Stage,
    StageKind,
    Supervision,
    SupervisionKind,
)
from app.services import family_keys, soundness
from tests import factories
from tests.exchange.test_export import check_nothing_changes, written
from tests.exchange.test_forms_and_books import LETTERS, moved
from tests.exchange.workbooks import cells, load

FIRST, DAY, UNTIL = date(1900, 1, 1), date(2024, 2, 29), date(2025, 2, 28)
TEXTS = (
    "=1+1", "+7 (863) 1", "-5", "@кто", "'край'", '"кавычки"', "строка\nвторая", "№ 7; 8", "Әлия Җ", "00012", "1.10",
    "да", "ИТОГО", "_x000D_", "< & >", None,
)  # fmt: skip
NUMBERS = (
    "1", "00012", "0", "А-1/2", "=1", "-5", "+7", "@1", "1.10", "01.02.2020", "TRUE", "1e5", "Итого 5", "Глава 5",
    "тел. 8 863 67 5-00-0", "№ 7; 8", "'1'", "Ә1", "12345678901234567890",
)  # fmt: skip


def dictionary(entity: Any) -> list[Any]:
    return list(db.session.scalars(select(entity).order_by(entity.id)))


def flags() -> Iterator[dict[str, Any]]:
    """Every flag beside every activity of the holidays."""
    for meals, leisure, holidays in itertools.product(
        (True, False, None), (True, None), (*terms.HolidayActivity, None)
    ):
        yield {"free_meals": meals, "free_textbooks": False, "leisure": leisure, "holidays": holidays}


class Bank:
    """A bank of families, one for each value."""

    def __init__(self, cast: factories.Cast) -> None:
        self.cast, self.count = cast, 0

    def family(self, **values: Any) -> Family:
        self.count += 1
        values.setdefault("number", f"Ф{self.count}")
        family = factories.family(values.pop("place", self.cast.north), **values)
        born_on = DAY - timedelta(days=self.count)  # nobody is like another one: each would be compared with all
        db.session.add(Member(family=family, last_name=f"Осинин{self.letters()}", first_name="Ян", born_on=born_on))
        return family

    def letters(self) -> str:
        """Two letters that no other family has."""
        return LETTERS[self.count // len(LETTERS)] + LETTERS[self.count % len(LETTERS)]

    def member(self, **values: Any) -> Member:
        family = self.family()
        row = Member(**{"family": family, "last_name": f"Кленов{self.letters()}", "first_name": "Лев", **values})
        db.session.add(row)
        return row

    def on_member(self, entity: Any, **values: Any) -> None:
        member = self.member(born_on=FIRST)
        db.session.add(entity(member=member, family=member.family, **values))

    def stay(self, **values: Any) -> Any:
        return factories.registration(self.family(), **{"on": DAY, **values})


def families(bank: Bank) -> None:
    for number in NUMBERS:
        bank.family(number=number)
    for place in (bank.cast.south, bank.cast.district):
        bank.family(place=place)
    rows = dictionary(FamilyCategory)
    for held in ([], *([row] for row in rows), rows):
        bank.family().categories = held
    for size in (0, 1, 12):
        bank.family(stated_size=size)
    for income in ("0", "0.01", "5190.90", "999999999999.99"):
        bank.family(income_per_member=Decimal(income))
    for text in TEXTS:
        bank.family(income_source=text, registered_address=text, actual_address=text, additional=text)


def stays(bank: Bank) -> None:
    cast = bank.cast
    for sender in (*(cast.agency(f"5.{number}") for number in range(1, 10)), None):
        bank.stay(sender=sender, detected_on=DAY, card_sent_on=DAY)
    bank.stay(sender=factories.agency("«Ёлочка»; =1", "5.3", cast.north), detected_on=date(2024, 2, 1))
    codes = [row.code for row in dictionary(Criterion)]
    for criteria in (*([code] for code in codes), codes[:5], codes[4::-1]):
        bank.stay(criteria=criteria, sender=cast.agency("5.3"))
    for number in ("6/13", "0012", "=1", "-5", "Ә-1", None):
        stay = bank.stay(sender=cast.agency("5.3"), until=date(2024, 3, 1), note=f"см. {number}")
        stay.decision.number = number
        stay.removal_decision.number = None if number is None else f"{number}а"
        stay.removal_decision.decided_on = DAY if number else date(2024, 3, 1)
    for reason in dictionary(RemovalReason):
        bank.stay(sender=cast.agency("5.3"), until=today(), reason=reason.code, note="решение суда")
    for text in TEXTS:
        bank.stay(sender=cast.agency("5.1"), note=text)
    family = bank.stay(sender=cast.agency("5.2"), until=date(2024, 5, 1)).family
    factories.registration(family, date(2024, 5, 1), sender=cast.agency("5.2"))


def members(bank: Bank) -> None:
    for role in dictionary(RelationshipKind):
        bank.member(role=role)
    for born_on, joined_on, left_on in (
        (FIRST, FIRST, FIRST), (today(), None, None), (today(), today(), today()), (None, DAY, None),
        (None, None, DAY), (DAY, DAY, today()),
    ):  # fmt: skip
        bank.member(born_on=born_on, joined_on=joined_on, left_on=left_on)
    for sex in (*terms.Sex, None):
        bank.member(sex=sex, middle_name=None)
    for text in TEXTS:
        bank.member(workplace=text, middle_name="Вагиф оглы")
    for last, first, middle in (
        ("Ә", "Ө", "Қ"),
        ("О'Нил-Кызы", "Анна (Аня)", "д'Арк"),
        ("ж" * 100, "я" * 100, "ё" * 100),
    ):
        bank.member(last_name=last, first_name=first, middle_name=middle)
    twin = bank.member(born_on=DAY)
    for born_on in (FIRST, None):
        db.session.add(Member(family=twin.family, last_name=twin.last_name, first_name="Лев", born_on=born_on))


def parts(bank: Bank) -> None:
    kinds = dictionary(IdentityKind)
    for kind in (*kinds, None):
        bank.on_member(IdentityDocument, kind=kind, series="II-АН", number="056120", issued_on=DAY)
    for text in ("=1", "0012", "-5", "Ә-1", "'1'", "1.10"):
        bank.on_member(IdentityDocument, kind=kinds[0], series=text, number=text, issued_on=None)
    for issued_on in (FIRST, today()):
        bank.on_member(IdentityDocument, kind=kinds[0], number="1", issued_on=issued_on)
    for status in dictionary(EducationStatus):
        factories.education(bank.member(), DAY, status.code, organisation="МБОУ «СОШ № 7»", grade="4 «А»")
    for text in TEXTS:
        if text:
            factories.education(bank.member(), DAY, organisation=text, grade=text)
    quarter = (today().month + 2) // 3
    for values in flags():
        factories.support(bank.member(), today().year, quarter, **values)


def supervisions(bank: Bank) -> None:
    for kind in dictionary(SupervisionKind):
        bank.on_member(Supervision, kind=kind, started_on=DAY)
    kind = dictionary(SupervisionKind)[0]
    for started_on, ended_on in ((FIRST, FIRST), (today(), today()), (DAY, today()), (None, DAY), (None, None)):
        bank.on_member(Supervision, kind=kind, started_on=started_on, ended_on=ended_on)
    member = bank.member(born_on=None)
    for started_on in (DAY, today()):
        db.session.add(Supervision(member=member, family=member.family, kind=kind, started_on=started_on))


def aids(bank: Bank) -> None:
    for kind in dictionary(AidKind):
        factories.aid(bank.family(), DAY, kind.code)
    for measure in dictionary(MeasureKind):
        factories.aid(bank.family(), DAY).measure = measure
    factories.aid(bank.family(), DAY).measure = measure
    for given_on, amount in ((FIRST, "0"), (today(), "0.01"), (DAY, "999999999999.99"), (DAY, None)):
        factories.aid(bank.family(), given_on, amount=amount and Decimal(amount))
    for text in TEXTS:
        factories.aid(bank.family(), DAY, description=text, performer=bank.cast.agency("5.9"))
    for rhythm in terms.AidRhythm:
        factories.aid(bank.family(), DAY, until=DAY + timedelta(days=90), rhythm=rhythm)
    factories.aid(bank.stay().family, FIRST, before_record="школа помогала и раньше")
    twin = bank.member(born_on=DAY)
    other = Member(family=twin.family, last_name=twin.last_name, first_name="Лев", born_on=None)
    db.session.add(other)
    for people in ([twin], [other], [twin, other], []):
        factories.aid(twin.family, DAY, recipients=people, performer=bank.cast.agency("5.1"))


def _programme(bank: Bank, **values: Any) -> Programme:
    stay = bank.stay(sender=bank.cast.agency("5.1"))
    row = Programme(**{"family": stay.family, "registration": stay, "kind": terms.ProgrammeKind.ACTIVE,
                       "starts_on": DAY, "ends_on": UNTIL, **values})  # fmt: skip
    db.session.add(row)
    return row


def _decision(row: Any, kind: terms.DecisionKind, number: str | None, day: date = DAY) -> Decision:
    made = Decision(family=row.family, kind=kind, number=number, decided_on=day)
    db.session.add(made)
    return made


def programmes(bank: Bank) -> None:
    for kind in terms.ProgrammeKind:
        _programme(bank, kind=kind, agency=bank.cast.agency("5.2"))
    for number in ("1/2", "0012", "=1", None):
        row = _programme(bank)
        row.approval = _decision(row, terms.DecisionKind.PROGRAMME, number)
    for text in TEXTS:
        _programme(bank, note=text, closed_on=UNTIL, closed_as=terms.ProgrammeState.COMPLETED,
                   close_reason=text)  # fmt: skip
    criteria = dictionary(Criterion)
    for said in (("Пьют", "Скобки [2.1]", "Скобки [ ]", "Пусто []"), ("=1", "1.10", "№ 7; 8", "да и нет")):
        row = _programme(bank)
        for position, text in enumerate(said):
            picked = criteria[position] if position % 2 else None
            db.session.add(Problem(family=row.family, programme=row, position=position, text=text, criterion=picked))
    row = _programme(bank, closed_on=DAY, closed_as=terms.ProgrammeState.TERMINATED, close_reason="ошибка")
    later = Programme(family=row.family, registration=row.registration, starts_on=UNTIL, ends_on=UNTIL)
    measures_of = [_measure(_stage(each), kind=dictionary(MeasureKind)[0]) for each in (row, later)]
    for measure in measures_of:
        aid = factories.aid(row.family, UNTIL)
        aid.planned, aid.measure = measure, measure.kind


def _stage(row: Programme, **values: Any) -> Stage:
    kind = db.session.scalars(select(StageKind).limit(1)).one()
    stage = Stage(**{"family": row.family, "programme": row, "kind": kind, "starts_on": row.starts_on,
                     "ends_on": row.ends_on, **values})  # fmt: skip
    db.session.add(stage)
    return stage


def stages(bank: Bank) -> None:
    for kind, sort in itertools.zip_longest(dictionary(StageKind), terms.StageSort):
        _stage(_programme(bank), kind=kind or dictionary(StageKind)[0], sort=sort or terms.StageSort.ORDINARY)
    for number in ("1/2", "0012", "=1", None):
        row = _programme(bank)
        stage = _stage(row, meeting_number=number, meeting_on=DAY, ended_before=DAY)
        stage.decision = _decision(row, terms.DecisionKind.PROGRAMME, number)
        stage.extension = _decision(row, terms.DecisionKind.EXTEND, number, UNTIL)
    levels, reactions = dictionary(DynamicsLevel), dictionary(FamilyReaction)
    each = max(levels, reactions, list(terms.StageFollows), key=len)
    cycles = (itertools.cycle(values) for values in (levels, reactions, terms.StageFollows))
    for _value, level, reaction, follows in zip(each, *cycles, strict=False):
        row = _programme(bank)
        stage = _stage(row, reviewed_on=UNTIL, dynamics=level, reaction=reaction, follows=follows)
        stage.decision = row.approval = _decision(row, terms.DecisionKind.PROGRAMME, "7")
    for text in TEXTS:
        _stage(_programme(bank), tasks=text, analysis=text, meeting_note=text)
    row = _programme(bank)
    for day in (DAY, UNTIL):
        _stage(row, starts_on=day, ends_on=day)


def _measure(stage: Stage, **values: Any) -> PlannedMeasure:
    row = PlannedMeasure(**{"family": stage.family, "stage": stage, "due_on": stage.ends_on,
                            "state": terms.MeasureState.PLANNED, **values})  # fmt: skip
    db.session.add(row)
    return row


def measures(bank: Bank) -> None:
    kinds = dictionary(MeasureKind)
    stage = _stage(_programme(bank))
    for kind in kinds:
        _measure(stage, kind=kind)
    for state, done_on, reason in (
        (terms.MeasureState.DONE, UNTIL, None), (terms.MeasureState.NOT_DONE, None, "уехали"),
        (terms.MeasureState.CANCELLED, None, "строка\nвторая"),
    ):  # fmt: skip
        _measure(stage, kind=kinds[0], state=state, done_on=done_on, reason=reason)
    for text in TEXTS:
        row = _programme(bank)
        problem = Problem(family=row.family, programme=row, text=text or "Пьют")
        db.session.add(problem)
        _measure(_stage(row), kind=kinds[1], details=text, problem=problem, performer=bank.cast.agency("5.3"))
    twin = bank.member(born_on=DAY)
    other = Member(family=twin.family, last_name=twin.last_name, first_name="Лев", born_on=None)
    db.session.add(other)
    stay = factories.registration(twin.family, DAY)
    row = Programme(family=twin.family, registration=stay, starts_on=DAY, ends_on=UNTIL)
    db.session.add(row)
    stage = _stage(row)
    for people in ([twin], [other], [twin, other], []):
        _measure(stage, kind=kinds[2], members=people)


# The columns that each of these fills with every kind of value; a column of the form that is in none is a fault.
FILLED: dict[Callable[[Bank], None], dict[Any, set[str]]] = {
    families: {FAMILIES: {"number", "territory", "categories", "stated_size", "income_per_member", "income_source",
                          "registered_address", "actual_address", "additional"}},
    stays: {STAYS: {"number", "sender_kind", "sender", "detected_on", "card_sent_on", "criteria", "decision_number",
                    "decided_on", "registered_on", "removal_number", "removal_decided_on", "removed_on", "reason",
                    "note"}},
    members: {MEMBERS: {"number", "role", "last_name", "first_name", "middle_name", "sex", "born_on", "workplace",
                        "joined_on", "left_on"}},
    parts: {MEMBERS: {"document_kind", "document_series", "document_number", "document_issued_on", "education_status",
                      "education_organisation", "education_grade", "free_meals", "free_textbooks", "leisure",
                      "holidays"}},
    supervisions: {SUPERVISIONS: {"number", "last_name", "first_name", "middle_name", "born_on", "started_on",
                                  "ended_on", "kind"}},
    aids: {AIDS: {"number", "given_on", "measure", "aid_kind", "description", "performer_kind", "performer",
                  "recipients", "amount", "until", "rhythm", "before_record"}},
    programmes: {
        STAGES: {"number", "programme_from", "programme_until", "registered_on", "programme_kind", "agency_kind",
                 "agency", "problems", "programme_note", "approval_number", "approved_on", "closed_on", "closed_as",
                 "close_reason"},
        AIDS: {"plan_line"},
    },
    stages: {STAGES: {"kind", "sort", "starts_on", "ends_on", "meeting_number", "meeting_on", "meeting_note",
                      "decision_number", "decided_on", "extension_number", "extended_on", "ended_before", "tasks",
                      "reviewed_on", "dynamics", "reaction", "analysis", "follows"}},
    measures: {MEASURES: {"number", "plan_line", "programme_from", "stage_from", "measure", "details", "problem",
                          "performer_kind", "performer", "members", "due_on", "state", "done_on", "reason"}},
}  # fmt: skip


def test_every_column_of_the_form_is_tried():
    tried = {(sheet.title, name) for sheets in FILLED.values() for sheet, names in sheets.items() for name in names}
    assert tried == {(sheet.title, column.field) for sheet in SHEETS for column in sheet}


@pytest.mark.one_database("a cell is made of a value and read back in Python; test_export.py goes out and in on both")
@pytest.mark.parametrize("fill", FILLED, ids=lambda fill: fill.__name__)
def test_every_value_goes_out_and_comes_in_the_same(cast, fill, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(factories, "_add", lambda row: db.session.add(row) or row)  # all of them are written at once
        fill(Bank(cast))
        db.session.flush()
    family_keys.refresh_all(family_keys.live_ids(), today())
    db.session.commit()
    assert list(soundness.faults(today())) == []
    content = written(cast.district, today())
    check_nothing_changes(content)
    load(moved(content, "Соседний район"))
    back = written(cast.other_district, today())
    assert {title: rows for title, rows in cells(content).items() if title != FACTS} == {
        title: [tuple("Тестовый район" if cell == "Соседний район" else cell for cell in row) for row in rows]
        for title, rows in cells(back).items() if title != FACTS
    }  # fmt: skip
