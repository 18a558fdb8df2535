"""Templates of papers: brought and checked, used from their day on, tried, and no longer used."""

from __future__ import annotations

import io
from datetime import timedelta

import docx as library
import pytest
from sqlalchemy import select

from app import clock
from app.domain.terms import DecisionKind
from app.extensions import db
from app.models import PaperTemplate
from app.render import docx
from tests import factories, meeting_scenes
from tests.meeting_scenes import closed, decide, item
from tests.test_acts import form_on

pytestmark = pytest.mark.one_database("files and what they say, whatever the database")

DAY = timedelta(days=1)


@pytest.fixture
def zoya(sign_in):
    return sign_in("zoya")


def bring(client, *lines: str, kind: str = "extract", since=None, name: str = "наш.docx", content: bytes = b""):
    made = content or docx.standard([("text", line) for line in lines])
    data = form_on(client, "/paper-templates/add") | {
        "kind": kind, "since": f"{since or clock.today():%d.%m.%Y}", "file": (io.BytesIO(made), name),
    }  # fmt: skip
    return client.post("/paper-templates/add", data=data, content_type="multipart/form-data", follow_redirects=True)


def kept() -> list[PaperTemplate]:
    return list(db.session.scalars(select(PaperTemplate).order_by(PaperTemplate.id)))


def said(content: bytes) -> str:
    return "\n".join(each.text for each in library.Document(io.BytesIO(content)).paragraphs)


@pytest.fixture
def decided(cast) -> int:
    """An item of a closed meeting of today."""
    body = meeting_scenes.commission(cast)
    meeting = meeting_scenes.meeting(body)
    family = factories.family(cast.north)
    factories.member(family, "мать", last_name="Полозова", first_name="Инна")
    matter = item(meeting, family)
    order = meeting_scenes.order(cast.agency("5.2"), clock.today() + 20 * DAY)
    decide(matter, DecisionKind.HEAR, instructions=[order])
    closed(meeting)
    db.session.commit()
    return matter.id


def test_a_template_is_used_from_its_day_on_and_the_standard_one_before(zoya, decided):
    address = f"/item/{decided}/extract.docx"
    assert "Выписка из постановления" in said(zoya.get(address).data)
    bring(zoya, "ЗАВТРАШНЯЯ {{ номер }}", since=clock.today() + DAY)
    assert "ЗАВТРАШНЯЯ" not in said(zoya.get(address).data)
    answer = bring(zoya, "НАША {{ номер }} о семье {{ семьи }}")
    assert "Образец сохранён" in answer.text
    assert "не используются поля" in answer.text
    assert "о семье Полозовых" in said(zoya.get(address).data)
    row = kept()[-1]
    zoya.post(f"/paper-templates/{row.id}/retire")
    assert "НАША" not in said(zoya.get(address).data)


@pytest.mark.parametrize(
    ("lines", "content", "text"),
    [
        (("{{ фамилия }}",), b"", "Таких полей у этого документа нет: фамилия"),
        (("{{ номер.__class__ }} {{ range(3) }}",), b"", "запрещённое выражение"),
        (("{{ номер",), b"", "ошибка"),
        ((), b"%PDF-1.4 not a document", "не документ Word"),
        ((), b"x" * (docx.LARGEST + 1), "больше 2 МБ"),
    ],
)
def test_what_is_no_template_is_refused_in_words_and_not_kept(lines, content, text, zoya):
    assert text in bring(zoya, *lines, content=content).text
    assert not kept()


def test_two_templates_of_a_kind_do_not_begin_on_one_day(zoya):
    bring(zoya, "{{ номер }}")
    assert "уже действует другой образец" in bring(zoya, "{{ вопрос }}").text
    assert len(kept()) == 1


def test_a_template_is_tried_on_an_invented_family_and_given_back_as_it_came(zoya):
    made = docx.standard([("text", "{{ кому }}: {{ вопрос }}")])
    bring(zoya, kind="notice", content=made)
    [row] = kept()
    assert said(zoya.get(f"/paper-templates/{row.id}/preview").data).startswith(
        "Примеровой Анне Ивановне: О рассмотрении"
    )
    assert zoya.get(f"/paper-templates/{row.id}/file").data == made


def test_the_page_lists_the_fields_of_every_kind(zoya, page):
    shown = page(zoya, "/paper-templates/").text_content()
    for word in ("Постановление", "Протокол заседания", "Приглашение на заседание", "{{ поручения }}", "{{ кому }}"):
        assert word in shown
    assert zoya.get("/paper-templates/standard/minutes.docx").data[:2] == b"PK"
    assert zoya.get("/paper-templates/standard/other.docx").status_code == 404


def test_the_letter_names_the_bodies_and_the_notice_the_parents(zoya, decided, cast):
    letter = said(zoya.get(f"/item/{decided}/letter.docx").data)
    assert cast.agency("5.2").name in letter
    assert "Посетить семью" in letter
    assert "Полозовой Инне Игоревич" in said(zoya.get(f"/item/{decided}/notice.docx").data)
