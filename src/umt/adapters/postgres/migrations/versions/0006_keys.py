"""Keys at rest: data keys under the master key, keys that sign tokens."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql("0006_keys.sql")
