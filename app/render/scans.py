"""A scan is looked into and its pages made ready to be placed on other pages.

Files come from outside, and the parsers of PDF and pictures are where such files do harm. So a new file is inspected by
this module run as a program of its own, with little memory and time (`inspect`); it imports nothing of the application.
Bytes that have passed once are later placed by the same functions.
"""

from __future__ import annotations

import io
import json
import logging
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    StreamObject,
)

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
MAGIC = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
MOST_PIXELS = 50_000_000
MOST_PAGES = 500
MOST_OBJECTS = 300_000
JPEG_QUALITY = 90

CODES = "codes"  # what the program is asked for instead of an inspection
MOST_SIDE, MOST_PICTURES = 4000, 4  # points of a picture, and pictures of a page, in which codes are looked for

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 20
WALL_SECONDS = 40

# What makes a PDF act or carry files (as keys or as names); looked for in every object, object streams unpacked.
ACTIVE = frozenset(
    {"/JavaScript", "/JS", "/OpenAction", "/AA", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA"}
)
# The same in bytes that no table of objects leads to; only names too long to turn up in compressed data by chance.
ACTIVE_BYTES = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)[\s/<>\[\]()]")
HIDDEN_FLAGS = 2 | 32  # an annotation that is not to be seen

Matrix = tuple[float, float, float, float, float, float]


class UnfitScanError(Exception):
    """A file that is not taken; the code says why: type, damaged, active, locked, pixels, pages, costly."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Inspected:
    """A file that may be kept: its type by content, its pages, and its bytes (a picture is drawn anew)."""

    mime: str
    pages: int
    content: bytes


@dataclass(frozen=True)
class Leaf:
    """A page as one drawing (a form XObject) of some width and height in points, upright by `upright`."""

    drawing: IndirectObject
    width: float
    height: float
    upright: Matrix


def kind_of(content: bytes) -> str | None:
    """The type of a file by its first bytes; None if it is not one that is taken."""
    for magic, mime in MAGIC:
        if content.startswith(magic):
            return mime
    return None


def inspect(content: bytes) -> Inspected:
    """Look into a file in a program of its own. Raises UnfitScanError."""
    mime = kind_of(content)
    if mime is None:
        raise UnfitScanError("type")
    verdict, body = _asked_apart(content, mime)
    return Inspected(mime, verdict["pages"], body or content)


def codes(scan: Inspected) -> list[str]:
    """What the QR codes on a picture say, or on the first page of a scanned PDF; looked for in a program of its own.

    Raises UnfitScanError.
    """
    verdict, _body = _asked_apart(scan.content, scan.mime, CODES)
    return list(verdict["codes"])


def _asked_apart(content: bytes, mime: str, *asked: str) -> tuple[dict[str, Any], bytes]:
    """The verdict of the program of its own over a file, and the bytes it gives back. Raises UnfitScanError."""
    try:
        done = subprocess.run(  # noqa: S603  our own file, no shell
            [sys.executable, "-I", __file__, mime, *asked],
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={"LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as error:
        raise UnfitScanError("costly") from error
    head, _newline, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise UnfitScanError("costly" if done.returncode < 0 else "damaged")
    verdict = json.loads(head)
    if "unfit" in verdict:
        raise UnfitScanError(verdict["unfit"])
    return verdict, body


def leaves(writer: PdfWriter, content: bytes) -> list[Leaf]:
    """The pages of a PDF as drawings of `writer`; the operators of a page are carried over unread."""
    reader = PdfReader(io.BytesIO(content), strict=False)
    return [_leaf(writer, page) for page in reader.pages]


def _leaf(writer: PdfWriter, page: Any) -> Leaf:
    x0, y0, x1, y1 = (float(side) for side in page.cropbox)
    x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    if not (1 <= x1 - x0 <= 20_000 and 1 <= y1 - y0 <= 20_000):
        raise UnfitScanError("damaged")
    contents = page.get_contents()
    resources = page.get("/Resources", DictionaryObject()).get_object().clone(writer)
    drawing = StreamObject()
    drawing.set_data((contents.get_data() if contents is not None else b"") + _notes(writer, page, resources))
    drawing.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(FloatObject(side) for side in (x0, y0, x1, y1)),
            NameObject("/Resources"): resources,
        }
    )
    if "/Group" in page:
        drawing[NameObject("/Group")] = page["/Group"].get_object().clone(writer)
    turned = int(page.rotation or 0) % 360
    width, height = (y1 - y0, x1 - x0) if turned in (90, 270) else (x1 - x0, y1 - y0)
    upright: Matrix = {
        90: (0.0, -1.0, 1.0, 0.0, -y0, x1),
        180: (-1.0, 0.0, 0.0, -1.0, x1, y1),
        270: (0.0, 1.0, -1.0, 0.0, y1, -x0),
    }.get(turned, (1.0, 0.0, 0.0, 1.0, -x0, -y0))
    return Leaf(writer._add_object(drawing.flate_encode()), width, height, upright)


def _notes(writer: PdfWriter, page: Any, resources: Any) -> bytes:
    """What is laid over the page, such as stamps and filled fields, drawn after it."""
    drawn = []
    for number, appearance in enumerate(_appearances(page)):
        stream, rect = appearance
        x0, y0, x1, y1 = _placed(stream)
        if x1 <= x0 or y1 <= y0:
            continue
        name = f"/PatronatNote{number}"
        pictures = resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()
        pictures[NameObject(name)] = stream.clone(writer).indirect_reference or writer._add_object(stream.clone(writer))
        across, up = (rect[2] - rect[0]) / (x1 - x0), (rect[3] - rect[1]) / (y1 - y0)
        shift = (rect[0] - x0 * across, rect[1] - y0 * up)
        drawn.append(f"\nq {across:.5f} 0 0 {up:.5f} {shift[0]:.5f} {shift[1]:.5f} cm {name} Do Q")
    return "".join(drawn).encode()


def _appearances(page: Any) -> Iterator[tuple[StreamObject, tuple[float, float, float, float]]]:
    """The visible appearances of a page's annotations, each with its rectangle."""
    notes: Any = page.get("/Annots", ArrayObject()).get_object()
    for reference in notes or ():
        note = reference.get_object()
        if not isinstance(note, DictionaryObject) or int(note.get("/F", 0)) & HIDDEN_FLAGS:
            continue
        if note.get("/Subtype") == "/Popup" or "/AP" not in note or "/Rect" not in note:
            continue
        drawings: Any = note["/AP"].get_object()
        normal = drawings.get("/N")
        normal = normal.get_object() if normal is not None else None
        if isinstance(normal, DictionaryObject) and not isinstance(normal, StreamObject):
            state = normal.get(note.get("/AS", "/Off"))
            normal = state.get_object() if state is not None else None
        if isinstance(normal, StreamObject):
            corners: Any = note["/Rect"].get_object()
            a, b, c, d = (float(side) for side in corners)
            yield normal, (min(a, c), min(b, d), max(a, c), max(b, d))


