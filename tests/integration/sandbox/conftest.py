from collections.abc import Iterator

import pytest
from tests.integration.sandbox.kit import Outside


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """One sandbox per file; its tests use accounts of their own."""
    running = Outside()
    yield running
    running.stop()
