"""What submitting asks of a large bank, in the background: to be counted and kept, counted again, looked through."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from app import access, clock, journal, words
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.submissions import Agreed, FrozenContent
from app.extensions import begin_writing, db
from app.models import Submission, Territory
from app.reports import differing, frozen, readiness, recount
from app.reports.frozen import Told
from app.reports.places import ReportPlaces
from app.reports.readiness import ReadyLine
from app.reports.recount import Recounted
from app.reports.report import Culprit
from app.services import submissions as acts
from app.work.results import Result
from app.work.run import Run

COUNTING, LOOKING = "Подсчёт", "Проверка"
UNDISTURBED = 3  # times that a report is counted while others write, before they are let wait
NOT_KEPT = "Сдаёт отчёт тот, кто ведёт всю территорию: выберите свою территорию."
GONE = "Такого сданного отчёта среди ваших нет."
SHEET = "sheet"  # the file of the job that holds the signed sheet

Count = Callable[[Told], FrozenContent]


class CountedContent:
    """A report counted before anybody waits for it; counted anew under the lock if the bank was changed meanwhile."""

    def __init__(self, count: Callable[[], FrozenContent]) -> None:
        self._count, self._mark = count, journal.mark()
        self._content = count()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed since."""
        return journal.mark(self._mark.since) == self._mark

    def now(self) -> FrozenContent:
        """The content as it is in this transaction, which writes."""
        return self._content if self.is_whole else self._count()


def hand_in(run: Run) -> Result:
    """Count a report, keep and number it; of a report that was submitted already, a corrected version.

    The transaction that ends the job stores all of it or nothing. Raises Refusal.
    """
    asked = run.parameters
    if asked["corrects"]:
        return _correct(run, _submission(asked["corrects"]))
    report, place_id, options = recount.report_named(asked["report"]), asked["territory"], asked["options"]
    assert report is not None, asked["report"]
    period = periods.given(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
    if not access.scope().covers_territory(place_id):
        raise Refusal(NOT_KEPT)
    content = _undisturbed(run, lambda told: frozen.freeze(report, period, place_id, options, told))
    row = acts.submit(
        content, report=report.name, title=report.title, choice=recount.choice_of(options), period=period,
        territory=db.session.get_one(Territory, place_id), agreed=_agreed(run), today=clock.today(),
    )  # fmt: skip
    return _handed_in(row)


def _correct(run: Run, row: Submission) -> Result:
    key = row.id
    content = _undisturbed(run, lambda told: recount.counted_now(_submission(key), told))
    was = _submission(key)
    fresh = acts.correct(
        was, content, differs=recount.differs(was, content), note=run.parameters["note"], agreed=_agreed(run),
        today=clock.today(),
    )  # fmt: skip
    return _handed_in(fresh)


def _handed_in(row: Submission) -> Result:
    return Result(f"Отчёт сдан: {row.called}, код {row.code}.", "Submissions.show", {"pk": row.id})


def _submission(key: int) -> Submission:
    row = db.session.get(Submission, key)
    if row is None or not access.scope().covers_territory(row.territory_id):
        raise Refusal(GONE)
    return row


def _agreed(run: Run) -> Agreed:
    said = run.parameters["agreed"]
    scan = run.folder.read(SHEET) if said["scan_name"] else None
    return Agreed(said["by"], date.fromisoformat(said["on"]), scan, said["scan_name"], said["scan_mime"])


def _undisturbed(run: Run, count: Count) -> FrozenContent:
    """Count while nobody waits; what was changed meanwhile is counted again, the last time so that nobody changes it.

    From here on the transaction writes: the job says nothing more.
    """

    def told(done: int, whole: int) -> None:
        run.tell(COUNTING, done, whole)

    for _time in range(UNDISTURBED):
        counted = CountedContent(lambda: count(told))
        begin_writing()
        if counted.is_whole:
            break
        db.session.rollback()
    run.be_silent()
    begin_writing()
    return counted.now()


# Counted again


def recounted(run: Run) -> Result:
    """Count a submitted report over the bank of today; keep what differs for its page, by keys, without names."""
    row = _submission(run.parameters["submission"])
    found = recount.recounted(row, lambda done, whole: run.tell(COUNTING, done, whole))
    said = {"same_rules": found.same_rules, "differences": [differing.said(one) for one in found.differences]}
    count = words.counted(len(found.differences), "показатель", "показателя", "показателей")
    text = f"Изменилось: {count}." if found.differences else "Расхождений нет."
    return Result(text, "Submissions.recount", {"pk": row.id, "job": run.claim.id}, file=_kept(run, said))


# Looked through


def checked(run: Run) -> Result:
    """Every line of the check before submitting, kept for its page."""
    asked = run.parameters
    report = recount.report_named(asked["report"])
    assert report is not None, asked["report"]
    period = periods.given(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
    tree = ReportPlaces(report.sources)
    place = tree.all.get(asked["territory"])
    if place is None or place not in [each for each, _depth in tree.choices()]:
        raise Refusal(frozen.NO_PLACE)
    run.tell(COUNTING, 0, 2)
    form = report.count(period, place, tree, **asked["options"])
    run.tell(LOOKING, 1, 2)
    before = acts.before(report.name, recount.choice_of(asked["options"]), period.eve, place.id)
    found = readiness.lines(report.name, form, period, before)
    red = readiness.red(found)
    text = f"Не сходится: {red}." if red else "Всё сходится: отчёт можно сдать."
    values = {"name": report.name, "job": run.claim.id, **asked["address"]}
    return Result(text, "BeforeSending.show", values, file=_kept(run, {"lines": [asdict(line) for line in found]}))


def _kept(run: Run, said: Any) -> str:
    return run.folder.keep(json.dumps(said, ensure_ascii=False).encode())


def differences(said: dict[str, Any]) -> Recounted:
    """What a job kept of a recount."""
    return Recounted([differing.difference(one) for one in said["differences"]], said["same_rules"])


def lines(said: dict[str, Any]) -> list[ReadyLine]:
    """What a job kept of a check before submitting."""
    return [
        ReadyLine(**{**one, "culprits": tuple(Culprit(**each) for each in one["culprits"])}) for one in said["lines"]
    ]
