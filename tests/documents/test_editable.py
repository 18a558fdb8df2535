"""The standard templates name every field of their papers and nothing else, and each comes out whole."""

from __future__ import annotations

import io
from datetime import date

import docx as library
import pytest

from app.documents import editable
from app.domain.terms import TemplateKind
from app.render import docx

TODAY = date(2026, 9, 30)
OF_NO_PARAGRAPH = {  # known of the meeting, and not what the standard words of such a paper say
    TemplateKind.RESOLUTION: {"семья"},
    TemplateKind.EXTRACT: {"номер_заседания", "время", "присутствовали", "отсутствовали", "иные_лица", "семья",
                           "явились", "существо", "нарушения", "причины", "меры"},
    TemplateKind.NOTICE: {"номер_заседания", "присутствовали", "отсутствовали", "иные_лица"},
    TemplateKind.LETTER: {"номер_заседания", "время", "место", "присутствовали", "отсутствовали", "иные_лица", "семья",
                          "семьи", "родителей", "явились", "существо", "нарушения", "причины", "решение", "меры",
                          "обжалование"},
}  # fmt: skip


@pytest.mark.parametrize("kind", TemplateKind)
def test_a_standard_template_names_the_fields_of_its_paper(kind):
    unknown, unused = editable.checked(kind, editable.standard(kind))
    assert not unknown
    assert set(unused) == OF_NO_PARAGRAPH.get(kind, set())


@pytest.mark.parametrize("kind", TemplateKind)
def test_a_standard_template_is_filled_in_without_a_line_left(kind):
    made = editable.preview(kind, editable.standard(kind), TODAY)
    text = "\n".join(each.text for each in library.Document(io.BytesIO(made)).paragraphs)
    assert docx.BLANK not in text.replace("____________", "")
    assert "{{" not in text


def test_what_a_template_names_and_no_paper_knows_is_told():
    unknown, unused = editable.checked(TemplateKind.NOTICE, docx.standard([("text", "{{ кому }} {{ фамилия }}")]))
    assert unknown == ["фамилия"]
    assert "вопрос" in unused
