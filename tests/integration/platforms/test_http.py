"""Hostile and broken answers, from a small server that sends exactly what a test wants."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest

from umt.adapters.platforms import http as layer
from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.guard import guard, guarded_client
from umt.adapters.platforms.http import retry_after
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.wordpress import WordPress
from umt.application.ports import AdPlatform, Connection, OutcomeUnknown, Post, Refused, Transient
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.secret import Secret

CONNECTION = Connection(Platform.FACEBOOK, "1234567890", Secret("s3cret-token"))

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(answer: Answering) -> AsyncIterator[str]:
    """A server that reads a request's head and then answers as told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


def says(body: bytes, status: str = "200 OK", headers: str = "") -> Answering:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return answer


PAUSED = (
    b'{"id": 1, "status": "PAUSED",'
    b' "results": [{"campaign": {"resourceName": "customers/1/campaigns/1", "id": "1", "status": "PAUSED"}}]}'
)


def first_looked_up(then: Answering) -> Answering:
    """Says first, on every platform, that the campaign is paused; then as told."""
    asked = iter([says(PAUSED)])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(asked, then)(reader, writer)

    return answer


PLATFORMS: list[Callable[[httpx.AsyncClient, str], AdPlatform]] = [
    MetaAds,
    LinkedInAds,
    lambda http, url: GoogleAds(http, url, developer_token=Secret("developer")),
]

NONSENSE = [
    b"",
    b"<html>503 behind a proxy</html>",
    b"null",
    b"[]",
    b"17",
    b'"text"',
    b"{}",
    b'{"results": 3, "elements": 3, "data": 3}',
    b'{"results": [null], "elements": [null], "data": [null], "currency": 7}',
    b'{"results": [{"customer": {"currencyCode": {}}}]}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"error": "text"}',
]


@pytest.mark.parametrize("make", PLATFORMS)
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Oops", "302 Found"])
@pytest.mark.parametrize("body", NONSENSE)
async def test_nonsense_is_a_named_failure_or_an_empty_answer(
    http: httpx.AsyncClient, make: Callable[[httpx.AsyncClient, str], AdPlatform], status: str, body: bytes
) -> None:
    async with server(says(body, status)) as url:
        ads = make(http, url)
        for asked in (
            ads.verify(CONNECTION),
            ads.performance(CONNECTION, "1", date(2026, 1, 1), date(2026, 1, 3)),
            ads.set_budget(CONNECTION, "1", Money.of("10", "EUR")),
        ):
            try:
                await asked
            except (Transient, Refused):
                continue
            assert status == "200 OK"


@pytest.mark.parametrize("make", PLATFORMS)
async def test_nonsense_after_a_change_leaves_its_outcome_unknown(
    http: httpx.AsyncClient, make: Callable[[httpx.AsyncClient, str], AdPlatform]
) -> None:
    async with server(first_looked_up(says(b"<html>"))) as url:
        with pytest.raises(OutcomeUnknown):
            await make(http, url).set_active(CONNECTION, "1", True)


@pytest.mark.parametrize("make", PLATFORMS)
async def test_what_is_so_already_is_not_done_again(
    http: httpx.AsyncClient, make: Callable[[httpx.AsyncClient, str], AdPlatform]
) -> None:
    async with server(first_looked_up(says(b"<html>"))) as url:
        await make(http, url).set_active(CONNECTION, "1", False)


async def test_a_huge_answer_is_cut_off(http: httpx.AsyncClient) -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 2**16)
            await writer.drain()

    async with server(flood) as url:
        with pytest.raises(Transient, match="bytes"):
            await MetaAds(http, url).verify(CONNECTION)


