"""Papers and other scans: checked by content, stored outside the web root, read back unchanged.

A file is on the disk before its row is committed and is taken away again if the row is not: a row always has its file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import ColumnElement, event, func, select
from sqlalchemy.orm import Session, SessionTransaction

from app.domain.refusal import Refusal
from app.domain.terms import PaperKind
from app.extensions import db, hold_row
from app.models import (
    Aid,
    CardScan,
    Decision,
    Family,
    Instruction,
    InstructionScan,
    Model,
    Paper,
    Scanned,
    SignalCard,
    SurveyGroup,
    SurveyScan,
)
from app.render import scans
from app.services import antivirus

LARGEST = 20 * 1024 * 1024  # bytes
UNDER_WAY = 600  # seconds: a younger file may belong to a row that is not committed yet
LONGEST_TITLE, LONGEST_NAME = 200, 150
MOST_OF_CARD = 10  # photos and scans of one signal card
MOST_OF_INSTRUCTION = 10  # scans of one answer
MOST_OF_SURVEY = 40  # photos and scans of one survey
EXTENSIONS = {scans.PDF: (".pdf",), scans.JPEG: (".jpg", ".jpeg"), scans.PNG: (".png",)}
REFUSALS = {
    "type": "Принимаются только PDF, JPEG и PNG; по содержанию этот файл – другое.",
    "damaged": "Файл повреждён или обрезан: откройте его, сохраните заново и приложите ещё раз.",
    "active": "В этом PDF есть действия, сценарии или вложенные файлы. Распечатайте его в новый PDF и приложите тот.",
    "locked": "PDF зашифрован или защищён паролем: снимите защиту и приложите ещё раз.",
    "pixels": "Изображение больше 50 миллионов точек: уменьшите разрешение сканирования.",
    "pages": f"В этом PDF больше {scans.MOST_PAGES} страниц: разделите его на части.",
    "costly": "Проверка файла заняла слишком много времени или памяти: сохраните его проще и приложите ещё раз.",
}
MOST_LOOKED_AT = 5000  # files whose size is asked for while a page is made
_WRITTEN = "papers_written"  # files of the session's transaction, by which a failed commit takes them away


class DamagedPaperError(Exception):
    """The stored file is gone, or is not the one that was stored."""


def inspected(content: bytes) -> scans.Inspected:
    """Look into a file that somebody brings, which may take a while. Raises Refusal with the form's field."""
    if not content:
        raise Refusal("Выберите файл: этот пуст.", "file")
    if len(content) > LARGEST:
        raise Refusal("Файл больше 20 МБ: уменьшите разрешение сканирования или разделите его.", "file")
    antivirus.check(content, "file")
    try:
        found = scans.inspect(content)
    except scans.UnfitScanError as unfit:
        raise Refusal(REFUSALS[unfit.code], "file") from unfit
    if len(found.content) > LARGEST:
        raise Refusal("Изображение больше 20 МБ: уменьшите разрешение сканирования.", "file")
    return found


def attach(family: Family, *, kind: PaperKind, title: str | None, dated_on: date | None, decision: Decision | None,
           file_name: str, scan: scans.Inspected, today: date, aid: Aid | None = None) -> Paper:  # fmt: skip
    """Store a file that was looked into, and add its row. aid: what it shows.

    Raises Refusal with the form's field; the caller commits.
    """
    title = (title or "").strip()
    if not title:
        raise Refusal("Напишите название документа.", "title")
    if len(title) > LONGEST_TITLE:
        raise Refusal(f"Название длиннее {LONGEST_TITLE} знаков.", "title")
    if dated_on and dated_on > today:
        raise Refusal("Дата документа ещё не наступила.", "dated_on")
    if decision and (decision.family_id != family.id or decision.annulled_at is not None):
        raise Refusal("У этой семьи нет такого постановления.", "decision")
    hold_row(Family, family.id)
    twin = _twin(Paper, Paper.family_id == family.id, scan)
    if twin is not None:
        raise Refusal(f"Этот файл уже приложен: «{twin.title}».", "file")
    row = Paper(family=family, kind=kind, title=title, dated_on=dated_on, decision=decision, aid=aid,
                **_kept(file_name, scan))  # fmt: skip
    paper: Paper = _added(row)
    return paper


