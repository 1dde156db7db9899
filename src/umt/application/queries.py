"""What can be asked of the read models and of history. Authorisation sits here, once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Generic, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from umt.application.authorisation import Authorisation
from umt.application.breakers import SHARED, BreakerStatus, site
from umt.application.errors import ApplicationError
from umt.application.lists import Belonging, Between, Order, Page, Stretch, Through
from umt.application.model_spending import month_of
from umt.application.past import Moment, Past, PastReader
from umt.application.permissions import AGENTS, KINDS, VIEWS, Grant, Permission, allows, granted
from umt.application.ports import Clock
from umt.application.privacy.register import Erasure
from umt.application.privacy.subject import Subject, SubjectEvent
from umt.application.pulse import Shown
from umt.application.security_events import NotedEvent, Wanted
from umt.application.transaction import Context
from umt.domain.agent_policy import EVERY_AGENT, policies_for, policy_of_workspace
from umt.domain.campaign import Campaign
from umt.domain.errors import NotFound
from umt.domain.event import Aggregate
from umt.domain.integration import Status as IntegrationStatus
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded
from umt.domain.workspace import Workspace

A = TypeVar("A", bound=Aggregate)
Row = dict[str, Any]

MOST_SITES: Final = 100
"""Connections to sites, the newest, whose circuit breakers are told."""


class StaleRead(ApplicationError):
    """The read models do not show the position that the caller asked for: not yet (LAGGING), or because an event that
    touches what was asked for could not be applied and waits as a dead letter (PARKED)."""

    code = "STALE_READ"

    def __init__(self, wanted: int, reached: int, reason: Literal["LAGGING", "PARKED"] = "LAGGING") -> None:
        self.wanted, self.reached, self.reason = wanted, reached, reason
        super().__init__(
            f"The read models are at {reached} and did not reach {wanted} in time; ask again."
            if reason == "LAGGING"
            else "An event that touches these rows could not be applied and waits as a dead letter: they are incomplete "
            "until an operator retries it. Ask without a position to see them as they are."
        )


class Freshness(msgspec.Struct, frozen=True):
    """How far a projection has come and how it is doing; a row of read_v1.projection_status."""

    name: str
    generation: int
    version: int
    position: int
    head: int
    lag_seconds: Decimal
    state: str
    live: bool
    worker: str | None
    beat_at: datetime
    restarts: int
    failed_at: datetime | None
    last_error: str | None
    dead_letters: int

    @property
    def lag(self) -> int:
        """Events that are not applied yet."""
        return max(self.head - self.position, 0)

    @property
    def healthy(self) -> bool:
        """Whether its worker lives and does not fail."""
        return self.state not in ("silent", "failing")


class WorkspaceFreshness(msgspec.Struct, frozen=True):
    """How fresh all that is shown of a workspace is. Everything of it up to ``position`` is shown, or parked; ``head`` is the
    log's newest event, and ``lag_seconds`` how long ago the oldest event that is not shown was recorded, 0 without one."""

    position: int
    head: int
    lag_seconds: float


class Difference(msgspec.Struct, frozen=True):
    """A row that a fold from zero gives otherwise."""

    table: str
    key: str
    column: str
    stored: str
    folded: str


class Verification(msgspec.Struct, frozen=True):
    """A projection's rows compared with a fold of its events from zero up to ``position``.

    ``differences`` names the first of them, ``more`` counts the rows beyond. Events that are ``parked`` or were
    ``discarded`` as dead letters are in neither. ``sampled`` streams were looked at; None: all.
    """

    projection: str
    position: int
    events: int
    rows: int
    differences: tuple[Difference, ...]
    more: int
    parked: int
    discarded: int
    sampled: int | None


class AgentActivity(msgspec.Struct, frozen=True):
    """What agents still have to do in a workspace; idle when all are zero. ``position`` is the log's newest."""

    position: int
    unread_events: int
    open_runs: int
    due_timers: int


