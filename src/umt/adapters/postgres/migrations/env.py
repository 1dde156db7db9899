"""Alembic's entry: one transaction per upgrade on the connection that `migrate` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], version_table="schema_version", version_table_schema="umt"
)
with context.begin_transaction():
    context.run_migrations()
