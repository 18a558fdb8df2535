"""A report is handed in: kept as it was counted, numbered, chained to whatever was handed in before it. Callers commit.

Whoever would change a figure in the database must rewrite this row and all that were submitted after it, and the codes
on the papers that have left the house.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select

from app import access, words
from app.clock import in_utc, local, now
from app.domain import submissions as rules
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.submissions import Agreed, FrozenContent
from app.extensions import db
from app.models import JournalEntry, Submission, Territory

LOCK = 71_260_002  # the lock of whoever submits, on Postgres
ALREADY = "Этот отчёт уже сдан: {called}, код {code}. Исправляют его новой редакцией на его странице."
NO_CODE = "Сданного отчёта с таким кодом среди ваших нет. Код – двенадцать букв и цифр внизу отчёта."
NOTHING_NEW = "С последней редакции ничего не изменилось: исправлять нечего."
NOT_LAST = "Уже есть более новая редакция этого отчёта: исправляют её."
NO_NOTE = "Напишите, почему отчёт исправлен: это печатается в сопроводительной записке."

_submission = Submission.__table__


def submit(content: FrozenContent, *, report: str, title: str, choice: str, period: Period, territory: Territory,
           agreed: Agreed, today: date, at: datetime | None = None) -> Submission:  # fmt: skip
    """Hand in a report for the first time. Raises Refusal if it was handed in already.

    at: the moment, if it is not now: of an invented bank.
    """
    _one_at_a_time()
    check(report, choice, period, territory.id, agreed, today)
    last = db.session.scalar(select(func.max(Submission.number)).where(Submission.territory_id == territory.id))
    return _kept(
        content, agreed, report=report, title=title, choice=choice, starts_on=period.start, ends_on=period.end,
        territory=territory, number=(last or 0) + 1, edition=1, submitted_at=at or now(),
    )  # fmt: skip


def check(report: str, choice: str, period: Period, territory_id: int, agreed: Agreed, today: date) -> None:
    """What may be known before a report is counted. Raises Refusal if it cannot be handed in."""
    earlier = latest(report, choice, period, territory_id)
    if earlier is not None:
        raise Refusal(ALREADY.format(called=earlier.called, code=earlier.code))
    rules.check_over(period, today)
    rules.check_agreed(agreed, period, today)


def check_correction(row: Submission, note: str, agreed: Agreed, today: date) -> None:
    """The same of a corrected version. Raises Refusal."""
    earlier = latest(row.report, row.choice, row.period, row.territory_id)
    if earlier is None or earlier.id != row.id:
        raise Refusal(NOT_LAST)
    if not note.strip():
        raise Refusal(NO_NOTE, "note")
    rules.check_agreed(agreed, row.period, today)


def correct(row: Submission, content: FrozenContent, *, differs: bool, note: str, agreed: Agreed,
            today: date) -> Submission:  # fmt: skip
    """Hand in a corrected version under the same number; the earlier one stays. Raises Refusal.

    differs: whether any number, or any list behind one, is another one than was submitted.
    """
    _one_at_a_time()
    check_correction(row, note, agreed, today)
    if not differs:
        raise Refusal(NOTHING_NEW)
    return _kept(
        content, agreed, report=row.report, title=row.title, choice=row.choice, starts_on=row.starts_on,
        ends_on=row.ends_on, territory=row.territory, number=row.number, edition=row.edition + 1, note=note.strip(),
        submitted_at=now(),
    )  # fmt: skip


def latest(report: str, choice: str, period: Period, territory_id: int) -> Submission | None:
    """The newest edition of a report, if it was handed in."""
    asked = select(Submission).where(
        Submission.report == report, Submission.choice == choice, Submission.starts_on == period.start,
        Submission.ends_on == period.end, Submission.territory_id == territory_id,
    )  # fmt: skip
    return db.session.scalar(asked.order_by(Submission.edition.desc()).limit(1))


def before(report: str, choice: str, day: date, territory_id: int) -> Submission | None:
    """The newest edition of the same report over the period that ended on a day: what the next one goes on from."""
    asked = select(Submission).where(
        Submission.report == report, Submission.choice == choice, Submission.ends_on == day,
        Submission.territory_id == territory_id,
    )  # fmt: skip
    return db.session.scalar(asked.order_by(Submission.starts_on, Submission.edition.desc()).limit(1))


def by_code(text: str) -> Submission | None:
    """The submission whose code was typed, among those the person sees."""
    code = rules.code_typed(text)
    return db.session.scalar(select(Submission).where(Submission.code == code)) if code else None


def _one_at_a_time() -> None:
    """Two who submit at once do it one after the other: a chain has one end."""
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _kept(content: FrozenContent, agreed: Agreed, **said: Any) -> Submission:
    connection = db.session.connection()
    chain = connection.scalar(select(_submission.c.hash).order_by(_submission.c.id.desc()).limit(1))
    row = Submission(
        **said, agreed_by=agreed.by.strip(), agreed_on=agreed.on, scan=agreed.scan, scan_name=agreed.scan_name,
        scan_mime=agreed.scan_mime, figures=content.figures, lists=content.lists, counts=content.counts,
        rules=content.rules, submitted_by=access.scope().user_name, previous=chain or rules.FIRST,
        last_entry=connection.scalar(select(func.max(JournalEntry.__table__.c.id))) or 0,
    )  # fmt: skip
    row.territory_id = row.territory.id
    row.hash = rules.digest(_facts({column.name: getattr(row, column.name) for column in _submission.columns}))
    row.code = rules.code_of(row.hash)
    db.session.add(row)
    db.session.flush()
    return row


# Whether they are whole


def _facts(row: Any) -> dict[str, Any]:
    """What the hash of a submission stands for."""
    plain = ("report", "choice", "title", "territory_id", "number", "edition", "agreed_by", "note", "submitted_by",
             "counts", "rules", "last_entry", "previous", "scan_name")  # fmt: skip
    return {name: row[name] for name in plain} | {
        "from": row["starts_on"].isoformat(), "to": row["ends_on"].isoformat(),
        "agreed_on": row["agreed_on"].isoformat(),
        "submitted_at": in_utc(row["submitted_at"]).astimezone(UTC).isoformat(),
        "figures": rules.sha256(row["figures"]), "lists": rules.sha256(row["lists"]),
        "scan": rules.sha256(row["scan"]) if row["scan"] else "",
    }  # fmt: skip


def faults() -> Iterator[str]:
    """What of all submissions was changed or taken out past the program, as sentences.

    The statements are of the Core: whether a row is whole does not depend on who asks.
    """
    chain = rules.FIRST
    for row in db.session.connection().execute(select(_submission).order_by(_submission.c.id)).mappings():
        yield from _of_row(row, chain)
        chain = row["hash"]


def faults_of(row_id: int) -> list[str]:
    """The same of one submission and of what it says of the one before it."""
    asked = select(_submission).where(_submission.c.id <= row_id).order_by(_submission.c.id.desc()).limit(2)
    row, *earlier = db.session.connection().execute(asked).mappings().all()
    return list(_of_row(row, earlier[0]["hash"] if earlier else rules.FIRST))


def told(code: str) -> tuple[str, list[str]]:
    """What a code stands for, as sentences, and what is wrong with it. Raises Refusal if nothing bears the code."""
    row = by_code(code)
    if row is None:
        raise Refusal(NO_CODE)
    wrong = faults_of(row.id)
    said = f"{row}, {row.territory.name}. Сдан {words.moment(local(row.submitted_at))}, {row.submitted_by}."
    newest = latest(row.report, row.choice, row.period, row.territory_id)
    if newest is not None and newest.id != row.id:
        said += f" Есть новая редакция: {newest.code}."
    return said if wrong else f"{said} Отчёт цел.", wrong


def _of_row(row: Any, chain: str) -> Iterator[str]:
    named = f"{row['title']}, № {row['number']}, редакция {row['edition']} (код {row['code']})"
    if row["previous"] != chain:
        yield f"{named}: не продолжает сданное перед ним: то, что стояло раньше, удалено или изменено."
    if row["hash"] != rules.digest(_facts(row)):
        yield f"{named}: изменён в базе после сдачи, хеш не сходится."
    elif row["code"] != rules.code_of(row["hash"]):
        yield f"{named}: изменён код."
