"""Near-same texts through an index; runs know their machine"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BANDS = range(4)


def upgrade() -> None:
    for band in BANDS:
        op.add_column("hits", sa.Column(f"text_band_{band}", sa.Integer(), nullable=False, server_default="0"))
    # The shift keeps the sign, the mask takes it off again: the same on SQLite and PostgreSQL.
    quarters = ", ".join(f"text_band_{band} = (text_fingerprint >> {16 * band}) & 65535" for band in BANDS)
    op.execute(f"UPDATE hits SET {quarters}")  # noqa: S608
    for band in BANDS:
        op.create_index(f"ix_hits_text_band_{band}", "hits", [f"text_band_{band}"])
    op.drop_index("ix_hits_text_fingerprint", "hits")
    op.drop_index("ix_hits_url_normalised", "hits")
    op.add_column("runs", sa.Column("machine", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("runs", "machine")
    op.create_index("ix_hits_url_normalised", "hits", ["url_normalised"])
    op.create_index("ix_hits_text_fingerprint", "hits", ["text_fingerprint"])
    for band in reversed(BANDS):
        op.drop_index(f"ix_hits_text_band_{band}", "hits")
        op.drop_column("hits", f"text_band_{band}")
