"""The head of an answer goes out with its body; what has no other piece goes out by itself, and in order."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from umt.api.server import Joined


class Wire:
    """A transport that notes what is sent by which call."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def writelines(self, pieces: tuple[bytes, ...]) -> None:
        self.sent.append(b"".join(pieces))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def joined(wire: Wire) -> Joined:
    return Joined(cast("asyncio.Transport", wire), asyncio.get_running_loop())


async def test_two_pieces_are_one_call(wire: Wire, joined: Joined) -> None:
    joined.write(b"head ")
    assert wire.sent == []
    joined.write(b"body")
    assert wire.sent == [b"head body"]
    await asyncio.sleep(0)
    assert wire.sent == [b"head body"]


async def test_one_piece_does_not_wait_for_another(wire: Wire, joined: Joined) -> None:
    joined.write(b"head")
    await asyncio.sleep(0)
    assert wire.sent == [b"head"]


async def test_the_order_stays(wire: Wire, joined: Joined) -> None:
    for number in range(7):
        joined.write(b"%d" % number)
        if number == 3:
            await asyncio.sleep(0)
    joined.flush()
    assert b"".join(wire.sent) == b"0123456"


async def test_nothing_is_lost_at_the_end(wire: Wire, joined: Joined) -> None:
    joined.write(b"head")
    joined.close()
    await asyncio.sleep(0)
    assert (wire.sent, wire.closed, joined.is_closing()) == ([b"head"], True, True)
