"""Each side does what its figure says: its rows are in the database."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.integration.bench.test_server import databases

from umt.adapters.postgres.database import OWNER, connect, conninfo
from umt.bench.log import bulk, commands, growth, loading, projecting, raw, reading, visibility
from umt.bench.log.inserting import Job, in_processes, in_threads
from umt.bench.log.library import VIEW
from umt.bench.log.ours import place
from umt.bench.log.stage import Stage
from umt.bench.trial import Trial

TABLES = {"ours": "umt.event", "baseline": "library.marketing_events", "limit": "bench.event"}

Prepare = Callable[[Stage], AbstractContextManager[Iterable[Trial]]]


def count(url: str, table: str) -> int:
    with connect(url, OWNER) as owner, psycopg.connect(url) as login:
        connection = login if table.startswith("library.") else owner
        row: Any = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0])


def only_database(stage: Stage) -> str:
    (name,) = databases(stage.server.administration)
    return make_conninfo(stage.server.administration, dbname=name)


@pytest.mark.parametrize(
    ("prepare", "events"),
    [
        (commands.one_client, {"ours": 4, "baseline": 4, "limit": 4}),
        # Two pairs by each of two clients; the limit is measured both ways.
        (commands.many_clients, {"ours": 8, "baseline": 8, "limit": 16}),
    ],
)
def test_every_command_is_an_event_on_every_side(stage: Stage, prepare: Prepare, events: dict[str, int]) -> None:
    with prepare(stage) as trials:
        (trial,) = trials
        url = only_database(stage)
        appended: Counter[str] = Counter()
        for name, side in trial.sides():
            before = count(url, TABLES[name])
            values = side()
            appended[name] = count(url, TABLES[name]) - before
            assert all(value > 0 for value in values.values())

    assert appended == events


def test_bulk_appends_store_as_many_events_on_both_sides(stage: Stage) -> None:
    with bulk.append(stage) as trials:
        (trial,) = trials
        url = only_database(stage)
        before = {table: count(url, table) for table in TABLES.values()}
        for _, side in trial.sides():
            side()

        assert count(url, TABLES["ours"]) - before[TABLES["ours"]] == stage.sizes.appended
        assert count(url, TABLES["baseline"]) - before[TABLES["baseline"]] == stage.sizes.appended


def test_the_limit_of_bulk_appends_stores_the_same_rows(stage: Stage) -> None:
    with place(stage.server) as us, us.owner() as owner, us.reader() as reader:
        us.fill(30)
        raw.make_event_table(owner)
        raw.copy(owner, raw.rows(reader, 20))

        row: Any = owner.execute(
            "SELECT count(*), min(position) FROM bench.event b JOIN umt.event e USING (position)"
            " WHERE (b.stream, b.version, b.type, b.body, b.metadata) = (e.stream, e.version, e.type, e.body, e.metadata)"
        ).fetchone()
        newest = us.head()

    assert row == (20, newest - 19)


def test_a_locked_insert_gives_the_next_position(stage: Stage) -> None:
    with place(stage.server) as us, us.owner() as owner:
        kinds = [raw.Sample("x", b"{}", b"{}")]
        raw.make_event_table(owner)
        for number in range(3):
            raw.insert_locked(owner, number, us.context.workspace, kinds)

        assert owner.execute("SELECT position FROM bench.event ORDER BY position").fetchall() == [(1,), (2,), (3,)]


@pytest.mark.parametrize("way", [in_threads, in_processes])
def test_every_client_inserts_its_rows(stage: Stage, way: Callable[[Job], Any]) -> None:
    with place(stage.server) as us, us.owner() as owner:
        raw.make_event_table(owner)
        done = way(Job(conninfo(us.url, OWNER), clients=5, rows=3, kinds=[raw.Sample("x", b"{}", b"\x00")]))

        assert count(us.url, "bench.event") == 15
        assert len(done.took) == 15
        assert done.rate > 0


_ENDED = """
import os, signal, sys, time
import msgspec
from umt.bench.log import inserting

