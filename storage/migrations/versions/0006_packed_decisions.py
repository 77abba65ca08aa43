"""Why something was decided is packed: a fifth of the room, in which a decision also keeps what it was made from."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.packing import pack, unpack
from storage.types import json_text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = ("event", "customer", "applied", "log", "decided_at")
PAGE = 500  # decisions held in memory at once

Rewrite = Callable[[Any], Any]


def upgrade() -> None:
    rewrite(sa.LargeBinary(), lambda log: pack(json.loads(log)))


def downgrade() -> None:
    rewrite(sa.Text(), lambda log: json_text(unpack(bytes(log))))


def rewrite(kind: sa.types.TypeEngine[Any], rewritten: Rewrite) -> None:
    """Fill another table whose logs are of this kind: so the room of the old ones is given back on both databases."""
    op.create_table(
        "decision_next",
        sa.Column("event", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("applied", sa.String(), nullable=False),
        sa.Column("log", kind, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    copy(rewritten)
    op.drop_table("decision")
    op.rename_table("decision_next", "decision")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX decision_next_pkey RENAME TO decision_pkey")
    op.create_index("decision_customer", "decision", ["customer", "event"])
    op.create_index("decision_page", "decision", ["decided_at", "event"])


def copy(rewritten: Rewrite) -> None:
    """Page by page: there may be more decisions than memory."""
    connection = op.get_bind()
    old, new = (sa.table(name, *map(sa.column, COLUMNS)) for name in ("decision", "decision_next"))
    query, after = sa.select(old).order_by(old.c.event).limit(PAGE), -1
    while page := connection.execute(query.where(old.c.event > after)).mappings().all():
        connection.execute(sa.insert(new), [{**row, "log": rewritten(row["log"])} for row in page])
        after = page[-1]["event"]
