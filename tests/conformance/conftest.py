"""A database with a port of its own, filled by a whole campaign, and a data team's login to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.conformance.planting import STALE, WRONGS
from tests.conformance.tools import environment
from tests.servers import reachable_folder

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.settings import Settings

UMT = [sys.executable, "-m", "umt.cli.main"]


@dataclass(frozen=True)
class Source:
    """A database as a data team reaches it: by password, over the loopback port. ``administration`` is for planting."""

    port: int
    login: str
    password: str
    workspace: UUID
    administration: str
    database: str = "umt"

    @property
    def url(self) -> str:
        return f"postgresql://{self.login}:{self.password}@127.0.0.1:{self.port}/{self.database}"

    def admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(make_conninfo(self.administration, dbname=self.database), autocommit=True)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A data directory of these tests only: their server opens a port, which those of other tests do not."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Settings(data_dir=data_dir, embedded_port=probe.getsockname()[1])


EXPORT = """platform,campaign,ad,date,impressions,clicks,conversions,spend,revenue
facebook,Spring,a1,2025-04-01,1000,{clicks},3,10.50,40.00
google,Spring,a2,2025-04-01,800,20,1,7.25,12.00
google,Spring,a3,,90000,1500,60,700,900
"""
"""Two platforms' reports of an old campaign: two days, and an ad's whole life."""


@pytest.fixture(scope="session")
def told(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A whole campaign as the demo tells it, and an old one that was imported and corrected; nobody is at work."""
    assert settings.data_dir
    assert settings.embedded_port
    ours = _environment(settings)
    _umt(ours, "demo", "--json", "--days", "5")
    file = tmp_path_factory.mktemp("import") / "export.csv"
    for clicks in (30, 35):
        file.write_text(EXPORT.format(clicks=clicks))
        imported = json.loads(_umt(ours, "import", "performance", str(file), "--format", "generic", "--json"))
    server = EmbeddedPostgres(settings.data_dir, settings.embedded_port)
    server.start()
    with psycopg.connect(server.administration_url) as connection:
        row = connection.execute("SELECT workspace FROM umt.event WHERE type = 'campaign.launched' LIMIT 1").fetchone()
    assert row
    workspace = row[0]
    reads = ("--workspace", str(workspace), "--workspace", imported["workspace"])
    made = json.loads(_umt(ours, "db", "data-login", "add", "data_team", *reads, "--json"))
    return Source(settings.embedded_port, made["login"], made["password"], workspace, server.administration_url)


@pytest.fixture(scope="session")
def planted(told: Source) -> Source:
    """The same database once more, with wrong values in it."""
    with psycopg.connect(make_conninfo(told.administration, dbname="postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'umt'")
        connection.execute("CREATE DATABASE planted TEMPLATE umt")
    copy = replace(told, database="planted")
    with copy.admin() as connection:
        for wrong in (*WRONGS, STALE):
            wrong.plant(connection)
    return copy


@pytest.fixture(scope="session")
def source(told: Source, planted: Source, settings: Settings) -> Iterator[Source]:
    """The database with its projections at work, as a data team meets it; copied before, since a copy wants quiet."""
    worker = subprocess.Popen(
        [*UMT, "worker", "--projections"],
        env=_environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_current(told)
        yield told
    finally:
        worker.terminate()
        worker.wait(timeout=60)


def _until_current(source: Source) -> None:
    deadline = time.monotonic() + 60
    query = "SELECT count(*) FILTER (WHERE state <> 'current'), count(*) FROM read_v1.projection_status WHERE live"
    found: Any = None
    while time.monotonic() < deadline:
        with source.admin() as connection:
            found = connection.execute(query).fetchone()
        if found and found[0] == 0 and found[1]:
            return
        time.sleep(0.2)
    raise AssertionError(f"{found} projections are not current after a minute")


def _environment(settings: Settings) -> dict[str, str]:
    return environment(UMT_DATA_DIR=str(settings.data_dir), UMT_EMBEDDED_PORT=str(settings.embedded_port))


def _umt(ours: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([*UMT, *arguments], env=ours, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
