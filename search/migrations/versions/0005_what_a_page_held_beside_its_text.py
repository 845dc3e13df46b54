"""What a page held beside its text, so that it can be judged again"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hits", sa.Column("seen", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("hits", "seen")
