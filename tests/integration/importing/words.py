"""What the tests of `umt import` speak of."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from umt.application.queries import Row
from umt.bootstrap import System
from umt.domain.recorded import Recorded

DEVELOPMENT_DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "ads"


@dataclass(frozen=True)
class Outcome:
    """How a run of the command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.stdout))

    def __getitem__(self, name: str) -> Any:
        return self.document[name]


class Installation:
    """A database and a workspace in it, which the command is run on."""

    def __init__(self, wired: System, workspace: UUID) -> None:
        self.wired, self.workspace = wired, workspace

    def start(self, file: Path, *options: str, format: str = "generic") -> subprocess.Popen[str]:
        """Run the command in a process of its own."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UMT_")}
        command = ["import", "performance", str(file), "--format", format]
        if "--workspace" not in options:
            command += ["--workspace", str(self.workspace)]
        return subprocess.Popen(
            [sys.executable, "-m", "umt.cli.main", *command, *options],
            env={**environment, "UMT_DATA_DIR": str(self.wired.settings.data_dir), "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, file: Path, *options: str, format: str = "generic") -> Outcome:
        """Run the command to its end."""
        return ended(self.start(file, *options, format=format))

    def imports(self, file: Path, *options: str, format: str = "generic") -> Outcome:
        """Run it with ``--json``."""
        return self.run(file, "--json", *options, format=format)

    @property
    def head(self) -> int:
        return self.wired.source.head()

    @property
    def events(self) -> list[Recorded]:
        """All of the workspace."""
        events, _ = self.wired.source.read(0, 1_000_000, ())
        return [recorded for recorded in events if recorded.workspace == self.workspace]

    def rows(self, view: str) -> list[Row]:
        """Of a read model."""

        async def ask() -> list[Row]:
            async with self._reading() as again:
                return await again.reader.rows(self.workspace, view, {}, (), 100_000)

        return asyncio.run(ask())
