"""Run by Alembic: applies the revisions over the connection it is given, inside that connection's transaction."""

from alembic import context
from sqlmodel import SQLModel

import storage.models  # noqa: F401  its import fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
