"""Nothing typed is cut: a text of exactly the limit comes back whole, a longer one is refused and given back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest

import app as application
from app import words
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Criterion
from app.services import registrations
from tests import factories
from tests.test_registry import VIEWS, base, form_of, rows, writer

__all__ = ["rows"]

EDITABLE = [view for view in VIEWS if "edit" not in view.exclude_route_methods]
# Text with a grammar of its own: a rule refuses the letters before their number is asked.
WITH_GRAMMAR = {("Deadline", "days")}
TEXTS = "//form[contains(@class, 'form')]//input[@type='text' or not(@type)] | //form[@method='post']//textarea"
# A cut that nobody reads, or that is not of what people typed: file and reason.
CUTS = {
    "exchange/parser.py": "looks at the first bytes",
    "readings/duplicates.py": "words that narrow a search; the whole address is compared after it",
    "render/xlsx.py": "what a cell and the name of a sheet hold",
    "render/binding.py": "lines of a heading",
    "services/family_keys.py": "keys of sorting and searching",
    "services/families.py": "keys of sorting and searching",
    "services/papers.py": "the folder of a key",
    "domain/registration.py": "parts of a code",
    "troubles.py": "the class of a code of the database",
    "services/accounts.py": "letters of a digest",
    "sessions.py": "what a browser says of itself",
    "signin.py": "a name that nobody can bear",
    "words.py": "the one place that shortens, with a mark",
}
_CUT = re.compile(r"\[:\s*(?:\d{2,}|[A-Z][A-Z_.]*)\]")


def limits(document: Any) -> dict[str, int]:
    """The texts that the form of a page asks, with the limit of each."""
    fields = document.xpath("//main//form[@method='post']//*[self::input or self::textarea][@maxlength]")
    return {field.get("name"): int(field.get("maxlength")) for field in fields}


def of_length(name: str, length: int) -> str:
    """A text of Cyrillic letters, two bytes each, that every rule of names takes."""
    return "Ё" + "ё" * (length - 1)


def check_said(document: Any, name: str, limit: int) -> None:
    """The limit of a field stands beside it, tied to it for those who listen to the page."""
    field = document.xpath("//main//*[@name=$name][@maxlength]", name=name)[0]
    notes = [document.get_element_by_id(key).text_content() for key in field.get("aria-describedby", "").split()]
    assert any(f"до {limit} знаков" in note for note in notes), f"{name}: «до {limit} знаков» stands nowhere"


def typed_in(text: str, name: str) -> str:
    field = lxml.html.fromstring(text).xpath("//main//form//*[@name=$name]", name=name)[0]
    return str(field.value).removeprefix("\n")


@pytest.mark.parametrize("view", EDITABLE, ids=lambda view: view.__name__)
def test_every_text_is_kept_whole_or_refused_whole(view, rows, sign_in, page):
    writes, row = sign_in(writer(view)), rows[view.entity.__name__]
    key, url = row.id, f"{base(view)}/edit/{row.id}"
    for name, limit in limits(page(writes, url)).items():
        document = page(writes, url)
        check_said(document, name, limit)
        long = of_length(name, limit + 1)
        answer = writes.post(url, data=form_of(document) | {name: long})
        assert answer.status_code == 200, f"{name}: {limit + 1} characters are taken"
        assert f"Не длиннее {limit} знаков" in lxml.html.fromstring(answer.text).text_content(), name
        assert typed_in(answer.text, name) == long, f"{name} is not given back"
        if (view.entity.__name__, name) in WITH_GRAMMAR:
            continue
        whole = of_length(name, limit)
        answer = writes.post(url, data=form_of(page(writes, url)) | {name: whole})
        assert answer.status_code == 302, f"{name}: {limit} characters are refused"
        assert getattr(db.session.get(view.entity, key), name) == whole, f"{name} is cut"
        assert typed_in(writes.get(url).text, name) == whole, name


def test_every_text_of_a_form_has_a_limit(rows, sign_in, page, app):
    anna, oleg = sign_in("anna"), sign_in("oleg")
    family = rows["Family"].id
    pages = [(oleg if writer(view) == "oleg" else anna, f"{base(view)}/add") for view in EDITABLE]
    pages += [(anna, url) for url in ("/family/new", f"/family/{family}/papers/add", f"/family/{family}/annul/Aid/"
                                      f"{rows['Aid'].id}")]  # fmt: skip
    pages += [(oleg, "/users/add"), (oleg, "/users/roles/")]
    for browser, url in pages:
        answer = browser.get(url)
        if answer.status_code != 200:
            continue
        document = lxml.html.fromstring(answer.text)
        for area in document.xpath("//main//form[@method='post']//textarea"):
            assert area.get("maxlength"), f"{url}: {area.get('name')}"
        for name, limit in limits(document).items():
            check_said(document, name, limit)


ACTS = {
    "place": ("/family/{free}/place", {"decided_on": "2026-02-02"}),
    "papers": ("/family/{free}/papers/add", {"kind": "other"}),
    "annul": ("/aidregistry/annul/{aid}", {}),
    "new": ("/family/new", {}),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_forms_of_acts_refuse_and_give_back_what_is_too_long(act, rows, cast, sign_in, page):
    free = factories.family(cast.north, number="00099")
    factories.member(free)
    criterion = str(factories.by_code(Criterion, "2.1.1").id)
    db.session.commit()
    address, typed = ACTS[act]
    url, anna = address.format(free=free.id, aid=rows["Aid"].id), sign_in("anna")
    asked = limits(page(anna, url))
    assert asked, "the form asks no text"
    for name, limit in asked.items():
        long = of_length(name, limit + 1)
        answer = anna.post(url, data={**typed, "criteria": criterion, name: long})
        assert answer.status_code == 200, name
        assert f"Не длиннее {limit} знаков" in lxml.html.fromstring(answer.text).text_content(), name
        assert typed_in(answer.text, name) == long, name


def test_a_long_reason_is_refused_by_the_act_itself(rows, app):
    with pytest.raises(Refusal, match="500"):
        registrations.annul(rows["Aid"], reason="п" * 501, today=rows["Aid"].given_on)
    registrations.annul(rows["Aid"], reason="п" * 500, today=rows["Aid"].given_on)
    assert rows["Aid"].annul_reason == "п" * 500


def test_what_is_shortened_says_so():
    assert words.short("короткий", 8) == "короткий"
    assert words.short("длинный текст", 8) == "длинный…"


def test_a_workbook_of_a_part_of_a_list_says_so(rows, sign_in, monkeypatch):
    import io

    from openpyxl import load_workbook

    monkeypatch.setattr("app.crud.listing.LARGEST_EXPORT", 1)
    answer = sign_in("anna").get("/memberregistry/xlsx")
    cells = [str(cell.value) for line in load_workbook(io.BytesIO(answer.data)).active.iter_rows() for cell in line]
    assert any("Показаны первые 1 из 2" in cell for cell in cells)


def test_more_words_than_are_looked_for_are_told(sign_in):
    answer = sign_in("anna").get("/search?q=" + " ".join("абвгдежзи"))
    assert answer.status_code == 400
    assert "слов больше 8" in answer.text


def test_no_text_is_cut_elsewhere():
    root = Path(application.__file__).parent
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if place.startswith("demo/") or place in CUTS:
            continue
        found = _CUT.findall(path.read_text(encoding="utf-8"))
        assert not [cut for cut in found if not any(word in cut for word in ("SHOWN", "PAGE", "MOST", "ROWS"))], (
            f"{place}: {found}; refuse it with a sentence, or shorten it by app.words.short"
        )
