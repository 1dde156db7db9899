"""An installation of its own for each test: a fresh database, and a folder for its master key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.settings import Settings


@pytest.fixture
def installation(settings: Settings, data_dir: Path, tmp_path: Path) -> Iterator[Settings]:
    server = EmbeddedPostgres(data_dir)
    server.start()
    name = sql.Identifier(made := f"keys_{uuid4().hex[:8]}")
    with psycopg.connect(server.administration_url, autocommit=True) as administrator:
        administrator.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE IN ROLE umt_owner, umt_app, umt_worker").format(name)
        )
        administrator.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(name))
        administrator.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO umt_owner").format(name))
        url = psycopg.conninfo.make_conninfo(server.url, user=made, dbname=made)
        yield settings.model_copy(update={"data_dir": tmp_path, "database_url": SecretStr(url)})
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
