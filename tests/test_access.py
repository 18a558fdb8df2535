"""Rows are scoped once, for every SELECT."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased, selectinload

from app import access
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Family, Member, Supervision, SupervisionKind
from tests import factories

TODAY = date(2026, 9, 30)


def scope_of(cast: factories.Cast, name: str) -> access.Scope:
    user = cast.user(name)
    return access.scope_of(user, [role.name for role in user.roles], TODAY)


@pytest.fixture
def three(cast: factories.Cast) -> dict[str, Family]:
    families = {place: factories.family(getattr(cast, place)) for place in ("north", "south", "far")}
    for family in families.values():
        factories.member(family)
    db.session.commit()
    return families


def test_each_person_sees_own_families_only(cast, three):
    expected = {
        "anna": {"north", "south"},
        "boris": {"north"},
        "vera": {"south"},
        "gleb": set(),
        "oleg": set(),
        "renata": set(),
        "avgust": set(),
    }
    for name, places in expected.items():
        with access.acting_as(scope_of(cast, name)):
            seen = set(db.session.scalars(select(Family.id)))
            members = set(db.session.scalars(select(Member.family_id)))
            counted = db.session.scalar(select(func.count(Family.id)))
            wanted = {three[place].id for place in places}
        assert (seen, members, counted) == (wanted, wanted, len(wanted)), name


def test_aliases_joins_and_loaded_relations_are_narrowed_too(cast, three):
    other, home = aliased(Member), aliased(Family)
    statements = [
        select(other.family_id),
        select(home.id),
        select(other.family_id).join(other.family.of_type(home)),
        select(Member.family_id).join(Family, Family.id == Member.family_id),
        select(func.max(other.family_id)).group_by(other.family_id),
        select(Member.family_id).where(Member.family.has(Family.number != "")),
    ]
    for name, place in (("boris", "north"), ("vera", "south"), ("boris", "north")):
        with access.acting_as(scope_of(cast, name)):
            for statement in statements:
                assert set(db.session.scalars(statement)) == {three[place].id}, (name, str(statement))
            db.session.expire_all()
            families = db.session.scalars(select(Family).options(selectinload(Family.members))).all()
            assert [len(family.members) for family in families] == [1]


def test_without_a_scope_there_are_no_rows(cast, three):
    with access.acting_as(access.NOBODY):
        assert db.session.scalars(select(Family)).all() == []
        assert db.session.scalars(select(Member).join(Member.family)).all() == []


def test_an_assignment_shows_a_family_only_while_it_lasts(cast, three):
    boris = cast.employee("boris")
    factories.assignment(boris, date(2026, 1, 1), of=three["far"], until=TODAY)
    factories.assignment(boris, date(2026, 1, 1), of=three["south"])
    with access.acting_as(scope_of(cast, "boris")):
        assert set(db.session.scalars(select(Family.id))) == {three["north"].id, three["south"].id}


def test_a_mentor_shows_the_family_to_the_agency(cast, three):
    factories.mentor(three["north"], cast.employee("gleb"), date(2026, 1, 1))
    with access.acting_as(scope_of(cast, "gleb")):
        assert list(db.session.scalars(select(Family.id))) == [three["north"].id]


def test_a_row_of_an_unseen_family_is_not_stored(cast, three):
    stranger = three["far"].id
    with access.acting_as(scope_of(cast, "anna")):
        db.session.add(Member(family_id=stranger, last_name="Чужой", first_name="Ян"))
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def test_a_family_is_not_moved_to_an_unseen_territory(cast, three):
    far = cast.far.id
    with access.acting_as(scope_of(cast, "anna")):
        db.session.get(Family, three["north"].id).territory_id = far
        with pytest.raises(Refusal):
            db.session.flush()
        db.session.rollback()


def test_health_and_convictions_need_a_permission_of_their_own(cast, sign_in):
    family = factories.family(cast.north, categories=("1", "16"))
    child = factories.member(family)
    for code in ("school", "psychiatry"):
        kind = factories.by_code(SupervisionKind, code)
        db.session.add(Supervision(member=child, family=family, kind=kind, started_on=date(2026, 1, 1)))
    factories.mentor(family, cast.employee("gleb"), date(2026, 1, 1))
    db.session.commit()
    secrets = ("Диспансерное наблюдение психиатра", "Семья с родителем-инвалидом")
    for name, told in (("anna", True), ("boris", True), ("gleb", False)):
        page = sign_in(name).get(f"/family/{family.id}").text
        assert "Внутришкольный учет" in page, name
        assert all((secret in page) is told for secret in secrets), name