def attach_to_card(card: SignalCard, file_name: str, scan: scans.Inspected) -> CardScan:
    """Store a photo or a scan of a signal card. Raises Refusal; the caller commits."""
    of_card = CardScan.card_id == card.id
    hold_row(SignalCard, card.id)
    if (twin := _twin(CardScan, of_card, scan)) is not None:
        raise Refusal(f"Этот файл уже приложен: «{twin.file_name}».", "file")
    count = db.session.scalar(select(func.count(CardScan.id)).where(of_card, CardScan.annulled_at.is_(None))) or 0
    if count >= MOST_OF_CARD:
        raise Refusal(f"К карте уже приложено {MOST_OF_CARD} файлов: больше нельзя.", "file")
    photo: CardScan = _added(CardScan(card=card, **_kept(file_name, scan)))
    return photo


def attach_to_survey(group: SurveyGroup, title: str | None, file_name: str, scan: scans.Inspected) -> SurveyScan:
    """Store a photo of a visit, or the scan of an act on paper. Raises Refusal; the caller commits."""
    of_group = SurveyScan.group_id == group.id
    hold_row(SurveyGroup, group.id)
    if (twin := _twin(SurveyScan, of_group, scan)) is not None:
        raise Refusal(f"Этот файл уже приложен: «{twin}».", "file")
    count = db.session.scalar(select(func.count(SurveyScan.id)).where(of_group, SurveyScan.annulled_at.is_(None))) or 0
    if count >= MOST_OF_SURVEY:
        raise Refusal(f"К обследованию уже приложено {MOST_OF_SURVEY} файлов: больше нельзя.", "file")
    photo: SurveyScan = _added(SurveyScan(group=group, title=title, **_kept(file_name, scan)))
    return photo


def attach_to_instruction(row: Instruction, file_name: str, scan: scans.Inspected) -> InstructionScan:
    """Store a scan that came with the answer to an instruction. Raises Refusal; the caller commits."""
    of_row = InstructionScan.instruction_id == row.id
    hold_row(Instruction, row.id)
    if (twin := _twin(InstructionScan, of_row, scan)) is not None:
        raise Refusal(f"Этот файл уже приложен: «{twin}».", "file")
    live = select(func.count(InstructionScan.id)).where(of_row, InstructionScan.annulled_at.is_(None))
    if (db.session.scalar(live) or 0) >= MOST_OF_INSTRUCTION:
        raise Refusal(f"К ответу уже приложено {MOST_OF_INSTRUCTION} файлов: больше нельзя.", "file")
    fresh = InstructionScan(
        meeting_id=row.meeting_id, instruction=row, item_id=row.item_id, agency_id=row.agency_id, given_on=row.given_on,
        **_kept(file_name, scan),
    )  # fmt: skip
    brought: InstructionScan = _added(fresh)
    return brought


def _kept(file_name: str, scan: scans.Inspected) -> dict[str, Any]:
    """The columns of a row that is `Scanned`, once its file is stored."""
    return {
        "file_name": clean_name(file_name, scan.mime), "mime": scan.mime, "size": len(scan.content),
        "sha256": hashlib.sha256(scan.content).hexdigest(), "pages": scan.pages, "key": _store(scan.content),
    }  # fmt: skip


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def content(paper: Scanned) -> bytes:
    """The bytes of a scan, the same that were stored. Raises DamagedPaperError."""
    try:
        stored = _path(paper.key).read_bytes()
    except OSError as error:
        raise DamagedPaperError(paper.key) from error
    if len(stored) != paper.size or hashlib.sha256(stored).hexdigest() != paper.sha256:
        raise DamagedPaperError(paper.key)
    return stored


class LostPaper(NamedTuple):
    """A paper whose file is gone from the store or has another size than was stored."""

    id: int
    family_id: int
    title: str


@dataclass(frozen=True)
class Look:
    """What a look at the store found without reading a file: `looked_at` papers of `total`, the latest first."""

    lost: list[LostPaper]
    looked_at: int
    total: int


