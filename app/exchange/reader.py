"""From the bytes of a file to the cells of its sheets, through a process that may die without harm."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.domain.refusal import Refusal
from app.exchange import parser
from app.services import antivirus

LONGEST_FILE = 25 << 20
WALL_SECONDS = 90
NOTHING_KEPT = "Ничего не сохранено."
LATE = (
    f"Книга не прочитана за {WALL_SECONDS} секунд: сервер занят или книга слишком велика. Проверьте её ещё раз позже "
    "или разделите на части."
)
UNREADABLE = (
    "Файл не читается как книга Excel: откройте его в Excel, МойОфис, Р7 или LibreOffice и сохраните как «Книга Excel "
    "(.xlsx)»."
)
TAKEN = (".xlsx", ".xls", ".ods", ".xods", ".csv", ".tsv", ".txt", ".htm", ".html", ".xml")


@dataclass(frozen=True)
class Book:
    """A workbook as it was read: for each sheet the rows that are not empty, with their numbers.

    `hidden`: by title, a sentence about what its sender does not see; `merged`: by title, the blocks of merged cells
    as [row, column, last row, last column] from 0; `kind`: what the file was recognised as.
    """

    name: str
    digest: str
    sheets: dict[str, list[tuple[int, list[Any]]]]
    hidden: dict[str, str] = field(default_factory=dict)
    merged: dict[str, list[list[int]]] = field(default_factory=dict)
    kind: str = ""


def read(content: bytes, name: str) -> Book:
    """The cells of a workbook. Whatever is wrong with the file is one sentence."""
    check(content, name)
    antivirus.check(content, "file")
    answer = _ask(content, name)
    if "refused" in answer:
        raise Refusal(f"{answer['refused']} {NOTHING_KEPT}", "file")
    digest = sha256(content).hexdigest()
    return Book(name, digest, answer["sheets"], answer["hidden"], answer["merged"], answer["kind"])


def check(content: bytes, name: str) -> None:
    """What is wrong with a file before it is opened. Raises Refusal."""
    if not name.casefold().endswith(TAKEN):
        text = "Принимаются таблицы .xlsx, .xls, .ods и .csv: сохраните книгу в одном из этих видов."
        raise Refusal(f"{text} {NOTHING_KEPT}", "file")
    if not content:
        raise Refusal(f"Файл пуст. {NOTHING_KEPT}", "file")
    if len(content) > LONGEST_FILE:
        raise Refusal(f"Файл больше {LONGEST_FILE >> 20} МБ: разделите книгу на части. {NOTHING_KEPT}", "file")


def _ask(content: bytes, name: str) -> dict[str, Any]:
    """What the parsing process says; its death, silence or nonsense is a refusal too."""
    try:
        done = subprocess.run(  # noqa: S603  our own script under our own interpreter
            [sys.executable, "-I", str(Path(parser.__file__)), name],
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            env={"LANG": "C.UTF-8"},
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"refused": LATE}
    except (ValueError, OSError):
        return {"refused": UNREADABLE}
    return (
        answer
        if isinstance(answer, dict) and answer.keys() <= {"sheets", "hidden", "merged", "kind", "refused"}
        else {"refused": UNREADABLE}
    )
