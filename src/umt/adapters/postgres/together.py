"""Questions that come while one is being asked share the next one: few round trips under load, none later than alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOST: Final = 100
"""Questions that share a round trip."""


class Together(Generic[Q, A]):
    """Asks for many what each would ask alone. An answer is never older than its question: what is asked while a round
    trip is on its way waits for the next one.

    :param ask: the answers to the questions, in their order; if it fails, it does for all that shared it.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def of(self, question: Q) -> A:
        """The answer."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        while self._waiting:
            asked = [(question, answer) for question, answer in self._waiting[:MOST] if not answer.done()]
            del self._waiting[:MOST]
            if not asked:
                continue
            try:
                found = await self._ask([question for question, _ in asked])
            except Exception as error:
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), each in zip(asked, found, strict=True):
                if not answer.done():
                    answer.set_result(each)
