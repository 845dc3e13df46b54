"""Campaigns; saved searches; what captures show; why the index refused a hit"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BANDS = range(4)
TABLES = (
    "alerts",
    "saved_searches",
    "tie_rules",
    "stop_values",
    "first_sights",
    "ties",
    "campaign_members",
    "campaigns",
    "captured_pages",
)


def upgrade() -> None:
    for band in BANDS:
        op.drop_index(f"ix_hits_text_band_{band}", "hits")
        op.drop_column("hits", f"text_band_{band}")
    op.add_column("outbox", sa.Column("refusal", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "captured_pages",
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("picture_fingerprint", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_captured_pages_capture_id"),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_captured_pages_hit_id"),
        sa.PrimaryKeyConstraint("capture_id", name="pk_captured_pages"),
    )
    op.create_index("ix_captured_pages_hit_id", "captured_pages", ["hit_id"])
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into_id"], ["campaigns.id"], name="fk_campaigns_merged_into_id"),
        sa.PrimaryKeyConstraint("id", name="pk_campaigns"),
    )
    op.create_table(
        "campaign_members",
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_campaign_members_hit_id"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="fk_campaign_members_campaign_id"),
        sa.ForeignKeyConstraint(["origin_id"], ["campaigns.id"], name="fk_campaign_members_origin_id"),
        sa.PrimaryKeyConstraint("hit_id", name="pk_campaign_members"),
    )
    op.create_index("ix_campaign_members_campaign_id", "campaign_members", ["campaign_id"])
    op.create_table(
        "ties",
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("cut_at", sa.DateTime(), nullable=True),
        sa.Column("cut_by", sa.String(length=128), nullable=False),
        sa.Column("cut_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_ties_hit_id"),
        sa.PrimaryKeyConstraint("hit_id", "kind", "value", name="pk_ties"),
    )
    op.create_index("ix_ties_kind_value_hit_id", "ties", ["kind", "value", "hit_id"])
    op.create_table(
        "first_sights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        *(sa.Column(f"band_{band}", sa.Integer(), nullable=False) for band in BANDS),
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_first_sights_hit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_first_sights"),
    )
    for band in BANDS:
        op.create_index(f"ix_first_sights_kind_band_{band}", "first_sights", ["kind", f"band_{band}"])
    op.create_table(
        "stop_values",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name="pk_stop_values"),
    )
    op.create_table(
        "tie_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tie_rules"),
    )
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_alerting", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        sa.UniqueConstraint("owner", "name", name="uq_saved_searches_owner_name"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], name="fk_alerts_search_id"),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_alerts_hit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("search_id", "hit_id", name="uq_alerts_search_id_hit_id"),
    )
    op.create_index("ix_alerts_hit_id", "alerts", ["hit_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("outbox", "refusal")
    for band in BANDS:
        op.add_column("hits", sa.Column(f"text_band_{band}", sa.Integer(), nullable=False, server_default="0"))
    # The shift keeps the sign, the mask takes it off again: the same on SQLite and PostgreSQL.
    quarters = ", ".join(f"text_band_{band} = (text_fingerprint >> {16 * band}) & 65535" for band in BANDS)
    op.execute(f"UPDATE hits SET {quarters}")  # noqa: S608
    for band in BANDS:
        op.create_index(f"ix_hits_text_band_{band}", "hits", [f"text_band_{band}"])
