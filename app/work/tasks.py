"""What the jobs of each kind do, and who may ask for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from app import access, clock, doctor
from app.backup import making, noting
from app.domain.refusal import Refusal
from app.domain.terms import JobKind
from app.exchange import apply, export, months, plan, preview, returned, sources, undo, waiting
from app.exchange.changes import Plan
from app.exchange.confirmation import Confirmation
from app.exchange.handmade import Understood
from app.exchange.sources import BookSource, UnclearBookError
from app.extensions import begin_writing, db, look_at_contents
from app.models import ImportBatch, Territory
from app.render import xlsx
from app.services import closed, destruction
from app.words import counted
from app.work import packs, passports, reports, submissions
from app.work.results import Result
from app.work.run import Run

UNDERSTANDING = "Понимание книги"
READING, COMPARING, COMPOSING = "Чтение книги", "Сверка с банком", "Подготовка записей"
WRITING = "Запись в банк"
NO_PLACE = "Такой территории среди ваших нет."
MOST_TOLD = 50  # sentences of one probe that are kept
STEPS = 2 + len(plan.COMPARED)  # reading, the sheets, writing


@dataclass(frozen=True)
class Task:
    """view, permission: what a person must hold; without a view the job names it.
    do: the work, which the caller stores together with its result."""

    view: str
    permission: str
    do: Callable[[Run], Result]

    def asks(self, parameters: dict[str, Any]) -> tuple[str, str]:
        """The permission and the view that a job asks for."""
        return self.permission, self.view or parameters["view"]


def _preview(run: Run) -> Result:
    source = _read(run)
    if what := run.parameters.get("give"):
        return _given(run, source, what)
    if given := run.parameters.get("given"):
        return _learned(run, source, given)
    try:
        planned = _compared(run, source, {})
    except UnclearBookError as waits:
        return _understood(run, waits)
    return _shown(run, planned)


def _given(run: Run, source: BookSource, what: str) -> Result:
    """Write what of a large book is given back: its exchange form, or its rows with faults."""
    run.tell(COMPOSING, 1, STEPS)
    try:
        made = returned.given(what, source, clock.today(), access.scope().user_name, clock.local(clock.now()))
    except UnclearBookError as waits:
        return Result(str(waits), "Books.show", {"key": run.parameters["key"], "look": 1})
    return Result(made.summary, file=run.folder.keep(made.content), file_name=made.name, mime=xlsx.MIME,
                  records=made.records)  # fmt: skip


def _learned(run: Run, source: BookSource, given: dict[str, str]) -> Result:
    """Compare a hand-made book as it is understood with the answers given, and learn from them."""
    run.tell(UNDERSTANDING, 1, STEPS)
    answered = source.with_answers(given, clock.today())
    waiting.say(run.parameters["key"], run.claim.user_id, dict(answered.new))
    understood = answered.understood(clock.today())
    try:
        made = _shown(run, _compared(run, answered, {}))
    except UnclearBookError as waits:
        made = _understood(run, waits)
    run.be_silent()  # from here on this transaction writes
    begin_writing()
    return replace(made, text=" ".join([made.text, *answered.learn(understood, clock.today())[:MOST_TOLD]]))


def _understood(run: Run, waits: UnclearBookError) -> Result:
    """Keep what the page of a hand-made book shows, which has questions."""
    book = preview.of_book(waits.understood, waits.understood.source.name)
    said = json.dumps({"book": book}, ensure_ascii=False).encode()
    return Result(str(waits), "Exchange.prepared", {"pk": run.claim.id}, file=run.folder.keep(said))


def _load(run: Run) -> Result:
    confirmation = Confirmation(**run.parameters["confirmation"])
    source = _read(run)

    def make() -> Plan:
        planned = _compared(run, source, confirmation.answers)
        run.tell(COMPOSING, STEPS - 1, STEPS)
        return planned

    try:
        prepared = apply.PreparedLoad(make, clock.today())
    except UnclearBookError as waits:
        return Result(str(waits), "Books.show", {"key": run.parameters["key"], "look": 1})
    if warning := confirmation.warning(prepared.plan):  # nothing will be written: nobody is held up
        return _shown(run, prepared.plan, warning)
    run.tell(WRITING, STEPS - 1, STEPS)
    run.be_silent()  # from here on this transaction writes
    planned = prepared.held()
    if warning := confirmation.warning(planned):
        return _shown(run, planned, warning)
    with closed.because(confirmation.reason):
        batch = prepared.write()
    look_at_contents()
    return Result("Книга загружена.", "Exchange.batch", {"pk": batch.id})


def _read(run: Run) -> BookSource:
    """Read the workbook that waits for the person's word."""
    run.tell(READING, 0, STEPS)
    db.session.rollback()  # no transaction holds the bank while a file is read
    found = waiting.find(run.parameters["key"], run.claim.user_id)
    if found is None:
        raise Refusal(waiting.GONE)
    return sources.read(found.content, found.name, waiting.said(found.key, run.claim.user_id))


def _compared(run: Run, source: BookSource, answers: dict[str, str]) -> Plan:
    if not source.is_form:
        run.tell(UNDERSTANDING, 1, STEPS)

    def told(sheet: str) -> None:
        run.tell(f"{COMPARING}: {sheet}", 1 + plan.COMPARED.index(sheet), STEPS)

    def seen(understood: Understood) -> None:
        """Keep what the page of a hand-made book shows: it is opened again without understanding the book anew."""
        shown = preview.of_book(understood, source.book.name)
        waiting.keep_understood(run.parameters["key"], run.claim.user_id, source.said, shown)

    return source.plan(clock.today(), answers, told, seen)