class AgentPlace(msgspec.Struct, frozen=True):
    """How far an agent has read the log. Up to ``shadow_until`` it only says what it would do; None: it acts."""

    position: int
    head: int
    shadow_until: int | None

    @property
    def unread(self) -> int:
        """Events that it has not read yet."""
        return max(self.head - self.position, 0)

    @property
    def in_shadow(self) -> bool:
        """Whether it goes through the log again and sends nothing."""
        return self.position < (self.shadow_until or 0)


class AgentStanding(msgspec.Struct, frozen=True):
    """An agent in a workspace: what it may do, why it is stopped (None: it is not), and how far it has read, None before
    it ever did."""

    name: str
    permissions: tuple[Permission, ...]
    stopped: str | None
    place: AgentPlace | None


class ModelSpending(msgspec.Struct, frozen=True):
    """What language models cost a workspace in a calendar month, which is named by its first day: in USD, as its budget is
    charged, for so many calls. The cost of ``unpriced`` calls is not known: the amount has the most that it can be, or
    nothing of it."""

    month: date
    amount: Decimal = Decimal(0)
    calls: int = 0
    unpriced: int = 0


class DeadLetter(msgspec.Struct, frozen=True):
    """An event that a read model could not apply, or that waits behind such a one: then ``error`` is None. Of an error only
    its kind is told, since what it says may quote the event."""

    projection: str
    position: int
    stream: UUID
    version: int
    type: str
    error: str | None
    attempts: int
    parked_at: datetime


class Times(NamedTuple):
    """When a thing was set up, by the business's clock, and when its last change was recorded."""

    created_at: datetime
    updated_at: datetime


class Left(msgspec.Struct, Generic[A], frozen=True):
    """A thing as a command left it: its state, its version, where that came about in the log, and its times."""

    state: A
    version: int
    position: int
    times: Times


