"""``umt agents``: what agents do in every workspace, and what an operator can do about it.

Exit status: 0 done, 1 it was refused as things stand, 2 wrong use, or something unknown.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from umt.application.agents import AGENTS
from umt.application.commands.agents import CancelRun, RetryRun, StartAgent, StopAgent
from umt.application.commands.recommendations import AcceptRecommendation, RejectRecommendation
from umt.application.dispatch import Command
from umt.application.transaction import Context, Outcome
from umt.bootstrap import System, system
from umt.cli import agent_tables, agents_replay, agents_what_if
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from
from umt.domain.agent_policy import EVERY_AGENT
from umt.domain.agent_run import RunStarted
from umt.domain.errors import DomainError, InvalidValue
from umt.domain.recommendation import RecommendationMade
from umt.domain.recommendation import Status as RecommendationStatus
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Workspace as Home

app = typer.Typer(help="What agents do, and what to do about it.", no_args_is_help=True)
app.command("replay")(agents_replay.replay)
app.command("what-if")(agents_what_if.what_if)


class RunStatus(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    HELD = "held"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


Run = Annotated[UUID, typer.Argument(metavar="RUN", help="A run, as `umt agents runs` shows it.")]
Recommended = Annotated[
    UUID, typer.Argument(metavar="RECOMMENDATION", help="One, as `umt agents recommendations` shows it.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who read its history.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the newest.")]
Agent = Annotated[str | None, typer.Option("--agent", help="Only of this agent, e.g. content-ads.")]
Subject = Annotated[
    UUID | None, typer.Option("--subject", "--campaign", help="Only about this thing, e.g. a campaign, by its id.")
]
Workspace = Annotated[UUID, typer.Option("--workspace", help="The workspace.")]
Which = Annotated[str, typer.Argument(metavar="[AGENT]", help="The agent; all of them without it.")]


@app.command()
def runs(
    status: Annotated[RunStatus | None, typer.Option(help="Only those that have come so far.")] = None,
    agent: Agent = None,
    subject: Subject = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List the newest reactions of agents."""
    _known(agent)
    where = {"status": status, "agent": agent, "subject": subject}
    with system(settings_from(data_dir, database_url)) as wired:
        found = wired.agent_operations.runs(where, limit)
    if as_json:
        print_json(agent_tables.documents(found))
    else:
        agent_tables.print_runs(found)


