"""The ``umt`` command: one sub-command for each thing people do with the system."""

from __future__ import annotations

import logging
import sys

import psycopg
import typer

from umt.application.masking import mask_logs, masked
from umt.cli import (
    agents,
    bench,
    data_logins,
    database,
    dead_letters,
    demo,
    export,
    import_users,
    imports,
    keys,
    migrate,
    privacy,
    projections,
    sandbox,
    schema,
    security,
    serve,
)

app = typer.Typer(
    name="umt",
    help="Ultimate Marketing Team: an event-sourced backend for marketing teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(database.app, name="db")
database.app.command("migrate")(migrate.migrate)
database.app.add_typer(data_logins.app, name="data-login")
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("demo")(demo.demo)
app.add_typer(sandbox.app, name="sandbox")
imports.app.command("users")(import_users.users)
app.add_typer(imports.app, name="import")
app.add_typer(projections.app, name="projections")
app.add_typer(agents.app, name="agents")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(agents.app, name="agents")
app.add_typer(export.app, name="export")
app.add_typer(privacy.app, name="privacy")
app.add_typer(keys.app, name="keys")
app.add_typer(schema.app, name="schema")
app.add_typer(security.app, name="security")
app.command("bench")(bench.bench)


def main() -> None:
    """Run the command; what goes wrong with the database or the settings is said in a sentence."""
    mask_logs()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("procrastinate", "httpx", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        app()
    except Exception as error:
        _explain(error)


def _explain(error: Exception) -> None:
    from umt.bootstrap import EXPECTED_ERRORS

    if isinstance(error, psycopg.Error):
        sys.stderr.write(f"umt: the database refuses: {masked(str(error).strip())}\n")
    elif isinstance(error, EXPECTED_ERRORS):
        sys.stderr.write(f"umt: {error}\n")
    else:
        raise error
    raise SystemExit(2) from None


if __name__ == "__main__":
    main()
