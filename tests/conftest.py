"""What every integration test needs: one real PostgreSQL for the session, and a fresh database for each that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import reachable_folder
from umt.settings import Settings


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A data directory that the database's own account can reach; its server is stopped and it is removed at the end."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """Settings of the session's own installation; nothing of the machine's environment reaches in. Callers of tests that
    are not about limits are not limited."""
    for name in [name for name in os.environ if name.startswith("UMT_") and name not in ("UMT_SOAK",)]:
        del os.environ[name]
    return Settings(data_dir=data_dir, requests_per_minute=1_000_000)
