"""Content Strategy & Research: turns a request into a strategy, from the brand, its competitors and what worked before."""

from __future__ import annotations

from collections.abc import Iterator

from umt.application.agents.falling_back import fallback_told
from umt.application.agents.reaction import Agent, Facts, Settled, Step
from umt.application.commands.content import ProposeStrategy
from umt.application.effects import WriteStrategy
from umt.domain.agent_run import DecisionMade, Evidence
from umt.domain.brand import Brand
from umt.domain.content import ContentRequested
from umt.domain.recorded import Recorded

agent = Agent("content-strategy", "Content Strategy & Research")


@agent.on(ContentRequested)
def research(event: ContentRequested, at: Recorded, facts: Facts) -> Iterator[Step]:
    """Everything known of the brand goes into the question."""
    yield WriteStrategy(
        lock=str(at.stream),
        content=at.stream,
        brand=facts.get(Brand, event.brand),
        brief=event.brief,
        past=facts.past_performance(event.brand),
    )


@agent.after(WriteStrategy)
def propose(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """The strategy is proposed with what it rests on; a writer that gives up leaves the request open, with the reason."""
    content = outcome.run.subject
    if outcome.error:
        yield DecisionMade(
            action="alert",
            subject_kind="content",
            subject=content,
            rule="writer_failed",
            reason=f"No strategy could be written: {outcome.error}",
        )
        return
    yield from fallback_told(content, outcome.result.written)
    strategy = outcome.result.strategy
    yield DecisionMade(
        action="propose_strategy",
        subject_kind="content",
        subject=content,
        rule="strategy_from_brand_competitors_and_past",
        reason=f"Angle: {strategy.angle}",
        evidence=tuple(Evidence(finding.source, finding.says) for finding in strategy.findings),
    )
    yield ProposeStrategy(content=content, strategy=strategy)
