"""Where is measured: durable, and nothing is left of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from umt.bench.server import BenchError, Server, server


def databases(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'umt_bench_%'").fetchall()
    return [name for (name,) in rows]


def test_a_database_is_made_and_dropped_even_while_somebody_is_connected(named: Server) -> None:
    with suppress(KeyboardInterrupt), named.database() as settings:
        assert settings.database_url
        left_open = psycopg.connect(settings.database_url.get_secret_value())
        assert [left_open.info.dbname] == databases(named.administration)
        raise KeyboardInterrupt

    assert databases(named.administration) == []
    left_open.close()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the server's own account can enter."""
    with tempfile.TemporaryDirectory(prefix="umt-test-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_an_embedded_server_leaves_nothing(reachable: Path) -> None:
    with suppress(KeyboardInterrupt), server(None, reachable / "data") as own:
        assert "fsync and synchronous_commit on" in own.described()
        with own.database() as settings:
            assert settings.database_url
            psycopg.connect(settings.database_url.get_secret_value()).close()
        raise KeyboardInterrupt

    assert list(reachable.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own.administration)


def test_a_server_that_does_not_wait_for_its_disk_is_refused(administration: str, tmp_path: Path) -> None:
    careless = make_conninfo(administration, options="-c synchronous_commit=off")

    with server(careless, tmp_path / "data") as where, pytest.raises(BenchError, match="synchronous_commit is off"):
        where.described()
