"""The database that a system works on: where it is, what has to be in it, and what is done with it by no system."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow, dict_row

from umt.adapters.postgres.agent_places import begin_agents
from umt.adapters.postgres.data_logins import DataLogins
from umt.adapters.postgres.database import OWNER, WORKER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, default_data_dir
from umt.adapters.postgres.exporting import ExportSnapshot, snapshot
from umt.adapters.postgres.migrate import migrate, newest_version
from umt.adapters.postgres.security_events import noted_event, noted_events
from umt.application.agents import AGENTS
from umt.application.exporting.export import FileFormat
from umt.application.lists import Stretch
from umt.application.security_events import NotedEvent, Wanted
from umt.projections.catalogue import PROJECTIONS, VIEWS
from umt.projections.rebuilding import sweep
from umt.projections.schema import prepare
from umt.settings import Settings

log = logging.getLogger(__name__)


def data_dir(settings: Settings) -> Path:
    """Where the embedded database and the keys lie."""
    return settings.data_dir or default_data_dir()


def database(settings: Settings) -> str:
    """The database's URL: an external one as it is, else the embedded server's, which is started if need be."""
    if settings.database_url:
        return settings.database_url.get_secret_value()
    return EmbeddedPostgres(data_dir(settings), settings.embedded_port).start()


def prepared_database(settings: Settings) -> str:
    """The database's URL once its schema and read models are those of this program."""
    url = database(settings)
    migrate(url)
    with connect(url, OWNER) as connection:
        publish(connection)
        begin_agents(connection, AGENTS)
        for projection in PROJECTIONS.values():
            sweep(connection, projection)
    return url


def publish(owner: psycopg.Connection[TupleRow]) -> None:
    """Make the tables and views that are missing; by their owner."""
    prepare(owner, list(PROJECTIONS.values()), VIEWS)


def security_events(settings: Settings, wanted: Wanted, limit: int) -> list[NotedEvent]:
    """The newest security events of every workspace and of none; for the operator."""
    with connect(prepared_database(settings), WORKER) as connection:
        found = connection.cursor(row_factory=dict_row).execute(*noted_events(wanted).stretch(Stretch(limit=limit)))
        return [noted_event(row) for row in found]


def schema_version() -> str:
    """The schema that this program needs."""
    return newest_version()


def data_logins(settings: Settings) -> DataLogins:
    """The logins of data teams: made by the embedded server's administrator, or by the external database's login."""
    url = prepared_database(settings)
    if settings.database_url is None:
        url = EmbeddedPostgres(data_dir(settings), settings.embedded_port).administration_url
    return DataLogins(url)


@contextmanager
def export_snapshot(settings: Settings) -> Iterator[ExportSnapshot]:
    """One consistent view of the read models and the log, to export from."""
    with snapshot(prepared_database(settings)) as found:
        yield found


def export_format() -> FileFormat:
    """Parquet, whose library takes a moment to load."""
    from umt.adapters.parquet import Parquet

    return Parquet()


def release_database(settings: Settings) -> None:
    """Stop the embedded server if nobody else is connected to it."""
    if settings.database_url:
        return
    server = EmbeddedPostgres(data_dir(settings), settings.embedded_port)
    try:
        with psycopg.connect(server.url, autocommit=True, connect_timeout=5) as connection:
            # Connections of our own may still be on their way out.
            for _ in range(30):
                row = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                ).fetchone()
                if row == (0,):
                    break
                time.sleep(0.1)
        if row == (0,):
            server.stop()
    except psycopg.OperationalError:
        return


def keep_database(settings: Settings, stop: threading.Event) -> None:
    """Start the embedded server again whenever it is gone, until told to stop."""
    server = EmbeddedPostgres(data_dir(settings), settings.embedded_port)
    while not settings.database_url and not stop.wait(1):
        try:
            if not server.status().running:
                log.warning("the embedded database is gone; starting it again")
                server.start()
        except EmbeddedPostgresError as error:
            log.warning("the embedded database cannot be started: %s", error)
