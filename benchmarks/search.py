"""The search of the desk: how many of misspelled names are found among the first five, and what a search costs.

A misspelled name is made of a member of the bank by one slip. It is found if among the first five families is his, or
one with a person called by the same words: who has typed no more cannot mean one of two namesakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import select

from app import access
from app.domain import names
from app.extensions import db
from app.models import Member
from app.readings import search as reading
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, clock

FIRST, ASKED = 5, 60  # families that are looked at; names of each kind of slip
LETTERS = "абвгдежзийклмнопрстуфхцчшщыьэюя"
RUSSIAN, LATIN = "йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
Name = tuple[str, str, str]


class Misspelled(NamedTuple):
    """A query, and the words that were meant."""

    query: str
    meant: tuple[str, ...]
    family_id: int


def _at(rng: Random, word: str) -> int:
    return rng.randrange(1, len(word) - 1)


def _lost(rng: Random, word: str) -> str:
    place = _at(rng, word)
    return word[:place] + word[place + 1 :]


def _doubled(rng: Random, word: str) -> str:
    place = _at(rng, word)
    return word[:place] + word[place] + word[place:]


def _swapped(rng: Random, word: str) -> str:
    place = _at(rng, word)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _replaced(rng: Random, word: str) -> str:
    place = _at(rng, word)
    return word[:place] + rng.choice(LETTERS.replace(word[place], "")) + word[place + 1 :]


def _yo(_rng: Random, word: str) -> str:
    return word.replace("ё", "е") if "ё" in word else word.replace("е", "ё", 1)


def _soft(_rng: Random, word: str) -> str:
    if "ь" in word:
        return word.replace("ь", "", 1)
    place = next((place for place, sign in enumerate(word) if sign in "лнтс" and place), len(word) - 1)
    return f"{word[: place + 1]}ь{word[place + 1 :]}"


def _other_sex(rng: Random, word: str) -> str:
    return min(names.of_both_sexes(word) - {word}, default=_lost(rng, word))


SLIPS: dict[str, Callable[[Random, str], str]] = {
    "буква потеряна": _lost, "буква удвоена": _doubled, "соседние буквы переставлены": _swapped,
    "буква заменена": _replaced, "ё вместо е, е вместо ё": _yo, "мягкий знак": _soft, "окончание по полу": _other_sex,
}  # fmt: skip
PARTS = {"фамилия": 1, "фамилия и имя": 2, "фамилия, имя, отчество": 3}


def misspelled(people: list[Any], slip: Callable[[Random, str], str], parts: int, rng: Random) -> Iterator[Misspelled]:
    """Names of people with a slip in the surname, or in another word of the name."""
    for person in people:
        words = [names.key(part) for part in (person.last_name, person.first_name, person.middle_name) if part]
        words = words[:parts]
        wrong = list(words)
        place = 0 if slip is _other_sex else rng.randrange(len(words))
        if len(wrong[place]) < 4:
            place = 0
        wrong[place] = slip(rng, wrong[place])
        yield Misspelled(" ".join(wrong), tuple(words), person.family_id)


def is_found(one: Misspelled, found: reading.Found) -> bool:
    """Whether the family that was meant, or of a namesake, is among the first."""
    for family in found.families[:FIRST]:
        if family.id == one.family_id:
            return True
        for member in family.members:
            held = set(names.folded(member.full_name).split())
            if all(names.of_both_sexes(word) & held for part in one.meant for word in names.folded(part).split()):
                return True
    return False


def some_people(most: int, rng: Random) -> list[Any]:
    """People of the bank, as it happens."""
    told = select(Member.family_id, Member.last_name, Member.first_name, Member.middle_name)
    ids = list(db.session.scalars(select(Member.id).where(Member.annulled_at.is_(None)).order_by(Member.id)))
    return list(db.session.execute(told.where(Member.id.in_(rng.sample(ids, min(most, len(ids))))).order_by(Member.id)))


def recall(slip: str, parts: int, people: int = ASKED, seed: int = 11) -> tuple[float, list[str], list[float]]:
    """The share of misspelled names that are found, those that are not, and the milliseconds of each search."""
    rng = Random(seed)
    times, lost = [], []
    asked = list(misspelled(some_people(people, rng), SLIPS[slip], parts, rng))
    for one in asked:
        db.session.expunge_all()
        started = clock()
        found = reading.families(one.query, TODAY)
        times.append((clock() - started) * 1000)
        if not is_found(one, found):
            lost.append(f"{one.query} ({' '.join(one.meant)})")
    return 1 - len(lost) / len(asked), lost, times


def queries(people: list[Member], rng: Random) -> dict[str, list[str]]:
    """What a desk types of some people in every way that a search reads, and what stands nowhere."""

    def number(digits: int) -> str:
        return str(rng.randrange(10 ** (digits - 1), 10**digits))

    def nonsense() -> str:
        return "".join(rng.choices(LETTERS, k=9))

    latin = str.maketrans(dict(zip(RUSSIAN, LATIN, strict=True)))
    born = [member for member in people if member.born_on is not None]
    return {
        "фамилия": [member.last_name for member in people], "имя": [member.first_name for member in people],
        "фамилия, имя, отчество": [member.full_name for member in people],
        "фамилия и год": [f"{member.last_name} {member.born_on:%Y}" for member in born],
        "фамилия и инициалы": [names.initials(*_parts(member)) for member in people],
        "дата рождения": [f"{member.born_on:%d.%m.%Y}" for member in born],
        "не та раскладка": [member.full_name.lower().translate(latin) for member in people],
        "адрес": [member.family.actual_address or member.family.registered_address or "" for member in people],
        "часть фамилии": [member.last_name.lower()[2:7] for member in people],
        "неизвестный номер": [number(6) for _ in people], "неизвестный документ": [number(10) for _ in people],
        "неизвестный телефон": [f"8 9{number(9)}" for _ in people],
        "неизвестный адрес": [f"ул. {nonsense()}, д. {number(2)}" for _ in people],
        "неизвестное имя": [f"{nonsense()} {nonsense()}" for _ in people],
    }  # fmt: skip


def _parts(member: Member) -> tuple[str, str, str | None]:
    return member.last_name, member.first_name, member.middle_name


def every_way(people: int, seed: int = 12) -> list[Line]:
    """A line for each way to ask: the median milliseconds, and what ninety-five of a hundred cost at most."""
    rng = Random(seed)
    ids = list(db.session.scalars(select(Member.id).where(Member.annulled_at.is_(None)).order_by(Member.id)))
    chosen = db.session.scalars(select(Member).where(Member.id.in_(rng.sample(ids, min(people, len(ids))))))
    lines = []
    for title, asked in queries(list(chosen), rng).items():
        times = []
        for query in asked:
            db.session.expunge_all()
            started = clock()
            reading.families(query, TODAY)
            times.append((clock() - started) * 1000)
        note = f"95 из 100 не дороже {sorted(times)[len(times) * 95 // 100]:.0f} мс"
        lines.append(Line(title, median(times), note=note))
    return lines


def measure(bank: Bank, runs: int) -> Section:
    """A line for each kind of slip: the median milliseconds of a search, and the share that is found; then a line for
    each other way to ask.

    What the collector of garbage takes now and then belongs to no search: ninety-five of a hundred are told of.
    """
    section = Section(f"Поиск с опечаткой: находится в первых {FIRST}, мс процессора без страницы")
    shares, every = [], []
    with bank.opened():
        assert access.scope() is not None
        for title, parts in PARTS.items():
            for slip in SLIPS:
                share, lost, times = recall(slip, parts, ASKED if runs else 2)
                shares.append(share)
                every += times
                said = f"найдено {share:.1%}, дороже всех {max(times):.0f} мс"
                section.lines.append(Line(f"{title}: {slip}", median(times), note=f"{said} {'; '.join(lost[:2])}"))
        section.lines += every_way(ASKED // 2 if runs else 2)
    section.notes.append(f"Всего найдено {sum(shares) / len(shares):.1%}, 95 из 100 поисков не дороже "
                         f"{sorted(every)[len(every) * 95 // 100]:.0f} мс, медиана {median(every):.1f} мс")  # fmt: skip
    return section
