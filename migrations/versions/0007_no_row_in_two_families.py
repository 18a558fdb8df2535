"""the database itself refuses a row in two families, an end before its start, a fifth quarter, an amount below nothing

Revision: 0007, after 0006. Nothing is changed while a row that is not annulled breaks one of these rules: the rows are
named with what to do. What follows from another row and counts nowhere is brought in step.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LONGEST = 20  # rows that the refusal names; of further ones it says how many

# Tables whose row is of the family of the row that a column names: the column, the table it names.
OF_ONE_FAMILY = {
    "identity_document": ("member_id", "member"),
    "education": ("member_id", "member"),
    "pupil_support": ("member_id", "member"),
    "supervision": ("member_id", "member"),
    "registration_criterion": ("registration_id", "registration"),
}
# What a row that is not annulled must meet: the table, the name of the rule, the rule.
RULES = (
    ("family", "income_not_negative", "income_per_member >= 0"),
    ("family", "size_not_negative", "stated_size >= 0"),
    ("member", "left_after_joining", "left_on >= joined_on"),
    ("education", "ended_after_start", "ended_on >= started_on"),
    ("pupil_support", "quarter_of_year", "quarter BETWEEN 1 AND 4"),
    ("supervision", "ended_after_start", "ended_on >= started_on"),
    ("registration", "removed_after_placing", "removed_on >= registered_on"),
    ("aid", "amount_not_negative", "amount >= 0"),
    ("mentor", "ended_after_start", "ended_on >= started_on"),
    ("assignment", "ended_after_start", "ended_on >= started_on"),
    ("assignment", "family_or_territory", "(family_id IS NULL) <> (territory_id IS NULL)"),
)
CHILDREN = ("child_population", "children_not_negative", "children >= 0")  # of no family, never annulled

TITLES = {
    "family": "Семья", "member": "Член семьи", "identity_document": "Документ, удостоверяющий личность",
    "education": "Обучение, занятость", "pupil_support": "Сопровождение обучающихся",
    "supervision": "Учёт в других органах", "registration": "Постановка на учёт", "aid": "Помощь",
    "mentor": "Наставник", "assignment": "Закрепление", "child_population": "Детское население",
}  # fmt: skip
TO_DO = {
    "income_not_negative": "доход меньше нуля: исправьте его",
    "size_not_negative": "число членов семьи меньше нуля: исправьте его",
    "left_after_joining": "дата выбытия раньше даты, с которой человек в семье: исправьте даты",
    "ended_after_start": "дата окончания раньше даты начала: исправьте даты",
    "quarter_of_year": "квартал – не от 1 до 4: исправьте его",
    "removed_after_placing": "дата снятия раньше даты постановки: исправьте учёт",
    "amount_not_negative": "сумма меньше нуля: исправьте её",
    "family_or_territory": "закрепите либо за семьёй, либо за территорией",
    "children_not_negative": "число детей меньше нуля: исправьте его",
}
TWO_FAMILIES = "запись и её человек стоят в разных семьях: откройте её, проверьте и сохраните – она перейдёт к человеку"


def upgrade() -> None:
    if faults := _faults():
        told = "; ".join(faults[:LONGEST]) + (f"; и ещё {len(faults) - LONGEST}" if len(faults) > LONGEST else "")
        raise RuntimeError(
            "Обновление остановлено, ничего не изменено. В прежней версии программы исправьте или аннулируйте записи "
            f"и повторите обновление. {told}."
        )
    _bring_in_step()
    for table in ("member", "registration"):
        with op.batch_alter_table(table) as batch:
            batch.create_unique_constraint(op.f(f"uq_{table}_id_family_id"), ["id", "family_id"])
    for table in sorted({*OF_ONE_FAMILY, CHILDREN[0], *(rule[0] for rule in RULES)}):
        with op.batch_alter_table(table) as batch:
            if table in OF_ONE_FAMILY:
                column, owner = OF_ONE_FAMILY[table]
                batch.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
                batch.create_foreign_key(
                    op.f(f"fk_{table}_{column}_family_id"), owner, [column, "family_id"], ["id", "family_id"]
                )
            for name, condition in _checks(table):
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), condition)


def downgrade() -> None:
    for table in sorted({*OF_ONE_FAMILY, CHILDREN[0], *(rule[0] for rule in RULES)}):
        with op.batch_alter_table(table) as batch:
            for name, _condition in _checks(table):
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            if table in OF_ONE_FAMILY:
                column, owner = OF_ONE_FAMILY[table]
                batch.drop_constraint(op.f(f"fk_{table}_{column}_family_id"), type_="foreignkey")
                batch.create_foreign_key(op.f(f"fk_{table}_{column}"), owner, [column], ["id"])
    for table in ("member", "registration"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_id_family_id"), type_="unique")


def _checks(table: str) -> list[tuple[str, str]]:
    found = [
        (name, f"annulled_at IS NOT NULL OR ({condition})") for owner, name, condition in RULES if owner == table
    ]
    return [*found, CHILDREN[1:]] if table == CHILDREN[0] else found


def _faults() -> list[str]:
    """The rows that the database would refuse, in words, by the number of the family's card and never by names."""
    found = []
    for table, name, condition in (*RULES, CHILDREN):
        live = "" if table == CHILDREN[0] else " AND fact.annulled_at IS NULL"
        found += _named(table, TO_DO[name], f"FROM {table} AS fact", f"NOT ({condition}){live}")
    for table, (column, owner) in OF_ONE_FAMILY.items():
        if owner == "member":
            joined = f"FROM {table} AS fact JOIN member AS owner ON owner.id = fact.{column}"
            found += _named(table, TWO_FAMILIES, joined, "owner.family_id <> fact.family_id AND fact.annulled_at IS NULL")
    return found


def _named(table: str, what: str, source: str, where: str) -> list[str]:
    family = {"family": "fact.id", CHILDREN[0]: "NULL"}.get(table, "fact.family_id")
    number = f"(SELECT family.number FROM family WHERE family.id = {family})"
    query = f"SELECT fact.id, {number} {source} WHERE {where} ORDER BY fact.id"  # noqa: S608  nothing here was typed
    return [
        f"{TITLES[table]} {key}" + (f" (семья № {card})" if card else "") + f": {what}"
        for key, card in op.get_bind().execute(sa.text(query))
    ]


def _bring_in_step() -> None:
    """The family of annulled rows and of criteria is that of the row they belong to."""
    for table, (column, owner) in OF_ONE_FAMILY.items():
        of_owner = f"(SELECT owner.family_id FROM {owner} AS owner WHERE owner.id = {table}.{column})"
        op.execute(f"UPDATE {table} SET family_id = {of_owner} WHERE family_id <> {of_owner}")
