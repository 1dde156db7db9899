"""A projection has one worker, whatever happens to it, and another soon after."""

from __future__ import annotations

import itertools
import os
import select
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.integration.faults.probe import Author, Probe, probing, told, until
from tests.integration.faults.processes import umt
from tests.servers import reachable_folder

from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.bootstrap import System, system
from umt.projections import generations
from umt.projections.engine import Projector
from umt.settings import Settings

TAKEOVER_SECONDS = 5


def workers(wired: System) -> dict[str, int]:
    """The process that last worked on each projection."""
    with wired.as_worker() as connection:
        rows = connection.execute("SELECT projection, worker FROM read_v1.projection_status WHERE live").fetchall()
    return {name: int(worker.split("/")[1]) for name, worker in rows if worker}


def all_by(wired: System, pid: int) -> bool:
    found = workers(wired)
    return bool(found) and set(found.values()) == {pid}


def positions(wired: System) -> int:
    with wired.as_worker() as connection:
        row = connection.execute("SELECT min(position) FROM read_v1.projection_status WHERE live").fetchone()
        return row[0] if row else 0


def test_a_killed_worker_is_replaced_within_seconds(wired: System, author: Author) -> None:
    assert wired.settings.data_dir
    folder = wired.settings.data_dir
    with umt(folder, "worker", "--projections") as first:
        until(lambda: all_by(wired, first.pid), 60, "the first worker does not work")
        with umt(folder, "worker", "--projections") as second:
            until(lambda: standing_by(wired) > 0, 60, "the second worker does not stand by")
            assert all_by(wired, first.pid), "two workers at once"
            first.kill()
            began = time.monotonic()
            author.template("after")
            head = wired.source.head()
            until(lambda: positions(wired) >= head and all_by(wired, second.pid), 30, "nobody took over")
            assert time.monotonic() - began < TAKEOVER_SECONDS


def standing_by(wired: System) -> int:
    """How many sessions ask whether a projection is free."""
    with psycopg.connect(wired.url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND (query LIKE '%pg_try_advisory_xact_lock%' OR query LIKE '%AND beat_at < clock_timestamp()%')"
        ).fetchone()
        return row[0] if row else 0


def lease_holders(connection: psycopg.Connection[Any], name: str) -> list[int]:
    rows = connection.execute(
        "SELECT l.pid FROM pg_locks l, umt.projection_checkpoint c WHERE c.name = %s AND c.state = 'live'"
        " AND l.locktype = 'advisory' AND l.classid = 7312 AND l.granted"
        " AND l.objid = (hashtext(c.name || '/' || c.generation)::bigint & 4294967295)::oid",
        (name,),
    )
    return [pid for (pid,) in rows]


@contextmanager
def batches_of(wired: System, probe: Probe) -> Iterator[list[tuple[int, int]]]:
    """Every move of the probe's checkpoint, in order, as PostgreSQL saw it; filled in at the end."""
    moves: list[tuple[int, int]] = []
    table = f"umt.moves_{probe.name}"
    with wired.as_owner() as owner:
        owner.execute(
            f"CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY, before bigint, after bigint);"
            f" CREATE FUNCTION {table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
            f" $$ BEGIN INSERT INTO {table} (before, after) VALUES (OLD.position, NEW.position); RETURN NULL; END $$;"
            f" CREATE TRIGGER moves_{probe.name} AFTER UPDATE ON umt.projection_checkpoint FOR EACH ROW"
            f" WHEN (NEW.name = '{probe.name}' AND NEW.position <> OLD.position) EXECUTE FUNCTION {table}()".encode()
        )
        try:
            yield moves
            moves.extend(owner.execute(f"SELECT before, after FROM {table} ORDER BY id".encode()).fetchall())
        finally:
            owner.execute(f"DROP FUNCTION {table}() CASCADE; DROP TABLE {table}".encode())


def test_terminated_lock_sessions_never_make_two_writers(wired: System, probe: Probe, author: Author) -> None:
    probe.catch_up()
    started = probe.position()
    stream = author.template()
    with (
        batches_of(wired, probe) as moves,
        psycopg.connect(wired.url, autocommit=True) as operator,
        probe.running(),
        probe.running(),
        wired.as_worker() as looking,
    ):
        for turn in range(8):
            until(lambda: lease_holders(looking, probe.name), TAKEOVER_SECONDS, "nobody took over")
            held = lease_holders(looking, probe.name)
            assert len(held) == 1
            writing = threading.Thread(
                target=lambda turn=turn: [author.revise(stream, f"w{turn}", "x") for _ in range(10)]
            )
            writing.start()
            operator.execute("SELECT pg_terminate_backend(%s, 5000)", (held[0],))
            writing.join()
        head = wired.source.head()
        probe.reached(head, TAKEOVER_SECONDS)
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, head)
    assert moves[0][0] == started
    assert moves[-1][1] == head
    assert all(before[1] == after[0] for before, after in itertools.pairwise(moves)), "a batch was done twice"


