"""Media of messages, erased customers, how far recurring work has come, and parked events."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def where(condition: str) -> dict[str, Any]:
    """A partial index on both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.add_column("message", sa.Column("media", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("customer", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    unsettled = "direction = 'out' AND status IN ('accepted', 'queued', 'sending', 'sent')"
    op.create_index("message_unsettled", "message", ["channel", "updated_at"], **where(unsettled))
    op.create_index("message_age", "message", ["created_at"], **where("(text <> '' OR media <> '[]')"))
    op.create_index("inbox_parked", "inbox", ["id"], **where("state = 'parked'"))
    op.create_table(
        "progress",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.execute("UPDATE outbox SET state = 'unknown' WHERE state = 'doubted'")  # a word that 0002 does not know
    op.drop_table("progress")
    op.drop_index("inbox_parked", "inbox")
    op.drop_index("message_age", "message")
    op.drop_index("message_unsettled", "message")
    op.drop_column("customer", "erased_at")
    op.drop_column("message", "media")
