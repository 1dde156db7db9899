"""The write path at full speed: schema versions beside the events, appends in one call, snapshots."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("0002_write.sql")
