"""Blue and green: a projection is built anew beside the live tables, and the views are switched when it has caught up.

Reads are served all the time. What is built lies in the database with its checkpoint, so an interrupted rebuild goes on
where it stopped. A projection has no side effects: nothing is sent anywhere by building it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import psycopg

from umt.projections import schema
from umt.projections.batches import CATCHING_UP, Batches, EventSource
from umt.projections.generations import Generation, StaleWorker, generations, reread, take_lease, tell
from umt.projections.table import Projection

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

_LOCK_TIMEOUT: Final = "250ms"
_ATTEMPTS: Final = 240
_PAUSE_SECONDS: Final = 0.5
_TELL_EVERY: Final = 20


class RebuildError(Exception):
    """The rebuild cannot begin or end now; the message says why."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did."""

    projection: str
    generation: int
    position: int
    resumed_from: int
    seconds: float


Progress = Callable[[int, int], None]
"""Told the position reached and the log's head."""


def begin(owner: Connection, projection: Projection) -> Generation:
    """The generation to build: the one that was left unfinished, or a new one."""
    with owner.transaction():
        owner.execute("SELECT FROM umt.projection_checkpoint WHERE name = %s FOR UPDATE", (projection.name,))
        found = generations(owner, projection.name)
        newest = max((g.version for g in found if g.state == "live"), default=0)
        if newest > projection.version:
            raise RebuildError(
                f"{projection.name} is live in version {newest}, newer than this program's {projection.version}; "
                "rebuild it with the newer program."
            )
        for each in found:
            if each.state == "building" and each.version == projection.version:
                return each
            if each.state == "building" and each.version > projection.version:
                raise RebuildError(
                    f"version {each.version} of {projection.name} is being built, newer than this program's "
                    f"{projection.version}; rebuild it with the newer program."
                )
            if each.state == "building":
                _retire(owner, each)
        return schema.make(owner, projection, "building")


def rebuild(
    projection: Projection,
    source: EventSource,
    connect: Callable[[], Connection],
    connect_owner: Callable[[], Connection],
    progress: Progress,
) -> Rebuilt:
    """Build the projection beside the live tables, switch the views to it and drop what they showed before."""
    began = time.monotonic()
    with connect_owner() as owner, connect() as worker:
        generation = _held(worker, begin(owner, projection))
        batches = Batches(projection, generation, source, worker)
        target = source.head()
        progress(batches.position, target)
        try:
            while batches.step(CATCHING_UP):
                if batches.position > target:
                    target = source.head()
                progress(batches.position, target)
            switch(owner, projection, batches)
        except StaleWorker as error:
            raise RebuildError(f"somebody else gave up or took over what was built: {error}") from error
    return Rebuilt(projection.name, generation.number, batches.position, generation.position, time.monotonic() - began)


def switch(owner: Connection, projection: Projection, batches: Batches) -> None:
    """Let read_v1 show what was built, in one transaction, once it is at least where the live tables are.

    The live worker is held at its checkpoint meanwhile. Readers of a view are waited for a moment at a time, so that
    those who come after them do not queue for long.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        while batches.step():
            pass
        batches.settle()
        batches.beat()
        try:
            with owner.transaction():
                owner.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                shown = owner.execute(
                    "SELECT position FROM umt.projection_checkpoint WHERE (name, state) = (%s, 'live') FOR UPDATE",
                    (projection.name,),
                ).fetchone()
                while shown and batches.position < shown[0]:
                    batches.step(up_to=shown[0])
                for each in generations(owner, projection.name):
                    if each.state == "live":
                        _retire(owner, each)
                changed = owner.execute(
                    "UPDATE umt.projection_checkpoint SET state = 'live'"
                    " WHERE (name, generation, state, position) = (%s, %s, 'building', %s)",
                    (projection.name, batches.generation.number, batches.position),
                )
                if changed.rowcount != 1:
                    raise RebuildError(f"somebody else worked on generation {batches.generation.number} meanwhile")
                schema.publish(owner, projection, batches.generation)
            tell(owner)
            break
        except psycopg.errors.LockNotAvailable as error:
            if attempt % _TELL_EVERY == 1:
                log.warning(
                    "switching %s waits for those who read it: %s", projection.name, _readers(owner, projection)
                )
            if attempt == _ATTEMPTS:
                raise RebuildError(
                    f"The views of {projection.name} are read by a query that does not end; what was built is kept. "
                    "End that query, and run the rebuild again."
                ) from error
            time.sleep(_PAUSE_SECONDS)
    sweep(owner, projection)


def _readers(owner: Connection, projection: Projection) -> str:
    """Who holds the views, by login and process."""
    rows = owner.execute(
        "SELECT DISTINCT format('%%s (pid %%s)', coalesce(a.usename, '?'), l.pid) FROM pg_locks l"
        " JOIN pg_stat_activity a USING (pid) WHERE l.relation = ANY(%s::text[]::regclass[]) AND l.pid <> pg_backend_pid()",
        ([f"read_v1.{table.name}" for table in projection.tables],),
    ).fetchall()
    return ", ".join(name for (name,) in rows) or "somebody who has just gone"


def sweep(owner: Connection, projection: Projection) -> None:
    """Drop what is retired, if nobody reads it any more; else it is dropped another time."""
    for each in generations(owner, projection.name):
        if each.state != "retired":
            continue
        try:
            owner.execute("SET lock_timeout = '2s'")
            schema.drop(owner, projection, each)
        except psycopg.errors.LockNotAvailable:
            log.info("generation %d of %s is still read; it is dropped later", each.number, projection.name)
        finally:
            owner.execute("RESET lock_timeout")


def _held(worker: Connection, generation: Generation) -> Generation:
    """Become the only worker of a generation; RebuildError if somebody else is."""
    if not take_lease(worker, generation):
        raise RebuildError(
            f"{generation.projection} is being rebuilt by another process; see `umt projections status`."
        )
    return reread(worker, generation)


def discard(owner: Connection, projection: Projection) -> bool:
    """Give up an unfinished rebuild; whether there was one."""
    with owner.transaction():
        unfinished = [g for g in generations(owner, projection.name) if g.state == "building"]
        for each in unfinished:
            _retire(owner, each)
    sweep(owner, projection)
    return bool(unfinished)


def _retire(owner: Connection, generation: Generation) -> None:
    owner.execute(
        "UPDATE umt.projection_checkpoint SET state = 'retired' WHERE (name, generation) = (%s, %s)",
        (generation.projection, generation.number),
    )
