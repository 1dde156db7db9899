"""The content flow: request, strategy, variations, choice, approval, publication; and what goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.integration.agents.conftest import Marketer, Outside

from umt.application.commands.brand import CreateBrand
from umt.application.commands.content import (
    ApproveContent,
    RequestContent,
    RetryPublication,
    SchedulePublication,
    SelectVariation,
)
from umt.application.commands.integration import ConnectIntegration
from umt.domain.agent_run import CommandIssued, EffectAttempted, EffectFailed
from umt.domain.brand import Competitor, Industry, Styling
from umt.domain.content import Brief, Status
from umt.domain.integration import Status as IntegrationStatus
from umt.domain.platform import Platform


def connect_blog(marketer: Marketer, outside: Outside, password: str = "editor:app password") -> UUID:
    site = f"blog-{marketer.user.hex[:8]}"
    integration = marketer.makes(
        ConnectIntegration(
            platform=Platform.CMS, account=site, credential=password, endpoint=f"{outside.url}/sites/{site}"
        )
    )
    marketer.at_rest()
    return integration


def drafted(marketer: Marketer, *, rest: bool = True, **brief: Any) -> UUID:
    brand = marketer.makes(
        CreateBrand(
            name="Alpina",
            industry=Industry("Outdoor"),
            styling=Styling(tone_of_voice="friendly", words_to_avoid=("cheap",)),
            competitors=(Competitor("Peakline", strengths=("low prices",)),),
        )
    )
    content = marketer.makes(RequestContent(brand=brand, brief=Brief(title="Trail shoes", goal="sell shoes", **brief)))
    if rest:
        marketer.at_rest()
    return content


def approved(marketer: Marketer, content: UUID) -> None:
    marketer.does(SelectVariation(content=content, number=1))
    marketer.does(ApproveContent(content=content))
    marketer.at_rest()


def test_a_request_becomes_a_published_content(marketer: Marketer, outside: Outside) -> None:
    connect_blog(marketer, outside)
    content = drafted(marketer)
    state = marketer.state(content)
    assert state.status is Status.DRAFTED
    assert len(state.variations) == 3
    assert any("Peakline" in finding.says for finding in state.strategy.findings)
    assert not any("cheap" in variation.body.casefold() for variation in state.variations)
    approved(marketer, content)
    state = marketer.state(content)
    assert state.status is Status.PUBLISHED
    (publication,) = state.publications
    assert publication.url.startswith(outside.url)
    assert publication.external_id


def test_without_a_blog_the_publication_fails_with_advice_and_works_when_retried(
    marketer: Marketer, outside: Outside
) -> None:
    content = drafted(marketer)
    approved(marketer, content)
    assert "connect one and retry" in marketer.state(content).publications[0].failure
    connect_blog(marketer, outside)
    marketer.does(RetryPublication(content=content, channel=Platform.CMS))
    marketer.at_rest()
    assert marketer.state(content).status is Status.PUBLISHED


def test_a_lost_answer_publishes_once(marketer: Marketer, outside: Outside) -> None:
    connect_blog(marketer, outside)
    content = drafted(marketer)
    outside.faults(rules=[{"kind": "drop_after", "platform": "wordpress", "method": "POST", "times": 2}])
    approved(marketer, content)
    assert marketer.state(content).status is Status.PUBLISHED
    assert outside.duplicates() == []
    assert any(isinstance(event, EffectAttempted) for event in marketer.runs())


def test_a_refused_credential_is_told_with_the_platforms_words(marketer: Marketer, outside: Outside) -> None:
    integration = connect_blog(marketer, outside, password="editor:expired password")
    connect = marketer.state(integration)
    content = drafted(marketer)
    approved(marketer, content)
    failures = [e for e in marketer.runs() if isinstance(e, EffectFailed)]
    assert connect.status is IntegrationStatus.CONNECTED or connect.failure
    assert marketer.state(content).status in (Status.PUBLISHED, Status.APPROVED)
    assert all("app password" not in event.error for event in failures)


def test_a_scheduled_publication_waits_for_its_time(marketer: Marketer, outside: Outside) -> None:
    connect_blog(marketer, outside)
    content = drafted(marketer)
    later = marketer.system.clock.now() + timedelta(hours=30)
    marketer.does(SchedulePublication(content=content, channel=Platform.CMS, at=later))
    approved(marketer, content)
    assert marketer.state(content).status is Status.APPROVED
    outside.advance(marketer.system, days=2)
    marketer.at_rest()
    assert marketer.state(content).status is Status.PUBLISHED


def test_an_agents_refused_command_is_a_recorded_outcome(marketer: Marketer, outside: Outside) -> None:
    drafted(marketer)
    issued = [event for event in marketer.runs() if isinstance(event, CommandIssued)]
    assert {event.command for event in issued} >= {"ProposeStrategy", "AddVariations"}
    assert all(event.accepted for event in issued)
