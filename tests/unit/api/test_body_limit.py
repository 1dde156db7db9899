"""A body that does not arrive in time is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
import pytest
from starlette.types import Message, Receive, Scope, Send

from umt.api.hygiene.body import BodyLimit


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": message["body"]})


async def answer(arriving: Iterable[bytes]) -> tuple[int, bytes]:
    """Status and body of the answer to a body of which there is always more to come, but nothing comes."""
    chunks, sent = iter(arriving), []

    async def receive() -> Message:
        for chunk in chunks:
            return {"type": "http.request", "body": chunk, "more_body": chunk != b"."}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await BodyLimit(_echo, limit=10, seconds=0.01)({"type": "http"}, receive, send)
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize("arriving", [[], [b"a"], [b"a" * 11]])
async def test_a_body_that_does_not_arrive_is_ended_with_408(arriving: list[bytes]) -> None:
    status, body = await answer(arriving)
    assert status == 408
    said = msgspec.json.decode(body)
    assert (said["code"], said["status"]) == ("BAD_USER_INPUT", 408)


async def test_one_that_arrives_in_time_is_passed_on() -> None:
    assert await answer([b"a", b"b", b"."]) == (200, b"ab.")


async def test_a_caller_who_may_be_answered_slowly_is() -> None:
    """The time is the body's, not the answer's."""

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        await _echo(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await BodyLimit(slow, seconds=0.01)({"type": "http"}, receive, send)
    assert sent[0]["status"] == 200
