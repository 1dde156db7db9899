"""Large parts of exchanges with language models, and what those cost month by month."""

from umt.adapters.postgres.migrations.running import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql("0012_blobs.sql")
