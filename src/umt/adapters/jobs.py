"""Effects as durable jobs in PostgreSQL (procrastinate): at least once, in order within a lock, retried by class of error.

Who works on them writes a heartbeat. Jobs of a worker that was silent too long are put back for others; a worker that
notices that it was silent so long itself sends nothing more of what it has in hand.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import procrastinate
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from umt.adapters.postgres.agent_places import STOPPED
from umt.adapters.postgres.database import WORKER, conninfo
from umt.adapters.postgres.effect_jobs import QUEUE, TASK
from umt.application.agents.attempt import NoLongerWanted, attempting
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime, Waits
from umt.application.errors import Unavailable
from umt.application.ports import BreakerOpen, ErrorClass, OutcomeUnknown, OutsideError, Transient, Unreadable
from umt.application.transaction import Context
from umt.domain.agent_policy import EVERY_AGENT

log = logging.getLogger(__name__)


class Patience(NamedTuple):
    """How often an effect is tried, and how the pauses between the tries grow, in seconds."""

    tries: int
    first: float
    longest: float


PATIENCE: Final = {
    ErrorClass.TRANSIENT: Patience(30, 0.5, 300),
    ErrorClass.SERVER: Patience(30, 1, 300),
    ErrorClass.CLIENT: Patience(1, 0, 0),
    ErrorClass.FATAL: Patience(1, 0, 0),
}
"""With these a platform may be away for about two hours before an effect is given up."""
OURS: Final = Patience(5, 1, 60)
"""Of an effect that breaks in our own code."""
CONCURRENCY: Final = 32
"""Effects that a process does at the same time."""
FETCHERS: Final = 2
"""Workers in a process. Each fetches one job after another, which takes longer than to do nothing with it."""
HEARTBEAT_SECONDS: Final = 1.0
STALLED_SECONDS: Final = 5.0
DOUBT_SECONDS: Final = 3.0
"""A worker that could not write a heartbeat for so long sends nothing more: soon others will."""
WATCH_SECONDS: Final = 0.25
"""How often a worker looks which agents were stopped."""
LONGEST_WAIT: Final = timedelta(hours=24)
"""How long an effect waits for a service that is left alone."""
HELD_SECONDS: Final = 60.0
"""How long what waits for a stopped agent waits at most after that agent was started again."""


class Later(Exception):
    """The effect is to be looked at again at a time."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        super().__init__(f"again at {at}")


class _Retry(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Later):
            return RetryDecision(retry_at=exception.at)
        # A failure of ours (the database was away, a fault in the code): the job stays and is tried again.
        return RetryDecision(retry_in={"seconds": int(min(2 ** min(job.attempts, 6), 60))})


def backoff(tries: int, patience: Patience, retry_after: float | None = None) -> timedelta:
    """The pause after so many tries: doubling, with a fifth of jitter; at least what the service asked for."""
    seconds = min(patience.first * 2 ** min(tries - 1, 30), patience.longest)
    return timedelta(seconds=max(seconds * random.uniform(0.8, 1.2), retry_after or 0))  # noqa: S311


