"""The ports held in memory keep the same contract as those on PostgreSQL."""

from __future__ import annotations

import pytest
from tests.contracts.transaction_contract import TransactionContract
from tests.in_memory import InMemory, InMemoryWriter

from umt.application.dispatch import Writer


class TestInMemoryWriter(TransactionContract):
    @pytest.fixture
    def writer(self) -> Writer:
        return InMemoryWriter(InMemory())