class Reader(Protocol):
    """Reads in one workspace; implemented by adapters/postgres/reading.py."""

    @property
    def past(self) -> PastReader: ...

    async def rows(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Sequence[str],
        limit: int,
        at_least: int | None = None,
    ) -> list[Row]:
        """Rows of a view of read_v1 that hold these values (one of those in a list, or what a condition of
        `umt.application.lists` lets through), by columns (``-`` first: descending, all of them alike).
        With ``at_least``, StaleRead unless they show everything up to that position."""
        ...

    async def page(
        self,
        workspace: UUID,
        view: str,
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> Page[Row]:
        """A stretch of the rows: all their columns, or these."""
        ...

    async def pages(
        self,
        workspace: UUID,
        view: str,
        of: Belonging,
        things: Sequence[UUID],
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
    ) -> list[Page[Row]]:
        """For each of the things, the stretch of those rows that are ``of`` it; asked together."""
        ...

    async def count(self, workspace: UUID, view: str, where: Mapping[str, Any]) -> int:
        """How many rows there are."""
        ...

    async def counts(
        self, workspace: UUID, view: str, of: Belonging, things: Sequence[UUID], where: Mapping[str, Any]
    ) -> dict[UUID, int]:
        """How many rows are ``of`` each of the things."""
        ...

    async def wait_for(self, workspace: UUID, position: int, *views: str) -> int:
        """Until the views (none: all) show everything in the workspace up to the position, and how far they are then;
        StaleRead when it takes too long."""
        ...

    def shown(self, workspace: UUID, views: Collection[str]) -> Shown | None:
        """What the views (none: all) show of the workspace now; None while that is not known for sure."""
        ...

    async def kinds(self, workspace: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Of what kind the things with these ids are, those of the workspace."""
        ...

    async def histories(
        self, workspace: UUID, streams: Sequence[UUID], stretch: Stretch, until: int | None = None
    ) -> list[Page[Recorded]]:
        """The stretch of each stream's events, by version, those up to a position; asked together."""
        ...

    async def lengths(self, workspace: UUID, streams: Sequence[UUID], until: int | None = None) -> dict[UUID, int]:
        """How many events each of the streams has, up to a position."""
        ...

    async def state(self, workspace: UUID, kind: type[A], stream: UUID, at: Moment | None) -> tuple[A | None, int]:
        """An aggregate and its version as it stood at a moment."""
        ...

    async def states(self, workspace: UUID, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, tuple[A, int]]:
        """Those of the aggregates that there are, each with its version, looked up together; for short streams."""
        ...

    async def freshness(self) -> list[Freshness]: ...

    async def workspace_freshness(self, workspace: UUID) -> WorkspaceFreshness: ...

    async def dead_letters(self) -> dict[str, int]:
        """How many events of all workspaces wait as dead letters of each live projection that has any."""
        ...

    async def parked(self, workspace: UUID, where: Mapping[str, Any], stretch: Stretch) -> Page[DeadLetter]:
        """The workspace's own dead letters of what read_v1 shows, newest first, by (position, projection)."""
        ...

    async def count_parked(self, workspace: UUID, where: Mapping[str, Any]) -> int: ...

    async def verify(self, workspace: UUID) -> list[Verification]: ...

    async def breakers(self, services: Sequence[str]) -> list[BreakerStatus]:
        """The circuit breakers of the services, in this order."""
        ...

    async def agent_activity(self, workspace: UUID, now: datetime) -> AgentActivity: ...

    async def agent_places(self, workspace: UUID) -> dict[str, AgentPlace]:
        """How far each agent has read the log."""
        ...

    async def event_count(self, workspace: UUID) -> int:
        """How many events the workspace has in the log."""
        ...

    async def model_spending(self, workspace: UUID, month: date) -> ModelSpending:
        """Of the month that begins on this day."""
        ...

    async def security_events(self, workspace: UUID, wanted: Wanted, stretch: Stretch) -> Page[NotedEvent]:
        """The workspace's own, newest first, by (first_at, id)."""
        ...

    async def count_security_events(self, workspace: UUID, wanted: Wanted) -> int: ...

    async def subject(self, workspace: UUID, person: UUID) -> Subject | None:
        """What is known of a person; None for somebody unknown here."""
        ...

    async def subject_events(self, workspace: UUID, person: UUID, stretch: Stretch) -> Page[SubjectEvent]:
        """The events that a person caused or that say something of them, in the log's order, by position."""
        ...

    async def count_subject_events(self, workspace: UUID, person: UUID) -> int: ...

    async def erasures(self, workspace: UUID, stretch: Stretch) -> Page[Erasure]:
        """The workspace's erasures in their order, by sequence."""
        ...

    async def count_erasures(self, workspace: UUID) -> int: ...


class Queries:
    """Every question, each authorised; a foreign id is simply not found."""

    def __init__(self, reader: Reader, authorisation: Authorisation | None = None) -> None:
        self._reader, self._require = reader, (authorisation or Authorisation()).require

    @property
    def past(self) -> Past:
        """Questions about what was."""
        return Past(self._reader.past, self._require)

    async def one(self, context: Context, view: str, at_least: int | None = None, **key: Any) -> Row | None:
        """The row with this key."""
        found = await self.many(context, view, where=key, order=(), limit=1, at_least=at_least)
        return found[0] if found else None

    async def many(
        self,
        context: Context,
        view: str,
        *,
        where: Mapping[str, Any],
        order: Sequence[str],
        limit: int = 100,
        at_least: int | None = None,
    ) -> list[Row]:
        """The first rows; ``at_least`` waits until the read models have reached that position."""
        self._require(VIEWS[view], context)
        if any(value == [] for value in where.values()):
            return []
        return await self._reader.rows(context.workspace, view, where, order, limit, at_least)

    async def page(
        self,
        context: Context,
        view: str,
        *,
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> Page[Row]:
        """A stretch of the rows: all their columns, or these."""
        self._require(VIEWS[view], context)
        return await self._reader.page(context.workspace, view, where, order, stretch, at_least, columns)

    async def pages(
        self,
        context: Context,
        view: str,
        *,
        of: Belonging,
        things: Sequence[UUID],
        where: Mapping[str, Any],
        order: Order,
        stretch: Stretch,
        at_least: int | None = None,
    ) -> list[Page[Row]]:
        """For each of the things, the stretch of those rows that are ``of`` it; asked together."""
        self._require_reading(view, of, context)
        return await self._reader.pages(context.workspace, view, of, things, where, order, stretch, at_least)

    async def count(self, context: Context, view: str, *, where: Mapping[str, Any]) -> int:
        """How many rows there are."""
        self._require(VIEWS[view], context)
        return await self._reader.count(context.workspace, view, where)

    async def counts(
        self, context: Context, view: str, *, of: Belonging, things: Sequence[UUID], where: Mapping[str, Any]
    ) -> dict[UUID, int]:
        """How many rows are ``of`` each of the things."""
        self._require_reading(view, of, context)
        return await self._reader.counts(context.workspace, view, of, things, where)

    async def calendar(
        self, context: Context, since: date, until: date, *, limit: int, at_least: int | None = None
    ) -> list[Row]:
        """The publications that are due, or were published, on these days of the workspace's time zone, in the order of
        time, each with its ``day``."""
        self._require(VIEWS["publications"], context)
        home, _ = await self._reader.state(context.workspace, Workspace, context.workspace, None)
        zone = ZoneInfo(home.time_zone if home else "UTC")
        first, behind = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
        due = Between(first, behind, last_included=False)
        rows = await self._reader.rows(
            context.workspace, "publications", {"due_at": due}, ("due_at", "content", "channel"), limit, at_least
        )
        return [{**row, "day": row["due_at"].astimezone(zone).date()} for row in rows]

    def _require_reading(self, view: str, of: Belonging, context: Context) -> None:
        self._require(VIEWS[view], context)
        if isinstance(of, Through):
            self._require(VIEWS[of.view], context)

    async def wait_for(self, context: Context, position: int) -> int:
        self._require(Permission.WORKSPACE_READ, context)
        return await self._reader.wait_for(context.workspace, position)

    async def shown(self, context: Context, *views: str) -> Shown | None:
        """How fresh the views (none: all) are, and until when they stay as they are; None while that is not known for sure.
        Costs nothing."""
        for permission in {VIEWS[view] for view in views} or {Permission.WORKSPACE_READ}:
            self._require(permission, context)
        return self._reader.shown(context.workspace, views)

    async def kinds(self, context: Context, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Of what kind the things with these ids are: those of the workspace that the actor may read."""
        self._require(Permission.WORKSPACE_READ, context)
        found = await self._reader.kinds(context.workspace, ids) if ids else {}
        return {each: kind for each, kind in found.items() if allows(KINDS[kind], context)}

    async def histories(
        self, context: Context, streams: Sequence[UUID], stretch: Stretch, until: int | None = None
    ) -> list[Page[Recorded]]:
        """The stretch of each stream's events, those up to a position; whoever may not read a thing may not read its history
        either."""
        self._require(Permission.HISTORY_READ, context)
        found = await self._reader.histories(context.workspace, streams, stretch, until)
        kinds = {recorded.event.type_name.partition(".")[0] for page in found for recorded in page.items}
        for kind in sorted(kinds):
            self._require(KINDS[kind], context)
        return found

    async def lengths(self, context: Context, streams: Sequence[UUID], until: int | None = None) -> dict[UUID, int]:
        """How many events each of the streams has, up to a position."""
        self._require(Permission.HISTORY_READ, context)
        for kind in sorted(set((await self._reader.kinds(context.workspace, streams)).values())):
            self._require(KINDS[kind], context)
        return await self._reader.lengths(context.workspace, streams, until)

    async def state(
        self, context: Context, kind: type[A], stream: UUID, at: Moment | None = None
    ) -> tuple[A | None, int]:
        self._require(KINDS[kind.kind], context)
        return await self._reader.state(context.workspace, kind, stream, at)

    async def states(self, context: Context, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, tuple[A, int]]:
        """Those of the aggregates that there are, each with its version, looked up together."""
        self._require(KINDS[kind.kind], context)
        return await self._reader.states(context.workspace, kind, streams)

    async def left(
        self, context: Context, permission: Permission, kind: type[A], stream: UUID, position: int | None = None
    ) -> Left[A] | None:
        """What a command that needs the permission has left at its position, or what there is now: whoever may do it may
        see what came of it. None if there is no such thing."""
        self._require(permission, context)
        reader, workspace = self._reader, context.workspace
        (state, version), (began,), (ended,) = await asyncio.gather(
            reader.state(workspace, kind, stream, None),
            reader.histories(workspace, [stream], Stretch(limit=1)),
            reader.histories(workspace, [stream], Stretch(limit=1, from_end=True)),
        )
        if ended.items and (
            ended.items[0].version != version or (position is not None and ended.items[0].position > position)
        ):
            # Somebody has gone on, before or while this was read.
            moment = Moment(version=ended.items[0].version) if position is None else Moment(position=position)
            state, version = await reader.state(workspace, kind, stream, moment)
            before = Stretch(limit=1, from_end=True, before=(version + 1,))
            (ended,) = await reader.histories(workspace, [stream], before)
        if state is None or not began.items or not ended.items:
            return None
        last = ended.items[0]
        return Left(state, version, last.position, Times(began.items[0].metadata.effective_at, last.recorded_at))

    async def times(self, context: Context, permission: Permission, streams: Sequence[UUID]) -> dict[UUID, Times]:
        """When each of the things was set up and last changed, for those who may see that for this permission."""
        self._require(permission, context)
        first, last = await asyncio.gather(
            self._reader.histories(context.workspace, streams, Stretch(limit=1)),
            self._reader.histories(context.workspace, streams, Stretch(limit=1, from_end=True)),
        )
        return {
            stream: Times(began.items[0].metadata.effective_at, ended.items[0].recorded_at)
            for stream, began, ended in zip(streams, first, last, strict=True)
            if began.items
        }

    async def permissions(self, context: Context) -> tuple[Grant, ...]:
        """The whole table of permissions."""
        self._require(Permission.WORKSPACE_READ, context)
        return granted()

    async def now(self, context: Context, clock: Clock) -> datetime:
        """The business's time."""
        self._require(Permission.WORKSPACE_READ, context)
        return clock.now()

    async def workspace_freshness(self, context: Context) -> WorkspaceFreshness:
        """How fresh everything is that is shown of the workspace."""
        self._require(Permission.WORKSPACE_READ, context)
        return await self._reader.workspace_freshness(context.workspace)

    async def freshness(self, context: Context) -> list[Freshness]:
        self._require(Permission.SYSTEM_READ, context)
        return await self._reader.freshness()

    async def dead_letters(self, context: Context) -> dict[str, int]:
        """How many events of all workspaces wait as dead letters of each live projection that has any."""
        self._require(Permission.SYSTEM_READ, context)
        return await self._reader.dead_letters()

    async def parked(self, context: Context, where: Mapping[str, Any], stretch: Stretch) -> Page[DeadLetter]:
        """The workspace's own dead letters, newest first."""
        self._require(Permission.SYSTEM_READ, context)
        return await self._reader.parked(context.workspace, where, stretch)

    async def count_parked(self, context: Context, where: Mapping[str, Any]) -> int:
        self._require(Permission.SYSTEM_READ, context)
        return await self._reader.count_parked(context.workspace, where)

    async def verify(self, context: Context) -> list[Verification]:
        self._require(Permission.SYSTEM_READ, context)
        return await self._reader.verify(context.workspace)

    async def breakers(self, context: Context) -> list[BreakerStatus]:
        """The circuit breakers of the services that all workspaces use, and of the sites that this one is connected to, if
        the actor may see its connections."""
        self._require(Permission.SYSTEM_READ, context)
        sites: set[str] = set()
        if allows(VIEWS["integrations"], context):
            connected = {
                "platform": Platform.CMS,
                "status": [s for s in IntegrationStatus if s is not IntegrationStatus.DISCONNECTED],
            }
            rows = await self._reader.rows(context.workspace, "integrations", connected, ("-created_at",), MOST_SITES)
            sites = {site(row["endpoint"]) for row in rows if row["endpoint"]}
        return await self._reader.breakers([*SHARED, *sorted(sites)])

    async def event_count(self, context: Context) -> int:
        self._require(Permission.WORKSPACE_READ, context)
        return await self._reader.event_count(context.workspace)

    async def model_spending(self, context: Context, now: datetime) -> ModelSpending:
        """What language models cost in the calendar month that it is, in the workspace's time zone."""
        self._require(Permission.WORKSPACE_READ, context)
        home, _ = await self._reader.state(context.workspace, Workspace, context.workspace, None)
        return await self._reader.model_spending(context.workspace, month_of(now, home))

    async def security_events(self, context: Context, wanted: Wanted, stretch: Stretch) -> Page[NotedEvent]:
        """What happened at the workspace's gates, newest first."""
        self._require(Permission.SECURITY_READ, context)
        return await self._reader.security_events(context.workspace, wanted, stretch)

    async def count_security_events(self, context: Context, wanted: Wanted) -> int:
        self._require(Permission.SECURITY_READ, context)
        return await self._reader.count_security_events(context.workspace, wanted)

    async def agent_activity(self, context: Context, now: datetime) -> AgentActivity:
        self._require(Permission.AGENT_READ, context)
        return await self._reader.agent_activity(context.workspace, now)

    async def agent_policies(
        self, context: Context, campaign: UUID | None = None, at_least: int | None = None
    ) -> dict[UUID, Row]:
        """The policies that hold for a campaign, without one those for the workspace, by their ids; those that say
        anything."""
        self._require(Permission.AGENT_READ, context)
        if campaign and (await self._reader.kinds(context.workspace, [campaign])).get(campaign) != Campaign.kind:
            raise NotFound(Campaign.kind, campaign)
        wanted = policies_for(context.workspace, campaign)
        rows = await self._reader.rows(
            context.workspace, "agent_policies", {"policy": list(wanted)}, (), len(wanted), at_least
        )
        return {row["policy"]: row for row in rows}

    async def agents(self, context: Context, at_least: int | None = None) -> tuple[AgentStanding, ...]:
        """The agents in their order, as they stand in the workspace."""
        policy = policy_of_workspace(context.workspace)
        policies = await self.agent_policies(context, at_least=at_least)
        stopped = policies[policy]["stopped"] if policy in policies else {}
        places = await self._reader.agent_places(context.workspace)
        home, _ = await self._reader.state(context.workspace, Workspace, context.workspace, None)
        limits = home.agent_limits if home else {}
        return tuple(
            AgentStanding(
                name,
                tuple(each for each in Permission if each in may and each in limits.get(name, may)),
                stopped.get(EVERY_AGENT) or stopped.get(name),
                places.get(name),
            )
            for name, may in AGENTS.items()
        )

    # What is known of a person: everybody may ask for their own.

    async def subject(self, context: Context, person: UUID) -> Subject:
        """What is known of a person; NotFound for somebody unknown here."""
        self._require_export(context, person)
        found = await self._reader.subject(context.workspace, person)
        if found is None:
            raise NotFound("user", person)
        return found

    async def subject_events(self, context: Context, person: UUID, stretch: Stretch) -> Page[SubjectEvent]:
        """The events that a person caused or that say something of them, in the log's order."""
        self._require_export(context, person)
        return await self._reader.subject_events(context.workspace, person, stretch)

    async def count_subject_events(self, context: Context, person: UUID) -> int:
        self._require_export(context, person)
        return await self._reader.count_subject_events(context.workspace, person)

    async def subject_security_events(self, context: Context, subject: Subject, stretch: Stretch) -> Page[NotedEvent]:
        """What a person did at the workspace's gates, by themselves and by their API keys, newest first."""
        self._require_export(context, subject.user)
        return await self._reader.security_events(context.workspace, Wanted(actors=subject.actors), stretch)

    async def count_subject_security_events(self, context: Context, subject: Subject) -> int:
        self._require_export(context, subject.user)
        return await self._reader.count_security_events(context.workspace, Wanted(actors=subject.actors))

    async def erasures(self, context: Context, stretch: Stretch) -> Page[Erasure]:
        """Who was erased here, and whether it is complete."""
        self._require(Permission.SECURITY_READ, context)
        return await self._reader.erasures(context.workspace, stretch)

    async def count_erasures(self, context: Context) -> int:
        self._require(Permission.SECURITY_READ, context)
        return await self._reader.count_erasures(context.workspace)

    def _require_export(self, context: Context, person: UUID) -> None:
        self._require(Permission.SELF if context.principal == person else Permission.SUBJECT_EXPORT, context)
