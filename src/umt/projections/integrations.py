"""Read model: integrations."""

from __future__ import annotations

from umt.domain import integration as events
from umt.domain.integration import Status
from umt.domain.recorded import Recorded
from umt.projections.table import Change, Column, Projection, Table

INTEGRATIONS = Table(
    "integrations",
    "Every connection of a workspace to an outside platform. Credentials are not here.",
    key=(Column("integration", "uuid", "The connection's id."),),
    columns=(
        Column("platform", "text", "The platform."),
        Column("account", "text", "The account's id there."),
        Column("endpoint", "text", "The site's address, for a CMS."),
        Column("status", "text", "requested, connected, failed or disconnected."),
        Column("account_name", "text", "What the platform calls the account."),
        Column("currency", "text", "ISO 4217 code of the account; null where there is none."),
        Column("failure", "text", "Why it failed; null if it did not."),
        Column(
            "synced_at",
            "timestamptz",
            "When figures were last collected, by the business's clock.",
            lowest="'-infinity'::timestamptz",
        ),
        Column("created_at", "timestamptz", "When it was asked for, by the business's clock."),
        Column("version", "integer", "Version of the stream, for optimistic concurrency."),
    ),
    of_stream=True,
    sorted_by=("created_at", "synced_at"),
)
integrations = Projection("integrations", INTEGRATIONS, version=2)


@integrations.on(events.IntegrationRequested)
def requested(event: events.IntegrationRequested, at: Recorded) -> Change:
    return INTEGRATIONS.put(
        at,
        at.stream,
        platform=event.platform,
        account=event.account,
        endpoint=event.endpoint,
        status=Status.REQUESTED,
        account_name=None,
        currency=None,
        failure=None,
        synced_at=None,
        created_at=at.metadata.effective_at,
        version=at.version,
    )


@integrations.on(events.CredentialReplaced)
def credential_replaced(event: events.CredentialReplaced, at: Recorded) -> Change:
    return INTEGRATIONS.put(at, at.stream, status=Status.REQUESTED, failure=None, version=at.version)


@integrations.on(events.IntegrationConnected)
def connected(event: events.IntegrationConnected, at: Recorded) -> Change:
    return INTEGRATIONS.put(
        at,
        at.stream,
        status=Status.CONNECTED,
        account_name=event.account_name,
        currency=event.currency,
        failure=None,
        version=at.version,
    )


@integrations.on(events.IntegrationFailed)
def failed(event: events.IntegrationFailed, at: Recorded) -> Change:
    return INTEGRATIONS.put(at, at.stream, status=Status.FAILED, failure=event.reason, version=at.version)


@integrations.on(events.IntegrationSynced)
def synced(event: events.IntegrationSynced, at: Recorded) -> Change:
    return INTEGRATIONS.put(at, at.stream, synced_at=event.at, version=at.version)


@integrations.on(events.IntegrationDisconnected)
def disconnected(event: events.IntegrationDisconnected, at: Recorded) -> Change:
    return INTEGRATIONS.put(at, at.stream, status=Status.DISCONNECTED, version=at.version)
