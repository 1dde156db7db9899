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
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import TupleRow

from umt.adapters.agents import AgentFollower, TimerFollower
from umt.adapters.clock import ClockError, RemoteClock, SystemClock
from umt.adapters.erasure_register import ErasureRegister
from umt.adapters.jobs import JobQueue
from umt.adapters.passwords import Argon2Passwords
from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.guard import guard, guarded_client
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.wordpress import WordPress
from umt.adapters.postgres.api_keys import PostgresApiKeys
from umt.adapters.postgres.data_logins import DataLoginError, DataLogins
from umt.adapters.postgres.database import APP, OWNER, WORKER, connect, reading_pool
from umt.adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, default_data_dir
from umt.adapters.postgres.erasure import ErasureRows, Forgetting
from umt.adapters.postgres.exporting import ExportSnapshot, snapshot
from umt.adapters.postgres.invitations import PostgresInvitations
from umt.adapters.postgres.key_keeping import KeyKeeping
from umt.adapters.postgres.key_rows import open_vault
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.migrate import MigrationError, migrate, newest_version
from umt.adapters.postgres.people import subjects_at
from umt.adapters.postgres.reading import STATUS, PostgresReader
from umt.adapters.postgres.retention import Retention
from umt.adapters.postgres.security_events import PostgresSecurityLog, noted_event, select_events
from umt.adapters.postgres.sessions import PostgresSessions
from umt.adapters.postgres.source import LogSignal, LogSource, PooledKeys, source_pool
from umt.adapters.postgres.verification import Verifier
from umt.adapters.postgres.writer import PostgresWriter
from umt.adapters.rate_limits import CountedRequests
from umt.adapters.signing import SigningKeyRing
from umt.adapters.tokens import SignedTokens
from umt.adapters.vault import EnvironmentMasterKeys, FileMasterKeys, MasterKeys, PersonalCipher, Vault, VaultError
from umt.adapters.writers import make_writer
from umt.application.agents import AGENTS
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.dispatch import Dispatcher
from umt.application.errors import ApplicationError, Unavailable
from umt.application.exporting.export import FileFormat
from umt.application.identity import Identity, Passwords
from umt.application.joining import Joining
from umt.application.ports import Clock
from umt.application.privacy.erasing import Erasing
from umt.application.privacy.register import Erasures, RegisterError
from umt.application.privacy.retention import RetentionError, policy
from umt.application.queries import Freshness, Queries
from umt.application.security_events import NotedEvent, Wanted
from umt.application.signing import SigningKeys
from umt.domain.errors import DomainError
from umt.domain.platform import Platform
from umt.domain.secret import Secret
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
    RegisterError,
    RetentionError,
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


def security_events(settings: Settings, wanted: Wanted, limit: int) -> list[NotedEvent]:
    """The newest security events of every workspace and of none; for the operator."""
    with connect(prepared_database(settings), WORKER) as connection:
        return [noted_event(row) for row in connection.execute(*select_events(wanted, limit))]


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
    joining: Joining
    runtime: AgentRuntime
    source: LogSource
    signal: LogSignal
    jobs: JobQueue
    reader: PostgresReader
    verifier: Verifier
    signing_keys: SigningKeys
    security_log: PostgresSecurityLog
    rate_limits: CountedRequests
    erasing: Erasing
    erasures: Erasures
    retention: Retention
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

    def people_at(self, email: str) -> list[tuple[UUID, UUID]]:
        """(workspace, user) of everybody who ever registered with an address or was invited at it."""
        return list(subjects_at(self.following, email))

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
                    developer_token=Secret(settings.google_ads_developer_token.get_secret_value()),
                ),
                Platform.LINKEDIN: LinkedInAds(http, settings.linkedin_url),
            },
            publishers={Platform.CMS: WordPress(sites, partial(guard, allowed_origins=settings.private_endpoints))},
            texts=make_writer(
                Secret(key.get_secret_value()) if key else None, settings.openai_base_url, settings.openai_model
            ),
        )


class _Following:
    """The log's source with the signal that ends its waits: what a projector follows."""

    def __init__(self, source: LogSource, signal: LogSignal) -> None:
        self.page, self.at, self.earlier, self.head = source.page, source.at, source.earlier, source.head
        self.wait = signal.wait