async def test_a_silent_server_is_left(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Never silent for long enough to meet a read timeout, never done."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(layer, "TOTAL_SECONDS", 0.3)
    async with server(drip) as url:
        with pytest.raises(Transient) as asked:
            await MetaAds(http, url).verify(CONNECTION)
    async with server(first_looked_up(drip)) as url:
        with pytest.raises(OutcomeUnknown):
            await MetaAds(http, url).set_active(CONNECTION, "1", True)
    assert not isinstance(asked.value, OutcomeUnknown)


async def test_a_refused_connection_changed_nothing(http: httpx.AsyncClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Transient) as caught:
            await MetaAds(http, url).set_active(CONNECTION, "1", True)
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_redirects_and_next_addresses_are_not_followed(http: httpx.AsyncClient) -> None:
    visited: list[str] = []

    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visited.append("elsewhere")
        await says(b"{}")(_, writer)

    async with server(elsewhere) as other:
        async with (
            server(says(b"", "307 Temporary Redirect", f"Location: {other}/\r\n")) as url,
            httpx.AsyncClient(follow_redirects=True, trust_env=False) as eager,
        ):
            with pytest.raises(Refused, match="redirect"):
                await MetaAds(eager, url).verify(CONNECTION)
        page: dict[str, Any] = {"currency": "EUR", "data": [], "paging": {"next": f"{other}/next"}}
        async with server(says(httpx.Response(200, json=page).content)) as url:
            await MetaAds(http, url).performance(CONNECTION, "1", date(2026, 1, 1), date(2026, 1, 2))
    assert visited == []


async def test_no_message_holds_the_secret(http: httpx.AsyncClient) -> None:
    body = b'{"error": {"message": "bad token s3cret-token", "code": 190}}'
    async with server(says(body, "400 Bad Request")) as url:
        with pytest.raises(Refused) as caught:
            await MetaAds(http, url).verify(CONNECTION)
    assert "s3cret-token" not in str(caught.value)
    assert "s3cret-token" not in repr(CONNECTION)


async def test_no_message_holds_the_secret_in_a_disguise_that_cleaning_takes_off(http: httpx.AsyncClient) -> None:
    body = rb'{"error": {"message": "bad token s3cret\u0000-tok\u202een", "code": 190}}'
    async with server(says(body, "400 Bad Request")) as url:
        with pytest.raises(Refused) as caught:
            await MetaAds(http, url).verify(CONNECTION)
    assert "s3cret-token" not in str(caught.value)


async def test_a_refusal_is_told_in_one_short_line_without_control_characters(http: httpx.AsyncClient) -> None:
    body = rb'{"error": {"message": "no\u0000 such\u001b[31m\n\taccount ' + b"x" * 5000 + b'", "code": 100}}'
    async with server(says(body, "400 Bad Request")) as url:
        with pytest.raises(Refused, match=r"^Meta: no such\[31m account x+$") as caught:
            await MetaAds(http, url).verify(CONNECTION)
    assert len(str(caught.value)) == len("Meta: ") + 500


STRANGE_ANSWERS = [
    rb'{"name": "Ac\u0000me", "currency": "EUR"}',
    rb'{"name": "Acme", "currency": "EUR", "owner": {"names": ["\u0000"]}}',
    rb'{"name": "Acme", "currency": "EUR", "\u0000": 1}',
    rb'{"name": "Ac\ud800me", "currency": "EUR"}',
    rb'{"name": "Ac\udc00me", "currency": "EUR"}',
    rb'{"name": "Ac\uD83D\u0041me", "currency": "EUR"}',
]


@pytest.mark.parametrize("body", STRANGE_ANSWERS)
async def test_an_answer_with_characters_that_no_text_has_is_not_read(http: httpx.AsyncClient, body: bytes) -> None:
    async with server(says(body)) as url:
        for make in (MetaAds, LinkedInAds):
            with pytest.raises(Refused, match="answered with characters that no text has"):
                await make(http, url).verify(CONNECTION)
    async with server(first_looked_up(says(body))) as url:
        with pytest.raises(OutcomeUnknown, match="answered with characters that no text has"):
            await MetaAds(http, url).set_active(CONNECTION, "1", True)


async def test_an_answer_that_only_writes_of_such_characters_is_read(http: httpx.AsyncClient) -> None:
    body = rb'{"name": "a \\u0000 b \\ud800 \ud83d\ude00", "currency": "EUR"}'
    async with server(says(body)) as url:
        assert (await MetaAds(http, url).verify(CONNECTION)).name == r"a \u0000 b \ud800 😀"


@pytest.mark.parametrize("strange", ["", "x" * 201, r"1\n", r"1\u00852"])
async def test_an_id_that_no_platform_gives_is_refused(http: httpx.AsyncClient, strange: str) -> None:
    meta = f'{{"currency": "EUR", "data": [{{"ad_id": "{strange}", "date_start": "2026-01-01"}}]}}'
    google = (
        f'{{"results": [{{"customer": {{"currencyCode": "EUR"}}, "adGroupAd": {{"ad": {{"id": "{strange}"}}}},'
        ' "segments": {"date": "2026-01-01"}, "metrics": {}}]}'
    )
    for body, ads in ((meta, PLATFORMS[0]), (google, PLATFORMS[2])):
        async with server(says(body.encode())) as url:
            with pytest.raises(Refused, match="unexpected form"):
                await ads(http, url).performance(CONNECTION, "1", date(2026, 1, 1), date(2026, 1, 3))


@pytest.mark.parametrize("secret", ["s3cret\nInjected: yes", "s3cret-ключ", "s3cret\x00"])
async def test_a_credential_that_no_header_can_hold_is_refused_without_showing_it(
    http: httpx.AsyncClient, secret: str
) -> None:
    async with server(says(b'{"currency": "EUR"}')) as url:
        with pytest.raises(Refused) as caught:
            await MetaAds(http, url).verify(Connection(Platform.FACEBOOK, "1", Secret(secret)))
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "9" * 400}, 86_400.0),
        (
            {"retry-after": "Mon, 05 Jan 2026 08:01:00 GMT", "date": "Mon, 05 Jan 2026 08:00:00 GMT"},
            60.0,
        ),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers)) == seconds


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433",
        "http://localhost:8080",
        "http://0.0.0.0",
        "http://10.1.2.3",
        "http://192.168.1.1",
        "http://172.16.0.1",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:a00:1]",
        "http://[64:ff9b::7f00:1]",
        "http://[2002:7f00:1::]",
        "http://[fe80::1]",
        "http://[fd00:ec2::254]",
        "http://224.0.0.1",
        "ftp://93.184.216.34",
        "file:///etc/passwd",
        "http://user:password@93.184.216.34",
        "//93.184.216.34",
        "http://",
        "",
    ],
)
async def test_the_guard_refuses_what_is_not_public(address: str) -> None:
    with pytest.raises(Refused):
        await guard(address)


