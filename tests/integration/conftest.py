"""A wired system on the session's database, and people to act in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.people import Person

from umt.bootstrap import System, system
from umt.settings import Settings


@pytest.fixture(scope="module")
def wired(settings: Settings) -> Iterator[System]:
    with system(settings) as made:
        yield made


@pytest.fixture
def pat(wired: System) -> Person:
    return Person(wired)


@pytest.fixture
def sam(wired: System) -> Person:
    return Person(wired)
