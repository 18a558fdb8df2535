"""Nothing typed is cut: a text of exactly the limit comes back whole, a longer one is refused and given back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import CompoundSelect, Enum, String, Text, bindparam, false, func, select, union_all

import app as application
from app import words
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import Model
from app.services import registrations
from tests import forms_of_acts
from tests.forms_of_acts import acts, beside
from tests.test_registry import ADDED, VIEWS, base, own, rows, writer

__all__ = ["acts", "beside", "rows"]

EDITABLE = [view for view in VIEWS if "edit" not in view.exclude_route_methods]
# Text with a grammar of its own: a rule refuses the letters before their number is asked.
WITH_GRAMMAR = {
    ("AgencyRegistry", "number_pattern"), ("plan meetings", "days"),
    ("change a plan", "lines-1-details"), ("open a programme", "problems"), ("change a programme", "problems"),
    ("write a delivery down", "whom"), ("prepare a destruction", "commission"),
}  # fmt: skip
# A cut that nobody reads, or that is not of what people typed: file and reason.
CUTS = {
    "exchange/plan/sides.py": "a digest tells whether two values are one",
    "domain/submissions.py": "the code that is printed is the beginning of a hash",
    "exchange/parser.py": "looks at the first bytes",
    "readings/duplicates.py": "words that narrow a search; the whole address is compared after it",
    "render/stream.py": "what a cell holds",
    "render/xlsx.py": "what the name of a sheet holds",
    "render/binding.py": "lines of a heading",
    "services/family_keys.py": "keys of sorting and searching",
    "services/families.py": "keys of sorting and searching",
    "services/papers.py": "the folder of a key",
    "domain/names.py": "words by which rows are found",
    "domain/registration.py": "parts of a code",
    "troubles.py": "the class of a code of the database",
    "backup/restoring.py": "the name of a database, and the day of a moment",
    "backup/sealing.py": "the beginning of a key, by which it is known",
    "backup/stores.py": "the name of a database",
    "backup/upgrading.py": "how an error of a migration begins",
    "cli/keeping.py": "a moment to the minute",
    "exchange/handmade/columns.py": "rows that are looked at to tell what a column holds",
    "exchange/handmade/known.py": "so many suggestions",
    "exchange/handmade/matching.py": "the key of a question",
    "exchange/handmade/meanings.py": "so many suggestions",
    "exchange/handmade/tables.py": "rows in which a table begins",
    "exchange/handmade/vocabulary.py": "so many suggestions",
    "exchange/likeness.py": "so many suggestions",
    "exchange/texts.py": "lines by which a text is told from a table",
    "journal/chain.py": "letters of a digest",
    "render/filled.py": "what the name of a sheet holds",
    "screens/account.py": "a password and a code longer than there are any",
    "screens/programme_forms.py": "so many suggestions",
    "screens/transfer_files.py": "what a receipt says of who gave it",
    "services/accounts.py": "letters of a digest",
    "sessions.py": "what a browser says of itself",
    "signin.py": "a name that nobody can bear",
    "words.py": "the one place that shortens, with a mark",
}
PASSED = ("journal_entry", "sent_form", "user_session")  # they repeat what was typed elsewhere
_CUT = re.compile(r"\[:\s*(?:\d{2,}|[A-Z][A-Z_.]*)\]")


# Of each field another letter: a text that is found was stored by its own field.
LETTERS = "бвгджзклмнпрстфхцчшщ"


def limits(form: Any) -> dict[str, int]:
    """The texts that a form asks, with the limit of each."""
    fields = form.xpath(".//*[self::input or self::textarea][@maxlength]")
    return {field.get("name"): int(field.get("maxlength")) for field in fields}


def of_length(name: str, length: int, place: int = 0) -> str:
    """A text of Cyrillic letters, two bytes each, that every rule of names takes."""
    letter = LETTERS[place % len(LETTERS)]
    return (letter if name == "username" else letter.upper()) + letter * (length - 1)


def check_said(document: Any, name: str, limit: int) -> None:
    """The limit of a field stands beside it, tied to it for those who listen to the page."""
    field = document.xpath("//main//*[@name=$name][@maxlength]", name=name)[0]
    notes = [document.get_element_by_id(key).text_content() for key in field.get("aria-describedby", "").split()]
    assert any(f"до {limit} знаков" in note for note in notes), f"{name}: «до {limit} знаков» stands nowhere"


def refusals(
    form: forms_of_acts.ActForm, browser: Any, opened: Any, long: dict[str, str]
) -> Iterator[tuple[str, Any, str]]:
    """(field, page, what is said of it) for each text that is too long: all in one round where a form has a place for
    it beside each field, one by one where it tells one fault above all fields.
    """
    together = refused(form, browser, opened, long)
    for field, text in long.items():
        beside = together.xpath("//main//*[@id=$error]", error=f"{field}-error")
        page = together if beside else refused(form, browser, opened, {field: text})
        yield field, page, (beside[0] if beside else page).text_content()


def refused(form: forms_of_acts.ActForm, browser: Any, opened: Any, long: dict[str, str]) -> Any:
    answer = browser.post(form.url, data=sent(form, opened) | long)
    assert answer.status_code == 200, f"texts beyond their limits are taken: {[*long]}"
    return lxml.html.fromstring(answer.text)


def typed_in(document: Any, name: str) -> str:
    field = document.xpath("//main//form//*[@name=$name]", name=name)[0]
    return str(field.value).removeprefix("\n")


def kept_of(texts: Iterable[str]) -> list[tuple[str, bool]]:
    """Those of some texts that the bank gives back as they are, from whatever table, and whether each is longer than
    the column in which it stands: SQLite keeps it, Postgres does not."""
    return [(text, bool(longer)) for text, longer in db.session.execute(_everywhere(), {"texts": list(texts)})]


def _columns() -> list[Any]:
    tables = [table for name, table in Model.metadata.tables.items() if name not in PASSED]
    columns = [column for table in tables for column in table.columns if isinstance(column.type, String | Text)]
    return [column for column in columns if not isinstance(column.type, Enum)]


@cache
def _everywhere() -> CompoundSelect[Any]:
    """Every column of text, asked for some texts at once."""
    texts = bindparam("texts", expanding=True)
    return union_all(*(select(each, _longer(each)).where(each.in_(texts)) for each in _columns()))


def _longer(column: Any) -> Any:
    return func.length(column) > column.type.length if column.type.length else false()


FORMS = {view.__name__: view for view in own(EDITABLE)} | dict.fromkeys(forms_of_acts.NAMES)


@pytest.fixture
def form(request, rows, acts) -> forms_of_acts.ActForm:
    """The form of a stored row of the registry, or of an act."""
    view = FORMS[request.param]
    if view is None:
        return acts[request.param]
    url = f"{base(view)}/edit/{rows[view.entity.__name__].id}"
    return forms_of_acts.ActForm(writer(view), url, url)


def texts_of(form: forms_of_acts.ActForm, opened: Any) -> dict[str, int]:
    """The texts that the form of a page asks with their limits; without any there is nothing to try."""
    asked = limits(form.element(opened))
    if not asked:
        pytest.skip("the form asks no text")
    return asked


@pytest.mark.one_database("what Postgres would refuse, a text longer than its column, is looked for here")
@pytest.mark.parametrize("form", FORMS, indirect=True)
def test_a_longer_text_is_refused_and_given_back_and_one_of_its_limit_is_kept_whole(request, form, sign_in, page):
    browser = sign_in(form.who)
    opened = page(browser, form.page)
    check_limits(opened, form.page)
    asked = texts_of(form, opened)
    check_longer(form, browser, opened, asked)
    check_whole(form, browser, opened, {
        field: of_length(field, limit, place)
        for place, (field, limit) in enumerate(asked.items())
        if (request.node.callspec.params["form"], field) not in WITH_GRAMMAR
    })  # fmt: skip


def check_longer(form: forms_of_acts.ActForm, browser: Any, opened: Any, asked: dict[str, int]) -> None:
    long = {field: of_length(field, limit + 1) for field, limit in asked.items()}
    for field, document, said in refusals(form, browser, opened, long):
        check_said(document, field, asked[field])
        assert f"Не длиннее {asked[field]} знаков" in said, field
        assert typed_in(document, field) == long[field], f"{field} is not given back"


def check_whole(form: forms_of_acts.ActForm, browser: Any, opened: Any, whole: dict[str, str]) -> None:
    answer = browser.post(form.url, data=sent(form, opened) | whole)
    assert answer.status_code == 302 or "one-time-password" in answer.text, "texts of their limits are refused"
    kept = kept_of(whole.values())
    cut = {field for field, text in whole.items() if text not in dict(kept)}
    assert not cut, f"{cut} are cut"
    assert not [text for text, longer in kept if longer], "a text is longer than its column"


def sent(form: forms_of_acts.ActForm, opened: Any) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in form.fields(opened).items()}


@pytest.mark.one_database("a form counts the letters before the database is asked")
def test_every_text_of_a_form_of_a_further_row_has_a_limit(sign_in, page):
    """Of the forms of acts and of stored rows the test above asks it."""
    browsers = {who: sign_in(who) for who in ("anna", "oleg")}
    for view in own(ADDED):
        url = f"{base(view)}/add"
        check_limits(page(browsers[writer(view)], url), url)


def check_limits(document: Any, url: str) -> None:
    """Every text that the forms of a page ask has a limit or bounds, and its limit is said."""
    for field in document.xpath("//main//form[@method='post']//*[self::textarea or self::input[@type='text']]"):
        assert field.get("maxlength") or field.get("readonly") is not None or has_bounds(field), (
            f"{url}: {field.get('name')}"
        )
    for form in document.xpath("//main//form[@method='post']"):
        for name, limit in limits(form).items():
            check_said(document, name, limit)


def has_bounds(field: Any) -> bool:
    """A day, a time and an amount have bounds, and no length; what is one of a list is as long as the list says."""
    return (
        field.get("data-day") is not None
        or field.get("data-time") is not None
        or field.get("list") is not None
        or field.get("name") in ("amount", "income_per_member")
    )


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
