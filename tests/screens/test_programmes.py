"""A programme as a coordinator and the leader of a group meet it: opened, planned, approved, reviewed, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from sqlalchemy import func, select

from app import access, clock
from app.domain.terms import DecisionKind, MeasureState, ProgrammeState, StageSort, StageState
from app.extensions import db
from app.models import (
    Aid,
    Decision,
    DynamicsLevel,
    FamilyReaction,
    MeasureKind,
    MeasureSet,
    PlannedMeasure,
    Problem,
    Programme,
    Stage,
)
from app.screens.programme_forms import named
from app.services import registrations
from tests import factories
from tests.states import kept
from tests.test_registry import form_of

pytestmark = pytest.mark.one_database("pages and refusals; test_at_once.py does the acts at once on Postgres")

DAY = timedelta(days=1)


def day(number: int = 0) -> str:
    return f"{clock.today() + number * DAY:%d.%m.%Y}"


def text(document: Any) -> str:
    return " ".join(document.xpath("//main")[0].text_content().split())


@kept
def scene(cast: factories.Cast) -> dict[str, Any]:
    """A family on record with a programme that waits for approval, and another family without one."""
    today = clock.today()
    rows = {}
    for name, place in (("family", cast.north), ("other", cast.south)):
        of = factories.family(place)
        factories.member(of, "мать", factories.date(1990, 1, 1), "Полозова", "Инна", "Олеговна")
        factories.member(of)
        rows[name], rows[f"{name} stay"] = of, factories.registration(of, today - 40 * DAY)
    rows["programme"] = factories.programme(
        rows["family stay"], today - 30 * DAY, today + 150 * DAY, problems=["Пропуски занятий"]
    )
    rows["stage"] = factories.stage(rows["programme"], today - 30 * DAY, today + 20 * DAY)
    return rows


def planned(form: dict[str, Any], row: int = 0, **values: str) -> dict[str, Any]:
    said = {"kind": "2.16", "due_on": day(10)} | values
    return form | {f"lines-{row}-{name}": value for name, value in said.items()}


def test_a_programme_is_opened_with_its_problems_and_group_and_a_second_one_is_not(cast, scene, sign_in, page):
    anna, of = sign_in("anna"), scene["other"]
    assert "Программа реабилитации" in text(page(anna, f"/family/{of.id}"))
    url = f"/programme/open/{of.id}"
    form = form_of(page(anna, url)) | {"problems": "Нет работы\n\nДолги", "leader": str(cast.employee("gleb").id)}
    pick = next(iter(page(anna, url).xpath("//select[@name='picks']/option/@value")))
    assert anna.post(url, data=form | {"picks": [pick], "ends_on": day(-90)}).status_code == 200
    assert db.session.scalar(select(func.count(Programme.id)).where(Programme.family_id == of.id)) == 0
    answer = anna.post(url, data=form | {"picks": [pick]})
    assert answer.status_code == 302
    row = db.session.scalars(select(Programme).where(Programme.family_id == of.id)).one()
    assert [one.text for one in row.problems] == ["Нет работы", "Долги", pick]
    assert row.problems[-1].criterion is not None
    assert row.state is ProgrammeState.DRAFT
    again = anna.post(url, data=form | {"form_key": "иной"})
    assert "уже есть программа" in again.text


def test_the_plan_is_one_table_that_keeps_what_is_wrong_in_it(cast, scene, sign_in, page):
    anna, url = sign_in("anna"), f"/stage/{scene['stage'].id}/plan"
    form = form_of(page(anna, url))
    refused = anna.post(url, data=planned(planned(form, kind="содействие"), 1, performer="нет такого"))
    assert "может значить" in refused.text
    assert 'value="нет такого"' in refused.text
    nameless = anna.post(url, data=planned(planned(form), 1, kind="") | {"lines-1-details": "по вечерам"})
    assert "Назовите мероприятие строки" in nameless.text
    assert 'value="по вечерам"' in nameless.text
    body = cast.agency("5.5")
    done = anna.post(url, data=planned(planned(form, performer=body.name, problem="Пропуски"), 1, kind="1.1"))
    assert done.status_code == 302
    rows = db.session.scalars(select(PlannedMeasure).order_by(PlannedMeasure.position)).all()
    assert [row.kind.code for row in rows] == ["2.16", "1.1"]
    assert rows[0].performer is body
    assert rows[0].problem.text == "Пропуски занятий"
    stale = anna.post(url, data=planned(form, 2, kind="1.2") | {"form_key": "иной"})
    assert "изменил другой человек" in stale.text
    form = form_of(page(anna, url))
    assert anna.post(url, data=form | {"lines-0-kind": ""}).status_code == 302
    assert db.session.scalar(select(func.count(PlannedMeasure.id)).where(PlannedMeasure.annulled_at.is_(None))) == 1


def test_several_lines_are_filled_at_once(cast, scene, sign_in, page):
    anna, url = sign_in("anna"), f"/stage/{scene['stage'].id}/plan"
    for row, kind in enumerate(("1.1", "1.10", "2.16")):
        factories.measure(scene["stage"], clock.today() + row * DAY, kind, position=row)
    body = cast.agency("5.2")
    form = form_of(page(anna, url)) | {"ticked": ["0", "2"], "fill_performer": body.name, "fill_due_on": day(15)}
    shown = anna.post(url, data=form | {"fill": "1"})
    again = form_of(lxml.html.fromstring(shown.text))
    assert [again[f"lines-{row}-performer"] for row in range(3)] == [body.name, "", body.name]
    assert [again[f"lines-{row}-due_on"] for row in range(3)] == [day(15), day(1), day(15)]


def test_a_template_set_is_put_in_with_one_click_and_only_once(scene, sign_in, page):
    anna, stage = sign_in("anna"), scene["stage"]
    page(anna, f"/stage/{stage.id}/plan")
    whole = db.session.scalars(select(MeasureSet).where(MeasureSet.code == "alcohol")).one()
    for _twice in range(2):
        anna.post(f"/stage/{stage.id}/set", data={"chosen": str(whole.id)})
    rows = db.session.scalars(select(PlannedMeasure).where(PlannedMeasure.stage_id == stage.id)).all()
    assert sorted(row.kind.code for row in rows) == sorted(line.kind.code for line in whole.lines)
    assert all(row.performer is not None and row.due_on <= stage.ends_on for row in rows)


def test_approved_from_paper_reviewed_extended_and_ended(scene, sign_in, page):
    anna, programme, stage = sign_in("anna"), scene["programme"], scene["stage"]
    measure = factories.measure(stage, clock.today() - DAY)
    url = f"/programme/{programme.id}/approve"
    paper = {"number": "19", "decided_on": day(-20), "meeting_number": "19", "note": "с примечанием"}
    assert anna.post(url, data=form_of(page(anna, url)) | paper).status_code == 302
    db.session.expire_all()
    assert programme.state is ProgrammeState.APPROVED
    assert stage.state(clock.today()) is StageState.ACTIVE
    assert (stage.meeting_number, stage.meeting_note) == ("19", "с примечанием")
    shown = text(page(anna, f"/programme/{programme.id}"))
    assert "План: 1 | Помощь: 0" in shown
    assert "срок прошёл: 1" in shown
    url = f"/stage/{stage.id}/review"
    said = {"dynamics": str(factories.by_code(DynamicsLevel, "medium").id), "follows": "extension",
            "reaction": str(factories.by_code(FamilyReaction, "4").id), "reviewed_on": day()}  # fmt: skip
    assert anna.post(url, data=form_of(page(anna, url)) | said).status_code == 302
    url = f"/stage/{stage.id}/extend"
    longer = {"number": "20", "decided_on": day(), "until": day(60)}
    assert anna.post(url, data=form_of(page(anna, url)) | longer).status_code == 302
    db.session.expire_all()
    assert (stage.sort, stage.ends_on) == (StageSort.EXTENDED, clock.today() + 60 * DAY)
    assert stage.reviewed_on is None
    assert db.session.scalar(select(func.count(Decision.id)).where(Decision.kind == DecisionKind.EXTEND)) == 1
    url = f"/programme/{programme.id}/finish"
    assert anna.post(url, data=form_of(page(anna, url)) | {"reason": ""}).status_code == 200
    assert anna.post(url, data=form_of(page(anna, url)) | {"reason": "Переезд", "how": "terminated"}).status_code == 302
    db.session.expire_all()
    assert programme.state is ProgrammeState.TERMINATED
    assert (measure.state, measure.reason) == (MeasureState.CANCELLED, "Переезд")


def test_a_measure_is_not_done_for_a_reason_alone(scene, sign_in, page):
    anna, measure = sign_in("anna"), factories.measure(scene["stage"], clock.today())
    url = f"/measure/{measure.id}/settle"
    form = form_of(page(anna, url)) | {"state": "not_done"}
    assert "Укажите причину" in anna.post(url, data=form).text
    done = form | {"state": "done", "done_on": day(), "reason": "Семья уехала"}
    assert "уберите её" in anna.post(url, data=done).text
    assert anna.post(url, data=form | {"reason": "Семья уехала"}).status_code == 302
    db.session.expire_all()
    assert (measure.state, measure.done_on) == (MeasureState.NOT_DONE, None)
    form = form_of(page(anna, url)) | {"state": "cancelled", "reason": "иное"}
    assert "оно не станет" in anna.post(url, data=form).text


def test_a_stranger_finds_nothing_and_a_reader_writes_nothing(scene, sign_in):
    programme, stage = scene["programme"], scene["stage"]
    measure = factories.measure(stage, clock.today())
    galina, zoya = sign_in("galina"), sign_in("zoya")
    for url in (f"/programme/{programme.id}", f"/stage/{stage.id}/plan", f"/measure/{measure.id}/settle",
                f"/programme/of-family/{scene['family'].id}", f"/programme/open/{scene['family'].id}"):  # fmt: skip
        assert galina.get(url).status_code == 404, url
    assert zoya.get(f"/programme/{programme.id}").status_code == 200
    assert zoya.get(f"/stage/{stage.id}/plan").status_code == 403


@pytest.mark.one_database("what a guard says is compared in Python")
def test_whoever_leads_the_group_writes_its_programme_and_the_next_one(cast, scene, sign_in, page):
    programme, stage = scene["programme"], scene["stage"]
    gleb = cast.employee("gleb")
    factories.mentor(scene["family"], gleb, clock.today() - DAY)
    assert sign_in("gleb").get(f"/stage/{stage.id}/plan").status_code == 403
    row = factories.group_member(programme, gleb)
    assert sign_in("gleb").get(f"/stage/{stage.id}/plan").status_code == 403
    row.leads = True
    db.session.commit()
    client = sign_in("gleb")
    assert client.get(f"/stage/{stage.id}/plan").status_code == 200
    programme.closed_on, programme.closed_as = clock.today(), ProgrammeState.TERMINATED
    db.session.commit()
    opening = f"/programme/open/{scene['family'].id}"
    answer = client.post(opening, data=form_of(page(client, opening)) | {"problems": "Пропуски занятий"})
    assert answer.status_code == 302, "whoever leads the group opens the next programme"
    row.ended_on = clock.today()
    db.session.commit()
    assert client.get(f"/stage/{stage.id}/plan").status_code == 403


@pytest.mark.one_database("names are compared in Python")
def test_a_measure_is_found_by_any_part_of_its_name_or_by_its_code(app):
    with app.app_context():
        listed = {str(kind): kind for kind in db.session.scalars(select(MeasureKind))}
    assert [name.split()[0] for name in named("1.1", listed)] == ["1.1"]
    assert [name.split()[0] for name in named("1.10", listed)] == ["1.10"]
    assert {name.split()[0] for name in named("питания бесплатного", listed)} == {"1.16"}
    assert named("2.99", listed) == []
    assert len(named("содействие", listed)) > 1


def test_annulling_a_stage_leaves_the_aid_and_a_decision_that_is_annulled_approves_nothing(scene, sign_in):
    measure = factories.measure(scene["stage"], clock.today())
    aid = factories.aid(scene["family"], clock.today(), planned=measure)
    decision = factories.decision(scene["family"], clock.today(), DecisionKind.PROGRAMME, "5/5")
    scene["programme"].approval = scene["stage"].decision = decision
    db.session.flush()
    with access.unrestricted():
        registrations.annul(decision, reason="Ошибка", today=clock.today())
        assert scene["programme"].approval is None
        registrations.annul(scene["programme"], reason="Ошибка", today=clock.today())
    for entity in (Stage, PlannedMeasure, Problem):
        assert db.session.scalar(select(func.count(entity.id)).where(entity.annulled_at.is_(None))) == 0
    db.session.expire_all()
    assert db.session.get_one(Aid, aid.id).planned_id is None
