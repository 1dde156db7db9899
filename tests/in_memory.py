"""The application's ports held in memory: a log, a writer and transactions without a database.

What is here keeps the contract of `umt.application.transaction` and `umt.application.dispatch`: everything of one
transaction happens or nothing does, and a part that fails is undone alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from umt.application.dispatch import CommandKey
from umt.application.errors import IdempotencyConflict
from umt.application.permissions import Permission
from umt.application.ports import PastPerformance
from umt.application.transaction import A, CheckpointMoved, Context, Outcome, Timer, Transaction
from umt.domain.analytics import daily
from umt.domain.analytics.figures import DailyFigures
from umt.domain.errors import AlreadyExists, NameTaken, NotFound, VersionConflict
from umt.domain.event import Aggregate, Event, fold
from umt.domain.invitation import Invitation
from umt.domain.performance import Figures, Known, Record
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Metadata, Recorded
from umt.domain.secret import Secret
from umt.domain.values import unique_key
from umt.domain.workspace import Role

ACME = UUID(int=0xACE)
"""The workspace of most tests."""
SYSTEM = Actor(ActorKind.SYSTEM, "test")
_IDS = UUID(int=0x1D)


class Job(msgspec.Struct, frozen=True):
    """An effect that waits to be done."""

    run: UUID
    effect: UUID
    lock: str
    priority: int = 0


class InMemory:
    """A whole system's memory; `now` is the business's clock, `wall_clock` the machine's."""

    def __init__(self, now: datetime = datetime(2026, 3, 10, 12, tzinfo=UTC)) -> None:
        self.now = self.wall_clock = now
        self.log: list[Recorded] = []
        self.names: dict[tuple[UUID, str, str], UUID] = {}
        self.secrets: dict[tuple[UUID, str], str] = {}
        self.figures: dict[tuple[UUID, Platform], dict[tuple[str, date | None], Known]] = {}
        self.past: dict[UUID, tuple[PastPerformance, ...]] = {}
        self.timers: dict[UUID, Timer] = {}
        self.fired: set[UUID] = set()
        self.jobs: list[Job] = []
        self.checkpoints: dict[str, int] = {}
        self.held_runs: dict[tuple[UUID, UUID], str] = {}
        self.stopped: set[tuple[UUID, str]] = set()
        self.accounts: dict[str, tuple[UUID, str]] = {}
        self.members: dict[tuple[UUID, UUID], tuple[Role, UUID | None]] = {}
        self.invitations: dict[tuple[UUID, str], list[UUID]] = {}
        self.api_keys: dict[tuple[UUID, UUID], tuple[UUID, UUID | None]] = {}
        self.erased: set[UUID] = set()
        self.blobs: dict[tuple[UUID, str], str] = {}
        self.model_spending: dict[tuple[UUID, date], tuple[Decimal, int, int]] = {}
        self.outcomes: dict[tuple[UUID, str, str], tuple[bytes, Outcome]] = {}
        self._ids = count(1)

    def new_id(self) -> UUID:
        return uuid5(_IDS, str(next(self._ids)))

    def happened(self, stream: UUID, *events: Event, workspace: UUID = ACME) -> Recorded:
        """Append events as history; the answer is the last one, in its place in the log."""
        for event in events:
            self.append(Context(workspace=workspace, actor=SYSTEM), stream, event)
        return self.log[-1]

    def append(self, context: Context, stream: UUID, event: Event) -> None:
        event_id = self.new_id()
        metadata = Metadata(
            event_id=event_id,
            actor=context.actor,
            correlation=context.correlation or event_id,
            causation=context.cause,
            command_id=context.command_id,
            trace=context.trace,
            effective_at=self.now,
            schema_version=event.schema_version,
            salt="",
        )
        version = len(self.stream(context.workspace, stream)) + 1
        self.log.append(Recorded(len(self.log) + 1, stream, version, context.workspace, self.now, event, metadata))

    def stream(self, workspace: UUID, stream: UUID) -> list[Event]:
        return [each.event for each in self.log if (each.workspace, each.stream) == (workspace, stream)]

    def state(self, kind: type[A], identifier: UUID, workspace: UUID = ACME) -> A:
        """The aggregate as the log has it."""
        state = fold(self.stream(workspace, identifier))
        assert isinstance(state, kind)
        return state


