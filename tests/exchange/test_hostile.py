"""A file that is not an honest workbook is refused with one sentence, quickly, and nothing of it is evaluated."""

from __future__ import annotations

import struct
import subprocess
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from app.domain.refusal import Refusal
from app.exchange import parser, reader
from tests.exchange import workbooks
from tests.exchange.workbooks import Sound

SHEET = "xl/worksheets/sheet2.xml"
TYPES = "[Content_Types].xml"


def parts(content: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(BytesIO(content))
    return {name: archive.read(name) for name in archive.namelist()}


def packed(found: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return stream.getvalue()


def replaced(name: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        found = parts(content)
        assert old in found[name], (name, old)
        return packed({**found, name: found[name].replace(old, new, 1)})

    return change


def with_part(name: str, content: bytes) -> Callable[[bytes], bytes]:
    return lambda sound: packed({**parts(sound), name: content})


def bomb(sound: bytes) -> bytes:
    return with_part("xl/media/big.bin", b"\0" * (64 << 20))(sound)


def gigabytes(sound: bytes) -> bytes:
    """Parts that say they unpack into a gigabyte: nothing is unpacked to find out."""
    content = bytearray(with_part("xl/media/big.bin", b"x" * 1000)(sound))
    place = content.rfind(b"PK\x01\x02", 0, content.rfind(b"xl/media/big.bin"))
    content[place + 24 : place + 28] = struct.pack("<I", 1 << 30)
    return bytes(content)


def twice(sound: bytes) -> bytes:
    stream = BytesIO(sound)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    return stream.getvalue()


def overlapping(sound: bytes) -> bytes:
    """Two entries of the directory that point into one another."""
    content = bytearray(sound)
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


def encrypted_part(sound: bytes) -> bytes:
    content = bytearray(sound)
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def many_rows(rows: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        found = parts(content)
        return packed({**found, SHEET: found[SHEET].replace(b"</sheetData>", rows + b"</sheetData>")})

    return change


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
FAR = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
EXTERNAL = (
    b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink" '
    b'Target="http://192.0.2.1/x" TargetMode="External"/></Relationships>'
)

HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "not a workbook": (lambda sound: b"just text", "не книга Excel"),
    "an archive of something else": (lambda sound: packed({"readme.txt": b"hello"}), "архив, а не книга"),
    "encrypted": (lambda sound: OLE + "EncryptedPackage".encode("utf-16-le"), "защищена паролем"),
    "an old workbook cut off": (lambda sound: OLE, "повреждён"),
    "an old workbook with macros": (lambda sound: OLE + "Workbook _VBA_PROJECT".encode("utf-16-le"), "макросы"),
    "cut off": (lambda sound: sound[: len(sound) // 2], "повреждён"),
    "spoilt inside": (lambda sound: sound.replace(b"PK\x01\x02", b"PK\x01\x03", 1), "повреждён"),
    "macros": (with_part("xl/vbaProject.bin", b"\0"), "макросы"),
    "a type with macros": (
        replaced(TYPES, b"spreadsheetml.sheet.main", b"spreadsheetml.sheet.macroEnabled.main"), "макросами"),
    "another type": (replaced(TYPES, b"sheet.main+xml", b"template.main+xml"), "не книга Excel"),
    "external links": (with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), "внешние связи"),
    "an external target": (replaced("xl/_rels/workbook.xml.rels", b"</Relationships>", EXTERNAL), "внешние связи"),
    "embedded files": (with_part("xl/embeddings/oleObject1.bin", b"\0"), "вложенные файлы"),
    "data connections": (with_part("xl/connections.xml", b"<x/>"), "внешние связи"),
    "a bomb": (bomb, "подозрительно"),
    "gigabytes when unpacked": (gigabytes, "больше 300 МБ"),
    "external entities": (
        replaced(SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'), "DOCTYPE"),
    "another encoding": (
        with_part("xl/styles.xml", '<?xml version="1.0" encoding="utf-16"?><x/>'.encode("utf-16")), "кодировке"),
    "one part twice": (twice, "две части"),
    "parts that overlap": (overlapping, "накладываются"),
    "an encrypted part": (encrypted_part, "зашифрован"),
    "a part outside": (with_part("../../evil.xml", b"<x/>"), "за его пределы"),
    "a far cell": (many_rows(FAR), "пустые строки"),
    "a million empty rows": (many_rows(b"".join(b'<row r="%d"/>' % n for n in range(1, 1_000_001))), "пустые строки"),
    "a row far below": (many_rows(b'<row r="1048576"/>'), "пустые строки"),
    "hundreds of parts": (
        lambda sound: packed({**parts(sound), **{f"xl/p{n}.xml": b"<x/>" for n in range(600)}}), "частей"),
    "broken markup": (replaced(SHEET, b"</sheetData>", b"</sheetDat>"), "не читается"),
    "no sheets at all": (replaced("xl/workbook.xml", b"</workbook>", b"</workboo>"), "не читается"),
}  # fmt: skip


pytestmark = [
    pytest.mark.usefixtures("app"),
    pytest.mark.one_database("a file is read before the database is asked; the application says which clamd sees it"),
]


@pytest.fixture(scope="module")
def sound() -> bytes:
    return Sound().content()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_one_sentence(sound, name):
    spoil, words = HOSTILE[name]
    started = time.monotonic()
    with pytest.raises(Refusal) as caught:
        reader.read(spoil(sound), "книга.xlsx")
    assert words in caught.value.text
    assert caught.value.text.endswith("Ничего не сохранено.")
    assert time.monotonic() - started < 30


def test_an_honest_workbook_is_read(sound):
    assert set(reader.read(sound, "КНИГА.XLSX").sheets) == {
        "Сведения", "Семьи", "Постановка и снятие", "Члены семьи", "Учёт несовершеннолетних", "Этапы", "План",
        "Мероприятия",
    }  # fmt: skip


def test_the_other_tests_read_a_workbook_as_the_program_does(sound, data):
    for content in (sound, (data / "bank_small.xlsx").read_bytes()):
        assert workbooks.read(content) == reader.read(content, "книга.xlsx")


@pytest.mark.parametrize("formula", [b"<f>1+2</f><v>3</v>", b'<f t="shared" si="0"/><v>3</v>'])
def test_a_formula_is_read_by_its_saved_value(sound, formula):
    spoilt = replaced(SHEET, b"<v>3</v>", formula)(sound)
    assert reader.read(spoilt, "книга.xlsx").sheets == reader.read(sound, "книга.xlsx").sheets


@pytest.mark.parametrize("formula", [b"<f>1+2</f>", b"<f>1+2</f><v></v>", b"<f>1+2</f><v/>"])
def test_a_formula_without_a_saved_value_is_no_empty_cell(sound, formula):
    spoilt = replaced(SHEET, b"<v>3</v>", formula)(sound)
    cells = [cell for rows in reader.read(spoilt, "книга.xlsx").sheets.values() for _, line in rows for cell in line]
    assert parser.NO_VALUE in cells


@pytest.mark.parametrize(("name", "words"), [("книга.doc", ".xlsx"), ("книга.xlsm", ".xlsx"), ("книга", ".xlsx")])
def test_only_tables_are_taken(sound, name, words):
    with pytest.raises(Refusal, match=words):
        reader.read(sound, name)


def test_an_empty_or_too_large_file_is_refused(monkeypatch, sound):
    with pytest.raises(Refusal, match="пуст"):
        reader.read(b"", "книга.xlsx")
    monkeypatch.setattr(reader, "LONGEST_FILE", 100)
    with pytest.raises(Refusal, match="больше"):
        reader.read(sound, "книга.xlsx")


def test_a_hyperlink_in_a_cell_hinders_nothing(sound):
    link = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
        b'Target="mailto:a@b.example" TargetMode="External"/></Relationships>'
    )
    assert reader.read(with_part("xl/worksheets/_rels/sheet2.xml.rels", link)(sound), "книга.xlsx").sheets


@pytest.mark.parametrize(
    ("outcome", "said"), [("late", "сервер занят"), ("dead", "не читается"), ("nonsense", "не читается")]
)
def test_a_parser_that_dies_or_is_late_is_a_refusal(monkeypatch, sound, outcome, said):
    def run(*args, **kwargs):
        if outcome == "late":
            raise subprocess.TimeoutExpired("parser", 1)
        return subprocess.CompletedProcess(args, -9, b"" if outcome == "dead" else b'["what"]', b"")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Refusal, match=said):
        reader.read(sound, "книга.xlsx")


def test_the_parser_gets_no_secrets_and_limits_itself(monkeypatch, sound):
    seen = {}
    real = subprocess.run

    def run(*args, **kwargs):
        seen.update(kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("SECRET_KEY", "not for the parser")
    reader.read(sound, "книга.xlsx")
    assert set(seen["env"]) == {"LANG"}
    assert seen["timeout"] == reader.WALL_SECONDS
    assert parser.MEMORY <= 2 << 30
