"""Integration: a workspace's connection to an account on an outside platform."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.platform import Platform
from umt.domain.values import Instant, text, told, url

_DISGUISED = re.compile("%(?:2e|2f|5c|25)", re.IGNORECASE)
"""An encoded dot, slash, backslash or percent sign: servers disagree on when to decode them."""


class Status(StrEnum):
    """Whether a connection can be used."""

    REQUESTED = "requested"
    CONNECTED = "connected"
    FAILED = "failed"
    DISCONNECTED = "disconnected"


class Integration(Aggregate, frozen=True, kw_only=True):
    """A connection as it stands. The secret itself lies in the vault and never in an event."""

    kind: ClassVar[str] = "integration"
    platform: Platform
    account: str
    endpoint: str | None = None
    status: Status = Status.REQUESTED
    account_name: str | None = None
    currency: str | None = None
    failure: str | None = None
    synced_at: Instant | None = None


class IntegrationRequested(Event, frozen=True):
    """A connection was asked for; its credential was put into the vault."""

    platform: Platform
    account: str
    endpoint: str | None

    def evolve(self, _: None) -> Integration:
        return Integration(platform=self.platform, account=self.account, endpoint=self.endpoint)


class CredentialReplaced(Event, frozen=True):
    """A new credential was put into the vault; the connection is to be verified again."""

    def evolve(self, integration: Integration) -> Integration:
        return replace(integration, status=Status.REQUESTED, failure=None)


class IntegrationConnected(Event, frozen=True):
    """The platform accepted the credential and named the account."""

    account_name: str
    currency: str | None

    def evolve(self, integration: Integration) -> Integration:
        return replace(
            integration,
            status=Status.CONNECTED,
            account_name=self.account_name,
            currency=self.currency,
            failure=None,
        )


class IntegrationFailed(Event, frozen=True):
    """The platform refused the credential or the account."""

    reason: str

    def evolve(self, integration: Integration) -> Integration:
        return replace(integration, status=Status.FAILED, failure=self.reason)


class IntegrationSynced(Event, frozen=True):
    """Figures of this connection were collected."""

    at: Instant

    def evolve(self, integration: Integration) -> Integration:
        return replace(integration, synced_at=self.at)


class IntegrationDisconnected(Event, frozen=True):
    """The connection was ended and its credential destroyed."""

    def evolve(self, integration: Integration) -> Integration:
        return replace(integration, status=Status.DISCONNECTED)


@decides
def request(
    integration: Integration | None, platform: Platform, account: str, endpoint: str | None = None
) -> IntegrationRequested:
    if integration:
        raise AlreadyExists("integration", integration.account)
    return IntegrationRequested(platform, text(account, "account", longest=100), endpoint and _base(endpoint))


@decides
def replace_credential(integration: Integration) -> CredentialReplaced:
    if integration.status is Status.DISCONNECTED:
        raise WrongStatus("integration", "disconnected", "connected")
    return CredentialReplaced()


@decides
def connect(integration: Integration, account_name: str, currency: str | None) -> IntegrationConnected | None:
    if integration.status is Status.DISCONNECTED:
        return None
    name = text(told(account_name, longest=200), "accountName", longest=200, empty=True) or integration.account
    known = (integration.status, integration.account_name, integration.currency)
    return None if known == (Status.CONNECTED, name, currency) else IntegrationConnected(name, currency)


@decides
def fail(integration: Integration, reason: str) -> IntegrationFailed | None:
    why = told(reason, longest=1000) or "no reason was given"
    if integration.status is Status.DISCONNECTED or integration.failure == why:
        return None
    return IntegrationFailed(why)


@decides
def note_sync(integration: Integration, at: datetime) -> IntegrationSynced | None:
    return IntegrationSynced(at) if integration.status is Status.CONNECTED else None


@decides
def disconnect(integration: Integration) -> IntegrationDisconnected | None:
    return None if integration.status is Status.DISCONNECTED else IntegrationDisconnected()


def _base(endpoint: str) -> str:
    """A site's address, to which the paths of its interface are appended as they are."""
    address = url(endpoint, "endpoint")
    if "?" in address or "#" in address:
        raise InvalidValue("endpoint", "must not have a query or fragment; give the site's address alone")
    path = urlsplit(address).path
    if "\\" in address or _DISGUISED.search(path) or {".", ".."} & set(path.split("/")):
        raise InvalidValue("endpoint", "must not have '.' or '..' segments, or encoded dots or slashes, in its path")
    return address.rstrip("/")
