"""The papers of a meeting as Word files that one may edit, in the words of the municipality.

What a template may name, by the kind of paper, is said here; so are the standard templates, which name every field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app import words
from app.documents import meeting_papers
from app.documents.meeting_papers import APPEAL
from app.domain.agenda import Glance
from app.domain.terms import TemplateKind
from app.models import AgendaItem, Employee, Meeting
from app.render import docx

OF_MEETING = {
    "комиссия": "как называется комиссия", "номер_заседания": "номер заседания", "дата": "день заседания",
    "время": "время начала", "место": "место заседания", "присутствовали": "члены комиссии, которые пришли",
    "отсутствовали": "члены комиссии, которых не было", "иные_лица": "кто ещё присутствовал",
    "председательствующий": "кто председательствовал", "секретарь": "секретарь заседания",
}  # fmt: skip
OF_ITEM = {
    "номер": "номер постановления", "вопрос": "как назван вопрос", "семья": "семья в именительном падеже",
    "семьи": "семья в родительном падеже: «Ивановых»",
    "родителей": "родители в родительном падеже: «Ивановой Анны Сергеевны»", "явились": "кто явился",
    "существо": "существо вопроса", "нарушения": "выявленные нарушения", "причины": "причины и условия",
    "решение": "что решили", "меры": "меры",
    "поручения": "поручения: у каждого «орган», «текст», «срок»", "обжалование": "порядок обжалования",
}  # fmt: skip
CODE = {"код": "код (QR), по которому подписанный скан находит свой вопрос"}
OF_MINUTES = {
    "вопросы": "вопросы: у каждого поля постановления, «докладчик», «лица», «права», «объяснения» и «голоса»",
    "учёт_начало": "семей на учёте на начало заседания", "учёт_конец": "семей на учёте на конец заседания",
}  # fmt: skip
FIELDS: dict[TemplateKind, dict[str, str]] = {
    TemplateKind.RESOLUTION: OF_MEETING | OF_ITEM | CODE,
    TemplateKind.EXTRACT: OF_MEETING | OF_ITEM | CODE,
    TemplateKind.MINUTES: OF_MEETING | OF_MINUTES,
    TemplateKind.NOTICE: OF_MEETING
    | {"кому": "кого приглашают, в дательном падеже", "вопрос": "как назван вопрос"}
    | CODE,
    TemplateKind.LETTER: OF_MEETING | OF_ITEM | {"кому": "кому направляют"} | CODE,
}
_ORDERS = [("text", "{%p for п in поручения %}"), ("text", "{{ п.орган }}: {{ п.текст }} Срок: до {{ п.срок }}."),
           ("text", "{%p endfor %}")]  # fmt: skip
_OF_FAMILY = [("text", '{%p if семьи != "________" %}'), ("text", "В отношении семьи {{ семьи }}: {{ родителей }}."),
              ("text", "{%p endif %}")]  # fmt: skip
_SIGNED = [("text", "Председательствующий ____________ {{ председательствующий }}"),
           ("text", "Секретарь ____________ {{ секретарь }}")]  # fmt: skip
STANDARD: dict[TemplateKind, list[tuple[str, str]]] = {
    TemplateKind.RESOLUTION: [
        ("corner", "{{ код }}"), ("text", "{{ комиссия }}"), ("title", "Постановление № {{ номер }}"),
        ("text", "{{ дата }}, {{ время }}. {{ место }}. Заседание № {{ номер_заседания }}"),
        ("text", "Присутствовали: {{ присутствовали }}."), ("text", "Отсутствовали: {{ отсутствовали }}."),
        ("text", "Иные лица: {{ иные_лица }}; {{ явились }}."), ("head", "{{ вопрос }}"),
        *_OF_FAMILY,
        ("head", "Существо вопроса"), ("text", "{{ существо }}"),
        ("head", "Выявленные нарушения прав и законных интересов"), ("text", "{{ нарушения }}"),
        ("head", "Причины и условия"), ("text", "{{ причины }}"), ("head", "Комиссия постановила"),
        ("text", "{{ решение }}"), ("head", "Меры, сроки"),
        ("text", '{%p if меры != "________" %}'), ("text", "{{ меры }}"), ("text", "{%p endif %}"), *_ORDERS,
        ("text", "{{ обжалование }}"), *_SIGNED,
    ],
    TemplateKind.EXTRACT: [
        ("corner", "{{ код }}"), ("text", "{{ комиссия }}"), ("title", "Выписка из постановления № {{ номер }}"),
        ("text", "{{ дата }}. {{ место }}"),
        ("head", "{{ вопрос }}"), *_OF_FAMILY, ("text", "{{ решение }}"),
        *_ORDERS, ("text", "{{ обжалование }}"), *_SIGNED,
    ],
    TemplateKind.MINUTES: [
        ("text", "{{ комиссия }}"), ("title", "Протокол заседания № {{ номер_заседания }}"),
        ("text", "{{ дата }}, {{ время }}. {{ место }}"), ("text", "Присутствовали: {{ присутствовали }}."),
        ("text", "Отсутствовали: {{ отсутствовали }}."), ("text", "Присутствовали также: {{ иные_лица }}."),
        ("text", "Состоит на учёте семей: на начало заседания {{ учёт_начало }}, на конец {{ учёт_конец }}."),
        ("text", "{%p for в in вопросы %}"), ("head", "{{ loop.index }}. {{ в.вопрос }}"),
        ("text", "Докладывал(а): {{ в.докладчик }}."),
        ("text", "Содержание рассматриваемых материалов: {{ в.существо }}"),
        ("text", "Сведения о лицах: {{ в.лица }}."),
        ("text", "Явились: {{ в.явились }}. Права и обязанности {{ в.права }}."),
        ("text", "Объяснения, ходатайства и результаты их рассмотрения: {{ в.объяснения }}"),
        ("text", "Решили (постановление № {{ в.номер }}): {{ в.решение }} Голосовали: {{ в.голоса }}."),
        ("text", "{%p for п in в.поручения %}"),
        ("text", "{{ п.орган }}: {{ п.текст }} Срок: до {{ п.срок }}."), ("text", "{%p endfor %}"),
        ("text", "{%p endfor %}"), ("text", "Постановления оглашены, порядок обжалования разъяснён."), *_SIGNED,
    ],
    TemplateKind.NOTICE: [
        ("corner", "{{ код }}"), ("text", "{{ комиссия }}"), ("text", "{{ кому }}"), ("title", "Приглашение"),
        ("text", "Приглашаем Вас на заседание комиссии {{ дата }} в {{ время }} по адресу: {{ место }}."),
        ("text", "Будет рассмотрен вопрос: {{ вопрос }}."), *_SIGNED,
    ],
    TemplateKind.LETTER: [
        ("corner", "{{ код }}"), ("text", "{{ комиссия }}"), ("text", "{{ кому }}"),
        ("title", "Сопроводительное письмо"),
        ("text", "Направляем постановление № {{ номер }} от {{ дата }} по вопросу: {{ вопрос }}."), *_ORDERS,
        *_SIGNED,
    ],
}  # fmt: skip


def standard(kind: TemplateKind) -> bytes:
    """The standard template of a kind, as a file to begin one's own with."""
    return docx.standard(STANDARD[kind])


