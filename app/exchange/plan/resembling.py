"""What a book would create though the bank has something that resembles it: both are looked at first.

The answer is kept as another name of what was chosen, as those to a hand-made book are.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from app.exchange.changes import OTHER, Option, Question
from app.exchange.plan.comparing import Comparison
from app.exchange.records import Row
from app.exchange.workbook import Sheet

SCHOOL, PLACE, BODY = "school", "place", "body"
_ASKED = {
    SCHOOL: "какая это школа или детский сад?",
    PLACE: "какая это территория?",
    BODY: "какая это организация?",
}
_NEW = {SCHOOL: "Другая: записать «{name}»", PLACE: "Новая территория «{name}»",
        BODY: "Другая организация: записать «{name}»"}  # fmt: skip


def chosen(comparison: Comparison, form: Sheet, row: Row, what: str, name: str, near: Sequence[str],
           sure: str | None = None) -> str:  # fmt: skip
    """The name under which what a row names is written: its own, or that of the one which the person says it is.

    near: the names that it may be instead; sure: the one of them that is offered.
    """
    key = f"like-{what}-{blake2b(name.encode(), digest_size=8).hexdigest()}"
    said = comparison.answer(key, {*near, OTHER}, sure)
    options = (*(Option(one, f"Это «{one}»") for one in near), Option(OTHER, _NEW[what].format(name=name)))
    comparison.ask(Question(key, form.title, row.line, row.number, f"«{name}» – {_ASKED[what]}", options, said))
    if said in (None, OTHER):
        return name
    comparison.plan.other_names[f"{what}:{name}"] = said or name
    return said or name
