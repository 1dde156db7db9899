"""PostgreSQL servers for tests: folders that one may run in, and databases as an administrator hands them over."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from umt.adapters.postgres.embedded import EmbeddedPostgres


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that the server's account can reach, which pytest's own is not for root; servers in it are stopped at
    the end, and it is removed."""
    path = Path(tempfile.mkdtemp(prefix="umt-test-", dir="/var/tmp"))
    try:
        path.chmod(0o755)
        yield path
    finally:
        for left in path.rglob("postgres/postmaster.pid"):
            EmbeddedPostgres(left.parents[1]).stop()
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def handed_over(server: EmbeddedPostgres) -> Iterator[str]:
    """The address of a fresh database whose owner may create roles. Both are gone afterwards, since roles are of the
    whole server and other tests look at all of them."""
    server.start()
    made = f"handed_{uuid4().hex[:8]}"
    name = sql.Identifier(made)
    with psycopg.connect(server.administration_url, autocommit=True) as administrator:
        administrator.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE IN ROLE umt_owner, umt_app, umt_worker").format(name)
        )
        administrator.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(name))
        administrator.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO umt_owner").format(name))
        try:
            yield psycopg.conninfo.make_conninfo(server.url, user=made, dbname=made)
        finally:
            administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            administrator.execute(sql.SQL("DROP OWNED BY {}").format(name))
            administrator.execute(sql.SQL("DROP ROLE {}").format(name))
