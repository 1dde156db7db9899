"""``umt import users``: people who had accounts elsewhere become members, with their passwords.

Exit status: 0 everybody in the file is a member, 2 a row was rejected, or the file or the use is wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

import msgspec
import typer

from umt.application.importing import UnusableInput
from umt.application.importing.users import import_users
from umt.application.transaction import Context
from umt.bootstrap import system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.errors import NotFound
from umt.domain.recorded import Actor, ActorKind

SHOWN_REJECTIONS: Final = 100


def users(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", readable=False, help="A CSV file: email, name, role, password_hash."),
    ],
    workspace: Annotated[UUID, typer.Option(help="Where they are to be members.")],
    as_json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make people members who had accounts elsewhere; their passwords (argon2id or bcrypt) go on working.

    An address that is a member already stays as it is, so the same file can be imported again.
    """
    context = Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "import"), correlation=uuid4())
    try:
        with system(settings_from(data_dir, database_url)) as wired:
            done = import_users(file, workspace, context, wired.dispatcher, wired.writer)
    except UnusableInput as error:
        fail(str(error))
    except NotFound:
        fail(f"there is no workspace {workspace} in this database; see --workspace and --data-dir")
    if as_json:
        print_json({**msgspec.to_builtins(done), "workspace": str(workspace)})
    else:
        for rejected in done.rejected[:SHOWN_REJECTIONS]:
            column = f", column {rejected.column}" if rejected.column else ""
            typer.echo(f"line {rejected.line}{column}: {rejected.reason}", err=True)
        if len(done.rejected) > SHOWN_REJECTIONS:
            typer.echo(f"… and {len(done.rejected) - SHOWN_REJECTIONS:,} more; --json lists them", err=True)
        typer.echo(f"{done.imported:,} imported, {done.unchanged:,} were members, {len(done.rejected):,} rejected")
    raise typer.Exit(2 if done.rejected else 0)
