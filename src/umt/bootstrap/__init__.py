"""The one composition root: only what is here knows everybody."""

from umt.bootstrap.database import (
    data_dir,
    data_logins,
    database,
    export_format,
    export_snapshot,
    keep_database,
    prepared_database,
    release_database,
    schema_version,
    security_events,
)
from umt.bootstrap.errors import EXPECTED_ERRORS
from umt.bootstrap.record import position_at, recorded_runs, what_if
from umt.bootstrap.system import System, key_keeping, system
from umt.bootstrap.workers import Workers

__all__ = [
    "EXPECTED_ERRORS",
    "System",
    "Workers",
    "data_dir",
    "data_logins",
    "database",
    "export_format",
    "export_snapshot",
    "keep_database",
    "key_keeping",
    "position_at",
    "prepared_database",
    "recorded_runs",
    "release_database",
    "schema_version",
    "security_events",
    "system",
    "what_if",
]
