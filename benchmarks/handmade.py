"""A book that a settlement has made by hand: understood, loaded into an empty bank, sent again a month later.

The yardstick is openpyxl, by which such a book is mostly read: the same cells, kept by nobody.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import openpyxl

from app import clock
from app.demo import names
from app.domain.terms import Sex, TerritoryKind
from app.extensions import db
from app.models import Territory
from benchmarks.bank import TODAY, Bank, empty, loaded
from benchmarks.measure import Line, Section, milliseconds

HEADERS = (
    "№ п/п", "Ф.И.О. родителей, год рождения, место работы", "Адрес проживания, телефон", "Ф.И.О. ребёнка",
    "Дата рождения", "Место учёбы, класс", "Критерий", "Дата постановки на учёт, № пост. КДН", "Кто выявил",
    "Категория", "Примечание",
)  # fmt: skip
SAID = {"district": "Замерный район", "territory": "Замерное сельское поселение"}


def measure(folder: Path, families: int, runs: int) -> Section:
    """Understanding and loading of one hand-made book, each beside the bare read of its cells."""
    section = Section(f"Книга, сделанная вручную, семей {families}", "openpyxl")
    book = written(families)
    nobody = empty(folder)
    target = loaded(folder)
    said: list[str] = []

    def renew() -> None:
        target.lay(nobody)
        _with_a_place(target)

    def line(title: str, work: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> None:
        section.lines.append(Line(title, *milliseconds(work, runs, lambda: _bare(book), before)))

    line("Чтение файла", lambda: _read(target, book), renew)
    line("Чтение и понимание", lambda: said.append(_understood(target, book)))
    line("Загрузка в пустой банк", lambda: said.append(_load(target, book)), renew)
    line("Та же книга через месяц", lambda: said.append(_load(target, book)))
    section.notes += [said[0], f"Загрузка: {said[runs + 1]}", f"Через месяц: {said[-1]}"]
    section.notes.append(f"Размер книги: {len(book) / 1e6:.1f} МБ; наибольшая память процесса {_peak()} МБ.")
    return section


def written(families: int) -> bytes:
    """A book of families: parents and children by lines, one row of each family."""
    rng = Random(7)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Лист1")
    sheet.append(["Список семей, находящихся в социально опасном положении"])
    sheet.append([f"по состоянию на {TODAY:%d.%m.%Y} г."])
    sheet.append(HEADERS)
    for number in range(1, families + 1):
        sheet.append(_family(rng, number))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _family(rng: Random, number: int) -> list[Any]:
    his, hers = names.surnames(rng)
    father, own = names.person(rng, Sex.MALE, his)
    mother, _ = names.person(rng, Sex.FEMALE, hers)
    several = (names.person(rng, rng.choice((Sex.MALE, Sex.FEMALE)), "", own)[0] for _ in range(rng.randint(1, 3)))
    children = list({each.first: each for each in several}.values())
    placed = _day(rng, 20, 900)
    return [
        number,
        f"Мать: {' '.join(filter(None, mother))}, {_day(rng, 9000, 16000):%d.%m.%Y} г.р., не работает\n"
        f"Отец: {' '.join(filter(None, father))}, {_day(rng, 9000, 16000).year} г.р.",
        f"{names.address(rng, 'п. Замерный')}\nт. 8-9{rng.randint(10**8, 10**9 - 1)}",
        "\n".join(f"{_surname(each, his, hers)} {each.first} {each.middle}" for each in children),
        "\n".join(f"{_day(rng, 100, 6200):%d.%m.%y}г." for _ in children),
        "\n".join(f"МБОУ СОШ №{rng.randint(1, 9)}, {rng.randint(1, 9)} «{rng.choice('АБВ')}»" for _ in children),
        rng.choice(("2.1.1", "2.1.1, 2.5.1", "п. 2.2.1", "пьянство")),
        f"{placed:%d.%m.%Y}, пост. № {rng.randint(1, 12)}/{rng.randint(1, 30)}",
        rng.choice(("СОШ №7", "ПДН", "КДН", "ЦРБ")),
        rng.choice(("многодетная", "неполная", "малообеспеченная", "многодетная, малообеспеченная")),
        rng.choice(names.REMARKS),
    ]  # fmt: skip


def _surname(child: names.Name, his: str, hers: str) -> str:
    return his if child.middle and child.middle.endswith("ич") else hers


def _day(rng: Random, least: int, most: int) -> date:
    """A day so many days before the day of the book."""
    return TODAY - timedelta(rng.randint(least, most))


def _bare(book: bytes) -> int:
    """Every cell by openpyxl alone, kept by nobody."""
    read = openpyxl.load_workbook(BytesIO(book), read_only=True)
    return sum(len(row) for sheet in read for row in sheet.iter_rows(values_only=True))


def _with_a_place(bank: Bank) -> None:
    from app.services import installation, registry

    with bank.opened():
        installation.load_book_words()
        region = db.session.query(Territory).filter_by(kind=TerritoryKind.REGION).first()
        district = Territory(name=SAID["district"], kind=TerritoryKind.DISTRICT, parent=region)
        registry.save(district, clock.today())
        registry.save(Territory(name=SAID["territory"], kind=TerritoryKind.SETTLEMENT, parent=district), clock.today())
        db.session.commit()


def _source(book: bytes, said: dict[str, str]) -> Any:
    from app.exchange import sources

    return sources.read(book, "семьи.xlsx", said)


def _read(bank: Bank, book: bytes) -> Any:
    with bank.opened():
        return _source(book, {})


def _understood(bank: Bank, book: bytes) -> str:
    with bank.opened():
        found = _source(book, SAID).understood(clock.today())
        return f"Понято: семей {len(found.families)}, людей {found.people}, вопросов {len(found.asking.unanswered)}."


def _load(bank: Bank, book: bytes) -> str:
    from app.exchange import apply

    with bank.opened():
        source = _source(book, SAID)
        prepared = apply.PreparedLoad(lambda: source.plan(clock.today()), clock.today())
        planned = prepared.held()
        if planned.does_something:
            prepared.write()
            db.session.commit()
        return f"новых строк {len(planned.new)}, изменений {len(planned.changes)}, ошибок {len(planned.faults)}"


def _peak() -> int:
    """The most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
