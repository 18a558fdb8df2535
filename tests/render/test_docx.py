"""Templates of Word papers: what they name is found, what they may not do is refused, the rest is written."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

import docx as library
import pytest

from app.render import docx
from app.render.docx import UnfitTemplateError


def template(*lines: str) -> bytes:
    return docx.standard([("text", line) for line in lines])


def said(content: bytes) -> list[str]:
    return [each.text for each in library.Document(io.BytesIO(content)).paragraphs]


def with_file(content: bytes, name: str, text: bytes) -> bytes:
    """The same document with one more file in its archive."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, old.read(each))
        new.writestr(name, text)
    return out.getvalue()


def test_fields_are_filled_in_and_an_unknown_one_leaves_a_line():
    paper = docx.written(
        template("№ {{ номер }}", "{{ нет }}{{ нет.части }}", "{% if номер == '7/3' %}да{% endif %}"), {"номер": "7/3"}
    )
    assert said(paper) == ["№ 7/3", docx.BLANK * 2, "да"]


def test_what_was_typed_is_text_and_no_mark_up():
    typed = "Мать & <w:p>отец</w:p>\n{{ номер }}"
    assert said(docx.written(template("{{ существо }}"), {"существо": typed, "номер": 1})) == [typed]


def test_a_list_is_gone_through_and_may_be_empty():
    made = template("{% for п in поручения %}{{ п.орган }}; {% endfor %}")
    assert said(docx.written(made, {"поручения": [{"орган": "УСЗН"}, {"орган": "Школа"}]})) == ["УСЗН; Школа; "]
    assert said(docx.written(made, {"поручения": []})) == [""]


def test_every_field_that_is_named_is_told():
    assert docx.named(template("{{ номер }}", "{% for п in поручения %}{{ п.текст }}{{ чужое }}{% endfor %}")) == {
        "номер", "поручения", "чужое",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "{{ 'а' * 1000000000 }}", "{{ номер|center(99999999) }}", "{% set x = 1 %}", "{{ range(9) }}",
        "{{ ''.join(номер) }}", "{% include 'x' %}", "{% for i in номер %}x{% endfor %}",
        "{% macro m() %}{% endmacro %}", "{% for i in (1, 2) %}x{% endfor %}", "{{ номер[0] }}", "{{ номер ~ номер }}",
    ],
)  # fmt: skip
def test_a_template_does_nothing_but_name_choose_and_go_through_lists(line):
    with pytest.raises(UnfitTemplateError, match="запрещённое"):
        docx.written(template(line), {"номер": "7"})


@pytest.mark.parametrize("line", ["{{ номер.__class__.__mro__ }}", "{{ __builtins__ }}", "{{ self.__init__ }}"])
def test_nothing_behind_a_value_is_reached(line):
    try:
        found = said(docx.written(template(line), {"номер": "7"}))
    except UnfitTemplateError:
        return
    assert found == [docx.BLANK]


@pytest.mark.parametrize("line", ["{{ номер", "{% for п in поручения %}", "{% нет %}"])
def test_a_template_with_a_mistake_is_told(line):
    with pytest.raises(UnfitTemplateError, match="ошибка"):
        docx.written(template(line), {})


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04 broken"])
def test_what_is_no_document_is_told(content):
    with pytest.raises(UnfitTemplateError, match=r"\.docx"):
        docx.named(content)


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/embeddings/oleObject1.bin", "word/activeX/activeX1.xml"])
def test_macros_and_embedded_objects_are_refused(name):
    with pytest.raises(UnfitTemplateError, match="макросы"):
        docx.named(with_file(template("{{ номер }}"), name, b"x"))


LINK = '<Relationships><Relationship {} Target="http://x.example"/></Relationships>'


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("word/_rels/more.xml.rels", LINK.format('TargetMode="External"').encode()),
        ("word/_rels/more.xml.RELS", LINK.format("TargetMode = 'external'").encode()),
        ("word/_rels/more.xml.rels", LINK.format('TargetMode="&#69;xternal"').encode()),
        ("word/_rels/more.xml.rels", LINK.format('TargetMode="External"').encode("utf-16")),
        ("word/more.xml", b"<!DOCTYPE d SYSTEM 'http://x.example'><d/>"),
        ("word/more.xml", b'<d><instrText>INCLUDE</instrText><t/><instrText>PICTURE "http://x"</instrText></d>'),
        ("word/more.xml", b"<d xmlns:w='w'><fldSimple w:instr=' DDEAUTO cmd'/></d>"),
    ],
)
def test_what_points_to_the_outside_is_refused(name, part):
    with pytest.raises(UnfitTemplateError, match="внешний"):
        docx.named(with_file(template("{{ номер }}"), name, part))


def test_a_document_that_unpacks_into_too_much_is_refused():
    with pytest.raises(UnfitTemplateError, match="велик"):
        docx.named(with_file(template("{{ номер }}"), "word/media/x.bin", bytes(docx.MOST_UNPACKED)))


def test_a_document_that_is_too_large_is_refused():
    with pytest.raises(UnfitTemplateError, match="2 МБ"):
        docx.check(b"x" * (docx.LARGEST + 1))
