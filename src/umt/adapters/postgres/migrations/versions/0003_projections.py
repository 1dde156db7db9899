"""Projections: generations of a read model, leases and heartbeats, dead letters."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0003_projections.sql")
