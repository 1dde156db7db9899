"""Circuit breakers of the outside services."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_breakers.sql")