@pytest.mark.parametrize("address", ["https://93.184.216.34/wp", "https://[2606:2800:220:1::1]", "http://127.0.0.1:81"])
async def test_the_guard_lets_pass_what_is_public_or_allowed(address: str) -> None:
    await guard(address, ("http://127.0.0.1:81",))


@pytest.mark.parametrize("address", ["http://93.184.216.34", "http://93.184.216.34:443", "http://127.0.0.1:82"])
async def test_the_guard_lets_no_credential_travel_unencrypted(address: str) -> None:
    with pytest.raises(Refused, match="use https"):
        await guard(address, ("http://127.0.0.1:81", "https://127.0.0.1:82", "https://93.184.216.34"))


async def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Public when the guard looks, loopback when the client connects."""
    answers = iter(["93.184.216.34", "127.0.0.1"])

    async def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    reached = False

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached = True
        await says(b"[]")(reader, writer)

    async with server(answer) as url, guarded_client() as client:
        port = url.rpartition(":")[2]
        endpoint = f"https://rebinding.example:{port}"
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        connection = Connection(Platform.CMS, "blog", Secret("editor:password"), endpoint)
        with pytest.raises(Refused, match="public"):
            await WordPress(client, guard).publish(connection, Post("slug", "Title", "Body", ""))
    assert not reached
