"""How many came by each node, hour by hour. What was decided before is not counted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_count",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "node", "way", "at", "daily"),
    )
    hours = sa.text("NOT daily")
    op.create_index("node_count_hours", "node_count", ["at"], sqlite_where=hours, postgresql_where=hours)


def downgrade() -> None:
    op.drop_table("node_count")
