"""Auth & Integration: every connection is verified before anything relies on it."""

from __future__ import annotations

import pytest
from tests.unit.agents.story import World, integration
from tests.unit.domain.stories import GOOGLE

from umt.application.agents.auth_integration import agent
from umt.application.commands.integration import ConfirmIntegration, FailIntegration
from umt.application.effects import VerifyIntegration
from umt.application.ports import Account
from umt.domain.event import Event
from umt.domain.integration import CredentialReplaced, IntegrationRequested

GOOGLE_ADS = integration(GOOGLE)
VERIFY = VerifyIntegration(lock=str(GOOGLE_ADS), integration=GOOGLE_ADS)


@pytest.mark.parametrize(
    "event", [IntegrationRequested(GOOGLE, "123", None), CredentialReplaced()], ids=["new", "again"]
)
def test_a_new_credential_is_tried_on_the_platform_itself(event: Event) -> None:
    world = World().has(GOOGLE_ADS, IntegrationRequested(GOOGLE, "123", None))
    assert world.reaction(agent, GOOGLE_ADS, event) == [VERIFY]


def test_what_the_platform_confirms_is_connected() -> None:
    assert World().outcome(agent, GOOGLE_ADS, VERIFY, Account("Acme Ads", "EUR")) == [
        ConfirmIntegration(integration=GOOGLE_ADS, account_name="Acme Ads", currency="EUR")
    ]


def test_what_the_platform_refuses_has_failed_with_its_reason() -> None:
    assert World().outcome(agent, GOOGLE_ADS, VERIFY, error="the token has expired") == [
        FailIntegration(integration=GOOGLE_ADS, reason="the token has expired")
    ]
