"""What hangs on a row is asked its rules again when the row changes, by whatever road it is changed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import class_mapper

from app import clock
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind, TerritoryKind
from app.extensions import db
from app.models import (
    AgencyKind,
    AgendaItem,
    Aid,
    AidKind,
    Decision,
    DecisionOutcome,
    Dictionary,
    Education,
    Family,
    IdentityDocument,
    Member,
    OfFamily,
    Paper,
    PlannedMeasure,
    Problem,
    Programme,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    RelationshipKind,
    RemovalReason,
    Stage,
    StayExtension,
    Supervision,
    SupervisionKind,
    WorkingGroupMember,
)
from app.services import checks, registry
from tests import factories
from tests.places_of_entities import entities

pytestmark = pytest.mark.one_database("the rules are asked in Python")

TODAY = date(2026, 9, 30)
BORN = date(2015, 5, 5)


class Ground:
    """A family with a row of each kind; `child` and `decision` carry them."""

    def __init__(self, cast: factories.Cast) -> None:
        self.cast = cast
        self.family = factories.family(cast.north, number="00077")
        self.child = factories.member(self.family, born_on=BORN)
        self.stay = factories.registration(self.family, date(2025, 3, 3), until=date(2026, 3, 3))

        self.changes: list[Decision] = []

    def changed(self, *criteria: str) -> Registration:
        """A stay of another family, whose criteria became others."""
        stay = factories.registration(
            factories.family(self.cast.south, number="00079"), date(2026, 4, 4), criteria=("2.1.1", "2.2.1")
        )  # fmt: skip
        self.changes.append(factories.change(stay, date(2026, 5, 5), criteria))
        return stay

    def add(self, row: Any) -> Any:
        db.session.add(row)
        db.session.flush()
        return row

    def document(self) -> IdentityDocument:
        return self.add(IdentityDocument(member=self.child, family=self.family, issued_on=date(2015, 7, 1)))

    def supervision(self) -> Supervision:
        kind = factories.by_code(SupervisionKind, "school")
        return self.add(Supervision(member=self.child, family=self.family, kind=kind, started_on=date(2015, 7, 1)))

    def plan(self) -> Programme:
        return factories.programme(self.stay, date(2025, 4, 4), date(2025, 12, 31))

    def stage(self) -> Stage:
        return factories.stage(self.plan(), date(2025, 4, 4), date(2025, 9, 9))

    def paper(self) -> Paper:
        return self.add(
            Paper(family=self.family, decision=self.stay.decision, title="Копия", file_name="к.pdf", mime="x", size=1,
                  sha256="0" * 64, key="k")
        )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What hangs on a row, and a change of the row that this alone forbids."""

    hanging: Callable[[Ground], Any]
    row: Callable[[Ground], Any]
    change: Callable[[Ground], dict[str, Any]]


def _born_later(ground: Ground) -> dict[str, Any]:
    return {"born_on": date(2016, 1, 1)}


def _child(ground: Ground) -> Member:
    return ground.child


def _placed(ground: Ground) -> Decision:
    return ground.stay.decision


def _changing(ground: Ground) -> Decision:
    return ground.changes[-1]


def _to_another_family(ground: Ground) -> dict[str, Any]:
    return {"family": factories.family(ground.cast.south, number="00078")}


