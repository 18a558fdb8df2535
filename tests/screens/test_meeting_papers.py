"""The papers of a meeting: each requisite stands on them, and nobody's copy tells of families that are another's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app import clock
from app.domain.meetings import Votes
from app.domain.terms import Act, DecisionKind
from app.extensions import db
from app.models import JournalEntry, Meeting
from tests import factories, meeting_scenes, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("papers and who prints them; test_stranger.py prints each on Postgres")

MONTH = 30 * meeting_scenes.DAY


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return " ".join(scans.flowing(scans.texts(answer.data)).split())


def in_order(said: str, *parts: str) -> None:
    """The parts stand in a text one after another."""
    place = 0
    for part in parts:
        found = said.find(part, place)
        assert found >= 0, f"{part!r} is not behind {said[max(0, place - 80) : place]!r}"
        place = found + len(part)


@kept
def scene(cast: factories.Cast) -> dict[str, Any]:
    """A closed meeting with an item of a family of each settlement, and one of a card of nobody in the bank."""
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body, number=7, absent=1, others_present="Прокурор Сизов А. Б.")
    meeting.attendance[-1].note = "болеет"
    found: dict[str, Any] = {"meeting": meeting}
    for place, name in (("north", "Полозов"), ("south", "Мятлев")):
        row = factories.family(getattr(cast, place), actual_address=f"ул. {name}ская, 5")
        factories.member(row, "мать", date(1990, 1, 1), f"{name}а", "Инна", "Олеговна")
        factories.member(row, "сын", date(2018, 5, 5), name, "Тимур", "Игоревич")
        item = meeting_scenes.item(meeting, row, title=f"О детях семьи {name}ых", why=f"довод {place}",
                                   invited=f"бабушка {name}ых")  # fmt: skip
        meeting_scenes.decide(
            item, DecisionKind.PLACE, substance=f"Суть {place}", violations=f"Нарушение {place}",
            causes=f"Причина {place}", resolved=f"Поставить {place}", measures=f"Мера {place}",
            speaker=f"Докладчик {place}", appeared=f"мать {name}ых", rights_explained=True,
            explanations=f"Объяснение {place}", votes=Votes(2, 1, 0),
            instructions=[meeting_scenes.order(cast.agency("5.2"), meeting.held_on + MONTH, f"Поручение {place}")],
        )  # fmt: skip
        found |= {place: row, f"{place} item": item}
    card = factories.signal_card(cast.south, received_at=clock.now(), last_name="Ольхова", first_name="Вера",
                                  middle_name="Ильинична")  # fmt: skip
    other = meeting_scenes.item(meeting, card=card, title="О карте Ольховой")
    meeting_scenes.decide(other, DecisionKind.REFUSE)
    meeting_scenes.closed(meeting)
    found["card item"] = other
    return found


@pytest.fixture
def meeting(scene: Any) -> Meeting:
    found: Meeting = scene["meeting"]
    return found


def test_the_minutes_have_their_nine_requisites_in_order(cast, scene, meeting, sign_in):
    said = text_of(sign_in("zoya").get(f"/meeting/{meeting.id}/minutes.pdf"))
    in_order(
        said, "Протокол заседания № 7", "Комиссии по делам несовершеннолетних", f"{meeting.held_on:%d.%m.%Y}", "Зал",
        "Присутствовали:", "Абрикосова Лидия", "Отсутствовали:", "Липатова Вера", "болеет", "Прокурор Сизов А. Б.",
        "на начало заседания 0, на конец 2",
        "О детях семьи Полозовых", "Докладчик north", "Суть north", "Сведения о лицах:", "Полозова Инна Олеговна",
        "01.01.1990", "Полозов Тимур Игоревич", "ул. Полозовская, 5", "Явились: мать Полозовых",
        "Права и обязанности разъяснены", "Объяснение north", "постановление № 7/1", "Поставить north",
        "за 2, против 1, воздержались 0", "Поручение north",
        "О детях семьи Мятлевых", "Мятлева Инна", "постановление № 7/2", "О карте Ольховой", "Ольхова Вера",
        "Явились: никто", "постановление № 7/3",
        "Постановления оглашены", "Порядок и срок обжалования разъяснены", "Председательствующий", "Абрикосова Л.",
        "Секретарь",
    )  # fmt: skip
    assert "Конфиденциально" in said


def test_a_resolution_has_its_twelve_requisites_in_order(cast, scene, meeting, sign_in):
    said = text_of(sign_in("zoya").get(f"/item/{scene['north item'].id}/resolution.pdf"))
    due = meeting.held_on + MONTH
    in_order(
        said, "Комиссии по делам несовершеннолетних", "Постановление № 7/1", f"{meeting.held_on:%d.%m.%Y}", "10:00",
        "Зал", "Присутствовали:", "Абрикосова Лидия (председатель)", "Отсутствовали:", "Липатова Вера",
        "Иные лица: Прокурор Сизов А. Б.", "мать Полозовых", "О детях семьи Полозовых", "Суть north",
        "Нарушение north", "Причина north", "Поставить north", "Мера north", "Органы управления социальной защитой",
        "Поручение north", f"до {due:%d.%m.%Y}", "может быть обжаловано", "Председательствующий", "Абрикосова Л.",
    )  # fmt: skip
    for foreign in ("south", "Мятлев", "Ольхов"):
        assert foreign not in said


def test_an_extract_is_of_one_item_with_its_own_instructions(cast, scene, sign_in):
    said = text_of(sign_in("zoya").get(f"/item/{scene['south item'].id}/extract.pdf"))
    in_order(said, "Выписка из постановления № 7/2", "О детях семьи Мятлевых", "Поставить south", "Поручение south")
    for foreign in ("north", "Полозов", "Ольхов", "Суть", "Причина south", "Прокурор"):
        assert foreign not in said, foreign


def test_the_agenda_of_the_secretary_has_all_and_that_of_a_member_his_own_with_his_name(cast, scene, meeting, sign_in):
    url = f"/meeting/{meeting.id}/agenda.pdf"
    whole = text_of(sign_in("zoya").get(url))
    in_order(whole, "Повестка заседания № 7", "О детях семьи Полозовых", "довод north", "ул. Полозовская, 5",
             "Полозов Тимур Игоревич", "бабушка Полозовых", "О детях семьи Мятлевых", "О карте Ольховой")  # fmt: skip
    assert "Экземпляр" not in whole
    for name, person, own, foreign in (
        ("boris", "Кленов Борис", ("Полозов", "north"), ("Мятлев", "south", "Ольхов")),
        ("vera", "Липатова Вера", ("Мятлев", "south", "Ольхов"), ("Полозов", "north")),
    ):
        said = text_of(sign_in(name).get(url))
        assert f"Экземпляр: {person}" in said
        assert all(word in said for word in own), name
        assert not any(word in said for word in foreign), name


@pytest.mark.parametrize("name", ["boris", "gleb", "galina", "renata", "oleg", None])
def test_whoever_does_not_hold_the_meeting_prints_no_decisions(name, cast, scene, meeting, sign_in, anonymous):
    client = sign_in(name) if name else anonymous
    for url in (f"/meeting/{meeting.id}/minutes.pdf", f"/item/{scene['north item'].id}/resolution.pdf",
                f"/item/{scene['south item'].id}/extract.pdf"):  # fmt: skip
        answer = client.get(url)
        assert answer.status_code in (302, 403, 404), url
        assert answer.mimetype != "application/pdf"


def test_what_is_printed_stands_in_the_journal_with_how_much(cast, scene, meeting, sign_in):
    zoya = sign_in("zoya")
    for url in (f"/meeting/{meeting.id}/minutes.pdf", f"/item/{scene['north item'].id}/extract.pdf"):
        zoya.get(url)
    rows = db.session.scalars(
        db.select(JournalEntry).where(JournalEntry.act == Act.PRINTED).order_by(JournalEntry.id)
    ).all()
    assert [(row.records, row.family_id) for row in rows] == [(3, None), (1, scene["north"].id)]
    assert all("Заседание № 7" in row.summary for row in rows)


def test_papers_of_a_meeting_of_which_little_is_known_print(cast, scene, sign_in):
    body = scene["meeting"].agency
    bare = meeting_scenes.meeting(body, place=None, starts_at=None)
    item = meeting_scenes.item(bare, title="<b>Вопрос</b> & «кавычки» {{ 7 * 7 }}", why=None)
    meeting_scenes.decide(item, DecisionKind.HEAR, resolved="я" * 9000)
    planned = meeting_scenes.meeting(
        body, clock.today() + meeting_scenes.DAY, is_open=False, number=None, presiding=None
    )
    db.session.commit()
    zoya = sign_in("zoya")
    for url in (f"/meeting/{bare.id}/minutes.pdf", f"/meeting/{bare.id}/agenda.pdf", f"/item/{item.id}/resolution.pdf"):
        said = text_of(zoya.get(url))
        assert "<b>Вопрос</b> & «кавычки» {{ 7 * 7 }}" in said
    assert "Вопросов нет" in text_of(zoya.get(f"/meeting/{planned.id}/agenda.pdf"))
    assert "Ольховой Вере Ильиничне" in text_of(zoya.get(f"/item/{scene['card item'].id}/notice.pdf"))
    for url in (f"/meeting/{planned.id}/minutes.pdf", f"/item/{item.id + 99}/extract.pdf"):
        assert zoya.get(url).status_code == 404
