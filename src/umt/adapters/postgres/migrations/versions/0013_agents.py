"""What waits for an agent that is stopped, and from where an agent begins."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql("0013_agents.sql")
