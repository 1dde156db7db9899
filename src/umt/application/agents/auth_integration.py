"""Auth & Integration: verifies every connection to an outside platform before anything relies on it."""

from __future__ import annotations

from collections.abc import Iterator

from umt.application.agents.reaction import Agent, Facts, Settled, Step
from umt.application.commands.integration import ConfirmIntegration, FailIntegration
from umt.application.effects import VerifyIntegration
from umt.domain.integration import CredentialReplaced, IntegrationRequested
from umt.domain.recorded import Recorded

agent = Agent("auth-integration", "Auth & Integration")


@agent.on(IntegrationRequested, CredentialReplaced)
def verify(event: IntegrationRequested | CredentialReplaced, at: Recorded, facts: Facts) -> Iterator[Step]:
    """A new credential is tried on the platform itself."""
    yield VerifyIntegration(lock=str(at.stream), integration=at.stream)


@agent.after(VerifyIntegration)
def conclude(outcome: Settled, facts: Facts) -> Iterator[Step]:
    """The platform's word decides."""
    integration = outcome.run.subject
    if outcome.error:
        yield FailIntegration(integration=integration, reason=outcome.error)
    else:
        yield ConfirmIntegration(
            integration=integration, account_name=outcome.result.name, currency=outcome.result.currency
        )
