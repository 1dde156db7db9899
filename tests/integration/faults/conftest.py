"""A read model that can be broken, and somebody who writes what it reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.faults.probe import Author, Probe, probing

from umt.bootstrap import System


@pytest.fixture
def probe(wired: System) -> Iterator[Probe]:
    with probing(wired) as made:
        yield made


@pytest.fixture
def author(wired: System) -> Author:
    return Author(wired)
