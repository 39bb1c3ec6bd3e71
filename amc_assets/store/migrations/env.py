"""Run by Alembic: migrate on the connection, and in the transaction, that amc_assets.store.migrate holds open."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    transactional_ddl=True,
    version_table=given["version_table"],
    version_table_schema=given["schema"],
)
with context.begin_transaction():
    context.run_migrations()
