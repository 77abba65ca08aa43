"""Paths that wait, attempts, the pace of a campaign, and timers in order."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def where(condition: str) -> dict[str, Any]:
    """A partial index on both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def number(name: str, value: int) -> sa.Column[int]:
    """A column that rows which are there already get with this value."""
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(str(value)))


def upgrade() -> None:
    widen_campaign()
    widen_communication()
    op.add_column("message", number("attempt", 1))
    widen_timer()
    create_run()
    create_call()


def downgrade() -> None:
    op.drop_table("call")
    op.drop_table("run")
    narrow_timer()
    op.drop_column("message", "attempt")
    for column in ("retried", "attempt", "begun_at", "expires"):
        op.drop_column("communication", column)
    for column in ("paced_until", "reason"):
        op.drop_column("campaign", column)


def widen_campaign() -> None:
    op.add_column("campaign", sa.Column("reason", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("campaign", sa.Column("paced_until", sa.BigInteger(), nullable=True))


def widen_communication() -> None:
    """What has begun did so when it was to, or when it was planned if that was later."""
    op.add_column("communication", sa.Column("expires", sa.BigInteger(), nullable=True))
    op.add_column("communication", sa.Column("begun_at", sa.BigInteger(), nullable=True))
    op.add_column("communication", number("attempt", 1))
    op.add_column("communication", number("retried", 0))
    op.execute("UPDATE communication SET begun_at = CASE WHEN at > created_at THEN at ELSE created_at END WHERE opened")


def widen_timer() -> None:
    """Those that stand still with their campaign get an index of their own: the others never wade through them."""
    op.add_column("timer", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("timer", sa.Column("event", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE timer SET held = (name = 'start')")
    op.drop_index("timer_due", "timer")
    op.create_index("timer_due", "timer", ["due", "event"], **where("NOT fired AND NOT held"))
    op.create_index("timer_held", "timer", ["campaign", "name", "due", "event"], **where("NOT fired AND held"))


def narrow_timer() -> None:
    """The earlier program knows nothing of attempts, ends and waits: their timers go."""
    op.execute("DELETE FROM timer WHERE name IN ('retry', 'fallback', 'expire', 'wait')")
    op.drop_index("timer_held", "timer")
    op.drop_index("timer_due", "timer")
    for column in ("event", "held"):
        op.drop_column("timer", column)
    op.create_index("timer_due", "timer", ["due"], **where("NOT fired"))


def create_run() -> None:
    op.create_table(
        "run",
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("participant", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_run_customer", "run", ["customer"])
    op.create_index("run_at", "run", ["campaign", "node", "customer", "rules"])


def create_call() -> None:
    op.create_table(
        "call",
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("call_owed", "call", ["kind", "target", "next_at"], **where("state = 'owed'"))
    op.create_index("call_order", "call", ["subject", "seq"], **where("state <> 'done'"))
    op.create_index("call_open", "call", ["state", "held", "campaign", "seq"], **where("state <> 'done'"))