def _shown(run: Run, planned: Plan, warning: str = "") -> Result:
    """Keep what the page of the load shows."""
    said = json.dumps(preview.shown(planned, warning), ensure_ascii=False).encode()
    faults = len(planned.faults)
    text = f"В книге {counted(faults, 'ошибка', 'ошибки', 'ошибок')}." if faults else warning or "Сверка готова."
    return Result(text, "Exchange.prepared", {"pk": run.claim.id}, file=run.folder.keep(said))


def _undo(run: Run) -> Result:
    run.tell(WRITING, 0, 1)
    run.be_silent()
    batch = db.session.get(ImportBatch, run.parameters["batch"])
    if batch is None:
        raise Refusal("Такой загрузки среди ваших нет.")
    with closed.because(run.parameters.get("reason", "")):
        undo.undo(batch, clock.today())
    look_at_contents()
    return Result(undo.UNDONE, "Exchange.batch", {"pk": batch.id})


def _export(run: Run) -> Result:
    asked = run.parameters
    day = date.fromisoformat(asked["on"])
    district = _place(asked["district"])
    within = None if asked["within"] is None else _place(asked["within"])
    written = export.write(
        district, day, made_by=access.scope().user_name, made_at=clock.local(clock.now()), within=within,
        told=lambda done, whole: run.tell("Запись семей", done, whole),
    )  # fmt: skip
    name = f"Банк данных {written.district} {day:%d.%m.%Y}.xlsx"
    return Result(written.summary, file=run.folder.keep(written.content), file_name=name, mime=xlsx.MIME,
                  records=written.families)  # fmt: skip


def _assemble(run: Run) -> Result:
    asked, today = run.parameters, clock.today()
    district, month = _place(asked["district"]), months.month_of(asked["month"], months.offered(today))
    if month is None:
        raise Refusal("Этот месяц уже не собирают.")
    told = partial(run.tell, "Запись семей")
    step = months.assemble(district, month, access.scope().user_name, today, told)
    return Result(f"Книга района собрана и хранится: семей {step.families}.", "Months.show",
                  {"district": district.id, "month": asked["month"]}, records=step.families or 0)  # fmt: skip


def _place(key: int) -> Territory:
    place = db.session.get(Territory, key)
    if place is None:
        raise Refusal(NO_PLACE)
    return place


def _copy_bank(run: Run) -> Result:
    """Make a copy of the bank and prove it; it is noted by itself, whatever becomes of the job."""
    made = noting.make(by=access.scope().user_name, told=lambda stage: run.tell(stage, 0, 0))
    if made.faults:
        raise Refusal(making.NOT_PROVED.format(said=" ".join(made.faults[:5])))
    families = counted(made.families, "семья", "семьи", "семей")
    text = f"Копия {made.path.name} сделана. Восстановимо: да, {made.seconds} с, {families}."
    return Result(" ".join([text, *made.warnings]), "Backups.list")


def _check_bank(run: Run) -> Result:
    """Let the doctor look through the whole bank; keep what was found for its page."""
    found: list[dict[str, Any]] = []
    with access.unrestricted():
        for probe, ailments in groupby(doctor.ailments(clock.today()), key=lambda ailment: ailment.probe):
            texts = [ailment.text for ailment in ailments]
            found.append({"name": probe.name, "remedy": probe.remedy, "texts": texts[:MOST_TOLD],
                          "more": max(0, len(texts) - MOST_TOLD)})  # fmt: skip
            run.tell(probe.name, 0, 0)
    said = {"found": found, "looked": [probe.name for probe in doctor.PROBES], "at": clock.now().isoformat()}
    text = f"Найдено: {', '.join(each['name'] for each in found)}." if found else "Всё в порядке."
    return Result(text, "Doctor.show", file=run.folder.keep(json.dumps(said, ensure_ascii=False).encode()))


def _destroy(run: Run) -> Result:
    """Destroy what an act names, in the transaction that ends the job; the worker cleans the disk after it."""
    run.tell("Уничтожение", 0, 0)
    run.be_silent()
    begin_writing()
    row = destruction.carry_out(run.parameters["act"], clock.today())
    return Result(destruction.summary(row), "Retention.act", {"pk": row.id})


TASKS = {
    JobKind.PREVIEW: Task("Exchange", "can_preview", _preview),
    JobKind.LOAD: Task("Exchange", "can_apply", _load),
    JobKind.UNDO: Task("Exchange", "can_undo", _undo),
    JobKind.EXPORT: Task("Exchange", "can_export", _export),
    JobKind.ASSEMBLE: Task("Exchange", "can_export", _assemble),
    JobKind.PASSPORTS: Task("Passport", "can_passport", passports.pack),
    JobKind.CHECKUP: Task("Doctor", "can_run", _check_bank),
    JobKind.BACKUP: Task("Backups", "can_make", _copy_bank),
    JobKind.PACKS: Task("Meeting", "can_prepare", packs.print_all),
    JobKind.REPORT: Task("", "can_export", reports.write),
    JobKind.SUBMIT: Task("Submission", "can_submit", submissions.hand_in),
    JobKind.RECOUNT: Task("Submission", "can_submit", submissions.recounted),
    JobKind.READY: Task("Submission", "can_submit", submissions.checked),
    JobKind.DESTROY: Task("Retention", "can_confirm", _destroy),
}
