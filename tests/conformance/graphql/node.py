"""What frontend teams speak to the API with: programs of npm, pinned by package-lock.json, beside it in node_modules.

Once installed they need no network. The lock file names no registry: npm's own configuration says where packages are.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from tests.conformance.tools import environment

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
SCHEMA: Final = ROOT / "schemas" / "graphql" / "schema.graphql"
QUERIES: Final = ROOT / "docs" / "queries"
MODULES: Final = HERE / "node_modules"


def installed() -> None:
    """The packages are there, as locked; where node or npm is absent the test is skipped."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: the clients of frontend teams are of npm")
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".locked"
    with (HERE / ".npmrc").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            done = subprocess.run(["npm", "ci"], cwd=HERE, capture_output=True, text=True, timeout=600)
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            stamp.write_text(wanted)


def run(
    script: str | Path, *arguments: str | Path, cwd: Path = HERE, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A program of node to its end, whatever comes of it; of a package it is named from node_modules on."""
    command = ["node", str(script), *map(str, arguments)]
    given = environment(**variables)
    return subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, timeout=300)


def told(script: str, *arguments: str | Path) -> Any:
    """The JSON that a program of ours prints."""
    done = run(HERE / script, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
