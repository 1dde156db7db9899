"""``umt db migrate``: bring the database to this program's schema."""

from __future__ import annotations

import typer

from umt.bootstrap import prepared_database, schema_version
from umt.cli.options import DatabaseUrl, DataDir, Json, print_json, settings_from


def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Bring the database to this program's schema; safe while others do the same."""
    settings = settings_from(data_dir, database_url)
    prepared_database(settings)
    if as_json:
        print_json({"schema": schema_version()})
    else:
        typer.echo(f"The database is at schema {schema_version()}.")
