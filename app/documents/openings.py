"""«Кто открывал дело»: who looked into a family, or what one person looked into, for an inquiry (152-ФЗ); and the sheet
of a month: who looked, printed, exported how much.

Entries are the person's: of the families of one's territories; the auditor's are all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from app import access, clock, words
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import db
from app.journal import chain
from app.models import Family, JournalEntry, User
from app.render.table import Column, Table, Value

OF_FAMILY, OF_PERSON, SHEET = "Кто открывал дело", "Какие дела открывал", "Обращения к делам за месяц"
MOST = 5_000
TOO_MANY = f"За этот период больше {MOST} записей: возьмите период короче."
NO_FAMILY = "Семьи с таким номером среди ваших нет."
NO_PERSON = "Такого человека среди пользователей нет: введите фамилию целиком или имя для входа."
USUAL = timedelta(days=92)  # families opened so lately before are one's usual ones
LOOKED = (Act.OPENED, Act.PRINTED, Act.EXPORTED, Act.DOWNLOADED)
CHANGED = (Act.CREATED, Act.CHANGED, Act.ANNULLED, Act.MOVED)
COLUMNS = (
    Column("Когда", 16), Column("Кто", 28), Column("Семья", 9), Column("Действие", 16), Column("Что", 60),
    Column("Сетевой адрес", 16),
)  # fmt: skip
SHEET_COLUMNS = (
    Column("Кто", 36), Column("Открыто семей", 12, "number"), Column("Из них непривычных", 12, "number"),
    Column("Печатей", 10, "number"), Column("Выгрузок", 10, "number"), Column("Записей в выгрузках", 12, "number"),
    Column("Поисков", 10, "number"), Column("Отказов в доступе", 10, "number"),
    Column("Неудачных входов", 10, "number"),
)  # fmt: skip
NOTES = (
    "Непривычная семья – та, которую человек не открывал в предыдущие три месяца.",
    "Отказ в доступе – попытка открыть то, на что нет права.",
)

_entry, _family, _user = JournalEntry.__table__, Family.__table__, User.__table__


def of_family(number: str, period: Period) -> Table:
    """Who opened, printed, exported or changed the families with a number. Raises Refusal."""
    found = select(_family.c.id).where(_family.c.number == number)
    scope = access.scope()
    if not scope.all_journal:
        found = found.where(scope.families())
    ids = list(db.session.connection().scalars(found))
    if not ids:
        raise Refusal(NO_FAMILY, "family")
    asked = _asked(period).where(_entry.c.family_id.in_(ids), _entry.c.act.in_((*LOOKED, *CHANGED)))
    return _table(f"{OF_FAMILY} № {number}", period, asked)


def of_family_if_short(number: str, period: Period) -> Table | None:
    """The same, or nothing where it is too long or the family is not the person's."""
    try:
        return of_family(number, period)
    except Refusal:
        return None


def of_person(name: str, period: Period) -> Table:
    """What a person opened, printed, exported or changed. Raises Refusal."""
    wanted = name.casefold().strip()
    rows = db.session.connection().execute(select(_user.c.id, _user.c.username, _user.c.last_name, _user.c.first_name))
    ids = [row.id for row in rows
           if wanted and wanted in (row.username, row.last_name.casefold(),
                                    f"{row.last_name} {row.first_name}".casefold())]  # fmt: skip
    if not ids:
        raise Refusal(NO_PERSON, "person")
    asked = _asked(period).where(_entry.c.user_id.in_(ids), _entry.c.act.in_((*LOOKED, *CHANGED)))
    return _table(f"{OF_PERSON} {name.strip()}", period, asked)


def _asked(period: Period) -> Select[Any]:
    columns = (_entry.c.at, _entry.c.user_name, _entry.c.act, _entry.c.entity, _entry.c.summary, _entry.c.address,
               _entry.c.records, _family.c.number)  # fmt: skip
    since, until = _moments(period)
    joined = _entry.outerjoin(_family, _family.c.id == _entry.c.family_id)
    asked = select(*columns).select_from(joined).where(_entry.c.at >= since, _entry.c.at < until)
    return asked.where(access.scope().journal()).order_by(_entry.c.id).limit(MOST + 1)


