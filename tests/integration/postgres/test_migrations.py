"""The schema: made once however many start at once, on a server of somebody else as on our own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.servers import handed_over

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.migrate import MigrationError, migrate, newest_version
from umt.bootstrap import prepared_database
from umt.settings import Settings


@pytest.fixture
def foreign_url(data_dir: Path) -> Iterator[str]:
    with handed_over(EmbeddedPostgres(data_dir)) as url:
        yield url


def test_many_processes_start_at_once(foreign_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "umt.cli.main", "db", "migrate", "--database-url", foreign_url]

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
        )

    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(start, range(4)))
    assert [(e.returncode, e.stderr) for e in ended] == [(0, "")] * 4
    with connect(foreign_url, OWNER) as connection:
        assert connection.execute("SELECT version_num FROM umt.schema_version").fetchall() == [(newest_version(),)]


def test_a_newer_database_is_left_alone(foreign_url: str) -> None:
    migrate(foreign_url)
    with connect(foreign_url, OWNER) as connection:
        connection.execute("UPDATE umt.schema_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match="newer than this program"):
        migrate(foreign_url)


def test_every_view_of_the_read_models_shows_each_tenant_its_own(settings: Settings) -> None:
    with connect(prepared_database(settings), OWNER) as connection:
        views = connection.execute(
            "SELECT c.relname, c.reloptions FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'read_v1' AND c.relkind = 'v'"
        ).fetchall()
        tables = connection.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'projection' AND c.relkind = 'r'"
        ).fetchall()
    assert views
    assert all(options == ["security_invoker=true"] for _, options in views), views
    assert all(secured for _, secured in tables), tables


def test_every_column_of_the_read_models_is_explained(settings: Settings) -> None:
    with connect(prepared_database(settings), OWNER) as connection:
        silent = connection.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE n.nspname IN ('read_v1', 'projection') AND c.relkind IN ('r', 'v')"
            " AND col_description(c.oid, a.attnum) IS NULL"
        ).fetchall()
    assert silent == []
