"""Somebody at work by REST."""

from __future__ import annotations

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.rest.marketer import Marketer

from umt.bootstrap import System


@pytest.fixture
def dana(caller: Caller, wired: System) -> Marketer:
    return Marketer(caller, wired)
