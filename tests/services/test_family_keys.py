"""What is derived from the rows of a family is kept in step, and nobody conflicts with himself over it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select, update

from app import access
from app.clock import today
from app.domain.names import sort_key
from app.domain.terms import ParentalRole
from app.extensions import db
from app.models import Family, JournalEntry, Member, RelationshipKind, SearchWord
from app.services import family_keys, registry
from tests import factories
from tests.states import kept

CONFLICT = "сохранил другой человек"


@kept
def family(cast) -> Family:
    row = factories.family(cast.north, "00001")
    factories.member(row, "мать", None, "Липатова", "Ирина", None)
    factories.member(row)
    return row


def opened(client: Any, url: str) -> dict[str, Any]:
    """The fields of a form as a browser would send them."""
    document = lxml.html.fromstring(client.get(url).text)
    form = next(form for form in document.forms if "version" in form.fields)
    return {name: value for name, value in form.form_values() if name != "csrf_token"}


def test_who_edits_a_member_does_not_conflict_with_his_own_older_form_of_the_family(family, sign_in):
    anna, mother = sign_in("anna"), family.members[0]
    of_family, of_member = f"/familyregistry/edit/{family.id}", f"/memberregistry/edit/{mother.id}"
    typed = opened(anna, of_family)
    assert anna.post(of_member, data=opened(anna, of_member) | {"last_name": "Заречная"}).status_code == 302
    assert db.session.get_one(Family, family.id).name == "Заречная"
    answer = anna.post(of_family, data=typed | {"additional": "живут у бабушки"})
    assert answer.status_code == 302, CONFLICT in answer.text
    db.session.refresh(family)
    assert (family.name, family.additional) == ("Заречная", "живут у бабушки")


def test_who_edits_a_family_does_not_conflict_with_his_own_older_form_of_a_member(family, sign_in):
    anna, mother = sign_in("anna"), family.members[0]
    of_family, of_member = f"/familyregistry/edit/{family.id}", f"/memberregistry/edit/{mother.id}"
    typed = opened(anna, of_member)
    changed = opened(anna, of_family) | {"actual_address": "с. Лесное, д. 7"}
    assert anna.post(of_family, data=changed).status_code == 302
    assert anna.post(of_member, data=typed | {"last_name": "Заречная"}).status_code == 302
    assert db.session.scalars(select(SearchWord.word).where(SearchWord.word.in_(["лесное", "заречная"]))).all()


def test_two_people_who_edit_one_family_are_still_told(family, sign_in):
    anna, url = sign_in("anna"), f"/familyregistry/edit/{family.id}"
    first, second = opened(anna, url), opened(anna, url)
    assert anna.post(url, data=first | {"additional": "первое"}).status_code == 302
    answer = anna.post(url, data=second | {"additional": "второе"})
    assert answer.status_code == 200
    assert CONFLICT in answer.text
    db.session.refresh(family)
    assert family.additional == "первое"


def test_derived_keys_are_written_past_the_versions_and_past_the_journal(family):
    db.session.commit()
    versions = family.version, [row.version for row in family.members]
    entries = db.session.scalars(select(JournalEntry.id)).all()
    db.session.execute(update(Family.__table__).values(name="", sort_key="", search_key=""))
    db.session.execute(update(Member.__table__).values(sort_key=""))
    db.session.expire_all()
    family_keys.refresh(family, today())
    assert (family.name, family.sort_key) == ("Липатова", sort_key("Липатова"))
    assert family.members[0].sort_key == sort_key("Липатова Ирина")
    db.session.commit()
    assert (family.name, family.members[0].sort_key) == ("Липатова", sort_key("Липатова Ирина"))
    assert versions == (family.version, [row.version for row in family.members])
    assert db.session.scalars(select(JournalEntry.id)).all() == entries
    assert list(family_keys.stale_keys([family.id], today())) == []


def test_two_who_refresh_one_family_at_once_both_store_and_neither_conflicts(app, family):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("Postgres only: SQLite lets one transaction write at a time")
    people, family_id = [row.id for row in family.members], family.id
    versions = [row.version for row in family.members]
    db.session.commit()
    both = Barrier(2, timeout=20)

    def rename(place: int) -> None:
        with app.app_context(), access.unrestricted():
            db.session.get_one(Member, people[place]).last_name = ("Заречная", "Луговой")[place]
            db.session.flush()
            both.wait()  # neither has seen what the other one wrote
            family_keys.refresh(db.session.get_one(Family, family_id), today())
            db.session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rename, (0, 1)))
    db.session.expire_all()
    found = db.session.get_one(Family, family_id)
    assert [row.last_name for row in found.members] == ["Заречная", "Луговой"]
    assert [row.version for row in found.members] == [version + 1 for version in versions]
    assert {"заречная", "луговой"} <= set(found.search_key.split())
    assert list(family_keys.stale_keys([family_id], today())) == []


def test_families_are_called_anew_when_a_role_takes_another_place(cast, family):
    other = factories.family(cast.south, "00002")
    factories.member(other, "мать", None, "Заречная", "Нина", None)
    factories.member(other, "сын", None, "Луговой", "Глеб", None)
    for each in (family, other):
        family_keys.refresh(each, today())
    mother = db.session.scalars(select(RelationshipKind).where(RelationshipKind.name == "мать")).one()
    before, mother.parental_role = other.name, ParentalRole.OTHER
    registry.save(mother, today())
    db.session.expire_all()
    assert other.name != before
    assert list(family_keys.stale_keys(family_keys.live_ids(), today())) == []
