"""Circuit breakers of workers that share a database, around the sandbox over HTTP."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest
from tests.contracts.platform_contract import Outside, order_for
from tests.contracts.writer_contract import BRAND, BRIEF, PAST
from tests.integration.platforms.test_http import says, server
from tests.integration.writers.responses_api import failed, serving

from umt.adapters import breakers as shared
from umt.adapters.breakers import SharedBreakers
from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.wordpress import WordPress
from umt.adapters.postgres import breaker_rows
from umt.adapters.postgres.breaker_rows import BreakerRows
from umt.adapters.postgres.database import APP, WORKER, connect, reading_pool
from umt.adapters.writers import make_writer
from umt.adapters.writers.offline import NAME as OFFLINE
from umt.application.breakers import GOOGLE, LANGUAGE_MODEL, LINKEDIN, META, BreakerStatus, Policy, State, site
from umt.application.ports import AdPlatform, BreakerOpen, Connection, ErrorClass, Post, Refused, Transient
from umt.bootstrap import System, system
from umt.domain.platform import Platform
from umt.domain.secret import Secret
from umt.settings import Settings

RESET = 0.4
POLICY = Policy(failures=3, reset=timedelta(seconds=RESET))
CONNECTION = Connection(Platform.FACEBOOK, "act_7001/5550001", Secret("token"))
_SERVICES = (f"service-{n}" for n in count())

Worker = Callable[[], SharedBreakers]


@pytest.fixture
def database(wired: System) -> Iterator[psycopg.Connection[Any]]:
    with connect(wired.url, WORKER) as connection:
        connection.execute("DELETE FROM umt.breaker")
        yield connection


@pytest.fixture
def worker(wired: System, database: psycopg.Connection[Any]) -> Iterator[Worker]:
    """Breakers as one worker has them, over and over again."""
    made: list[SharedBreakers] = []

    def another() -> SharedBreakers:
        made.append(SharedBreakers(BreakerRows(partial(connect, wired.url, WORKER)), POLICY))
        return made[-1]

    yield another
    for each in made:
        each.close()


@pytest.fixture
def service() -> str:
    return next(_SERVICES)


async def known(wired: System, service: str) -> BreakerStatus:
    async with reading_pool(wired.url, APP, size=1) as pool:
        (status,) = await wired.reader.on(pool).breakers([service])
    return status


async def fails(breakers: SharedBreakers, service: str, times: int = 1, error: Exception | None = None) -> None:
    for _ in range(times):
        with pytest.raises(Transient) as caught:
            async with breakers.call(service, 1):
                raise error or Transient("away")
        assert not isinstance(caught.value, BreakerOpen)


async def succeeds(breakers: SharedBreakers, service: str) -> None:
    async with breakers.call(service, 1):
        pass


async def is_refused(breakers: SharedBreakers, service: str) -> float:
    """The seconds that a refused call is to wait."""
    with pytest.raises(BreakerOpen) as caught:
        await succeeds(breakers, service)
    assert caught.value.service == service
    assert caught.value.retry_after is not None
    return caught.value.retry_after


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + 10
    while not await holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


# The platforms


@pytest.mark.parametrize(
    ("platform", "service", "ads"),
    [
        ("meta", META, lambda http, url, breakers: MetaAds(http, url, breakers=breakers)),
        (
            "google_ads",
            GOOGLE,
            lambda http, url, breakers: GoogleAds(http, url, developer_token=Secret("d"), breakers=breakers),
        ),
        ("linkedin", LINKEDIN, lambda http, url, breakers: LinkedInAds(http, url, breakers=breakers)),
    ],
    ids=["meta", "google", "linkedin"],
)
async def test_a_platform_that_keeps_failing_is_left_alone_by_all_workers_until_a_probe_is_answered(
    wired: System,
    worker: Worker,
    http: httpx.AsyncClient,
    outside: Outside,
    platform: str,
    service: str,
    ads: Callable[..., AdPlatform],
) -> None:
    one, two = (ads(http, outside.url, worker()) for _ in range(2))
    connection = Connection(Platform.GOOGLE, "1234567001", Secret("token"))
    asked = partial(outside.ledger, platform=platform)
    outside.strike("error", platform, times=POLICY.failures)
    for ad_platform in (one, two, one):
        with pytest.raises(Transient) as caught:
            await ad_platform.verify(connection)
        assert caught.value.error_class is ErrorClass.SERVER
    before = len(asked())
    for ad_platform in (one, two):
        with pytest.raises(BreakerOpen) as refused:
            await ad_platform.verify(connection)
        assert refused.value.service == service
        assert 0 < (refused.value.retry_after or 0) <= RESET
    assert len(asked()) == before, "nothing was sent"
    await asyncio.sleep(RESET)
    assert (await two.verify(connection)).currency == "EUR"
    assert (await one.verify(connection)).currency == "EUR"

    status = await known(wired, service)
    assert (status.state, status.consecutive_failures, status.opened_at) == (State.CLOSED, 0, None)
    assert status.last_error_class is ErrorClass.SERVER
    assert [(each.was, each.became) for each in status.changes] == [
        (State.HALF_OPEN, State.CLOSED),
        (State.OPEN, State.HALF_OPEN),
        (State.CLOSED, State.OPEN),
    ]
    assert status.changes[-1].reason == "failures in a row: 3; the last one: server"
    await eventually(lambda: counted(wired, service, failed=3, refused=2))


async def counted(wired: System, service: str, failed: int, refused: int) -> bool:
    status = await known(wired, service)
    return (status.failed, status.refused, status.answered > 0) == (failed, refused, True)


@pytest.mark.parametrize("secret", ["token", "expired"], ids=["limits of calls", "refusals"])
async def test_limits_of_calls_and_refusals_are_answers(
    wired: System, worker: Worker, http: httpx.AsyncClient, outside: Outside, secret: str
) -> None:
    ads = MetaAds(http, outside.url, breakers=worker())
    if secret == "token":
        outside.strike("rate_limit", "meta", times=20)
    for _ in range(POLICY.failures + 2):
        with pytest.raises(Transient if secret == "token" else Refused) as caught:
            await ads.verify(Connection(Platform.FACEBOOK, "act_7001", Secret(secret)))
        assert not isinstance(caught.value, BreakerOpen)
    assert (await known(wired, META)).state is State.CLOSED


async def test_a_status_of_429_is_an_answer(wired: System, worker: Worker, http: httpx.AsyncClient) -> None:
    breakers = worker()
    async with server(says(b"{}", "429 Too Many Requests")) as url:
        for _ in range(POLICY.failures + 2):
            with pytest.raises(Transient) as caught:
                await LinkedInAds(http, url, breakers=breakers).verify(
                    Connection(Platform.LINKEDIN, "7001", Secret("token"))
                )
            assert not isinstance(caught.value, BreakerOpen)
    assert (await known(wired, LINKEDIN)).state is State.CLOSED


@pytest.mark.parametrize("fault", ["reset", "timeout"])
async def test_lost_connections_and_silence_are_failures(
    worker: Worker, http: httpx.AsyncClient, outside: Outside, fault: str
) -> None:
    ads = MetaAds(http, outside.url, breakers=worker())
    outside.strike(fault, "meta", times=20, **({"seconds": 0.05} if fault == "timeout" else {}))
    for _ in range(POLICY.failures):
        with pytest.raises(Transient):
            await ads.verify(CONNECTION)
    with pytest.raises(BreakerOpen):
        await ads.verify(CONNECTION)


async def test_an_order_of_several_calls_stops_where_the_breaker_opens(
    worker: Worker, http: httpx.AsyncClient, outside: Outside
) -> None:
    ads, order = MetaAds(http, outside.url, breakers=worker()), order_for(outside)
    outside.strike("error", "meta", match="/adcreatives", times=20)
    for _ in range(20):
        with pytest.raises(Transient) as caught:
            await ads.create_ad(CONNECTION, order)
        if isinstance(caught.value, BreakerOpen):
            break
        outside.strike("error", "meta", times=20)
    else:
        pytest.fail("it never opened")
    outside.calm()
    await asyncio.sleep(RESET)
    assert (await ads.create_ad(CONNECTION, order)).external_id
    assert outside.duplicates() == []


async def test_each_site_has_a_breaker_of_its_own(
    wired: System, worker: Worker, http: httpx.AsyncClient, outside: Outside
) -> None:
    breakers = worker()
    wordpress, post = WordPress(http, breakers=breakers), Post("umt-1", "A title", "A text", "")
    async with server(says(b"down", "503 Service Unavailable")) as broken:
        bad = Connection(Platform.CMS, "a", Secret("user:secret"), f"{broken}/blog")
        for _ in range(POLICY.failures):
            with pytest.raises(Transient):
                await wordpress.publish(bad, post)
        with pytest.raises(BreakerOpen) as caught:
            await wordpress.publish(bad, post)
        assert caught.value.service == site(broken)
        assert (await known(wired, site(broken))).state is State.OPEN
    good = Connection(Platform.CMS, "b", Secret("user:secret"), f"{outside.url}/sites/b")
    assert (await wordpress.publish(good, post)).url


async def test_the_language_model_has_one_too(wired: System, worker: Worker) -> None:
    with serving(lambda _: failed(503, "overloaded")) as api:
        writer = make_writer(Secret("sk-key"), api.url, "gpt-test", worker())
        for _ in range(POLICY.failures):
            with pytest.raises(Transient) as caught:
                await writer.strategy(BRAND, BRIEF, PAST)
            assert caught.value.error_class is ErrorClass.SERVER
        _, written = await writer.strategy(BRAND, BRIEF, PAST)
        assert written.writer == OFFLINE
        assert "language-model failed too often" in written.fallback
        assert len(api.requests) == POLICY.failures
        await asyncio.sleep(RESET)
        api.model = lambda _: failed(429, "slow down")
        for _ in range(POLICY.failures + 1):
            with pytest.raises(Transient) as caught:
                await writer.strategy(BRAND, BRIEF, PAST)
            assert caught.value.error_class is ErrorClass.TRANSIENT, "the probe was answered: nothing is left alone"
    assert (await known(wired, LANGUAGE_MODEL)).state is State.CLOSED


# Workers


async def test_two_systems_share_a_breaker(settings: Settings, outside: Outside) -> None:
    """Wired as `umt worker` is, by the settings."""
    given = settings.model_copy(
        update={"meta_url": outside.url, "breaker_failures": 4, "breaker_reset_seconds": 3600.0}
    )
    with system(given) as one, system(given) as two, connect(one.url, WORKER) as database:
        database.execute("DELETE FROM umt.breaker")
        async with httpx.AsyncClient(trust_env=False) as http:
            mine, yours = (each.executor(http, http)._ads(Platform.FACEBOOK) for each in (one, two))
            outside.strike("error", "meta", times=4)
            for ads in (mine, yours, mine, yours):
                with pytest.raises(Transient) as caught:
                    await ads.verify(CONNECTION)
                assert not isinstance(caught.value, BreakerOpen)
            await asyncio.sleep(shared.FRESH_SECONDS)
            for ads in (mine, yours, one.executor(http, http)._ads(Platform.INSTAGRAM)):
                with pytest.raises(BreakerOpen) as refused:
                    await ads.verify(CONNECTION)
                assert 3500 < (refused.value.retry_after or 0) <= 3600
        database.execute("DELETE FROM umt.breaker")


async def test_failures_count_in_a_row(worker: Worker, service: str) -> None:
    one, two = worker(), worker()
    for _ in range(4):
        await fails(one, service)
        await fails(two, service)
        await succeeds(two, service)
    await fails(one, service, 3)
    await is_refused(one, service)


async def test_many_probe_at_once_and_one_goes_through(worker: Worker, service: str) -> None:
    workers = [worker() for _ in range(4)]
    await fails(workers[0], service, 3)
    await asyncio.sleep(RESET)
    sent = 0

    async def probes(breakers: SharedBreakers) -> None:
        nonlocal sent
        async with breakers.call(service, 5):
            sent += 1
            await asyncio.sleep(0.5)

    ends = await asyncio.gather(*(probes(each) for each in workers * 8), return_exceptions=True)
    assert sent == 1
    assert [type(end) for end in ends].count(BreakerOpen) == len(ends) - 1
    await asyncio.sleep(shared.FRESH_SECONDS)
    for each in workers:
        await succeeds(each, service)


async def test_a_probe_that_fails_opens_it_for_as_long_again(wired: System, worker: Worker, service: str) -> None:
    one, two = worker(), worker()
    await fails(one, service, 3)
    for _ in range(2):
        await asyncio.sleep(RESET)
        await fails(two, service)
        assert 0 < await is_refused(two, service) <= RESET
    status = await known(wired, service)
    assert (status.state, status.consecutive_failures) == (State.OPEN, 5)
    assert status.next_probe_at is not None
    assert status.opened_at is not None
    assert (status.next_probe_at - status.opened_at).total_seconds() == RESET


@pytest.mark.parametrize("end", [asyncio.CancelledError(), ValueError("ours")], ids=["stopped", "broken"])
async def test_a_probe_that_says_nothing_of_the_service_leaves_the_next_one_to_another(
    worker: Worker, service: str, end: BaseException
) -> None:
    one, two = worker(), worker()
    await fails(one, service, 3)
    await asyncio.sleep(RESET)
    with pytest.raises(type(end)):
        async with one.call(service, 60):
            raise end
    await succeeds(two, service)


_PROBING = """
import asyncio, sys
from datetime import timedelta
from functools import partial
from umt.adapters.breakers import SharedBreakers
from umt.adapters.postgres.breaker_rows import BreakerRows
from umt.adapters.postgres.database import WORKER, connect
from umt.application.breakers import Policy

