"""What a long past must not cost: the queue of all shards by its own index, and how PostgreSQL tidies up."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WAITING, OWED = "state = 'waiting'", "state <> 'done'"
INDEXES = {
    "inbox_queue": ("inbox", ["id"]),
    "outbox_owed": ("outbox", ["channel", "next_at"]),
    "outbox_order": ("outbox", ["channel", "address", "seq"]),
}
OFTEN = {  # after how many changed rows the dead are swept, and the planner is told of the others
    "inbox": (100_000, 20_000),
    "outbox": (50_000, 10_000),
    "timer": (20_000, 10_000),
    "message": (100_000, 50_000),
    "communication": (50_000, 20_000),
    "participant": (50_000, 20_000),
    "customer": (50_000, 50_000),
    "run": (10_000, 10_000),
    "call": (10_000, 5_000),
    "delivery": (20_000, 10_000),
}
ROOMY = {  # percent of a page that inserts fill: changed rows stay on their page
    "communication": 80,
    "campaign": 50,
    "channel_state": 50,
    "lease": 50,
    "node_count": 70,
    "progress": 50,
    "shard": 10,
    "shard_turn": 10,
    "upload": 50,
}


def upgrade() -> None:
    index(
        inbox_queue=f"{WAITING} AND key <> ''",
        outbox_owed=f"{OWED} AND attempts >= 0",
        outbox_order=f"{OWED} AND channel <> ''",
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, rows in OFTEN.items():
            op.execute(f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in after(*rows))})")
        for table, percent in ROOMY.items():
            op.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def downgrade() -> None:
    index(inbox_queue=WAITING, outbox_owed=OWED, outbox_order=OWED)
    if op.get_bind().dialect.name == "postgresql":
        for table, rows in OFTEN.items():
            op.execute(f"ALTER TABLE {table} RESET ({', '.join(name for name, _ in after(*rows))})")
        for table in ROOMY:
            op.execute(f"ALTER TABLE {table} RESET (fillfactor)")


def after(swept: int, told: int) -> tuple[tuple[str, int], ...]:
    """So many rows, whatever part of the table they are."""
    return (
        ("autovacuum_vacuum_scale_factor", 0),
        ("autovacuum_vacuum_threshold", swept),
        ("autovacuum_analyze_scale_factor", 0),
        ("autovacuum_analyze_threshold", told),
    )


def index(**conditions: str) -> None:
    """Make these indexes anew."""
    for name, condition in conditions.items():
        table, columns = INDEXES[name]
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
