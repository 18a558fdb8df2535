"""A settlement's book and the bank change beside each other: neither side's work is overwritten unasked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.clock import today
from app.domain.refusal import Refusal
from app.exchange import apply, plan, undo
from app.exchange.changes import OURS, THEIRS
from app.exchange.workbook import FAMILIES, MEMBERS
from app.extensions import db
from app.models import Member
from tests.exchange.workbooks import Sound, load, read, totals

IN_PYTHON = pytest.mark.one_database("cells are compared in Python; what the journal is asked is asked of both")
WORK, ADDRESS = "Место работы, должность", "Место фактического проживания"


def mother() -> Member:
    return db.session.scalars(select(Member).where(Member.first_name == "Алёна")).one()


def we_write(workplace: str) -> None:
    """Somebody here corrects a person."""
    mother().workplace = workplace
    db.session.commit()


def book(workplace: str, address: str = "ул. Речная, д. 1") -> bytes:
    found = Sound()
    found.row(MEMBERS.title)[WORK] = workplace
    found.row(FAMILIES.title)[ADDRESS] = address
    return found.content()


def compared(content: bytes, **answers: str) -> Any:
    found = plan.make(read(content), today(), {key.replace("_", "-"): said for key, said in answers.items()})
    assert not found.faults, found.faults
    return found


def done(found: Any) -> Any:
    batch = apply.apply(found, today())
    db.session.commit()
    return batch


def values(found: Any) -> list[tuple[str, str, str, str | None]]:
    return [(each.base, each.change.becomes, each.change.was, each.chosen) for each in found.contests]


def test_what_a_book_repeats_does_not_undo_what_was_done_here(app, cast):
    """Neither next month, nor after a load that left it as it was."""
    load(book("не работает"))
    we_write("МБОУ СОШ № 7, повар")
    found = compared(book("не работает"))
    assert values(found) == [("не работает", "не работает", "МБОУ СОШ № 7, повар", OURS)]
    assert totals(found)["changed"] == 0
    assert not found.does_something
    for address in ("ул. Речная, д. 2", "ул. Речная, д. 3"):
        found = compared(book("не работает", address))
        assert [each.chosen for each in found.contests] == [OURS]
        assert [change.column for change in found.changes] == [ADDRESS]
        done(found)
        assert mother().workplace == "МБОУ СОШ № 7, повар"


@IN_PYTHON
def test_what_nobody_here_has_touched_is_theirs(app, cast):
    load(book("не работает"))
    found = compared(book("почта, оператор"))
    assert not found.contests
    done(found)
    assert mother().workplace == "почта, оператор"


@IN_PYTHON
@pytest.mark.parametrize("how", ["cell", "row", "family", "all"])
@pytest.mark.parametrize(("side", "becomes"), [(OURS, "повар"), (THEIRS, "почта")])
def test_what_both_have_changed_is_asked_and_taken_by_cell_row_family_or_all(app, cast, how, side, becomes):
    load(book("не работает"))
    we_write("повар")
    found = compared(book("почта", "ул. Речная, д. 2"))
    assert values(found) == [("не работает", "почта", "повар", None)]
    assert len(found.unanswered) == 1
    with pytest.raises(Refusal, match="без ответа"):
        apply.apply(found, today())
    (contest,) = found.contests
    key = {"cell": contest.key, "row": contest.row_key, "family": contest.family_key, "all": "sides"}[how]
    other = {OURS: THEIRS, THEIRS: OURS}[side]
    wider = {"sides": other} if how != "all" else {}
    done(compared(book("почта", "ул. Речная, д. 2"), **wider, **{key: side}))
    assert mother().workplace == becomes
    again = compared(book("почта", "ул. Речная, д. 2"))
    assert [each.chosen for each in again.contests] == ([OURS] if side == OURS else [])


@IN_PYTHON
def test_the_book_of_a_load_that_was_undone_is_not_their_last_one(app, cast):
    load(book("не работает"))
    second = load(book("почта"))
    undo.undo(second, today())
    db.session.commit()
    we_write("повар")
    assert values(compared(book("почта"))) == [("не работает", "почта", "повар", None)]
    assert values(compared(book("не работает"))) == [("не работает", "не работает", "повар", OURS)]
