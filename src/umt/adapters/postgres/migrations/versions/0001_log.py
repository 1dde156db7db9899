"""The log, its neighbours, roles' rights, and the job queue."""

from procrastinate.schema import SchemaManager

from umt.adapters.postgres.migrations.running import run_sql, run_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql("0001_log.sql")
    run_statements(
        "CREATE SCHEMA jobs",
        "GRANT USAGE ON SCHEMA jobs TO umt_app, umt_worker",
        "SET LOCAL search_path = jobs",
        SchemaManager.get_schema(),
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO umt_app, umt_worker",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO umt_app, umt_worker",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO umt_app, umt_worker",
        "RESET search_path",
    )
