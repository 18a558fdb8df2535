"""A file that clamd calls harmful is refused by a sentence, and one that it says nothing of as the settings say."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from app.domain.refusal import Refusal
from app.exchange import reader
from app.services import antivirus, papers
from tests import scans

pytestmark = pytest.mark.one_database("a file is looked at before the bank is asked")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def clamd(tmp_path, app, monkeypatch):
    """A program that speaks as clamd does; it knows one harmful file. Gives what it was shown."""
    place, shown = tmp_path / "clamd.ctl", []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()

    def serve() -> None:
        while True:
            try:
                line, _address = listening.accept()
            except OSError:
                return
            with line, line.makefile("rb") as file:
                assert file.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!L", file.read(4))[0]:
                    content += file.read(size)
                shown.append(content)
                line.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setitem(app.config, "CLAMD", str(place))
    yield shown
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_every_file_is_shown_whole(clamd):
    content = scans.pdf("справка") + b"\n" * 200_000
    antivirus.check(content)
    assert clamd == [content]
    assert papers.inspected(scans.pdf("справка")).mime == "application/pdf"
    assert len(clamd) == 2


def test_a_harmful_file_is_refused_by_its_name(clamd):
    with pytest.raises(Refusal, match="Eicar-Signature") as refused:
        papers.inspected(EICAR)
    assert refused.value.field == "file"
    with pytest.raises(Refusal, match="Eicar-Signature"):
        reader.read(EICAR, "книга.xlsx")


def test_silence_means_what_the_settings_say(app, monkeypatch, tmp_path):
    for place in (str(tmp_path / "nobody"), "127.0.0.1:1"):
        monkeypatch.setitem(app.config, "CLAMD", place)
        monkeypatch.setitem(app.config, "CLAMD_REQUIRED", True)
        with pytest.raises(Refusal, match="не отвечает"):
            antivirus.check(b"1")
        monkeypatch.setitem(app.config, "CLAMD_REQUIRED", False)
        antivirus.check(b"1")
    monkeypatch.setitem(app.config, "CLAMD", "")
    antivirus.check(EICAR)
