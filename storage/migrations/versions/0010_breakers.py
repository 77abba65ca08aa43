"""The breakers of services and hooks, and the pace of services, for whoever asks or tells them next."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breaker",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE breaker SET (fillfactor = 50)")  # changed rows stay on their page


def downgrade() -> None:
    op.drop_table("breaker")
