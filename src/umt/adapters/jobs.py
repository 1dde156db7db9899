"""Effects as durable jobs in PostgreSQL (procrastinate): at least once, in order within a lock, retried with backoff."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import procrastinate
import psycopg
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from umt.adapters.postgres.database import WORKER, conninfo
from umt.application.agents.executor import EffectExecutor
from umt.application.agents.runtime import AgentRuntime
from umt.application.errors import Unavailable
from umt.application.ports import OutsideError, Transient
from umt.application.transaction import Context

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 30
"""With the backoff below a platform may be away for about two hours before an effect is given up."""
OUR_ATTEMPTS = 5
"""Tries of an effect that breaks in our own code."""
CONCURRENCY = 8
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
_QUEUE = "effects"
_TASK = "perform_effect"


class _Again(Exception):
    """The effect is to be tried again at a time."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        super().__init__(f"again at {at}")


class _Retry(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, _Again):
            return RetryDecision(retry_at=exception.at)
        # A failure of ours (the database was away, a fault in the code): the job stays and is tried again.
        return RetryDecision(retry_in={"seconds": int(min(2 ** min(job.attempts, 6), 60))})


def backoff(attempt: int, retry_after: float | None) -> timedelta:
    """Doubling from half a second to five minutes, with jitter; at least what the service asked for."""
    seconds = min(0.5 * 2 ** min(attempt - 1, 12), 300) * random.uniform(0.8, 1.2)  # noqa: S311
    return timedelta(seconds=max(seconds, retry_after or 0))


class JobQueue:
    """Puts effects into the queue and works them off."""

    def __init__(self, url: str, connections: int = 4) -> None:
        self._connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(url, WORKER, "umt-jobs"), min_size=1, max_size=connections
        )
        self._app = procrastinate.App(connector=self._connector)
        # Never opened: a job is deferred on the writer's own synchronous connection.
        self._deferring = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        self._perform: Callable[..., Any] | None = None

        @self._app.task(name=_TASK, queue=_QUEUE, pass_context=True, retry=_Retry())
        async def perform_effect(job: JobContext, *, context: dict[str, Any], run: str, effect: str) -> None:
            assert self._perform
            assert job.job
            await self._perform(job.job.attempts + 1, msgspec.convert(context, Context), UUID(run), UUID(effect))

    def defer(
        self,
        connection: psycopg.Connection[Any],
        context: Context,
        run: UUID,
        effect: UUID,
        lock: str,
        at: datetime | None = None,
    ) -> None:
        """Enqueue in the connection's own transaction."""
        self._deferring.configure_task(
            _TASK, queue=_QUEUE, connection=connection, lock=lock, schedule_at=at, allow_unknown=True
        ).defer(context=msgspec.to_builtins(context), run=str(run), effect=str(effect))

    async def work(self, runtime: AgentRuntime, executor: EffectExecutor, stop: asyncio.Event) -> None:
        """Work jobs off until told to stop; jobs of a worker that died are taken over."""

        async def perform(attempt: int, context: Context, run: UUID, effect: UUID) -> None:
            await _attempt(runtime, executor, context, run, effect, attempt)

        self._perform = perform
        async with self._app.open_async():
            worker = asyncio.create_task(
                self._app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=CONCURRENCY,
                    fetch_job_polling_interval=1.0,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=5,
                )
            )
            rescue = asyncio.create_task(self._rescue())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (worker, rescue, stopped):
                task.cancel()
            results = await asyncio.gather(worker, rescue, stopped, return_exceptions=True)
            if isinstance(results[0], Exception):
                raise results[0]

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


async def _attempt(
    runtime: AgentRuntime, executor: EffectExecutor, context: Context, run: UUID, effect: UUID, attempt: int
) -> None:
    """Do the effect if its outcome is still open, and record what came of it."""
    request, tried = await asyncio.to_thread(runtime.open_effect, context, run, effect)
    if request is None:
        return
    attempt = max(attempt, tried + 1)
    try:
        result = await executor.perform(request, context)
    except Transient as error:
        await _again_or_never(runtime, context, run, effect, attempt, MOST_ATTEMPTS, error, error.retry_after)
    except OutsideError as error:
        await asyncio.to_thread(runtime.settle, context, run, effect, None, str(error), attempt, error.calls)
    except (Unavailable, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("effect %s of run %s broke", effect, run)
        await _again_or_never(runtime, context, run, effect, attempt, OUR_ATTEMPTS, error, None)
    else:
        await asyncio.to_thread(runtime.settle, context, run, effect, result, None, attempt)


async def _again_or_never(
    runtime: AgentRuntime,
    context: Context,
    run: UUID,
    effect: UUID,
    attempt: int,
    most: int,
    error: Exception,
    retry_after: float | None,
) -> None:
    """Record the failed try; then give the effect up, or have it tried again later."""
    said = str(error) or type(error).__name__
    calls = error.calls if isinstance(error, OutsideError) else ()
    if attempt >= most:
        text = f"given up after {attempt} attempts: {said}"
        await asyncio.to_thread(runtime.settle, context, run, effect, None, text, attempt, calls)
        return
    again = datetime.now(UTC) + backoff(attempt, retry_after)
    await asyncio.to_thread(runtime.note_attempt, context, run, effect, attempt, said, again, calls)
    raise _Again(again) from error
