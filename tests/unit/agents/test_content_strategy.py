"""Content Strategy & Research: a request becomes a strategy, with what it rests on."""

from __future__ import annotations

from decimal import Decimal

from tests.unit.agents.story import World
from tests.unit.domain.stories import BRAND, BRIEF, CONTENT, STRATEGY, brand, requested_content

from umt.application.agents.content_strategy import agent
from umt.application.commands.content import ProposeStrategy
from umt.application.effects import StrategyWritten, WriteStrategy
from umt.application.ports import PastPerformance, Written
from umt.domain.agent_run import DecisionMade, Evidence
from umt.domain.brand import Brand
from umt.domain.event import fold

(REQUESTED,) = requested_content()
WINTER = PastPerformance("Winter sale", 1000, 50, 5, Decimal("20.00"), Decimal("100.00"), "EUR")
ACME: Brand = fold(brand())
WRITE = WriteStrategy(lock=str(CONTENT), content=CONTENT, brand=ACME, brief=BRIEF, past=(WINTER,))


def test_everything_known_of_the_brand_goes_into_the_question() -> None:
    world = World().has(BRAND, *brand()).worked_before(BRAND, WINTER)
    assert world.reaction(agent, CONTENT, REQUESTED) == [WRITE]


def test_the_strategy_is_proposed_with_what_it_rests_on() -> None:
    written = StrategyWritten(STRATEGY, Written("offline", "strategy@1", "{}"))
    assert World().outcome(agent, CONTENT, WRITE, written) == [
        DecisionMade(
            action="propose_strategy",
            subject_kind="content",
            subject=CONTENT,
            rule="strategy_from_brand_competitors_and_past",
            reason="Angle: Fresh start",
            evidence=(Evidence("brand", "is warm"),),
        ),
        ProposeStrategy(content=CONTENT, strategy=STRATEGY),
    ]


def test_a_writer_that_gives_up_is_told_to_people() -> None:
    (alert,) = World().outcome(agent, CONTENT, WRITE, error="no answer")
    assert isinstance(alert, DecisionMade)
    assert (alert.action, alert.rule) == ("alert", "writer_failed")
    assert "no answer" in alert.reason
