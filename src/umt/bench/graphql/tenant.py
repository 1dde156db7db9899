"""Somebody with campaigns in a database of their own, and servers of theirs in other processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import sql

from umt.application.identity import Session
from umt.bench.server import BenchError, Server
from umt.bootstrap import System, system
from umt.projections.catalogue import PROJECTIONS
from umt.projections.generations import generations
from umt.projections.table import Row, Table

BATCH: Final = 5_000
"""Rows that are put in at once."""
PATIENCE: Final = 10.0
"""Seconds that a server gets to end."""
FULL_SPEED: Final = {"UMT_REQUESTS_PER_MINUTE": "1000000", "UMT_ACCESS_TOKEN_MINUTES": "60"}
KINDS: Final = (sys.executable, "-m", "umt.bench.graphql.serving")
SERVED: Final = (sys.executable, "-c", "from umt.cli.main import main; main()", "serve", "--no-sandbox", "--port", "0")
"""The whole system."""
REAL: Final = (*SERVED, "--api-only")
"""The API alone."""


class Tenant(msgspec.Struct, frozen=True):
    """Who asks, and where what they ask for lies."""

    system: System
    workspace: UUID
    token: str

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Put rows into a read model, as if it had been told of them; all of them have the same columns."""
        names = sql.SQL(", ").join(sql.Identifier(c.name) for c in table.all_columns if c.name in rows[0])
        with self.system.as_owner() as owner:
            statement = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_recordset(null::{0}, %s)").format(
                live(owner, table), names
            )
            for first in range(0, len(rows), BATCH):
                owner.execute(statement, (msgspec.json.encode(rows[first : first + BATCH]).decode(),))

    def settle(self) -> None:
        """Bring the read models to the log's end, and let PostgreSQL know what is in them."""
        head = self.system.source.head()
        for projector in self.system.projectors():
            projector.reach(head)
        with self.system.as_owner() as owner:
            owner.execute("VACUUM (ANALYZE)")

    @contextmanager
    def served(self, command: Sequence[str], **environment: str) -> Iterator[str]:
        """The address of a server in a process of its own, which ends with this."""
        settings = self.system.settings
        assert settings.data_dir
        assert settings.database_url
        given = {
            **os.environ,
            **FULL_SPEED,
            "UMT_DATA_DIR": str(settings.data_dir),
            "UMT_DATABASE_URL": settings.database_url.get_secret_value(),
            **environment,
        }
        # What is run are the bench's own modules.
        process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
        assert process.stdout
        try:
            said = process.stdout.readline()
            if not said:
                raise BenchError(f"{' '.join(command[1:])} did not start: {process.communicate()[1][-1000:]}")
            yield json.loads(said)["url"]
        finally:
            process.terminate()
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@contextmanager
def tenant(server: Server) -> Iterator[Tenant]:
    """Somebody signed in, with an empty workspace."""
    with server.database() as given, system(given.model_copy(update={"access_token_minutes": 60})) as wired:
        session = asyncio.run(_signed_in(wired))
        yield Tenant(wired, session.workspace, session.token.reveal())


async def _signed_in(wired: System) -> Session:
    async with wired.reading():
        return await wired.identity.register(
            email=f"{uuid4()}@example.com",
            password=uuid4().hex,
            name="Pat",
            company="Bench",
            time_zone="UTC",
            idempotency_key=None,
        )


def live(owner: psycopg.Connection[Any], table: Table) -> sql.Identifier:
    """Where the rows of a read model are now."""
    (projection,) = [each for each in PROJECTIONS.values() if table in each.tables]
    (generation,) = [each for each in generations(owner, projection.name) if each.state == "live"]
    return generation.relation(table)
