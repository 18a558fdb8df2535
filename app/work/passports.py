"""The social passports of many families as one archive; an interruption loses at most the one in hand."""

from __future__ import annotations

from datetime import datetime
from zipfile import ZIP_STORED, ZipFile

from sqlalchemy import select

from app import access, clock, journal
from app.documents import passport
from app.documents.passport import UnknownFamilyError
from app.domain.refusal import Refusal
from app.domain.terms import Act
from app.extensions import begin_writing, db
from app.models import Family
from app.render.html_pdf import PrintError
from app.render.scans import PDF
from app.services import papers
from app.words import counted
from app.work.results import Result
from app.work.run import Run

MOST = 500  # passports in one archive
TITLE = "Социальный паспорт семьи"
STAGE = "Печать паспортов"
ZIP = "application/zip"
TOO_MANY = f"В списке больше {MOST} семей: сузьте отбор, чтобы напечатать паспорта по частям."
NOBODY = "Ни одного паспорта не напечатано: этих семей среди ваших больше нет или их документы не формируются."


def title(families: int) -> str:
    """How a job of so many families is called."""
    return f"Социальные паспорта: {counted(families, 'семья', 'семьи', 'семей')}"


def pack(run: Run) -> Result:
    """Print the passports that are not there yet, then put them into one archive."""
    wanted: list[int] = run.parameters["families"]
    made: list[int] = run.checkpoint.setdefault("made", [])
    left_out: list[int] = run.checkpoint.setdefault("left_out", [])
    moment = clock.now()
    for family_id in wanted:
        if family_id in left_out or (family_id in made and run.folder.holds(_file(family_id))):
            continue
        try:
            run.folder.write(_file(family_id), _print(family_id, moment))
            made.append(family_id)
        except (UnknownFamilyError, PrintError):
            left_out.append(family_id)
        db.session.rollback()  # each family is read as it is at that moment, and the memory is free again
        run.keep(STAGE, len(made) + len(left_out), len(wanted))
    return _archive(run, list(dict.fromkeys(made)), len(left_out))


def _print(family_id: int, moment: datetime) -> bytes:
    return passport.pdf(
        family_id, read=papers.content, made_by=access.scope().user_name, made_at=moment, today=clock.today()
    )


def _file(family_id: int) -> str:
    return f"{family_id}.pdf"


def _archive(run: Run, made: list[int], left_out: int) -> Result:
    """Bind what is printed of the families that the person still sees, and write each print into the journal."""
    families = list(db.session.scalars(select(Family).where(Family.id.in_(made)).order_by(Family.number, Family.id)))
    if not families:
        raise Refusal(NOBODY)
    stored, path = run.folder.place()
    with ZipFile(path, "x", ZIP_STORED) as archive:
        for family in families:
            name = papers.clean_name(f"{family.number} {family.name} ({family.territory})", PDF)
            archive.writestr(name, run.folder.read(_file(family.id)))
    begin_writing()
    journal.write(
        journal.entry(Act.PRINTED, entity="Family", entity_id=family.id, family_id=family.id,
                      summary=f"{TITLE}: {family.title}", records=1)
        for family in families
    )  # fmt: skip
    text = f"Напечатано паспортов: {len(families)}."
    if missing := left_out + len(made) - len(families):
        text += f" Не вошли: {missing} (семья больше не ваша, или документ не формируется)."
    name = f"Социальные паспорта {clock.today():%d.%m.%Y}.zip"
    return Result(text, file=stored, file_name=name, mime=ZIP, records=len(families))
