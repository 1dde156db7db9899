"""A worker that gives no sign of life is seen, whether or not there is anything to do, and its lag grows with the log."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.integration.faults.probe import Author, Probe, until
from tests.integration.faults.processes import umt
from tests.servers import reachable_folder
from typer.testing import CliRunner

from umt.api.app import create_app
from umt.api.services import Services
from umt.bootstrap import System
from umt.cli.main import app
from umt.settings import Settings


def states(wired: System) -> set[str]:
    return {each.state for each in wired.status() if each.live}


def told_by_cli(wired: System) -> list[dict[str, Any]]:
    outcome = CliRunner().invoke(app, ["projections", "status", "--json", "--data-dir", str(wired.settings.data_dir)])
    assert outcome.exit_code == 0, outcome.output
    found: list[dict[str, Any]] = json.loads(outcome.stdout)
    return found


async def told_by_api(wired: System) -> dict[str, Any]:
    services = Services(
        dispatcher=wired.dispatcher,
        queries=wired.queries,
        live=wired.live,
        identity=wired.identity,
        joining=wired.joining,
        erasing=wired.erasing,
        signing_keys=wired.signing_keys,
        clock=wired.clock,
        info=dict,
        ready=wired.ready,
        graphiql=False,
        open=wired.open_reading,
        close=wired.close_reading,
    )
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found: dict[str, Any] = (await client.get("/health")).json()
        return found


@pytest.fixture(scope="session")
def settings(settings: Settings) -> Iterator[Settings]:
    """Of a server on which nobody else leaves dead letters."""
    with reachable_folder() as folder:
        yield settings.model_copy(update={"data_dir": folder / "data"})


async def test_a_paused_and_a_killed_worker_turn_red_with_and_without_work(wired: System, author: Author) -> None:
    assert wired.settings.data_dir
    async with wired.reading():
        with umt(wired.settings.data_dir, "worker", "--projections") as worker:
            until(lambda: states(wired) == {"current"}, 60, "the worker does not work")
            assert (await told_by_api(wired))["status"] == "ok"

            worker.send_signal(signal.SIGSTOP)
            until(lambda: states(wired) == {"silent"}, 15, "the pause is not seen")
            health = await told_by_api(wired)
            assert health["status"] == "degraded"
            assert {(p["lag"], p["alive"]) for p in health["projections"]} == {(0, False)}
            assert {(p["state"], p["lag"], p["lag_seconds"]) for p in told_by_cli(wired)} == {("silent", 0, 0.0)}

            behind = []
            for events in (1, 2):
                for _ in range(events):
                    author.template()
                behind.append({p["name"]: (p["lag"], p["lag_seconds"]) for p in told_by_cli(wired)})
            assert {lag for lag, _ in behind[0].values()} == {1}
            assert {lag for lag, _ in behind[1].values()} == {3}
            assert all(0 < behind[0][name][1] < behind[1][name][1] for name in behind[0])

            worker.send_signal(signal.SIGCONT)
            until(lambda: states(wired) == {"current"}, 20, "it does not go on")
            assert (await told_by_api(wired))["status"] == "ok"

            worker.kill()
            until(lambda: states(wired) == {"silent"}, 15, "the death is not seen")
            assert (await told_by_api(wired))["status"] == "degraded"


def test_a_worker_that_waits_for_its_turn_to_write_is_behind(wired: System, probe: Probe, author: Author) -> None:
    """A lock that somebody forgot: the worker lives, the tables do not move, and that is seen too."""
    with probe.running():
        author.template()
        probe.reached(wired.source.head())
        with wired.as_owner() as owner, owner.transaction():
            owner.execute("SELECT FROM umt.projection_checkpoint WHERE name = %s FOR UPDATE", (probe.name,))
            author.template("a")
            until(lambda: probe.status()["state"] == "silent", 15, "the standstill is not seen")
            status = probe.status()
            assert status["lag_events"] == 2
            assert status["lag_seconds"] > 4
        until(lambda: probe.status()["state"] == "current", 15, "it does not go on")
