"""The one composition root: settings in, a wired system out. Everything is injected by constructor."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psycopg
from psycopg.rows import TupleRow

from umt.adapters.agents import AgentFollower, TimerFollower
from umt.adapters.clock import ClockError, RemoteClock, SystemClock
from umt.adapters.jobs import JobQueue
from umt.adapters.passwords import Argon2Passwords
from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.guard import guard, guarded_client
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.wordpress import WordPress
from umt.adapters.postgres.data_logins import DataLoginError, DataLogins
from umt.adapters.postgres.database import APP, OWNER, WORKER, connect, reading_pool
from umt.adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, default_data_dir
from umt.adapters.postgres.exporting import ExportSnapshot, snapshot
from umt.adapters.postgres.housekeeping import Housekeeping
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.migrate import MigrationError, migrate, newest_version
from umt.adapters.postgres.reading import STATUS, PostgresReader
from umt.adapters.postgres.source import LogSignal, LogSource, PooledKeys, source_pool
from umt.adapters.postgres.verification import Verifier
from umt.adapters.postgres.writer import PostgresWriter
from umt.adapters.vault import PersonalCipher, Vault, VaultError, master_key_from
from umt.adapters.writers import make_writer
from umt.application.agents import AGENTS
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime
from umt.application.dispatch import ApplicationError, Dispatcher, Unavailable
from umt.application.exporting.export import FileFormat
from umt.application.identity import Identity
from umt.application.ports import Clock
from umt.application.queries import Freshness, Queries
from umt.domain.errors import DomainError
from umt.domain.platform import Platform
from umt.projections.batches import EventSource
from umt.projections.catalogue import PROJECTIONS, VIEWS
from umt.projections.engine import Projector
from umt.projections.generations import StaleWorker
from umt.projections.rebuilding import RebuildError, sweep
from umt.projections.schema import prepare
from umt.settings import Settings

log = logging.getLogger(__name__)


EXPECTED_ERRORS = (
    ClockError,
    DataLoginError,
    EmbeddedPostgresError,
    MigrationError,
    RebuildError,
    StaleWorker,
    VaultError,
    ApplicationError,
    DomainError,
)
"""What a command says in a sentence instead of a traceback."""


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
        _publish(connection)
        for projection in PROJECTIONS.values():
            sweep(connection, projection)
    return url


def _publish(owner: psycopg.Connection[TupleRow]) -> None:
    prepare(owner, list(PROJECTIONS.values()), VIEWS)


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


@dataclass
class System:
    """A wired system of one process."""

    settings: Settings
    url: str
    clock: Clock
    writer: PostgresWriter
    dispatcher: Dispatcher
    queries: Queries
    identity: Identity
    runtime: AgentRuntime
    source: LogSource
    signal: LogSignal
    jobs: JobQueue
    reader: PostgresReader
    verifier: Verifier
    open_reading: Callable[[], Awaitable[None]]
    close_reading: Callable[[], Awaitable[None]]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """With the connections for reading open."""
        await self.open_reading()
        try:
            yield
        finally:
            await self.close_reading()

    async def ready(self) -> bool:
        """Whether the database answers."""
        try:
            await self.reader.freshness()
        except Unavailable:
            return False
        return True

    def projectors(self) -> list[Projector]:
        """One for each projection, each with connections of its own in the worker's role."""
        return [
            Projector(p, self.following, self.as_worker, self.as_owner, _publish, self.source.borrow)
            for p in PROJECTIONS.values()
        ]

    @property
    def following(self) -> EventSource:
        """The log with the signal that ends a wait for it."""
        return _Following(self.source, self.signal)

    def as_worker(self) -> psycopg.Connection[TupleRow]:
        """A connection in the role that projections work in."""
        return connect(self.url, WORKER)

    def as_owner(self) -> psycopg.Connection[TupleRow]:
        """A connection in the role that owns the tables."""
        return connect(self.url, OWNER)

    def status(self) -> list[Freshness]:
        """How each projection is doing, with the dead letters of every workspace; for the operator."""
        with self.as_worker() as connection:
            return [Freshness(*row) for row in connection.execute(STATUS, (list(PROJECTIONS),))]

    def executor(self, http: httpx.AsyncClient, sites: httpx.AsyncClient) -> EffectExecutor:
        """What does effects, over the given clients: one for the platforms, a guarded one for users' sites."""
        settings = self.settings
        meta = partial(MetaAds, http, settings.meta_url)
        key = settings.openai_api_key
        return EffectExecutor(
            self.writer,
            ad_platforms={
                Platform.FACEBOOK: meta(platform=Platform.FACEBOOK),
                Platform.INSTAGRAM: meta(platform=Platform.INSTAGRAM),
                Platform.GOOGLE: GoogleAds(
                    http,
                    settings.google_ads_url,
                    developer_token=settings.google_ads_developer_token.get_secret_value(),
                ),
                Platform.LINKEDIN: LinkedInAds(http, settings.linkedin_url),
            },
            publishers={Platform.CMS: WordPress(sites, partial(guard, allowed_origins=settings.private_endpoints))},
            texts=make_writer(key.get_secret_value() if key else None, settings.openai_base_url, settings.openai_model),
        )


