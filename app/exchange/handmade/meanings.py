"""What a column of a hand-made table holds, by its headers: by the dictionary of headers, else by the words in them.

A meaning is written «whose.what» where it tells of a person («children.born») and «what» where it tells of the family.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from app.domain import book_words, writing
from app.domain.book_words import OF_PERSON, SKIP, TEXT, header_key

__all__ = ["SKIP", "TEXT", "guesses", "of_header", "title_of"]

SUGGESTED, NEAR = 3, 70

_OWNERS = (
    ("mother", r"\bмат(ь|ери|ерью)\b|\bмам"), ("father", r"\bот(ец|ца|цом)\b|\bпап"),
    ("guardian", r"законн\w* представ|\bопекун|попечител|зак предст"),
    ("parents", r"родител|родителя"),
    ("children", r"реб[её]н|\bдет(и|ей|ях|ьми)\b|несовершеннолет|учащ|обучающ|воспитанн|ученик|школьник"),
    ("members", r"член\w* семьи|состав семьи"),
)  # fmt: skip
# What the words of a header tell, the surest first; each is looked for in the last line of the header, then in all.
_RULES: tuple[tuple[str, str], ...] = (
    (r"что исправить", "skip"),
    (r"кому\b.*(оказана|предостав|выдан)|кто получ|получател", "aid_for"),
    (r"(кто|кем)\b.*(оказал|оказан|выдал|выдан)", "aid_by"),
    (r"(дата|когда).*(помощ|оказан|выдач)", "aid_on"), (r"^сумм|стоимост|размер помощ|сумма помощ", "aid_sum"),
    (r"помощ|мер\w* (соц\w* )?поддержк", "aid"),
    (r"^(№|n|no|nn)?\s*п\s?п$|^(№|n|no|номер)$|порядков", "order"),
    (r"фамили\w+ семьи|семья фамилия", "surname"),
    (r"(№|номер|код|id|n) сем(ьи)?\b|семья (№|номер)", "family"),
    (r"(№|номер|ном|n)\s?(карт|учетн|дел|личн)|\b(рег|регистрационн\w*|учетн\w*)\s?(№|номер)|номер карт", "card"),
    (r"^(id|ид|код|шифр)$", "family"),
    (r"(количеств|кол во|число|всего|сколько)\b.*(дет|несоверш)", "children_count"),
    (r"(количеств|кол во|число|размер|численн)\b.*(член|семьи|человек|чел)|состав семьи чел", "size"),
    (r"(причин|основан)\w*.*снят", "reason"),
    (r"(дата|день)\b.*(№|номер\b|n\b).*снят|(№|номер)\b.*дата\b.*снят", "removed"),
    (r"(поста(н|в)|взят|пост\b).*снят", "placed"),
    (r"(№|номер|n) .*снят", "removed_number"),
    (r"снят|снятии|^дата сн$", "removed"),
    (r"дата.*(выявлен|обнаруж)", "detected"),
    (r"кто.*(выяв|направ)|кем.*(выяв|направ)|выявивш|субъект|инициатор|источник информации"
     r"|орган.*(направ|выяв)|направивш", "sender"),
    (r"(дата|№|номер).*(постан|пост\b|проток|прот\b|решен).*(основан|причин|критери)", "placed"),
    (r"(причин|основан)\w*.*(постан|учет|учёт)|критери|основани|признак|вид неблаг|характер неблаг"
     r"|причина$|в чем выраж", "criteria"),
    (r"источник.*доход", "income_source"),
    (r"доход|прожиточн|заработ", "income"),
    (r"катего|соц\w* статус|тип семьи|статус семьи|вид семьи", "categories"),
    (r"ф ?и ?о\b|фамилия.*имя|имя.*фамилия|фамилия.*инициал", "name"),
    (r"степень|степ род|кем (приход|явл)|кто (приход|явл)|родств|роль|отношение к", "role"),
    (r"^(?!.*\b(дата|год|день|число|д р|г р)\b).*(свидетельств|паспорт|документ)", "document"),
    (r"(дата|год|день|число).*рожд|^дата рож|\bд ?р\b|\bг ?р\b|рожден|^рожд$|родил(ся|ась|ись)|число месяц", "born"),
    (r"возраст|полных лет", "age"),
    (r"документ|паспорт|свидетельств", "document"),
    (r"^(№|номер|ном|n) (пост|прот|реш\w*)$|^(пост|прот|реш\w*) (№|номер)$", "placed_number"),
    (r"\bснилс\b|\bинн\b|\bполис\b", "text"),
    (r"(№|номер\b|n\b).*(постанов|проток|прот\b|решен)", "placed"),
    (r"^кдн( и зп)?$|\b(пост|прот|реш\w*)\b.*\bкдн\b|\bкдн\b.*\b(пост|прот|реш\w*)\b", "placed"),
    (r"постанов|поставл|постановк|протокол|решени.*кдн|дата( и)?( №| номер)? (пост|прот|реш)\b|дата взятия", "placed"),
    (r"на.*учет|состоит|вид учет|^учет$|^учет с$|^учеты$|профучет", "supervision"),
    (r"адрес.*рег|место рег|прописк|регистрац", "registered"),
    (r"адрес|жительств|прожива|место нахожд|где жив[уе]т", "address"),
    (r"насел\w* п(ун)?кт|^нас пункт|населенн\w* пункт|^н п$|^село$|^поселок$|^деревня$|^хутор$|^город$", "place"),
    (r"территор|поселени|муниципал|сельсовет|округ|администрац", "territory"),
    (r"^ул(ица)?$", "street"), (r"^д(ом)?$|№ дома", "house"), (r"^кв(артира)?$", "flat"),
    (r"телефон|\bтел\b|контакт", "phone"),
    (r"^пол$", "sex"),
    (r"место (раб|служ)|работ|должност|род занят|трудоустр", "work"),
    (r"^класс$|^группа$|^класс группа$", "grade"),
    (r"\bоу\b|\bоо\b|учеб|учит|обуч|школ|\bдоу\b|посеща|образоват|занятост", "study"),
    (r"^фам(илия)?\b", "last"), (r"^имя?\b", "first"), (r"^от(ч|чество)?\b", "middle"),
    (r"^срок|^дата исполн", "measure_due"), (r"^ответственн|^исполнител", "measure_by"),
    (r"^отметка|^исполнен|^выполнен", "measure_done"),
    (r"^(?!.*\b(провед|провод|выполн|исполн)).*мероприят|^план работы", "measure"),
    (r"примеч|характерист|дополнит|коммент|иное|сведения о работе|провед|мероприят", "note"),
    (r"^сведения о|^данные о|^информация о", "name"),
)  # fmt: skip


# The columns of systems of sites, whose names are English.
_ENGLISH = {
    **dict.fromkeys(("full name", "name"), "person.name"), **dict.fromkeys(("last name", "surname"), "person.last"),
    "first name": "person.first", **dict.fromkeys(("middle name", "patronymic"), "person.middle"),
    **dict.fromkeys(("birth date", "birthdate", "date of birth", "birthday"), "born"),
    **dict.fromkeys(("role", "relation"), "role"), **dict.fromkeys(("sex", "gender"), "sex"), "family id": "family",
    "address": "address", "settlement": "territory", "phone": "phone",
    **dict.fromkeys(("registered at", "registration date"), "placed"),
    **dict.fromkeys(("decision", "decision number"), "placed_number"), "removed at": "removed",
    **dict.fromkeys(("criterion", "criteria"), "criteria"), "school": "study", "grade": "grade",
    "category": "categories", "mother": "mother.name", "father": "father.name", "child": "children.name",
}  # fmt: skip
_ACT = re.compile(r"\bкдн\b|постан|поставл|\bпост\b|решени|протокол|снят")
_DAY_OF_ACT, _NUMBER_OF_ACT = ("дата", "день", "когда"), ("№", "номер")
_COMPILED = tuple((re.compile(pattern), what) for pattern, what in _RULES)


def title_of(meaning: str) -> str:
    """A meaning as people read it."""
    return book_words.meanings().get(meaning, meaning)


def of_header(path: Sequence[str], learned: Mapping[str, str]) -> str | None:
    """What a column means by the lines of its header; None: nothing tells. An owner that is not told is left out."""
    if (found := _of_words(path, learned)) or not any(map(writing.is_latin, path)):
        return found
    if told := _ENGLISH.get(header_key(path[-1])):
        return f"?.{told}" if told in OF_PERSON else told
    return _of_words([writing.in_cyrillic(part) for part in path], learned)


def _of_words(path: Sequence[str], learned: Mapping[str, str]) -> str | None:
    whole, last = header_key(" ".join(path)), header_key(path[-1] if path else "")
    if len(path) > 1 and whole not in learned and (told := _of_act(header_key(path[0]), last)):
        return told
    for said in (whole, last):
        if said in learned:
            return _owned(learned[said], whole)
    for said in (last, whole):
        for pattern, what in _COMPILED:
            if pattern.search(said):
                return _owned(what, whole)
    owner = _owner(whole)
    return f"{owner}.name" if owner else None


def _of_act(group: str, last: str) -> str | None:
    """A day or a number under a header that names an act: «КДН» over «Дата» and «№»."""
    if not _ACT.search(group) or last not in (*_DAY_OF_ACT, *_NUMBER_OF_ACT):
        return None
    act = "removed" if "снят" in group else "placed"
    return act if last in _DAY_OF_ACT else f"{act}_number"


def guesses(path: Sequence[str], learned: Mapping[str, str]) -> list[str]:
    """The meanings that a header may have, the best first."""
    whole = header_key(" ".join(path))
    found = process.extract(whole, list(learned), scorer=fuzz.token_set_ratio, limit=12, score_cutoff=NEAR // 2)
    return list(dict.fromkeys(_owned(learned[said], whole) for said in (each[0] for each in found)))[:SUGGESTED]


def _owned(what: str, whole: str) -> str:
    if what in OF_PERSON:
        owner = _owner(whole)
        return f"{owner}.{what}" if owner else f"?.{what}"
    owner, _, attribute = what.partition(".")
    if owner == "person" and attribute and (other := _owner(whole)):
        return f"{other}.{attribute}"
    return what


def _owner(whole: str) -> str | None:
    return next((owner for owner, pattern in _OWNERS if re.search(pattern, whole)), None)
