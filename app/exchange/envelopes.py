"""The file of a family on its way to another installation: sealed by a passphrase that is told apart, opened and looked
through there, and answered by a receipt that only whoever has opened it can write."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, NamedTuple

import pyrage

from app import access, clock
from app.domain import names, writing
from app.domain.refusal import Refusal
from app.exchange import reader
from app.exchange import transfers as road
from app.exchange.transfers import CaseFile
from app.models import Transfer
from app.services import paper_names, papers
from app.services.paper_names import SaidNames, SaidOfPerson

FORM = 1
SUFFIX, RECEIPT_SUFFIX = ".delo", ".json"
SAID, BOOK, PASSPORT = "дело.json", "книга.xlsx", "паспорт.pdf"
LARGEST = {SAID: 64 * 1024, BOOK: reader.LONGEST_FILE, PASSPORT: papers.LARGEST}  # bytes, unpacked
LARGEST_FILE, LARGEST_RECEIPT = 24 * 1024 * 1024, 16 * 1024  # bytes
SHORTEST_PHRASE = 16  # characters
LETTERS = "бвгджзклмнпрстфх"
NOT_OPENED = "Файл не открылся: парольная фраза не та, или это не файл дела, или он повреждён. Ничего не сохранено."
NOT_OURS = "Это не файл дела этой программы, или он сделан другой её версией. Ничего не сохранено."
SHORT_PHRASE = f"Парольная фраза короче {SHORTEST_PHRASE} знаков: её подберут."
LARGE = "Файл дела больше 24 МБ. Ничего не сохранено."
NOT_A_RECEIPT = "Это не расписка о приёме дела."
OF_ANOTHER = "Эта расписка о другом деле."
FORGED = "Расписка не подлинная: её написал не тот, кто открыл дело."
OUT_OF_TIME = "День приёма в расписке ещё не наступил или раньше постановления: проверьте её с тем, кто принял дело."
# The texts of the file and how long the bank keeps them.
TEXTS = {"key": 40, "secret": 64, "named": 250, "whence": 300, "sent_by": 200}
MAY_LACK = {"number": 40, "commission": 300, "note": 4000}


class Envelope(NamedTuple):
    """A file that was opened: what it says of the transfer, and the file of the family."""

    said: dict[str, str | None]
    case: CaseFile


@dataclass(frozen=True)
class TransferReceipt:
    """What a receipt says: when and where the family was received, and by whom."""

    received_on: date
    place: str
    by: str


def phrase() -> str:
    """A passphrase to be told by telephone: six groups of five letters and figures, some 130 bits."""
    groups = ("".join(secrets.choice(LETTERS + "23456789") for _ in range(5)) for _ in range(6))
    return "-".join(groups)


def seal(transfer: Transfer, passphrase: str, today: date) -> bytes:
    """The file of a transfer, sealed. Raises Refusal."""
    if len(passphrase) < SHORTEST_PHRASE:
        raise Refusal(SHORT_PHRASE, "passphrase")
    said = {
        "form": FORM, "decided_on": transfer.decided_on.isoformat(), "whence": transfer.whence,
        **{name: getattr(transfer, name) for name in (*TEXTS, *MAY_LACK) if name != "whence"},
    }  # fmt: skip
    if any(carried := road.names_of(transfer)):
        said["names"] = _written(carried)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SAID, json.dumps(said, ensure_ascii=False))
        archive.writestr(BOOK, road.workbook_of(transfer, today))
        archive.writestr(PASSPORT, road.passport_of(transfer, today))
    return bytes(pyrage.passphrase.encrypt(packed.getvalue(), passphrase))


def unseal(content: bytes, passphrase: str) -> bytes:
    """What is in a sealed file. Raises Refusal with the form's field."""
    if len(content) > LARGEST_FILE:
        raise Refusal(LARGE, "file")
    try:
        return bytes(pyrage.passphrase.decrypt(content, passphrase))
    except pyrage.DecryptError as error:
        raise Refusal(NOT_OPENED, "file") from error


