"""Run by Alembic with the connection that `engine.runtime.database.migration` hands it; never on its own."""

from alembic import context
from sqlalchemy import Connection

from engine.runtime.database.tables import CdrRow

connection = context.config.attributes["connection"]
if not isinstance(connection, Connection):
    raise TypeError("migrations run through engine.runtime.database.migration.upgrade")
context.configure(connection=connection, target_metadata=CdrRow.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
