"""Words about health and convictions (152-ФЗ, art. 10) are shown only to whoever holds the permission for them."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.orm import class_mapper

from app import access
from app.extensions import db
from app.models import FamilyCategory, Model, Supervision, SupervisionKind
from tests import factories, scans

pytestmark = pytest.mark.one_database("words are hidden by the scope of a person, which test_access.py lays over both")

SECRETS = ("Диспансерное наблюдение психиатра", "Семья с родителем-инвалидом", "тайное примечание")
ORDINARY = ("Внутришкольный учет", "Многодетная семья")


def text_of(answer: Any) -> str:
    """The words of a page, of a paper or of a workbook."""
    if answer.mimetype == "application/pdf":
        return scans.flowing(scans.texts(answer.data))
    if answer.data[:2] != b"PK":
        return answer.text
    with zipfile.ZipFile(BytesIO(answer.data)) as book:
        return "\n".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))


@pytest.fixture
def family(cast: factories.Cast) -> Any:
    """A family of Anna's that Gleb's body guides, with special and ordinary words, all of them told in the journal."""
    rows = factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))
    of, child = rows["Family"], rows["Member"]
    of.categories = [factories.by_code(FamilyCategory, code) for code in ("1", "16")]
    db.session.flush()
    of.categories = [factories.by_code(FamilyCategory, "16")]
    db.session.flush()
    of.categories = [factories.by_code(FamilyCategory, code) for code in ("1", "16")]
    kind = factories.by_code(SupervisionKind, "psychiatry")
    secret = Supervision(member=child, family=of, kind=kind, started_on=date(2026, 1, 1), note="тайное примечание")
    db.session.add(secret)
    db.session.flush()
    secret.ended_on = date(2026, 6, 1)
    db.session.commit()
    return of


def pages(app: Any, family: Any) -> list[str]:
    """Every address that shows something, of the rows of the family where it asks for one."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in ("static", "appbuilder.static", "SignIn.logout"):
            continue
        values = dict.fromkeys(rule.arguments, 1 if "int:" in rule.rule else "Family")
        values |= {"entity": "Member"} if "entity" in values else {}
        found.append(app.url_map.bind("localhost").build(rule.endpoint, values, method="GET"))
    journal = [f"/journal/?act={act}" for act in ("created", "changed")]  # refusals fill its first page soon
    return [*found, *journal, f"/family/{family.id}", f"/family/{family.id}/timeline", "/search?q=полозов"]


@pytest.mark.parametrize("name", ["gleb", "avgust", "renata", "oleg"])
def test_without_the_permission_no_page_tells_of_them(name, app, family, sign_in):
    browser = sign_in(name)
    for address in pages(app, family):
        if address.startswith(("/familycategoryregistry", "/supervisionkindregistry")):
            continue  # the dictionary itself is about nobody
        answer = browser.get(address)
        found = [secret for secret in SECRETS if secret in text_of(answer)]
        assert not found, (address, found)


def test_with_the_permission_they_are_told(family, sign_in):
    anna = sign_in("anna")
    page, history = anna.get(f"/family/{family.id}").text, anna.get(f"/family/{family.id}/history").text
    for secret in SECRETS[:2]:
        assert secret in page
        assert secret in history


def test_the_auditor_reads_what_is_not_special(family, sign_in):
    journal = sign_in("avgust").get("/journal/").text
    assert "нужно отдельное право" in journal
    assert "Многодетная семья" in journal


def test_whoever_names_a_special_word_is_known():
    """A table that names a kind of supervision or a category of families is hidden with it, or is a list of links."""
    special = {SupervisionKind.__table__, FamilyCategory.__table__}
    hidden = {class_mapper(entity).local_table for entity in access.ordinary()}
    for table in Model.metadata.tables.values():
        if table not in special and any(key.column.table in special for key in table.foreign_keys):
            assert table in hidden or table.name == "family_categories", f"{table.name}: say it in access.ordinary"
