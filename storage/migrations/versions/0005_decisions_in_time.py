"""Decisions are found by when they were made."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("decision_page", "decision", ["decided_at", "event"])


def downgrade() -> None:
    op.drop_index("decision_page", "decision")
