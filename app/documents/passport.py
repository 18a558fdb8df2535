"""The social passport of a family: a folder exported as one PDF (Положение, 3.3 and 3.4).

A cover with contents, the record card, the programmes with their stages, the decisions with the stays on record, the
aids, then the attached scans.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime

from flask import current_app

from app import words
from app.clock import local
from app.documents import blanks, programme_card, record_card
from app.documents.folder import Folder, load
from app.domain.criteria import CriteriaOfDays
from app.domain.terms import PaperKind
from app.models import Aid, Family, Paper, Registration, Stage
from app.render import html_pdf
from app.render.binding import Binder, Marks, count_pages
from app.render.scans import PDF

log = logging.getLogger(__name__)

LONGEST_CELL = 300  # characters; a longer text stands below the table, where it can flow over pages
LARGEST_PASSPORT = 100 * 1024 * 1024  # bytes of scans bound into one file
CHANGED = "Файл не удалось включить: он повреждён или изменён в хранилище. Сообщите администратору."
TOO_LARGE = "Файл не включён: вложения вместе больше {limit} МБ. Распечатайте его отдельно со страницы семьи."

LEFT_OUT = "Файл не включён: вложения вместе слишком велики. Его хранит территория, где семья состояла на учёте."

ReadPaper = Callable[[Paper], bytes]


class UnknownFamilyError(LookupError):
    """There is no such family among the rows of the settled scope."""


def pdf(family_id: int, *, read: ReadPaper, made_by: str, made_at: datetime, today: date,
        most: int = LARGEST_PASSPORT) -> bytes:  # fmt: skip
    """The passport as it stands on `today`. `read` gives the bytes of a scan, or raises. most: bytes of scans.

    Raises UnknownFamilyError, and PrintError if a text cannot be printed; a damaged scan only leaves a note.
    """
    folder = _folder(family_id)
    book = Binder()
    for title, content in texts(folder, today):
        book.begin(title)
        book.add_text(content)
    _add_papers(book, folder.papers, read, most)
    book.put_in_front(_cover(folder, book, today))
    return book.pdf(_marks(f"Социальный паспорт семьи № {folder.family.number}", made_by, made_at))


def card_pdf(family_id: int, *, made_by: str, made_at: datetime, today: date) -> bytes:
    """The record card alone. Raises UnknownFamilyError and PrintError."""
    folder = _folder(family_id)
    book = Binder()
    book.add_text(record_card.pdf(folder, today))
    return book.pdf(_marks(f"Карта учета семьи № {folder.family.number}", made_by, made_at))


def _folder(family_id: int) -> Folder:
    folder = load(family_id)
    if folder is None:
        raise UnknownFamilyError(family_id)
    return folder


def _marks(title: str, made_by: str, made_at: datetime) -> Marks:
    return Marks(title, words.CONFIDENTIAL, f"Сформировано: {made_by}, {words.moment(local(made_at))}")


def texts(folder: Folder, today: date) -> list[tuple[str, bytes]]:
    """The papers made of the bank's own data, each with its heading. Raises PrintError."""
    return [
        ("Карта учета семьи", record_card.pdf(folder, today)),
        *(
            (f"Карта программы с {words.day(row.starts_on)}", programme_card.page(folder, row))
            for row in folder.programmes
        ),
        *(
            [("Этапы реабилитации", _page("stages", folder, programmes=_stages(folder, today)))]
            if folder.stages
            else []
        ),
        ("Постановления и учет", _page("decisions", folder, stays=[_stay(row) for row in folder.registrations])),
        ("Оказанная помощь", _page("aids", folder, aids=_aid_rows(folder.aids), total=_total(folder.aids))),
    ]


def _page(template: str, folder: Folder, **values: object) -> bytes:
    page = current_app.jinja_env.get_template(f"documents/{template}.html").render(
        folder=folder, text=blanks.text, day=words.day, lines=blanks.lines, **values
    )
    return html_pdf.pdf(page)


def _stages(folder: Folder, today: date) -> list[dict[str, object]]:
    """Each programme with its stages as rows of a table, and what was set and found at each below it."""
    return [
        {
            "term": f"с {words.day(row.starts_on)} по {words.day(row.ends_on)}",
            "state": row.state,
            "rows": [_stage(folder, one, today) for one in folder.stages if one.programme_id == row.id],
        }
        for row in folder.programmes
    ]