class JobQueue:
    """Works effects off."""

    def __init__(self, url: str, connections: int = 4) -> None:
        self._connector = procrastinate.PsycopgConnector(
            # A job that is forgotten to be done is looked at again, and found done: it need not wait for the disk.
            conninfo=conninfo(url, WORKER, "umt-jobs", synchronous_commit="off"),
            min_size=1,
            max_size=connections,
        )
        self._app = procrastinate.App(connector=self._connector)
        self._perform: Callable[..., Any] | None = None
        self._beaten = time.monotonic()
        self._stopped: frozenset[tuple[str, str]] = frozenset()
        self._note_heartbeats()

        @self._app.task(name=TASK, queue=QUEUE, pass_context=True, retry=_Retry())
        async def perform_effect(job: JobContext, *, context: dict[str, Any], run: str, effect: str) -> None:
            assert self._perform
            await self._perform(msgspec.convert(context, Context), UUID(run), UUID(effect))

    async def work(self, runtime: AgentRuntime, executor: EffectExecutor, stop: asyncio.Event) -> None:
        """Work jobs off until told to stop; jobs of a worker that died are taken over."""

        async def perform(context: Context, run: UUID, effect: UUID) -> None:
            await attempt(runtime, executor, context, run, effect, self.reason_to_stop(context))

        self._perform = perform
        async with self._app.open_async():
            self._beaten = time.monotonic()
            workers = [asyncio.create_task(self._worker()) for _ in range(FETCHERS)]
            beside = [asyncio.create_task(self._rescue()), asyncio.create_task(self._watch())]
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({*workers, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (*workers, stopped, *beside):
                task.cancel()
            results = await asyncio.gather(*workers, stopped, *beside, return_exceptions=True)
            for result in results[:FETCHERS]:
                if isinstance(result, Exception):
                    raise result

    async def _worker(self) -> None:
        await self._app.run_worker_async(
            queues=[QUEUE],
            concurrency=CONCURRENCY // FETCHERS,
            fetch_job_polling_interval=1.0,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=5,
        )

    def reason_to_stop(self, context: Context) -> Callable[[], str | None]:
        """What says why a try that is under way goes no further; None while it may."""
        workspace, agent = str(context.workspace), context.actor.id

        def reason() -> str | None:
            if time.monotonic() - self._beaten > DOUBT_SECONDS:
                return "This worker was out of touch with the database, so another one may be at it."
            if not self._stopped.isdisjoint({(workspace, agent), (workspace, EVERY_AGENT)}):
                return "The agent was stopped."
            return None

        return reason

    def _note_heartbeats(self) -> None:
        """Know when this worker was last heard of."""
        jobs = self._app.job_manager
        beat = jobs.update_heartbeat

        async def noted(worker_id: int) -> None:
            begun = time.monotonic()
            await beat(worker_id)
            self._beaten = begun

        jobs.update_heartbeat = noted  # type: ignore[method-assign]  # procrastinate has no hook for it

    async def _rescue(self) -> None:
        """Put the jobs of dead workers back."""
        while True:
            try:
                for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                    log.warning("taking over job %s of a worker that died", job.id)
                    await self._app.job_manager.retry_job(job)
            except Exception as error:
                log.warning("looking for stalled jobs failed: %s", error)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _watch(self) -> None:
        """Know which agents are stopped, for what is under way."""
        while True:
            try:
                rows = await self._connector.execute_query_all_async(STOPPED)
                self._stopped = frozenset((str(row["workspace"]), str(row["agent"])) for row in rows)
            except Exception as error:
                log.warning("looking for stopped agents failed: %s", error)
            await asyncio.sleep(WATCH_SECONDS)


async def attempt(
    runtime: AgentRuntime,
    executor: EffectExecutor,
    context: Context,
    run: UUID,
    effect: UUID,
    reason_to_stop: Callable[[], str | None] = lambda: None,
) -> None:
    """Do the effect if its outcome is still open, and record what came of it."""
    try:
        ready = await asyncio.wrap_future(runtime.open_effect(context, run, effect))
    except Unreadable as error:
        log.error("effect %s of run %s cannot be read: %s", effect, run, error)
        await asyncio.wrap_future(runtime.give_up(context, run, effect, str(error)))
        return
    if ready is None:
        return
    if isinstance(ready, Waits):
        raise Later(_in(HELD_SECONDS))
    number, tries, asked = ready.attempts + 1, ready.tries + 1, ready.effect
    try:
        with attempting(reason_to_stop):
            async with asyncio.timeout(asked.timeout):
                result = await executor.perform(asked, context)
    except NoLongerWanted as stopped:
        await asyncio.wrap_future(runtime.hold(context, run, effect, str(stopped)))
        raise Later(_in(1.0)) from stopped
    except BreakerOpen as waits:
        now = datetime.now(UTC)
        if ready.held_since and now - ready.held_since > LONGEST_WAIT:
            text = f"given up after {LONGEST_WAIT.total_seconds() / 3600:.0f} hours without a try: {waits}"
            of = waits.error_class
            await asyncio.wrap_future(runtime.settle(context, run, effect, None, text, ready.attempts, of))
            return
        reason = f"{waits.service} failed too often lately and is left alone"
        await asyncio.wrap_future(runtime.hold(context, run, effect, reason, since=now))
        raise Later(_in((waits.retry_after or 1.0) * random.uniform(1.0, 1.2))) from waits  # noqa: S311
    except TimeoutError:
        lost = OutcomeUnknown if asked.changes_outside else Transient
        failure: OutsideError = lost(f"{asked.kind} took longer than {asked.timeout:g} s")
        await _failed(runtime, context, run, effect, number, tries, failure)
    except OutsideError as error:
        await _failed(runtime, context, run, effect, number, tries, error)
    except (Unavailable, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("effect %s of run %s broke", effect, run)
        broke = Transient(str(error) or type(error).__name__, error_class=ErrorClass.SERVER)
        await _failed(runtime, context, run, effect, number, tries, broke, OURS)
    else:
        await asyncio.wrap_future(runtime.settle(context, run, effect, result, None, number))


async def _failed(
    runtime: AgentRuntime,
    context: Context,
    run: UUID,
    effect: UUID,
    number: int,
    tries: int,
    error: OutsideError,
    patience: Patience | None = None,
) -> None:
    """Record the failed try; then give the effect up, or have it tried again later."""
    of, said = error.error_class, str(error) or type(error).__name__
    patience = patience or PATIENCE[of]
    if of is ErrorClass.FATAL:
        log.error("effect %s of run %s can never be done: %s", effect, run, said)
    if tries >= patience.tries:
        text = said if patience.tries == 1 else f"given up after {number} attempts: {said}"
        await asyncio.wrap_future(runtime.settle(context, run, effect, None, text, number, of, error.calls))
        return
    wait = error.retry_after if isinstance(error, Transient) else None
    again = datetime.now(UTC) + backoff(tries, patience, wait)
    unknown = isinstance(error, OutcomeUnknown)
    await asyncio.wrap_future(runtime.note_attempt(context, run, effect, number, said, again, of, unknown, error.calls))
    raise Later(again) from error


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
