"""How many requests are answered: by address, by user, for monitors; told in headers; shared through Redis."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from tests.debian import program
from tests.integration.api.client import Caller
from tests.integration.api.serving import listening, serving

from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.rate_limits import CountedRequests
from umt.api.app import create_app
from umt.bootstrap import System, system
from umt.bootstrap.services import services_of
from umt.settings import Settings

QUOTA = 12
PROXY = "127.0.0.2"
"""The one peer that is trusted to say whom it speaks for."""

Served = tuple[str, System]
NEW = {"accept": "application/graphql-response+json"}


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[Served]:
    limited = Settings(data_dir=settings.data_dir, requests_per_minute=QUOTA, trusted_proxies=(PROXY,))
    with serving(limited) as made:
        yield made


def client(served: Served, peer: str = "127.0.0.1", **headers: str) -> httpx.Client:
    return httpx.Client(base_url=served[0], transport=httpx.HTTPTransport(local_address=peer), headers=headers)


def behind_proxy(served: Served, address: str, token: str = "") -> httpx.Client:
    headers = {"X-Forwarded-For": address} | ({"Authorization": f"Bearer {token}"} if token else {})
    return client(served, PROXY, **headers)


def addresses() -> Iterator[str]:
    """Addresses that no other test uses."""
    block = uuid4().bytes
    yield from (f"10.{block[0]}.{block[1]}.{number}" for number in range(1, 255))


def registered(served: Served, address: str) -> Caller:
    caller = Caller(served[0])
    caller.http = behind_proxy(served, address)
    return caller.registers()


def use_up(http: httpx.Client, path: str = "/api/v1/version") -> httpx.Response:
    """The first answer that refuses."""
    for _ in range(QUOTA + 1):
        answer = http.get(path)
        if answer.status_code == 429:
            return answer
    raise AssertionError("nothing was refused")


def test_every_answer_says_where_the_caller_stands(served: Served) -> None:
    http = behind_proxy(served, next(addresses()))
    for used, path in enumerate(["/api/v1/version", "/nowhere", "/graphql"], start=1):
        answer = http.get(path)
        assert answer.headers["ratelimit-limit"] == f"{QUOTA}"
        assert answer.headers["ratelimit-remaining"] == f"{QUOTA - used}"
        assert answer.headers["ratelimit-policy"] == f'"default";q={QUOTA};w=60'
        reset = answer.headers["ratelimit-reset"]
        assert 0 <= int(reset) <= 120
        assert answer.headers["ratelimit"] == f'"default";r={QUOTA - used};t={reset}'


def test_above_the_limit_each_face_refuses_in_its_form(served: Served) -> None:
    http = behind_proxy(served, next(addresses()))
    use_up(http)
    query = {"query": "{ __typename }"}
    login = {"email": "a@example.com", "password": "x"}
    by_graphql = [http.post("/graphql", json=query), http.post("/graphql", json=query, headers=NEW)]
    by_rest = [http.get("/api/v1/version"), http.get("/nowhere"), http.post("/api/v1/auth/login", json=login)]
    told = [
        *((answer, answer.json()["errors"][0]["extensions"]) for answer in by_graphql),
        *((answer, answer.json()) for answer in by_rest),
    ]
    assert {answer.headers["content-type"] for answer in by_rest} == {"application/problem+json"}
    for answer, error in told:
        assert (answer.status_code, error["code"]) == (429, "THROTTLED")
        assert answer.headers["retry-after"] == str(error["retryAfter"])
        assert answer.headers["retry-after"] == "61"  # the minute stands at its beginning
        assert answer.headers["ratelimit-remaining"] == "0"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_is_not_read_for_who_is_refused(served: Served) -> None:
    http = behind_proxy(served, next(addresses()))
    use_up(http)
    assert http.post("/graphql", content=b"x" * 500_000).status_code == 429
    assert http.post("/graphql", content=b"x" * 10).status_code == 429


def test_one_address_does_not_count_for_another(served: Served) -> None:
    one, other, *_ = addresses()
    use_up(behind_proxy(served, one))
    assert behind_proxy(served, other).get("/api/v1/version").status_code == 200


def test_an_ipv6_site_is_one_caller(served: Served) -> None:
    site = uuid4().hex[:4]
    use_up(behind_proxy(served, f"2001:db8:{site}:1::1"))
    assert behind_proxy(served, f"2001:db8:{site}:1:ffff::2").get("/livez").status_code == 200
    assert behind_proxy(served, f"2001:db8:{site}:1:ffff::2").get("/api/v1/version").status_code == 429
    assert behind_proxy(served, f"2001:db8:{site}:2::1").get("/api/v1/version").status_code == 200


def test_who_is_no_trusted_proxy_cannot_pass_for_another_address(served: Served) -> None:
    peer = "127.9.9.1"
    spoofed = (client(served, peer, **{"X-Forwarded-For": address}) for address in addresses())
    statuses = [http.get("/api/v1/version").status_code for http, _ in zip(spoofed, range(QUOTA + 2), strict=False)]
    assert statuses == [200] * QUOTA + [429] * 2


def test_what_stands_left_of_the_clients_address_is_hearsay(served: Served) -> None:
    real, *said = addresses()
    statuses = [
        behind_proxy(served, f"{left}, {real}").get("/api/v1/version").status_code for left in said[: QUOTA + 2]
    ]
    assert statuses == [200] * QUOTA + [429] * 2


def test_a_user_is_counted_wherever_the_requests_come_from(served: Served) -> None:
    home, *elsewhere = addresses()
    caller, other = registered(served, home), registered(served, elsewhere[-1])
    token, query = caller.session["token"], {"query": "{ me { role } }"}
    answers = [behind_proxy(served, address, token).post("/graphql", json=query) for address in elsewhere[: QUOTA + 2]]
    assert [answer.status_code for answer in answers] == [200] * QUOTA + [429] * 2
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:QUOTA]] == [
        str(left) for left in range(QUOTA - 1, -1, -1)
    ]
    refused = answers[-1]
    (error,) = refused.json()["errors"]
    assert (error["extensions"]["code"], refused.json().get("data")) == ("THROTTLED", None)
    assert refused.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    by_get = behind_proxy(served, elsewhere[-2], token).get("/graphql", params=query, headers=NEW)
    assert (by_get.status_code, by_get.headers["ratelimit-remaining"]) == (429, "0")
    by_rest = behind_proxy(served, elsewhere[-2], token).post(
        "/api/v1/auth/password", json={"current": "x", "new": "another horse battery"}
    )
    assert (by_rest.status_code, by_rest.json()["code"]) == (429, "THROTTLED")
    assert other.asks("{ me { role } }") == {"me": {"role": "OWNER"}}


def test_an_api_key_is_counted_apart_from_its_holder(served: Served) -> None:
    home, *elsewhere = addresses()
    caller = registered(served, home)
    given = {"name": "Reports", "scopes": ["workspace:read"]}
    keys = [caller.mutates("createApiKey", given, "key", key=f"key {number}")["key"] for number in range(2)]
    query = {"query": "{ workspace { name } }"}
    answers = [
        behind_proxy(served, address, keys[0]).post("/graphql", json=query) for address in elsewhere[: QUOTA + 1]
    ]
    assert [answer.status_code for answer in answers] == [200] * QUOTA + [429]
    assert behind_proxy(served, elsewhere[-1], keys[1]).post("/graphql", json=query).status_code == 200
    assert caller.asks("{ me { role } }") == {"me": {"role": "OWNER"}}


def test_what_is_refused_is_not_done(served: Served) -> None:
    home, *elsewhere = addresses()
    caller = registered(served, home)
    brand = {
        "query": 'mutation($n: String!) { createBrand(input: {name: $n, industry: {name: "Outdoor"}}) { position } }'
    }
    answers = [
        behind_proxy(served, address, caller.session["token"]).post(
            "/graphql", json=brand | {"variables": {"n": f"Brand {address}"}}
        )
        for address in elsewhere[: QUOTA + 3]
    ]
    assert [answer.status_code for answer in answers] == [200] * QUOTA + [429] * 3
    with connect(served[1].url, WORKER) as connection:
        row = connection.execute(
            "SELECT count(*) FROM umt.event WHERE workspace = %s AND type = 'brand.created'", (caller.workspace,)
        ).fetchone()
    assert row == (QUOTA,)


def test_a_wrong_token_counts_on_its_address_alone(served: Served) -> None:
    address = next(addresses())
    http = behind_proxy(served, address, "nonsense")
    answers = [http.post("/graphql", json={"query": "{ me { role } }"}) for _ in range(QUOTA + 1)]
    assert [answer.status_code for answer in answers] == [200] * QUOTA + [429]
    assert answers[0].headers["ratelimit-remaining"] == str(QUOTA - 1)


def test_monitors_and_callers_do_not_take_it_from_each_other(served: Served) -> None:
    http = behind_proxy(served, next(addresses()))
    probes = ["/livez", "/readyz", "/health", "/.well-known/jwks.json"]
    use_up(http)
    for path in probes:
        answer = http.get(path)
        assert (answer.status_code, answer.headers["ratelimit-policy"]) == (200, '"probes";q=600;w=60')
    fresh = behind_proxy(served, list(addresses())[-1])
    while fresh.get("/livez").status_code == 200:
        pass
    assert fresh.get("/readyz").status_code == 429
    assert fresh.get("/api/v1/version").status_code == 200


def test_a_flood_is_one_security_event_a_minute(served: Served) -> None:
    address, *_ = addresses()
    http = behind_proxy(served, address)
    began = time.time() // 60
    use_up(http)
    for _ in range(20):
        http.get("/api/v1/version")
    served[1].security_log.flush()
    with connect(served[1].url, WORKER) as connection:
        rows = connection.execute(
            "SELECT kind, workspace, actor, detail, count FROM umt.security_event WHERE address = %s", (address,)
        ).fetchall()
    assert len(rows) <= 1 + time.time() // 60 - began
    assert {row[:4] for row in rows} == {("rate_limited", None, None, "default")}
    assert sum(row[4] for row in rows) == 21


def test_a_users_flood_is_noted_in_their_workspace(served: Served) -> None:
    home, *elsewhere = addresses()
    caller = registered(served, home)
    for address in elsewhere[: QUOTA + 3]:
        behind_proxy(served, address, caller.session["token"]).post("/graphql", json={"query": "{ me { role } }"})
    served[1].security_log.flush()
    with connect(served[1].url, WORKER) as connection:
        rows = connection.execute(
            "SELECT DISTINCT kind, actor FROM umt.security_event WHERE workspace = %s AND kind = 'rate_limited'",
            (caller.workspace,),
        ).fetchall()
    assert rows == [("rate_limited", f"user:{caller.user}")]


def test_a_hundred_requests_a_minute_unless_it_is_set_otherwise(settings: Settings) -> None:
    with (
        system(Settings(data_dir=settings.data_dir)) as wired,
        listening(create_app(services_of(wired, {}))) as url,
        httpx.Client(base_url=url) as http,
    ):
        answers = [http.get("/api/v1/version") for _ in range(250)]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=100;w=60'
    assert 100 <= [answer.status_code for answer in answers].index(429) <= 201  # the minute may end meanwhile


# Through Redis


@contextmanager
def redis(port: int, folder: Path) -> Iterator[None]:
    redis_server = program("redis-server", "redis-server")
    server = subprocess.Popen(
        [redis_server.path, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        env=dict(redis_server.environment),
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def remaining(requests: CountedRequests, address: str = "192.0.2.1") -> int:
    return (await requests.of_address(address)).remaining


async def test_processes_share_what_they_count_in_redis(port: int, tmp_path: Path) -> None:
    with redis(port, tmp_path):
        one, other = (CountedRequests(10, f"redis://127.0.0.1:{port}/1") for _ in range(2))
        seen = [await remaining(each) for each in (one, other) * 5]
        assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
        refused = await other.of_address("192.0.2.1")
        assert not refused.allowed
        assert 0 < refused.reset <= 61
        assert await remaining(one, "192.0.2.2") == 9
        await asyncio.gather(one.close(), other.close())


async def test_a_system_counts_in_the_redis_that_is_set(settings: Settings, port: int, tmp_path: Path) -> None:
    with redis(port, tmp_path):
        url = f"redis://127.0.0.1:{port}/0"
        with system(Settings(data_dir=settings.data_dir, redis_url=SecretStr(url))) as wired:
            assert await remaining(wired.rate_limits) == 99
            await wired.rate_limits.close()
        other = CountedRequests(100, url)
        assert await remaining(other) == 98
        await other.close()


async def test_without_redis_the_process_counts_and_says_so_once_without_the_password(
    port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umt.adapters.rate_limits._AWAY_SECONDS", 0.0)
    requests = CountedRequests(10, f"redis://:hunter2@127.0.0.1:{port}/0")
    with caplog.at_level(logging.WARNING, "umt.adapters.rate_limits"):
        assert [await remaining(requests) for _ in range(4)] == [9, 8, 7, 6]
    await requests.close()
    (record,) = caplog.records
    assert record.getMessage().startswith("Redis is away")
    assert "hunter2" not in caplog.text


async def test_redis_going_away_and_coming_back_refuses_nobody(
    port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umt.adapters.rate_limits._AWAY_SECONDS", 0.05)
    requests = CountedRequests(10, f"redis://127.0.0.1:{port}")
    with redis(port, tmp_path):
        assert [await remaining(requests) for _ in range(3)] == [9, 8, 7]
    assert [await remaining(requests) for _ in range(3)] == [9, 8, 7]
    with redis(port, tmp_path):
        await asyncio.sleep(0.1)
        assert [await remaining(requests) for _ in range(2)] == [9, 8]
    await requests.close()
    said = [record.getMessage().split("(")[0].split(":")[0].strip() for record in caplog.records]
    assert said == ["Redis is away", "Redis is back"]