def end(*_):
    time.sleep(1)  # What the clients have to say, they have said.
    sys.exit(130)

def tell(process, line):
    if line == b"go":
        os.killpg(0, signal.SIGINT)
    told(process, line)

told, inserting._tell = inserting._tell, tell
signal.signal(signal.SIGINT, end)
inserting.in_processes(msgspec.json.decode(sys.argv[1], type=inserting.Job))
"""


def test_ctrl_c_ends_the_clients_in_silence(stage: Stage) -> None:
    """A terminal sends it to the whole group of processes."""
    with place(stage.server) as us, us.owner() as owner:
        raw.make_event_table(owner)
        job = Job(conninfo(us.url, OWNER), clients=2, rows=1, kinds=[raw.Sample("x", b"{}", b"\x00")])
        command = [sys.executable, "-c", _ENDED, msgspec.json.encode(job).decode()]
        done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, timeout=120, check=False)

        assert (done.returncode, done.stderr) == (130, "")
        assert count(us.url, "bench.event") == 0


def test_all_sides_read_the_whole_log(stage: Stage) -> None:
    with reading.both(stage) as trials:
        for trial in trials:
            assert all(value > 0 for _, side in trial.sides() for value in side().values())


def test_a_log_that_is_not_read_to_its_end_is_no_figure() -> None:
    with pytest.raises(AssertionError, match="2 events were read"):
        reading.pages_per_second(lambda after: (["an event"], after + 1) if after < 2 else ([], after), 3)


def test_every_side_of_the_projection_upserts_its_rows(stage: Stage) -> None:
    with projecting.upsert(stage) as trials:
        (trial,) = trials
        url = only_database(stage)
        before = count(url, "read_v1.bench_brands")
        for _, side in trial.sides():
            side()

        assert count(url, "read_v1.bench_brands") - before == 20
        assert count(url, f"library.{VIEW}") == 4
        assert count(url, "bench.brands") == 20
        versions = "SELECT DISTINCT version FROM read_v1.bench_brands"
        with connect(url, OWNER) as owner:
            assert owner.execute(versions).fetchall() == [(5,)]
            assert owner.execute(versions.replace("read_v1.bench_", "bench.")).fetchall() == [(5,)]


def test_both_sides_bring_the_aggregate_back(stage: Stage) -> None:
    with loading.both(stage) as trials:
        for trial in trials:
            assert all(value > 0 for _, side in trial.sides() for value in side().values())


def test_a_delay_counts_for_everything_that_was_due_meanwhile(stage: Stage) -> None:
    with place(stage.server) as us, us.owner() as owner, us.owner() as looking:
        owner.execute("CREATE SCHEMA bench")
        owner.execute("CREATE TABLE bench.seen (position bigint)")

        def write(number: int) -> Callable[[], int]:
            if number == 0:
                time.sleep(0.2)
            owner.execute("INSERT INTO bench.seen VALUES (%s)", (number + 1,))
            return lambda: number + 1

        with visibility.Watch(looking, "SELECT max(position) FROM bench.seen") as watch:
            milliseconds = visibility.paced(write, 0.1, watch)

    assert len(milliseconds) == 50
    assert milliseconds[0] >= 200
    assert milliseconds[25] >= 150


def test_growth_is_measured_on_a_long_and_a_short_log(stage: Stage) -> None:
    sizes = stage.sizes
    with growth.rates(stage) as trials:
        (trial,) = trials
        values = {name: side() for name, side in trial.sides()}
        urls = [
            make_conninfo(stage.server.administration, dbname=name) for name in databases(stage.server.administration)
        ]

        assert sorted(count(url, "umt.event") for url in urls) == [
            sizes.small_log + sizes.appended,
            sizes.large_log + sizes.appended,
        ]
    assert values["ours"].keys() - values["baseline"].keys() == {growth.MEMORY}