CASES: dict[tuple[Any, Any, str], Case] = {
    (Member, IdentityDocument, "member"): Case(Ground.document, _child, _born_later),
    (Member, Education, "member"): Case(
        lambda ground: factories.education(ground.child, date(2015, 9, 1)), _child, _born_later
    ),
    (Member, PupilSupport, "member"): Case(
        lambda ground: factories.support(ground.child, 2015, 3), _child, _born_later
    ),
    (Member, Supervision, "member"): Case(Ground.supervision, _child, _born_later),
    (Member, Aid, "recipients"): Case(
        lambda ground: factories.aid(ground.family, date(2015, 8, 1), recipients=[ground.child]), _child, _born_later
    ),
    (Decision, Registration, "decision"): Case(
        lambda ground: ground.stay, _placed, lambda _ground: {"decided_on": date(2025, 3, 4)}
    ),
    (Decision, Registration, "removal_decision"): Case(
        lambda ground: ground.stay,
        lambda ground: ground.stay.removal_decision,
        lambda _ground: {"kind": DecisionKind.EXTEND},
    ),
    (Registration, StayExtension, "registration"): Case(
        lambda ground: factories.extension(ground.stay, date(2025, 4, 4)),
        lambda ground: ground.stay,
        lambda _ground: {"registered_on": date(2025, 5, 5)},
    ),
    (Registration, RegistrationCriterion, "registration"): Case(
        lambda ground: ground.stay.criteria[0],
        lambda ground: ground.stay,
        lambda ground: {"decision": factories.decision(ground.family, date(2025, 3, 3), number="9/9")},
    ),
    (Decision, RegistrationCriterion, "decision"): Case(
        lambda ground: ground.changed("2.3.1").criteria[0], _changing, lambda _ground: {"kind": DecisionKind.EXTEND}
    ),
    (Decision, RegistrationCriterion, "ended_by"): Case(
        lambda ground: ground.changed("2.1.1").criteria_over_time[1],
        _changing,
        lambda _ground: {"decided_on": date(2026, 5, 6)},
    ),
    (Registration, Programme, "registration"): Case(
        lambda ground: ground.plan(), lambda ground: ground.stay, lambda _ground: {"registered_on": date(2025, 5, 5)}
    ),
    (Programme, Stage, "programme"): Case(
        lambda ground: ground.stage(),
        lambda _ground: db.session.scalars(select(Programme)).one(),
        lambda _ground: {"starts_on": date(2025, 5, 5)},
    ),
    (Stage, PlannedMeasure, "stage"): Case(
        lambda ground: factories.measure(ground.stage(), date(2025, 5, 5)),
        lambda _ground: db.session.scalars(select(Stage)).one(),
        lambda _ground: {"starts_on": date(2025, 6, 6)},
    ),
    (Decision, Paper, "decision"): Case(
        Ground.paper,
        lambda ground: ground.add(factories.decision(ground.family, date(2026, 1, 1), DecisionKind.EXTEND, "3")),
        _to_another_family,
    ),
}


# A rule that asks nothing of the row on which its own hangs: both are of one family, and the database sees to that.
TIED_BY_THE_DATABASE = {
    (Programme, Problem, "programme"), (Programme, WorkingGroupMember, "programme"),
    (Problem, PlannedMeasure, "problem"), (Member, PlannedMeasure, "members"), (PlannedMeasure, Aid, "planned"),
    (Decision, Programme, "approval"), (Decision, Stage, "decision"), (Decision, Stage, "extension"),
    (Aid, Paper, "aid"),
}  # fmt: skip


@pytest.fixture
def ground(app, cast) -> Ground:
    return Ground(cast)


def test_every_reference_between_facts_of_families_has_a_case():
    of_families = [mapper.class_ for mapper in Family.registry.mappers if issubclass(mapper.class_, OfFamily)]
    looked_at = {(entity, *pair) for entity in of_families for pair in checks.looked_at(entity)}
    assert looked_at == set(CASES) | TIED_BY_THE_DATABASE, (
        "say in CASES what a change of the row would break in the row that hangs on it"
    )


@pytest.mark.parametrize("pair", CASES, ids=lambda pair: f"{pair[0].__name__}-{pair[1].__name__}.{pair[2]}")
def test_a_change_that_breaks_what_hangs_on_the_row_is_refused(ground, pair):
    case = CASES[pair]
    hanging, row, change = case.hanging(ground), case.row(ground), case.change(ground)
    if pair[1] is Paper:
        hanging.decision = row
    db.session.commit()
    registry.save(row, TODAY)
    for name, value in change.items():
        setattr(row, name, value)
        for first in row.criteria_over_time if name == "registered_on" else ():
            first.since = value
    with pytest.raises(Refusal, match="На этой записи держится") as refusal:
        registry.save(row, TODAY)
    assert str(type(hanging).TITLE) in refusal.value.text
    db.session.rollback()
    assert not inspect(row).modified


def test_what_is_annulled_hangs_on_nothing(ground):
    ground.document().annulled_at = clock.now()
    db.session.commit()
    ground.child.born_on = date(2016, 1, 1)
    registry.save(ground.child, TODAY)


OF_A_PERSON = [pair for pair in CASES if pair[0] is Member]


@pytest.mark.parametrize("pair", OF_A_PERSON, ids=lambda pair: pair[1].__name__)
def test_the_form_of_a_list_goes_the_same_road(ground, pair, sign_in):
    CASES[pair].hanging(ground)
    db.session.commit()
    anna, url = sign_in("anna"), f"/memberregistry/edit/{ground.child.id}"
    form = next(form for form in lxml.html.fromstring(anna.get(url).text).forms if "version" in form.fields)
    answer = anna.post(url, data=dict(form.form_values()) | {"born_on": "2016-01-01", "workplace": "лицей"})
    assert answer.status_code == 200
    assert "На этой записи держится" in answer.text
    assert "лицей" in answer.text
    assert db.session.scalar(select(Member.born_on).where(Member.id == ground.child.id)) == BORN


