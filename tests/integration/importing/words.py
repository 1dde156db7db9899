"""What the tests of `umt import` speak of."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from umt.adapters.postgres.database import APP, WORKER, connect, reading_pool
from umt.application.queries import Difference, Row
from umt.bootstrap import System


@dataclass(frozen=True)
class Outcome:
    """How a run of the command ended."""

    status: int
    stdout: str
    stderr: str

    @cached_property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.stdout))

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many rows are imported, restated among them, unchanged, rejected."""
        return self["imported"], self["restated"], self["unchanged"], len(self["rejected"])


class Installation:
    """A database, and a workspace in it that files are imported into."""

    def __init__(self, wired: System, workspace: UUID) -> None:
        self.wired, self.workspace = wired, workspace

    def start(self, file: Path, *options: str, format: str = "generic") -> subprocess.Popen[str]:
        """Run the command in a process of its own."""
        if "--workspace" not in options:
            options = (*options, "--workspace", str(self.workspace))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UMT_")}
        return subprocess.Popen(
            [sys.executable, "-m", "umt.cli.main", "import", "performance", str(file), "--format", format, *options],
            env={**environment, "UMT_DATA_DIR": str(self.wired.settings.data_dir), "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, file: Path, *options: str, format: str = "generic") -> Outcome:
        """Run it to its end."""
        return ended(self.start(file, *options, format=format))

    def imports(self, file: Path, *options: str, format: str = "generic") -> Outcome:
        """Run it with ``--json``."""
        return self.run(file, "--json", *options, format=format)

    @property
    def events(self) -> list[str]:
        """The types of all events of the workspace, in order."""
        with connect(self.wired.url, WORKER) as connection:
            query = "SELECT type FROM umt.event WHERE workspace = %s ORDER BY position"
            return [name for (name,) in connection.execute(query, (self.workspace,))]

    def rows(self, view: str) -> list[Row]:
        """Of a read model."""
        with connect(self.wired.url, WORKER) as connection, connection.cursor(row_factory=dict_row) as cursor:
            query = sql.SQL("SELECT * FROM {} WHERE workspace = %s").format(sql.Identifier("read_v1", view))
            return cursor.execute(query, (self.workspace,)).fetchall()

    def differences(self) -> list[Difference]:
        """The workspace's rows that a fold of its events from zero gives otherwise."""

        async def ask() -> list[Difference]:
            pool = reading_pool(self.wired.url, APP, size=2)
            async with pool:
                found = await self.wired.reader.on(pool).verify(self.workspace)
                return [difference for each in found for difference in each.differences]

        return asyncio.run(ask())


def ended(process: subprocess.Popen[str]) -> Outcome:
    """Wait for the end of a run."""
    stdout, stderr = process.communicate(timeout=120)
    return Outcome(process.returncode, stdout, stderr)
