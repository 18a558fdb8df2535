"""Every file that somebody brings is shown to clamd, if the settings name it: what it knows as harmful is refused."""

from __future__ import annotations

import socket
import struct

from flask import current_app

from app.domain.refusal import Refusal

PIECE = 1 << 16  # bytes of one part of a file on its way to clamd
PATIENCE = 30.0  # seconds to wait for its word
HARMFUL = "Проверка на вирусы не пропустила этот файл ({name}). Он не сохранён: сообщите администратору."
SILENT = "Файл не проверен на вирусы: программа проверки не отвечает. Повторите позже или сообщите администратору."


def check(content: bytes, field: str | None = None) -> None:
    """Refuse a file that clamd calls harmful, or that it says nothing of where the settings ask for its word."""
    place = current_app.config["CLAMD"]
    if not place:
        return
    try:
        said = _asked(place, content)
    except OSError as error:
        current_app.logger.error("clamd: %s", error)
        said = ""
    if said.endswith("FOUND"):
        name = said.removesuffix("FOUND").partition(":")[2].strip()
        raise Refusal(HARMFUL.format(name=name), field)
    if not said.endswith("OK") and current_app.config["CLAMD_REQUIRED"]:
        raise Refusal(SILENT, field)


def _asked(place: str, content: bytes) -> str:
    """What clamd answers: «stream: OK», «stream: Eicar-Signature FOUND». Raises OSError."""
    with _connected(place) as line:
        line.sendall(b"zINSTREAM\0")
        view = memoryview(content)
        for begin in range(0, view.nbytes, PIECE):
            part = view[begin : begin + PIECE]
            line.sendall(struct.pack("!L", len(part)) + part)
        line.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and (more := line.recv(4096)):
            answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected(place: str) -> socket.socket:
    """A line to clamd: «/run/clamav/clamd.ctl» or «host:3310». Raises OSError."""
    if place.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(PATIENCE)
        try:
            line.connect(place)
        except OSError:
            line.close()
            raise
        return line
    host, _colon, port = place.rpartition(":")
    return socket.create_connection((host or "127.0.0.1", int(port) if port.isdecimal() else 3310), timeout=PATIENCE)
