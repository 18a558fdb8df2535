"""What the bank holds: its rows, the dictionaries and roles it came with, its scans, its journal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import clock, journal, tree
from app.domain import names, terms
from app.domain.refusal import Refusal
from app.extensions import appbuilder, db, portions
from app.models import (
    Agency,
    BookStep,
    Deadline,
    DoublesDecision,
    Family,
    FurtherRole,
    Member,
    Model,
    Role,
    Territory,
    TerritoryAlias,
)
from app.services import checks, family_keys, installation, papers, soundness

# Permissions that are asked of what a page shows, and not of a page (app/pages.py).
ASKED_WITHOUT_A_PAGE = {("Family", "can_special")}
PORTION = 1000  # faults whose families are asked for at once


def rules(today: date) -> Iterator[str]:
    """No stored row breaks a rule of rows."""
    for found in portions(soundness.faults(today), PORTION):
        number_of = soundness.numbers(fault.family_id for fault in found)
        yield from (fault.said(number_of.get(fault.family_id)) for fault in found)


def deadlines(today: date) -> Iterator[str]:
    """Every deadline in use can be counted, even one that was written before a rule asked for what it lacks."""
    for row in db.session.scalars(select(Deadline).where(Deadline.retired.is_(False)).order_by(Deadline.position)):
        try:
            checks.check(row, today)
        except Refusal as refusal:
            yield f"Срок «{row.name}»: {refusal.text}"


def keys(today: date) -> Iterator[str]:
    """Families and people are called, sorted and found by what is written of them."""
    for stale in family_keys.stale_keys(family_keys.live_ids(), today):
        wrong = [title for title, differs in _differing(stale) if differs]
        yield f"Семья № {stale.number}: {', '.join(wrong)} – не те, что следуют из записей."


def doubles(_today: date) -> Iterator[str]:
    """Whoever was merged into another one counts no longer, as long as that holds."""
    decision, family, member = DoublesDecision.__table__, Family.__table__, Member.__table__
    holds = (decision.c.verdict == terms.DoublesVerdict.MERGED, decision.c.taken_back_at.is_(None))
    for other, key, said in ((family, decision.c.other_family_id, decision.c.member_id.is_(None)),
                             (member, decision.c.other_member_id, decision.c.member_id.is_not(None))):  # fmt: skip
        found = select(decision.c.id, family.c.number).select_from(decision).join(other, other.c.id == key)
        if other is member:
            found = found.join(family, family.c.id == decision.c.family_id)
        for row in db.session.connection().execute(found.where(*holds, said, other.c.annulled_at.is_(None))):
            yield f"Семья № {row.number}: по решению {row.id} запись объединена с другой и всё же считается."


def _differing(stale: family_keys.Stale) -> Iterator[tuple[str, bool]]:
    stored, due = stale.stored, stale.due
    yield "краткое имя", stored.family.name != due.family.name
    yield "место в списке", stored.family.sort_key != due.family.sort_key or stored.members != due.members
    yield "ключ поиска", stored.family.search_key != due.family.search_key
    yield "слова поиска", stored.family.words != due.family.words


def place_keys(_today: date) -> Iterator[str]:
    """Places and bodies are recognised by their names."""
    for entity in (Territory, TerritoryAlias, Agency):
        table: Any = entity.__table__
        for row in db.session.connection().execute(select(table.c.id, table.c.name, table.c.name_key)):
            key = names.key(row.name)
            if row.name_key not in (key, f"{key} {row.id}"):  # the number keeps two that read alike apart
                yield f"{entity.TITLE} «{row.name}»: ключ «{row.name_key}» не от этого названия."


def frozen_books(_today: date) -> Iterator[str]:
    """The books of districts that were put together stay as they were."""
    table: Any = BookStep.__table__
    connection = db.session.connection()
    assembled = select(table.c.id).where(table.c.kind == terms.BookStepKind.ASSEMBLED).order_by(table.c.id)
    for key in connection.scalars(assembled).all():
        row = connection.execute(
            select(table.c.content, table.c.sha256, table.c.file_name).where(table.c.id == key)
        ).one()
        if row.content is None or sha256(row.content).hexdigest() != row.sha256:
            yield f"Книга района «{row.file_name}» ({key}) не та, что была собрана: отпечаток другой."


def territories(_today: date) -> Iterator[str]:
    """The territories are one tree under the region."""
    known = tree.read()
    reached = {place.id for place in known.below(root.id for root in known.roots)}
    for place in known.rows.values():
        if place.id not in reached:
            yield f"Территория «{place.name}» ({place.id}) через другие относится сама к себе."
    for place in known.roots:
        if place.parent_id is not None:
            yield f"Территория «{place.name}» ({place.id}) относится к территории {place.parent_id}, которой нет."
        elif place.kind is not terms.TerritoryKind.REGION:
            yield f"Территория «{place.name}» ({place.id}) ни к чему не относится."


def dictionaries(_today: date) -> Iterator[str]:
    """Every row of the dictionaries that the program came with is there, retired or not."""
    for entity, codes in installation.missing():
        yield f"{entity.TITLES}: нет {', '.join(codes)}."


def roles(_today: date) -> Iterator[str]:
    """The roles of the code are there and meet its pages, others are as one of them, and none holds more than that."""
    own = {role.value for role in terms.Role}
    role, further, connection = Role.__table__, FurtherRole.__table__, db.session.connection()
    query = select(role.c.name, further.c.same_as).outerjoin(further, further.c.role_id == role.c.id)
    like: dict[str, str | None] = {row.name: row.same_as for row in connection.execute(query)}
    for name in sorted(own - like.keys()):
        yield f"Нет роли «{name}»."
    for name, same_as in sorted(like.items()):
        if name in own | {"Public"} and same_as is None:
            continue
        if same_as not in own:
            yield f"Роль «{name}» не сказано, чьи права имеет."
        elif name in own:
            yield f"Роль «{name}» имеет права роли «{same_as}»."
    yield from _meeting_nothing()
    yield from _granted_apart()


def _meeting_nothing() -> Iterator[str]:
    """Names in the table of roles that no page of the program bears: whoever they were written for may not open it.

    A row of the table names views and permissions that need not all go together, but each must be somewhere.
    """
    pages = {(view.class_permission_name, permission) for view in appbuilder().baseviews
             for permission in getattr(view, "base_permissions", None) or ()} | ASKED_WITHOUT_A_PAGE  # fmt: skip
    permissions = {permission for _view, permission in pages}
    for role, rows in current_app.config["FAB_ROLES"].items():
        for views, acts in rows:
            met = {view for view, permission in pages if re.fullmatch(acts, permission)}
            for name in _alternatives(views):
                if not any(re.fullmatch(name, view) for view in met):
                    yield f"Роль «{role}»: такой страницы с такими правами нет: «{name}»."
            for name in _alternatives(acts):
                if not any(re.fullmatch(name, permission) for permission in permissions):
                    yield f"Роль «{role}»: такого права нет ни у одной страницы: «{name}»."


def _alternatives(pattern: str) -> list[str]:
    """«^(Aid|Paper)$» as its names; what stands before or after further brackets belongs to each: «can_(list|show)»."""
    inner = pattern.removeprefix("^(").removesuffix(")$")
    found = re.fullmatch(r"([^()|]*)\(([^()]*)\)([^()|]*)", inner)
    before, names, after = found.groups() if found else ("", inner, "")
    return [f"{before}{name}{after}" for name in names.split("|")]


def _granted_apart() -> Iterator[str]:
    """Permissions and roles that lie in the tables of the library, where nobody sees them."""
    tables, role, connection = Model.metadata.tables, Role.__table__, db.session.connection()
    given = tables["ab_permission_view_role"]
    query = select(role.c.name, func.count()).join(given, given.c.role_id == role.c.id).group_by(role.c.name)
    for name, count in connection.execute(query.order_by(role.c.name)):
        yield f"У роли «{name}» в базе есть свои права ({count}) сверх тех, что даёт программа."
    of_groups = connection.scalar(select(func.count()).select_from(tables["ab_group_role"]))
    if of_groups:
        yield f"Роли даны группам пользователей ({of_groups}): на странице пользователя этого не видно."


def scans(_today: date) -> Iterator[str]:
    """Every paper has its file as it was stored, every file its paper."""
    yield from papers.faults(clock.now())


def journal_gives_rows(_today: date) -> Iterator[str]:
    """Replaying the journal gives every row as it is stored."""
    for found in portions(journal.all_differences(), PORTION):
        number_of = soundness.numbers(each.family_id for each in found)
        for each in found:
            number = number_of.get(each.family_id)
            where = f"Семья № {number}: " if number else ""
            title = getattr(each.entity, "TITLE", each.entity.__name__)
            yield f"{where}{title} {each.key}: {_difference(each)}"


def _difference(found: journal.Difference) -> str:
    if found.stored is None:
        return "по журналу запись есть, в базе её нет."
    if found.told is None:
        return "в базе запись есть, в журнале о ней нет ничего."
    return f"в журнале другое: {', '.join(journal.changes.called(found.entity, name) for name in found.names)}."
