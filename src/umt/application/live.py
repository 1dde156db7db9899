"""What happens in a workspace, told as it happens: a thing's events one by one, or that what views show has changed.

Both last as long as the caller's credential and role allow them: these are asked anew before anything is told, and now and
then while nothing happens. Nobody is waited for, and nothing is kept for anybody: who comes back for more is told what
there is by then, read for them from where they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec

from umt.application.authorisation import Authorisation
from umt.application.lists import Stretch
from umt.application.past import Moment
from umt.application.permissions import KINDS, VIEWS, Permission
from umt.application.pulse import Pulse, Shown
from umt.application.queries import Queries
from umt.application.transaction import Context
from umt.domain.errors import NotFound
from umt.domain.event import Aggregate
from umt.domain.recorded import ActorKind, Recorded

RECHECK_SECONDS: Final = 60.0
"""How long a credential is trusted while nothing happens."""
PACE_SECONDS: Final = 0.1
"""Least time between two looks at what views show; a burst of changes makes a few of them."""
PAGE: Final = 50
"""Most events that are read at a time."""

Speaker = Callable[[], Awaitable[Context]]
"""Asks the caller's credential anew on whose behalf it speaks; Unauthenticated once it is not valid any more."""


A = TypeVar("A", bound=Aggregate)


class Happened(msgspec.Struct, Generic[A], frozen=True):
    """An event of a thing, and the thing as it stood ``before`` (None: it was made) and ``after`` it."""

    recorded: Recorded
    before: A | None
    after: A


class Live:
    """Both, each authorised like the queries whose answers it brings. ``patience``: seconds that a position is waited for."""

    def __init__(
        self, queries: Queries, pulse: Pulse, patience: float, authorisation: Authorisation | None = None
    ) -> None:
        self._queries, self._pulse, self._patience = queries, pulse, patience
        self._require = (authorisation or Authorisation()).require

    async def events(
        self, speaker: Speaker, kind: type[A], stream: UUID, after: int = 0
    ) -> AsyncGenerator[Happened[A]]:
        """The events of a thing behind a position, those to come included: each once, in the log's order. NotFound if
        there is no such thing of that kind in the caller's workspace."""
        context = await self._reader_of(speaker, kind)
        state, _ = await self._queries.state(context, kind, stream)
        if state is None:
            raise NotFound(kind.kind, stream)
        state, version = await self._queries.state(context, kind, stream, Moment(position=after))
        clock = asyncio.get_running_loop().time
        with self._pulse.watch_streams({stream, *_gates(context)}) as watch:
            while True:
                watch.begin()
                context, asked_at = await self._reader_of(speaker, kind), clock()
                (page,) = await self._queries.histories(context, [stream], Stretch(limit=PAGE, after=(version,)))
                for recorded in page.items:
                    if clock() > asked_at + RECHECK_SECONDS:  # whoever takes it takes their time
                        context, asked_at = await self._reader_of(speaker, kind), clock()
                    before, state = state, recorded.event.evolve(state)
                    version = recorded.version
                    if recorded.position > after:
                        yield Happened(recorded, before, state)
                if not page.more_behind:
                    await watch.woken(RECHECK_SECONDS)

    async def changes(
        self,
        speaker: Speaker,
        view: str,
        also: Collection[str] = (),
        at_least: int | None = None,
        restless: Callable[[], float | None] = lambda: None,
    ) -> AsyncGenerator[Shown]:
        """What the view shows at least, now and whenever that has changed; of changes in between only the last counts.

        ``also``: other views that what is told depends on; it may grow with what is read. ``at_least``: a position that
        is shown from the beginning, StaleRead if that takes too long. ``restless`` tells how many seconds it holds for
        even if nothing changes.
        """
        clock = asyncio.get_running_loop().time
        context = await self._looker_at(speaker, view)
        if at_least is not None:
            await self._pulse.wait_for(context.workspace, at_least, {view}, self._patience)
        with self._pulse.watch_views(context.workspace) as watch:
            told = False
            while True:
                shown = await watch.begin({view, *also})
                if watch.changed or not told:
                    told, told_at = True, clock()
                    yield shown
                    watch.follow({view, *also})
                seconds = restless()
                if not await watch.woken(RECHECK_SECONDS if seconds is None else seconds) and seconds is not None:
                    told = False
                await asyncio.sleep(told_at + PACE_SECONDS - clock())
                await self._looker_at(speaker, view)

    async def _reader_of(self, speaker: Speaker, kind: type[Aggregate]) -> Context:
        context = await speaker()
        self._require(Permission.HISTORY_READ, context)
        self._require(KINDS[kind.kind], context)
        return context

    async def _looker_at(self, speaker: Speaker, view: str) -> Context:
        context = await speaker()
        self._require(VIEWS[view], context)
        return context


def _gates(context: Context) -> set[UUID]:
    """The streams whose events may change what the caller may."""
    of_key = {UUID(context.actor.id)} if context.actor.kind is ActorKind.API_KEY else set[UUID]()
    return {context.workspace} | of_key
