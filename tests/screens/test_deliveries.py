"""The register of delivery: filled in from the page of an item, marked, mended, printed of a meeting and a period."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from sqlalchemy import select

from app import clock
from app.documents.meeting_papers import code_of
from app.domain.terms import DecisionKind, Sex, TemplateKind
from app.extensions import db
from app.models import AgendaItem, Delivery, Paper
from app.render import scans
from tests import factories, meeting_scenes
from tests.screens.test_survey_papers import with_code
from tests.states import kept
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("rows are written and read by key; the list of the entity is sorted on both")
DAY = timedelta(days=1)


def day(number: int = 0) -> str:
    return f"{clock.today() + number * DAY:%d.%m.%Y}"


@kept
def matter(cast: factories.Cast) -> AgendaItem:
    """A matter of a family of the north, decided by a meeting of yesterday that is closed."""
    body, asked = meeting_scenes.commission(cast), cast.agency("5.3")
    family = factories.family(cast.north)
    factories.member(family, "мать", factories.date(1990, 1, 1), "Полозова", "Инна", "Олеговна", sex=Sex.FEMALE)
    meeting = meeting_scenes.meeting(body, clock.today() - DAY)
    item = meeting_scenes.item(meeting, family, title="О семье Полозовых")
    order = meeting_scenes.order(asked, clock.today() + 20 * DAY)
    meeting_scenes.decide(item, DecisionKind.HEAR, instructions=[order])
    meeting_scenes.closed(meeting)
    return item


def sheet(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))


def test_papers_are_handed_over_received_and_printed(cast, matter, sign_in, page):
    zoya, url = sign_in("zoya"), f"/item/{matter.id}/deliveries"
    assert url in zoya.get(f"/meeting/{matter.meeting_id}").text
    form = form_of(page(zoya, url))
    assert form["whom"].strip().splitlines() == ["Полозовой Инне Олеговне", cast.agency("5.3").name]
    assert zoya.post(url, data=form | {"kind": "extract", "way": "post"}).status_code == 302
    mother, school = db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert (mother.whom, mother.sent_on, str(mother.way)) == ("Полозовой Инне Олеговне", clock.today(), "почтой")
    receipt, written = f"/delivery/{mother.id}/receipt", {"received_on": day(), "mark": "уведомление № 5"}
    stale = form_of(page(zoya, receipt))
    assert zoya.post(receipt, data=stale | written).status_code == 302
    assert "уведомление № 5" in zoya.get(url).text
    assert zoya.post(receipt, data=stale | written | {"form_key": "другой-ключ"}).status_code == 200
    wrong = f"/delivery/{school.id}/annul"
    assert zoya.post(wrong, data=form_of(page(zoya, wrong)) | {"reason": "не отправляли"}).status_code == 302
    of_meeting, of_days = f"/meeting/{matter.meeting_id}/deliveries", f"?from={day(-1)}&to={day()}"
    for name, many in ((f"{of_meeting}.xlsx", 1), (f"/deliveries/of-period.xlsx{of_days}", 1),
                       (f"/deliveries/of-period.xlsx?from={day(-5)}&to={day(-4)}", 0)):  # fmt: skip
        rows = [row for row in sheet(zoya.get(name).get_data()) if row[5] == "Полозовой Инне Олеговне"]
        assert len(rows) == many, name
        assert all((row[2], row[3], row[9]) == ("выписка из постановления", matter.number, "уведомление № 5")
                   for row in rows)  # fmt: skip
    for name in (f"{of_meeting}.pdf", f"/deliveries/of-period.pdf{of_days}"):
        assert zoya.get(name).get_data()[:4] == b"%PDF"
    assert "Полозовой" in zoya.get("/deliveryregistry/list/").text
    assert "Реестр за период" in zoya.get("/deliveryregistry/list/").text
    of_family = " ".join(page(sign_in("anna"), f"/family/{matter.family_id}").text_content().split())
    assert "выписка из постановления: Полозовой Инне Олеговне (почтой), получено" in of_family


def brought(content: bytes, **more: Any) -> dict[str, Any]:
    return {"file": (BytesIO(content), "скан.png"), **more}


def test_a_signed_scan_finds_its_decision_and_is_added_by_hand(cast, matter, sign_in, page):
    zoya, anna, galina = sign_in("zoya"), sign_in("anna"), sign_in("galina")
    printed = zoya.get(f"/item/{matter.id}/resolution.pdf").get_data()
    assert scans.codes(scans.Inspected("application/pdf", 1, printed)) == [code_of(matter, TemplateKind.RESOLUTION)]
    coded, elsewhere = with_code(code_of(matter, TemplateKind.RESOLUTION)), factories.family(cast.south)
    far = factories.family(cast.far)
    db.session.commit()
    kind = {"kind": "other", "title": "скан", "decision": "", "dated_on": ""}
    for who, family in ((galina, far), (anna, elsewhere)):  # only whoever prepares the meeting is led to its decision
        url = f"/family/{family.id}/papers/add"
        assert who.post(url, data=form_of(page(who, url)) | brought(coded, **kind)).status_code == 302
    lost, found = db.session.scalars(select(Paper).order_by(Paper.id)).all()
    assert (lost.family_id, lost.decision_id) == (far.id, None)
    assert (found.family_id, found.decision_id) == (matter.family_id, matter.decision_id)
    assert (str(found.kind), found.title) == ("копия постановления", f"Постановление № {matter.number}")
    url = f"/item/{matter.id}/scan"
    assert "уже приложен" in zoya.post(url, data=form_of(page(zoya, url)) | brought(coded)).text
    assert zoya.post(url, data=form_of(page(zoya, url)) | brought(with_code("чужой код"))).status_code == 302
    assert zoya.get(f"/item/{matter.id}/deliveries").text.count(f"Постановление № {matter.number}</a>") == 2
    assert zoya.get(f"/papers/{found.id}/file").status_code == 200


@pytest.mark.parametrize("kind", [TemplateKind.EXTRACT, TemplateKind.NOTICE, TemplateKind.LETTER])
def test_the_signed_scan_of_each_paper_to_edit_finds_its_item_by_the_code_printed_on_it(kind, matter, sign_in, page):
    zoya = sign_in("zoya")
    with ZipFile(BytesIO(zoya.get(f"/item/{matter.id}/{kind.value}.docx").get_data())) as word:
        [picture] = [word.read(name) for name in word.namelist() if name.startswith("word/media/")]
    assert scans.codes(scans.Inspected("image/png", 1, picture)) == [code_of(matter, kind)]
    url = f"/item/{matter.id}/scan"
    assert zoya.post(url, data=form_of(page(zoya, url)) | brought(with_code(code_of(matter, kind)))).status_code == 302
    [paper] = db.session.scalars(select(Paper)).all()
    assert (paper.family_id, paper.title.split()[0].lower()) == (matter.family_id, str(kind).split()[0])


# What is typed wrong, days by their distance from today, and what the page says of it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sent_on": 1}, "ещё не наступил"), ({"sent_on": -2}, "раньше заседания"),
    ({"kind": "notice"}, "Приглашают до заседания"), ({"kind": "minutes"}, "field__error"),
    ({"received_on": -1}, "Получить раньше"), ({"mark": "расписка"}, "в какой день документ получили"),
    ({"received_on": 3}, "ещё не наступил"), ({"whom": "ю" * 301}, "длиннее 300"),
    ({"whom": "\n".join(map(str, range(31)))}, "не больше 30"), ({"whom": " \n "}, "Заполните"),
]  # fmt: skip


def test_what_cannot_be_is_told_and_kept(cast, matter, sign_in, page):
    zoya, url = sign_in("zoya"), f"/item/{matter.id}/deliveries"
    form = form_of(page(zoya, url)) | {"handed_by": "Зоя Курьер"}
    for typed, sentence in WRONG:
        said = {name: day(value) if isinstance(value, int) else value for name, value in typed.items()}
        shown = zoya.post(url, data=form | said)
        assert sentence in shown.text, typed
        assert "Зоя Курьер" in shown.text
    assert db.session.scalars(select(Delivery)).all() == []


def test_before_the_closing_only_an_invitation_is_handed_over(cast, matter, sign_in, page):
    ahead = meeting_scenes.meeting(matter.meeting.agency, clock.today() + 5 * DAY, is_open=False)
    item = meeting_scenes.item(ahead, matter.family)
    db.session.commit()
    zoya, url = sign_in("zoya"), f"/item/{item.id}/deliveries"
    form = form_of(page(zoya, url))
    assert form["whom"].strip() == "Полозовой Инне Олеговне"
    assert "field__error" in zoya.post(url, data=form | {"kind": "extract"}).text
    assert zoya.post(url, data=form).status_code == 302
    assert [str(row.kind) for row in db.session.scalars(select(Delivery))] == ["приглашение на заседание"]
    for query in ("from=завтра", f"from={day()}", f"from={day()}&to={day(-1)}"):
        assert zoya.get(f"/deliveries/of-period.pdf?{query}").status_code == 400, query
