"""A projector that fails is begun again, more and more slowly, and says so; what it said in full is for operators."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.faults.probe import Author, Probe, until

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.bootstrap import System
from umt.projections.batches import EventSource, Page
from umt.projections.engine import Projector

SECRET = "secret@example.com"


class FailingSource:
    """The log behind a network that fails for a while."""

    def __init__(self, source: EventSource) -> None:
        self.failing = threading.Event()
        self._source = source
        self.at, self.earlier, self.head, self.wait = source.at, source.earlier, source.head, source.wait

    def page(
        self,
        after: int,
        limit: int,
        *,
        types: Sequence[str] = (),
        up_to: int | None = None,
        workspace: UUID | None = None,
        metadata: bool = True,
    ) -> Page:
        if self.failing.is_set():
            raise psycopg.OperationalError(f"no route to {SECRET}")
        return self._source.page(after, limit, types=types, up_to=up_to, workspace=workspace, metadata=metadata)


def test_what_fails_is_begun_again_with_growing_pauses_and_reported(
    wired: System, probe: Probe, author: Author, caplog: pytest.LogCaptureFixture
) -> None:
    source = FailingSource(wired.following)
    each = Projector(probe.projection, source, wired.as_worker, wired.as_owner)
    stop = threading.Event()
    thread = threading.Thread(target=each.run, args=(stop,), daemon=True)
    thread.start()
    try:
        author.template("a")
        probe.reached(wired.source.head())
        source.failing.set()
        author.template("b")
        until(lambda: probe.status()["restarts"] >= 4, 20, "it is not begun again")
        until(lambda: probe.status()["state"] == "failing", 5, "it does not say that it fails")
        failing = probe.status()
        assert failing["last_error"] == "OperationalError"
        assert failing["failed_at"] is not None
        assert failing["lag_events"] == 2
        source.failing.clear()
        probe.reached(wired.source.head())
        until(lambda: probe.status()["state"] == "current", 10, "it does not recover")
        assert probe.status()["restarts"] == failing["restarts"], "what happened stays known"
    finally:
        stop.set()
        thread.join(timeout=15)
    pauses = [record.args[-1] for record in caplog.records if "again in" in record.msg and record.args]  # type: ignore[index]
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]


def test_the_detail_of_a_failure_is_for_operators_only(wired: System, probe: Probe) -> None:
    source = FailingSource(wired.following)
    source.failing.set()
    stop = threading.Event()
    each = Projector(probe.projection, source, wired.as_worker, wired.as_owner)
    thread = threading.Thread(target=each.run, args=(stop,), daemon=True)
    thread.start()
    until(lambda: probe.status()["last_error"], 10, "it does not say that it fails")
    stop.set()
    thread.join(timeout=15)

    def detail(connection: psycopg.Connection[Any]) -> tuple[Any, ...] | None:
        return connection.execute(
            "SELECT error_detail FROM umt.projection_checkpoint WHERE name = %s", (probe.name,)
        ).fetchone()

    with wired.as_worker() as worker:
        assert detail(worker) == (f"no route to {SECRET}",)
    with connect(wired.url, APP) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        detail(reader)
    assert wired.settings.data_dir
    with psycopg.connect(EmbeddedPostgres(wired.settings.data_dir).administration_url, autocommit=True) as team:
        team.execute("SET ROLE umt_data")
        row = team.execute(
            "SELECT last_error FROM read_v1.projection_status WHERE projection = %s", (probe.name,)
        ).fetchone()
        assert row == ("OperationalError",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            detail(team)
