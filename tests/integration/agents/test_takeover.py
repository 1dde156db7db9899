"""A worker that dies in the middle of an effect: another one takes its job over, and nothing is done twice outside."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.integration.agents.conftest import Marketer, Outside, shared
from tests.integration.agents.test_content import connect_blog, drafted

from umt.application.commands.content import ApproveContent, SelectVariation
from umt.bootstrap import System, Workers
from umt.domain.content import Status
from umt.settings import Settings

RECOVERED_SECONDS = 15
"""After a worker was killed, until what it had in hand is done; five are spent on seeing that it is dead."""


@pytest.fixture(scope="module")
def wired(settings: Settings, outside: Outside) -> Iterator[System]:
    """Without workers for jobs."""
    with shared(settings, outside) as made:
        workers = Workers(made, jobs=False)
        workers.start()
        try:
            yield made
        finally:
            workers.stop()


@pytest.fixture
def doomed() -> Iterator[subprocess.Popen[bytes]]:
    """A process that works jobs off until it is killed."""
    process = subprocess.Popen([sys.executable, "-m", "umt.cli.main", "worker", "--jobs"])
    yield process
    process.kill()
    process.wait(timeout=10)


def test_a_killed_workers_effect_is_finished_by_another_and_done_once(
    wired: System, marketer: Marketer, outside: Outside, doomed: subprocess.Popen[bytes]
) -> None:
    connect_blog(marketer, outside)
    content = drafted(marketer)
    outside.faults(rules=[{"kind": "slow", "platform": "wordpress", "method": "POST", "times": 1, "seconds": 4}])
    marketer.does(SelectVariation(content=content, number=1))
    marketer.does(ApproveContent(content=content))
    struck(outside)
    another = Workers(wired, projections=False, agents=False)
    another.start()
    try:
        doomed.kill()
        killed = time.monotonic()
        doomed.wait(timeout=10)
        assert marketer.state(content).status is Status.APPROVED, "the effect was in progress"
        marketer.at_rest(30)
        assert time.monotonic() - killed <= RECOVERED_SECONDS
    finally:
        another.stop()
    assert marketer.state(content).status is Status.PUBLISHED
    assert outside.duplicates() == []
    assert len(created(outside, marketer)) == 1


def struck(outside: Outside) -> None:
    """Until the one fault has struck: its call is under way."""
    deadline = time.monotonic() + 30
    while httpx.get(f"{outside.url}/_sandbox/faults").json()["rules"][0]["times"]:
        assert time.monotonic() < deadline, "no call came in 30 s"
        time.sleep(0.02)


def created(outside: Outside, marketer: Marketer) -> list[dict[str, Any]]:
    """The posts that were created on the marketer's site."""
    site = f"/sites/blog-{marketer.user.hex[:8]}/"
    return [entry for entry in outside.ledger(platform="wordpress", action="create") if site in entry["path"]]
