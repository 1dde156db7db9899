"""Security events: who was refused what."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("0008_security.sql")
