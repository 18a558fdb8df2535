"""A report as a file that is made in the background: of very many families, or over the bank of an earlier day."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

from app import access, clock, known
from app.domain import periods
from app.domain.refusal import Refusal
from app.reports import CATALOGUE, files
from app.reports.places import ReportPlaces
from app.work.results import Result
from app.work.run import Run

RESTORING, COUNTING, WRITING = "Восстановление записей по журналу", "Подсчёт", "Запись файла"


def write(run: Run) -> Result:
    """Count the report that is asked for and write it."""
    asked = run.parameters
    report = next(one for one in CATALOGUE if one.name == asked["report"])
    period = periods.given(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
    day = date.fromisoformat(asked["known"]) if asked["known"] else None
    bank = known.as_of(day, lambda done, whole: run.tell(RESTORING, done, whole)) if day else nullcontext()
    with bank:
        run.tell(COUNTING, 0, 0)
        tree = ReportPlaces(report.sources)
        place = tree.all.get(asked["territory"])
        if place is None or place not in [each for each, _depth in tree.choices()]:
            raise Refusal("Такой территории среди ваших нет.")
        form = report.count(period, place, tree, **asked["options"])
        said = files.of_days_to_come(report, period, clock.today())
        said = files.as_known(said, day) if day else said
        said = files.saying_how_far(said, lambda done, whole: run.tell(WRITING, done, whole))
        moment = clock.local(clock.now())
        content, mime = files.written(said, form, asked["as"], made_by=access.scope().user_name, made_at=moment)
    name = f"{report.file}_{period.start.isoformat()}_{period.end.isoformat()}{files.ENDINGS[asked['as']]}"
    words = filter(None, (report.title, place.name, period.title, files.known_on(day) if day else "", asked["as"]))
    return Result(", ".join(words), file=run.folder.keep(content), file_name=name, mime=mime, records=len(form.rows))
