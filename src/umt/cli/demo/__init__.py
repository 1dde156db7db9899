"""``umt demo``: the story from brand to optimised campaign, told through the GraphQL API, checking itself at the end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from umt.cli.demo.checks import Told
from umt.cli.demo.client import Client, DemoError
from umt.cli.demo.report import show
from umt.cli.demo.story import PLATFORMS, Story
from umt.cli.options import DatabaseUrl, DataDir, Json, fail, print_json

_FIRST_CONTACT_SECONDS = 30


def demo(
    url: Annotated[
        str | None, typer.Option(help="Drive a running server, and go on where an earlier run of the demo stopped.")
    ] = None,
    days: Annotated[int, typer.Option(min=2, max=90, help="Simulated days that the campaign runs.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sandbox's market; a running server has its own.")] = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Tell the story of a campaign: a new workspace each time, everything through the GraphQL API."""
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            server = url or stack.enter_context(_server(seed, data_dir, database_url))
            outside = _outside(server)
            note = _note(server, days) if url else None
            name = _story_name(note)
            client = Client(server, name)
            stack.callback(client.close)
            told = _tell(Story(client, name, outside, days))
            checks = told.checks()
            if note:
                note.unlink(missing_ok=True)
    except DemoError as error:
        fail(str(error), status=1)
    seconds = time.monotonic() - began
    holds = all(checks.values())
    if as_json:
        print_json(_document(told, checks, seconds, server, outside))
    else:
        show(told, checks, seconds, Console())
    raise typer.Exit(0 if holds else 1)


def _tell(story: Story) -> Told:
    """With a progress bar on standard error."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<46}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("beginning", total=story.steps)

        def report(what: str) -> None:
            progress.update(task, description=what, advance=1)

        story.report_to(report)
        story.tell()
        progress.update(task, description="checking")
        return Told(story)


@contextlib.contextmanager
def _server(seed: int, data_dir: Path | None, database_url: str | None) -> Iterator[str]:
    """A server of our own on a free port, ended afterwards."""
    command = [sys.executable, "-m", "umt.cli.main", "serve", "--port", "0", "--seed", str(seed)]
    if data_dir:
        command += ["--data-dir", str(data_dir)]
    if database_url:
        command += ["--database-url", database_url]
    with tempfile.TemporaryFile("w+") as said:
        # Whoever tells a story asks far more often than a person does; the server is there for nobody else.
        settings = os.environ | {"UMT_REQUESTS_PER_MINUTE": "1000000"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=settings)  # noqa: S603
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                process.wait()
                said.seek(0)
                raise DemoError(f"the server did not start: {said.read().strip()[-2000:]}")
            yield str(json.loads(line)["url"])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _outside(server: str) -> str:
    """The sandbox of the server, which is waited for a moment: it may just be starting."""
    if urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).hostname:
        fail(f"{server!r} is no address of a server; give one like http://127.0.0.1:8000")
    deadline, told = time.monotonic() + _FIRST_CONTACT_SECONDS, False
    while True:
        try:
            outside = httpx.get(f"{server.rstrip('/')}/health", timeout=5).json()["info"].get("sandbox")
            break
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, AttributeError, TypeError) as error:
            if time.monotonic() > deadline:
                raise DemoError(f"{server} does not answer as a UMT server: {error}") from error
            if not told:
                sys.stderr.write(f"umt: waiting for {server}\n")
                told = True
            time.sleep(0.5)
    if not outside:
        raise DemoError(
            f"{server} serves without a sandbox, so its days cannot be made to pass; start it with `umt serve`"
        )
    return str(outside)


def _note(url: str, days: int) -> Path:
    """Where this user's name of an unfinished story with this server is kept."""
    digest = hashlib.sha256(f"{url.rstrip('/')} {days}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"umt-demo-{os.getuid()}-{digest}"


def _story_name(note: Path | None) -> str:
    """A fresh name, or the one of the story that was not finished."""
    fresh = secrets.token_hex(3)
    if note is None:
        return fresh
    try:
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    except FileExistsError:
        try:
            if note.lstat().st_uid == os.getuid() and _is_name(kept := note.read_text().strip()):
                return kept
        except OSError:
            return fresh
    return fresh


def _is_name(text: str) -> bool:
    return len(text) == 6 and set(text) <= set("0123456789abcdef")


def _document(told: Told, checks: dict[str, bool], seconds: float, server: str, outside: str) -> dict[str, Any]:
    return {
        "ok": all(checks.values()),
        "seconds": round(seconds, 1),
        "events": told.events,
        "platforms": [p.lower() for p in PLATFORMS],
        "decisions": told.decisions,
        "checks": checks,
        "urls": {
            "graphql": f"{server.rstrip('/')}/graphql",
            "content": told.result["content"]["url"],
            "sandbox": outside,
        },
    }
