"""``umt db data-login``: logins that read the read models of some workspaces. docs/data-teams.md tells how to connect.

Exit status: 0 done, 2 wrong use, or the database's login may not do it.
"""

from __future__ import annotations

import secrets
import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from umt.bootstrap import data_logins
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from

app = typer.Typer(help="Logins for data teams.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The login: a–z, 0–9 and _.")]


@app.command()
def add(
    name: Name,
    workspace: Annotated[list[UUID], typer.Option(help="A workspace that it reads; may be repeated.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Take the password from standard input instead of making one.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Make a login and show its password, this once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(24)
    if not password:
        fail("there is no password on standard input; give one line")
    logins = data_logins(settings_from(data_dir, database_url))
    made = logins.add(name, workspace, password)
    if remaining := logins.still_open():
        sys.stderr.write(
            "umt: Every login of this database can take UMT's locks, which stops all writes, and make large objects, "
            "until a superuser runs in it:\n" + "".join(f"  {statement};\n" for statement in remaining)
        )
    shown = {} if password_stdin else {"password": password}
    if as_json:
        print_json({"login": made.name, "workspaces": list(map(str, made.workspaces)), **shown})
        return
    typer.echo(f"The login {made.name} reads {', '.join(map(str, made.workspaces))}.")
    if shown:
        typer.echo(f"Its password, shown this once: {password}")


@app.command(name="list")
def show(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show the logins and what they read."""
    found = data_logins(settings_from(data_dir, database_url)).list()
    if as_json:
        print_json([{"login": each.name, "workspaces": list(map(str, each.workspaces))} for each in found])
        return
    table = Table("login", "workspaces")
    for each in found:
        table.add_row(each.name, "\n".join(map(str, each.workspaces)))
    Console().print(table)


@app.command()
def remove(name: Name, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Drop a login; it reads nothing from now on."""
    data_logins(settings_from(data_dir, database_url)).remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        typer.echo(f"The login {name} is gone.")
