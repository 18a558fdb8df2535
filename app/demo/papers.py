"""Papers of the demo bank: small scans drawn here, attached to the first families through the store of papers."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from app.domain.terms import PaperKind
from app.extensions import db
from app.models import Decision, Family, Instruction, Registration
from app.services import papers

FONT = Path(__file__).resolve().parent.parent / "render" / "fonts" / "LiberationSerif-Regular.ttf"
FACE = "DemoSerif"
FAMILIES = 4
SCAN = (1000, 1414)  # a page of A4 at 120 dots per inch
INVENTED = "Демонстрационный документ: семья и события вымышлены."


def attach(today: date) -> int:
    """Attach a decision (PDF), an act of a visit (JPEG) and a note (PNG) to the first families, and a letter to an
    instruction; gives how many."""
    stays = db.session.scalars(
        select(Registration).where(Registration.annulled_at.is_(None)).order_by(Registration.id).limit(FAMILIES)
    )
    attached = 0
    for stay in stays:
        family, decision = stay.family, stay.decision
        day = stay.registered_on
        papers.attach(
            family,
            kind=PaperKind.DECISION,
            title=f"Постановление № {decision.number}",
            dated_on=day,
            decision=decision,
            file_name=f"Постановление {decision.number}.pdf".replace("/", "-"),
            scan=papers.inspected(decision_pdf(family, decision)),
            today=today,
        )
        papers.attach(
            family,
            kind=PaperKind.SURVEY_ACT,
            title="Акт обследования жилищных условий",
            dated_on=stay.detected_on,
            decision=None,
            file_name="Акт обследования.jpg",
            scan=papers.inspected(scan(_act(family, stay), "JPEG")),
            today=today,
        )
        attached += 2
        if attached % 4 == 0:
            papers.attach(
                family,
                kind=PaperKind.OTHER,
                title="Справка о составе семьи",
                dated_on=day,
                decision=None,
                file_name="Справка.png",
                scan=papers.inspected(scan(_note(family, day), "PNG")),
                today=today,
            )
            attached += 1
    return attached + _answers()


def _answers() -> int:
    """The letter with which a body answered an instruction: the first one whose answer was accepted."""
    asked = select(Instruction).where(Instruction.accepted_at.is_not(None), Instruction.done_on.is_not(None))
    row = db.session.scalars(asked.order_by(Instruction.id).limit(1)).first()
    if row is None:
        return 0
    letter = ["ОТВЕТ НА ПОРУЧЕНИЕ", f"от {row.done_on:%d.%m.%Y}", "", str(row.agency), "", *wrap(row.answer or "", 60)]
    papers.attach_to_instruction(row, "Ответ на поручение.jpg", papers.inspected(scan(letter, "JPEG")))
    return 1


def decision_pdf(family: Family, decision: Decision) -> bytes:
    """A decision of two pages; the same decision gives the same bytes."""
    if FACE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FACE, str(FONT)))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    pages = (
        (
            str(decision.agency or "Комиссия по делам несовершеннолетних и защите их прав"),
            "",
            "ПОСТАНОВЛЕНИЕ",
            f"№ {decision.number} от {decision.decided_on:%d.%m.%Y}",
            "",
            f"Рассмотрев материалы о семье № {family.number} ({family.name}), комиссия постановила:",
            "1. Признать семью находящейся в социально опасном положении.",
            "2. Поставить семью на учёт в едином банке данных.",
            "3. Органам и учреждениям провести с семьёй индивидуальную профилактическую работу.",
        ),
        ("Приложение к постановлению", "", "Меры и сроки определяются программой реабилитации семьи."),
    )
    for lines in pages:
        canvas.setFont(FACE, 13)
        for place, line in enumerate((*lines, "", INVENTED)):
            canvas.drawString(70, 770 - 24 * place, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _act(family: Family, stay: Registration) -> list[str]:
    return [
        "АКТ",
        "обследования жилищно-бытовых условий семьи",
        f"от {stay.detected_on:%d.%m.%Y}" if stay.detected_on else "",
        "",
        f"Семья № {family.number}, {family.name}",
        family.actual_address or "",
        "",
        "В доме две комнаты, отопление печное.",
        "Продукты питания есть, запас небольшой.",
        "У детей есть спальные места, место для занятий одно.",
        "",
        "Вывод: семье нужна помощь органов профилактики.",
    ]


def _note(family: Family, day: date) -> list[str]:
    return ["СПРАВКА", f"{day:%d.%m.%Y}", "", f"Семья № {family.number}, {family.name}",
            f"По адресу проживает человек: {family.stated_size}."]  # fmt: skip


def scan(lines: list[str], kind: str) -> bytes:
    """A page as a scanner would give it."""
    page = Image.new("L", SCAN, 246)
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(str(FONT), 28)
    for place, line in enumerate([*lines, "", INVENTED]):
        pen.text((110, 120 + 44 * place), line, fill=40, font=font)
    buffer = io.BytesIO()
    page.save(buffer, kind, **({"quality": 70} if kind == "JPEG" else {"optimize": True}))
    return buffer.getvalue()