@app.command()
def show(run: Run, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Show all of a run: what set it off, what it saw, decided and asked for, and what came of that."""
    with system(settings_from(data_dir, database_url)) as wired:
        account = wired.agent_operations.account(run)
    if account is None:
        fail(f"there is no run {run}; `umt agents runs` lists them")
    if as_json:
        print_json(agent_tables.document_of(account))
    else:
        agent_tables.print_account(account)


@app.command()
def retry(run: Run, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Do again whatever of a run ended otherwise than well."""
    with system(settings_from(data_dir, database_url)) as wired:
        _on_run(wired, run, RetryRun(run=run), as_json)


@app.command()
def cancel(
    run: Run, reason: Reason, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False
) -> None:
    """Give up whatever of a run is still open."""
    with system(settings_from(data_dir, database_url)) as wired:
        _on_run(wired, run, CancelRun(run=run, reason=reason), as_json)


@app.command()
def recommendations(
    state: Annotated[RecommendationStatus | None, typer.Option(help="Only those that have come so far.")] = None,
    agent: Agent = None,
    campaign: Annotated[UUID | None, typer.Option(help="Only about this campaign.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List the newest recommendations, with what was expected and measured of them."""
    _known(agent)
    where = {"state": state, "agent": agent, "campaign": campaign}
    with system(settings_from(data_dir, database_url)) as wired:
        found = wired.agent_operations.recommendations(where, limit)
    if as_json:
        print_json(agent_tables.documents(found))
    else:
        agent_tables.print_recommendations(found)


@app.command()
def approve(
    recommendation: Recommended, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: Json = False
) -> None:
    """Have a recommendation carried out that waits for a person."""
    _decide(AcceptRecommendation(recommendation=recommendation), recommendation, data_dir, database_url, as_json)


@app.command()
def reject(
    recommendation: Recommended,
    reason: Reason,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Do not have a recommendation carried out."""
    command = RejectRecommendation(recommendation=recommendation, reason=reason)
    _decide(command, recommendation, data_dir, database_url, as_json)


@app.command()
def stop(
    workspace: Workspace,
    reason: Reason,
    agent: Which = EVERY_AGENT,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Stop an agent in a workspace: within a second nothing more of it goes outside, and what comes up waits."""
    _switch(StopAgent(agent=agent, reason=reason), workspace, agent, data_dir, database_url, as_json)


@app.command()
def start(
    workspace: Workspace,
    agent: Which = EVERY_AGENT,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Let a stopped agent work again in a workspace; it first takes up what has waited."""
    _switch(StartAgent(agent=agent), workspace, agent, data_dir, database_url, as_json)


@app.command()
def rebuild(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent, e.g. content-ads.")],
    first: Annotated[
        int, typer.Option("--from", metavar="POSITION", min=1, help="The first event that it reads again.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Have an agent go through the log again, in every workspace: up to where it is now it only says what it would do, in
    runs of their own, and nothing is sent."""
    _known(agent)
    with system(settings_from(data_dir, database_url)) as wired:
        reached = wired.agent_operations.position_of(agent)
        if first > reached:
            fail(f"{agent} is at position {reached}; it has read nothing from {first} on that it could read again")
        until = wired.agent_operations.put_back(agent, first - 1)
    if as_json:
        print_json({"agent": agent, "from": first, "shadow_until": until})
    else:
        typer.echo(f"{agent} reads the log again from {first} on; up to {until} it sends nothing")


def refusal_of(wired: System, run: UUID, command: Command) -> str | None:
    """Have the operator's command about a run carried out; why it was refused, None if it was not."""
    workspace = wired.agent_operations.workspace_of(run, RunStarted)
    if workspace is None:
        fail(f"there is no run {run}; `umt agents runs` lists them")
    try:
        wired.dispatcher.submit(command, operator(workspace)).result()
    except InvalidValue as error:
        fail(str(error))
    except DomainError as error:
        return str(error)
    return None


def _on_run(wired: System, run: UUID, command: Command, as_json: bool) -> None:
    if refused := refusal_of(wired, run, command):
        fail(refused, status=1)
    account = wired.agent_operations.account(run)
    assert account
    if as_json:
        print_json(agent_tables.document_of(account))
    else:
        typer.echo(f"{run} is {account.run['status']}, {account.run['pending_effects']} of its requests are open")


def _decide(command: Command, recommendation: UUID, data_dir: Any, database_url: str | None, as_json: bool) -> None:
    with system(settings_from(data_dir, database_url)) as wired:
        workspace = wired.agent_operations.workspace_of(recommendation, RecommendationMade)
        if workspace is None:
            fail(f"there is no recommendation {recommendation}; `umt agents recommendations` lists them")
        _issue(wired, command, workspace)
        row = wired.agent_operations.recommendation(recommendation)
    assert row
    if as_json:
        print_json(agent_tables.document(row))
    else:
        typer.echo(f"{recommendation} is {row['state']}")


def _switch(
    command: Command, workspace: UUID, agent: str, data_dir: Any, database_url: str | None, as_json: bool
) -> None:
    if agent != EVERY_AGENT:
        _known(agent)
    stopped = isinstance(command, StopAgent)
    with system(settings_from(data_dir, database_url)) as wired:
        known = wired.writer.run(operator(workspace), lambda tx: tx.load(Home, workspace) is not None).result()
        if not known:
            fail(f"there is no workspace {workspace}")
        outcome = _issue(wired, command, workspace)
    if as_json:
        print_json({"workspace": workspace, "agent": agent, "stopped": stopped, "changed": outcome.events > 0})
    else:
        who = "every agent" if agent == EVERY_AGENT else agent
        was = "" if outcome.events else " already"
        typer.echo(f"{who} is {'stopped' if stopped else 'started'}{was} in workspace {workspace}")


def operator(workspace: UUID) -> Context:
    """The installation's operator, acting in a workspace."""
    return Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "operator"))


def _issue(wired: System, command: Command, workspace: UUID) -> Outcome:
    try:
        return wired.dispatcher.submit(command, operator(workspace)).result()
    except InvalidValue as error:
        fail(str(error))
    except DomainError as error:
        fail(str(error), status=1)


def _known(agent: str | None) -> None:
    if agent is not None and agent not in AGENTS:
        fail(f"there is no agent {agent!r}; there are {', '.join(AGENTS)}")
