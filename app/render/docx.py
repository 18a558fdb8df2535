"""Word papers: a template with named fields becomes a paper one may edit.

A template is somebody's file: it names fields, chooses by them and goes through lists, in a sandbox, and does nothing
else. A field that is not known leaves a line to write on. Nothing is fetched, no macros and no links are let in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile, ZipFile

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate, InlineImage, Listing
from jinja2 import ChainableUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from app.render import qr

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BLANK = "________"
LISTS = ("поручения", "вопросы")  # what a template may go through
# What a template is made of: fields, conditions, loops.
PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If, nodes.Compare,
    nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Const, nodes.CondExpr,
)  # fmt: skip
LARGEST = 2 * 1024 * 1024  # bytes of a template
MOST_UNPACKED = 30 * 1024 * 1024
FONT, POINTS, MARK_POINTS = "Times New Roman", 12, 8
SIDES = {"title": WD_ALIGN_PARAGRAPH.CENTER, "corner": WD_ALIGN_PARAGRAPH.RIGHT}
CODE_SIDE = 24  # millimetres of a QR code
# Fields by which Word fetches something when it opens a paper; each may be cut into several runs.
_FETCHES = re.compile(r"DDE|INCLUDE(?:PICTURE|TEXT)|IMPORT|HYPERLINK|DATABASE|(?<![A-Z])(?:LINK|RD)(?![A-Z])", re.I)


class UnfitTemplateError(Exception):
    """A file that is no template; `text` says why, for the person who brings it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Code:
    """A value that is printed as a QR code; says: what the code says."""

    says: str


class _Blank(ChainableUndefined):
    """A field that nobody filled in: a line to write on."""

    def __str__(self) -> str:
        return BLANK

    def __html__(self) -> str:
        return BLANK


