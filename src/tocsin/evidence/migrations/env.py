"""Alembic's entry: migrations run inside the transaction of the connection that the store passes."""

from alembic import context

from tocsin.evidence.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
