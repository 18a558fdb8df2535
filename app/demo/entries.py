"""What the journal says of the invented rows: an entry for each, as when people type them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app import journal
from app.demo.ground import Row
from app.domain import names
from app.domain.terms import Act
from app.journal.changes import Words, ask_for, lists, of_inserted, of_updated
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    AgencyKind,
    Aid,
    AidKind,
    Assignment,
    CardChild,
    Criterion,
    Decision,
    Education,
    Employee,
    Family,
    IdentityDocument,
    Member,
    Mentor,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    SignalCard,
    Supervision,
    Territory,
    TerritoryAlias,
)

Lists = dict[int, dict[str, list[int]]]
ANNULMENT = ("annulled_at", "annul_reason")


def _person(row: Row, _words: Words) -> str:
    return names.full(row["last_name"], row["first_name"], row["middle_name"])


def _whose(row: Row, words: Words) -> str:
    return words.of(Member, row["member_id"]) or ""


def _guide(row: Row, words: Words) -> str:
    return words.of(Employee, row["employee_id"]) or ""


def _stay(row: Row, _words: Words) -> str:
    until = f" по {row['removed_on']:%d.%m.%Y}" if row["removed_on"] else ""
    return f"с {row['registered_on']:%d.%m.%Y}{until}"


# What a row is called; a row that others name is called as it calls itself.
CALLED: dict[Any, Callable[[Row, Words], str]] = {
    Territory: lambda row, _words: row["name"],
    TerritoryAlias: lambda row, _words: row["name"],
    Agency: lambda row, _words: row["name"],
    Employee: _person,
    Family: lambda row, _words: f"№ {row['number']} {row['name']}",
    Member: _person,
    IdentityDocument: _whose,
    Education: _whose,
    PupilSupport: _whose,
    Supervision: _whose,
    Decision: lambda row, _words: f"№ {row['number']} от {row['decided_on']:%d.%m.%Y}",
    Registration: _stay,
    RegistrationCriterion: lambda row, words: words.of(Criterion, row["criterion_id"]) or "",
    Aid: lambda row, words: f"{row['given_on']:%d.%m.%Y} {words.of(AidKind, row['kind_id'])}",
    Mentor: _guide,
    Assignment: _guide,
    SignalCard: lambda row, _words: f"№ {row['number']}/{row['year']} {_person(row, _words)}",
    CardChild: lambda row, _words: row["name"] or "имя не известно",
    AgencyInquiry: lambda row, words: words.of(Agency, row["agency_id"]) or "",
    AgencyFinding: lambda row, words: f"{words.of(AgencyKind, row['kind_id'])}, {row['told_on']:%d.%m.%Y}",
}


def of_rows(written: Mapping[Any, list[Row]], links: Mapping[str, list[Row]]) -> Iterator[dict[str, Any]]:
    """The entries of rows that were inserted together, parents first; `links`: the rows of lists by table."""
    words = Words()
    for entity, rows in written.items():
        called, title = CALLED.get(entity), str(entity.TITLE)
        ask_for(entity, rows, words)
        lists_of = _lists(entity, links)
        for row in rows:
            name = called(row, words) if called else ""
            words.know(entity, row["id"], name)
            yield from _of_row(entity, row, f"{title}: {name}" if name else title, words, lists_of)


def _of_row(entity: Any, row: Row, title: str, words: Words, lists_of: Lists) -> Iterator[dict[str, Any]]:
    """A row is entered; one that was annulled later has that said in an entry of its own."""
    where = {
        "entity": entity.__name__, "entity_id": row["id"], "summary": title,
        "family_id": row["id"] if entity is Family else row.get("family_id"),
    }  # fmt: skip
    typed = {name: value for name, value in row.items() if name not in ANNULMENT}
    yield journal.entry(Act.CREATED, **where, said=of_inserted(entity, typed, words, lists_of.get(row["id"])))
    if row.get("annulled_at") is not None:
        annulled = {name: row[name] for name in ANNULMENT}
        yield journal.entry(Act.ANNULLED, **where, said=of_updated(entity, {}, annulled, words))


def _lists(entity: Any, links: Mapping[str, list[Row]]) -> Lists:
    """The lists of rows of an entity by the id of the row, in their order."""
    found: Lists = defaultdict(dict)
    for each in lists(entity):
        for link in sorted(links.get(each.table.name, ()), key=lambda link: link[each.other.key]):
            found[link[each.owner.key]].setdefault(each.name, []).append(link[each.other.key])
    return found
