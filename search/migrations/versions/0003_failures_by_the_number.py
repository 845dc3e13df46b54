"""Failures by the number: one row may stand for many of a kind"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("failures", sa.Column("times", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("failures", "times")
