"""Whatever the order of appends, commits, batches, crashes, retries and rebuilds: rows are what the log says."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.integration.faults.probe import Author, Probe, said, told, until

from umt.adapters.postgres.database import APP, OWNER, WORKER, connect, conninfo
from umt.adapters.postgres.log import Appended, NewEvent, append
from umt.bootstrap import System
from umt.domain.event import Event
from umt.domain.template import Format, TemplateCreated
from umt.projections import dead_letters
from umt.projections.batches import Batches
from umt.projections.generations import StaleWorker, generations, live
from umt.projections.rebuilding import begin, discard, switch

WORDS = ("a", "b", "fold", "update", "overflow")
WRITERS = st.integers(0, 2)


class Fragile(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is cut before a statement: the worker's process is gone."""

    statements_left: int | None = None

    def execute(self, *args: Any, **kwargs: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        if self.statements_left is not None:
            self.statements_left -= 1
            if self.statements_left < 0:
                self.pgconn.finish()
                raise psycopg.OperationalError("the connection was cut")
        return super().execute(*args, **kwargs)


class Appending:
    """Somebody who appends in a transaction of their own, and may have to wait for the lock."""

    def __init__(self, url: str) -> None:
        self.connection = connect(url, APP, autocommit=False)
        self.thread = ThreadPoolExecutor(1)
        self.events: list[NewEvent] = []
        self.turn: Future[Appended] | None = None

    def close(self) -> None:
        self.connection.cancel_safe(timeout=5)
        with suppress(Exception):
            self.connection.close()
        self.thread.shutdown()


class Interleavings(RuleBasedStateMachine):
    """Three writers of whom one holds the lock, two workers of whom none has a lease, a rebuild and an operator."""

    system: ClassVar[System]

    @initialize()
    def begin(self) -> None:
        wired = self.system
        self.probe = Probe(wired)
        self.probe.make()
        self.probe.catch_up()
        self.author = Author(wired)
        self.streams: list[UUID] = []
        self.writers = [Appending(wired.url) for _ in range(3)]
        self.committed = wired.source.head()
        self.owner, self.looking = connect(wired.url, OWNER), connect(wired.url, WORKER)
        self.workers: dict[int, tuple[Fragile, Batches]] = {}
        self.builder: psycopg.Connection[tuple[Any, ...]] | None = None
        self.building: Batches | None = None

    # Writers

    @rule(writer=WRITERS, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), fresh=st.booleans())
    def appends(self, writer: int, words: list[str], fresh: bool) -> None:
        each = self.writers[writer]
        if each.turn is not None:
            return
        busy = {UUID(str(e.originator_id)) for w in self.writers for e in w.events}
        free = [stream for stream in self.streams if stream not in busy]
        if fresh or not free:
            stream = uuid4()
            events: list[tuple[UUID, Event]] = [(stream, TemplateCreated("T", Format.EMAIL, words[0]))]
            words = words[1:]
        else:
            stream, events = free[0], []
        each.events = self.author.batch([*events, *((stream, said(word)) for word in words)])
        if not each.events:
            return
        held = any(w.turn is not None for w in self.writers)
        each.turn = each.thread.submit(append, each.connection, each.events)
        if not held:
            each.turn.result(timeout=10)

    @rule(writer=WRITERS, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), fresh=st.booleans())
    def writes(self, writer: int, words: list[str], fresh: bool) -> None:
        """Appends, and commits as soon as it holds the lock."""
        self.appends(writer, words, fresh)
        self.ends(commits=True)

    @rule(commits=st.booleans())
    def ends(self, commits: bool) -> None:
        """The one that holds the lock commits or rolls back, and the next gets it."""
        holder = next((w for w in self.writers if w.turn and w.turn.done()), None)
        if holder is None:
            return
        assert holder.turn
        if commits:
            holder.connection.commit()
            self.committed = holder.turn.result().base + len(holder.events)
            new = {UUID(str(e.originator_id)) for e in holder.events} - set(self.streams)
            self.streams = [*new, *self.streams[1:], *self.streams[:1]]
        else:
            holder.connection.rollback()
            self.author.forget(holder.events)
        holder.events, holder.turn = [], None
        if any(w.turn for w in self.writers):
            until(lambda: any(w.turn and w.turn.done() for w in self.writers), 10, "nobody got the lock")

    # The worker

    @rule(who=st.integers(0, 1), limit=st.integers(1, 5))
    def worker_steps(self, who: int, limit: int) -> None:
        self._work(who, limit)

    @rule(who=st.integers(0, 1), limit=st.integers(1, 5), after=st.integers(0, 8))
    def worker_crashes(self, who: int, limit: int, after: int) -> None:
        """It is cut off before one of the next statements, if it comes to it, and another takes over."""
        self._work(who, limit, after)

    def _work(self, who: int, limit: int, statements: int | None = None) -> bool:
        """Whether there was something to do, even if it was not done."""
        if who not in self.workers:
            connection = Fragile.connect(conninfo(self.system.url, WORKER), autocommit=True)
            self.workers[who] = connection, self.probe.batches(connection)
        connection, batches = self.workers[who]
        connection.statements_left = statements
        try:
            stepped = batches.step(limit)
        except (StaleWorker, psycopg.OperationalError):
            stepped = True
            del self.workers[who]
            connection.close()
        return stepped

    # The operator

    @rule(trouble=st.sampled_from(("fold", "update", "overflow")))
    def breaks(self, trouble: str) -> None:
        self.probe.broken.add(trouble)

    @rule()
    def mends_and_retries(self) -> None:
        self.probe.broken.clear()
        generation = live(self.looking, self.probe.name)
        assert generation
        for stream in sorted(dead_letters.parked_keys(self.looking, generation) & set(self.streams)):
            tried = dead_letters.retry(self.looking, self.probe.projection, generation, self.system.following, stream)
            assert tried.waiting == 0

    @rule(limit=st.integers(1, 5))
    def rebuilds(self, limit: int) -> None:
        """A step of a rebuild, begun if there is none."""
        if self.building is None:
            self.builder = connect(self.system.url, WORKER)
            generation = begin(self.owner, self.probe.projection)
            self.building = Batches(self.probe.projection, generation, self.system.following, self.builder)
            while self.building.position < self.probe.since:
                self.building.step(500, up_to=self.probe.since)
        self.building.step(limit)

    @precondition(lambda self: getattr(self, "building", None) is not None)
    @rule(dies=st.booleans())
    def rebuild_ends(self, dies: bool) -> None:
        """It switches, or its process dies and what it built waits for another."""
        assert self.building
        assert self.builder
        if not dies:
            switch(self.owner, self.probe.projection, self.building)
        self.builder.close()
        self.building = None

    # What holds

    @invariant()
    def the_rows_are_what_the_log_says(self) -> None:
        if not hasattr(self, "probe"):
            return
        workspace = self.author.workspace
        with self.looking.transaction():
            self.looking.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            generation = live(self.looking, self.probe.name)
            assert generation
            assert generation.position <= self.committed, "the checkpoint passed an uncommitted position"
            parked = dead_letters.left_out(self.looking, generation, None)
            assert self.probe.shown_on(self.looking, workspace) == told(
                self.looking, workspace, generation.position, without=parked
            )
            overtaken = self.looking.execute(
                "SELECT e.position FROM umt.event e WHERE e.workspace = %s AND e.position <= %s"
                " AND NOT e.position = ANY(%s) AND EXISTS (SELECT FROM umt.event p WHERE p.stream = e.stream"
                "  AND p.version < e.version AND p.position = ANY(%s))",
                (workspace, generation.position, list(parked), list(parked)),
            ).fetchall()
            assert overtaken == [], "an event of a parked key was applied before its predecessor"

    def teardown(self) -> None:
        if not hasattr(self, "probe"):
            return
        try:
            while any(w.turn for w in self.writers):
                self.ends(commits=True)
            self.mends_and_retries()
            while self._work(0, 5):
                pass
            self.mends_and_retries()
            assert self.probe.position() == self.system.source.head()
            with self.system.as_worker() as connection:
                assert self.probe.shown(self.author.workspace) == told(
                    connection, self.author.workspace, self.probe.position()
                )
            assert self.probe.incomplete(self.author.workspace) == (set(), set())
        finally:
            for writer in self.writers:
                writer.close()
            for used, _ in self.workers.values():
                used.close()
            if self.builder:
                self.builder.close()
            discard(self.owner, self.probe.projection)
            assert len(generations(self.owner, self.probe.name)) == 1
            self.probe.drop()
            self.owner.close()
            self.looking.close()


@pytest.fixture
def machine(wired: System) -> type[RuleBasedStateMachine]:
    Interleavings.system = wired
    return Interleavings


def profile(examples: int, steps: int, phases: Sequence[Phase]) -> settings:
    return settings(
        phases=phases,
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_random_interleavings(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=profile(25, 40, (Phase.generate,)))


@pytest.mark.soak
def test_many_random_interleavings(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=profile(400, 80, (Phase.generate, Phase.shrink)))