class InMemoryTransaction:
    """Implements `umt.application.transaction.Transaction`."""

    def __init__(self, memory: InMemory, context: Context) -> None:
        self.context = context if context.correlation else replace(context, correlation=memory.new_id())
        self.now, self.wall_clock = memory.now, memory.wall_clock
        self._memory = memory
        self._events: list[tuple[UUID, Event]] = []
        self._afterwards: list[Callable[[], object]] = []
        self._subject: UUID | None = None

    def new_id(self) -> UUID:
        return self._memory.new_id()

    def load(self, kind: type[A], identifier: UUID, *, new: bool = False) -> A | None:
        state = self._state(identifier)
        return state if isinstance(state, kind) else None

    def get(self, kind: type[A], identifier: UUID) -> A:
        state = self.load(kind, identifier)
        if state is None:
            raise NotFound(kind.kind, identifier)
        return state

    def create(self, kind: type[A], identifier: UUID, decision: Any, *args: Any, **kwargs: Any) -> None:
        state = self.load(kind, identifier)
        self._check_expected_version(identifier)
        self.record(kind, identifier, *decision(state, *args, **kwargs))

    def decide(self, kind: type[A], identifier: UUID, decision: Any, *args: Any, **kwargs: Any) -> None:
        state = self.get(kind, identifier)
        self._check_expected_version(identifier)
        self.record(kind, identifier, *decision(state, *args, **kwargs))

    def _check_expected_version(self, identifier: UUID) -> None:
        expected, actual = self.context.expected_version, len(self._history(identifier))
        if expected is not None and self._subject is None and actual != expected:
            raise VersionConflict(identifier, expected=expected, actual=actual)

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        self._subject = self._subject or identifier
        self._events.extend((identifier, event) for event in events)

    def _history(self, identifier: UUID) -> list[Event]:
        ours = [event for stream, event in self._events if stream == identifier]
        return [*self._memory.stream(self.context.workspace, identifier), *ours]

    def _state(self, identifier: UUID) -> Any:
        return fold(self._history(identifier))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        events, afterwards, subject = len(self._events), len(self._afterwards), self._subject
        try:
            yield
        except BaseException:
            del self._events[events:], self._afterwards[afterwards:]
            self._subject = subject
            raise

    def commit(self) -> Outcome:
        """Make it all so."""
        for stream, event in self._events:
            self._memory.append(self.context, stream, event)
        for write in self._afterwards:
            write()
        return Outcome(self._subject, len(self._memory.log), len(self._events))

    # Names

    def reserve(self, kind: str, name: str, stream: UUID) -> None:
        key = (self.context.workspace, kind, unique_key(name))
        if self._memory.names.get(key, stream) != stream:
            raise NameTaken(kind, name)
        self.release(kind, stream)
        self._afterwards.append(lambda: self._memory.names.update({key: stream}))

    def release(self, kind: str, stream: UUID) -> None:
        def write() -> None:
            held = [key for key, holder in self._memory.names.items() if (key[1], holder) == (kind, stream)]
            for key in held:
                del self._memory.names[key]

        self._afterwards.append(write)

    def integration_of(self, platform: Platform) -> UUID | None:
        return self._memory.names.get((self.context.workspace, "integration", unique_key(platform)))

    # Performance

    def _days(self, campaign: UUID) -> Iterator[tuple[Platform, date | None, Figures]]:
        for (of, platform), latest in self._memory.figures.items():
            for (_, day), known in latest.items():
                if of == campaign:
                    yield platform, day, known.figures

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        return daily.spent(self._days(campaign))

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        return daily.by_day(self._days(campaign))

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        return self._memory.past.get(brand, ())

    def known_performance(
        self, campaign: UUID, platform: Platform, keys: Iterable[tuple[str, date | None]]
    ) -> Mapping[tuple[str, date | None], Known]:
        latest = self._memory.figures.get((campaign, platform), {})
        return {key: latest[key] for key in keys if key in latest}

    def known_ads(self, campaign: UUID, platform: Platform, ads: Sequence[str]) -> set[str]:
        return {ad for ad, _ in self._memory.figures.get((campaign, platform), {})} & set(ads)

    def keep_performance(
        self, campaign: UUID, platform: Platform, currency: str, reported_at: datetime, records: Iterable[Record]
    ) -> None:
        kept = {(record.ad, record.day): Known(record.figures, reported_at) for record in records}
        self._afterwards.append(lambda: self._memory.figures.setdefault((campaign, platform), {}).update(kept))

    # Secrets and accounts

    def put_secret(self, name: str, text: str) -> None:
        self._afterwards.append(lambda: self._memory.secrets.update({(self.context.workspace, name): text}))

    def secret(self, name: str) -> Secret | None:
        text = self._memory.secrets.get((self.context.workspace, name))
        return None if text is None else Secret(text)

    def drop_secret(self, name: str) -> None:
        self._afterwards.append(lambda: self._memory.secrets.pop((self.context.workspace, name), None))

    def open_account(self, user: UUID, email: str, password_hash: str) -> None:
        if unique_key(email) in self._memory.accounts:
            raise AlreadyExists("account", "with this e-mail address")
        self._afterwards.append(lambda: self._memory.accounts.update({unique_key(email): (user, password_hash)}))

    def put_member(self, user: UUID, role: Role | None, account: UUID | None = None) -> None:
        key, members = (self.context.workspace, user), self._memory.members

        def write() -> None:
            if role is None:
                _, of = members.pop(key, (None, None))
                if of not in (other for _, other in members.values()):
                    accounts = self._memory.accounts.items()
                    self._memory.accounts = {email: each for email, each in accounts if each[0] != of}
            else:
                members[key] = (role, members[key][1] if key in members else account)

        self._afterwards.append(write)

    def member_of(self, email: str) -> UUID | None:
        account, members = self.account_of(email), self._memory.members
        ours = (user for (workspace, user), (_, of) in members.items() if workspace == self.context.workspace and of)
        return next((user for user in ours if members[self.context.workspace, user][1] == account), None)

    def account_of(self, email: str) -> UUID | None:
        known = self._memory.accounts.get(unique_key(email))
        return known[0] if known else None

    def has_password_hash(self, email: str, password_hash: str) -> bool:
        known = self._memory.accounts.get(unique_key(email))
        return known is not None and known[1] == password_hash

    def put_invitation(self, invitation: UUID, email: str, token_hash: bytes, expires_at: datetime) -> None:
        key = (self.context.workspace, unique_key(email))
        self._afterwards.append(lambda: self._memory.invitations.setdefault(key, []).append(invitation))

    def invitations_of(self, email: str) -> list[UUID]:
        return self._memory.invitations.get((self.context.workspace, unique_key(email)), [])

    def put_api_key(
        self,
        key: UUID,
        holder: UUID,
        key_hash: bytes,
        scopes: Iterable[Permission],
        expires_at: datetime,
        made_by: UUID | None,
    ) -> None:
        place = (self.context.workspace, key)
        self._afterwards.append(lambda: self._memory.api_keys.update({place: (holder, made_by)}))

    def drop_api_key(self, key: UUID) -> None:
        self._afterwards.append(lambda: self._memory.api_keys.pop((self.context.workspace, key), None))

    def api_keys_of(self, member: UUID) -> list[UUID]:
        here = self.context.workspace
        return [key for (place, key), of in self._memory.api_keys.items() if place == here and member in of]

    def kept_invitations(self) -> list[UUID]:
        return [
            each for (of, _), sent in self._memory.invitations.items() if of == self.context.workspace for each in sent
        ]

    def has_subject_key(self, subject: UUID) -> bool:
        sent = (self.load(Invitation, each) for each in self.kept_invitations())
        invited = {each.user for each in sent if each}
        return subject not in self._memory.erased and (bool(self._history(subject)) or subject in invited)

    def erase_subject(self, subject: UUID, invitations: Sequence[UUID], email: str | None) -> None:
        def write() -> None:
            memory, here = self._memory, self.context.workspace
            memory.erased.add(subject)
            _, account = memory.members.pop((here, subject), (None, None))
            if account and all(of != account for _, of in memory.members.values()):
                memory.accounts = {known: held for known, held in memory.accounts.items() if held[0] != account}
            for sent in memory.invitations.values():
                sent[:] = [each for each in sent if each not in invitations]
            memory.api_keys = {key: of for key, of in memory.api_keys.items() if subject not in of}

        self._afterwards.append(write)

    def put_password(self, user: UUID, password_hash: str) -> None:
        def write() -> None:
            for address, (owner, _) in self._memory.accounts.items():
                if owner == user:
                    self._memory.accounts[address] = user, password_hash

        self._afterwards.append(write)

    # Language models

    def keep_blob(self, text: str) -> str:
        reference = sha256(text.encode()).hexdigest()
        self._afterwards.append(lambda: self._memory.blobs.update({(self.context.workspace, reference): text}))
        return reference

    def blob(self, reference: str) -> str | None:
        return self._memory.blobs.get((self.context.workspace, reference))

    def add_model_spending(self, month: date, amount: Decimal, calls: int, unpriced: int) -> None:
        def write() -> None:
            key, all_months = (self.context.workspace, month), self._memory.model_spending
            before = all_months.get(key, (Decimal(0), 0, 0))
            all_months[key] = before[0] + amount, before[1] + calls, before[2] + unpriced

        self._afterwards.append(write)

    def model_spending(self, month: date) -> Decimal:
        return self._memory.model_spending.get((self.context.workspace, month), (Decimal(0), 0, 0))[0]

    # Agents

    def start_timer(self, timer: Timer) -> None:
        self._afterwards.append(lambda: self._memory.timers.setdefault(timer.id, timer))

    def finish_timer(self, timer: UUID) -> bool:
        if timer in self._memory.fired or timer not in self._memory.timers:
            return False
        self._afterwards.append(lambda: self._memory.fired.add(timer))
        return True

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, priority: int = 0) -> None:
        self._afterwards.append(lambda: self._memory.jobs.append(Job(run, effect, lock, priority)))

    def hold_run(self, agent: str, run: UUID) -> None:
        key = (self.context.workspace, run)
        self._afterwards.append(lambda: self._memory.held_runs.update({key: agent}))

    def drop_held_run(self, run: UUID) -> None:
        self._afterwards.append(lambda: self._memory.held_runs.pop((self.context.workspace, run), None))

    def held_runs(self, agent: str) -> list[UUID]:
        here = self.context.workspace
        return [run for (place, run), of in self._memory.held_runs.items() if (place, of) == (here, agent)]

    def stop_agent(self, agent: str) -> None:
        self._afterwards.append(lambda: self._memory.stopped.add((self.context.workspace, agent)))

    def start_agent(self, agent: str) -> None:
        self._afterwards.append(lambda: self._memory.stopped.discard((self.context.workspace, agent)))

    def move_checkpoint(self, agent: str, position: int, turn: int = 0, after: int | None = None) -> None:
        reached = self._memory.checkpoints.get(agent, 0)
        if position <= reached or after not in (None, reached):
            raise CheckpointMoved(agent)
        self._afterwards.append(lambda: self._memory.checkpoints.update({agent: position}))


