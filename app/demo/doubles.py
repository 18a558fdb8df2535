"""A family of the demo district that a settlement has entered a second time, a letter of the surname wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.demo.ground import District
from app.domain.terms import ParentalRole
from app.extensions import db
from app.models import Education, Family, Member, Territory
from app.services import families
from app.services.families import FirstFact, FirstMember

MOST_PEOPLE = 4
FORMAL = "МБОУ СОШ"


def write(district: District, today: date) -> None:
    """Enter the family with the lowest number that has a parent and a child once more, in another settlement."""
    if (family := _whole(district)) is None:
        return
    here = [row for row in family.members if row.left_on is None][:MOST_PEOPLE]
    places = [key for key, _place in district.settlements if key != family.territory_id]
    people = [_copied(row, misspelt=row is here[0]) for row in here]
    address = (family.actual_address or "").replace("ул. ", "").replace("д. ", "").replace("кв. ", "")
    place = db.session.get_one(Territory, places[0])
    twin = families.enter(people, territory=place, number=None, registered_address=address, actual_address=None,
                          categories=[], today=today)  # fmt: skip
    twin.created_at = datetime.combine(today, time(5), tzinfo=UTC)
    for member in twin.members:
        member.created_at = twin.created_at


def _copied(row: Member, *, misspelt: bool) -> FirstMember:
    last_name = f"{row.last_name[:-1]}о" if misspelt else row.last_name
    return FirstMember(
        last_name, row.first_name, row.middle_name, row.born_on, row.sex, row.role, facts=_schooling(row)
    )


def _schooling(row: Member) -> list[FirstFact]:
    """The school of a child as the other settlement writes it: «школа № 5» for «МБОУ СОШ № 5»."""
    told = next((one for one in reversed(row.educations) if (one.organisation or "").startswith(FORMAL)), None)
    if told is None:
        return []
    short = (told.organisation or "").replace(FORMAL, "школа")
    return [FirstFact(Education, "education", {"status": told.status, "organisation": short, "grade": told.grade})]


def _whole(district: District) -> Family | None:
    places = [key for key, _place in district.settlements]
    with_people = select(Member.family_id).where(Member.annulled_at.is_(None), Member.left_on.is_(None))
    several = with_people.group_by(Member.family_id).having(func.count() > 1)
    asked = select(Family).where(Family.territory_id.in_(places), Family.annulled_at.is_(None), Family.id.in_(several))
    found = db.session.scalars(asked.order_by(Family.id).limit(20).options(selectinload(Family.members))).all()
    return next((family for family in found if _has_both(family)), None)


def _has_both(family: Family) -> bool:
    roles = {row.role.parental_role for row in family.members if row.role is not None and row.left_on is None}
    return {ParentalRole.MOTHER, ParentalRole.CHILD} <= roles