class _Following:
    """The log's source with the signal that ends its waits: what a projector follows."""

    def __init__(self, source: LogSource, signal: LogSignal) -> None:
        self.page, self.at, self.earlier, self.head = source.page, source.at, source.earlier, source.head
        self.wait = signal.wait


def _vault(settings: Settings, url: str) -> Vault:
    """The vault under the master key that this database was first used with; no other one will do."""
    given, file = settings.master_key, data_dir(settings) / "master.key"
    with connect(url, APP) as connection:
        known = connection.execute("SELECT fingerprint FROM umt.master_key").fetchone()
        if known and not given and not file.exists():
            raise VaultError(
                f"This database was first used with a master key that is not here: set UMT_MASTER_KEY, or bring back {file}."
            )
        vault = Vault(master_key_from(given.get_secret_value() if given else None, file))
        fingerprint = vault.index("umt/master-key")
        connection.execute(
            "INSERT INTO umt.master_key (fingerprint) VALUES (%s) ON CONFLICT DO NOTHING", (fingerprint,)
        )
        known = connection.execute("SELECT fingerprint FROM umt.master_key").fetchone()
        if known is None or bytes(known[0]) != fingerprint:
            raise VaultError(
                f"This database was first used with another master key than UMT_MASTER_KEY or {file} holds; give that one."
            )
    return vault


@contextmanager
def system(settings: Settings) -> Iterator[System]:
    """A system on a prepared database, taken down at the end."""
    url = prepared_database(settings)
    data_dir(settings).mkdir(mode=0o711, parents=True, exist_ok=True)
    vault = _vault(settings, url)
    cipher = PersonalCipher(vault)
    clock = RemoteClock(settings.clock_url) if settings.clock_url else SystemClock()
    jobs = JobQueue(url, settings.job_connections)
    writer = PostgresWriter(url, clock, vault, cipher, jobs.defer)
    worker_pool = source_pool(url, size=8)
    source, signal = LogSource(worker_pool, cipher), LogSignal(url)
    verifier = Verifier(partial(connect, url, WORKER), _Following(source, signal))
    pool = reading_pool(url, APP, size=settings.read_connections)
    reader = PostgresReader(
        pool,
        EventMapper(cipher, PooledKeys(worker_pool)),
        vault,
        PROJECTIONS,
        verifier,
        settings.read_timeout_seconds,
    )
    _spare_the_collector()
    try:
        yield System(
            settings=settings,
            url=url,
            clock=clock,
            writer=writer,
            dispatcher=Dispatcher(writer, vault.index),
            queries=Queries(reader),
            identity=Identity(writer, reader, Argon2Passwords(), vault.index, settings.token_days),
            runtime=AgentRuntime(writer, AGENTS),
            source=source,
            signal=signal,
            jobs=jobs,
            reader=reader,
            verifier=verifier,
            open_reading=pool.open,
            close_reading=pool.close,
        )
    finally:
        signal.close()
        writer.close()
        clock.close()
        worker_pool.close()


def _spare_the_collector() -> None:
    """What the start made lives as long as the process, and events hold no cycles: the collector need not walk them all
    the time. Reading the log is two to three times faster for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


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


@dataclass
class Workers:
    """The background work of a process: projections, agents, timers and jobs, each started again when it fails."""

    system: System
    projections: bool = True
    agents: bool = True
    jobs: bool = True
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._run("database", partial(keep_database, self.system.settings))
        one = partial(connect, self.system.url, WORKER)
        if self.projections:
            for projector in self.system.projectors():
                self._run(f"projection {projector.projection.name}", projector.run)
        if self.agents:
            for agent in AGENTS.values():
                follower = AgentFollower(agent, self.system.runtime, self.system.source, self.system.signal, one)
                self._run(f"agent {agent.name}", follower.run)
            self._run("timers", TimerFollower(self.system.runtime, self.system.clock, one).run)
            self._run("housekeeping", Housekeeping(one).run)
        if self.jobs:
            self._run("jobs", lambda stop: asyncio.run(_work_jobs(self.system, stop)))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _run(self, name: str, work: Callable[[threading.Event], None]) -> None:
        thread = threading.Thread(target=work, args=(self._stop,), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


async def _work_jobs(system: System, stop: threading.Event) -> None:
    """Work jobs off until told to stop, in an event loop of their own; begun again after a failure."""
    stopping = asyncio.Event()
    watch = asyncio.create_task(asyncio.to_thread(stop.wait))
    watch.add_done_callback(lambda _: stopping.set())
    async with httpx.AsyncClient() as http, guarded_client(system.settings.private_endpoints) as sites:
        executor = system.executor(http, sites)
        while not stopping.is_set():
            try:
                await system.jobs.work(system.runtime, executor, stopping)
            except Exception as error:
                log.warning("jobs stopped: %s: %s; trying again in 1 s", type(error).__name__, error)
                await asyncio.sleep(1)
    await watch
