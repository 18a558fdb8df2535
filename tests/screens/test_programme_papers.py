"""The example of the slide is rebuilt from the screen: a main stage with twelve measures, its aids, its results."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from lxml import html
from pypdf import PdfReader
from sqlalchemy import func, select

from app.domain.terms import MeasureState, ProgrammeState
from app.extensions import db
from app.models import Aid, Decision, DynamicsLevel, Family, FamilyReaction, PlannedMeasure, Programme, Stage, StageKind
from tests import factories
from tests.states import kept
from tests.test_registry import form_of
from tests.test_statements import asked

pytestmark = pytest.mark.one_database("papers and who prints them; test_stranger.py prints each on Postgres")

CODES = ("2.16", "4.11", "2.15", "2.18", "4.13", "6.1", "6.2", "1.12", "1.1", "1.10", "7.2", "7.9")
AIDS = 83
MOST_STATEMENTS, MANY_MEASURES, MANY_AIDS = 15, 200, 2000


@kept
def scene(cast: factories.Cast) -> dict[str, Any]:
    """A family on record since 2016, and three people who will be the working group."""
    of = factories.family(cast.north)
    mother = factories.member(of, "мать", date(1985, 1, 1), "Полозова", "Инна", "Олеговна")
    father = factories.member(of, "отец", date(1980, 1, 1), first_name="Игорь", middle_name="Львович")
    factories.member(of, born_on=date(2010, 5, 5))
    factories.registration(of, date(2016, 9, 1))
    body = cast.agency("5.8")
    people = [factories.employee(body, None, last_name=name) for name in ("Берёзкина", "Дубкова", "Кленова")]
    db.session.flush()
    return {"family": of.id, "chosen": [mother.id, father.id], "people": [one.id for one in people],
            "names": [one.full_name for one in people]}  # fmt: skip


def text_of(content: bytes) -> str:
    return " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(content)).pages).split())


def sent(client: Any, page: Any, url: str, **typed: Any) -> str:
    """Fill a form in as a person would; gives where it led."""
    answer = client.post(url, data=form_of(page(client, url)) | typed)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def rebuilt(client: Any, page: Any, scene: dict[str, Any]) -> Programme:
    leader, *others = scene["people"]
    sent(client, page, f"/programme/open/{scene['family']}", starts_on="05.10.2016", ends_on="09.04.2017",
         problems="Злоупотребление алкоголем", leader=str(leader),
         group=[str(one) for one in others])  # fmt: skip
    row = db.session.scalars(select(Programme)).one()
    main = factories.by_code(StageKind, "main")
    url = sent(client, page, f"/programme/{row.id}/stage", kind=str(main.id), starts_on="09.10.2016",
               ends_on="09.04.2017", tasks="Лечение, трудоустройство")  # fmt: skip
    plan = {}
    for place, code in enumerate(CODES):
        plan |= {
            f"lines-{place}-kind": code,
            f"lines-{place}-due_on": "09.04.2017",
            f"lines-{place}-problem": "алкоголем",
        }
    plan["lines-0-members"] = [str(one) for one in scene["chosen"]]
    sent(client, page, url, **plan)
    sent(client, page, f"/programme/{row.id}/approve", number="19/3", decided_on="05.10.2016", meeting_number="19",
         note="протокол приложен")  # fmt: skip
    return row


def executed(client: Any, measures: list[PlannedMeasure], day: str, recipients: list[str] | None = None) -> None:
    """Aid by some measures of the plan, told in the one window."""
    url = "/execution/window?" + "&".join(f"m={one.id}" for one in measures)
    found = html.fromstring(client.get(url).text).xpath("//form[@method='post'][@enctype]")[0]
    typed: dict[str, Any] = {}
    for name, value in found.form_values():
        typed.setdefault(name, []).append(value)
    typed |= {"given_on": day, "description": "Помощь оказана"}
    if recipients is not None:
        typed["whom-0-recipients"] = recipients
    typed.pop("file", None)
    answer = client.post(url, data=typed, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text


def test_the_slide_is_rebuilt_from_the_screen(scene, sign_in, page):
    anna = sign_in("anna")
    chosen = [str(one) for one in scene["chosen"]]
    row = rebuilt(anna, page, scene)
    stage = db.session.scalars(select(Stage)).one()
    measures = {one.kind.code: one for one in db.session.scalars(select(PlannedMeasure))}
    assert tuple(measures) == CODES
    executed(anna, [measures["2.16"]], "20.02.2019", chosen)
    others = [measures[code] for code in CODES if code != "2.16"]
    for day in range(10, 17):
        executed(anna, others, f"{day}.10.2016")
    executed(anna, others[: AIDS - 1 - 7 * len(others)], "17.10.2016")
    sent(anna, page, f"/stage/{stage.id}/review", reviewed_on="09.04.2017", follows="next", analysis="Лечатся",
         dynamics=str(factories.by_code(DynamicsLevel, "medium").id),
         reaction=str(factories.by_code(FamilyReaction, "4").id))  # fmt: skip
    shown = " ".join(page(anna, f"/programme/{row.id}").text_content().split())
    for said in ("План: 12 | Помощь: 83", "09.10.2016 – 09.04.2017", "№ 19 от 05.10.2016", "протокол приложен",
                 "Средний", "4. Спокойное реагирование"):  # fmt: skip
        assert said in shown, said
    assert all(name in shown for name in scene["names"])
    done = db.session.scalars(select(PlannedMeasure).where(PlannedMeasure.id == measures["2.16"].id)).one()
    [aid] = db.session.scalars(select(Aid).where(Aid.planned_id == done.id))
    assert (done.state, done.done_on) == (MeasureState.DONE, date(2019, 2, 20))
    assert [str(one.id) for one in aid.recipients] == chosen
    assert db.session.scalar(select(func.count(Decision.id)).where(Decision.number == "19/3")) == 1


def test_its_papers_tell_the_plan_and_what_was_done(scene, sign_in, page):
    anna = sign_in("anna")
    row = rebuilt(anna, page, scene)
    measure = db.session.scalars(select(PlannedMeasure).order_by(PlannedMeasure.position)).first()
    family = db.session.get_one(Family, scene["family"])
    factories.aid(family, date(2017, 2, 20), planned=measure, description="Курс лечения пройден")
    db.session.commit()
    stage = db.session.scalars(select(Stage)).one()
    sheet = PdfReader(BytesIO(anna.get(f"/programme/{row.id}/card.pdf").data)).pages[0].mediabox
    assert sheet.width > sheet.height, "seven columns lie across the sheet"
    card = text_of(anna.get(f"/programme/{row.id}/card.pdf").data)
    for said in ("УТВЕРЖДАЮ", "проблемы семьи", "сведения о проделанной", "Курс лечения пройден", "20.02.2017",
                 "«05» октября 2016 г.", "Злоупотребление"):  # fmt: skip
        assert said in card, said
    paper = Document(BytesIO(anna.get(f"/programme/{row.id}/card.docx").data))
    problems, measures, *_others = paper.tables[0].rows[1].cells
    assert (problems.text, measures.text) == ("проблемы семьи", "необходимые мероприятия")
    assert [cell.text for cell in paper.tables[0].rows[2].cells] == list("1234567")
    assert "Курс лечения пройден" in paper.tables[0].rows[3].cells[4].text
    head = [row._tr.xpath("./w:trPr/w:tblHeader") != [] for row in paper.tables[0].rows]
    assert head == [True] * 3 + [False] * (len(head) - 3), "the head stands on each sheet"
    assert "План: 12 | Помощь: 1" in text_of(anna.get(f"/stage/{stage.id}/summary.pdf").data)
    assert "срок прошёл" in text_of(anna.get(f"/programme/{row.id}/calendar.pdf").data)
    whole = text_of(anna.get(f"/family/{scene['family']}/card.pdf").data)
    assert "Курс лечения пройден" in whole
    assert "запланировано" in whole


def test_the_passport_tells_the_stages_and_the_card_the_end_of_its_own_stay(scene, sign_in, page):
    anna = sign_in("anna")
    row = rebuilt(anna, page, scene)
    stage = db.session.scalars(select(Stage)).one()
    sent(anna, page, f"/stage/{stage.id}/review", reviewed_on="09.04.2017", follows="next", analysis="Лечатся",
         dynamics=str(factories.by_code(DynamicsLevel, "medium").id),
         reaction=str(factories.by_code(FamilyReaction, "4").id))  # fmt: skip
    whole = text_of(anna.get(f"/family/{scene['family']}/passport.pdf").data)
    for said in ("Этапы реабилитации", "09.10.2016 – 09.04.2017", "№ 19 от 05.10.2016 (протокол приложен)",
                 "План: 12 Помощь: 0", "Средний", "следующий этап", "Анализ: Лечатся"):  # fmt: skip
        assert said in whole, said
    family = db.session.get_one(Family, scene["family"])
    row.closed_on, row.closed_as = date(2017, 4, 9), ProgrammeState.COMPLETED
    db.session.commit()
    card = f"/family/{scene['family']}/card.pdf"
    assert "Программа реабилитации завершена 09.04.2017; динамика: Средний" in text_of(anna.get(card).data)
    [stay] = family.registrations
    stay.removed_on = date(2017, 4, 9)
    factories.registration(family, date(2018, 3, 1))
    db.session.commit()
    assert "Программа реабилитации" not in text_of(anna.get(card).data), "the family is on record again"


def test_a_plan_of_many_measures_and_aids_asks_no_more(scene, sign_in, page):
    anna = sign_in("anna")
    row = rebuilt(anna, page, scene)
    before = asked(anna, f"/programme/{row.id}")
    stage = db.session.scalars(select(Stage)).one()
    kind = db.session.scalars(select(PlannedMeasure.kind_id)).first()
    many = [PlannedMeasure(family_id=scene["family"], stage_id=stage.id, kind_id=kind, due_on=date(2017, 1, 1),
                           position=place) for place in range(MANY_MEASURES)]  # fmt: skip
    db.session.add_all(many)
    db.session.add_all(Aid(family_id=scene["family"], given_on=date(2017, 1, 1), planned=many[number % MANY_MEASURES])
                       for number in range(MANY_AIDS))  # fmt: skip
    db.session.commit()
    after = asked(anna, f"/programme/{row.id}")
    assert len(after) <= min(len(before), MOST_STATEMENTS)
