"""What is derived from the rows of a family is kept in step, and nobody conflicts with himself over it."""

from __future__ import annotations

from typing import Any

import lxml.html
import pytest
from sqlalchemy import select, update

from app.clock import today
from app.domain.names import sort_key
from app.extensions import db
from app.models import Family, JournalEntry, Member, SearchWord
from app.services import family_keys
from tests import factories

CONFLICT = "сохранил другой человек"


@pytest.fixture
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
