"""Tokens of the API, the trail of changes, answers to repeated requests, what hooks are told, and indexes for the
pages of lists."""

import json
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PAGES = {
    "participant_updated": ("participant", ("campaign", "updated_at", "id")),
    "communication_page": ("communication", ("campaign", "created_at", "id")),
    "communication_customer": ("communication", ("customer", "created_at", "id")),
    "message_page": ("message", ("campaign", "created_at", "id")),
    "message_customer": ("message", ("customer", "created_at", "id")),
    "message_communication": ("message", ("communication", "created_at", "id")),
    "decision_customer": ("decision", ("customer", "event")),
    "upload_page": ("upload", ("campaign", "started_at", "id")),
}
PARTIAL = {
    "communication_time": ("communication", ("created_at", "id"), "id <> ''"),
    "message_time": ("message", ("created_at", "id"), "id <> ''"),
    "message_session": ("message", ("created_at", "id"), "direction = 'in' AND length(communication) = 0"),
    "message_thread": ("message", ("thread",), "thread <> ''"),
}
UNDECIDED = "SELECT COUNT(*) FROM inbox WHERE state IN ('waiting', 'held') AND key LIKE 'upload:' || upload.id || ':%'"
REPLACED = {
    "ix_message_customer": ("message", "customer"),
    "ix_message_communication": ("message", "communication"),
    "ix_message_thread": ("message", "thread"),
    "ix_decision_customer": ("decision", "customer"),
    "ix_upload_campaign": ("upload", "campaign"),
}


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_subject", "audit", ["subject", "id"])
    op.create_index("ix_audit_customer", "audit", ["customer"])
    op.create_table(
        "repeat",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("print", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_repeat_at", "repeat", ["at"])
    add_hooks()
    widen_upload()
    for name, (table, columns) in PAGES.items():
        op.create_index(name, table, list(columns))
    for name, (table, columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
    for name, (table, _) in REPLACED.items():
        op.drop_index(name, table)


def add_hooks() -> None:
    op.create_table(
        "delivery",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("first_tried_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    is_open = sa.text("done_at IS NULL")
    order = ["hook", "state", "next_at", "seq"]
    op.create_index("delivery_open", "delivery", order, sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("delivery_page", "delivery", ["hook", "created_at", "seq"])
    op.create_index("ix_delivery_customer", "delivery", ["customer"])
    op.create_table(
        "hook_trouble",
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hook"),
    )


def widen_upload() -> None:
    """Its errors become rows. What was begun goes on: of its rows, those were read that are counted or wait."""
    with op.batch_alter_table("upload") as upload:
        upload.alter_column("total", existing_type=sa.Integer(), nullable=True)
        upload.add_column(sa.Column("reason", sa.String(), nullable=False, server_default=sa.text("''")))
        upload.add_column(sa.Column("reading", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
        upload.add_column(sa.Column("size", sa.BigInteger(), nullable=True))
        for name in ("read", "counted", "duplicates"):
            upload.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))
        upload.add_column(sa.Column("begun_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "upload_failure",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("upload", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    move_errors()
    read = f"created + updated + unchanged + failed + ({UNDECIDED})"
    op.execute("UPDATE upload SET begun_at = started_at")
    op.execute(f'UPDATE upload SET "read" = CASE WHEN finished_at IS NULL THEN {read} ELSE total END')  # noqa: S608
    op.drop_column("upload", "errors")
    op.create_index("upload_failure_page", "upload_failure", ["upload", "row", "seq"])
    is_open = sa.text("finished_at IS NULL")
    order = ["campaign", "started_at", "id"]
    op.create_index("upload_open", "upload", order, sqlite_where=is_open, postgresql_where=is_open)


def move_errors() -> None:
    uploads = sa.table("upload", sa.column("id"), sa.column("errors"))
    failures = sa.table("upload_failure", *map(sa.column, ("upload", "row", "field", "value", "reason")))
    for upload, errors in op.get_bind().execute(sa.select(uploads.c.id, uploads.c.errors)).all():
        blank = {"upload": upload, "field": "", "value": "", "reason": ""}
        rows = [blank | error for error in json.loads(errors)]
        if rows:
            op.get_bind().execute(failures.insert(), rows)


def narrow_upload() -> None:
    """The earlier program knows two ends, and that a list is being processed. It holds the first 1,000 errors."""
    op.drop_index("upload_open", "upload")
    op.add_column("upload", sa.Column("errors", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
    failures = sa.table("upload_failure", *map(sa.column, ("upload", "row", "field", "value", "reason", "seq")))
    uploads = sa.table("upload", sa.column("id"), sa.column("errors"))
    found = op.get_bind().execute(sa.select(failures).order_by("upload", "row", "seq")).mappings().all()
    for upload, rows in groupby(found, key=lambda row: row["upload"]):
        errors = [{name: row[name] for name in ("row", "field", "value", "reason")} for row in rows][:1_000]
        text = json.dumps(errors, ensure_ascii=False, separators=(",", ":"))
        op.get_bind().execute(uploads.update().where(uploads.c.id == upload).values(errors=text))
    op.execute("UPDATE upload SET total = 0 WHERE total IS NULL")
    op.execute("UPDATE upload SET status = 'processing' WHERE status IN ('queued', 'paused')")
    op.execute("UPDATE upload SET status = 'failed' WHERE status = 'cancelled'")
    op.drop_table("upload_failure")
    with op.batch_alter_table("upload") as upload:
        upload.alter_column("total", existing_type=sa.Integer(), nullable=False)
        for column in ("reason", "reading", "size", "read", "counted", "duplicates", "begun_at"):
            upload.drop_column(column)


def downgrade() -> None:
    for name, (table, column) in REPLACED.items():
        op.create_index(name, table, [column])
    for name, (table, _) in PAGES.items():
        op.drop_index(name, table)
    for name, (table, _, _) in PARTIAL.items():
        op.drop_index(name, table)
    narrow_upload()
    op.drop_table("hook_trouble")
    op.drop_table("delivery")
    op.drop_table("repeat")
    op.drop_table("audit")
    op.drop_table("token")
