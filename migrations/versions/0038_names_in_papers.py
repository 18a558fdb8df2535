"""papers say names as they were typed

Revision: 0038, after 0037. How the name of a family follows «семьи», and a person's name in each case, where the rules
do not know better, with the name that they were typed for. Going back drops them: the rules decline every name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

OF_FAMILY = ('plural', 'plural_for')
OF_PERSON = ('genitive', 'dative', 'accusative', 'instrumental', 'prepositional', 'declined_for')


def upgrade() -> None:
    for name in OF_FAMILY:
        op.add_column('family', sa.Column(name, sa.String(length=200), nullable=True))
    for name in OF_PERSON:
        op.add_column('member', sa.Column(name, sa.String(length=350), nullable=True))


def downgrade() -> None:
    for name in OF_FAMILY:
        op.drop_column('family', name)
    for name in OF_PERSON:
        op.drop_column('member', name)
