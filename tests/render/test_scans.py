"""A scan is looked into in a program of its own; what acts, hides or breaks is not taken."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from app.render import scans as inspection
from tests import scans


def refusal(content: bytes) -> str:
    with pytest.raises(inspection.UnfitScanError) as unfit:
        inspection.inspect(content)
    return unfit.value.code


def test_a_pdf_is_kept_as_it_is():
    content = scans.pdf("ONE", "TWO", "THREE")
    found = inspection.inspect(content)
    assert (found.mime, found.pages, found.content) == ("application/pdf", 3, content)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"PK\x03\x04 zip", b"<svg></svg>", b"GIF89a", b"MZ\x90", b" %PDF-1.4 not at the start", b"\x00"],
)
def test_another_type_is_refused_by_its_first_bytes(content):
    assert refusal(content) == "type"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4 nothing more",
        b"%PDF-1.4\n%%EOF",
        scans.pdf("CUT")[:600],
        b"\xff\xd8\xff\xe0 not a picture",
        scans.picture()[:500],
        b"\x89PNG\r\n\x1a\n not a picture",
        scans.picture("PNG", (300, 300))[:200],
    ],
)
def test_a_broken_file_is_refused(content):
    assert refusal(content) == "damaged"


JAVASCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


@pytest.mark.parametrize(
    "content",
    [
        scans.raw_pdf(JAVASCRIPT, trailer=b"/OpenAction 4 0 R"),
        scans.raw_pdf(b"<< /S /URI /URI (http://a.example) >>", trailer=b"/OpenAction 4 0 R"),
        scans.raw_pdf(b"<< /O << /S /Named >> >>", trailer=b"/AA 4 0 R"),
        scans.raw_pdf(b"<< /S /Launch /F (cmd.exe) >>"),
        scans.raw_pdf(b"<< /S /L#61unch /F (cmd.exe) >>"),
        scans.raw_pdf(b"<< /Type /EmbeddedFile /Length 1 >>\nstream\nx\nendstream"),
        scans.raw_pdf(b"<< /EmbeddedFiles << /Names [] >> >>", trailer=b"/Names 4 0 R"),
        scans.raw_pdf(b"<< /Type /Annot /Subtype /RichMedia >>"),
        scans.raw_pdf(b"<< /XFA (x) >>", trailer=b"/AcroForm 4 0 R"),
        scans.raw_pdf(trailer=b"/Deep [[[<< /JS (1) >>]]]"),
        scans.pdf_with_hidden_object(JAVASCRIPT),
        scans.raw_pdf() + b"\n9 0 obj << /S /JavaScript >> endobj\n%%EOF\n",
    ],
)
def test_a_pdf_that_acts_or_carries_files_is_refused(content):
    assert refusal(content) == "active"


def test_the_page_to_show_first_is_no_action():
    assert inspection.inspect(scans.raw_pdf(trailer=b"/OpenAction [3 0 R /XYZ null null 0]")).pages == 1


def test_a_hidden_object_that_does_nothing_is_taken():
    assert inspection.inspect(scans.pdf_with_hidden_object(b"<< /S /Quiet >>")).pages == 1


def test_a_locked_pdf_is_refused():
    for password in ("", "secret"):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(scans.pdf())))
        writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
        assert refusal(scans.written(writer)) == "locked"


def test_a_picture_loses_everything_but_its_points():
    exif = Image.Exif()
    exif[0x010E] = "the place where it was taken"
    content = scans.picture(exif=exif.tobytes()) + b"PK\x03\x04 a tail that is not a picture"
    found = inspection.inspect(content)
    with Image.open(io.BytesIO(found.content)) as redrawn:
        assert (redrawn.format, redrawn.size, dict(redrawn.getexif())) == ("JPEG", (400, 600), {})
    assert b"the place" not in found.content
    assert b"a tail" not in found.content


def test_a_picture_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = inspection.inspect(scans.picture(size=(400, 600), exif=exif.tobytes()))
    with Image.open(io.BytesIO(found.content)) as redrawn:
        assert redrawn.size == (600, 400)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode):
    out = io.BytesIO()
    Image.new(mode, (20, 30)).save(out, "PNG")
    found = inspection.inspect(out.getvalue())
    with Image.open(io.BytesIO(found.content)) as redrawn:
        assert redrawn.mode in ("1", "L", "RGB")


def test_a_picture_of_too_many_points_is_refused_before_it_is_drawn():
    assert refusal(scans.picture("PNG", (9000, 9000), "1")) == "pixels"


def test_a_parser_that_never_ends_is_ended(monkeypatch):
    program = Path(inspection.__file__).with_name("fonts")  # a folder cannot be run: the program fails at once
    monkeypatch.setattr(inspection, "__file__", str(program))
    assert refusal(scans.pdf()) == "damaged"
    monkeypatch.undo()
    monkeypatch.setattr(inspection, "WALL_SECONDS", 0.001)
    assert refusal(scans.pdf()) == "costly"


@pytest.mark.parametrize(
    ("turned", "expected"), [(0, (595, 842)), (90, (842, 595)), (180, (595, 842)), (270, (842, 595))]
)
def test_a_turned_page_stands_upright(turned, expected):
    [leaf] = inspection.leaves(PdfWriter(), scans.pdf(turned=turned))
    assert (leaf.width, leaf.height) == expected
    # The corner that is up and left on the turned page comes to the top left of the leaf.
    x, y = {0: (0, 842), 90: (0, 0), 180: (595, 0), 270: (595, 842)}[turned]
    a, b, c, d, e, f = leaf.upright
    assert (a * x + c * y + e, b * x + d * y + f) == (0, expected[1])


def test_a_stamp_laid_over_a_page_is_carried_over_and_a_hidden_one_is_not():
    def note(drawing: bytes, flags: int) -> bytes:
        look = b"/AP << /N %s >>" % drawing
        return b"<< /Type /Annot /Subtype /Stamp /Rect [100 700 200 750] /F %d %s >>" % (flags, look)

    def drawing(text: bytes) -> bytes:
        head = b"<< /Type /XObject /Subtype /Form /BBox [0 0 50 25] /Length %d >>" % len(text)
        return head + b"\nstream\n" + text + b"\nendstream"

    content = scans.raw_pdf(note(b"6 0 R", 4), note(b"7 0 R", 2), drawing(b"% approved"), drawing(b"% hidden"))
    # The page gets its notes in the place of an empty dictionary, so that the table of objects stays true.
    content = content.replace(b"/Resources << >> >>", b"/Annots [4 0 R 5 0 R]>>")
    [leaf] = inspection.leaves(PdfWriter(), content)
    drawn = leaf.drawing.get_object()
    assert drawn.get_data() == b"\nq 2.00000 0 0 2.00000 100.00000 700.00000 cm /PatronatNote0 Do Q"
    [stamp] = drawn["/Resources"]["/XObject"].values()
    assert b"approved" in stamp.get_object().get_data()
