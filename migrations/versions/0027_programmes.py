"""programmes

Revision: 0027, after 0026. Programmes with their stages and measures, template sets of measures, reports of performers;
an aid knows the measure of the plan that it carries out. Going back loses them; the aid stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('measure_set',
    sa.Column('criterion_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=400), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('measure_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_measure_set_criterion_id'), ['criterion_id'], unique=False)

    op.create_table('important_mark',
    sa.Column('entity', sa.String(length=40), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=True),
    sa.Column('marked_by', sa.String(length=200), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('important_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_important_mark_family_id'), ['family_id'], unique=False)
        batch_op.create_index('uq_important_mark_of_row', ['family_id', 'entity', 'entity_id'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.create_table('measure_set_line',
    sa.Column('set_id', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('agency_kind_id', sa.Integer(), nullable=True),
    sa.Column('details', sa.String(length=500), nullable=True),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_kind_id'], ['agency_kind.id'], ),
    sa.ForeignKeyConstraint(['kind_id'], ['measure_kind.id'], ),
    sa.ForeignKeyConstraint(['set_id'], ['measure_set.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('measure_set_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_measure_set_line_agency_kind_id'), ['agency_kind_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_measure_set_line_kind_id'), ['kind_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_measure_set_line_set_id'), ['set_id'], unique=False)

    op.create_table('performer_report',
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (ends_on >= starts_on)', name='ends_after_start'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('performer_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_performer_report_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index('uq_performer_report_of_period', ['agency_id', 'starts_on', 'ends_on'], unique=True, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))

    op.create_table('programme',
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('active', 'stable', 'teenager', 'accompaniment', name='programmekind', native_enum=False, length=20), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('approval_id', sa.Integer(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('closed_as', sa.Enum('draft', 'approved', 'completed', 'terminated', name='programmestate', native_enum=False, length=20), nullable=True),
    sa.Column('close_reason', sa.String(length=500), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (ends_on >= starts_on)', name='ends_after_start'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['approval_id', 'family_id'], ['decision.id', 'decision.family_id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['registration_id', 'family_id'], ['registration.id', 'registration.family_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('id', 'family_id')
    )
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_approval_id'), ['approval_id'], unique=False)
        batch_op.create_index('ix_programme_by_ends_on', ['ends_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_programme_family_id'), ['family_id'], unique=False)
        batch_op.create_index('ix_programme_listed', ['starts_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index('ix_programme_of_family', ['family_id', 'closed_on', 'approval_id', 'annulled_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_registration_id'), ['registration_id'], unique=False)
        batch_op.create_index('uq_programme_open_of_stay', ['registration_id'], unique=True, sqlite_where=sa.text('annulled_at IS NULL AND closed_on IS NULL'), postgresql_where=sa.text('annulled_at IS NULL AND closed_on IS NULL'))

    op.create_table('problem',
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['programme_id', 'family_id'], ['programme.id', 'programme.family_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('id', 'family_id')
    )
    with op.batch_alter_table('problem', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_problem_criterion_id'), ['criterion_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_problem_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_problem_programme_id'), ['programme_id'], unique=False)

    op.create_table('stage',
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('sort', sa.Enum('ordinary', 'extended', 'emergency', name='stagesort', native_enum=False, length=20), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('meeting_number', sa.String(length=40), nullable=True),
    sa.Column('meeting_on', sa.Date(), nullable=True),
    sa.Column('meeting_note', sa.String(length=500), nullable=True),
    sa.Column('decision_id', sa.Integer(), nullable=True),
    sa.Column('ended_before', sa.Date(), nullable=True),
    sa.Column('extension_id', sa.Integer(), nullable=True),
    sa.Column('tasks', sa.Text(), nullable=True),
    sa.Column('reviewed_on', sa.Date(), nullable=True),
    sa.Column('dynamics_id', sa.Integer(), nullable=True),
    sa.Column('reaction_id', sa.Integer(), nullable=True),
    sa.Column('analysis', sa.Text(), nullable=True),
    sa.Column('follows', sa.Enum('next', 'extension', 'removal', name='stagefollows', native_enum=False, length=20), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (ends_on >= starts_on)', name='ends_after_start'),
    sa.ForeignKeyConstraint(['decision_id', 'family_id'], ['decision.id', 'decision.family_id'], ),
    sa.ForeignKeyConstraint(['dynamics_id'], ['dynamics_level.id'], ),
    sa.ForeignKeyConstraint(['extension_id', 'family_id'], ['decision.id', 'decision.family_id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['kind_id'], ['stage_kind.id'], ),
    sa.ForeignKeyConstraint(['programme_id', 'family_id'], ['programme.id', 'programme.family_id'], ),
    sa.ForeignKeyConstraint(['reaction_id'], ['family_reaction.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('id', 'family_id')
    )
    with op.batch_alter_table('stage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stage_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_dynamics_id'), ['dynamics_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_extension_id'), ['extension_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_kind_id'), ['kind_id'], unique=False)
        batch_op.create_index('ix_stage_listed', ['starts_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_stage_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_reaction_id'), ['reaction_id'], unique=False)
        batch_op.create_index('ix_stage_to_be_reviewed', ['reviewed_on', 'ends_on', 'family_id', 'annulled_at'], unique=False)

    op.create_table('working_group_member',
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('leads', sa.Boolean(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('annulled_at IS NOT NULL OR (ended_on >= started_on)', name='ended_after_start'),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['programme_id', 'family_id'], ['programme.id', 'programme.family_id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('working_group_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_working_group_member_family_id'), ['family_id'], unique=False)
        batch_op.create_index('ix_working_group_member_of_employee', ['employee_id', 'ended_on', 'family_id', 'annulled_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_working_group_member_programme_id'), ['programme_id'], unique=False)

    op.create_table('planned_measure',
    sa.Column('stage_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('details', sa.String(length=500), nullable=True),
    sa.Column('problem_id', sa.Integer(), nullable=True),
    sa.Column('performer_id', sa.Integer(), nullable=True),
    sa.Column('employee_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'done', 'not_done', 'cancelled', name='measurestate', native_enum=False, length=20), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annul_reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint("annulled_at IS NOT NULL OR (state <> 'done' OR done_on IS NOT NULL)", name='done_on_a_day'),
    sa.CheckConstraint("annulled_at IS NOT NULL OR (state NOT IN ('not_done', 'cancelled') OR reason IS NOT NULL)", name='not_done_for_a_reason'),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], ),
    sa.ForeignKeyConstraint(['family_id'], ['family.id'], ),
    sa.ForeignKeyConstraint(['kind_id'], ['measure_kind.id'], ),
    sa.ForeignKeyConstraint(['performer_id'], ['agency.id'], ),
    sa.ForeignKeyConstraint(['problem_id', 'family_id'], ['problem.id', 'problem.family_id'], ),
    sa.ForeignKeyConstraint(['stage_id', 'family_id'], ['stage.id', 'stage.family_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('id', 'family_id')
    )
    with op.batch_alter_table('planned_measure', schema=None) as batch_op:
        batch_op.create_index('ix_planned_measure_by_done_on', ['done_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_planned_measure_employee_id'), ['employee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_planned_measure_family_id'), ['family_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_planned_measure_kind_id'), ['kind_id'], unique=False)
        batch_op.create_index('ix_planned_measure_listed', ['due_on', 'id', 'family_id', 'annulled_at'], unique=False, sqlite_where=sa.text('annulled_at IS NULL'), postgresql_where=sa.text('annulled_at IS NULL'))
        batch_op.create_index('ix_planned_measure_of_performer', ['performer_id', 'state', 'due_on', 'family_id', 'annulled_at'], unique=False)
        batch_op.create_index('ix_planned_measure_open', ['state', 'due_on', 'family_id', 'performer_id', 'annulled_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_planned_measure_problem_id'), ['problem_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_planned_measure_stage_id'), ['stage_id'], unique=False)

    op.create_table('planned_measure_members',
    sa.Column('measure_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('family_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['measure_id', 'family_id'], ['planned_measure.id', 'planned_measure.family_id'], ),
    sa.ForeignKeyConstraint(['member_id', 'family_id'], ['member.id', 'member.family_id'], ),
    sa.PrimaryKeyConstraint('measure_id', 'member_id')
    )
    with op.batch_alter_table('planned_measure_members', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_planned_measure_members_member_id'), ['member_id'], unique=False)

    with op.batch_alter_table('aid', schema=None) as batch_op:
        batch_op.add_column(sa.Column('until', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('rhythm', sa.Enum('daily', 'weekly', 'monthly', name='aidrhythm', native_enum=False, length=20), nullable=True))
        batch_op.add_column(sa.Column('planned_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('employee_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('batch', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('before_record', sa.String(length=500), nullable=True))
        batch_op.create_index(batch_op.f('ix_aid_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_aid_employee_id'), ['employee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_aid_planned_id'), ['planned_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_aid_employee_id'), 'employee', ['employee_id'], ['id'])
        batch_op.create_foreign_key(
            batch_op.f('fk_aid_planned_id_family_id'), 'planned_measure', ['planned_id', 'family_id'], ['id', 'family_id']
        )
        batch_op.create_check_constraint(
            batch_op.f('ck_aid_lasts_after_start'), 'annulled_at IS NOT NULL OR (until >= given_on)'
        )

    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.add_column(sa.Column('aid_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_paper_aid_id'), ['aid_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_paper_aid_id_family_id'), 'aid', ['aid_id', 'family_id'], ['id', 'family_id'])

    with op.batch_alter_table('pupil_support', schema=None) as batch_op:
        batch_op.add_column(sa.Column('missed_lessons', sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f('ck_pupil_support_missed_not_negative'), 'annulled_at IS NOT NULL OR (missed_lessons >= 0)'
        )



def downgrade() -> None:
    with op.batch_alter_table('pupil_support', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_pupil_support_missed_not_negative'), type_='check')
        batch_op.drop_column('missed_lessons')
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_paper_aid_id_family_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_paper_aid_id'))
        batch_op.drop_column('aid_id')
    with op.batch_alter_table('aid', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_aid_lasts_after_start'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_aid_planned_id_family_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_aid_employee_id'), type_='foreignkey')
        for name in ('planned_id', 'employee_id', 'batch'):
            batch_op.drop_index(batch_op.f(f'ix_aid_{name}'))
        for name in ('before_record', 'batch', 'employee_id', 'planned_id', 'rhythm', 'until'):
            batch_op.drop_column(name)
    for table in (
        'planned_measure_members', 'planned_measure', 'working_group_member', 'stage', 'problem', 'programme',
        'performer_report', 'measure_set_line', 'important_mark', 'measure_set',
    ):
        op.drop_table(table)
