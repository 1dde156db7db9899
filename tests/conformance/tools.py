"""The tools that data teams check our data with, each in an environment of its own that is made at its first use.

Their requirements are pinned by hash in requirements/conformance-*.txt; once made, an environment needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def installed(tool: str) -> Path:
    """The folder of the tool's programs; the environment is made, or made anew, where its requirements changed."""
    requirements = ROOT / "requirements" / f"conformance-{tool}.txt"
    environment = ROOT / f".venv-conformance-{tool}"
    wanted = hashlib.sha256(f"{environment} {sys.version}\n".encode() + requirements.read_bytes()).hexdigest()
    stamp = environment / ".requirements"
    with environment.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            python = environment / "bin" / "python"
            _run(sys.executable, "-m", "venv", "--clear", str(environment))
            _run(
                str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
                "--only-binary", ":all:", "--require-hashes", "--requirement", str(requirements),
            )  # fmt: skip
            stamp.write_text(wanted)
    return environment / "bin"


def environment(**variables: str) -> dict[str, str]:
    """The machine's environment without anything of UMT's or of the tools', and these variables."""
    ours = ("UMT_", "DATACONTRACT_", "DBT_", "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | variables


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command[:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
