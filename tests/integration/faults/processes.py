"""Processes that tests start in order to kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def umt(data_dir: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the ``umt`` command on a data directory; killed at the end, if it still lives."""
    process = subprocess.Popen(
        [sys.executable, "-m", "umt.cli.main", *arguments],
        env={**os.environ, "UMT_DATA_DIR": str(data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(timeout=10)
