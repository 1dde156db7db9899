"""``umt keys``: the keys at rest. docs/keys.md tells what each is for and how they are changed.

Exit status: 0 done, 2 wrong use, or a key is not there.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from msgspec import to_builtins
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from umt.bootstrap import key_keeping
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from

app = typer.Typer(help="The keys at rest.", no_args_is_help=True)


@app.command()
def status(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show which keys there are; never a key itself."""
    with key_keeping(settings_from(data_dir, database_url)) as keys:
        found = keys.status()
    if as_json:
        print_json(to_builtins(found))
        return
    typer.echo(f"Master key: from the {found.source}, fingerprint {found.fingerprint}….")
    if found.under_master:
        typer.echo(f"Credentials still under it: {found.under_master}; `umt keys rotate` brings them under their own.")
    wrapped = Table("wrapped by it", "keys")
    for table, count in found.wrapped.items():
        wrapped.add_row(table, str(count))
    Console().print(wrapped)
    signing = Table("signing key", "made (UTC)", "signs from", "published until")
    for key in found.signing_keys:
        until = "–" if key.published_until is None else f"{key.published_until:%Y-%m-%d %H:%M:%S}"
        signing.add_row(key.kid, f"{key.made_at:%Y-%m-%d %H:%M:%S}", f"{key.signs_from:%Y-%m-%d %H:%M:%S}", until)
    Console().print(signing)


@app.command()
def rotate(
    signing: Annotated[bool, typer.Option("--signing/--no-signing", help="Make a new key for access tokens.")] = True,
    master: Annotated[
        bool, typer.Option("--master/--no-master", help="Wrap every key anew under a new master key.")
    ] = True,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Change the keys, while everything runs. No event is rewritten and no valid token refused."""
    if not (signing or master):
        fail("nothing to change: leave out --no-signing or --no-master")
    told: dict[str, Any] = {"master": None, "signing": None}
    with key_keeping(settings_from(data_dir, database_url)) as keys:
        if master:
            with Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
                disable=not sys.stderr.isatty(),
            ) as bar:
                task = bar.add_task("wrapping keys anew")
                told["master"] = to_builtins(
                    keys.rotate_master(lambda table, rows: bar.update(task, description=f"{table}: {rows:,}"))
                )
            told["master"]["fingerprint"] = told["master"]["fingerprint"][:16]
        if signing:
            told["signing"] = to_builtins(keys.rotate_signing())
    if as_json:
        print_json(told)
        return
    if done := told["master"]:
        if done["changed"]:
            count = sum(done["rewrapped"].values())
            typer.echo(
                f"The master key is a new one, fingerprint {done['fingerprint']}…; {count} keys were wrapped anew."
            )
        else:
            typer.echo("Everything is under UMT_MASTER_KEY already; UMT_MASTER_KEY_PREVIOUS can be taken away.")
    if made := told["signing"]:
        signs_from = made["signs_from"].partition(".")[0].replace("T", " ")
        typer.echo(f"The signing key {made['kid']} is published and signs from {signs_from} (UTC) on.")
