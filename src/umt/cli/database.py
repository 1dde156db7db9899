"""`umt db`: the database that everything else stands on, before anything else is wired.

Exit status: 0 done, 1 the database does not run, 2 wrong use.
"""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from umt.adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, default_data_dir
from umt.cli.options import DatabaseUrl, DataDir, Json

app = typer.Typer(name="db", help="Start, stop and inspect the database.", no_args_is_help=True)

Port = Annotated[
    int | None,
    typer.Option(envvar="UMT_EMBEDDED_PORT", min=1, max=65535, help="Open 127.0.0.1:PORT to the logins of data teams."),
]


@app.command()
def start(data_dir: DataDir = None, database_url: DatabaseUrl = None, port: Port = None, as_json: Json = False) -> None:
    """Start the embedded database, or adopt it where it runs already."""
    database = _embedded(data_dir, database_url, "start", port)
    try:
        database.start()
    except EmbeddedPostgresError as error:
        _refuse(error)
    _report(_describe(database), as_json)


@app.command()
def stop(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Stop the embedded database; its data stays."""
    database = _embedded(data_dir, database_url, "stop")
    try:
        database.stop()
    except EmbeddedPostgresError as error:
        _refuse(error)
    _report(_describe(database), as_json)


@app.command()
def status(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Say whether the database runs, and where."""
    found = _describe_external(database_url) if database_url else _describe(_embedded(data_dir, None, "inspect"))
    _report(found, as_json)
    raise typer.Exit(0 if found["running"] else 1)


@app.command()
def url(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Print the URL to connect to, as in `psql "$(umt db url)"`."""
    address = database_url
    if address is None:
        found = _describe(_embedded(data_dir, None, "inspect"))
        if not found["running"]:
            typer.echo(f"The database in {found['data_dir']} does not run. Start it: umt db start", err=True)
            raise typer.Exit(1)
        address = found["url"]
    typer.echo(json.dumps({"url": address}) if as_json else address)


def _embedded(data_dir: Path | None, database_url: str | None, verb: str, port: int | None = None) -> EmbeddedPostgres:
    if database_url:
        typer.echo(
            f"The database is external (--database-url or UMT_DATABASE_URL), so UMT does not {verb} it. "
            "Ask its administrator, or unset the URL for the embedded database.",
            err=True,
        )
        raise typer.Exit(2)
    try:
        return EmbeddedPostgres(data_dir or default_data_dir(), port)
    except EmbeddedPostgresError as error:
        _refuse(error)


def _refuse(error: EmbeddedPostgresError) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(2)


def _describe(database: EmbeddedPostgres) -> dict[str, Any]:
    try:
        found = database.status()
    except EmbeddedPostgresError as error:
        _refuse(error)
    return {
        "running": found.running,
        "external": False,
        "pid": found.pid,
        "version": found.version,
        "data_dir": str(found.data_dir),
        "url": found.url,
        "log": str(found.log),
    }


def _describe_external(database_url: str) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(database_url)
        shown: dict[str, Any] = {name: value for name, value in given.items() if "password" not in name}
    except psycopg.ProgrammingError as error:
        typer.echo(f"--database-url (UMT_DATABASE_URL) is not a PostgreSQL URL: {error}", err=True)
        raise typer.Exit(2) from None
    found: dict[str, Any] = {"running": False, "external": True, "pid": None, "version": None, "data_dir": None}
    found |= {"url": make_conninfo("", **shown), "log": None}
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            found |= {"running": True, "version": connection.info.parameter_status("server_version")}
    except psycopg.OperationalError as error:
        typer.echo(f"The database does not answer: {error}", err=True)
    return found


def _report(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found))
        return
    name = " ".join(filter(None, ["PostgreSQL", found["version"]]))
    typer.echo(f"{name} {'runs' if found['running'] else 'does not run'}")
    for field in ("url", "data_dir", "log"):
        if found[field]:
            typer.echo(f"  {field.replace('_', ' '):<9} {found[field]}")
