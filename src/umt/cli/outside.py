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
        with _alone(folder, seed):
            known = _read(note)
            if known and _answers(known["url"]):
                process_id, url = int(known["pid"]), str(known["url"])
            else:
                process_id, url = _start(folder / f"seed-{seed}.sqlite", seed, known)
                note.write_text(json.dumps({"url": url, "pid": process_id}))
            # Every server that uses it holds this together with the others, until it ends in whatever way.
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield url
        finally:
            with _alone(folder, seed), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end(process_id)


@contextlib.contextmanager
def _alone(folder: Path, seed: int) -> Iterator[None]:
    """While one server starts or ends the sandbox, the others wait."""
    with (folder / f"seed-{seed}.start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
        if not any(text in said for text in ("in use", "using it")) or time.monotonic() > deadline:
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
    """End it, if it is a sandbox of ours, and wait until its port and its state are free."""
    deadline = time.monotonic() + 10
    asked = False
    while _is_sandbox(process_id) and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(
                process_id, signal.SIGKILL if time.monotonic() > deadline - 5 else signal.SIGTERM if not asked else 0
            )
        asked = True
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process_id, os.WNOHANG)
        time.sleep(0.02)


def _is_sandbox(process_id: int) -> bool:
    try:
        return b"umt.sandbox" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False
