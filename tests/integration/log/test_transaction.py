"""The writer on PostgreSQL keeps the contract."""

from __future__ import annotations

import pytest
from tests.contracts.transaction_contract import TransactionContract

from umt.application.dispatch import Writer
from umt.bootstrap import System


class TestPostgresWriter(TransactionContract):
    @pytest.fixture
    def writer(self, wired: System) -> Writer:
        return wired.writer