@pytest.mark.parametrize("change", ["to another district", "a district of its own", "a region"])
def test_a_territory_with_families_keeps_their_district(ground, cast, change):
    place = cast.north
    if change == "to another district":
        place.parent = cast.other_district
    else:
        place.kind = TerritoryKind.REGION if change == "a region" else TerritoryKind.DISTRICT
    with pytest.raises(Refusal, match="номера карт которых дал прежний район"):
        registry.save(place, TODAY)


def test_a_territory_without_families_moves_and_one_with_families_is_renamed(ground, cast):
    empty, full = cast.south, cast.north
    empty.parent, full.name = cast.other_district, "Северное"
    registry.save(empty, TODAY)
    registry.save(full, TODAY)
    registry.save(cast.district, TODAY)


# A person who moved to another family, a matter that goes on from another one: by acts, which no form names.
BY_ACTS = (Member, AgendaItem)
OF_PARTS = [each for each in entities() if checks._wholes(each) and each not in BY_ACTS]


@pytest.mark.parametrize("entity", OF_PARTS, ids=lambda entity: entity.__name__)
@pytest.mark.parametrize("between", [False, True])
def test_nothing_is_a_part_of_itself(cast, entity, between):
    name = checks._wholes(entity)[0]
    part, whole = db.session.scalars(select(entity).order_by(entity.id.desc()).limit(2)).all()
    with db.session.no_autoflush:
        setattr(part, name, whole)
        registry.save(part, TODAY)
        setattr(whole, name, part if between else whole)
        with pytest.raises(Refusal, match="в саму себя") as refused:
            registry.save(whole, TODAY)
    assert refused.value.field == name


@pytest.mark.parametrize(("note", "passes"), [(None, False), ("", False), ("выбыли за пределы района", True)])
def test_a_reason_of_removal_takes_no_code_that_its_stays_do_not_bear(cast, note, passes):
    factories.registration(factories.family(cast.north), date(2025, 1, 1), until=date(2025, 6, 1), note=note)
    reason = factories.by_code(RemovalReason, "11.2")
    reason.name = "Иная формулировка"
    registry.save(reason, TODAY)
    reason.code = "11.4.77"
    if passes:
        registry.save(reason, TODAY)
    else:
        with pytest.raises(Refusal, match="без него по этой причине снято семей: 1") as refused:
            registry.save(reason, TODAY)
        assert refused.value.field == "code"


# What services read of a word besides its name, its order and whether it is retired, and what keeps rows true to it.
READ_OF_WORDS = {
    (RelationshipKind, "parental_role"): "the families that have the role are called anew (registry.save)",
    (DecisionOutcome, "effect"): "a meeting is closed by the rule of the effect; what it decided keeps its kind",
    (DecisionOutcome, "of_council"): "the council is asked from now on; what it has decided stays",
    (AidKind, "has_amount"): "what is typed from now on; an amount that was given stays",
    (RemovalReason, "children_line"): "how a programme ends with a stay from now on; one that ended keeps its state",
    (AgencyKind, "scheme"): "who is asked about a family from now on; what was told keeps its kind (inquiries)",
    (RemovalReason, "code"): "the stays that ended for the reason are asked (checks)",
}
SERVICES = sorted(path for path in Path(checks.__file__).parent.glob("*.py") if path.name != "installation.py")


def test_every_field_of_a_word_that_a_rule_reads_is_known():
    """A name that a fact, or a word with a rule of its own, has as well is not told apart here: so with `code`."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SERVICES]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute) and id(node) not in called}
    mapped = [mapper.class_ for mapper in Family.registry.mappers]
    bound = {entity for entity, _name in READ_OF_WORDS}
    words = [each for each in mapped if issubclass(each, Dictionary) and (each in bound or each not in checks.RULES)]
    own = {column.key for word in words for column in word.__table__.columns} & read
    own -= {attr.key for each in mapped if each not in words for attr in class_mapper(each).attrs}
    assert own == {name for _entity, name in READ_OF_WORDS if name != "code"}, (
        "say what keeps the rows true to this field of a word"
    )
