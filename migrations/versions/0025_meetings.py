"""the commission meets: its members, its meetings, what stands on their agendas and what bodies are told to do

Revision: 0025, after 0024. Tables of members, meetings, attendance, items, instructions, outcomes; a body may hold
meetings. Going back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('decision_outcome',
    sa.Column('effect', sa.Enum('place', 'remove', 'extend', 'refuse', 'redirect', 'criteria', 'postpone', 'lighter', 'programme', 'renew', 'hear', 'represent', 'court', name='decisionkind', native_enum=False, length=20), nullable=False),
    sa.Column('of_council', sa.Boolean(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=400), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    op.create_table('commission_member',
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('post', sa.Enum('chair', 'deputy', 'secretary', 'member', name='commissionpost', native_enum=False, length=20), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (ended_on >= started_on)', name='ended_after_start'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('commission_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_commission_member_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_commission_member_employee_id'), ['employee_id'], unique=False)

    op.create_table('meeting',
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('starts_at', sa.String(length=5), nullable=True),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('place', sa.String(length=300), nullable=True),
    sa.Column('extended', sa.Boolean(), nullable=False),
    sa.Column('presiding_id', sa.Integer(), nullable=True),
    sa.Column('secretary_id', sa.Integer(), nullable=True),
    sa.Column('others_present', sa.Text(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=200), nullable=True),
    sa.Column('reopened', sa.String(length=500), nullable=True),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (closed_at IS NULL OR opened_at IS NOT NULL)', name='closed_was_held'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['presiding_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['secretary_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.create_index('ix_meeting_listed', ['held_on', 'id', 'territory_id', 'agency_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index('ix_meeting_of_body', ['agency_id', 'held_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_presiding_id'), ['presiding_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_secretary_id'), ['secretary_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_territory_id'), ['territory_id'], unique=False)

    op.create_table('meeting_attendance',
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('post', sa.Enum('chair', 'deputy', 'secretary', 'member', name='commissionpost', native_enum=False, length=20), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_present', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=True),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('meeting_attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_attendance_employee_id'), ['employee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_attendance_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index('uq_meeting_attendance_of_member', ['meeting_id', 'employee_id'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.create_table('agenda_item',
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('ground', sa.Enum('postponed', 'surveyed', 'removal', 'instruction', 'standstill', 'correction', 'other', name='agendaground', native_enum=False, length=20), nullable=False),
    sa.Column('title', sa.String(length=500), nullable=False),
    sa.Column('why', sa.String(length=500), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('card_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('after_id', sa.Integer(), nullable=True),
    sa.Column('invited', sa.String(length=1000), nullable=True),
    sa.Column('speaker', sa.String(length=300), nullable=True),
    sa.Column('appeared', sa.String(length=1000), nullable=True),
    sa.Column('rights_explained', sa.Boolean(), nullable=False),
    sa.Column('explanations', sa.Text(), nullable=True),
    sa.Column('outcome_id', sa.Integer(), nullable=True),
    sa.Column('removal_reason_id', sa.Integer(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('in_charge_id', sa.Integer(), nullable=True),
    sa.Column('to_territory_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.Column('votes_for', sa.Integer(), nullable=True),
    sa.Column('votes_against', sa.Integer(), nullable=True),
    sa.Column('abstained', sa.Integer(), nullable=True),
    sa.Column('substance', sa.Text(), nullable=True),
    sa.Column('violations', sa.Text(), nullable=True),
    sa.Column('causes', sa.Text(), nullable=True),
    sa.Column('resolved', sa.Text(), nullable=True),
    sa.Column('measures', sa.Text(), nullable=True),
    sa.Column('main_criterion_id', sa.Integer(), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(length=200), nullable=True),
    sa.Column('decision_id', sa.Integer(), nullable=True),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (votes_for >= 0 AND votes_against >= 0 AND abstained >= 0)', name='votes_not_negative'),
    sa.ForeignKeyConstraint(['after_id'], ['agenda_item.id'], ),
    sa.ForeignKeyConstraint(['card_id'], ['signal_card.id'], ),
    sa.ForeignKeyConstraint(['decision_id', 'family_id'], ['decision.id', 'decision.family_id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['group_id'], ['survey_group.id'], ),
    sa.ForeignKeyConstraint(['in_charge_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['main_criterion_id'], ['criterion.id'], ),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ),
    sa.ForeignKeyConstraint(['outcome_id'], ['decision_outcome.id'], ),
    sa.ForeignKeyConstraint(['removal_reason_id'], ['removal_reason.id'], ),
    sa.ForeignKeyConstraint(['to_territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agenda_item_after_id'), ['after_id'], unique=False)
        batch_op.create_index('ix_agenda_item_by_family_id', ['family_id', 'meeting_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_agenda_item_card_id'), ['card_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_group_id'), ['group_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_in_charge_id'), ['in_charge_id'], unique=False)
        batch_op.create_index('ix_agenda_item_listed', ['meeting_id', 'position', 'id', 'family_id', 'card_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_agenda_item_main_criterion_id'), ['main_criterion_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_outcome_id'), ['outcome_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_removal_reason_id'), ['removal_reason_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_to_territory_id'), ['to_territory_id'], unique=False)

    op.create_table('agenda_item_criteria',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], ),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], ),
    sa.PrimaryKeyConstraint('item_id', 'criterion_id')
    )
    with op.batch_alter_table('agenda_item_criteria', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agenda_item_criteria_criterion_id'), ['criterion_id'], unique=False)

    op.create_table('instruction',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('instruction', 'representation', 'court', name='instructionkind', native_enum=False, length=20), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.String(length=200), nullable=True),
    sa.Column('returned', sa.String(length=1000), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (answered_at IS NOT NULL OR accepted_at IS NULL)', name='accepted_is_answered'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], ),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('instruction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_instruction_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_instruction_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_instruction_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_instruction_listed', ['due_on', 'id', 'meeting_id', 'agency_id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_instruction_meeting_id'), ['meeting_id'], unique=False)
    op.create_table('paper_template',
    sa.Column('kind', sa.Enum('resolution', 'extract', 'minutes', 'notice', 'letter', name='templatekind', native_enum=False, length=20), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('file_name', sa.String(length=150), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('brought_by', sa.String(length=200), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('paper_template', schema=None) as batch_op:
        batch_op.create_index('ix_paper_template_kind_since', ['kind', 'since'], unique=False)
        batch_op.create_index('uq_paper_template_of_day', ['kind', 'since'], unique=True, sqlite_where=sa.text('NOT retired'), postgresql_where=sa.text('NOT retired'))

    with op.batch_alter_table('agency', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sits_as', sa.Enum('commission', 'council', name='sitting', native_enum=False, length=20), nullable=True))
        batch_op.add_column(sa.Column('number_pattern', sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('agency', schema=None) as batch_op:
        batch_op.drop_column('number_pattern')
        batch_op.drop_column('sits_as')
    op.drop_table('paper_template')
    op.drop_table('instruction')
    op.drop_table('agenda_item_criteria')
    op.drop_table('agenda_item')
    op.drop_table('meeting_attendance')
    op.drop_table('meeting')
    op.drop_table('commission_member')
    op.drop_table('decision_outcome')
