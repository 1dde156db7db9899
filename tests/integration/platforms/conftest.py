"""The sandbox as a process, spoken to over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from tests.contracts.platform_contract import Outside


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    command = [sys.executable, "-m", "umt.sandbox", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def outside(sandbox: str) -> Iterator[Outside]:
    controls = Outside(sandbox)
    yield controls
    controls.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client