def _placed(stream: Any) -> tuple[float, float, float, float]:
    """The bounding box of a drawing after its own matrix."""
    x0, y0, x1, y1 = (float(side) for side in stream["/BBox"].get_object())
    a, b, c, d, e, f = (float(part) for part in stream.get("/Matrix", ArrayObject()).get_object() or (1, 0, 0, 1, 0, 0))
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (x0, x1) for y in (y0, y1)]
    across, up = [x for x, _y in corners], [y for _x, y in corners]
    return min(across), min(up), max(across), max(up)


# Inspection: runs in the program of its own only.


def look_into(mime: str, content: bytes) -> tuple[int, bytes]:
    """The number of pages and, for a picture, the picture drawn anew. Raises UnfitScanError."""
    try:
        return (_look_into_pdf(content), b"") if mime == PDF else (1, _draw_anew(content))
    except UnfitScanError:
        raise
    except Image.DecompressionBombError as error:
        raise UnfitScanError("pixels") from error
    except MemoryError as error:
        raise UnfitScanError("costly") from error
    except Exception as error:  # the parsers raise whatever they raise; a file that makes them is damaged
        raise UnfitScanError("damaged") from error


def _look_into_pdf(content: bytes) -> int:
    if b"%%EOF" not in content[-2048:]:
        raise UnfitScanError("damaged")
    if ACTIVE_BYTES.search(content):
        raise UnfitScanError("active")
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted or "/Encrypt" in reader.trailer:
        raise UnfitScanError("locked")
    _refuse_active(reader.trailer)
    keys = {(number, generation) for generation, table in reader.xref.items() for number in table}
    keys |= {(number, 0) for number in reader.xref_objStm}
    if len(keys) > MOST_OBJECTS:
        raise UnfitScanError("costly")
    for number, generation in keys:
        _refuse_active(reader.get_object(IndirectObject(number, generation, reader)))
    pages = len(reader.pages)
    if not pages:
        raise UnfitScanError("damaged")
    if pages > MOST_PAGES:
        raise UnfitScanError("pages")
    writer = PdfWriter()
    leaves(writer, content)
    writer.write(io.BytesIO())
    return pages


