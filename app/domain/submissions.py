"""What a submitted report is made of: canonical JSON, its hash, the code that is printed; when it may be submitted."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from app.domain.periods import Period
from app.domain.refusal import Refusal

FIRST = "0" * 64  # stands before the first of all submissions
LONGEST_NOTE = 2000  # characters
# Letters that look alike: whoever reads a code off the paper may type the Russian one.
ALIKE = str.maketrans("АВЕКМНОРСТУХ01", "ABEKMHOPCTYXOI")


class FrozenContent(NamedTuple):
    """A report ready to be kept. figures: canonical JSON; lists: the same, packed; counts: the tables that are read.

    rules: the hash of what its figures are declared to count.
    """

    figures: str
    lists: bytes
    counts: list[str]
    rules: str


class Agreed(NamedTuple):
    """Who of the commission agreed a report, and when; the signed sheet, if it was brought: bytes, name, type."""

    by: str
    on: date
    scan: bytes | None = None
    scan_name: str | None = None
    scan_mime: str | None = None


def canonical(value: Any) -> str:
    """A value as JSON that is written in one way only: what is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_json(value: Any) -> Any:
    """A value of a report as JSON has it: days and sums under a word that says so."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"sum": str(value)}
    return value


def from_json(said: Any) -> Any:
    """The same read again."""
    if not isinstance(said, dict):
        return said
    if "day" in said:
        return datetime.fromisoformat(str(said["day"])).date()
    return Decimal(said["sum"])


def packed(pieces: Iterable[bytes]) -> bytes:
    """A text as it is stored, packed piece by piece."""
    packer = zlib.compressobj(6)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def sha256(content: bytes | str) -> str:
    """The hash of bytes, or of a text."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def digest(facts: Mapping[str, Any]) -> str:
    """The hash of a submission: of all that it says."""
    return sha256(canonical(facts))


def code_of(digest_of_all: str) -> str:
    """The code that is printed: twelve signs of the hash, «ABCD-EFGH-JK23»."""
    signs = base64.b32encode(bytes.fromhex(digest_of_all))[:12].decode()
    return "-".join(signs[place : place + 4] for place in (0, 4, 8))


def code_typed(text: str) -> str:
    """A code as it is stored, however it was typed; an empty text if it is none."""
    signs = re.sub(r"[^A-ZА-Я0-9]", "", text.upper()).translate(ALIKE)
    if not re.fullmatch(r"[A-Z2-7]{12}", signs):
        return ""
    return "-".join(signs[place : place + 4] for place in (0, 4, 8))


def check_over(period: Period, today: date) -> None:
    """A report is submitted when its last day is over."""
    if period.end >= today:
        raise Refusal(f"Период ещё не закончился: отчёт сдают после {period.end:%d.%m.%Y}.")


def check_agreed(agreed: Agreed, period: Period, today: date) -> None:
    """The commission agrees a report of days that are over (Положение, 3.6.7, 3.7.5)."""
    if not agreed.by.strip():
        raise Refusal("Впишите, кто согласовал отчёт от комиссии.", "agreed_by")
    if agreed.on > today:
        raise Refusal("Эта дата ещё не наступила.", "agreed_on")
    if agreed.on <= period.end:
        raise Refusal(f"Отчёт согласуют после конца периода, {period.end:%d.%m.%Y}.", "agreed_on")