def _master_keys(settings: Settings) -> MasterKeys:
    """Where the master key lies: in the environment if it is set there, else in the data directory."""
    key, previous = settings.master_key, settings.master_key_previous
    if not key:
        return FileMasterKeys(data_dir(settings) / "master.key")
    return EnvironmentMasterKeys(key.get_secret_value(), previous.get_secret_value() if previous else None)


def _vault(settings: Settings, url: str) -> Vault:
    with connect(url, APP) as connection:
        return open_vault(connection, _master_keys(settings))


def _tokens_live(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.access_token_minutes)


@contextmanager
def key_keeping(settings: Settings) -> Iterator[KeyKeeping]:
    """What changes the keys of a prepared database."""
    url = prepared_database(settings)
    data_dir(settings).mkdir(mode=0o711, parents=True, exist_ok=True)
    with connect(url, OWNER) as connection:
        yield KeyKeeping(connection, _vault(settings, url), _master_keys(settings), _tokens_live(settings))


@contextmanager
def system(settings: Settings, passwords: Passwords | None = None) -> Iterator[System]:
    """A system on a prepared database, taken down at the end. ``passwords`` are hashed by argon2id unless told otherwise."""
    url = prepared_database(settings)
    data_dir(settings).mkdir(mode=0o711, parents=True, exist_ok=True)
    vault = _vault(settings, url)
    days = policy(settings.retention_days)
    register = ErasureRegister(settings.erasure_register or data_dir(settings) / "erasures.jsonl")
    forgetting = Forgetting(url, register)
    cipher = PersonalCipher(vault, forgetting)
    clock = RemoteClock(settings.clock_url) if settings.clock_url else SystemClock()
    jobs = JobQueue(url, settings.job_connections)
    security_log = PostgresSecurityLog(partial(connect, url, APP, application="umt-security"), vault.index)
    authorisation = Authorisation(security_log)
    signing_keys = SigningKeyRing(partial(connect, url, APP), vault, _tokens_live(settings))
    writer = PostgresWriter(url, clock, vault, cipher, jobs.defer)
    worker_pool = source_pool(url, size=8)
    source, signal = LogSource(worker_pool, cipher), LogSignal(url)
    verifier = Verifier(partial(connect, url, WORKER), _Following(source, signal))
    pool = reading_pool(url, APP, size=settings.read_connections)
    reader = PostgresReader(
        pool,
        EventMapper(cipher, PooledKeys(worker_pool)),
        PROJECTIONS,
        verifier,
        settings.read_timeout_seconds,
    )
    sessions, hashing = PostgresSessions(pool), passwords or Argon2Passwords()
    identity = Identity(
        writer,
        sessions,
        hashing,
        SignedTokens(signing_keys, settings.issuer, settings.access_token_minutes * 60),
        vault.index,
        timedelta(days=settings.session_days),
        api_keys=PostgresApiKeys(pool, writer, security_log),
        security_log=security_log,
        authorisation=authorisation,
    )
    redis = settings.redis_url
    forgetting.drop_from(
        lambda subject, _: cipher.forget(subject),
        lambda *_: source.forget(),
        lambda _, workspace: writer.forget(workspace),
    )
    dispatcher, erasures = Dispatcher(writer, vault.index, authorisation), ErasureRows(source.borrow)
    erasing = Erasing(dispatcher, writer, erasures, register, forgetting.reach)
    try:
        erasing.heal()
        _spare_the_collector()
        yield System(
            settings=settings,
            url=url,
            clock=clock,
            writer=writer,
            dispatcher=dispatcher,
            queries=Queries(reader, authorisation),
            identity=identity,
            joining=Joining(writer, identity, PostgresInvitations(pool, reader), sessions, hashing, vault.index),
            runtime=AgentRuntime(writer, AGENTS, authorisation),
            source=source,
            signal=signal,
            jobs=jobs,
            reader=reader,
            verifier=verifier,
            signing_keys=signing_keys,
            security_log=security_log,
            rate_limits=CountedRequests(settings.requests_per_minute, redis.get_secret_value() if redis else None),
            erasing=erasing,
            erasures=erasures,
            retention=Retention(partial(connect, url, WORKER), days, erasing.forget_invitee),
            open_reading=pool.open,
            close_reading=pool.close,
        )
    finally:
        forgetting.close()
        signal.close()
        writer.close()
        signing_keys.close()
        security_log.close()
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
            self._run("retention", self.system.retention.run)
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
