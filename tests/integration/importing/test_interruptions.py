"""Imports that are killed, lose the database, race one another or meet a server at work."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import psycopg
from tests.integration.importing.words import Installation, ended

from umt.adapters.postgres.database import OWNER, connect
from umt.bootstrap import Workers

TOTALS = {"impressions": 6_000_000, "clicks": 120_000, "spend": "15000.00", "conversions": 60_000}


def until_it_writes(installation: Installation) -> None:
    deadline = time.monotonic() + 60
    while "performance.recorded" not in installation.events:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def completed(installation: Installation, file: Path) -> None:
    """Another run brings in what is missing, and no more."""
    again = installation.imports(file)
    assert again.status == 0
    assert again["rows"] == again["imported"] + again["unchanged"] == 60_000
    assert again["restated"] == 0
    assert again["totals"] == TOTALS
    assert installation.differences() == []
    assert installation.imports(file).counts == (0, 0, 60_000, 0)


def test_an_import_that_was_killed_is_completed_by_another(installation: Installation, large: Path) -> None:
    process = installation.start(large)
    until_it_writes(installation)
    process.kill()
    ended(process)
    completed(installation, large)


def test_an_import_that_lost_its_connections_ends_or_goes_on(installation: Installation, large: Path) -> None:
    process = installation.start(large, "--json")
    until_it_writes(installation)
    with psycopg.connect(installation.wired.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%performance_latest%' AND pid <> pg_backend_pid()"
        )
    outcome = ended(process)
    assert "Traceback" not in outcome.stderr
    assert outcome.status == 0
    assert outcome["totals"] == TOTALS
    completed(installation, large)


def test_two_imports_of_one_file_bring_it_in_once(installation: Installation, large: Path) -> None:
    outcomes = [ended(process) for process in [installation.start(large, "--json") for _ in range(2)]]
    assert [outcome.status for outcome in outcomes] == [0, 0]
    assert sum(outcome["imported"] for outcome in outcomes) == 60_000
    assert all(outcome["restated"] == 0 for outcome in outcomes)
    assert all(outcome["totals"] == TOTALS for outcome in outcomes)
    assert installation.differences() == []


def test_a_running_server_keeps_the_read_models_and_no_agent_reacts(installation: Installation, large: Path) -> None:
    workers = Workers(installation.wired, jobs=False)
    workers.start()
    try:
        outcome = installation.imports(large)
        assert outcome["totals"] == TOTALS
        deadline, head = time.monotonic() + 30, installation.wired.source.head()
        with connect(installation.wired.url, OWNER) as connection:
            query = "SELECT min(position) FROM umt.agent_checkpoint"
            while connection.execute(query).fetchone() != (head,):
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        workers.stop()
    kinds = Counter(name.partition(".")[0] for name in installation.events)
    assert kinds.keys() == {"user", "workspace", "campaign", "performance"}
