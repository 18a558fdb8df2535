"""What is to be watched: each rule by which a family drifts, and the other lists, on both databases."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from app import access
from app.clock import today
from app.domain.terms import MeasureState
from app.extensions import db
from app.models import Family, FamilyReaction
from app.readings import watching
from tests import factories

LONG_AGO = timedelta(days=120)


@pytest.fixture
def family(cast) -> Family:
    """A family of the north, long on record, with whom somebody spoke yesterday."""
    row = factories.family(cast.north, "00042")
    factories.member(row, "мать", date(1988, 2, 3))
    stay = factories.registration(row, today() - LONG_AGO)
    factories.aid(row, today() - timedelta(days=1))
    row.stay = stay  # type: ignore[attr-defined]  # for the tests of this module
    return row


def drifting() -> dict[str, list[str]]:
    """The reasons of each family that drifts, as Anna sees it."""
    db.session.commit()
    with access.unrestricted():
        return {row.title: row.reasons for row in watching.drifting(today())}


def plan(family: Family, **values):
    programme = factories.programme(family.stay, today() - LONG_AGO, today() + LONG_AGO, approved=True)  # type: ignore[attr-defined]  # set by the fixture
    return factories.stage(programme, today() - LONG_AGO, today() + timedelta(days=40), **values)


def test_a_family_with_which_all_goes_on_drifts_not(family):
    stage = plan(family)
    factories.measure(stage, today() + timedelta(days=5))
    factories.measure(stage, today() - timedelta(days=5), state=MeasureState.DONE, done_on=today())
    factories.support(family.members[0], today().year - 1, 1, missed_lessons=3)
    assert drifting() == {}
    assert watching.counts(today())["drift"] == 0 if access.scope().everything else True


def test_days_without_contact(cast):
    row = factories.family(cast.north, "00042")
    factories.registration(row, today() - LONG_AGO)
    factories.aid(row, today() - timedelta(days=45))
    fresh = factories.family(cast.north, "00043")
    factories.registration(fresh, today() - timedelta(days=5))
    assert list(drifting().values()) == [[f"нет контакта 45 дней (последний {today() - timedelta(days=45):%d.%m.%Y})"]]


def test_a_plan_with_nothing_done(family):
    stage = plan(family)
    measure = factories.measure(stage, today() - timedelta(days=5))
    assert list(drifting().values()) == [["план есть, а не исполнено ничего"]]
    with access.unrestricted():
        [idle] = watching.idle_plans(today())
    assert (idle.planned, idle.overdue) == (1, 1)
    measure.state, measure.done_on = MeasureState.DONE, today()
    factories.measure(stage, today() + timedelta(days=5))
    assert drifting() == {}


def test_two_reactions_worse(family):
    programme = factories.programme(family.stay, today() - LONG_AGO, today() + LONG_AGO, approved=True)
    for number, code in enumerate(("5", "4", "2")):
        start = today() - LONG_AGO + timedelta(days=20 * number)
        factories.stage(programme, start, start + timedelta(days=19), reviewed_on=start + timedelta(days=19),
                        reaction=factories.by_code(FamilyReaction, code), follows="next")  # fmt: skip
    assert list(drifting().values()) == [["реакция семьи дважды подряд стала хуже"]]
    start = today() - timedelta(days=40)
    factories.stage(programme, start, start + timedelta(days=19), reviewed_on=start + timedelta(days=19),
                    reaction=factories.by_code(FamilyReaction, "3"), follows="next")  # fmt: skip
    assert drifting() == {}, "the last one was better"


def test_a_card_on_a_family_on_record(family, cast):
    factories.signal_card(cast.north, family=family, sent_on=today() - timedelta(days=3))
    assert list(drifting().values()) == [["новая сигнальная карта на семью, которая стоит на учёте"]]


def test_more_lessons_missed_than_in_the_quarter_before(family):
    child = factories.member(family, "сын", date(today().year - 9, 1, 1), "Полозов", "Лев")
    year, number = today().year, (today().month + 2) // 3
    before = (year, number - 1) if number > 1 else (year - 1, 4)
    factories.support(child, *before, missed_lessons=4)
    assert drifting() == {}
    factories.support(child, year, number, missed_lessons=9)
    assert list(drifting().values()) == [["пропусков уроков больше, чем в квартале раньше"]]


def test_bodies_that_are_late_children_of_age_and_stages_that_end(family, cast, sign_in, page):
    body = cast.agency("5.3")
    stage = plan(family)
    stage.ends_on = today() + timedelta(days=20)
    factories.measure(stage, today() - timedelta(days=10), performer=body)
    factories.measure(stage, today() - timedelta(days=20), performer=body)
    factories.measure(stage, today() + timedelta(days=20), performer=body)
    birthday = today() + timedelta(days=50)
    factories.member(family, "сын", birthday.replace(year=birthday.year - 18), "Полозов", "Лев")
    db.session.commit()
    with access.unrestricted():
        [late] = watching.late_bodies(today())
        assert (late.name, late.overdue, late.families, late.mean_days) == (body.name, 2, 1, 15.0)
        assert [row.day for row in watching.coming_of_age(today())] == [birthday]
        assert [row.ends_on for row in watching.ending_stages(today())] == [stage.ends_on]
        assert watching.counts(today()) == {"drift": 1, "idle": 1, "bodies": 2, "of-age": 1, "stages": 1}
    anna, galina = sign_in("anna"), sign_in("galina")
    for name, words in (("drift", "не исполнено ничего"), ("idle", "00042"), ("bodies", "15,0"),
                        ("of-age", "Полозов Лев"), ("stages", "Основной")):  # fmt: skip
        document = page(anna, f"/watching/?list={name}")
        assert words in re.sub(r"\s+", " ", document.xpath("//main")[0].text_content()), name
        assert words not in page(galina, f"/watching/?list={name}").xpath("//main")[0].text_content(), name
    bodies = "/watching/?list=bodies"
    for client, opens in ((anna, 1), (sign_in("boris"), 0)):  # a member of the commission opens no measures of bodies
        cells = page(client, bodies).xpath("//main//tbody//td")
        assert cells[0].text_content() == body.name
        assert len(cells[0].xpath("a")) == opens
    home = page(anna, "/").xpath("//*[@id='watched']")[0].text_content()
    assert "Семьи, о которых забывают" in home
    assert sign_in("gleb").get("/watching/").status_code == 403
