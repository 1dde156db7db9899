"""One unit of work in one workspace, on the writer's connection.

Rule of locks: the log's lock comes first. Events are collected while the work decides and appended at its end; rows that
belong to them are written after that, so two transactions never wait for each other crosswise.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
from msgspec.structs import replace

from umt.adapters.postgres.log import COLUMNS, Appended, CommandRecord, NewEvent, append
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.vault import PersonalCipher, Vault
from umt.application.ports import PastPerformance
from umt.application.transaction import A, Context, Timer
from umt.domain.analytics.figures import DailyFigures
from umt.domain.errors import AlreadyExists, NameTaken, NotFound, VersionConflict
from umt.domain.event import Aggregate, Event, fold
from umt.domain.performance import Figures, Known, Record
from umt.domain.platform import Platform
from umt.domain.recorded import Metadata
from umt.domain.values import unique_key
from umt.domain.workspace import Role

_Connection = psycopg.Connection[tuple[Any, ...]]


class ConnectionKeys:
    """Subject keys read and stored on a connection, in its transaction."""

    def __init__(self, connection: _Connection, workspace: UUID) -> None:
        self._connection, self._workspace = connection, workspace

    def wrapped(self, subject: UUID) -> bytes | None:
        row = self._connection.execute("SELECT sealed FROM umt.subject_key WHERE subject = %s", (subject,)).fetchone()
        return row[0] if row else None

    def store(self, subject: UUID, sealed: bytes) -> None:
        self._connection.execute("INSERT INTO umt.subject_key VALUES (%s, %s, %s)", (subject, self._workspace, sealed))


class PostgresTransaction:
    """Implements `umt.application.transaction.Transaction`."""

    def __init__(
        self,
        connection: _Connection,
        context: Context,
        now: datetime,
        vault: Vault,
        cipher: PersonalCipher,
        defer: Callable[..., None],
    ) -> None:
        # Everything that one request leads to shares a correlation, whether or not the caller named one.
        self.context = context if context.correlation else replace(context, correlation=uuid4())
        self.now = now
        self._connection, self._vault, self._defer = connection, vault, defer
        self._mapper = EventMapper(cipher, ConnectionKeys(connection, context.workspace))
        self._states: dict[UUID, tuple[Any, int]] = {}
        self._events: list[tuple[UUID, int, Event]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._subject: UUID | None = None
        self._ids = 0
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(context.workspace),))

    # Aggregates

    def new_id(self) -> UUID:
        if self.context.command_id is None:
            return uuid4()
        self._ids += 1
        return uuid5(self.context.workspace, f"{self.context.actor}/{self.context.command_id}/{self._ids}")

    def load(self, kind: type[A], identifier: UUID) -> A | None:
        state, version = self._loaded(kind, identifier)
        if version and not isinstance(state, kind):
            return None
        return state  # type: ignore[no-any-return]

    def get(self, kind: type[A], identifier: UUID) -> A:
        state = self.load(kind, identifier)
        if state is None:
            raise NotFound(kind.kind, identifier)
        return state

    def create(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        self._note(identifier, decision(self.load(kind, identifier), *args, **kwargs))

    def decide(
        self, kind: type[A], identifier: UUID, decision: Callable[..., tuple[Event, ...]], *args: Any, **kwargs: Any
    ) -> None:
        state = self.get(kind, identifier)
        self._check_expected_version(identifier)
        self._note(identifier, decision(state, *args, **kwargs))

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        self._loaded(kind, identifier)
        self._note(identifier, events)

    def _loaded(self, kind: type[Aggregate], identifier: UUID) -> tuple[Any, int]:
        known = self._states.get(identifier)
        if known is None:
            known = self._states[identifier] = self._read(kind, identifier)
        return known

    def _read(self, kind: type[Aggregate], identifier: UUID) -> tuple[Any, int]:
        only_first = " AND version = 1" if kind.fixed_by_first_event else ""
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM umt.event WHERE stream = %s{only_first} ORDER BY version",  # noqa: S608
            (identifier,),
            prepare=True,
            binary=True,
        ).fetchall()
        state = fold(self._mapper.recorded(row).event for row in rows)
        if not (rows and kind.fixed_by_first_event):
            return state, len(rows)
        newest = self._connection.execute(
            "SELECT version FROM umt.event WHERE stream = %s ORDER BY version DESC LIMIT 1", (identifier,), prepare=True
        ).fetchone()
        assert newest
        return state, newest[0]

    def _note(self, identifier: UUID, events: Iterable[Event]) -> None:
        if self._subject is None:
            self._subject = identifier
        state, version = self._states[identifier]
        for event in events:
            version += 1
            state = event.evolve(state)
            self._events.append((identifier, version, event))
        self._states[identifier] = (state, version)

    def _check_expected_version(self, identifier: UUID) -> None:
        """The caller's expectation is about the thing the command is about: the first one decided on."""
        expected = self.context.expected_version
        if expected is None or self._subject is not None:
            return
        actual = self._states[identifier][1]
        if actual != expected:
            raise VersionConflict(identifier, expected=expected, actual=actual)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        saved = dict(self._states), len(self._events), len(self._afterwards), self._subject
        try:
            yield
        except BaseException:
            self._states, events, afterwards, self._subject = saved
            del self._events[events:], self._afterwards[afterwards:]
            raise

    # The end

    @property
    def subject(self) -> UUID | None:
        return self._subject

    def flush(self, command: tuple[str, bytes] | None) -> tuple[Appended, int]:
        """Append the events and the command's row, then write what belongs to them."""
        events = [self._stored(stream, version, event) for stream, version, event in self._events]
        records = []
        if command:
            records.append(
                CommandRecord(
                    self.context.workspace,
                    str(self.context.actor),
                    command[0],
                    command[1],
                    self._subject,
                    first=0,
                    count=len(events),
                )
            )
        appended = append(self._connection, events, records)
        for write in self._afterwards:
            write()
        return appended, len(events)

    @property
    def wrote_nothing(self) -> bool:
        return not self._events and not self._afterwards

    def _stored(self, stream: UUID, version: int, event: Event) -> NewEvent:
        context = self.context
        event_id = uuid4()
        metadata = Metadata(
            event_id=event_id,
            actor=context.actor,
            correlation=context.correlation or event_id,
            causation=context.cause,
            command_id=context.command_id,
            trace=context.trace,
            effective_at=self.now,
            schema_version=event.schema_version,
            salt=base64.b64encode(os.urandom(16)).decode(),
        )
        return NewEvent(
            originator_id=stream,
            originator_version=version,
            topic=event.type_name,
            state=self._mapper.encode(event),
            workspace=context.workspace,
            metadata=self._mapper.encode(metadata),
        )

    # Names

    def reserve(self, kind: str, name: str, stream: UUID) -> None:
        key = unique_key(name)

        def write() -> None:
            self._connection.execute("DELETE FROM umt.reservation WHERE kind = %s AND stream = %s", (kind, stream))
            taken = self._connection.execute(
                "INSERT INTO umt.reservation VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1",
                (self.context.workspace, kind, key, stream),
            ).fetchone()
            if taken is None:
                raise NameTaken(kind, name)

        owner = self.holder(kind, name)
        if owner is not None and owner != stream:
            raise NameTaken(kind, name)
        self._afterwards.append(write)

    def release(self, kind: str, stream: UUID) -> None:
        self._afterwards.append(
            lambda: self._do("DELETE FROM umt.reservation WHERE kind = %s AND stream = %s", kind, stream)
        )

    def holder(self, kind: str, name: str) -> UUID | None:
        row = self._rows("SELECT stream FROM umt.reservation WHERE kind = %s AND key = %s", kind, unique_key(name))
        return row[0][0] if row else None

    def integration_of(self, platform: Platform) -> UUID | None:
        return self.holder("integration", platform)

    # Performance

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        rows = self._rows(
            "SELECT platform, sum(spend) FROM umt.performance_latest WHERE campaign = %s GROUP BY platform", campaign
        )
        return {Platform(platform): spend for platform, spend in rows}

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        rows = self._rows(
            "SELECT platform, day, sum(impressions)::bigint, sum(clicks)::bigint, sum(conversions)::bigint,"
            " sum(spend), sum(revenue) FROM umt.performance_latest"
            " WHERE campaign = %s AND day > '-infinity' GROUP BY platform, day ORDER BY platform, day",
            campaign,
        )
        days: dict[Platform, list[DailyFigures]] = {}
        for platform, *figures in rows:
            days.setdefault(Platform(platform), []).append(DailyFigures(*figures))
        return {platform: tuple(figures) for platform, figures in days.items()}

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        rows = self._rows(
            "SELECT c.title, p.impressions, p.clicks, p.conversions, p.spend, p.revenue, p.currency"
            " FROM read_v1.contents c JOIN read_v1.content_performance p USING (workspace, content)"
            " WHERE c.workspace = %s AND c.brand = %s ORDER BY p.conversions DESC, p.clicks DESC, c.title LIMIT 5",
            self.context.workspace,
            brand,
        )
        return tuple(PastPerformance(*row) for row in rows)

    def known_performance(
        self, campaign: UUID, platform: Platform, keys: Iterable[tuple[str, date | None]]
    ) -> Mapping[tuple[str, date | None], Known]:
        wanted = tuple(keys)
        if not wanted:
            return {}
        ads, days = zip(*wanted, strict=True)
        rows = self._rows(
            # LIMIT makes each key a look-up in the index, whatever the planner believes of the table.
            "SELECT k.ad, nullif(k.day, '-infinity'), l.* FROM unnest(%s::text[], %s::date[]) AS k (ad, day),"
            " LATERAL (SELECT impressions, clicks, conversions, leads, spend, revenue, reported_at"
            "  FROM umt.performance_latest WHERE (workspace, campaign, platform) = (%s, %s, %s)"
            "  AND day = k.day AND ad = k.ad LIMIT 1) AS l",
            _array(map(_quoted, ads)),
            _array(day or "-infinity" for day in days),
            self.context.workspace,
            campaign,
            platform.value,
        )
        return {(ad, day): Known(Figures(*figures), at) for ad, day, *figures, at in rows}

    def known_ads(self, campaign: UUID, platform: Platform, ads: Sequence[str]) -> set[str]:
        rows = self._rows(
            "SELECT DISTINCT ad FROM umt.performance_latest"
            " WHERE workspace = %s AND campaign = %s AND platform = %s AND ad = ANY(%s)",
            self.context.workspace,
            campaign,
            platform.value,
            list(ads),
        )
        return {ad for (ad,) in rows}

    def keep_performance(
        self, campaign: UUID, platform: Platform, currency: str, reported_at: datetime, records: Iterable[Record]
    ) -> None:
        kept = tuple(records)
        if not kept:
            return
        figures = [record.figures for record in kept]
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.performance_latest SELECT %s, %s, %s, r.day, r.ad, %s, %s,"
                " r.impressions, r.clicks, r.conversions, r.leads, r.spend, r.revenue"
                " FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
                "  %s::numeric[], %s::numeric[])"
                "  AS r (day, ad, impressions, clicks, conversions, leads, spend, revenue)"
                " ON CONFLICT (workspace, campaign, platform, day, ad) DO UPDATE SET"
                "  currency = EXCLUDED.currency, reported_at = EXCLUDED.reported_at,"
                "  impressions = EXCLUDED.impressions, clicks = EXCLUDED.clicks, conversions = EXCLUDED.conversions,"
                "  leads = EXCLUDED.leads, spend = EXCLUDED.spend, revenue = EXCLUDED.revenue",
                self.context.workspace,
                campaign,
                platform.value,
                currency,
                reported_at,
                _array(record.day or "-infinity" for record in kept),
                _array(_quoted(record.ad) for record in kept),
                _array(f.impressions for f in figures),
                _array(f.clicks for f in figures),
                _array(f.conversions for f in figures),
                _array(f.leads for f in figures),
                _array(f.spend for f in figures),
                _array(f.revenue for f in figures),
            )
        )

    # Secrets and accounts

    def put_secret(self, name: str, text: str) -> None:
        sealed = self._vault.seal(text.encode(), f"{self.context.workspace}/{name}")
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.secret VALUES (%s, %s, %s)"
                " ON CONFLICT (workspace, name) DO UPDATE SET sealed = EXCLUDED.sealed",
                self.context.workspace,
                name,
                sealed,
            )
        )

    def secret(self, name: str) -> str | None:
        sealed = self._value("SELECT sealed FROM umt.secret WHERE name = %s", name)
        return None if sealed is None else self._vault.open(sealed, f"{self.context.workspace}/{name}").decode()

    def drop_secret(self, name: str) -> None:
        self._afterwards.append(lambda: self._do("DELETE FROM umt.secret WHERE name = %s", name))

    def open_account(self, user: UUID, email: str, password_hash: str) -> None:
        index = self._vault.index(unique_key(email))

        def write() -> None:
            try:
                with self._connection.transaction():
                    self._do("INSERT INTO umt.account VALUES (%s, %s, %s)", user, index, password_hash)
            except psycopg.errors.UniqueViolation as error:
                raise AlreadyExists("account", "with this e-mail address") from error

        self._afterwards.append(write)

    def put_member(self, user: UUID, role: Role | None) -> None:
        if role is None:
            self._afterwards.append(lambda: self._do("DELETE FROM umt.membership WHERE user_id = %s", user))
        else:
            self._afterwards.append(
                lambda: self._do(
                    "INSERT INTO umt.membership VALUES (%s, %s, %s)"
                    " ON CONFLICT (workspace, user_id) DO UPDATE SET role = EXCLUDED.role",
                    self.context.workspace,
                    user,
                    role.value,
                )
            )

    def put_token(self, token_hash: bytes, user: UUID, expires_at: datetime) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.token VALUES (%s, %s, %s, %s)", token_hash, user, self.context.workspace, expires_at
            )
        )

    # Agents

    def start_timer(self, timer: Timer) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.timer VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
                timer.id,
                timer.workspace,
                timer.agent,
                timer.name,
                timer.subject,
                timer.due_at,
            )
        )

    def finish_timer(self, timer: UUID) -> bool:
        row = self._connection.execute(
            "UPDATE umt.timer SET fired = true WHERE id = %s AND NOT fired RETURNING 1", (timer,)
        ).fetchone()
        return row is not None

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, at: datetime | None = None) -> None:
        self._afterwards.append(lambda: self._defer(self._connection, self.context, run, effect, lock, at))

    def move_checkpoint(self, agent: str, position: int) -> None:
        self._afterwards.append(
            lambda: self._do(
                "INSERT INTO umt.agent_checkpoint VALUES (%s, %s, now()) ON CONFLICT (agent)"
                " DO UPDATE SET position = greatest(agent_checkpoint.position, EXCLUDED.position), beat_at = now()",
                agent,
                position,
            )
        )

    # Statements

    def _do(self, query: str, *values: Any) -> None:
        self._connection.execute(query, values)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _value(self, query: str, *values: Any) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None


def _array(values: Iterable[int | Decimal | date | str]) -> str:
    """PostgreSQL's text for an array, many times faster than psycopg's lists; texts are quoted already."""
    return f"{{{','.join(map(str, values))}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
