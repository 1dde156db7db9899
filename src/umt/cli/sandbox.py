"""``umt sandbox``: the stand-in for the outside platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The stand-in for the outside platforms, on loopback.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The stand-in for the outside platforms, on loopback."""


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Loopback port; 0 picks a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Loopback address.")] = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="File that keeps the state; without it in memory.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated market.")] = None,
    faults: Annotated[str, typer.Option(help="none, flaky, outage or lost_answers.")] = "none",
) -> None:
    """Serve the sandbox until stopped; prints its address as one JSON line."""
    from umt.sandbox.__main__ import NotLoopback, run
    from umt.sandbox.app import SeedConflict
    from umt.sandbox.faults import UnknownProfile
    from umt.sandbox.store import UnusableState

    try:
        run(host, port, state, seed, faults)
    except (NotLoopback, SeedConflict, UnknownProfile, UnusableState, OSError) as error:
        raise typer.BadParameter(str(error)) from error
