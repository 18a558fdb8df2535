"""The words of books that settlements make by hand: how they are compared, and what a word may mean."""

from __future__ import annotations

import re

from app.domain import names
from app.domain.refusal import Refusal
from app.domain.terms import BookWordKind

# What a header tells a column to hold, and whose it is, where it tells of a person.
WHOSE = {
    "parents": "родители", "mother": "мать", "father": "отец", "guardian": "законный представитель",
    "children": "дети", "person": "человек", "members": "члены семьи",
}  # fmt: skip
OF_PERSON = {
    "name": "ФИО и сведения", "last": "фамилия", "first": "имя", "middle": "отчество", "born": "дата рождения",
    "age": "возраст", "sex": "пол", "role": "роль в семье", "work": "место работы", "study": "место учёбы, класс",
    "grade": "класс, группа", "document": "документ", "supervision": "где состоит на учёте",
}  # fmt: skip
OF_FAMILY = {
    "order": "номер по порядку", "card": "№ карты", "family": "номер семьи", "surname": "фамилия семьи",
    "territory": "территория",
    "place": "населённый пункт", "street": "улица", "house": "дом", "flat": "квартира", "address": "адрес проживания",
    "registered": "адрес регистрации", "phone": "телефон", "categories": "категории семьи",
    "size": "количество членов семьи", "children_count": "количество детей", "income": "доход на одного члена семьи",
    "income_source": "источник дохода", "criteria": "критерии (основание постановки)", "sender": "кто выявил",
    "detected": "дата выявления", "placed": "дата и № постановления о постановке",
    "placed_number": "№ постановления о постановке", "removed": "дата и № снятия с учёта",
    "removed_number": "№ постановления о снятии", "reason": "причина снятия",
    "aid": "оказанная помощь", "aid_on": "дата помощи", "aid_for": "кому оказана помощь", "aid_sum": "сумма помощи",
    "aid_by": "кто оказал помощь", "measure": "мероприятие плана", "measure_due": "срок мероприятия",
    "measure_by": "исполнитель мероприятия", "measure_done": "отметка об исполнении мероприятия",
    "note": "примечание (в дополнительную информацию)",
}  # fmt: skip
TEXT, SKIP = "text", "skip"
ALONE = {TEXT: "в дополнительную информацию вместе с заголовком", SKIP: "не читать"}


def meanings() -> dict[str, str]:
    """Every meaning that a column may be given, as people choose it: «whose.what» where it tells of a person."""
    found = {f"{who}.{what}": f"{title}: {of}" for who, title in WHOSE.items() for what, of in OF_PERSON.items()}
    return {**ALONE, **OF_FAMILY, **found}


def key(kind: BookWordKind, text: str) -> str:
    """A word as it is compared; «*» at its end is kept."""
    if kind is BookWordKind.COLUMN:
        return header_key(text)
    return names.key(text) + ("*" if text.rstrip().endswith("*") else "")


def header_key(text: str) -> str:
    """A header as it is compared: a word that a line end has broken is whole again, «№» is a word."""
    joined = re.sub(r"(?<=[^\W\d_])-\s*\n\s*(?=[а-яё])", "", text)
    parts = (part if part == "№" else names.key(part) for part in re.split(r"(№)", joined))
    return " ".join(filter(None, parts))


def check(kind: BookWordKind, text: str, meaning: str) -> None:
    """A word is written with letters, a header means something that a column may hold. Raises Refusal."""
    if not key(kind, text).strip("*"):
        raise Refusal("Впишите слово буквами.", "text")
    known = {*meanings(), *OF_PERSON}
    if kind is BookWordKind.COLUMN and meaning not in known:
        raise Refusal(f"Столбец может значить одно из: {', '.join(sorted(known))}.", "meaning")
