"""What Alembic runs: the caller (callcenter.store.migrate) brings the connection."""

from __future__ import annotations

from alembic import context

from callcenter.store.base import Base


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,  # for its naming convention; tables come from revisions
        render_as_batch=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
