"""What one person may ask for in a while: it is counted over restarts, and told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import clock, journal
from app.domain.terms import Act, JobKind, JobState
from app.extensions import db
from app.models import Job, JournalEntry
from app.render import xlsx
from app.work.results import JobFiles, Result
from tests import factories
from tests.conftest import PASSWORD

pytestmark = pytest.mark.one_database("a count of entries by person and time")


@pytest.fixture
def unhurried() -> None:
    """Here the limits hold."""


def did(user, act: Act, times: int, **more) -> None:
    rows = [journal.entry(act, entity="Family", **more) | {"user_id": user.id} for _time in range(times)]
    for number, row in enumerate(rows):
        if act is Act.OPENED:
            row["family_id"] = 1000 + number
    journal.write(rows)
    db.session.commit()


@pytest.mark.parametrize(
    ("act", "times", "address"),
    [
        (Act.SEARCHED, 60, "/search?q=Полозова"),
        (Act.PRINTED, 120, "/family/{}/card.pdf"),
        (Act.EXPORTED, 60, "/agencyregistry/xlsx"),
    ],
)
def test_too_much_is_refused_for_a_while_and_others_are_not(cast, sign_in, user_named, act, times, address):
    family = factories.family(cast.north, "00042")
    factories.registration(family, clock.today())
    db.session.commit()
    address = address.format(family.id)
    did(user_named("anna"), act, times)
    assert sign_in("anna").get(address).status_code == 429
    assert sign_in("zoya").get(address).status_code != 429
    db.session.execute(update(JournalEntry.__table__).values(at=clock.now() - timedelta(hours=2)))
    db.session.commit()
    assert sign_in("anna").get(address).status_code == 200


def test_many_families_ask_for_the_password_and_the_coordinators_are_told(cast, sign_in, page, user_named):
    family = factories.family(cast.north, "00042")
    db.session.commit()
    did(user_named("anna"), Act.OPENED, 119)
    anna = sign_in("anna")
    assert anna.get(f"/family/{family.id}").status_code == 200
    did(user_named("anna"), Act.OPENED, 2)
    asked = anna.get(f"/family/{family.id}")
    assert asked.headers["Location"].startswith("/account/confirm?next=")
    assert "Пароль введён неверно" in anna.post(asked.headers["Location"], data={"password": "не тот"}).text
    answer = anna.post(asked.headers["Location"], data={"password": PASSWORD})
    assert answer.headers["Location"].endswith(f"/family/{family.id}")
    assert anna.get(f"/family/{family.id}").status_code == 200
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.MASS_READ)).one()
    assert (entry.user_name, entry.records >= 120) == ("Рябинина Анна", True)
    assert "За час открыто или выгружено семей" in page(sign_in("anna"), "/").text_content()
    did(user_named("anna"), Act.EXPORTED, 1, records=400)
    assert anna.get(f"/family/{family.id}").status_code == 429


@pytest.mark.parametrize("wanted", ["//evil", "http://evil/", "/\\evil", "javascript:alert(1)"])
def test_the_password_leads_nowhere_else(sign_in, wanted):
    answer = sign_in("anna").post("/account/confirm", query_string={"next": wanted}, data={"password": PASSWORD})
    assert answer.headers["Location"] == "/"


def test_what_the_background_makes_leaves_under_the_same_limits(cast, sign_in, user_named):
    user = user_named("anna")
    job = Job(kind=JobKind.EXPORT, title="Книга", user_id=user.id, parameters={}, state=JobState.DONE,
              ended_at=clock.now())  # fmt: skip
    db.session.add(job)
    db.session.flush()
    JobFiles(job.id).make()
    said = Result("Книга обмена", file=JobFiles(job.id).keep(b"PK"), file_name="b.xlsx", mime=xlsx.MIME, records=150)
    job.result = asdict(said)
    db.session.commit()
    address, anna = f"/work/{job.id}/file", sign_in("anna")
    asked = anna.get(address)
    assert asked.headers["Location"] == f"/account/confirm?next={address}"
    assert anna.post(asked.headers["Location"], data={"password": PASSWORD}).headers["Location"].endswith(address)
    assert anna.get(address).data == b"PK"
    did(user, Act.EXPORTED, 1, records=300)
    assert anna.post("/exchange/export", data={"on": "01.10.2026"}).status_code == 429
