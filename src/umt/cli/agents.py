"""``umt agents``: what agents did, and what they would do."""

from __future__ import annotations

import typer

from umt.cli import agents_replay, agents_what_if

app = typer.Typer(help="The agents: what they did, and what they would do.", no_args_is_help=True)
app.command("replay")(agents_replay.replay)
app.command("what-if")(agents_what_if.what_if)
