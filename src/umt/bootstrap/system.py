"""A wired system of one process: settings in, everything injected by constructor."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import TupleRow

from umt.adapters.breakers import SharedBreakers
from umt.adapters.clock import RemoteClock, SystemClock
from umt.adapters.erasure_register import ErasureRegister
from umt.adapters.jobs import JobQueue
from umt.adapters.passwords import Argon2Passwords
from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.guard import guard
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.wordpress import WordPress
from umt.adapters.postgres.agent_operations import AgentOperations
from umt.adapters.postgres.agent_places import Triggers
from umt.adapters.postgres.api_keys import PostgresApiKeys
from umt.adapters.postgres.breaker_rows import BreakerRows
from umt.adapters.postgres.database import APP, OWNER, WORKER, connect, reading_pool
from umt.adapters.postgres.effect_jobs import defer
from umt.adapters.postgres.erasure import ErasureRows, Forgetting
from umt.adapters.postgres.invitations import PostgresInvitations
from umt.adapters.postgres.key_keeping import KeyKeeping
from umt.adapters.postgres.key_rows import open_vault
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.people import subjects_at
from umt.adapters.postgres.pulse import Pulse
from umt.adapters.postgres.reading import STATUS, PostgresReader
from umt.adapters.postgres.retention import Retention
from umt.adapters.postgres.security_events import PostgresSecurityLog
from umt.adapters.postgres.sessions import PostgresSessions
from umt.adapters.postgres.source import LogSignal, LogSource, PooledKeys, source_pool
from umt.adapters.postgres.verification import Verifier
from umt.adapters.postgres.writer import PostgresWriter
from umt.adapters.rate_limits import CountedRequests
from umt.adapters.signing import SigningKeyRing
from umt.adapters.tokens import SignedTokens
from umt.adapters.vault import EnvironmentMasterKeys, FileMasterKeys, MasterKeys, PersonalCipher, Vault
from umt.adapters.writers import make_writer
from umt.application.agents import AGENTS
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.breakers import Policy
from umt.application.dispatch import Dispatcher
from umt.application.errors import Unavailable
from umt.application.identity import Hashing, Identity, Passwords
from umt.application.joining import Joining
from umt.application.live import Live
from umt.application.ports import Clock
from umt.application.privacy.erasing import Erasing
from umt.application.privacy.register import Erasures
from umt.application.privacy.retention import policy
from umt.application.queries import Freshness, Queries
from umt.application.signing import SigningKeys
from umt.bootstrap.database import data_dir, prepared_database, publish
from umt.domain.platform import Platform
from umt.domain.secret import Secret
from umt.projections.batches import EventSource
from umt.projections.catalogue import PROJECTIONS
from umt.projections.engine import Projector
from umt.settings import Settings


@dataclass
class System:
    """A wired system of one process."""

    settings: Settings
    url: str
    clock: Clock
    writer: PostgresWriter
    dispatcher: Dispatcher
    queries: Queries
    live: Live
    identity: Identity
    joining: Joining
    runtime: AgentRuntime
    agent_operations: AgentOperations
    source: LogSource
    signal: LogSignal
    jobs: JobQueue
    breakers: SharedBreakers
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
            Projector(p, self.following, self.as_worker, self.as_owner, publish, self.source.borrow)
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
        settings, breakers = self.settings, self.breakers
        meta = partial(MetaAds, http, settings.meta_url, breakers=breakers)
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
                    breakers=breakers,
                ),
                Platform.LINKEDIN: LinkedInAds(http, settings.linkedin_url, breakers=breakers),
            },
            publishers={
                Platform.CMS: WordPress(
                    sites, partial(guard, allowed_origins=settings.private_endpoints), breakers=breakers
                )
            },
            texts=make_writer(
                Secret(key.get_secret_value()) if key else None,
                settings.openai_base_url,
                settings.openai_model,
                breakers,
                settings.model_prices,
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
    writer = PostgresWriter(url, clock, vault, cipher, defer)
    worker_pool = source_pool(url, size=8)
    source, signal = LogSource(worker_pool, cipher), LogSignal(url)
    verifier = Verifier(partial(connect, url, WORKER), _Following(source, signal))
    breakers = SharedBreakers(
        BreakerRows(partial(connect, url, WORKER, application="umt-breakers", statement_timeout="2s")),
        Policy(settings.breaker_failures, timedelta(seconds=settings.breaker_reset_seconds)),
    )
    pool, pulse = reading_pool(url, APP, size=settings.read_connections), Pulse(url, PROJECTIONS)
    reader = PostgresReader(
        pool,
        EventMapper(cipher, PooledKeys(worker_pool)),
        PROJECTIONS,
        verifier,
        pulse,
        settings.read_timeout_seconds,
    )

    async def close_reading() -> None:
        await pulse.close()
        await pool.close()

    sessions, hashing = PostgresSessions(pool), Hashing(passwords or Argon2Passwords())
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
    queries, redis = Queries(reader, authorisation), settings.redis_url
    forgetting.drop_from(
        lambda subject, _: cipher.forget(subject),
        lambda *_: source.forget(),
        lambda _, workspace: writer.forget(workspace),
    )
    dispatcher, erasures = Dispatcher(writer, vault.index, authorisation, pulse.expect), ErasureRows(worker_pool)
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
            queries=queries,
            live=Live(queries, pulse, settings.read_timeout_seconds, authorisation),
            identity=identity,
            joining=Joining(writer, identity, PostgresInvitations(pool, reader), sessions, hashing, vault.index),
            runtime=AgentRuntime(writer, AGENTS, authorisation, Triggers(source, partial(connect, url, WORKER))),
            agent_operations=AgentOperations(source, partial(connect, url, WORKER)),
            source=source,
            signal=signal,
            jobs=jobs,
            breakers=breakers,
            reader=reader,
            verifier=verifier,
            signing_keys=signing_keys,
            security_log=security_log,
            rate_limits=CountedRequests(settings.requests_per_minute, redis.get_secret_value() if redis else None),
            erasing=erasing,
            erasures=erasures,
            retention=Retention(partial(connect, url, WORKER), days, erasing.forget_invitee),
            open_reading=pool.open,
            close_reading=close_reading,
        )
    finally:
        breakers.close()
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
