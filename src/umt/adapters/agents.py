"""Agents following the log, and reminders coming due: one worker at a time for each, by a session's advisory lock."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID

import psycopg

from umt.adapters.postgres.agent_places import checkpoint, hurry
from umt.adapters.postgres.source import LogSignal, LogSource
from umt.application.agents.reaction import Agent
from umt.application.agents.runtime import ATTENDED, AgentRuntime, Turn
from umt.application.errors import Unavailable
from umt.application.ports import Clock
from umt.application.transaction import Timer
from umt.domain.agent_policy import AgentStarted
from umt.domain.recorded import Envelope, Recorded

log = logging.getLogger(__name__)

PAGE = 200
AT_ONCE = 64
"""Reactions of an agent that are under way together, in their order."""
_POLL_SECONDS = 1.0
_LEASE = 7313

Connect = Callable[[], psycopg.Connection[Any]]


class AgentFollower:
    """Hands an agent every event it reacts to, in order."""

    def __init__(self, agent: Agent, runtime: AgentRuntime, source: LogSource, signal: LogSignal, connect: Connect):
        self._agent, self._runtime, self._source, self._signal, self._connect = agent, runtime, source, signal, connect
        self._types = (*agent.reactions, *ATTENDED)

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop; any failure is reported, waited out and begun again."""
        _supervised(f"agent {self._agent.name}", stop, self._follow, self._connect)

    def _follow(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        _wait_for_lease(connection, self._agent.name, stop)
        position, shadow_until, turn = checkpoint(connection, self._agent.name)
        while not stop.is_set():
            page = self._source.page(position, PAGE, types=self._types)
            under_way = deque[Future[None]]()
            reached = position
            for each in page.events:
                assert not isinstance(each, Envelope) or isinstance(each, Recorded)
                if isinstance(each, Recorded) and each.event.type_name in ATTENDED:
                    _await(under_way)
                shadow = each.position <= shadow_until
                under_way.append(self._runtime.react(self._agent, each, Turn(turn, reached, shadow)))
                reached = each.position
                if isinstance(each, Recorded) and isinstance(each.event, AgentStarted):
                    hurry(connection, each.workspace)
                if len(under_way) >= AT_ONCE:
                    under_way.popleft().result()
                if stop.is_set():
                    break
            _await(under_way)
            if stop.is_set():
                return
            if page.position > position:
                if reached < page.position:
                    self._pass_over(connection, page.position, turn)
                position = page.position
            else:
                if _beat(connection, self._agent.name) != turn:
                    return  # it was put back
                self._signal.wait(position, _POLL_SECONDS, self._types)

    def _pass_over(self, connection: psycopg.Connection[Any], position: int, turn: int) -> None:
        """Move the checkpoint past events that do not concern the agent."""
        connection.execute(
            "UPDATE umt.agent_checkpoint SET position = %s, beat_at = now()"
            " WHERE agent = %s AND turn = %s AND position < %s",
            (position, self._agent.name, turn, position),
        )


def _await(under_way: deque[Future[None]]) -> None:
    """Until all of them are committed; whatever one of them raises is raised here, and nothing after it was committed."""
    while under_way:
        under_way.popleft().result()


class TimerFollower:
    """Wakes agents when a reminder has come due by the clock port."""

    def __init__(self, runtime: AgentRuntime, clock: Clock, connect: Connect) -> None:
        self._runtime, self._clock, self._connect = runtime, clock, connect
        self._later: dict[UUID, float] = {}

    def run(self, stop: threading.Event) -> None:
        _supervised("timers", stop, self._follow, self._connect)

    def _follow(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        _wait_for_lease(connection, "timers", stop)
        while not stop.is_set():
            failing = [identifier for identifier, until in self._later.items() if until > time.monotonic()]
            due = connection.execute(
                "SELECT id, workspace, agent, name, subject, due_at FROM umt.timer"
                " WHERE NOT fired AND due_at <= %s AND id <> ALL(%s) ORDER BY due_at LIMIT 100",
                (self._clock.now(), failing),
            ).fetchall()
            for row in due:
                self._wake(Timer(*row))
            stop.wait(0.05 if not due else 0)

    def _wake(self, timer: Timer) -> None:
        """One that fails is tried again later and keeps no other from its turn."""
        try:
            self._runtime.wake(timer)
            self._later.pop(timer.id, None)
        except Unavailable:
            raise  # of the database; it is nothing about this one
        except Exception as error:
            log.exception("reminder %s (%s) failed: %s", timer.id, timer.name, error)
            self._later[timer.id] = time.monotonic() + 60


def _supervised(
    name: str,
    stop: threading.Event,
    follow: Callable[[psycopg.Connection[Any], threading.Event], None],
    connect: Connect,
) -> None:
    wait = 0.1
    while not stop.is_set():
        try:
            with connect() as connection:
                follow(connection, stop)
            wait = 0.1
        except Exception as error:
            log.warning("%s stopped: %s: %s; trying again in %.1f s", name, type(error).__name__, error, wait)
            stop.wait(wait)
            wait = min(wait * 2, 5)


def _wait_for_lease(connection: psycopg.Connection[Any], name: str, stop: threading.Event) -> None:
    while not stop.is_set():
        row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_LEASE, name)).fetchone()
        if row and row[0]:
            return
        stop.wait(0.5)


def _beat(connection: psycopg.Connection[Any], agent: str) -> int:
    """Say that the agent is at work; how often it was put back."""
    query = "UPDATE umt.agent_checkpoint SET beat_at = now() WHERE agent = %s RETURNING turn"
    row = connection.execute(query, (agent,)).fetchone()
    return int(row[0]) if row else -1