def checked(kind: TemplateKind, content: bytes) -> tuple[list[str], list[str]]:
    """The fields of a template that are not known, and the known ones that it does not use. Raises
    UnfitTemplateError."""
    used, known = docx.named(content), FIELDS[kind]
    return sorted(used - known.keys()), [name for name in known if name not in used]


def of_meeting(meeting: Meeting) -> dict[str, Any]:
    """The values of the fields that every paper of a meeting has."""
    rows = [row for row in meeting.attendance if row.annulled_at is None]
    return {
        "комиссия": meeting.agency.name, "номер_заседания": meeting.number, "дата": words.day(meeting.held_on),
        "время": meeting.starts_at, "место": meeting.place,
        "присутствовали": ", ".join(f"{row.employee.full_name} ({row.post})" for row in rows if row.is_present),
        "отсутствовали": ", ".join(
            f"{row.employee.full_name} ({row.post})" + (f" – {row.note}" if row.note else "")
            for row in rows if not row.is_present
        ) or "нет",
        "иные_лица": meeting.others_present or "нет", "председательствующий": _signed(meeting.presiding),
        "секретарь": _signed(meeting.secretary),
    }  # fmt: skip


def of_minutes(meeting: Meeting, items: Sequence[tuple[AgendaItem, Sequence[str]]], glances: Mapping[int, Glance],
               on_record: tuple[int, int]) -> dict[str, Any]:  # fmt: skip
    """The values of the minutes. items: each with the parents in the genitive; on_record: as in the minutes."""
    matters = [of_item(item, of_whom, glances[item.id]) for item, of_whom in items]
    return of_meeting(meeting) | {"вопросы": matters, "учёт_начало": on_record[0], "учёт_конец": on_record[1]}