class _Sandbox(SandboxedEnvironment):
    """A template names fields, chooses by them and goes through the lists of the paper; it does nothing else."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            if not isinstance(node, PLAIN):
                raise SecurityError(type(node).__name__)
            if isinstance(node, nodes.For) and _last_name(node.iter) not in LISTS:
                raise SecurityError("перебирают только списки: " + ", ".join(LISTS))
        return tree


def _last_name(node: nodes.Node) -> str:
    return str(getattr(node, "attr", getattr(node, "name", "")))


def _environment() -> SandboxedEnvironment:
    return _Sandbox(autoescape=True, undefined=_Blank)


def check(content: bytes) -> None:
    """Raise UnfitTemplateError unless a file is a Word document without macros and links to the outside."""
    if len(content) > LARGEST:
        raise UnfitTemplateError("Образец больше 2 МБ: уберите из него картинки или уменьшите их.")
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "word/document.xml" not in names:
                raise UnfitTemplateError("Это не документ Word (.docx): сохраните образец в этом виде.")
            if sum(one.file_size for one in archive.infolist()) > MOST_UNPACKED:
                raise UnfitTemplateError("Образец слишком велик в распакованном виде.")
            if any(part in name.lower() for name in names for part in ("vbaproject", "/embeddings/", "/activex/")):
                raise UnfitTemplateError("В образце есть макросы или вложенные объекты: сохраните его без них.")
            if len(set(names)) < len(names):
                raise UnfitTemplateError("В архиве образца две части одного имени: сохраните его в Word заново.")
            if any(_leads_outside(archive.read(name)) for name in names if name.lower().endswith((".rels", ".xml"))):
                raise UnfitTemplateError("Образец ссылается на внешний файл или адрес: уберите ссылки и картинки.")
    except (BadZipFile, etree.XMLSyntaxError) as error:
        raise UnfitTemplateError("Это не документ Word (.docx): сохраните образец в этом виде.") from error


def _leads_outside(part: bytes) -> bool:
    """Whether a part of a document names a file or an address, or has a field by which Word fetches one."""
    root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    if root.getroottree().docinfo.doctype:
        return True
    fields: list[str] = []
    for each in root.iter(etree.Element):
        name = etree.QName(each).localname
        if name == "Relationship" and each.get("TargetMode", "").strip().lower() == "external":
            return True
        if name == "instrText":
            fields.append(each.text or "")
        fields += [value for key, value in each.items() if etree.QName(key).localname == "instr"]
    return _FETCHES.search("".join(fields)) is not None


def named(content: bytes) -> set[str]:
    """The fields that a template names. Raises UnfitTemplateError."""
    check(content)

    def read() -> set[str]:
        return set(DocxTemplate(io.BytesIO(content)).get_undeclared_template_variables(_environment()))

    return _read(read)


def written(content: bytes, values: Mapping[str, Any]) -> bytes:
    """The paper of a template. Raises UnfitTemplateError."""
    check(content)

    def write() -> bytes:
        paper = DocxTemplate(io.BytesIO(content))
        codes = {name: _drawn(paper, value) for name, value in values.items() if isinstance(value, Code)}
        paper.render(_shown(values) | codes, jinja_env=_environment(), autoescape=True)
        out = io.BytesIO()
        paper.save(out)
        return out.getvalue()

    return _read(write)


def _drawn(paper: DocxTemplate, code: Code) -> InlineImage:
    return InlineImage(paper, io.BytesIO(qr.png(code.says)), width=Mm(CODE_SIDE))


def standard(lines: Sequence[tuple[str, str]]) -> bytes:
    """A plain template: each line is a paragraph of a kind, «title», «head», «corner» or «text»."""
    paper = Document()
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(POINTS)
    for kind, text in lines:
        paragraph = paper.add_paragraph()
        run = paragraph.add_run(text)
        run.bold = kind in ("title", "head")
        if kind in SIDES:
            paragraph.alignment = SIDES[kind]
        paragraph.paragraph_format.space_after = Pt(6)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def with_table(lines: Sequence[tuple[str, str]], heads: tuple[Sequence[tuple[str, int]], Sequence[str]],
               rows: Sequence[Sequence[str]], after: Sequence[str] = (), *,
               numbered: bool = False) -> bytes:  # fmt: skip
    """A sheet that lies: lines of a kind («title», «corner», «text»), then a table whose head has two rows, or one.

    heads: what stands over the columns, each with how many of them it is over, or nothing; the columns themselves.
    The head stands on each sheet, and no row is cut by the end of one. numbered: a row of numbers ends the head.
    after: paragraphs under the table.
    """
    paper = Document()
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(POINTS - 2)
    for kind, text in lines:
        paragraph = paper.add_paragraph()
        paragraph.add_run(text).bold = kind == "title"
        paragraph.alignment = SIDES.get(kind, WD_ALIGN_PARAGRAPH.LEFT)
        paragraph.paragraph_format.space_after = Pt(3)
    over, columns = heads
    table = paper.add_table(rows=2 if over else 1, cols=len(columns))
    table.style = "Table Grid"
    place = 0
    for text, width in over:
        cell = table.cell(0, place)
        if width > 1:
            cell = cell.merge(table.cell(0, place + width - 1))
        cell.text, place = text, place + width
    for place, text in enumerate(columns):
        below = table.cell(-1, place)
        if over and table.cell(0, place).text == text:
            below.merge(table.cell(0, place))
        below.text = text
    numbers = [[str(number) for number in range(1, len(columns) + 1)]] if numbered else []
    head = len(table.rows) + len(numbers)
    for row in [*numbers, *rows]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    for number, line in enumerate(table.rows):
        said = line._tr.get_or_add_trPr()
        said.append(OxmlElement("w:cantSplit"))
        if number < head:
            said.append(OxmlElement("w:tblHeader"))
    for text in after:
        paper.add_paragraph(text)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def marked(content: bytes, mark: str) -> bytes:
    """A paper with a line at the foot of each of its pages, whatever stands there already."""
    paper = Document(io.BytesIO(content))
    for number, section in enumerate(paper.sections):
        feet = [section.footer]
        if section.different_first_page_header_footer:
            feet.append(section.first_page_footer)
        if paper.settings.odd_and_even_pages_header_footer:
            feet.append(section.even_page_footer)
        for foot in feet:
            if number and foot.is_linked_to_previous:
                continue
            foot.add_paragraph().add_run(mark).font.size = Pt(MARK_POINTS)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _shown(values: Any) -> Any:
    """Values as they stand in the paper: nothing leaves a line, a text of several lines keeps them."""
    if isinstance(values, Mapping):
        return {name: _shown(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_shown(value) for value in values]
    text = "" if values is None else str(values)
    if not text:
        return BLANK
    return Listing(text) if "\n" in text else text


def _read(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except UnfitTemplateError:
        raise
    except SecurityError as error:
        raise UnfitTemplateError(f"В образце есть запрещённое выражение: {error}.") from error
    except TemplateError as error:
        raise UnfitTemplateError(f"В образце ошибка: {error}.") from error
    except Exception as error:
        raise UnfitTemplateError("Образец не читается: откройте его в Word и сохраните заново.") from error