def test_a_worker_that_is_stopped_and_wakes_up_has_lost_its_turn(
    wired: System, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "SILENCE_SECONDS", 3)
    assert wired.settings.data_dir
    brands = next(p for p in wired.projectors() if p.projection.name == "brands")
    with umt(wired.settings.data_dir, "worker", "--projections") as sleeper:
        until(lambda: workers(wired).get("brands") == sleeper.pid, 60, "the worker does not work")
        stop = threading.Event()
        standing_by = threading.Thread(target=brands.run, args=(stop,), daemon=True)
        standing_by.start()
        try:
            with wired.as_worker() as connection:
                (held,) = lease_holders(connection, "brands")
                sleeper.send_signal(signal.SIGSTOP)
                until(lambda: workers(wired)["brands"] == os.getpid(), 15, "the silent worker is not put out")
                assert held not in lease_holders(connection, "brands")
                sleeper.send_signal(signal.SIGCONT)
                # It works again, on everything but what it has lost.
                until(lambda: others_beat(connection), 10, "the sleeper did not wake up")
                for _ in range(10):
                    author.template("a")
                    head = wired.source.head()
                    until(lambda least=head: position_of(connection, "brands") >= least, 5, "not reached")  # type: ignore[misc]
                    assert workers(wired)["brands"] == os.getpid()
        finally:
            stop.set()
            standing_by.join(timeout=15)


def others_beat(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "SELECT bool_and(beat_at > clock_timestamp() - interval '2 seconds') FROM read_v1.projection_status WHERE live"
    ).fetchone()
    return bool(row and row[0])


def position_of(connection: psycopg.Connection[Any], name: str) -> int:
    generation = generations.live(connection, name)
    assert generation
    return generation.position


# The server


@pytest.fixture
def own_server() -> Iterator[System]:
    """A system on a server that the test may crash."""
    with reachable_folder() as folder, system(Settings(data_dir=folder / "data")) as made:
        yield made


def test_a_server_that_crashes_in_mid_batch_loses_and_doubles_nothing(own_server: System) -> None:
    wired = own_server
    assert wired.settings.data_dir
    server = EmbeddedPostgres(wired.settings.data_dir)
    author = Author(wired)
    with probing(wired) as probe, probe.running():
        stream = author.template(*(f"w{number % 5}" for number in range(700)))
        probe.reached(wired.source.head())
        before = probe.position()
        with wired.as_owner() as owner:
            owner.execute(f"CREATE FUNCTION umt.dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                          f" $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
                          f" CREATE TRIGGER dawdle AFTER INSERT ON projection.{probe.words.name}_1"
                          f" FOR EACH STATEMENT EXECUTE FUNCTION umt.dawdle()".encode())  # fmt: skip
            author.revise(stream, "x", "y")
            until(lambda: asleep(wired), 10, "no batch is on its way")
        pid = server.status().pid
        assert pid
        os.kill(pid, signal.SIGQUIT)  # pg_ctl stop -m immediate
        until(lambda: not server.status().running, 20, "the server did not stop")
        server.start()
        with wired.as_owner() as owner:
            assert probe.position() == before
            owner.execute("DROP FUNCTION umt.dawdle() CASCADE")
        author.revise(stream, "z")
        head = wired.source.head()
        probe.reached(head, 20)
        with wired.as_worker() as connection:
            assert probe.shown(author.workspace) == told(connection, author.workspace, head)
        assert probe.differs(author.workspace) == []


def asleep(wired: System) -> bool:
    with psycopg.connect(wired.url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
        return row == (1,)


# The network


class Proxy:
    """A socket in front of the server's, which can swallow the answer to a COMMIT and hang up."""

    def __init__(self, url: str, folder: str) -> None:
        given = conninfo_to_dict(url)
        name = f".s.PGSQL.{given.get('port', 5432)}"
        self._server = f"{given['host']}/{name}"
        self.url = make_conninfo(url, host=folder)
        self.swallow = threading.Event()
        self.swallowed = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/{name}")
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with ExitStack() as both, suppress(OSError):
            both.callback(client.close)
            server = both.enter_context(socket.socket(socket.AF_UNIX))
            server.connect(self._server)
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    if ready is server and self.swallow.is_set() and b"COMMIT\0" in data:
                        self.swallow.clear()
                        self.swallowed.set()
                        return
                    (client if ready is server else server).sendall(data)


@pytest.fixture
def proxy(wired: System) -> Iterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="umt-") as folder:
        made = Proxy(wired.url, folder)
        yield made
        made.close()


def test_a_connection_cut_between_commit_and_its_answer_applies_the_batch_once(
    wired: System, probe: Probe, author: Author, proxy: Proxy
) -> None:
    stream = author.template("a")
    probe.catch_up()
    through = Projector(
        probe.projection, wired.following, lambda: connect(proxy.url, WORKER), lambda: connect(proxy.url, "umt_owner")
    )
    stop = threading.Event()
    running = threading.Thread(target=through.run, args=(stop,), daemon=True)
    running.start()
    try:
        author.revise(stream, "before")
        probe.reached(wired.source.head())
        for turn in range(3):
            proxy.swallowed.clear()
            proxy.swallow.set()
            author.revise(stream, f"w{turn}", "x")
            assert proxy.swallowed.wait(10), "no commit was cut off"
            author.revise(stream, "after")
            probe.reached(wired.source.head())
    finally:
        stop.set()
        running.join(timeout=15)
    with wired.as_worker() as connection:
        assert probe.shown(author.workspace) == told(connection, author.workspace, probe.position())
    assert probe.status()["restarts"] == 3
