"""a stay, a paper and an aid name only decisions and people of their own family: the database itself refuses others

Revision: 0008, after 0007. Nothing is changed while a row that is not annulled names a row of another family: such rows
are named with what to do. An annulled row counts nowhere: the decision it names is copied to its family as one that was
annulled with it, and a recipient of another family is taken off an annulled aid; the journal keeps who it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LONGEST = 20  # rows that the refusal names; of further ones it says how many

# Columns that name a decision of the same family.
OF_DECISIONS = {"registration": ("decision_id", "removal_decision_id"), "paper": ("decision_id",)}
# Columns of the table of recipients and the tables they name.
OF_AIDS = {"aid_id": "aid", "member_id": "member"}

TITLES = {"registration": "Постановка на учёт", "paper": "Документ", "aid": "Помощь"}
TO_DO = {
    "registration": "постановление – о другой семье: аннулируйте учёт и внесите его заново",
    "paper": "постановление – о другой семье: откройте документ и выберите постановление его семьи",
    "aid": "получатель – из другой семьи: откройте запись и выберите получателей из её семьи",
}


def upgrade() -> None:
    if faults := _faults():
        told = "; ".join(faults[:LONGEST]) + (f"; и ещё {len(faults) - LONGEST}" if len(faults) > LONGEST else "")
        raise RuntimeError(
            "Обновление остановлено, ничего не изменено. В прежней версии программы исправьте или аннулируйте записи "
            f"и повторите обновление. {told}."
        )
    for table, columns in OF_DECISIONS.items():
        for column in columns:
            _copy_decisions(table, column)
    for table in ("decision", "aid"):
        with op.batch_alter_table(table) as batch:
            batch.create_unique_constraint(op.f(f"uq_{table}_id_family_id"), ["id", "family_id"])
    for table, columns in OF_DECISIONS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                _widen(batch, table, column, "decision")
    _fill_recipients()
    with op.batch_alter_table("aid_recipients") as batch:
        batch.alter_column("family_id", existing_type=sa.Integer(), nullable=False)
        for column, owner in OF_AIDS.items():
            _widen(batch, "aid_recipients", column, owner)


def downgrade() -> None:
    with op.batch_alter_table("aid_recipients") as batch:
        for column, owner in OF_AIDS.items():
            _narrow(batch, "aid_recipients", column, owner)
        batch.drop_column("family_id")
    for table, columns in OF_DECISIONS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                _narrow(batch, table, column, "decision")
    for table in ("decision", "aid"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_id_family_id"), type_="unique")


def _widen(batch: op.BatchOperations, table: str, column: str, owner: str) -> None:
    batch.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
    batch.create_foreign_key(op.f(f"fk_{table}_{column}_family_id"), owner, [column, "family_id"], ["id", "family_id"])


def _narrow(batch: op.BatchOperations, table: str, column: str, owner: str) -> None:
    batch.drop_constraint(op.f(f"fk_{table}_{column}_family_id"), type_="foreignkey")
    batch.create_foreign_key(op.f(f"fk_{table}_{column}"), owner, [column], ["id"])


def _faults() -> list[str]:
    """The live rows that name a row of another family, in words, by the number of the card and never by names."""
    found = []
    for table, columns in OF_DECISIONS.items():
        named = " OR ".join(f"owner.id = fact.{column}" for column in columns)
        found += _named(table, f"FROM {table} AS fact JOIN decision AS owner ON {named}")
    links = "JOIN aid_recipients AS link ON link.aid_id = fact.id JOIN member AS owner ON owner.id = link.member_id"
    return found + _named("aid", f"FROM aid AS fact {links}")


def _named(table: str, source: str) -> list[str]:
    strange = "owner.family_id <> fact.family_id AND fact.annulled_at IS NULL"
    query = (  # nothing here was typed
        f"SELECT DISTINCT fact.id, family.number {source} JOIN family ON family.id = fact.family_id "  # noqa: S608
        f"WHERE {strange} ORDER BY fact.id"
    )
    rows = op.get_bind().execute(sa.text(query))
    return [f"{TITLES[table]} {key} (семья № {card}): {TO_DO[table]}" for key, card in rows]


def _copy_decisions(table: str, column: str) -> None:
    """An annulled row that names the decision of another family names a copy of it, annulled as the row is."""
    bind, tables = op.get_bind(), sa.MetaData()
    row, decision = (sa.Table(name, tables, autoload_with=bind) for name in (table, "decision"))
    strange = sa.select(row).join(decision, decision.c.id == row.c[column])
    for fact in bind.execute(strange.where(decision.c.family_id != row.c.family_id)).mappings().all():
        found = bind.execute(sa.select(decision).where(decision.c.id == fact[column])).mappings().one()
        ours = {name: fact[name] for name in ("family_id", "annulled_at", "annul_reason")}
        values = {name: value for name, value in {**found, **ours}.items() if name != "id"}
        key = bind.execute(decision.insert().values(values)).inserted_primary_key[0]
        bind.execute(row.update().where(row.c.id == fact["id"]).values({column: key}))


def _fill_recipients() -> None:
    of_aid = "(SELECT aid.family_id FROM aid WHERE aid.id = aid_recipients.aid_id)"
    of_person = "(SELECT member.family_id FROM member WHERE member.id = aid_recipients.member_id)"
    op.execute(f"DELETE FROM aid_recipients WHERE {of_person} <> {of_aid}")  # noqa: S608  nothing here was typed
    op.add_column("aid_recipients", sa.Column("family_id", sa.Integer(), nullable=True))
    op.execute(f"UPDATE aid_recipients SET family_id = {of_aid}")  # noqa: S608  nothing here was typed
