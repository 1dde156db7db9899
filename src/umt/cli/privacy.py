"""``umt privacy``: what people may ask of us about themselves, and what is kept for how long.

Exit status: 0 done, 1 a workspace refused an erasure, one is not complete yet, or a class of data could not be deleted
from, 2 wrong use, or somebody unknown.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.table import Column, Table

from umt.application.masking import masked
from umt.application.privacy.exporting import subject_document
from umt.application.privacy.register import Erasure
from umt.application.privacy.retention import CLASSES, Standing
from umt.application.transaction import Context
from umt.bootstrap import EXPECTED_ERRORS, System, system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Workspace as Home

app = typer.Typer(help="Export or erase a person; what is kept for how long.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(metavar="SUBJECT", help="A user's id, or an e-mail address.")]
Workspace = Annotated[UUID | None, typer.Option(help="Only as a user of this workspace.")]
Write = Callable[[bytes], object]
WAIT_SECONDS: Final = 60


@app.command()
def export(
    subject: Person,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Where to; standard output.")
    ] = None,
    workspace: Workspace = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write all that is known of a person as one JSON document."""
    with system(settings_from(data_dir, database_url)) as wired:
        people = _people(wired, subject, workspace)
        with _written(output) as write:
            asyncio.run(_export(wired, people, write))


@app.command()
def erase(
    subject: Person,
    workspace: Workspace = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Erase a person for good, by an address in every workspace that does not refuse, and wait until every process has
    forgotten them."""
    with system(settings_from(data_dir, database_url)) as wired:
        tries = [_tried(wired, here, person) for here, person in _people(wired, subject, workspace)]
        done = [each.subject for each in tries if each.refused is None]
        late = _wait(wired, done)
        erasures = {person: found for person in done if (found := wired.erasures.of(person))}
    _report(tries, erasures, late, as_json)
    raise typer.Exit(1 if late or len(done) < len(tries) else 0)


@app.command()
def retention(
    run: Annotated[bool, typer.Option("--run", help="Delete now what is past its time.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what is kept for how long, what is past its time and what was deleted last."""
    with system(settings_from(data_dir, database_url)) as wired:
        runs = wired.retention.carry_out() if run else []
        standing = wired.retention.standing()
    if as_json:
        print_json([msgspec.to_builtins(each) for each in standing])
    else:
        _show(standing)
    if runs and (failed := CLASSES.keys() - {each.name for each in runs}):
        fail(f"nothing was deleted of {', '.join(sorted(failed))}; the log lines say why", status=1)


class _Try(msgspec.Struct, frozen=True):
    """What came of erasing a person in a workspace; ``refused`` says why nothing did, ``ownerless`` that nobody owns the
    workspace any more."""

    subject: UUID
    workspace: UUID
    workspace_name: str
    repeated: bool
    refused: str | None
    ownerless: bool


def _tried(wired: System, here: UUID, person: UUID) -> _Try:
    repeated, refused = wired.erasures.of(person) is not None, None
    try:
        wired.erasing.erase(person, _operator(here))
    except psycopg.Error as error:
        refused = f"the database refuses: {masked(str(error).strip())}"
    except EXPECTED_ERRORS as error:
        refused = str(error)
    home: Home | None = wired.writer.run(_operator(here), lambda tx: tx.load(Home, here)).result()
    ownerless = home is not None and not home.owned
    return _Try(person, here, home.name if home else "", repeated, refused, ownerless)


def _people(wired: System, subject: str, workspace: UUID | None) -> list[tuple[UUID, UUID]]:
    """(workspace, user) of whom an id or an address means; ends the command when that is nobody."""
    try:
        person = UUID(subject)
    except ValueError:
        found = wired.people_at(subject)
    else:
        home = wired.erasures.home_of(person)
        found = [(home, person)] if home else []
    found = [each for each in found if workspace in (None, each[0])]
    if not found:
        where = f" in workspace {workspace}" if workspace else ""
        fail(f"nobody is known by that id or address{where}; one who was erased is found by id only")
    return found


def _operator(workspace: UUID) -> Context:
    return Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "operator"))


def _wait(wired: System, people: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Until the erasures are complete, or the time is over; the answer is which processes are late, by person."""
    console = Console(stderr=True)
    deadline = time.monotonic() + WAIT_SECONDS
    late: dict[UUID, list[str]] = {}
    with console.status("waiting until every process has forgotten") as status:
        for person in people:
            while not ((found := wired.erasures.of(person)) and found.complete):
                waiting = wired.erasures.waits_for(person)
                if time.monotonic() > deadline:
                    late[person] = waiting
                    break
                status.update(f"waiting until {', '.join(waiting) or 'every process'} has forgotten")
                time.sleep(0.1)
    return late


def _report(tries: list[_Try], erasures: Mapping[UUID, Erasure], late: Mapping[UUID, list[str]], as_json: bool) -> None:
    """Each workspace with what came of it."""
    if as_json:
        done = [_document(each, erasures[each.subject], late) for each in tries if each.refused is None]
        refused = [{**_place(each), "reason": each.refused} for each in tries if each.refused is not None]
        print_json({"erased": done, "refused": refused})
        return
    for each in tries:
        where = f"workspace {each.workspace_name} ({each.workspace})"
        if each.refused is not None:
            typer.echo(f"umt: {each.subject} is not erased in {where}: {each.refused}", err=True)
            continue
        said = "was erased already" if each.repeated else "is erased"
        typer.echo(f"{each.subject} {said} in {where} (event {erasures[each.subject].position})")
        if each.ownerless:
            typer.echo(f"umt: nobody owns {where} any more; `umt import users` brings an owner in", err=True)
        if waiting := late.get(each.subject):
            typer.echo(f"umt: not complete yet: {', '.join(waiting)} did not say that it has forgotten", err=True)


def _place(tried: _Try) -> dict[str, Any]:
    return {"subject": tried.subject, "workspace": tried.workspace, "workspace_name": tried.workspace_name}


def _document(tried: _Try, erasure: Erasure, late: Mapping[UUID, list[str]]) -> dict[str, Any]:
    return {
        **_place(tried),
        **msgspec.to_builtins(erasure),
        "complete": erasure.complete,
        "repeated": tried.repeated,
        "ownerless": tried.ownerless,
        "waiting_for": late.get(tried.subject, []),
    }


async def _export(wired: System, people: list[tuple[UUID, UUID]], write: Write) -> None:
    async with wired.reading():
        write(b'{"subjects":[')
        for place, (here, person) in enumerate(people):
            write(b",\n" if place else b"\n")
            async for part in subject_document(wired.queries, _operator(here), person):
                write(part)
        write(b"\n]}\n")


@contextmanager
def _written(output: Path | None) -> Iterator[Write]:
    """Writes to a file that only its owner can read and that is there whole or not at all."""
    if output is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)  # with mode 0600
    except OSError as error:
        fail(f"cannot write {output}: {error.strerror}")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(output)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _show(standing: Iterable[Standing]) -> None:
    table = Table(Column("class", no_wrap=True), "days", "past its time", "last run", "deleted then", "what")
    for each in standing:
        last = each.last
        table.add_row(
            each.name,
            str(each.days),
            f"{each.due:,}",
            f"{last.ran_at:%Y-%m-%d %H:%M} UTC" if last else "never",
            f"{last.deleted:,}" if last else "",
            CLASSES[each.name].what,
        )
    Console().print(table)
