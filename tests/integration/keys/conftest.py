"""An installation of its own for each test: a fresh database, and a folder for its master key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.servers import handed_over

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.settings import Settings


@pytest.fixture
def installation(settings: Settings, data_dir: Path, tmp_path: Path) -> Iterator[Settings]:
    with handed_over(EmbeddedPostgres(data_dir)) as url:
        yield settings.model_copy(update={"data_dir": tmp_path, "database_url": SecretStr(url)})
