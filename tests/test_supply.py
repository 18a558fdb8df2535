"""The bill of materials names all that is installed, and the gate judges as its policy says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("audit", ROOT / "deploy/audit.py")
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)
WEAK = {"id": "PYSEC-2026-1", "part": "flask@3.1.3", "fixed": ["3.1.4"]}


@pytest.fixture
def judged(tmp_path, monkeypatch, capsys):
    """judged(answer, exceptions): the exit code, what was said, and the bill."""

    def judge(answer, exceptions: str = "", required: str = ""):
        listed = tmp_path / "exceptions"
        listed.write_text(exceptions)
        monkeypatch.setattr(audit, "EXCEPTIONS", listed)
        monkeypatch.setattr(audit, "asked", lambda: answer)
        monkeypatch.setenv("AUDIT", required)
        code = audit.main(tmp_path / "bill.json")
        return code, capsys.readouterr().out, json.loads((tmp_path / "bill.json").read_text())

    return judge


def test_the_bill_names_every_pin(judged):
    _code, _said, bill = judged((77, []))
    pins = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert len(bill["components"]) == len(pins) > 50
    assert bill["bomFormat"] == "CycloneDX"


def test_a_weakness_fails_unless_it_is_excused_for_now(judged):
    code, said, bill = judged((77, [WEAK]))
    assert (code, "flask@3.1.3: PYSEC-2026-1, исправлено в 3.1.4" in said) == (1, True)
    assert bill["vulnerabilities"] == [{"id": "PYSEC-2026-1", "affects": [{"ref": "flask@3.1.3"}]}]
    assert judged((77, [WEAK]), "PYSEC-2026-1;2999-01-01;этой части программа не вызывает\n")[0] == 0
    assert "отсрочка кончилась" in judged((77, []), "PYSEC-2026-1;2020-01-01;было\n")[1]
    assert judged((77, []), "PYSEC-2026-1;2999-01-01;\n")[0] == 1


def test_nothing_audited_is_said_and_fails_a_release(judged):
    for answer, said in ((None, "не отвечает"), ((0, []), "Проверено 0 библиотек")):
        code, told, _bill = judged(answer)
        assert (code, said in told) == (0, True)
        assert judged(answer, required="required")[0] == 1
