"""The sandbox beside a server: started once for a data directory, found again at the next start."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from umt.cli.options import fail


@contextlib.contextmanager
def sandbox(data_dir: Path, seed: int) -> Iterator[str]:
    """The address of the sandbox with this seed. Its state and its port outlive every process; the last server that
    uses it ends it."""
    folder = data_dir / "sandbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = folder / f"seed-{seed}.json"
    with (folder / f"seed-{seed}.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        known = _read(note)
        if known and _answers(known["url"]):
            process_id, url = int(known["pid"]), str(known["url"])
        else:
            process_id, url = _start(folder / f"seed-{seed}.sqlite", seed, known)
            note.write_text(json.dumps({"url": url, "pid": process_id}))
        # Every server that uses it holds the lock together with the others, until it ends in whatever way.
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield url
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end(process_id)


def _start(state: Path, seed: int, known: dict[str, str] | None) -> tuple[int, str]:
    """At the port it had before, since addresses of published pages carry it."""
    port = known["url"].rpartition(":")[2] if known else "0"
    deadline = time.monotonic() + 10
    while True:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "umt.sandbox", "--port", port, "--state", str(state), "--seed", str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        assert process.stdout
        assert process.stderr
        if line := process.stdout.readline():
            return process.pid, str(json.loads(line)["url"])
        said = process.stderr.read().strip()
        process.wait()
        if "in use" not in said or time.monotonic() > deadline:
            fail(f"the sandbox could not be started on port {port}: {said}")
        time.sleep(0.2)


def _read(note: Path) -> dict[str, str] | None:
    try:
        return dict(json.loads(note.read_text()))
    except (FileNotFoundError, ValueError):
        return None


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_sandbox/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _end(process_id: int) -> None:
    """Only a process that is a sandbox of ours."""
    try:
        command = Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return
    if b"umt.sandbox" in command:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGTERM)
