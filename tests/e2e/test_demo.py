"""The main job, end to end, as a user runs it: the command line, real HTTP, a real database, a sandbox of the outside."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.servers import reachable_folder

from umt.application.agents import AGENTS

UMT = [sys.executable, "-m", "umt.cli.main"]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """Of a server of its own: the demo's agents read the whole log, and other tests spoil theirs."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def environment(data_dir: Path) -> dict[str, str]:
    """The machine's environment with our data directory, room for stories told in haste, and nothing else of UMT's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UMT_")}
    ours = kept | {"UMT_DATA_DIR": str(data_dir), "UMT_REQUESTS_PER_MINUTE": "1000000"}
    subprocess.run([*UMT, "projections", "status"], env=ours, capture_output=True, timeout=120, check=True)
    return ours


def test_the_demo_tells_its_story_and_checks_itself(environment: dict[str, str]) -> None:
    told = subprocess.run(
        [*UMT, "demo", "--json", "--days", "5"], env=environment, capture_output=True, text=True, timeout=240
    )
    assert told.returncode == 0, told.stderr + told.stdout
    document = json.loads(told.stdout)
    assert document["ok"]
    assert all(document["checks"].values())
    assert len(document["platforms"]) == 3
    assert document["events"] > 100


class Server:
    """``umt serve`` on a port of its own, to be killed and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*UMT, "serve", "--port", str(self.port)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def kill(self) -> None:
        """As the kernel would: at once, with nothing said."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=60)

    def until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"the server was not ready in {seconds} s")


REFUSING = """
import socket

_connect = socket.socket.connect

def connect(self, address):
    if self.family != socket.AF_UNIX:
        raise ConnectionRefusedError(f"the network is refused: {address}")
    return _connect(self, address)

socket.socket.connect = socket.socket.connect_ex = connect
"""
"""What Python loads before a program: nothing is reached but by sockets of this machine's file system."""


def test_every_run_of_the_demo_is_replayed_to_the_same_without_a_network(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(REFUSING)
    alone = environment | {"PYTHONPATH": str(tmp_path)}
    told = subprocess.run([*UMT, "agents", "replay", "--json"], env=alone, capture_output=True, text=True, timeout=240)
    assert told.returncode == 0, told.stderr[-3000:] + told.stdout[-3000:]
    document = json.loads(told.stdout)
    assert document["runs"] > 10
    assert (document["changed"], document["unknown"]) == (0, 0)


def test_a_rebuild_of_every_projection_and_of_every_agent_sends_nothing(
    environment: dict[str, str], data_dir: Path
) -> None:
    before, server = ledger(data_dir), Server(environment)
    assert before > 0
    server.start()
    try:
        server.until_ready()
        for name in AGENTS:
            again = [*UMT, "agents", "rebuild", name, "--from", "1"]
            subprocess.run(again, env=environment, capture_output=True, timeout=60, check=True)
        rebuilt = [*UMT, "projections", "rebuild"]
        subprocess.run(rebuilt, env=environment, capture_output=True, timeout=240, check=True)
        url = subprocess.run([*UMT, "db", "url"], env=environment, capture_output=True, text=True, check=True).stdout
        with psycopg.connect(url.strip(), autocommit=True) as connection:
            connection.execute("SET ROLE umt_worker")
            deadline = time.monotonic() + 60
            query = "SELECT bool_and(position >= shadow_until), count(*) FROM umt.agent_checkpoint"
            while connection.execute(query).fetchone() != (True, len(AGENTS)):
                assert time.monotonic() < deadline, "the agents do not come through the log"
                time.sleep(0.1)
            query = "SELECT count(*) FROM umt.event WHERE type = 'agent_run.run_started' AND body LIKE '%\"shadow\"%'"
            row = connection.execute(query.replace("body LIKE", "convert_from(body, 'UTF8') LIKE")).fetchone()
            assert row
            assert row[0] > 10
        time.sleep(2)  # whatever was sent would have arrived
    finally:
        server.stop()
    assert ledger(data_dir) == before


def ledger(data_dir: Path) -> int:
    """How many changes the sandbox has received."""
    (state,) = (path for path in data_dir.rglob("*") if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3")
    # Closed at once: a sandbox that begins wants its state to itself, and `with` alone ends only a transaction.
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as sandbox:
        return int(sandbox.execute("SELECT count(*) FROM ledger").fetchone()[0])


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Server]:
    made = Server(environment)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 13))])
def test_a_server_killed_at_any_moment_loses_nothing_and_does_nothing_twice(
    environment: dict[str, str], server: Server, seed: int
) -> None:
    moments = random.Random(seed)
    server.until_ready()
    demo = subprocess.Popen(
        [*UMT, "demo", "--url", server.url, "--json", "--days", "4"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    kills = 0
    while demo.poll() is None and kills < 4:
        time.sleep(moments.uniform(0.2, 2.0))
        if demo.poll() is None:
            server.kill()
            kills += 1
            server.start()
            server.until_ready()
    said, complained = demo.communicate(timeout=300)
    assert demo.returncode == 0, complained + said
    document: dict[str, Any] = json.loads(said)
    assert kills > 0
    assert document["checks"]["nothing was published twice"]
    assert document["checks"]["no ad was created twice"]
    assert document["ok"], document["checks"]


def test_demos_and_a_server_share_one_installation(environment: dict[str, str], server: Server) -> None:
    server.until_ready()
    demos = [
        subprocess.Popen(
            [*UMT, "demo", "--json", "--days", "6"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for demo in demos:
        said, complained = demo.communicate(timeout=240)
        assert demo.returncode == 0, complained + said


def test_a_database_killed_under_a_server_comes_back(
    environment: dict[str, str], server: Server, data_dir: Path
) -> None:
    server.until_ready()
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    told = subprocess.run(
        [*UMT, "demo", "--url", server.url, "--json", "--days", "2"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert told.returncode == 0, told.stderr + told.stdout


def test_another_master_key_is_refused(environment: dict[str, str]) -> None:
    key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    refused = subprocess.run(
        [*UMT, "projections", "status"],
        env=environment | {"UMT_MASTER_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2
    assert "another master key" in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("UMT_PRIVATE_ENDPOINTS", "nope"),
        ("UMT_READ_CONNECTIONS", "many"),
        ("UMT_EMBEDDED_PORT", "-5"),
        ("UMT_CLOCK_URL", "http://127.0.0.1:1/"),
        ("UMT_MASTER_KEY", "short"),
        ("UMT_CORS_ORIGINS", '["*"]'),
        ("UMT_TRUSTED_PROXIES", '["10.0.0.0/33"]'),
        ("UMT_REDIS_URL", "http://redis"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_by_name(environment: dict[str, str], setting: str, value: str) -> None:
    refused = subprocess.run(
        [*UMT, "projections", "status"],
        env=environment | {setting: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert setting.removeprefix("UMT_").lower() in refused.stderr.lower()
