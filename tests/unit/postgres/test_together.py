"""Questions share round trips, and none is answered by one that was on its way before it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from umt.adapters.postgres.together import MOST, Together


class Oracle:
    """Answers each question with what it knows when it is asked; ``rounds`` are the questions of each round trip."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.knows = "old"
        self.fails = False

    async def ask(self, questions: Sequence[int]) -> list[str]:
        self.rounds.append(list(questions))
        knows = self.knows
        await asyncio.sleep(0.01)
        if self.fails:
            raise ConnectionError
        return [f"{each} {knows}" for each in questions]


async def test_those_that_come_meanwhile_share_the_next_round_trip() -> None:
    oracle = Oracle()
    together = Together(oracle.ask)
    answers = await asyncio.gather(*(together.of(n) for n in range(5)))
    assert answers == [f"{n} old" for n in range(5)]
    assert oracle.rounds == [[0, 1, 2, 3, 4]]
    assert await together.of(7) == "7 old"


async def test_an_answer_is_never_older_than_its_question() -> None:
    oracle = Oracle()
    together = Together(oracle.ask)
    first = asyncio.create_task(together.of(1))
    await asyncio.sleep(0.005)
    oracle.knows = "new"
    assert await together.of(1) == "1 new"
    assert await first == "1 old"


async def test_very_many_take_several_round_trips() -> None:
    oracle = Oracle()
    together = Together(oracle.ask)
    await asyncio.gather(*(together.of(n) for n in range(2 * MOST + 1)))
    assert [len(each) for each in oracle.rounds] == [MOST, MOST, 1]


async def test_a_failure_is_told_to_all_that_shared_it_and_to_nobody_else() -> None:
    oracle = Oracle()
    together = Together(oracle.ask)
    oracle.fails = True
    failed = await asyncio.gather(together.of(1), together.of(2), return_exceptions=True)
    assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
    oracle.fails = False
    assert await together.of(3) == "3 old"


async def test_who_gives_up_takes_nobody_along() -> None:
    oracle = Oracle()
    together = Together(oracle.ask)
    given_up, patient = asyncio.create_task(together.of(1)), asyncio.create_task(together.of(2))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await patient == "2 old"
    with pytest.raises(asyncio.CancelledError):
        await given_up
