"""``umt agents replay``: agents asked again on what they saw, from the record alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from umt.application.agents import AGENTS
from umt.application.agents.replay import Change, Difference, Kind, Statement
from umt.application.agents.replay.runs import RecordedRun, Replayed, replayed
from umt.bootstrap import System, position_at, recorded_runs, system
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json, settings_from

WORDS = {
    Change.LOOKS_ELSEWHERE: "looks elsewhere",
    Change.BREAKS: "breaks off now",
    Change.MENDED: "no longer breaks off",
    Change.UNREADABLE: "cannot be read",
    Change.ERASED: "different only by what was erased",
    Change.UNKNOWN: "cannot be compared",
}
"""What a change is called, where its name does not say it."""

Since = Annotated[str | None, typer.Option("--since", metavar="TIME|POSITION", help="Runs that started after this.")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME|POSITION", help="Runs that started by then.")]
AgentName = Annotated[str | None, typer.Option("--agent", help="Runs of one agent.")]
Workspace = Annotated[UUID | None, typer.Option("--workspace", help="Runs of one workspace.")]


def replay(
    run: Annotated[UUID | None, typer.Argument(help="One run; all of a period without it.")] = None,
    since: Since = None,
    until: Until = None,
    agent: AgentName = None,
    workspace: Workspace = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Ask agents again what they decide on what they saw then, by the code at hand.

    Nothing is sent or written. Exit 1 if a decision, a command or a request to the outside is not as it was. Reminders are no part of the record."""
    if agent is not None and agent not in AGENTS and run is None:
        fail(f"there is no agent {agent!r}; there are {', '.join(AGENTS)}")
    if run is not None and (since or until or agent or workspace):
        fail("a run is named by its id alone: leave out --since, --until, --agent and --workspace")
    shown: list[Replayed] = []
    compared = changed = unknown = 0
    # The business's clock is not asked: every run has its own time on record.
    settings = settings_from(data_dir, database_url).model_copy(update={"clock_url": None})
    with system(settings) as wired, _progress() as progress:
        runs = (
            _one(wired, run)
            if run
            else recorded_runs(wired).between(
                _position(wired, since, "--since") if since else 0,
                _position(wired, until, "--until") if until else wired.source.head(),
                agent=agent,
                workspace=workspace,
                progress=progress,
            )
        )
        for each in replayed(AGENTS, runs):
            compared += 1
            changed += each.changed
            unknown += each.unknown
            if not each.differences:
                continue
            if as_json:
                shown.append(each)
            else:
                _show(each)
    if as_json:
        print_json(
            {"runs": compared, "changed": changed, "unknown": unknown, "differing": [_plain(each) for each in shown]}
        )
    else:
        typer.echo(_summary(compared, changed, unknown))
    raise typer.Exit(1 if changed else 0)


def _one(wired: System, run: UUID) -> Iterator[RecordedRun]:
    found = recorded_runs(wired).one(run)
    if found is None:
        fail(f"there is no run {run}; `read_v1.agent_runs` has their ids")
    yield found


def _position(wired: System, given: str, option: str) -> int:
    """The position that is named, or the last one recorded by a time."""
    head = wired.source.head()
    if given.isdecimal():
        return min(int(given), head)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        fail(f"{option} {given!r} is neither a position nor a time like 2026-03-01T12:00Z")
    return min(position_at(wired, moment if moment.tzinfo else moment.replace(tzinfo=UTC)), head)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, and what moves it to a position of so many."""
    columns = (TextColumn("replaying"), BarColumn(), TextColumn("{task.completed:,.0f} events"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda position, last: bar.update(task, completed=position, total=max(last, 1))


def _summary(compared: int, changed: int, unknown: int) -> str:
    if not compared:
        return "No run started in this period."
    runs = "1 run" if compared == 1 else f"{compared:,} runs"
    found = f"{changed:,} would go otherwise now" if changed else "every decision is as it was"
    return f"{runs} replayed: {found}{f'; of {unknown:,} the record does not tell all' if unknown else ''}."


def _show(run: Replayed) -> None:
    position = f" at {run.trigger_position}" if run.trigger_position else ""
    mode = "" if run.mode == "live" else f" ({run.mode})"
    table = Table(
        "",
        "then",
        "now",
        title=f"{run.agent}{mode} · {run.started_at:%Y-%m-%d %H:%M} · {run.trigger_type}{position}"
        f" · {run.subject_kind} {run.subject}\nrun {run.run}",
        title_justify="left",
        expand=True,
    )
    for each in run.differences:
        what = WORDS.get(each.change, str(each.change))
        then, now = _sides(each)
        table.add_row(escape(f"{each.asked}: {what}"), escape(then), escape(now), end_section=True)
    Console().print(table)


def _sides(difference: Difference) -> tuple[str, str]:
    then, now = difference.then, difference.now
    if then is None and now is None:
        return "", difference.note
    if then is None or now is None or then.kind is Kind.DECISION:
        return _said(then), _said(now)
    before, after = then.content, now.content
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return tuple(
        "\n".join([side.name, *(f"{name}: {side.content.get(name)}" for name in names)]) for side in (then, now)
    )  # type: ignore[return-value]


def _said(statement: Statement | None) -> str:
    if statement is None:
        return "–"
    content = statement.content
    if statement.kind is not Kind.DECISION:
        return f"{statement.name}\n{statement.text}"
    amount = f" {content['amount']} {content['currency']}" if content["amount"] else ""
    unmet = [
        f"\nnot met: {g['name']}, {g['limit']}, observed {g['observed']}" for g in content["guardrails"] if not g["met"]
    ]
    score = f"\nscore {content['score']}" if content["score"] else ""
    return f"{content['action']} {content['target']}{amount}\n{content['reason']}{score}{''.join(unmet)}"


def _plain(run: Replayed) -> dict[str, Any]:
    return {
        "run": run.run,
        "workspace": run.workspace,
        "agent": run.agent,
        "mode": run.mode,
        "trigger": {"type": run.trigger_type, "position": run.trigger_position or None},
        "subject": {"kind": run.subject_kind, "id": run.subject},
        "position": run.position,
        "started_at": run.started_at.isoformat(),
        "changed": run.changed,
        "differences": [
            {
                "asked": each.asked,
                "change": each.change,
                "then": _statement(each.then),
                "now": _statement(each.now),
                "note": each.note,
            }
            for each in run.differences
        ],
    }


def _statement(statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    return {"kind": statement.kind, "name": statement.name, "content": statement.content}
