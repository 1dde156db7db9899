"""``umt privacy``: what people may ask of us about themselves, and what is kept for how long.

Exit status: 0 done, 1 an erasure is not complete yet, 2 wrong use, or somebody unknown.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from umt.application.privacy.exporting import subject_document
from umt.application.privacy.register import Erasure
from umt.application.privacy.retention import CLASSES, Standing
from umt.application.transaction import Context
from umt.bootstrap import System, system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.recorded import Actor, ActorKind

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
    """Erase a person for good, and wait until every process has forgotten them."""
    with system(settings_from(data_dir, database_url)) as wired:
        people = _people(wired, subject, workspace)
        told = []
        for here, person in people:
            before = wired.erasures.of(person)
            wired.erasing.erase(person, _operator(here))
            told.append((person, before is not None))
        late = _wait(wired, [person for person, _ in told])
        found = [(wired.erasures.of(person), again, late.get(person, [])) for person, again in told]
    _report(found, as_json)
    raise typer.Exit(1 if late else 0)


@app.command()
def retention(
    run: Annotated[bool, typer.Option("--run", help="Delete now what is past its time.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what is kept for how long, what is past its time and what was deleted last."""
    with system(settings_from(data_dir, database_url)) as wired:
        if run:
            wired.retention.carry_out()
        standing = wired.retention.standing()
    if as_json:
        print_json([msgspec.to_builtins(each) for each in standing])
    else:
        _show(standing)


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


def _report(found: list[tuple[Erasure | None, bool, list[str]]], as_json: bool) -> None:
    documents = [
        {**msgspec.to_builtins(erasure), "complete": erasure.complete, "repeated": again, "waiting_for": late}
        for erasure, again, late in found
        if erasure
    ]
    if as_json:
        print_json({"erased": documents})
        return
    for erasure, again, late in found:
        assert erasure
        done = "was erased already" if again else "is erased"
        typer.echo(f"{erasure.subject} {done} in workspace {erasure.workspace} (event {erasure.position})")
        if late:
            typer.echo(f"umt: not complete yet: {', '.join(late)} did not say that it has forgotten", err=True)


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
