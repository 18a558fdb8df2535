"""What may happen to an invented family: how it came on record, who brings the children up, how it ends."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

DAY = timedelta(days=1)
YEAR = 365.25
FIVE_YEARS = 1826
SUCCESS, MAJORITY, NO_RIGHTS = "11.2", "11.1", "11.3"
CHILDREN_TAKEN = {NO_RIGHTS, "11.4.5", "11.4.6", "11.4.7", "11.4.8"}
NOTES = {
    "11.4.1": "Семья переехала в соседний район, дело передано по акту.",
    "11.4.2": "Семья выехала в другой субъект Российской Федерации, дело направлено по новому месту жительства.",
    "11.4.3": "Семья выехала за пределы Российской Федерации.",
    "11.4.5": "Единственный законный представитель умер, дети переданы органу опеки.",
    "11.4.6": "Суд ограничил родителей в родительских правах.",
    "11.4.7": "Дети переданы под опеку родственницы.",
    "11.4.8": "Все дети помещены в организацию для детей, оставшихся без попечения родителей.",
    "11.4.9": "Дети живут с другим родителем, обстоятельства устранены.",
    "11.4.10": "Несовершеннолетний объявлен полностью дееспособным.",
    "11.4.12": "Постановление о постановке на учёт отменено по протесту прокурора.",
    "11.4.13": "Заявление родителей, заключение органа положительное.",
    "11.4.99": "Основания учёта отпали.",
}


class Script(NamedTuple):
    """What must happen to a family.

    home: who brings the children up. stays: how many times on record. end: code of the reason of the last removal,
    None while on record. clock: the 3-day clock of the last stay: "met", "late", "running" or "overdue". child: one of
    the children is "newborn" or comes of age "soon". recent: removed within the last weeks. mistake: a registration
    was entered by mistake and annulled. ago: how many years ago all of it happened.
    """

    home: str
    stays: int = 1
    end: str | None = None
    clock: str = "met"
    child: str = ""
    recent: bool = False
    mistake: bool = False
    ago: int = 0


# The first families of every bank: each thing that may happen to a family happens in them.
OPENING = (
    Script("full"),
    Script("mother", clock="running"),
    Script("full", child="newborn"),
    Script("mother", end=MAJORITY, ago=6),
    Script("divorced", clock="overdue"),
    Script("full", end=SUCCESS, recent=True),
    Script("stepfather", stays=2, child="soon"),
    Script("mother", end=NO_RIGHTS),
    Script("guardian"),
    Script("full", end="11.4.1", recent=True),
    Script("widow", stays=2, end=SUCCESS),
    Script("father", clock="late", child="soon"),
    Script("mother", stays=3),
    Script("full", end="11.4.2"),
    Script("cohabitant", clock="running"),
    Script("foster", end=SUCCESS),
    Script("full", child="newborn", stays=2),
    Script("mother", end="11.4.6"),
    Script("grandmother"),
    Script("full", end=MAJORITY, ago=6),
    Script("divorced", end="11.4.9"),
    Script("mother", mistake=True),
    Script("full", end="11.4.13", clock="late"),
    Script("widow", end="11.4.5"),
    Script("full", clock="overdue"),
    Script("mother", end="11.4.7"),
    Script("full", end="11.4.8"),
    Script("mother", stays=2, end="11.4.3"),
)
HOMES = (
    "full", "full", "full", "full", "full", "mother", "mother", "mother", "mother", "divorced", "divorced", "widow",
    "father", "stepfather", "stepfather", "guardian", "cohabitant", "grandmother", "foster",
)  # fmt: skip
ENDS = (
    (SUCCESS,) * 12 + (MAJORITY,) * 3 + (NO_RIGHTS,) * 2 + ("11.4.1", "11.4.1", "11.4.2", "11.4.6", "11.4.8", "11.4.9",
    "11.4.10", "11.4.12", "11.4.13", "11.4.99")
)  # fmt: skip
CRITERIA = (
    ("2.1.1", 4), ("2.1.2", 5), ("2.1.3", 9), ("2.1.5", 3), ("2.2.1", 8), ("2.2.2", 7), ("2.3.1", 4), ("2.3.2", 2),
    ("2.4.1.1", 2), ("2.4.1.3", 1), ("2.4.1.5", 2), ("2.4.2", 1), ("2.5.1", 16), ("2.5.2", 9), ("2.5.3", 6),
    ("2.5.4", 2),
)  # fmt: skip
CRITERION_CODES = tuple(code for code, weight in CRITERIA for _ in range(weight))
SENDERS = ("5.3",) * 8 + ("5.7",) * 5 + ("5.2",) * 3 + ("5.5",) * 3 + ("5.8",) * 2 + ("5.1", "5.4", "5.6", "5.9")


MEALS = 0.6  # of the pupils on record, so many are fed at school
ONCE: dict[str, Any] = dict.fromkeys(("until", "rhythm", "batch"))  # of aid that is not regular


class AidScript(NamedTuple):
    """An ordinary act of help: kind, measure, kind of the performer, who receives it, roubles from … to …"""

    kind: str
    measure: str
    performer: str
    to: str
    text: str
    least: int = 0
    most: int = 0


AIDS = (
    AidScript("1.1", "1.3", "5.2", "adults", "Единовременная выплата по заявлению", 3000, 15000),
    AidScript("1.2", "1.4", "5.2", "adults", "Социальный контракт: поиск работы", 12000, 60000),
    AidScript("1.3", "1.1", "5.2", "adults", "Помогли собрать документы на единое пособие"),
    AidScript("2.1", "1.5", "5.2", "all", "Продуктовый набор на месяц", 1500, 6000),
    AidScript("2.1", "1.5", "5.8", "all", "Продуктовый набор", 900, 3500),
    AidScript("2.2", "1.6", "5.2", "children", "Зимняя одежда и обувь", 2500, 14000),
    AidScript("2.3", "1.8", "5.3", "pupils", "Набор первоклассника, канцелярия", 1200, 5000),
    AidScript("2.4", "1.7", "5.9", "all", "Постельное бельё, средства гигиены", 800, 4000),
    AidScript("2.5", "1.9", "5.9", "all", "Уголь на отопительный сезон", 9000, 22000),
    AidScript("2.6", "1.19", "5.8", "children", "Кровать и стол для занятий", 6000, 18000),
    AidScript("3.1", "2.3", "5.5", "children", "Профилактический осмотр детей"),
    AidScript("3.3", "2.16", "5.5", "adults", "Направление на лечение, приём врача"),
    AidScript("4.1", "3.14", "5.8", "adults", "Беседа с психологом центра"),
    AidScript("4.2", "3.15", "5.8", "all", "Занятие в родительской школе"),
    AidScript("5.1", "3.14", "5.3", "adults", "Консультация социального педагога"),
    AidScript("5.3", "3.3", "5.3", "pupils", "Дополнительные занятия по русскому языку"),
    AidScript("6.1", "1.1", "5.1", "adults", "Разъяснены права и обязанности родителей"),
    AidScript("6.2", "1.1", "5.9", "all", "Восстановлены документы"),
    AidScript("7.1", "1.15", "5.6", "adults", "Трудоустройство по направлению центра занятости"),
    AidScript("9.1", "3.18", "5.4", "pupils", "Запись в кружок молодёжного центра"),
    AidScript("10.1", "3.13", "5.3", "all", "Посещение семьи на дому"),
    AidScript("10.2", "3.14", "5.7", "adults", "Профилактическая беседа инспектора"),
    AidScript("10.3", "3.13", "5.7", "all", "Межведомственный рейд"),
)
OF_SCHOOL_YEAR = AidScript("8.1", "1.16", "5.3", "pupils", "Горячее питание в школе")
ATTENDANCE = (
    "пропусков нет",
    "пропуски по болезни",
    "пропущено 6 уроков без причины",
    "пропущено 14 уроков без причины",
)
PROGRESS = ("успевает", "успевает, есть тройки", "не успевает по математике", "аттестован по всем предметам")


def script_of(rng: Random, index: int) -> Script:
    """The script of the family number `index`: the opening ones first, then as chance has it."""
    if index < len(OPENING):
        return OPENING[index]
    dice = rng.random()
    stays = 1 if dice < 0.88 else 2 if dice < 0.98 else 3
    end = ENDS[rng.randrange(len(ENDS))] if rng.random() < 0.38 else None
    clock = "late" if rng.random() < 0.06 else "met"
    if end is None and rng.random() < 0.01:
        clock = "overdue" if rng.random() < 0.4 else "running"
    child = "newborn" if rng.random() < 0.05 else ""
    return Script(HOMES[rng.randrange(len(HOMES))], stays, end, clock, child, mistake=rng.random() < 0.004)
