"""``umt dead-letters``: events that could not be applied, and what to do about them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from umt.application.commands.agents import RetryRun
from umt.bootstrap import System, system
from umt.cli import agent_tables, agents
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.recorded import Recorded
from umt.projections import dead_letters
from umt.projections.catalogue import PROJECTIONS
from umt.projections.dead_letters import ParkedKey
from umt.projections.generations import Generation, live
from umt.projections.table import Projection


class Source(StrEnum):
    """Who could not deal with an event."""

    PROJECTION = "projection"
    AGENT = "agent"


MOST_RUNS: Final = 1000
"""Most runs of agents that are listed, or tried again, at once."""
app = typer.Typer(help="Events that could not be applied, and what agents broke off over.", no_args_is_help=True)
Projected = Annotated[str | None, typer.Option("--projection", help="One projection; all of them without it.")]
Of = Annotated[Source, typer.Option("--source", help="Who could not deal with the event.")]
Key = Annotated[
    UUID, typer.Argument(help="The sequencing key, or an agent's run, as `umt dead-letters list` shows it.")
]


@app.command(name="list")
def list_keys(
    projection: Projected = None,
    source: Of = Source.PROJECTION,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what is parked: each sequencing key with its first failure and how many events wait. With --source agent the runs
    that agents broke off, or of which something can never be done."""
    if source is Source.AGENT:
        _only_projections(projection)
        with system(settings_from(data_dir, database_url)) as wired:
            runs = wired.agent_operations.failed_runs(MOST_RUNS)
        print_json(agent_tables.documents(runs)) if as_json else agent_tables.print_runs(runs)
        return
    with system(settings_from(data_dir, database_url)) as wired:
        found = _parked(wired, projection)
    if as_json:
        print_json([msgspec.to_builtins(each) for each in found])
        return
    if not found:
        typer.echo("Nothing is parked.", err=True)
        return
    table = Table(Column("key", no_wrap=True), Column("events", no_wrap=True), Column("first of them", overflow="fold"))
    for each in found:
        table.add_row(
            str(each.key),
            str(each.letters),
            f"{each.projection}: {each.type} at {each.first_position}, tries: {each.attempts}, parked since"
            f" {each.parked_at:%Y-%m-%d %H:%M:%S} UTC. {each.error}",
        )
    Console().print(table)