def _stage(folder: Folder, row: Stage, today: date) -> dict[str, object]:
    measures, aids = programme_card.plan_and_aid(folder, row)
    meeting = f"№ {row.meeting_number or 'б/н'} от {words.day(row.meeting_on)}" if row.meeting_on else ""
    return {
        "kind": blanks.text(row.kind),
        "sort": row.sort,
        "since": words.day(row.starts_on),
        "until": words.day(row.ends_on),
        "meeting": blanks.text(f"{meeting} ({row.meeting_note})" if row.meeting_note else meeting),
        "plan": len(measures),
        "aids": len(aids),
        "dynamics": blanks.text(row.dynamics),
        "reaction": blanks.text(row.reaction),
        "state": row.follows if row.follows is not None else row.state(today),
        "tasks": blanks.lines(row.tasks),
        "analysis": blanks.lines(row.analysis),
    }


def _stay(row: Registration) -> dict[str, object]:
    """A stay on record as a row of the table."""
    return {
        "since": words.day(row.registered_on),
        "decision": blanks.text(row.decision),
        "criteria": [_criteria(one) for one in row.criteria_by_days],
        "until": words.day(row.removed_on),
        "removal_decision": blanks.text(row.removal_decision),
        "reason": blanks.text(row.removal_reason),
        "note": blanks.lines(row.note),
    }


def _criteria(of_days: CriteriaOfDays) -> dict[str, object]:
    """The criteria between two changes."""
    return {
        "since": words.day(of_days.since),
        "decision": blanks.text(of_days.decision),
        "names": [blanks.text(row.criterion) for row in of_days.rows],
    }


def _aid_rows(aids: list[Aid]) -> list[dict[str, object]]:
    """Aids as rows of the table; a description too long for a cell is printed below it."""
    found = []
    for number, aid in enumerate(aids, 1):
        description = blanks.lines(aid.description)
        fits = sum(map(len, description)) <= LONGEST_CELL
        found.append(
            {
                "number": number,
                "day": words.day(aid.given_on),
                "kind": blanks.text(aid.kind and aid.kind.name),
                "measure": blanks.text(aid.measure and aid.measure.name),
                "brief": description if fits else [f"описание – в примечании {number} под таблицей"],
                "full": [] if fits else description,
                "recipients": blanks.text(", ".join(person.full_name for person in aid.recipients)),
                "performer": blanks.text(aid.performer),
                "amount": blanks.roubles(aid.amount),
            }
        )
    return found


def _total(aids: list[Aid]) -> str:
    amounts = [aid.amount for aid in aids if aid.amount is not None]
    return blanks.roubles(sum(amounts[1:], amounts[0])) if amounts else ""


def _add_papers(book: Binder, papers: list[Paper], read: ReadPaper, most: int) -> None:
    """Bind the scans in; what cannot be bound leaves a sheet that says so."""
    bound = 0
    for number, paper in enumerate(papers, 1):
        heading = f"Приложение {number}. {_paper_title(paper)}"
        book.begin(heading)
        bound += paper.size
        if bound > most:
            book.add_note(heading, TOO_LARGE.format(limit=most // 1024**2) if most else LEFT_OUT)
            continue
        try:
            content = read(paper)
            book.add_scan(heading, content) if paper.mime == PDF else book.add_picture(heading, content)
        except Exception:  # whatever a parser raises, the passport comes out
            log.exception("paper %s cannot be bound into a passport", paper.id)
            book.add_note(heading, CHANGED)


def _paper_title(paper: Paper) -> str:
    """«Копия постановления: О постановке на учёт, от 05.03.2024»."""
    kind = "" if paper.kind is PaperKind.OTHER else f"{str(paper.kind).capitalize()}: "
    dated = f", от {paper.dated_on:%d.%m.%Y}" if paper.dated_on else ""
    return blanks.text(f"{kind}{paper.title}{dated}")


def _cover(folder: Folder, book: Binder, today: date) -> bytes:
    """The cover; the contents count its own pages too, so it is made again if they are not as expected."""
    pages = 1
    while True:
        content = _page(
            "cover",
            folder,
            facts=_facts(folder, today),
            contents=[(blanks.text(title), first + pages + 1) for title, first in book.sections],
        )
        counted = count_pages(content)
        if counted == pages:
            return content
        pages = counted


def _facts(folder: Folder, today: date) -> list[tuple[str, str]]:
    """What the cover says of the family."""
    family: Family = folder.family
    registration = folder.registration(today)
    state = "на учете не состоит"
    if registration:
        state = f"на учете с {words.day(registration.registered_on)}, постановление {registration.decision}"
        if registration.removed_on:
            state = f"снята с учета {words.day(registration.removed_on)}"
            if registration.removal_decision:
                state += f", постановление {registration.removal_decision}"
    return [
        ("Территория", blanks.text(", ".join(dict.fromkeys((family.district.name, family.territory.name))))),
        ("Адрес", blanks.text(family.actual_address or family.registered_address)),
        ("Учет", blanks.text(state)),
        ("Состояние на", words.day(today)),
    ]
