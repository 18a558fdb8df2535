"""the criteria of a registration are rows with days: from when, to when, by which decision

Revision: 0024, after 0023. The criteria that are known begin with the stay, by the decision to register, and an entry
of the journal tells of each of them, as if it had been made with its stay. Going back keeps those in force, in their
places; those that had ended and the entries of the rows go.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE, FORMER = "registration_criterion", "registration_criterion_before"
PORTION = 5000  # rows written at once
LIVE = sa.text("annulled_at IS NULL")


def upgrade() -> None:
    _put_aside()
    op.create_table(
        TABLE,
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("annulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annul_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("annulled_at IS NOT NULL OR (until > since)", name="ends_after_start"),
        sa.CheckConstraint(
            "annulled_at IS NOT NULL OR ((until IS NULL) = (ended_by_id IS NULL))", name="ends_by_a_decision"
        ),
        sa.ForeignKeyConstraint(["criterion_id"], ["criterion.id"]),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["registration_id", "family_id"], ["registration.id", "registration.family_id"]),
        sa.ForeignKeyConstraint(["decision_id", "family_id"], ["decision.id", "decision.family_id"]),
        sa.ForeignKeyConstraint(["ended_by_id", "family_id"], ["decision.id", "decision.family_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(f"""
        INSERT INTO {TABLE} (registration_id, position, criterion_id, since, decision_id, family_id, annulled_at,
                             annul_reason, created_at, version)
        SELECT part.registration_id, part.position, part.criterion_id, stay.registered_on, stay.decision_id,
               stay.family_id, stay.annulled_at, stay.annul_reason, stay.created_at, 1
        FROM {FORMER} AS part JOIN registration AS stay ON stay.id = part.registration_id
        ORDER BY part.registration_id, part.position
    """)  # noqa: S608  nothing here was typed
    op.drop_table(FORMER)
    for column in ("family_id", "decision_id", "ended_by_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])
    op.create_index(f"ix_{TABLE}_of_stay", TABLE,
                    ["criterion_id", "registration_id", "family_id", "until", "annulled_at"])  # fmt: skip
    op.create_index(f"uq_{TABLE}_of_place", TABLE, ["registration_id", "position", "since"], unique=True,
                    sqlite_where=LIVE, postgresql_where=LIVE)  # fmt: skip
    _tell()


def downgrade() -> None:
    _put_aside()
    op.create_table(
        TABLE,
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["criterion_id"], ["criterion.id"]),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["registration_id", "family_id"], ["registration.id", "registration.family_id"]),
        sa.PrimaryKeyConstraint("registration_id", "position"),
    )
    # Of an annulled stay: its last ones, which went with it.
    op.execute(f"""
        INSERT INTO {TABLE} (registration_id, position, criterion_id, family_id)
        SELECT part.registration_id, part.position, part.criterion_id, part.family_id
        FROM {FORMER} AS part JOIN registration AS stay ON stay.id = part.registration_id
        WHERE part.until IS NULL
          AND (part.annulled_at IS NULL OR part.annulled_at = stay.annulled_at)
    """)  # noqa: S608
    op.drop_table(FORMER)
    op.create_index(op.f(f"ix_{TABLE}_family_id"), TABLE, ["family_id"])
    op.create_index(f"ix_{TABLE}_of_stay", TABLE, ["criterion_id", "registration_id", "family_id"])
    op.execute("DELETE FROM journal_entry WHERE entity = 'RegistrationCriterion'")


def _put_aside() -> None:
    """Keep the rows under another name, without what names must not be there twice."""
    bind = op.get_bind()
    for index in sa.inspect(bind).get_indexes(TABLE):
        op.drop_index(index["name"], table_name=TABLE)
    op.rename_table(TABLE, FORMER)
    if bind.dialect.name == "postgresql":
        constraints = sa.inspect(bind)
        names = [key["name"] for key in constraints.get_foreign_keys(FORMER)]
        names += [check["name"] for check in constraints.get_check_constraints(FORMER)]
        for name in (*names, constraints.get_pk_constraint(FORMER)["name"]):
            op.execute(f'ALTER TABLE {FORMER} DROP CONSTRAINT "{name}"')


def _tell() -> None:
    """An entry for each row, of the load that has brought its stay: else that load could not be undone any more."""
    bind = op.get_bind()
    rows = bind.execute(sa.text(f"""
        SELECT part.id, part.registration_id, part.position, part.criterion_id, part.since, part.decision_id,
               part.family_id, part.created_at, part.annulled_at, part.annul_reason,
               criterion.code || ' ' || criterion.name AS name, stay.removed_on, decision.number, decision.decided_on,
               (SELECT min(told.batch_id) FROM journal_entry AS told
                WHERE told.entity = 'Registration' AND told.entity_id = stay.id AND told.act = 'created') AS batch_id
        FROM {TABLE} AS part JOIN registration AS stay ON stay.id = part.registration_id
        JOIN criterion ON criterion.id = part.criterion_id JOIN decision ON decision.id = part.decision_id
        ORDER BY part.id
    """)).all()  # noqa: S608
    at = datetime.now(UTC)
    entry = sa.table(
        "journal_entry", sa.column("at", sa.DateTime(timezone=True)), sa.column("user_name"), sa.column("act"),
        sa.column("entity"), sa.column("entity_id"), sa.column("family_id"), sa.column("summary"),
        sa.column("changes", sa.JSON()), sa.column("batch_id"),
    )  # fmt: skip
    for first in range(0, len(rows), PORTION):
        told = [one for row in rows[first : first + PORTION] for one in _entries(row, at)]
        bind.execute(sa.insert(entry), told)


def _entries(row: sa.Row, at: datetime) -> list[dict[str, object]]:
    since, removed, decided = (_day(day) for day in (row.since, row.removed_on, row.decided_on))
    stay = f"с {since:%d.%m.%Y}" + (f" по {removed:%d.%m.%Y}" if removed else "")
    decision = f"№ {row.number or 'б/н'} от {decided:%d.%m.%Y}"
    said: dict[str, object] = {
        "registration_id": [None, row.registration_id, None, stay],
        "position": [None, row.position],
        "criterion_id": [None, row.criterion_id, None, row.name],
        "since": [None, f"{since:%Y-%m-%d}"],
        "decision_id": [None, row.decision_id, None, decision],
        "family_id": [None, row.family_id],
        "created_at": [None, _moment(row.created_at)],
    }
    common = {
        "at": at, "user_name": "командная строка", "entity": "RegistrationCriterion", "entity_id": row.id,
        "family_id": row.family_id, "summary": f"Критерий учёта: {row.name}", "batch_id": row.batch_id,
    }  # fmt: skip
    entries = [{**common, "act": "created", "changes": said}]
    if row.annulled_at is not None:
        annulled = {"annulled_at": [None, _moment(row.annulled_at)], "annul_reason": [None, row.annul_reason]}
        entries.append({**common, "act": "annulled", "changes": annulled})
    return entries


def _day(value: object) -> date | None:
    """A day as the driver gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: object) -> str:
    """A moment as the journal keeps it."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
