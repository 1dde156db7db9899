"""The session's server, to make databases on as the bench does on one that is named to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.bench.log.stage import Stage
from umt.bench.log.workload import Sizes
from umt.bench.server import Server, server
from umt.settings import Settings

TINY = Sizes(
    commands=4,
    clients=2,
    appended=2_000,
    logged=2_000,
    projected=100,
    projected_by_library=20,
    stream=300,
    loads=1,
    seconds_visible=0.1,
    small_log=1_000,
    large_log=2_000,
)


@pytest.fixture(scope="session")
def administration(settings: Settings) -> str:
    """Where somebody connects who may make databases."""
    assert settings.data_dir
    embedded = EmbeddedPostgres(settings.data_dir)
    embedded.start()
    return embedded.administration_url


@pytest.fixture
def named(administration: str, tmp_path: Path) -> Iterator[Server]:
    with server(administration, tmp_path / "data") as where:
        yield where


@pytest.fixture
def stage(named: Server) -> Stage:
    return Stage(named, TINY)