def _refuse_active(thing: Any) -> None:
    """Refuse what acts by itself, whether it is said as a key or as a name; references are looked at elsewhere."""
    waiting = [thing]
    while waiting:
        item = waiting.pop()
        if isinstance(item, DictionaryObject):
            for name, value in dict.items(item):
                if name in ACTIVE and not _only_a_place(name, value):
                    raise UnfitScanError("active")
                waiting.append(value)
        elif isinstance(item, ArrayObject):
            waiting.extend(list.__iter__(item))
        elif isinstance(item, NameObject) and item in ACTIVE:
            raise UnfitScanError("active")


def _only_a_place(name: str, value: Any) -> bool:
    """Office programs say in /OpenAction which page to show first: a place, not an action."""
    target = value.get_object() if isinstance(value, IndirectObject) else value
    return name == "/OpenAction" and isinstance(target, ArrayObject)


def _draw_anew(content: bytes) -> bytes:
    """The picture without anything but its points: upright, no EXIF, no profile, no hidden tail."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise UnfitScanError("pixels")
        picture_format = picture.format
        picture.load()
        upright = _plain(ImageOps.exif_transpose(picture))
    upright.info = {}
    out = io.BytesIO()
    if picture_format == "JPEG":
        upright.save(out, "JPEG", quality=JPEG_QUALITY)
    else:
        upright.save(out, "PNG")
    return out.getvalue()


def _plain(picture: Image.Image) -> Image.Image:
    """In black and white, grey or RGB, transparency laid on white."""
    if picture.mode in ("1", "L"):
        return picture.copy()
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        opaque = picture.convert("RGBA")
        page = Image.new("RGB", opaque.size, "white")
        page.paste(opaque, mask=opaque.getchannel("A"))
        return page
    return picture.convert("RGB")


def look_for_codes(mime: str, content: bytes) -> list[str]:
    """What the QR codes say; nothing where there are none, or the page is no picture. Raises UnfitScanError."""
    import zxingcpp  # here alone: whoever imports this module to place pages needs no reader of codes

    try:
        found: list[str] = []
        for picture in _pictures_of_pdf(content) if mime == PDF else [Image.open(io.BytesIO(content))]:
            grey = picture.convert("L")
            grey.thumbnail((MOST_SIDE, MOST_SIDE))
            found += [code.text for code in zxingcpp.read_barcodes(grey)]
    except MemoryError as error:
        raise UnfitScanError("costly") from error
    except Exception as error:  # the parsers raise whatever they raise; a file that makes them is damaged
        raise UnfitScanError("damaged") from error
    return found


def _pictures_of_pdf(content: bytes) -> list[Image.Image]:
    """The pictures of the first page: a scanner lays one on each."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    page = PdfReader(io.BytesIO(content), strict=False).pages[0]
    return [image.image for image in list(page.images)[:MOST_PICTURES] if image.image is not None]


def main() -> None:
    """Read a file from the standard input; write the verdict as a line of JSON, then the new bytes, if any."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    mime, content, redrawn = sys.argv[1], sys.stdin.buffer.read(), b""
    verdict: dict[str, Any]
    try:
        if CODES in sys.argv[2:]:
            verdict = {"codes": look_for_codes(mime, content)}
        else:
            pages, redrawn = look_into(mime, content)
            verdict = {"pages": pages}
    except UnfitScanError as unfit:
        verdict = {"unfit": unfit.code}
    sys.stdout.buffer.write(json.dumps(verdict).encode() + b"\n" + redrawn)


if __name__ == "__main__":
    main()