def look() -> Look:
    """Look whether the files of the person's papers are there: so many as a page has time for."""
    live = Paper.annulled_at.is_(None), Paper.family.has(Family.annulled_at.is_(None))
    asked = select(Paper.id, Paper.family_id, Paper.title, Paper.key, Paper.size).where(*live)
    rows = db.session.execute(asked.order_by(Paper.id.desc()).limit(MOST_LOOKED_AT)).all()
    total = len(rows)
    if total == MOST_LOOKED_AT:
        total = db.session.scalar(select(func.count(Paper.id)).where(*live)) or 0
    lost = [LostPaper(row.id, row.family_id, row.title) for row in rows if is_lost(row.key, row.size)]
    return Look(lost, len(rows), total)


def is_lost(key: str | None, size: int | None) -> bool:
    """Whether a stored file is gone or has another size; it is not read."""
    return key is None or _size(key) != size


def _size(key: str) -> int | None:
    try:
        return _path(key).stat().st_size
    except OSError:
        return None


def remove(keys: Iterable[str]) -> None:
    """Take files out of the store for good, as far as they are there: what they show was destroyed by an act."""
    for key in keys:
        _path(key).unlink(missing_ok=True)


def faults(now: datetime) -> Iterator[str]:
    """What is wrong with the store, as sentences: rows without their file, files without a row.

    A fresh file may wait for its row: it is passed over.
    """
    known = set()
    for entity in scanned():
        table = entity.__table__.c
        query = select(table.id, table.key, table.size, table.sha256).order_by(table.id)
        for row in db.session.connection().execute(query):
            known.add(row.key)
            if not _is_whole(row):
                yield f"{entity.TITLE} {row.id}: файл {row.key} утрачен или изменён."
    settled = now.timestamp() - UNDER_WAY
    for path in sorted(_folder().glob("*/*")):
        if path.name not in known and path.is_file() and path.stat().st_mtime < settled:
            yield f"Файл {path.name} не принадлежит ни одному документу."


def scanned() -> list[Any]:
    """The entities whose rows have a file in the store."""
    found = (mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Scanned))
    return sorted(found, key=lambda entity: str(entity.__tablename__))


def _is_whole(row: Any) -> bool:
    """Whether the file of a row is there with its size and its sum; read by pieces."""
    try:
        with _path(row.key).open("rb") as file:
            return os.fstat(file.fileno()).st_size == row.size and (
                hashlib.file_digest(file, "sha256").hexdigest() == row.sha256
            )
    except OSError:
        return False


def clean_name(name: str, mime: str) -> str:
    """The name people know a file by: NFC, no path, no control or direction marks, an extension true to its type."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    extensions = EXTENSIONS[mime]
    stem, dot, extension = " ".join(name.split()).rpartition(".")
    if not dot or f".{extension.casefold()}" not in extensions:
        stem, extension = stem + dot + extension, extensions[0].lstrip(".")
    stem = stem.strip(". ") or "документ"
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def _twin(entity: Any, of_owner: ColumnElement[bool], scan: scans.Inspected) -> Any:
    """The same file of the same owner: a second click attaches nothing."""
    digest = hashlib.sha256(scan.content).hexdigest()
    same = select(entity).where(of_owner, entity.sha256 == digest, entity.annulled_at.is_(None))
    return db.session.scalar(same.limit(1))


# The store


def _folder() -> Path:
    return Path(current_app.config["PAPERS_FOLDER"])


def _path(key: str) -> Path:
    return _folder() / key[:2] / key


def _store(content: bytes) -> str:
    """Write a file under a random key so that it is there whole or not at all, and remember it for the commit."""
    key = secrets.token_hex(16)
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{key}.part")
    db.session().info.setdefault(_WRITTEN, []).append(path)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent):
        _sync(folder)
    return key


def _sync(folder: Path) -> None:
    """Make a rename or a new folder last a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@event.listens_for(Session, "after_commit")
def _keep(session: Session) -> None:
    session.info.pop(_WRITTEN, None)


@event.listens_for(Session, "after_transaction_end")
def _take_away(session: Session, transaction: SessionTransaction) -> None:
    """A transaction that ended without a commit leaves no files."""
    if transaction.parent is not None:
        return
    paths: list[Any] = session.info.pop(_WRITTEN, [])
    for path in paths:
        path.unlink(missing_ok=True)
