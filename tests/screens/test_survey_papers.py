"""The papers of surveys: what is printed says what was written, and a scan finds its survey by its code alone."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.documents.survey_act import QR_PREFIX
from app.domain import terms
from app.extensions import db
from app.models import (
    Education,
    IdentityDocument,
    IdentityKind,
    PupilSupport,
    SurveyAct,
    SurveyGroup,
    SurveyPerson,
    SurveyScan,
)
from app.render import qr
from tests import factories, scans

pytestmark = pytest.mark.one_database("papers and codes; test_stranger.py prints each on Postgres")


@pytest.fixture
def group(cast: factories.Cast) -> SurveyGroup:
    card = factories.signal_card(cast.north, cast.agency("5.3"), [{"name": "Лев", "age": 7}], last_name="Мятлева",
                                 first_name="Нина", address="ул. Речная, д. 7")  # fmt: skip
    return factories.survey_group(cast.employee("gleb"), date(2026, 11, 20), card=card)


@pytest.fixture
def act(group: SurveyGroup) -> SurveyAct:
    found = factories.survey_act(group, date(2026, 11, 15), {"food": "partly", "alcohol": "not", "sleep": "full"},
                                 conclusion="Нужна помощь.\nСрочно.", proposals="Оформить пособие.",
                                 actual_address="ул. Речная, д. 7")  # fmt: skip
    for role, name in (("mother", "Нина"), ("child", "Лев"), ("child", "Ия")):
        db.session.add(SurveyPerson(group_id=group.id, act=found, role=terms.ParentalRole(role), last_name="Мятлев",
                                    first_name=name, born_on=date(2019, 2, 1), occupation="Школа № 1"))  # fmt: skip
    db.session.commit()
    return found


def text_of(content: bytes) -> str:
    return scans.flowing(scans.texts(content))


def with_code(code: str, kind: str = "JPEG") -> bytes:
    """A page on which a code stands crooked, as a scanner or a phone gives it."""
    import base64

    drawn = Image.open(io.BytesIO(base64.b64decode(qr.data_uri(code).partition(",")[2]))).convert("L")
    page = Image.new("L", (1240, 1754), 245)
    page.paste(drawn.resize((200, 200)).rotate(6, fillcolor=245), (940, 90))
    out = io.BytesIO()
    page.save(out, kind)
    return out.getvalue()


def brought(content: bytes, name: str = "акт.jpg", **values: Any) -> dict[str, Any]:
    return {"file": [(io.BytesIO(content), name)], "title": "Акт на бумаге", **values}


def stored() -> list[tuple[int, str | None]]:
    db.session.rollback()
    return [(row.group_id, row.title) for row in db.session.scalars(select(SurveyScan).order_by(SurveyScan.id))]


def test_our_act_prints_what_was_written_and_bears_its_secrecy(app, cast, act, sign_in):
    answer = sign_in("gleb").get(f"/survey/act/{act.id}/act.pdf")
    said = text_of(answer.data)
    for text in ("Мятлева Нина", "Питание, запас продуктов: частично", "Употребление алкоголя, веществ: злоупотребляют",
                 "Одежда по сезону: не смотрели", "Нужна помощь.", "Срочно.", "Конфиденциально", "Мятлев Ия",
                 "Оформить пособие.", "Подписал(а): Осинцев Глеб"):  # fmt: skip
        assert text in said, text


def test_an_act_of_the_order_prints_for_each_child_and_for_nobody_else(app, cast, act, sign_in):
    gleb = sign_in("gleb")
    mother, lev, _iya = act.composition
    said = text_of(gleb.get(f"/survey/act/{act.id}/child/{lev.id}.pdf").data)
    for text in ("от 10.01.2019 № 4", "Мятлев Лев, 01.02.2019", "1.1. Мать: Мятлев Нина", "2.4. Воспитание",
                 "Школа № 1", "4.6. Жилищно-бытовые", "Нужна помощь.", "Мятлев Ия, 2019 брат (сестра)",
                 "или организация, проводившие обследование", str(cast.employee("gleb").agency)):  # fmt: skip
        assert text in said, text
    assert gleb.get(f"/survey/act/{act.id}/child/{mother.id}.pdf").status_code == 404
    assert f"/child/{lev.id}.pdf" in gleb.get(f"/survey/act/{act.id}").text
    act.access = terms.SurveyAccess.NOBODY
    db.session.commit()
    answer = gleb.get(f"/survey/act/{act.id}/child/{lev.id}.pdf", follow_redirects=True)
    assert "Обследование не состоялось" in answer.text
    assert f"/child/{lev.id}.pdf" not in answer.text


def test_the_act_of_a_child_bears_what_the_bank_knows_for_those_who_see_it(app, cast, group, act, sign_in):
    family = factories.family(cast.north, registered_address="ул. Прописки, д. 3", income_per_member=Decimal("7100.5"),
                              income_source="пособия")  # fmt: skip
    named = {"last_name": "Мятлев", "middle_name": None, "born_on": date(2019, 2, 1)}
    same = factories.member(family, first_name="ЛЕВ", **named)
    twin = factories.member(family, first_name="Ия", **named)
    factories.member(family, first_name="Нина", workplace="ферма, доярка", **named)
    for child, number in ((same, "111222"), (twin, "333444")):
        db.session.add(IdentityDocument(family=family, member=child, kind=factories.by_code(IdentityKind, "03"),
                                        series="II-АН", number=number, issued_on=date(2019, 3, 4)))  # fmt: skip
    db.session.add(Education(family=family, member=same, started_on=date(2025, 9, 1), organisation="Гимназия № 5"))
    for year, quarter, attendance in ((2026, 2, "без пропусков"), (2026, 3, "пропускает"), (2027, 1, "позже")):
        db.session.add(PupilSupport(family=family, member=same, year=year, quarter=quarter, attendance=attendance))
    group.family_id, act.composition[0].occupation = family.id, None
    db.session.commit()
    address = f"/survey/act/{act.id}/child/{act.composition[1].id}.pdf"
    said = text_of(sign_in("anna").get(address).data)
    known = ("II-АН, № 111222, 04.03.2019", "ул. Прописки, д. 3", "ферма, доярка", "Гимназия № 5; пропускает",
             "пособия; на члена семьи 7 100,50 руб. в месяц")  # fmt: skip
    for text in known:
        assert text in said, text
    for other in ("333444", "без пропусков", "позже"):
        assert other not in said, other
    stranger = text_of(sign_in("gleb").get(address).data)
    assert [text for text in known if text in stranger] == []


def test_an_act_of_which_nothing_is_known_prints_with_blank_lines(app, cast, group, sign_in):
    bare = factories.survey_act(group, date(2026, 11, 15), signed=False, conclusion=None, threat=None)
    db.session.add(SurveyPerson(group_id=group.id, act=bare, role=terms.ParentalRole.CHILD, note="имени не сказали"))
    db.session.commit()
    gleb = sign_in("gleb")
    [child] = bare.composition
    for address in (f"/survey/act/{bare.id}/act.pdf", f"/survey/act/{bare.id}/child/{child.id}.pdf"):
        answer = gleb.get(address)
        assert answer.mimetype == "application/pdf"
        assert "____" in text_of(answer.data)


def test_long_texts_run_over_pages(app, cast, act, sign_in):
    act.conclusion, act.further = "слово " * 3300, "я" * 20_000
    db.session.commit()
    gleb = sign_in("gleb")
    child = act.composition[1]
    for address in (f"/survey/act/{act.id}/act.pdf", f"/survey/act/{act.id}/child/{child.id}.pdf"):
        assert len(PdfReader(io.BytesIO(gleb.get(address).data)).pages) > 5


def test_a_blank_bears_a_code_that_tells_nothing_and_finds_its_survey(app, cast, group, sign_in):
    from app.render import scans as rendered

    answer = sign_in("gleb").get(f"/survey/{group.id}/blank.pdf")
    said = text_of(answer.data)
    assert "Мятлева Нина" in said
    assert "□ злоупотребляют" in said
    assert len(PdfReader(io.BytesIO(answer.data)).pages) == 2, "a sheet of two sides is enough"
    assert rendered.codes(rendered.Inspected("application/pdf", 1, answer.data)) == [QR_PREFIX + group.code]


@pytest.mark.parametrize("kind", ["JPEG", "PDF"])
def test_a_scan_brought_anywhere_finds_its_survey(kind, app, cast, group, act, sign_in):
    other = factories.survey_group(cast.employee("gleb"), date(2026, 12, 1), of=factories.family(cast.north))
    db.session.commit()
    gleb, content = sign_in("gleb"), with_code(QR_PREFIX + group.code, kind)
    name = f"акт.{kind.lower()}"
    answer = gleb.post("/survey-scan", data=brought(content, name), follow_redirects=True)
    assert "файлы приложены к нему" in answer.text
    assert "Акт на бумаге" in answer.text
    assert stored() == [(group.id, "Акт на бумаге")]
    again = gleb.post(f"/survey/{other.id}/scan", data=brought(content, name))
    assert "Этот файл уже приложен" in again.text
    [key] = db.session.scalars(select(SurveyScan.id)).all()
    assert gleb.get(f"/survey-scan/{key}/file").status_code == 200
    assert sign_in("galina").get(f"/survey-scan/{key}/file").status_code == 404
    gleb.post(f"/survey-scan/{key}/annul", data={"reason": "Не тот", "version": "1"})
    assert gleb.get(f"/survey-scan/{key}/file").status_code == 404


def test_the_scan_of_an_act_among_the_papers_of_a_family_or_a_card_goes_to_its_survey(app, cast, group, sign_in):
    family = factories.family(cast.north)
    card = factories.signal_card(cast.north, cast.agency("5.2"), received_at=clock.now())
    far = factories.survey_group(cast.employee("boris"), date(2026, 12, 1), of=factories.family(cast.far))
    db.session.commit()
    anna = sign_in("anna")
    paper, photo = f"/family/{family.id}/papers/add", f"/signal/{card.id}/scan"
    for address, kind, title in ((paper, "JPEG", "Акт на бумаге"), (photo, "PDF", None)):
        page = with_code(QR_PREFIX + group.code, kind)
        answer = anna.post(address, data=brought(page, kind="other", decision=""), follow_redirects=True)
        assert "файлы приложены к нему" in answer.text
        assert stored()[-1] == (group.id, title)
    count = len(stored())
    foreign = brought(with_code(QR_PREFIX + far.code), kind="other", decision="")
    assert anna.post(paper, data=foreign).location.endswith("#papers")
    assert anna.post(photo, data=brought(scans.picture())).location.endswith(f"/signal/{card.id}")
    assert len(stored()) == count, "a code of another's survey is a picture like any other"


def test_a_photo_without_a_code_stays_where_it_was_brought_and_is_refused_elsewhere(app, cast, group, sign_in):
    gleb, content = sign_in("gleb"), scans.picture()
    assert "не нашлось кода" in gleb.post("/survey-scan", data=brought(content)).text
    assert stored() == []
    answer = gleb.post(f"/survey/{group.id}/scan", data=brought(content, title=""), follow_redirects=True)
    assert "Файлы приложены к обследованию." in answer.text
    assert stored() == [(group.id, None)]


def test_a_code_of_a_survey_of_others_is_nobodys(app, cast, group, sign_in):
    far = factories.survey_group(cast.employee("boris"), date(2026, 12, 1), of=factories.family(cast.far))
    db.session.commit()
    gleb, content = sign_in("gleb"), with_code(QR_PREFIX + far.code)
    for address in ("/survey-scan", f"/survey/{group.id}/scan"):
        assert "не из ваших обследований" in gleb.post(address, data=brought(content)).text
    assert "не из ваших обследований" in gleb.post("/survey-scan", data=brought(with_code(QR_PREFIX + "x" * 16))).text
    assert stored() == []


def test_a_file_that_is_no_picture_is_refused_in_words(app, cast, group, sign_in):
    answer = sign_in("gleb").post(f"/survey/{group.id}/scan", data=brought(b"MZ" + b"0" * 99))
    assert "Принимаются только PDF, JPEG и PNG" in answer.text
