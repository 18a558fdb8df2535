"""A family told and drawn: its chronology, «с прошлого раза», its people, the course of the work; and their papers."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from app.clock import today
from app.domain.terms import Act, SurveyLevel
from app.extensions import db
from app.models import JournalEntry
from app.render import genogram
from app.render.genogram import MAN, Genogram, Kin
from tests import factories, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("rows are read by the page of the family, whose tests run on both")

LOW, HIGH = (level.value for level in (SurveyLevel.NOT, SurveyLevel.FULL))
PAGES = ("timeline", "since", "people", "course")


@kept
def family(cast) -> dict[str, int]:
    """A family that was surveyed twice, helped and warned of; the father has left it."""
    row = factories.family(cast.north, "00042")
    factories.member(row, "мать", date(1988, 2, 3), "Заречная", "Нина", "Павловна", joined_on=date(2010, 1, 1))
    son = factories.member(row, "сын", date(today().year - 9, 1, 1), "Заречный", "Лев", "Олегович")
    girl = factories.member(row, "дочь", date(today().year - 5, 1, 1), "Заречная", "Ия", "Олеговна")
    factories.member(row, "отец", date(1980, 1, 1), "Заречный", "Олег", "Ильич", left_on=today() - timedelta(days=20))
    factories.education(son, today() - timedelta(days=40), organisation="МБОУ СОШ № 3")
    stay = factories.registration(row, date(2025, 6, 10), criteria=("2.2.1",))
    programme = factories.programme(stay, today() - timedelta(days=50), today() + timedelta(days=200), approved=True)
    stage = factories.stage(programme, today() - timedelta(days=50), today() + timedelta(days=100))
    factories.measure(stage, today() - timedelta(days=4))
    for days, level in ((90, LOW), (10, HIGH)):
        group = factories.survey_group(cast.employee("gleb"), today(), of=row)
        factories.survey_act(group, today() - timedelta(days=days), {"housing": level})
    factories.signal_card(cast.north, family=row, sent_on=today() - timedelta(days=5))
    factories.aid(row, today() - timedelta(days=200), recipients=[girl], description="Давно")
    factories.aid(row, today() - timedelta(days=3), recipients=[son], description="Недавно")
    return {"id": row.id, "son": son.id, "girl": girl.id}


def text_of(document) -> str:
    return re.sub(r"\s+", " ", document.xpath("//main")[0].text_content())


def test_the_people_are_drawn_and_listed_and_whoever_left_is_told_apart_without_colour(family, sign_in, page):
    document = page(sign_in("anna"), f"/family/{family['id']}/people")
    drawing = document.xpath("//main//*[local-name()='svg'][@role='img']")[0]
    drawn = [node.text for node in drawing.iter() if str(node.tag).endswith("text")]
    for words in ("Нина Павловна", "Лев Олегович", "Ия Олеговна", "Олег Ильич", "9", "живёт в семье"):
        assert words in drawn, words
    assert any(text.startswith("не живёт с ") for text in drawn)
    assert drawing.xpath(".//*[@stroke-dasharray]"), "whoever left has a broken outline"
    assert not drawing.xpath(".//@style"), "the policy refuses styles"
    assert drawing.get("aria-describedby") == "people-table"
    assert "Заречный, Олег Ильич, отец" in text_of(document)


def test_many_children_stand_in_rows_and_each_hangs_on_the_line_of_the_parents():
    kin = [Kin((f"Лев {number}",), MAN, str(number), True) for number in range(15)]
    drawn = genogram.picture(Genogram("Семья", kin[:1], [], kin[1:14], kin[14:]))
    squares = [shape for shape in drawn.shapes if shape.kind == "outline" and shape.points[0][1] < drawn.height - 40]
    assert len(squares) == 15
    assert len({shape.points[0] for shape in squares}) == 15
    assert all(0 < x < drawn.width and 0 < y < drawn.height for shape in squares for x, y in shape.points)
    drops = [
        shape for shape in drawn.shapes if shape.kind == "stroke" and shape.points[1][1] - shape.points[0][1] == 14
    ]
    assert len(drops) == 13


def test_the_course_is_drawn_and_the_same_stands_in_a_table(family, sign_in, page):
    document = page(sign_in("anna"), f"/family/{family['id']}/course")
    drawing = document.xpath("//main//*[local-name()='svg'][@role='img']")[0]
    assert "+" in [node.text for node in drawing.iter() if str(node.tag).endswith("text")]
    assert not drawing.xpath(".//@style")
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in document.xpath("//tbody/tr")]
    cells = [" ".join(cells) for cells in zip(*rows, strict=True)]
    assert "на учёте с 10.06.2025" in cells[1]
    assert "обследование проведено, лучше" in cells[3]
    assert "Основной" in cells[2]
    assert "карта №" in cells[4]
    across = float(drawing.get("viewbox").split()[2])
    edges = [float(pair.split(",")[0]) for one in drawing.xpath(".//@points") for pair in one.split()]
    assert max(edges) <= across, "a stage that goes on ends at the edge of the picture"
    assert sum(int(row[5]) for row in rows if row[5].isdigit()) == 2


def test_what_became_of_the_family_since_a_day_is_told_in_sentences(family, sign_in, page):
    client, address = sign_in("anna"), f"/family/{family['id']}/since"
    text = text_of(page(client, f"{address}?day={today() - timedelta(days=60):%d.%m.%Y}"))
    for words in (
        "состоит на учёте с 10.06.2025", "2 несовершеннолетних", "больше не в семье: Заречный Олег Ильич",
        "МБОУ СОШ № 3", "К семье выходили 1 раз", "поступила сигнальная карта", "Помощь оказана 1 раз",
        "начался этап «Основной»", "Просрочено мероприятий: 1, первое – 2.16",
    ):  # fmt: skip
        assert words in text, words
    assert "10.06.2025 поставлена" not in text
    assert "поставлена на учёт" in text_of(page(client, f"{address}?day=01.01.2025"))
    latest = text_of(page(client, f"{address}?day={today():%d.%m.%Y}"))
    assert "Помощь не оказывалась" in latest
    assert "Обследований за это время не было" in latest
    for wrong in ("day=вчера", f"day={today() + timedelta(days=1):%d.%m.%Y}", "member=1"):
        assert client.get(f"{address}?{wrong}").status_code == 400, wrong


def test_the_chronology_of_one_child_leaves_out_the_others(family, sign_in, page):
    client, address = sign_in("anna"), f"/family/{family['id']}/timeline"
    whole = text_of(page(client, address))
    assert "Недавно" in whole
    assert "Давно" in whole
    of_son = text_of(page(client, f"{address}?member={family['son']}"))
    assert "Недавно" in of_son
    assert "Давно" not in of_son
    assert "Поставлена на учёт" in of_son
    assert client.get(f"{address}?member=999999").status_code == 400


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_printed_for_whoever_prints_and_the_print_is_noted(family, sign_in, path):
    answer = sign_in("boris").get(f"/family/{family['id']}/{path}.pdf")
    assert answer.status_code == 200
    text = scans.flowing(scans.texts(answer.get_data()))
    assert "00042" in text
    assert "Конфиденциально" in text
    assert {"people": "Олег Ильич", "course": "Обследования", "since": "Помощь", "timeline": "Недавно"}[path] in text
    noted = db.session.query(JournalEntry).filter(JournalEntry.act == Act.PRINTED).all()
    assert [(entry.family_id, entry.user_name) for entry in noted] == [(family["id"], "Кленов Борис")]


def test_a_body_that_guides_the_family_reads_its_story_and_prints_nothing(family, cast, sign_in, page):
    from app.models import Family

    factories.mentor(db.session.get_one(Family, family["id"]), cast.employee("gleb"), date(2026, 1, 1))
    db.session.commit()
    client = sign_in("gleb")
    for path in PAGES:
        document = page(client, f"/family/{family['id']}/{path}")
        assert not [link for link in document.xpath("//main//a/@href") if ".pdf" in link]
        assert client.get(f"/family/{family['id']}/{path}.pdf").status_code == 403


def test_what_is_important_is_marked_shown_alone_printed_and_unmarked(family, sign_in, page):
    anna, address = sign_in("anna"), f"/family/{family['id']}/timeline"
    links = page(anna, address).xpath("//ol[@class='timeline']//a[contains(@href, '/mark/Aid/')]/@href")
    assert len(set(links)) == 2
    assert anna.post(links[0], data={"wanted": "mark", "note": "Начало перемен"}).status_code == 302
    again = anna.post(links[0], data={"wanted": "mark", "note": "И я отметила"})
    assert "уже отмечено" in again.text, "whoever marks as well takes no mark away"
    assert "И я отметила" in again.text
    only = text_of(page(anna, f"{address}?important=1"))
    assert "Недавно" in only
    assert "Начало перемен" in only
    assert "Поставлена на учёт" not in only
    text = scans.flowing(scans.texts(anna.get(f"/family/{family['id']}/timeline.pdf?important=1").get_data()))
    assert "Начало перемен" in text
    assert "только важное" in text
    assert "Снять отметку" in text_of(page(anna, links[0]))
    assert anna.post(links[0], data={"note": "не сказано, чего хотят"}).status_code == 200
    assert anna.post(links[0], data={"wanted": "take-away"}).status_code == 302
    assert "Отметки уже нет" in anna.post(links[0], data={"wanted": "take-away"}).text
    assert "Начало перемен" not in text_of(page(anna, f"{address}?important=1"))
    assert sign_in("boris").get(links[0]).status_code == 403
    assert anna.get(f"/family/{family['id']}/mark/Aid/999999").status_code == 404
