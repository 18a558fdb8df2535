"""The papers of a meeting as Word files that one may edit, in the words of the municipality.

What a template may name, by the kind of paper, is said here; so are the standard templates, which name every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app import words
from app.documents.meeting_papers import APPEAL
from app.domain import cases
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
    "семьи": "семья в родительном падеже: «Ивановых»", "явились": "кто явился", "существо": "существо вопроса",
    "нарушения": "выявленные нарушения", "причины": "причины и условия", "решение": "что решили", "меры": "меры",
    "поручения": "поручения: у каждого «орган», «текст», «срок»", "обжалование": "порядок обжалования",
}  # fmt: skip
FIELDS: dict[TemplateKind, dict[str, str]] = {
    TemplateKind.RESOLUTION: OF_MEETING | OF_ITEM,
    TemplateKind.EXTRACT: OF_MEETING | OF_ITEM,
    TemplateKind.MINUTES: OF_MEETING
    | {"вопросы": "вопросы: у каждого поля постановления, «докладчик», «объяснения» и «голоса»"},
    TemplateKind.NOTICE: OF_MEETING | {"кому": "кого приглашают, в дательном падеже", "вопрос": "как назван вопрос"},
    TemplateKind.LETTER: OF_MEETING | OF_ITEM | {"кому": "кому направляют"},
}
_ORDERS = "{% for п in поручения %}{{ п.орган }}: {{ п.текст }} Срок: до {{ п.срок }}. {% endfor %}"
_SIGNED = [("text", "Председательствующий ____________ {{ председательствующий }}"),
           ("text", "Секретарь ____________ {{ секретарь }}")]  # fmt: skip
STANDARD: dict[TemplateKind, list[tuple[str, str]]] = {
    TemplateKind.RESOLUTION: [
        ("text", "{{ комиссия }}"), ("title", "Постановление № {{ номер }}"),
        ("text", "{{ дата }}, {{ время }}. {{ место }}. Заседание № {{ номер_заседания }}"),
        ("text", "Присутствовали: {{ присутствовали }}."), ("text", "Отсутствовали: {{ отсутствовали }}."),
        ("text", "Иные лица: {{ иные_лица }}; {{ явились }}."), ("head", "{{ вопрос }}"),
        ("text", "В отношении семьи {{ семьи }} ({{ семья }})."),
        ("head", "Существо вопроса"), ("text", "{{ существо }}"),
        ("head", "Выявленные нарушения прав и законных интересов"), ("text", "{{ нарушения }}"),
        ("head", "Причины и условия"), ("text", "{{ причины }}"), ("head", "Комиссия постановила"),
        ("text", "{{ решение }}"), ("head", "Меры, сроки"), ("text", "{{ меры }}"), ("text", _ORDERS),
        ("text", "{{ обжалование }}"), *_SIGNED,
    ],
    TemplateKind.EXTRACT: [
        ("text", "{{ комиссия }}"), ("title", "Выписка из постановления № {{ номер }}"),
        ("text", "{{ дата }}. {{ место }}"),
        ("head", "{{ вопрос }}"), ("text", "{{ решение }}"), ("text", _ORDERS), ("text", "{{ обжалование }}"), *_SIGNED,
    ],
    TemplateKind.MINUTES: [
        ("text", "{{ комиссия }}"), ("title", "Протокол заседания № {{ номер_заседания }}"),
        ("text", "{{ дата }}, {{ время }}. {{ место }}"), ("text", "Присутствовали: {{ присутствовали }}."),
        ("text", "Отсутствовали: {{ отсутствовали }}."), ("text", "Присутствовали также: {{ иные_лица }}."),
        ("text", "{%p for в in вопросы %}"), ("head", "{{ в.вопрос }}"), ("text", "Докладывал(а): {{ в.докладчик }}."),
        ("text", "{{ в.существо }}"), ("text", "Явились: {{ в.явились }}. Объяснения: {{ в.объяснения }}"),
        ("text", "Решили (постановление № {{ в.номер }}): {{ в.решение }} Голосовали: {{ в.голоса }}."),
        ("text", "{% for п in в.поручения %}{{ п.орган }}: {{ п.текст }} Срок: до {{ п.срок }}. {% endfor %}"),
        ("text", "{%p endfor %}"), ("text", "Постановления оглашены, порядок обжалования разъяснён."), *_SIGNED,
    ],
    TemplateKind.NOTICE: [
        ("text", "{{ комиссия }}"), ("text", "{{ кому }}"), ("title", "Приглашение"),
        ("text", "Приглашаем Вас на заседание комиссии {{ дата }} в {{ время }} по адресу: {{ место }}."),
        ("text", "Будет рассмотрен вопрос: {{ вопрос }}."), *_SIGNED,
    ],
    TemplateKind.LETTER: [
        ("text", "{{ комиссия }}"), ("text", "{{ кому }}"), ("title", "Сопроводительное письмо"),
        ("text", "Направляем постановление № {{ номер }} от {{ дата }} по вопросу: {{ вопрос }}."), ("text", _ORDERS),
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
        "отсутствовали": ", ".join(row.employee.full_name for row in rows if not row.is_present) or "нет",
        "иные_лица": meeting.others_present or "нет", "председательствующий": _signed(meeting.presiding),
        "секретарь": _signed(meeting.secretary),
    }  # fmt: skip


def of_item(item: AgendaItem) -> dict[str, Any]:
    """The values of the fields of one item."""
    family = item.family.name if item.family is not None else ""
    votes = (item.votes_for, item.votes_against, item.abstained)
    return {
        "номер": item.number, "вопрос": item.title, "семья": family, "семьи": cases.of_family(family),
        "явились": item.appeared or "никто", "существо": item.substance, "нарушения": item.violations,
        "причины": item.causes, "решение": item.resolved or item.outcome, "меры": item.measures,
        "поручения": [
            {"орган": order.agency.name, "текст": order.text, "срок": words.day(order.due_on)}
            for order in item.instructions
        ],
        "обжалование": APPEAL, "докладчик": item.speaker, "объяснения": item.explanations,
        "голоса": "за {}, против {}, воздержались {}".format(*(each or 0 for each in votes)) if any(votes) else None,
    }  # fmt: skip


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
        "семьи": "Примеровых", "явились": "мать", "существо": "По акту обследования жильё требует ремонта.",
        "нарушения": "Санитарное состояние жилья.", "причины": "Родители не работают.",
        "решение": "Поставить на учёт семью Примеровых.", "меры": "Помочь с трудоустройством.",
        "поручения": [{"орган": "Центр занятости", "текст": "Содействовать в трудоустройстве.", "срок": until}],
        "обжалование": APPEAL, "докладчик": "Образцова О. О.", "объяснения": "Мать с решением согласна.",
        "голоса": "за 5, против 0, воздержались 0", "кому": "Примеровой Анне Ивановне",
    }  # fmt: skip
    meeting = {
        "комиссия": "КДН и ЗП Образцового района", "номер_заседания": 7, "дата": words.day(today), "время": "10:00",
        "место": "зал заседаний", "присутствовали": "Образцов О. О. (председатель), Образцова О. О.",
        "отсутствовали": "нет", "иные_лица": "помощник прокурора", "председательствующий": "Образцов О. О.",
        "секретарь": "Образцова О. О.", "вопросы": [item],
    }  # fmt: skip
    return {name: value for name, value in (item | meeting).items() if name in FIELDS[kind]}


def _signed(person: Employee | None) -> str:
    return "" if person is None else words.initials(person.last_name, person.first_name, person.middle_name)
