"""What alembic runs: the revisions, over the connection that `service.records.database` hands in."""

from __future__ import annotations

from alembic import context

import service.records.rights.tables  # noqa: F401  (their tables are part of the target)
from service.records.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite changes a table by making another
)
context.run_migrations()