@app.command()
def show(
    key: Key,
    projection: Projected = None,
    source: Of = Source.PROJECTION,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show the events of a key in order, with what they say as far as it can be read; or all of an agent's run."""
    if source is Source.AGENT:
        _only_projections(projection)
        agents.show(key, data_dir, database_url, as_json)
        return
    with system(settings_from(data_dir, database_url)) as wired:
        found = []
        for each in _of_key(wired, projection, key):
            with wired.as_worker() as connection:
                parked = dead_letters.shown(connection, _live(connection, PROJECTIONS[each.projection]), key)
            events = {e.position: e for e in wired.source.at([letter.position for letter in parked])}
            found.append((each, [(letter, events.get(letter.position)) for letter in parked]))
    if as_json:
        print_json(
            [
                msgspec.to_builtins(each)
                | {"events": [msgspec.to_builtins(letter) | {"body": _body(event)} for letter, event in letters]}
                for each, letters in found
            ]
        )
        return
    for each, letters in found:
        table = Table("position", "stream", "version", "type", "why", title=f"{each.projection} · {each.key}")
        for letter, _ in letters:
            table.add_row(
                str(letter.position),
                str(letter.stream),
                str(letter.version),
                letter.type,
                letter.error or "waits behind the one before",
            )
        Console().print(table)


@app.command()
def retry(
    key: Annotated[UUID | None, typer.Argument(help="A sequencing key; every one that is parked without it.")] = None,
    projection: Projected = None,
    source: Of = Source.PROJECTION,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Apply the events of a key in order, until one fails again; exit 1 if one does. With --source agent have a run done
    again; exit 1 if one cannot be."""
    if source is Source.AGENT:
        _only_projections(projection)
        with system(settings_from(data_dir, database_url)) as wired:
            _retry_runs(wired, [key] if key else None, as_json)
        return
    done: list[dict[str, Any]] = []
    with system(settings_from(data_dir, database_url)) as wired, wired.as_worker() as connection:
        for each in _parked(wired, projection) if key is None else _of_key(wired, projection, key):
            read_model = PROJECTIONS[each.projection]
            tried = dead_letters.retry(connection, read_model, _live(connection, read_model), wired.following, each.key)
            done.append({"projection": each.projection, "key": str(each.key)} | msgspec.to_builtins(tried))
    if as_json:
        print_json(done)
    else:
        for outcome in done:
            waits = f", {outcome['waiting']} wait: {outcome['error']}" if outcome["waiting"] else ""
            typer.echo(f"{outcome['projection']} {outcome['key']}: {outcome['applied']} applied{waits}")
        if not done:
            typer.echo("Nothing is parked.", err=True)
    raise typer.Exit(1 if any(outcome["waiting"] for outcome in done) else 0)


@app.command()
def discard(
    key: Key,
    projection: Projected = None,
    first: Annotated[bool, typer.Option("--first", help="Only the first event; retry the rest afterwards.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    source: Of = Source.PROJECTION,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Give events of a key up: the rows stay without them, until the projection is rebuilt. The log keeps them."""
    if source is Source.AGENT:
        fail(
            "a run that failed is over already, so there is nothing to give up; `umt agents cancel` ends one that is open"
        )
    done: list[dict[str, Any]] = []
    with system(settings_from(data_dir, database_url)) as wired, wired.as_worker() as connection:
        for each in _of_key(wired, projection, key):
            count = 1 if first else each.letters
            if not yes and not typer.confirm(f"Give up {count} of {each.letters} events of {each.projection} {key}?"):
                fail("nothing was given up", status=1)
            given_up = dead_letters.discard(connection, _live(connection, PROJECTIONS[each.projection]), key, first)
            done.append({"projection": each.projection, "key": str(key), "discarded": given_up})
    if as_json:
        print_json(done)
    else:
        for outcome in done:
            typer.echo(f"{outcome['projection']} {outcome['key']}: {outcome['discarded']} discarded")


def _only_projections(projection: str | None) -> None:
    if projection is not None:
        fail("--projection goes with --source projection")


def _retry_runs(wired: System, runs: list[UUID] | None, as_json: bool) -> None:
    """Have these runs done again, or every one that failed."""
    wanted = [row["run"] for row in wired.agent_operations.failed_runs(MOST_RUNS)] if runs is None else runs
    done: list[dict[str, Any]] = []
    for run in wanted:
        refused = agents.refusal_of(wired, run, RetryRun(run=run))
        done.append({"run": str(run), "retried": refused is None, "error": refused})
    if as_json:
        print_json(done)
    else:
        for each in done:
            typer.echo(f"{each['run']}: {each['error'] or 'is done again'}")
        if not done:
            typer.echo("No run has failed.", err=True)
    raise typer.Exit(0 if all(each["retried"] for each in done) else 1)


def _parked(wired: System, name: str | None) -> list[ParkedKey]:
    if name is not None and name not in PROJECTIONS:
        fail(f"there is no projection {name!r}; there are {', '.join(PROJECTIONS)}")
    with wired.as_worker() as connection:
        return dead_letters.listed(connection, [name] if name else list(PROJECTIONS))


def _of_key(wired: System, name: str | None, key: UUID) -> list[ParkedKey]:
    found = [each for each in _parked(wired, name) if each.key == key]
    if not found:
        fail(f"nothing of {key} is parked; `umt dead-letters list` shows what is")
    return found


def _live(connection: dead_letters.Connection, projection: Projection) -> Generation:
    generation = live(connection, projection.name)
    if generation is None or generation.version != projection.version:
        fail(f"{projection.name} is live in another version than this program's {projection.version}")
    return generation


def _body(event: object) -> Any:
    return msgspec.to_builtins(event.event, enc_hook=str) if isinstance(event, Recorded) else None
