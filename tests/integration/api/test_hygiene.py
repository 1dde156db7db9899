"""What a real server says, to the byte: headers of every answer, nothing of our insides, nothing that goes on for ever."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from tests.integration.api.client import Caller
from tests.integration.api.serving import listening, serving

from umt.api import positions, server
from umt.api.hygiene import Hygiene
from umt.api.hygiene.headers import HEADERS
from umt.api.hygiene.timeout import Timeout
from umt.settings import Settings

APP = "https://app.example.com"
SECRET = "postgresql://umt:hunter2@db/umt"
INSIDES = re.compile(
    rb"Traceback|File \"|\.py|hunter2|postgres|psycopg|uvicorn|starlette|fastapi|site-packages|RuntimeError",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def url(settings: Settings) -> Iterator[str]:
    given = Settings(
        data_dir=settings.data_dir,
        requests_per_minute=1_000_000,
        cors_origins=(APP,),
        trusted_proxies=("127.0.0.2",),
        largest_body_bytes=2048,
        request_timeout_seconds=20,
    )
    with serving(given) as (address, _):
        yield address


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client


def says(url: str, *sent: bytes, seconds: float = 20) -> bytes:
    """All that the server answers to these bytes until it ends the connection."""
    parts = urlsplit(url)
    heard = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
        for part in sent:
            connection.sendall(part)
        while chunk := connection.recv(65536):
            heard += chunk
    return heard


def headers_of(answer: bytes) -> dict[bytes, bytes]:
    head = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head)}


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [line, "Host: umt", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


JSON = "Content-Type: application/json"
POST = "POST /graphql HTTP/1.1"
WRONG: dict[str, tuple[int, bytes]] = {
    "an unknown path": (404, request("GET /nowhere HTTP/1.1")),
    "a path out of the tree": (404, request("GET /../../etc/passwd HTTP/1.1")),
    "a slash too many": (404, request("GET /graphql/ HTTP/1.1")),
    "a wrong method": (405, request("DELETE /graphql HTTP/1.1")),
    "an unknown method": (400, request("BREW /api/v1/version HTTP/1.1")),
    "JSON that is broken": (400, request(POST, JSON, "Content-Length: 2", body=b"{{")),
    "JSON that is broken, for REST": (
        400,
        request("POST /api/v1/auth/login HTTP/1.1", JSON, "Content-Length: 2", body=b"{{"),
    ),
    "another content type": (415, request(POST, "Content-Type: text/xml", "Content-Length: 2", body=b"<a")),
    "a body that is too large": (413, request(POST, JSON, "Content-Length: 3000", body=b"x" * 3000)),
    "a length that is too large": (413, request(POST, JSON, "Content-Length: 99999999999", body=b"x" * 40000)),
    "a length that is none": (400, request(POST, JSON, "Content-Length: -1")),
    "two lengths": (400, request(POST, JSON, "Content-Length: 2", "Content-Length: 3", body=b"{}{")),
    "a length and chunks": (400, request(POST, JSON, "Content-Length: 2", "Transfer-Encoding: chunked", body=b"{}")),
    "an encoding that is none": (400, request(POST, JSON, "Transfer-Encoding: gzip", body=b"{}")),
    "a header that is too long": (431, request("GET /nowhere HTTP/1.1", "X-Long: " + "x" * 70_000)),
    "too many headers": (431, request("GET /nowhere HTTP/1.1", *(f"X-{n}: {n}" for n in range(5000)))),
    "an address that is too long": (431, request(f"GET /{'x' * 70_000} HTTP/1.1")),
    "no HTTP": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "no host": (400, b"GET /livez HTTP/1.1\r\n\r\n"),
    "a header with a control character": (400, request("GET /livez HTTP/1.1", "Authorization: Bearer \x7f")),
    "a header with a line break": (400, request("GET /nowhere HTTP/1.1", "X-A: b\x00c")),
    "bytes that are no text": (
        401,
        request("GET /graphql?query={me{role}} HTTP/1.1", "Authorization: Bearer \x7f\x01ä"),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_in_the_form_of_its_face_without_our_insides(url: str, what: str) -> None:
    status, sent = WRONG[what]
    answer = says(url, sent)
    given = int(answer.split(b" ", 2)[1])
    if what != "bytes that are no text":  # that of GraphQL is in its body
        assert given == status, answer[:300]
    assert given < 500 or given == 501
    assert not INSIDES.search(answer), answer
    document, headers = json.loads(answer.partition(b"\r\n\r\n")[2]), headers_of(answer)
    if headers[b"content-type"] == b"application/problem+json":
        assert (document["status"], document["type"][:10]) == (given, "/problems/")
        assert {"title", "detail", "code"} <= document.keys()
    else:
        assert sent.split(b" ", 2)[1].startswith(b"/graphql")
        assert document["errors"][0]["extensions"]["code"]
    assert {name: headers.get(name) for name, _ in HEADERS} == dict(HEADERS)
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'; frame-ancestors 'none'")
    assert b"server" not in headers


def test_good_answers_have_the_headers_too(http: httpx.Client) -> None:
    for answer in (http.get("/livez"), http.post("/graphql", json={"query": "{ __typename }"}), http.get("/health")):
        assert answer.status_code == 200
        assert HEADERS[1:] == tuple((n, answer.headers[n.decode()].encode()) for n, _ in HEADERS[1:])
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "strict-transport-security" not in answer.headers
    assert http.get("/.well-known/jwks.json").headers["cache-control"].startswith("public")


def test_over_https_browsers_are_told_to_stay_there(url: str) -> None:
    proto = {"X-Forwarded-Proto": "https"}
    assert "strict-transport-security" not in httpx.get(f"{url}/livez", headers=proto).headers
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"), headers=proto) as proxy:
        assert proxy.get(f"{url}/livez").headers["strict-transport-security"] == "max-age=31536000"


def test_graphiql_runs_its_own_tags_alone(http: httpx.Client) -> None:
    pages = [http.get("/graphql", headers={"accept": "text/html"}) for _ in range(2)]
    nonces = set()
    for page in pages:
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert (policy["connect-src"], policy["font-src"], policy["img-src"]) == ("'self'", "data:", "data:")
        (nonce,) = re.findall(r"'nonce-([\w-]{22})'", policy["script-src"])
        assert policy["style-src"] == policy["script-src"] == f"'nonce-{nonce}'"
        nonces.add(nonce)
        tags = re.findall(r"<(?:script|style|link)\b[^>]*>", page.text)
        assert len(tags) > 8
        assert all(f'nonce="{nonce}"' in tag for tag in tags)
        fetched = [tag for tag in tags if "https://" in tag]
        assert fetched
        assert all('integrity="sha384-' in tag for tag in fetched)
        assert not re.search(r"\son\w+=", page.text.split("<script", 1)[0])
    assert len(nonces) == 2


# Other sites' pages


def preflight(http: httpx.Client, origin: str, method: str = "POST", headers: str = "x-csrf-token") -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": f"authorization,content-type,{headers}",
    }
    return http.options("/graphql", headers=asked)


def test_pages_of_the_listed_origins_may_call(http: httpx.Client) -> None:
    allowed = preflight(http, APP)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == APP
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "X-CSRF-Token" in allowed.headers["access-control-allow-headers"]
    assert "origin" in allowed.headers["vary"].lower()
    answer = http.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": APP})
    assert answer.headers["access-control-allow-origin"] == APP
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "origin" in answer.headers["vary"].lower()
    wrong = http.post("/graphql", content=b"x" * 3000, headers={"Origin": APP})
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (413, APP)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_they_may_change_things_on_conditions(http: httpx.Client, method: str) -> None:
    assert preflight(http, APP, method, "if-match,idempotency-key,if-none-match").status_code == 200
    answer = http.get("/api/v1/version", headers={"Origin": APP})
    assert {"ETag", "UMT-Position", "Link"} <= set(answer.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example.com", f"{APP}.evil.example", f"{APP}:8443", "*"]
)
def test_pages_of_others_may_not(http: httpx.Client, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(http, origin).headers
    answer = http.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


# Settings


@pytest.mark.parametrize(
    "given",
    [
        {"cors_origins": ("*",)},
        {"cors_origins": ("https://*.example.com",)},
        {"cors_origins": ("https://ada@app.example.com",)},
        {"cors_origins": ("app.example.com",)},
        {"cors_origins": ("null",)},
        {"cors_origins": ("https://app.example.com/path",)},
        {"trusted_proxies": ("10.0.0.0/33",)},
        {"trusted_proxies": ("10.0.0.1/8",)},
        {"trusted_proxies": ("proxy.example.com",)},
        {"trusted_proxies": ("*",)},
        {"trusted_proxies": ("0.0.0.0/0",)},
        {"trusted_proxies": ("::/0",)},
        {"redis_url": "http://:hunter2@redis"},
        {"redis_url": "redis://:hunter2@redis:port"},
        {"redis_url": "hunter2"},
        {"requests_per_minute": 0},
        {"largest_body_bytes": 5},
        {"request_timeout_seconds": 0},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**given)
    (error,) = refused.value.errors(include_input=False)
    assert error["loc"] == tuple(given)
    assert "hunter2" not in error["msg"]


# Faults


async def _breaks(_: Request) -> Response:
    raise RuntimeError(SECRET)


async def _breaks_late(_: Request) -> Response:
    async def some() -> Any:
        yield b"begun"
        raise RuntimeError(SECRET)

    return StreamingResponse(some())


async def _is_cancelled(_: Request) -> Response:
    raise asyncio.CancelledError


async def _takes_long(_: Request) -> Response:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        CANCELLED.append("takes long")
        raise
    return PlainTextResponse("too late")


async def _streams(_: Request) -> Response:
    async def some() -> Any:
        for _ in range(4):
            yield b"."
            await asyncio.sleep(0.2)

    return StreamingResponse(some())


CANCELLED: list[str] = []
ROUTES = {
    "/breaks": _breaks,
    "/breaks-late": _breaks_late,
    "/cancelled": _is_cancelled,
    "/long": _takes_long,
    "/streams": _streams,
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[str]:
    """A server whose routes and middleware fail in every way."""
    app = Starlette(routes=[Route(path, do) for path, do in ROUTES.items()])

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/middleware":
            raise RuntimeError(SECRET)
        await app(scope, receive, send)

    with listening(Hygiene(request_timeout_seconds=0.5).around(middleware)) as address:
        yield address


@pytest.mark.parametrize(("path", "status"), [("/breaks", 500), ("/middleware", 500), ("/cancelled", 503)])
def test_a_fault_says_nothing_but_a_reference(faulty: str, path: str, status: int) -> None:
    answer = says(faulty, request(f"GET {path} HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert not INSIDES.search(answer), answer
    headers = headers_of(answer)
    assert {name: headers.get(name) for name, _ in HEADERS} == dict(HEADERS)


def test_a_fault_after_the_beginning_ends_the_connection(faulty: str) -> None:
    answer = says(faulty, request("GET /breaks-late HTTP/1.1"))
    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert not INSIDES.search(answer), answer


def test_a_request_that_takes_too_long_is_given_up_and_its_work_too(faulty: str) -> None:
    answer = says(faulty, request("GET /long HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "UNAVAILABLE"
    assert headers_of(answer)[b"retry-after"] == b"1"
    assert CANCELLED == ["takes long"]


def test_queries_that_are_given_up_give_their_connections_back(settings: Settings) -> None:
    given = Settings(
        data_dir=settings.data_dir, request_timeout_seconds=1.5, read_connections=2, requests_per_minute=1000
    )
    with serving(given) as (url, _):
        caller = Caller(url).registers()
        waiting = {"query": f'{{ brands(atLeast: "{positions.encode(10**9)}", first: 20) {{ nodes {{ id }} }} }}'}
        with ThreadPoolExecutor(6) as callers:
            answers = list(callers.map(lambda _: caller.http.post("/graphql", json=waiting), range(12)))
        # Giving a query up may cost the next one on its connection, too: it is told the same.
        assert 503 in {answer.status_code for answer in answers}
        assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"UNAVAILABLE"}
        deadline, good = time.monotonic() + 20, 0
        while good < 5:
            assert time.monotonic() < deadline
            good += "errors" not in caller.posts("{ brands(first: 20) { nodes { id } } }")


def test_a_stream_that_has_begun_goes_on(faulty: str) -> None:
    assert httpx.get(f"{faulty}/streams").text == "...."


async def test_a_timeout_of_the_work_itself_is_not_taken_for_ours() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError("theirs")

    with pytest.raises(TimeoutError, match="theirs"):
        await Timeout(app, 5)({"type": "http"}, _never, _never)


async def _never(*_: Any) -> Any:
    raise AssertionError


# Time and number


def test_a_head_that_trickles_in_is_not_waited_for(faulty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOWEST_HEAD", 0.5)
    parts = urlsplit(faulty)
    for already in (b"", b"GET /nowhere HTTP/1.1\r\nHost: umt\r\n\r\n"):
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
            if already:
                connection.sendall(already)
                assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
            began = time.monotonic()
            with pytest.raises((ConnectionError, BrokenPipeError)):  # noqa: PT012
                while time.monotonic() - began < 20:
                    connection.sendall(b"G")
                    time.sleep(0.1)
            assert time.monotonic() - began < 15


def test_a_connection_that_says_nothing_is_ended(faulty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOWEST_HEAD", 0.3)
    assert says(faulty) == b""


def test_a_request_that_came_in_time_is_answered_later(faulty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOWEST_HEAD", 0.2)
    assert httpx.get(f"{faulty}/streams").text == "...."


@pytest.mark.parametrize("key", ["", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
def test_an_upgrade_to_a_websocket_is_a_request_like_any_other(faulty: str, key: str) -> None:
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", *([key] if key else [])]
    lines = "\r\n".join(
        [
            "GET /nowhere HTTP/1.1",
            "Host: umt",
            *upgrade,
            "",
            "GET /nowhere HTTP/1.1",
            "Host: umt",
            "Connection: close",
            "",
            "",
        ]
    )
    answer = says(faulty, lines.encode())
    assert answer.count(b"HTTP/1.1 404") == 2
    assert answer.lower().count(b"content-security-policy:") == 2


def test_connections_are_bounded(faulty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 5)
    parts = urlsplit(faulty)
    held = [socket.create_connection((parts.hostname, parts.port), timeout=20) for _ in range(5)]
    try:
        deadline = time.monotonic() + 20
        while not (refused := _refused_connection(faulty)):
            assert time.monotonic() < deadline
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert json.loads(refused.partition(b"\r\n\r\n")[2])["code"] == "UNAVAILABLE"
    finally:
        for connection in held:
            connection.close()
    assert httpx.get(f"{faulty}/streams").text == "...."


def _refused_connection(url: str) -> bytes:
    """What a connection is told at once, if it is."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=0.5) as connection:
        heard = b""
        try:
            while chunk := connection.recv(65536):
                heard += chunk
        except TimeoutError:
            pass
        return heard
