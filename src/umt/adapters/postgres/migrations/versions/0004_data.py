"""What data teams read beside the read models: the log as jsonb, positions by time."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql("0004_data.sql")
