"""The last gaps between tenants: jobs, the append, what the application can list."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql("0009_tenancy.sql")