class InMemoryWriter:
    """Implements `umt.application.dispatch.Writer`, at once and in the caller's thread."""

    def __init__(self, memory: InMemory) -> None:
        self._memory = memory

    def execute(self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None) -> Future[Outcome]:
        def once() -> Outcome:
            if key is None:
                return self._transaction(context, work)[1]
            place = (context.workspace, str(context.actor), key.id)
            asked, outcome = self._memory.outcomes.get(place, (key.request_hash, None))
            if asked != key.request_hash:
                raise IdempotencyConflict(key.shown)
            if outcome is not None:
                return msgspec.structs.replace(outcome, repeated=True)
            outcome = self._transaction(context, work)[1]
            self._memory.outcomes[place] = key.request_hash, outcome
            return outcome

        return _settled(once)

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        return _settled(lambda: self._transaction(context, work)[0])

    def _transaction(self, context: Context, work: Callable[[Transaction], Any]) -> tuple[Any, Outcome]:
        tx = InMemoryTransaction(self._memory, context)
        answer = work(tx)
        return answer, tx.commit()


def _settled(work: Callable[[], Any]) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
    return future


class InMemoryTriggers:
    """Implements `umt.application.agents.runtime.Triggers`."""

    def __init__(self, memory: InMemory) -> None:
        self._memory = memory

    def event(self, position: int) -> Recorded | None:
        return next((each for each in self._memory.log if each.position == position), None)

    def timer(self, identifier: UUID) -> Timer | None:
        return self._memory.timers.get(identifier)
