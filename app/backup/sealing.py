"""A stream that only the keepers of a passphrase or of a key can read: the age format, with no limit to its length.

A file begins with our own two lines: what it is, and its key, closed by the passphrase if there is one. Then the
stream follows, closed for that key and for the keys of the keepers: each of them opens it alone.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pyrage import DecryptError, EncryptError, IdentityError, RecipientError, decrypt_io, encrypt_io, passphrase, x25519

from app.domain.refusal import Refusal

MAGIC = b"patronat-bank-1\n"
LONGEST_HEAD = 4096  # bytes
SHORTEST_PASSPHRASE = 12  # characters
NO_KEYS = (
    "Копии нечем закрыть: задайте BACKUP_PASSPHRASE, файл с паролем BACKUP_PASSPHRASE_FILE или ключи двух хранителей "
    "BACKUP_KEEPERS."
)
TOO_SHORT = f"Пароль копий короче {SHORTEST_PASSPHRASE} знаков: задайте длиннее."
NO_FILE = "Файл с паролем копий {path} не читается: {reason}."
BAD_KEEPER = "BACKUP_KEEPERS: «{key}…» – не открытый ключ age (он начинается с age1)."
TWO_KEEPERS = "BACKUP_KEEPERS: нужны ключи двух хранителей: потерянный единственный ключ закроет копии навсегда."
NOT_OURS = "Это не копия банка: файл начинается не так, как копия."
WRONG_KEY = "Пароль или ключ не подходит к этой копии, или её начало повреждено."
OF_KEEPERS = "Эта копия закрыта ключами хранителей, пароля у неё нет: назовите файл ключа параметром --key."
DAMAGED = "Копия повреждена или обрезана: целиком она не читается. Возьмите другую."


@dataclass(frozen=True)
class Keys:
    """Who can open copies: a passphrase, or the public keys of the keepers, or both."""

    passphrase: str
    keepers: tuple[str, ...]


def keys_of(config: Mapping[str, Any]) -> Keys:
    """The keys that the settings name. Raises Refusal."""
    phrase, keepers = str(config["BACKUP_PASSPHRASE"]), tuple(config["BACKUP_KEEPERS"])
    path = config["BACKUP_PASSPHRASE_FILE"]
    if path and not phrase:
        try:
            phrase = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(NO_FILE.format(path=path, reason=getattr(error, "strerror", "не текст"))) from error
    if not phrase and not keepers:
        raise Refusal(NO_KEYS)
    if phrase and len(phrase) < SHORTEST_PASSPHRASE:
        raise Refusal(TOO_SHORT)
    if not phrase and len(set(keepers)) < 2:
        raise Refusal(TWO_KEEPERS)
    return Keys(phrase, keepers)


def _recipients(keepers: Sequence[str]) -> list[Any]:
    found = []
    for key in keepers:
        try:
            found.append(x25519.Recipient.from_str(key))
        except RecipientError as error:
            raise Refusal(BAD_KEEPER.format(key=key[:10])) from error
    return found


class _Watched:
    """A file that remembers what stopped it: the library tells the words of an error alone."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._file.read(size))
        except BaseException as error:
            self.error = error
            raise

    def write(self, data: bytes) -> int:
        try:
            self._file.write(data)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        self._file.flush()


def seal(source: Any, out: BinaryIO, keys: Keys) -> Any:
    """Close a stream into a file; gives a key that opens it while it is remembered. Raises Refusal, OSError."""
    own = x25519.Identity.generate()
    recipients = [own.to_public(), *_recipients(keys.keepers)]
    wrapped = passphrase.encrypt(str(own).encode(), keys.passphrase) if keys.passphrase else b""
    head = json.dumps({"key": base64.b64encode(wrapped).decode()}).encode()
    reading, writing = _Watched(source), _Watched(out)
    writing.write(MAGIC + head + b"\n")
    try:
        encrypt_io(reading, writing, recipients)
    except (EncryptError, OSError) as error:
        raise (reading.error or writing.error or error) from error
    return own


def unlocked(file: BinaryIO, phrase: str, identity: str = "") -> Any:
    """The key of a file by a passphrase or by the text of a keeper's key; the file stands at its stream then."""
    head = _head(file)
    if identity:
        lines = [line.strip() for line in identity.splitlines()]
        text = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
        try:
            return x25519.Identity.from_str(text)
        except IdentityError as error:
            raise Refusal(WRONG_KEY) from error
    if not head:
        raise Refusal(OF_KEEPERS)
    try:
        return x25519.Identity.from_str(passphrase.decrypt(head, phrase).decode())
    except (DecryptError, IdentityError, UnicodeDecodeError) as error:
        raise Refusal(WRONG_KEY) from error


def has_passphrase(file: BinaryIO) -> bool:
    """Whether a passphrase opens a file; it stands at its beginning then. Raises Refusal."""
    try:
        return bool(_head(file))
    finally:
        file.seek(0)


def skip_head(file: BinaryIO) -> None:
    """Go to the stream of a file whose key is known. Raises Refusal."""
    _head(file)


def _head(file: BinaryIO) -> bytes:
    if file.read(len(MAGIC)) != MAGIC:
        raise Refusal(NOT_OURS)
    line = file.readline(LONGEST_HEAD)
    try:
        return base64.b64decode(json.loads(line)["key"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(WRONG_KEY) from error


@contextmanager
def opened(file: BinaryIO, key: Any) -> Iterator[BinaryIO]:
    """What a file holds, as a stream; read by a block to its end, or it is not known to be whole. Raises Refusal."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def decrypt() -> None:
        with os.fdopen(write_end, "wb") as out:
            try:
                decrypt_io(file, out, [key])
            except BaseException as error:
                failed.append(error)

    thread = threading.Thread(target=_quietly, args=(decrypt,), daemon=True)
    thread.start()
    stream = os.fdopen(read_end, "rb")
    try:
        yield stream
        while stream.read(1 << 20):
            pass  # the last piece alone says that nothing is cut off
    except Exception as error:
        stream.close()
        thread.join()
        if failed and not isinstance(failed[0], BrokenPipeError) and not isinstance(error, Refusal):
            raise _said(failed[0]) from error
        raise
    finally:
        stream.close()
        thread.join()
    if failed:
        raise _said(failed[0]) from failed[0]


def _quietly(work: Any) -> None:
    with suppress(BrokenPipeError):  # whoever reads has stopped
        work()


def _said(error: BaseException) -> Refusal:
    return Refusal(WRONG_KEY if isinstance(error, DecryptError) else DAMAGED)
