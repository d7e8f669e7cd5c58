"""Run migrations on the connection that ``storage.schema`` gives."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot change most of a table in place: alembic then builds it anew.
    render_as_batch=True,
    # Each revision with its number is one transaction, DDL included, on SQLite too.
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
