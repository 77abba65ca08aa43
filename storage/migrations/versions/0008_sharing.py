"""Several processes on one database: shards and whose turn it is, leases, how channels do, where uploads lie."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shard",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "shard_turn",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "channel_state",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rests_until", sa.BigInteger(), nullable=True),
        sa.Column("rests_for", sa.Text(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("silent_until", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("trouble_at", sa.BigInteger(), nullable=True),
        sa.Column("paced_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.add_column("upload", sa.Column("place", sa.String(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("upload", "place")
    for table in ("channel_state", "lease", "shard_turn", "shard"):
        op.drop_table(table)