def of_item(item: AgendaItem, of_whom: Sequence[str], glance: Glance | None = None) -> dict[str, Any]:
    """The values of the fields of one item. of_whom: the parents, in the genitive; glance: who the people are."""
    people = [*glance.adults, *glance.children] if glance is not None else []
    address = f". Адрес: {glance.address}" if glance is not None and glance.address else ""
    family, whose = (item.family.name, item.family.whose) if item.family is not None else ("", "")
    votes = (item.votes_for, item.votes_against, item.abstained)
    return {
        "номер": item.number, "вопрос": item.title, "семья": family, "семьи": whose,
        "родителей": ", ".join(of_whom), "явились": item.appeared or "никто", "существо": item.substance,
        "нарушения": item.violations,
        "причины": item.causes, "решение": item.resolved or item.outcome, "меры": item.measures,
        "поручения": [
            {"орган": order.agency.name, "текст": order.text, "срок": words.day(order.due_on)}
            for order in item.instructions
        ],
        "обжалование": APPEAL, "лица": ("; ".join(people) or family) + address,
        "права": "разъяснены" if item.rights_explained else "не разъяснялись",
        "докладчик": item.speaker, "объяснения": item.explanations,
        "голоса": "за {}, против {}, воздержались {}".format(*(each or 0 for each in votes)) if any(votes) else None,
    }  # fmt: skip


def coded(item: AgendaItem, kind: TemplateKind) -> dict[str, Any]:
    """The code of a paper of an item."""
    return {"код": docx.Code(meeting_papers.code_of(item, kind))}


def written(content: bytes, values: Mapping[str, Any]) -> bytes:
    """The paper of a template. Raises UnfitTemplateError."""
    return docx.written(content, values)


def preview(kind: TemplateKind, content: bytes, today: date) -> bytes:
    """What a template makes of an invented meeting and family. Raises UnfitTemplateError."""
    return docx.written(content, _invented(kind, today))


def _invented(kind: TemplateKind, today: date) -> dict[str, Any]:
    until = words.day(today + timedelta(days=30))
    item = {
        "номер": "7/3", "вопрос": "О рассмотрении материалов семьи Примеровых", "семья": "Примерова",
        "семьи": "Примеровых", "родителей": "Примеровой Анны Ивановны", "явились": "мать",
        "существо": "По акту обследования жильё требует ремонта.",
        "нарушения": "Санитарное состояние жилья.", "причины": "Родители не работают.",
        "решение": "Поставить на учёт семью Примеровых.", "меры": "Помочь с трудоустройством.",
        "поручения": [{"орган": "Центр занятости", "текст": "Содействовать в трудоустройстве.", "срок": until}],
        "обжалование": APPEAL, "лица": "Примерова Анна Ивановна, 01.02.1990, мать", "права": "разъяснены",
        "докладчик": "Образцова Ольга Олеговна", "объяснения": "Мать с решением согласна.",
        "голоса": "за 5, против 0, воздержались 0", "кому": "Примеровой Анне Ивановне", "код": docx.Code("образец"),
    }  # fmt: skip
    meeting = {
        "комиссия": "КДН и ЗП Образцового района", "номер_заседания": 7, "дата": words.day(today), "время": "10:00",
        "место": "зал заседаний",
        "присутствовали": "Образцов Олег Олегович (председатель), Образцова Ольга Олеговна (секретарь)",
        "отсутствовали": "нет", "иные_лица": "помощник прокурора", "председательствующий": "Образцов О. О.",
        "секретарь": "Образцова О. О.", "вопросы": [item],
        "учёт_начало": 40, "учёт_конец": 41,
    }  # fmt: skip
    return {name: value for name, value in (item | meeting).items() if name in FIELDS[kind]}


def _signed(person: Employee | None) -> str:
    return "" if person is None else words.initials(person.last_name, person.first_name, person.middle_name)
