"""What belonged to what at a position of the log."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("0010_past.sql")