async def probe():
    breakers = SharedBreakers(BreakerRows(partial(connect, sys.argv[1], WORKER)), Policy(3, timedelta(seconds=0.4)))
    async with breakers.call(sys.argv[2], 1.0):
        print("probing", flush=True)
        await asyncio.sleep(600)

asyncio.run(probe())
"""


async def test_a_killed_worker_does_not_keep_the_probe(wired: System, worker: Worker, service: str) -> None:
    breakers = worker()
    await fails(breakers, service, 3)
    await asyncio.sleep(RESET)
    with subprocess.Popen(  # noqa: ASYNC220 - killed at once
        [sys.executable, "-c", _PROBING, wired.url, service], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "probing\n"
        process.kill()
    killed = time.monotonic()
    while True:
        try:
            await succeeds(breakers, service)
            break
        except BreakerOpen:
            await asyncio.sleep(0.05)
    assert time.monotonic() - killed < 1 + shared.MARGIN_SECONDS + 1


async def test_many_failures_at_once_are_all_counted(wired: System, worker: Worker, service: str) -> None:
    workers = [worker() for _ in range(3)]
    ends = await asyncio.gather(*(fails(each, service) for each in workers * 6), return_exceptions=True)
    sent = [end for end in ends if end is None]
    assert len(sent) >= POLICY.failures
    assert (await known(wired, service)).state is State.OPEN
    for each in workers:
        each.close()
    assert (await known(wired, service)).failed == len(sent)


async def test_changes_are_kept_up_to_a_bound(
    wired: System, worker: Worker, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker_rows, "MOST_CHANGES", 4)
    breakers = worker()
    await fails(breakers, service, 3)
    for _ in range(3):
        await asyncio.sleep(RESET)
        await fails(breakers, service)
    changes = (await known(wired, service)).changes
    assert [each.became for each in changes] == [State.OPEN, State.HALF_OPEN] * 2
    assert changes[0].reason == "a probe failed: transient"


async def test_calls_of_a_service_that_is_well_hardly_ask_the_database(
    wired: System, service: str, database: psycopg.Connection[Any]
) -> None:
    asked = 0

    class Counting(BreakerRows):
        def _rows(self, *given: Any) -> Any:
            nonlocal asked
            asked += 1
            return super()._rows(*given)

    breakers = SharedBreakers(Counting(partial(connect, wired.url, WORKER)), POLICY)
    began = time.monotonic()
    for _ in range(2000):
        await succeeds(breakers, service)
    took = time.monotonic() - began
    breakers.close()
    assert asked <= 2 * (took / shared.FRESH_SECONDS + 2)
    assert (await known(wired, service)).answered == 2000


# The database


async def test_while_the_database_is_away_a_worker_goes_by_what_it_sees_itself(
    wired: System, service: str, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO, shared.__name__)
    monkeypatch.setattr(shared, "AWAY_SECONDS", 0.3)
    url, away = wired.url, False

    def connecting() -> psycopg.Connection[Any]:
        return connect("postgresql://127.0.0.1:1/nowhere" if away else url, WORKER)

    rows = BreakerRows(connecting)
    breakers = SharedBreakers(rows, POLICY)
    await succeeds(breakers, service)
    away = True
    breakers._thread.submit(rows.close).result()
    await fails(breakers, service, 3)
    assert 0 < await is_refused(breakers, service) <= RESET
    await asyncio.sleep(RESET)
    await succeeds(breakers, service)
    await succeeds(breakers, service)
    away = False
    await asyncio.sleep(0.6)
    await fails(breakers, service, 3)
    await is_refused(breakers, service)
    assert (await known(wired, service)).state is State.OPEN
    breakers.close()
    assert (await known(wired, service)).failed == 6, "what was counted meanwhile is added later"
    said = [record.message for record in caplog.records if record.name == shared.__name__]
    assert len(said) == 2
    assert "not shared while the database is away" in said[0]
    assert "shared again" in said[1]


async def test_a_database_that_hangs_does_not_hold_calls_up(
    wired: System, service: str, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PATIENCE_SECONDS", 0.2)
    breakers = SharedBreakers(BreakerRows(partial(connect, wired.url, WORKER, lock_timeout="1s")), POLICY)
    await fails(breakers, service)
    with database.transaction():
        database.execute("SELECT 1 FROM umt.breaker WHERE service = %s FOR UPDATE", (service,))
        began = time.monotonic()
        await fails(breakers, service, 2)
        await is_refused(breakers, service)
        assert time.monotonic() - began < 1
    breakers.close()


async def test_after_the_end_calls_go_by_what_is_known(worker: Worker, service: str) -> None:
    breakers = worker()
    await succeeds(breakers, service)
    breakers.close()
    await fails(breakers, service, 3)
    await is_refused(breakers, service)
