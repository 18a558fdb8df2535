"""Files for tests: scans that are in order and scans that are not."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from app.models import Paper
from app.services import papers

PORTRAIT, LANDSCAPE = (595, 842), (842, 595)


def pdf(*texts: str, size: tuple[float, float] = PORTRAIT, turned: int = 0) -> bytes:
    """A PDF with a Latin text near the top of each page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    for text in texts or ("SCAN",):
        canvas.setFont("Helvetica", 20)
        canvas.drawString(50, size[1] - 60, text)
        canvas.showPage()
    canvas.save()
    if not turned:
        return out.getvalue()
    writer = PdfWriter(clone_from=PdfReader(out))
    for page in writer.pages:
        page.rotate(turned)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def raw_pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of one empty page with these objects from number 4 on; the catalogue takes `trailer`."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + trailer + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
        *objects,
    ]
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)


def pdf_with_hidden_object(body: bytes) -> bytes:
    """A PDF whose object lies compressed in an object stream, where no search in bytes finds it."""
    packed = zlib.compress(b"5 0 " + body)
    out, places = b"%PDF-1.5\n", {}
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Extra 5 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
        4: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (len(packed), packed),
    }
    for number, content in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)

    def row(kind: int, place: int, last: int) -> bytes:
        return bytes([kind]) + place.to_bytes(4, "big") + bytes([last])

    table = row(0, 0, 255) + b"".join(row(1, places[number], 0) for number in (1, 2, 3, 4)) + row(2, 4, 0)
    table += row(1, start, 0)
    out += b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        len(table),
        table,
    )
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 600), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode == "1" else "white").save(out, kind, **options)
    return out.getvalue()


def texts(content: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def flowing(pages: Iterable[str]) -> str:
    """The text of pages on one line."""
    return " ".join(" ".join(pages).split())


def told(answer: Any) -> str:
    """The words of an answer: of a page, of a paper, or of a workbook."""
    if answer.mimetype == "application/pdf":
        return flowing(texts(answer.data))
    if answer.data[:2] != b"PK":
        return str(answer.text)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "\n".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))


def store(paper: Paper) -> None:
    """Give a paper that was entered without a file the scan of its title."""
    content = pdf(paper.title)
    paper.key, paper.size, paper.sha256 = papers._store(content), len(content), sha256(content).hexdigest()
