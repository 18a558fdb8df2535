"""People as one cell of a table names them: «Мать: Тетерина Алёна Павловна, 07.04.1990 г.р., не работает».

A cell may hold several, by lines, by «;», by numbers «1)», or one after the other. Nobody is made up: a word inside the
words on a person begins another one only where it is plainly a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.domain import given_names, names, spelled, writing
from app.domain.spelled import ANYONE, Ages, Time

# Words that say who somebody is in a family, as keys; what they mean is said by the words of the district.
_ROLES = (
    "приемная мать|приемный отец|мать|мама|матери|мамы|отец|папа|отца|отчим|мачеха|опекун|опекунша|попечитель"
    "|усыновитель|сожительница|сожитель|прабабушка|прадедушка|бабушка|дедушка|тетя|дядя|муж|жена|сын|дочь|пасынок|падчерица|подопечный"
    "|подопечная|племянник|племянница|внук|внучка|брат|сестра|законный представитель|зак предст|родитель|родители"
    "|ребенок|дети|несовершеннолетний|несовершеннолетняя|двоюродный брат|двоюродная сестра"
)
_ROLE_WORDS = frozenset(role.split()[0] for role in _ROLES.split("|"))  # with which they begin
HEADS = ("мать", "мама", "отец", "папа", "опекун", "опекунша", "законный представитель")
_WRITTEN = _ROLES.replace("е", "[её]")
_SPACED = _WRITTEN.replace(" ", r"[.\s]+")
_ROLE = re.compile(rf"(?:({_SPACED})\.?)(?![^\W\d_])\s*[:\-–—.,(]*\s*", re.IGNORECASE)
_ROLE_AFTER = re.compile(rf"\s*\(\s*({_WRITTEN})\.?\s*\)|[,\s–—-]\s*({_WRITTEN})(?![^\W\d_])", re.IGNORECASE)
# Behind the birth date a role stands alone: «Комодов Влас, 11.11.2014 (сын)», not «брат в армии».
_ROLE_AFTER_BIRTH = re.compile(
    rf"\s*\(\s*({_WRITTEN})\.?\s*\)|\s*[,–—-]\s*({_WRITTEN})\.?\s*(?=[,;.)]|$)", re.IGNORECASE
)
_TWINS = re.compile(r"\b(двойн|двойняш|близнец|тройн|тройняш)", re.IGNORECASE)
# A double surname with a dash: «Петрова – Водкина Ольга», «Дюран–Соколова»; spaces are of one only between surnames.
_DASHED = re.compile(
    r"(?<![^\W\d_])([А-ЯЁ][а-яё]{2,})(?:[–—](?=[А-ЯЁ])|(?:\s+[–—-]\s*|[–—-]\s+)"
    r"(?=[А-ЯЁ][а-яё]{2,}\s+[А-ЯЁ]))"
)
_FOOTMARK = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹*](?<=[А-Яа-яЁё].)[¹²³⁴⁵⁶⁷⁸⁹*]*")
_SURNAME = re.compile(r".*(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая|ой)|ко|ук|юк|ян|их|ых)")
_ROLE_ALONE = re.compile(rf"({_ROLES})( \d{{1,2}})?")
LONGEST_ROLE = 30  # characters
_IN_FULL = {"м": "мать", "о": "отец", "с": "сын", "д": "дочь", "б": "бабушка", "оп": "опекун"}
_SHORT_ROLE = re.compile(r"(м|о|с|д|б|оп)\s*[.:]?\s*[-–—:]\s*(?=[А-ЯЁ])", re.IGNORECASE)
_ROLE_BEFORE = re.compile(r"\(([^()\d]{3,40})\)\s*(?=[А-ЯЁ])")
_PLURAL = re.compile(r"(дети|родители)\s*[:\-–—]\s*", re.IGNORECASE)
_PLURAL_LATER = re.compile(r"[,.;)]\s*((?:дети|родители)\s*[:\-–—]\s*)", re.IGNORECASE)
_ASIDE = re.compile(r"\s*(\([^()\d]{2,40}\))\s*(?=[^\W\d_])")
# «Семья Жердевых: …»
_FAMILY = re.compile(r"семья\s+[^\W\d_-]+(?:-[^\W\d_]+)*\s*[:,–—-]\s*(?=\w)", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:\d{1,2}\s*[.)](?!\d)|[-–—•*·▪])\s*")
_INLINE = re.compile(
    r"\d(?:(?<![^\s,;.]\d)\d?\s*\)\s*(?=[^\W\d_])"  # begun by the digit, it looks at no other place of a text
    r"|(?<![^\s,;]\d)\d?\.\s*(?=[^\W\d_]{2})(?![Дд]ети|[Рр]одители))"
)
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_INITIALS = re.compile(r"([^\W\d_])\.\s?(?:([^\W\d_])\.)?(?![^\W\d_])")
_PARTICLES = frozenset(("оглы", "кызы", "углы", "кизи", "гызы", "улы", "уулу"))
_BORN_AFTER = re.compile(r"\s*[,(–-]?\s*\(?(?:\d{1,2}[./]\d|(?:19|20)\d\d(?!\d))")
_DIGIT = re.compile(r"\d")
_END_OF_LINE = re.compile(r"[\n;]")
_EMPTY_BRACKETS = re.compile(r"\(\s*(?:\d{1,2}\s*(?:лет|года?|мес\w*\.?))?\s*\)")
_AGE_ALONE = re.compile(r"\s*\(\s*(\d{1,2})\s*\)")  # «Юрков Олег Петрович (40)»
_SPACES = re.compile(r"\s+")
_COMMAS = re.compile(r"(?:\s*,\s*)+")
_COMMA_BEFORE = re.compile(r"(?:[,;]\s*(?:и\s+)?|\sи\s+)$")
_SEPARATORS = " \t,;:–—-."
MOST_WORDS = 1 << 13  # of names that are kept with what they may be: a few thousand are borne by everybody
_NOT_NAMES = frozenset(
    """
    мбоу мкоу мдоу мбдоу гбоу гбу мбу сош оош доу ооо оао ип зао ао пао школа гимназия лицей колледж техникум
    детский сад ромашка район город село поселок улица ул дом область россия работает безработный безработная
    семья семьи карточка карта
    пенсионер инвалид осужден проживает учет учете класс группа паспорт
    свидетельство снилс тел адрес дата рождения год фио и не
    """.split()  # noqa: SIM905  a list of so many words is read as a text
)
# What stands where a name should: what became of somebody.
_FATES = frozenset(
    """
    умер умерла умерли погиб погибла скончался скончалась лишен лишена лишены ограничен ограничена нет не неизвестно
    неизвестен неизвестна выбыл выбыла разведен разведена развод осужден осуждена розыск розыске разыскивается служит
    """.split()  # noqa: SIM905  a list of so many words is read as a text
)
_NO_WORDS = _NOT_NAMES | _FATES


@dataclass
class Spelled:
    """A person as a text tells. role: the word that stands beside; born: None if nothing of the kind is told."""

    last: str | None
    first: str | None
    middle: str | None
    role: str | None = None
    born: Time | None = None
    rest: str | None = None

    @property
    def full(self) -> str:
        return names.full(self.last, self.first, self.middle)


@dataclass
class People:
    """The people of a text and what is left of it that belongs to nobody."""

    found: list[Spelled]
    left: list[str]


def people(text: str, on: date, ages: Ages = ANYONE, *, first_alone: bool = False) -> People:
    """Everybody whom a text names. first_alone: a line of one word is a first name, as where children are listed."""
    result = People([], [])
    role: str | None = None
    for line in _lines(_with_hyphens(text)):
        if not (plural := _PLURAL.match(line)) and (later := _PLURAL_LATER.search(line)):
            before = people(line[: later.start()], on, ages)
            result.found += before.found
            result.left += before.left
            line = line[later.end() - len(later[1]) :]
            plural = _PLURAL.match(line)
        if plural:
            role, line = ("ребенок" if plural[1].casefold() == "дети" else None), line[plural.end() :]
        segments = list(_segments(line, first_alone or role == "ребенок"))
        if not segments:
            _continue(result, line, on, ages)
        for who, rest in segments:
            if who.last is None and who.middle and result.left and _WORD.fullmatch(result.left[-1]):
                who.last = _cased(result.left.pop())
            if result.found and _is_tail(who, result.found[-1]) and not who.role:
                _join(result.found[-1], who, rest, on, ages)
                continue
            who.role = who.role or role
            _tell(who, rest, on, ages)
            result.found.append(who)
        if len(segments) > 1 and _TWINS.search(line):
            _share_birth([who for who, _ in segments])
    return result


def _share_birth(twins: list[Spelled]) -> None:
    """Twins of one line have one birth date: that of the next one of whom it is told, if such follows."""
    born: Time | None = None
    for who in reversed(twins):
        born = who.born = who.born or born


def _with_hyphens(text: str) -> str:
    """Dashes within double surnames as hyphens; marks of footnotes behind words are none of the words."""
    text = _FOOTMARK.sub("", text)
    return _DASHED.sub(_hyphened, text) if any(dash in text for dash in "-–—") else text


def _hyphened(found: re.Match[str]) -> str:
    word, dash = found[1], found[0][len(found[1]) :]
    is_surname = _SURNAME.fullmatch(word) and not given_names.is_given(word) and not _begins_role(word)
    return f"{word}-" if dash in ("–", "—") or is_surname else found[0]


def role_of(text: str) -> str | None:
    """The role that a text is, as a key: «Мать», «Сын 2»; None: it is no word for a member of a family."""
    found = _ROLE_ALONE.fullmatch(names.key(text)) if len(text) <= LONGEST_ROLE else None
    return found[1] if found else None


def role_begins(text: str) -> bool:
    """Whether a text begins with a word that says who somebody is in a family: «бабушка Осинина Мария»."""
    return _ROLE.match(text) is not None


def after_role(text: str) -> tuple[str, str] | None:
    """The role with which a text begins, and the person whom it names: «мать Колонкина Мила 03.02.1987»."""
    role = _ROLE.match(text)
    rest = text[role.end() :] if role else ""
    return (role[1], rest) if role and rest[:1].isupper() and of_name(spelled.without_times(rest)) else None


def role_in_full(text: str) -> str:
    """A role that may be written by its first letter: «м.», «о.», «с.», «д.»."""
    return _IN_FULL.get(names.key(text), text)


def of_name(text: str) -> Spelled | None:
    """The one person whom a cell of a name holds, however its words are cased; None: it is no name of one person."""
    cleaned = writing.line(_with_hyphens(re.sub(r"[,;]", " ", text))) or ""
    words = [word for word in cleaned.split() if word]
    if _INITIALS.search(cleaned):
        found = next(_segments(cleaned, False), None)
        return found[0] if found and not found[1].strip(_SEPARATORS) else None
    if not 1 <= len(words) <= 5 or any(not _WORD.fullmatch(word) for word in words):
        return None
    if any(map(_is_no_name, words)):
        return None
    return _ordered([_cased(word) for word in words])


def _is_no_name(word: str) -> bool:
    """Whether a word tells what became of somebody: «умер», «лишена прав»."""
    return names.key(word) in _FATES


def _lines(text: str) -> Iterator[str]:
    for line in _END_OF_LINE.split(text):
        for piece in _INLINE.split(line) if _DIGIT.search(line) else (line,):
            cleaned = _NUMBERING.sub("", piece).strip()
            if "семья" in cleaned.casefold():
                cleaned = _FAMILY.sub("", cleaned, count=1)
            cleaned = _role_first(cleaned)
            if cleaned and not writing.is_nothing(cleaned):
                yield cleaned


def _role_first(line: str) -> str:
    """A line that begins with «М. –» or «(бабушка, опекун)», with the role in a word."""
    if short := _SHORT_ROLE.match(line):
        return f"{_IN_FULL[short[1].casefold()]} {line[short.end() :]}"
    if aside := _ROLE_BEFORE.match(line):
        said = [role for word in re.split(r"[,;]", aside[1]) if (role := role_of(word))]
        if said:
            return f"{next((role for role in said if role in HEADS), said[0])} {line[aside.end() :]}"
    return line


def _segments(line: str, first_alone: bool) -> Iterator[tuple[Spelled, str]]:
    """The people of a line, each with the text up to the next one."""
    starts: list[tuple[int, int, Spelled]] = []
    surnames: set[str] = set()
    place = 0
    while word := _WORD.search(line, place):
        found = None
        if word[0][0].isupper() or _begins_role(word[0]):
            found = _name_at(line, word, begins=not starts, first_alone=first_alone, surnames=surnames)
        if found:
            starts.append((word.start(), found[0], found[1]))
            surnames |= names.of_both_sexes(names.key(found[1].last))
            place = found[0]
        elif not starts and not line[: word.start()].strip():
            break  # the line does not begin with a name
        else:
            place = word.end()
    for number, (_, end, who) in enumerate(starts):
        until = starts[number + 1][0] if number + 1 < len(starts) else len(line)
        yield who, line[end:until]


def _name_at(line: str, first: re.Match[str], *, begins: bool, first_alone: bool,
             surnames: set[str]) -> tuple[int, Spelled] | None:  # fmt: skip
    """A name that begins with a word of a line, with its end. surnames: of those who are named in the line already."""
    place = first.start()
    may_be_role = _begins_role(first[0]) and (place == 0 or not line[place - 1].isalnum())
    role = _ROLE.match(line, place) if may_be_role else None
    if role is None and not line[place].isupper():
        return None
    start = role.end() if role else place
    if (initials := _INITIALS.match(line, start)) and initials[1].isupper():  # «С.И. Тетерин»
        word = _WORD.match(line, initials.end() + (line[initials.end() : initials.end() + 1] == " "))
        if word and _is_word_of_name(word[0]):
            return word.end(), _of_initials(_cased(word[0]), initials, role)
    words: list[re.Match[str]] = []
    at = start
    maiden = ""
    while len(words) < 4 and (word := _WORD.match(line, at)):
        if not (_is_word_of_name(word[0]) or (len(words) > 2 and word[0].casefold() in _PARTICLES)):
            break
        words.append(word)
        at = word.end()
        if aside := _ASIDE.match(line, at):
            if _ROLE_AFTER.match(aside[1]):
                break
            maiden, at = aside[1], aside.end()
        elif line[at : at + 1] == " ":
            at += 1
        else:
            break
    if not words:
        return None
    if len(words) == 1 and (initials := _INITIALS.match(line, at)) and initials[1].isupper():
        return initials.end(), _of_initials(_cased(words[0][0]), initials, role)
    said = [_cased(word[0]) for word in words]
    if len(said) == 4 and said[3].casefold() not in _PARTICLES:
        said, words = said[:3], words[:3]
    sure = names.key(said[0]) in surnames or bool(_BORN_AFTER.match(line, words[-1].end()))
    listed = first_alone and not begins and len(said) == 1 and _is_listed(line, place, said[0], dated=sure)
    if not _is_person(said, begins or sure, role is not None, (first_alone and begins) or listed):
        return None
    who = _ordered(said)
    who.role = role[1] if role else None
    if maiden:
        who.rest = maiden
    return words[-1].end(), who


def _is_listed(line: str, place: int, word: str, *, dated: bool) -> bool:
    """Whether a first name goes on with a list: «Денис (2011), Кира (2014), Тая 2026», «Кристиан, Зульфия, Ян»."""
    after_comma = _COMMA_BEFORE.search(line, 0, place) is not None
    if given_names.is_given(word):
        return dated or after_comma
    return after_comma and (dated or all(_WORD.fullmatch(part.strip()) for part in line.split(",")))


@lru_cache(MOST_WORDS)
def _begins_role(word: str) -> bool:
    return word.casefold().replace("ё", "е") in _ROLE_WORDS


@lru_cache(MOST_WORDS)
def _is_word_of_name(word: str) -> bool:
    return word[:1].isupper() and len(word) > 1 and names.key(word) not in _NO_WORDS


def _is_person(words: list[str], sure: bool, has_role: bool, first_alone: bool) -> bool:
    """Whether capitalised words are a name. sure: any two of them are one here, as at the beginning of a line."""
    if len(words) == 1:
        return (has_role or first_alone) and not given_names.is_patronymic(words[0])
    if sure or words[-1] in _PARTICLES:
        return True
    return any(map(given_names.is_patronymic, words[1:])) or any(map(given_names.is_given, words[:2]))


def _of_initials(last: str, initials: re.Match[str], role: re.Match[str] | None) -> Spelled:
    middle = f"{initials[2].upper()}." if initials[2] else None
    return Spelled(last, f"{initials[1].upper()}.", middle, role[1] if role else None)


@lru_cache(MOST_WORDS)
def _cased(word: str) -> str:
    """A word of a name as names are written: of capitals or of small letters only the first is a capital."""
    if word.isupper() or word.islower():
        if word.casefold() in _PARTICLES:
            return word.casefold()
        return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))
    return word


def _ordered(words: list[str]) -> Spelled:
    """The parts of a name in whatever order they stand: the patronymic tells, then the first names that are known."""
    if len(words) == 1:
        return Spelled(None, words[0], None)
    if len(words) == 2:
        one, other = words
        if given_names.is_patronymic(other) and not given_names.is_given(other) and given_names.is_given(one):
            return Spelled(None, one, other)
        if given_names.is_given(one) and not given_names.is_given(other):
            return Spelled(other, one, None)
        return Spelled(one, other, None)
    if given_names.is_patronymic(words[1]) and not given_names.is_patronymic(words[2]) and words[2] not in _PARTICLES:
        return Spelled(" ".join([words[2], *words[3:]]), words[0], words[1])
    return Spelled(words[0], words[1], " ".join(words[2:]))


def _is_tail(who: Spelled, before: Spelled) -> bool:
    """Whether a line only ends the name of the line before: its patronymic, or the first name and the patronymic."""
    if who.last is None and who.middle is None and who.first:
        return before.middle is None and given_names.is_patronymic(who.first)
    alone = before.last is None and before.middle is None and before.born is None
    return who.last is None and alone and not given_names.is_given(before.first or "")


def _join(before: Spelled, who: Spelled, rest: str, on: date, ages: Ages) -> None:
    if who.middle is None:
        before.middle = who.first
    else:
        before.last, before.first, before.middle = before.first, who.first, who.middle
    _tell(before, rest, on, ages)


def _continue(result: People, line: str, on: date, ages: Ages) -> None:
    """A line without a name tells more of the person before, or of nobody."""
    words = line.split()
    if result.found and words and given_names.is_patronymic(words[0].strip(",.")) and not result.found[-1].middle:
        result.found[-1].middle = _cased(words[0].strip(",."))
        line = " ".join(words[1:])
    if result.found and line:
        _tell(result.found[-1], line, on, ages)
    elif line:
        result.left.append(line)


def _tell(who: Spelled, rest: str, on: date, ages: Ages) -> None:
    """What follows a name: the role in brackets, the birth date, the rest."""
    if not rest or rest.isspace():
        return
    if who.role is None and (role := _ROLE_AFTER.match(rest)):
        who.role = role[1] or role[2]
        rest = rest[role.end() :]
    found = spelled.births(rest, on, ages)
    if not found and who.born is None and (age := _AGE_ALONE.match(rest)):
        found = [Time(age=int(age[1]), start=age.start(), end=age.end())]
    if found and who.born is None:
        time = found[0]
        who.born = time
        after = rest[time.end :]
        if who.role is None and (role := _ROLE_AFTER_BIRTH.match(after)):
            who.role, after = role[1] or role[2], after[role.end() :]
        rest = rest[: time.start] + " " + after
        rest = _EMPTY_BRACKETS.sub(" ", rest)
    rest = _COMMAS.sub(", ", _SPACES.sub(" ", rest)).strip(_SEPARATORS + "\n")
    if rest and names.key(rest) not in ("г р", "гр", "р", "г", "и", "дата рождения", "рожд", "д р"):
        who.rest = f"{who.rest}, {rest}" if who.rest else rest
