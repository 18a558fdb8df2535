"""The reports of a large bank are submitted, counted again and looked through in the background."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from app import access
from app.domain.terms import JobKind, JobState
from app.extensions import db
from app.models import Job, Submission, Territory
from app.reports import recount
from app.services import submissions
from app.work import submissions as task
from tests import factories
from tests.reports.test_quarterly import hard
from tests.reports.test_submissions import AGREED, ASKED, submitted
from tests.scans import pdf
from tests.test_registry import form_of

__all__ = ["hard"]

pytestmark = pytest.mark.one_database("how a report is counted and kept is asked on both in tests/reports")


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Every bank is large."""
    for module in ("submissions", "before_sending", "reports"):
        monkeypatch.setattr(f"app.screens.{module}.MANY", -1)


def ended() -> Job:
    return db.session.scalars(select(Job).order_by(Job.id.desc())).first()


def of_movement(cast: factories.Cast) -> dict[str, Any]:
    """The parameters of a job that submits the movement of the third quarter."""
    agreed = {"by": "я", "on": "2026-10-05", "scan_name": None, "scan_mime": None}
    return {"corrects": None, "report": "movement", "territory": cast.district.id, "agreed": agreed,
            "options": {"by": "territory", "small": "show"}, "from": "2026-07-01", "to": "2026-09-30"}  # fmt: skip


def test_a_report_is_submitted_by_a_job_as_it_is_at_once_and_every_refusal_stays(hard, cast, sign_in, page, done):
    anna, url = sign_in("anna"), f"/submit/quarterly?territory={cast.district.id}&{ASKED}"
    form = form_of(page(anna, url))
    for wrong, said in (({"agreed_by": ""}, "Впишите, кто согласовал"), ({"agreed_on": "2026-09-30"}, "после конца")):
        assert said in anna.post(url, data=form | AGREED | wrong).text
    assert ended() is None
    sheet = {"file": (BytesIO(pdf()), "лист.pdf")}
    first = anna.post(url, data=form | AGREED | sheet)
    second = anna.post(url, data=form_of(page(anna, url)) | AGREED)
    assert (first.status_code, second.status_code) == (302, 302)
    assert db.session.scalars(select(Submission)).all() == []
    assert done() == 2
    row = db.session.scalars(select(Submission)).one()
    assert row.scan == pdf()
    assert row.agreed_by == AGREED["agreed_by"]
    assert row.submitted_by == cast.user("anna").get_full_name()
    assert row.code in page(anna, first.location).text_content()
    assert "Этот отчёт уже сдан" in page(anna, second.location).text_content()
    with access.unrestricted():
        assert recount.recounted(row).differences == []
    assert list(submissions.faults()) == []


def test_the_address_of_a_file_with_a_row_for_each_family_offers_to_write_it_in_the_background(
    hard, cast, sign_in, page, done
):
    anna, asked = sign_in("anna"), f"territory={cast.district.id}&{ASKED}"
    for kind in ("xlsx", "pdf", "html", "json"):
        offered = page(anna, f"/reports/registry/file/{kind}?{asked}").xpath("//form[@method='post']/@action")
        assert [one.split("?")[0] for one in offered if "/later/" in one] == [
            "/reports/registry/later/xlsx", "/reports/registry/later/pdf"]  # fmt: skip
        anna.post(next(one for one in offered if "/later/xlsx" in one))
    assert done() == 4
    assert (ended().state, ended().result["records"]) == (JobState.DONE, 3)
    assert anna.get(f"/reports/movement/file/json?{asked}").is_json


def test_what_differs_is_shown_as_a_job_has_found_it_and_corrected_by_another(hard, cast, sign_in, page, done):
    family = factories.family(cast.north, number="00777")
    factories.member(family, last_name="Запоздалов")
    db.session.commit()
    row = submitted(cast.district)
    anna, at = sign_in("anna"), f"/submission/{row.id}"
    correct = form_of(page(anna, f"{at}/correct")) | AGREED | {"note": "Внесено позже"}
    anna.post(f"{at}/correct", data=correct)
    assert done() == 1
    assert ended().result["text"] == submissions.NOTHING_NEW
    with access.unrestricted():
        factories.registration(family, factories.date(2026, 8, 20))
    db.session.commit()
    asked = anna.post(f"{at}/recount", data=form_of(page(anna, f"{at}/recount")))
    assert done() == 1
    job = ended()
    assert job.state is JobState.DONE
    assert str(job.id) in asked.location
    shown = page(anna, f"{at}/recount?job={job.id}").text_content()
    assert "№ 00777" in shown
    assert "Запоздалов" not in str(job.result)
    page(anna, f"/before-sending/quarterly?job={job.id}&territory={cast.district.id}&{ASKED}", 404)
    anna.post(f"{at}/correct", data=form_of(page(anna, f"{at}/correct")) | AGREED | {"note": "Внесено позже"})
    assert done() == 1
    assert [one.edition for one in db.session.scalars(select(Submission).order_by(Submission.id))] == [1, 2]


def test_the_check_before_submitting_is_kept_for_its_page(hard, cast, sign_in, page, done):
    anna, url = sign_in("anna"), f"/before-sending/quarterly?territory={cast.district.id}&{ASKED}"
    anna.post(url, data=form_of(page(anna, url)))
    assert done() == 1
    kept = ended().result
    shown = page(anna, f"{url}&job={kept['values']['job']}").text_content()
    assert "У каждой постановки есть номер постановления" in shown
    assert kept["text"].startswith("Не сходится")


def test_a_job_that_breaks_or_is_of_another_district_has_submitted_nothing(
    hard, cast, sign_in, page, asked, done, monkeypatch
):
    anna, url = sign_in("anna"), f"/submit/movement?territory={cast.district.id}&{ASKED}"

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(task, "_handed_in", broken)
    anna.post(url, data=form_of(page(anna, url)) | AGREED)
    assert done() == 1
    assert ended().state is JobState.REFUSED
    assert db.session.scalars(select(Submission)).all() == []
    asked("galina", JobKind.SUBMIT, **of_movement(cast))
    assert done() == 1
    assert ended().result["text"] == task.NOT_KEPT


def test_what_is_entered_while_a_report_is_counted_is_counted_too(hard, cast, app, asked, done, monkeypatch):
    counted, freeze, north = [], task.frozen.freeze, cast.north.id

    def disturbed(*args: Any) -> Any:
        content = freeze(*args)
        if not counted:
            with app.app_context(), access.unrestricted():  # another person, at the same time
                row = factories.family(db.session.get(Territory, north), number="00888")
                factories.registration(row, factories.date(2026, 8, 21))
                db.session.commit()
        counted.append(content)
        return content

    monkeypatch.setattr(task.frozen, "freeze", disturbed)
    asked("anna", JobKind.SUBMIT, **of_movement(cast))
    assert done() == 1
    assert len(counted) == 2
    assert db.session.scalars(select(Submission)).one().figures == counted[1].figures != counted[0].figures
