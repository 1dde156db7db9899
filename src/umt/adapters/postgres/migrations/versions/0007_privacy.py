"""Erasure of a person, process by process, and what is kept for how long."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0007_privacy.sql")
