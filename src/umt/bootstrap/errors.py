"""What goes wrong in ways that a person can do something about."""

from __future__ import annotations

from umt.adapters.clock import ClockError
from umt.adapters.postgres.data_logins import DataLoginError
from umt.adapters.postgres.embedded import EmbeddedPostgresError
from umt.adapters.postgres.migrate import MigrationError
from umt.adapters.vault import VaultError
from umt.application.errors import ApplicationError
from umt.application.privacy.register import RegisterError
from umt.application.privacy.retention import RetentionError
from umt.domain.errors import DomainError
from umt.projections.generations import StaleWorker
from umt.projections.rebuilding import RebuildError

EXPECTED_ERRORS = (
    ClockError,
    DataLoginError,
    EmbeddedPostgresError,
    MigrationError,
    RebuildError,
    RegisterError,
    RetentionError,
    StaleWorker,
    VaultError,
    ApplicationError,
    DomainError,
)
"""What a command says in a sentence instead of a traceback."""
