"""How people and programs sign in: accounts and members, sessions, API keys, invitations."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql("0005_access.sql")
