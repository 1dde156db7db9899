"""What a command's handler can do: read aggregates, decide about them, and keep what belongs to the decision.

Everything of one transaction is committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

import msgspec

from umt.application.permissions import Permission
from umt.application.ports import PastPerformance
from umt.domain.analytics.figures import DailyFigures
from umt.domain.event import Aggregate, Event
from umt.domain.performance import Known, Record
from umt.domain.platform import Platform
from umt.domain.recorded import Actor
from umt.domain.secret import Secret
from umt.domain.workspace import Role

A = TypeVar("A", bound=Aggregate)
P = ParamSpec("P")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf, in which workspace and why something is done.

    ``principal`` is the member behind the actor: a person themselves, of an API key its holder; ``maker`` is who made
    that key. ``scopes`` cut what the role allows; None leaves it whole. ``session`` and ``address`` say where a request
    came from.

    ``command_id`` is the caller's idempotency key; ``expected_version`` is the version at which the caller last saw
    the thing the command is about, 0 if there was none; ``cause`` is the event that led to this.
    """

    workspace: UUID
    actor: Actor
    role: Role | None = None
    principal: UUID | None = None
    maker: UUID | None = None
    scopes: tuple[Permission, ...] | None = None
    session: UUID | None = None
    address: str | None = None
    command_id: str | None = None
    expected_version: int | None = None
    correlation: UUID | None = None
    cause: UUID | None = None
    trace: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What an accepted command led to: the thing it was about, and the log's position afterwards."""

    subject: UUID | None
    position: int
    events: int
    repeated: bool = False


class CheckpointMoved(Exception):
    """Somebody else works for this agent, or it was put back: what was about to be done is not to be done by us."""


class Timer(msgspec.Struct, frozen=True):
    """A reminder that an agent asked for."""

    id: UUID
    workspace: UUID
    agent: str
    name: str
    subject: UUID
    due_at: datetime