def read(content: bytes) -> Envelope:
    """A file that was unsealed, every part of it looked into. Raises Refusal with the form's field."""
    parts = _parts(content)
    try:
        said = json.loads(parts[SAID])
        if not isinstance(said, dict) or said.get("form") != FORM:
            raise ValueError
        texts = {name: _text(said.get(name), longest) for name, longest in (TEXTS | MAY_LACK).items()}
        if any(texts[name] is None for name in TEXTS):
            raise ValueError
        decided_on, carried = date.fromisoformat(said["decided_on"]), _names(said.get("names"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refusal(NOT_OURS, "file") from error
    book = reader.read(parts[BOOK], f"Дело семьи {texts['named']}.xlsx")
    return Envelope(texts, CaseFile(book, parts[PASSPORT], texts["whence"] or "", texts["number"], decided_on,
                                    carried))  # fmt: skip


def _parts(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            if len(archive.infolist()) != len(LARGEST) or sizes.keys() != LARGEST.keys():
                raise Refusal(NOT_OURS, "file")
            if any(size > LARGEST[name] for name, size in sizes.items()):
                raise Refusal(NOT_OURS, "file")
            return {name: archive.read(name) for name in sizes}
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Refusal(NOT_OURS, "file") from error


def _written(said: SaidNames) -> dict[str, Any]:
    """Names in the cases of papers, as a file carries them."""
    people = [
        {"name": one.name, "born_on": one.born_on.isoformat() if one.born_on else None,
         "forms": {case.value: text for case, text in one.forms.items()}}
        for one in said.people
    ]  # fmt: skip
    return {"plural": said.plural, "people": people}


def _names(said: Any) -> SaidNames:
    """The names that a file carries, if it carries any. Raises ValueError, KeyError, TypeError."""
    if said is None:
        return paper_names.NOTHING_SAID
    people = [
        SaidOfPerson(
            _name(one["name"], paper_names.LONGEST_PERSON) or "",
            date.fromisoformat(one["born_on"]) if one["born_on"] else None,
            {case: text for case in paper_names.ASKED
             if (text := _name(one["forms"].get(case.value), paper_names.LONGEST_PERSON))},
        )
        for one in said["people"]
    ]  # fmt: skip
    return SaidNames(_name(said["plural"], paper_names.LONGEST_FAMILY), tuple(people))


def _name(value: Any, longest: int) -> str | None:
    """A name of a file. Raises ValueError."""
    text = _text(value, longest)
    if text and names.fault(text):
        raise ValueError
    return text


def _text(value: Any, longest: int) -> str | None:
    """A text of a file as the bank keeps it. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return writing.known(writing.lines(value))


# The way back


def receipt(transfer: Transfer, place: str) -> bytes:
    """The receipt of a file that was received here."""
    assert transfer.answered_at is not None
    day, by = clock.local(transfer.answered_at).date(), transfer.answered_by or access.scope().user_name
    said = TransferReceipt(day, place, by)
    return json.dumps({
        "form": FORM, "key": transfer.key, "received_on": day.isoformat(), "place": place, "by": by,
        "proof": _proof(transfer, said),
    }, ensure_ascii=False, indent=1).encode()  # fmt: skip


def read_receipt(content: bytes, transfer: Transfer, today: date) -> TransferReceipt:
    """A receipt that came back for a transfer. Raises Refusal with the form's field."""
    if len(content) > LARGEST_RECEIPT:
        raise Refusal(NOT_A_RECEIPT, "file")
    try:
        said = json.loads(content)
        place, by = _text(said["place"], 300), _text(said["by"], 200)
        found = TransferReceipt(date.fromisoformat(said["received_on"]), place or "", by or "")
        key, proof = str(said["key"]), str(said["proof"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refusal(NOT_A_RECEIPT, "file") from error
    if key != transfer.key:
        raise Refusal(OF_ANOTHER, "file")
    if not hmac.compare_digest(proof.encode(), _proof(transfer, found).encode()):
        raise Refusal(FORGED, "file")
    if not transfer.decided_on <= found.received_on <= today:
        raise Refusal(OUT_OF_TIME, "file")
    return found


def _proof(transfer: Transfer, said: TransferReceipt) -> str:
    """What only whoever has the secret of a file can make."""
    told = "\n".join((transfer.key, said.received_on.isoformat(), said.place, said.by))
    return hmac.new(transfer.secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def moment_of(said: TransferReceipt) -> datetime:
    """When a family was received elsewhere, as far as its receipt tells: the noon of the day."""
    return datetime.combine(said.received_on, datetime.min.time().replace(hour=12), tzinfo=clock.zone())
