"""What is wrong with a bank and its machine, as sentences that say where and what to do.

A table of probes. All of them read one picture of the bank: who writes meanwhile neither waits nor is mistaken for a
fault. Nothing is changed. A family is told by its number, never by names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from app import troubles
from app.doctor import cards, inquiries, keeping, machine, meetings, records, surveys, transfers
from app.extensions import db


@dataclass(frozen=True)
class Probe:
    """One thing that must hold: its name, what finds where it does not, and what to do about that.

    bars: while this is wrong, the probes after it would speak of something else.
    """

    name: str
    find: Callable[[date], Iterable[str]]
    remedy: str
    bars: bool = False


PROBES = (
    Probe(
        "Версия базы", machine.version,
        "Обновите базу: flask --app run bank install. Если база новее программы, обновите программу.", bars=True,
    ),
    Probe("Целость базы", machine.integrity, "Сохраните копию базы и восстановите последнюю целую копию."),
    Probe(
        "Место на диске", machine.room,
        "Освободите место: удалите старые копии и журналы сервера или расширьте диск.",
    ),
    Probe(
        "Настройки", keeping.settings,
        "Задайте недостающее в файле настроек службы: docs/deployment.md, «Настройки».",
    ),
    Probe(
        "Права файлов", keeping.permissions_of_files,
        "Закройте их: chmod -R go= и владелец – пользователь службы.",
    ),
    Probe("Версии библиотек", keeping.versions, "Установите их заново: make .venv/production."),
    Probe(
        "Часы сервера", machine.clock_behind,
        "Включите на сервере сверку времени (NTP), проверьте дату и часовой пояс.",
    ),
    Probe(
        "Справочники", records.dictionaries, "Допишите недостающее: flask --app run bank install.",
    ),
    Probe(
        "Роли", records.roles,
        "Недостающую роль создаст flask --app run bank install; лишнее снимите на странице «Роли» или в базе; имена "
        "страниц и прав исправьте в config.py.",
    ),
    Probe("Территории", records.territories, "Исправьте территорию на её странице: это делает администратор."),
    Probe("Сроки", records.deadlines, "Исправьте срок в справочнике «Сроки»."),
    Probe("Правила записей", records.rules, "Исправьте или аннулируйте эти записи на странице семьи."),
    Probe(
        "Сигнальные карты", cards.signal_cards,
        "Отмените неверный шаг на странице карты или аннулируйте карту; кто убрал карту с пропавшим номером, ищите в "
        "журнале.",
    ),
    Probe(
        "Запросы ведомствам", inquiries.asked_bodies,
        "Исправьте или аннулируйте сведения на странице обследования, ненужный запрос отзовите.",
    ),
    Probe(
        "Акты обследований", surveys.survey_acts,
        "Уберите лишний неподписанный акт или исправьте акт новой редакцией на странице обследования.",
    ),
    Probe(
        "Заседания", meetings.meetings,
        "Исправьте состав комиссии, день, номер или явку на странице заседания; решение закрытого заседания исправляют "
        "новым постановлением.",
    ),
    Probe(
        "Двойники", records.doubles,
        "Отмените объединение на странице «Возможные двойники» и объедините записи снова.",
    ),
    Probe(
        "Передачи дел", transfers.transfers,
        "Отмените приём или отзовите передачу на её странице и передайте дело заново.",
    ),
    Probe("Имена и ключи поиска", records.keys, "Пересчитайте их: flask --app run bank refresh."),
    Probe("Названия и ключи мест", records.place_keys, "Откройте запись и сохраните её: ключ запишется заново."),
    Probe(
        "Книги районов", records.frozen_books,
        "Верните файл из резервной копии; кто правил базу мимо программы, выясните.",
    ),
    Probe(
        "Сканы", records.scans,
        "Верните файл из резервной копии или аннулируйте документ; файл без документа переложите из папки.",
    ),
    Probe(
        "Календарь", keeping.next_calendar,
        "Внесите перенесённые дни или отметьте, что их нет: «Справочники», «Перенесённые дни».",
    ),
    Probe(
        "Резервные копии", keeping.copies,
        "Сделайте копию: flask --app run bank backup; почему её нет, говорит страница «Резервные копии».",
    ),
    Probe(
        "Уничтоженные дела", keeping.destroyed_cases,
        "Дела, что вернулись из копии: flask --app run bank destroy-again. Файл базы очистит сервер заданий: "
        "systemctl restart patronat. Старые копии и отставленные банки удалите из их папок.",
    ),
    Probe(
        "Задания", keeping.jobs,
        "Перезапустите службу: systemctl restart patronat; очередь выполняет процесс, который она держит.",
    ),
    Probe(
        "Цепь журнала", keeping.chain_of_journal,
        "Журнал правили в базе мимо программы. Сохраните файл базы для проверки, сравните его с копией банка до этого "
        "дня и сообщите руководителю.",
    ),
    Probe(
        "Сданные отчёты", keeping.submitted_reports,
        "Сданный отчёт правили в базе мимо программы. Сохраните файл базы для проверки, сравните отчёт с бумагой и с "
        "копией банка и сдайте исправленный отчёт.",
    ),
    Probe(
        "Журнал", records.journal_gives_rows,
        "Выясните, кто правил базу мимо программы. Если так и должно быть, занесите это в журнал: "
        "flask --app run bank record.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Ailment:
    """What a probe has found, in a sentence."""

    probe: Probe
    text: str


def ailments(today: date) -> Iterator[Ailment]:
    """Everything that is wrong; run it over the whole bank. What cannot be asked is a fault too, and the last one."""
    with _one_picture():
        for probe in PROBES:
            well = True
            try:
                for text in probe.find(today):
                    well = False
                    yield Ailment(probe, text)
            except (SQLAlchemyError, OSError) as error:
                trouble = troubles.of(error)
                yield Ailment(
                    probe, f"Проверить не удалось. {trouble.text if trouble else 'База данных ответила ошибкой.'}"
                )
                return
            if probe.bars and not well:
                return


@contextmanager
def _one_picture() -> Iterator[None]:
    """Let every statement see the bank as it is now, and hold nobody up."""
    db.session.rollback()
    try:
        postgres = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        db.session.connection(execution_options={} if db.engine.dialect.name == "sqlite" else postgres)
    except SQLAlchemyError:
        db.session.rollback()  # the first probe meets the same error, and says it
    try:
        yield
    finally:
        db.session.rollback()