def _table(title: str, period: Period, asked: Select[Any]) -> Table:
    rows = db.session.connection().execute(asked).all()
    if len(rows) > MOST:
        raise Refusal(TOO_MANY, "from")
    told: list[list[Value]] = [
        [words.moment(clock.local(row.at)), row.user_name or "–", row.number or "", str(row.act), row.summary,
         row.address or ""] for row in rows
    ]  # fmt: skip
    notes = (
        [f"Записей: {len(told)}.", _print_of_chain()] if told else ["За этот период записей нет.", _print_of_chain()]
    )
    return Table(title, COLUMNS, told, subtitle=period.title, notes=notes)


def of_month(period: Period) -> Table:
    """Who looked into how many families, printed, exported, searched, failed to sign in; no family is named."""
    counts = _counts(period)
    opened, unusual = _families(period)
    asked = select(_user.c.id, _user.c.last_name, _user.c.first_name)
    names = {row.id: f"{row.last_name} {row.first_name}" for row in db.session.connection().execute(asked)}
    rows: list[list[Value]] = []
    for key in sorted({*counts, *opened}, key=lambda key: names.get(key, "")):
        of_acts = counts[key]
        rows.append([
            names.get(key, "неизвестное имя"), len(opened[key]), len(unusual[key]), of_acts[Act.PRINTED][0],
            of_acts[Act.EXPORTED][0], of_acts[Act.EXPORTED][1], of_acts[Act.SEARCHED][0], of_acts[Act.REFUSED][0],
            of_acts[Act.SIGN_IN_FAILED][0],
        ])  # fmt: skip
    return Table(SHEET, SHEET_COLUMNS, rows, subtitle=period.title, notes=[*NOTES, _print_of_chain()])


def _counts(period: Period) -> Any:
    """Entries and records by person and act. Who failed to sign in is whose name it was."""
    since, until = _moments(period)
    who = func.coalesce(_entry.c.user_id, _entry.c.entity_id)
    acts = (Act.PRINTED, Act.EXPORTED, Act.SEARCHED, Act.REFUSED, Act.SIGN_IN_FAILED)
    asked = (
        select(who.label("who"), _entry.c.act, func.count(), func.coalesce(func.sum(_entry.c.records), 0))
        .where(_entry.c.at >= since, _entry.c.at < until, _entry.c.act.in_(acts), who.is_not(None))
        .group_by(who, _entry.c.act)
    )
    found: Any = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for key, act, count, records in db.session.connection().execute(asked):
        found[key][act] = (count, int(records))
    return found


def _families(period: Period) -> tuple[Any, Any]:
    """The families that each person opened in a period, and those of them that are not the person's usual ones."""
    since, until = _moments(period)
    asked = select(_entry.c.user_id, _entry.c.family_id).where(
        _entry.c.act.in_(LOOKED), _entry.c.user_id.is_not(None), _entry.c.family_id.is_not(None)
    )
    opened, before = defaultdict(set), defaultdict(set)
    connection = db.session.connection()
    for key, family_id in connection.execute(asked.where(_entry.c.at >= since, _entry.c.at < until).distinct()):
        opened[key].add(family_id)
    for key, family_id in connection.execute(asked.where(_entry.c.at >= since - USUAL, _entry.c.at < since).distinct()):
        before[key].add(family_id)
    unusual = defaultdict(set, {key: found - before[key] for key, found in opened.items()})
    return opened, unusual


def _print_of_chain() -> str:
    """The last hash of the journal on paper: who would rewrite the journal must rewrite the paper too."""
    last = chain.head()
    if not last.number:
        return "Журнал ещё не запечатан."
    return f"Отпечаток журнала: печать {last.number}, {' '.join(re.findall('.{8}', last.hash))}"


def _moments(period: Period) -> tuple[datetime, datetime]:
    beginning = datetime.combine(period.start, time(), tzinfo=clock.zone()).astimezone(UTC)
    after = datetime.combine(period.end + timedelta(days=1), time(), tzinfo=clock.zone()).astimezone(UTC)
    return beginning, after