class Transaction(Protocol):
    """One unit of work in one workspace; implemented on PostgreSQL by adapters/postgres/transaction.py.

    ``now`` is the business's time. ``wall_clock`` is the machine's (UTC), for who may come in and until when: that must
    not follow a simulated time.
    """

    context: Context
    now: datetime
    wall_clock: datetime

    def new_id(self) -> UUID:
        """A fresh id; the same one when the same command is handled again."""
        ...

    def load(self, kind: type[A], identifier: UUID, *, new: bool = False) -> A | None:
        """The aggregate with this transaction's own events applied; None when there is none in this workspace. ``new``: most
        probably there is none, so it is looked up only once what was decided on that proves wrong."""
        ...

    def get(self, kind: type[A], identifier: UUID) -> A:
        """The aggregate, or NotFound."""
        ...

    def create(
        self,
        kind: type[A],
        identifier: UUID,
        decision: Callable[Concatenate[A | None, P], tuple[Event, ...]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Decide about an aggregate that need not exist yet."""
        ...

    def decide(
        self,
        kind: type[A],
        identifier: UUID,
        decision: Callable[Concatenate[A, P], tuple[Event, ...]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Decide about an aggregate; its events are appended when the transaction ends."""
        ...

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        """Append events that state what was observed, with no decision of ours."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """A part that is undone alone when it raises."""
        ...

    def reserve(self, kind: str, name: str, stream: UUID) -> None:
        """Take a unique name, or NameTaken."""
        ...

    def release(self, kind: str, stream: UUID) -> None: ...

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        """What each platform reports as spent so far, in the campaign's currency."""
        ...

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        """Each platform's latest daily figures, by day."""
        ...

    def past_performance(self, brand: UUID) -> tuple[PastPerformance, ...]:
        """What the brand's earlier contents brought about, best first."""
        ...

    def known_performance(
        self, campaign: UUID, platform: Platform, keys: Iterable[tuple[str, date | None]]
    ) -> Mapping[tuple[str, date | None], Known]: ...

    def known_ads(self, campaign: UUID, platform: Platform, ads: Sequence[str]) -> set[str]:
        """Those of the ads that have figures already."""
        ...

    def keep_performance(
        self, campaign: UUID, platform: Platform, currency: str, reported_at: datetime, records: Iterable[Record]
    ) -> None:
        """Make the records the latest known ones."""
        ...

    def put_secret(self, name: str, text: str) -> None: ...

    def secret(self, name: str) -> Secret | None: ...

    def drop_secret(self, name: str) -> None: ...

    def keep_blob(self, text: str) -> str:
        """Keep a large text encrypted beside the log, with this transaction's events; the answer is the keyed hash that
        they name it by. Equal texts of a workspace are kept once."""
        ...

    def blob(self, reference: str) -> str | None:
        """The text with this keyed hash; None when there is none in this workspace."""
        ...

    def add_model_spending(self, month: date, amount: Decimal, calls: int, unpriced: int) -> None:
        """Charge a month with so much for so many calls, of which so many have no known cost. The month is named by its
        first day."""
        ...

    def model_spending(self, month: date) -> Decimal:
        """What a month is charged with so far, in `MODEL_CURRENCY`."""
        ...

    def integration_of(self, platform: Platform) -> UUID | None:
        """The workspace's one connection for a platform, whether or not it was verified yet."""
        ...

    def open_account(self, user: UUID, email: str, password_hash: str) -> None: ...

    def put_password(self, user: UUID, password_hash: str) -> None:
        """Set the password of a member's account; all sessions of the account end."""
        ...

    def put_member(self, user: UUID, role: Role | None, account: UUID | None = None) -> None:
        """Set a member's role for signing in, and of a new one whose account it is (None for a service account). Without
        a role the membership ends, and with the last one of an account the account."""
        ...

    def member_of(self, email: str) -> UUID | None:
        """The member of this workspace whose account has this address."""
        ...

    def account_of(self, email: str) -> UUID | None:
        """The account of this address, in whatever workspaces it is a member."""
        ...

    def has_password_hash(self, email: str, password_hash: str) -> bool:
        """Whether there is an account of this address and this very hash is what it has."""
        ...

    def put_invitation(self, invitation: UUID, email: str, token_hash: bytes, expires_at: datetime) -> None:
        """Let the token be found by its SHA-256, and the address by its keyed hash."""
        ...

    def invitations_of(self, email: str) -> Sequence[UUID]:
        """Every invitation of this address that is kept, open or not."""
        ...

    def put_api_key(
        self,
        key: UUID,
        holder: UUID,
        key_hash: bytes,
        scopes: Iterable[Permission],
        expires_at: datetime,
        made_by: UUID | None,
    ) -> None:
        """Let the key be used that has this SHA-256."""
        ...

    def drop_api_key(self, key: UUID) -> None:
        """Let it open nothing any more."""
        ...

    def kept_invitations(self) -> Sequence[UUID]:
        """Every invitation of this workspace that is kept, open or not."""
        ...

    def has_subject_key(self, subject: UUID) -> bool:
        """Whether there is anything in this workspace that is sealed under a person's key and can be read."""
        ...

    def erase_subject(self, subject: UUID, invitations: Sequence[UUID], email: str | None) -> None:
        """Destroy a person's key, and every row that is theirs: membership, sessions, API keys, these invitations, results
        of their commands, attempts on their address, and the account that has no membership left."""
        ...

    def api_keys_of(self, member: UUID) -> Sequence[UUID]:
        """The keys that a member holds or made for others, and that are not revoked."""
        ...

    def start_timer(self, timer: Timer) -> None: ...

    def finish_timer(self, timer: UUID) -> bool:
        """Mark it as fired; False when it was already."""
        ...

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, priority: int = 0) -> None:
        """Put an effect into the durable job queue, in this transaction."""
        ...

    def hold_run(self, agent: str, run: UUID) -> None:
        """Note that a run waits until its agent works again."""
        ...

    def drop_held_run(self, run: UUID) -> None: ...

    def held_runs(self, agent: str) -> Sequence[UUID]:
        """The runs of the agent that wait in this workspace, in the order in which they came up."""
        ...

    def stop_agent(self, agent: str) -> None:
        """Let the workers know of it that are at work already."""
        ...

    def start_agent(self, agent: str) -> None: ...

    def move_checkpoint(self, agent: str, position: int, turn: int = 0, after: int | None = None) -> None:
        """Move an agent's checkpoint forward. CheckpointMoved, and nothing of the transaction, if somebody else has moved it
        there already or has put the agent back since (``turn``), or if it is not ``after`` the position that is named."""
        ...
