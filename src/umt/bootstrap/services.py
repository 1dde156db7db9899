"""What the API needs, of a wired system. Not among what `umt.bootstrap` hands on: the schema takes long to build."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from umt.api.graphql.manifest import manifest
from umt.api.hygiene import Hygiene
from umt.api.services import Services
from umt.bootstrap.system import System


def services_of(wired: System, info: dict[str, Any]) -> Services:
    """The services; ``info`` is told by /health. `UnusableManifest` if the trusted documents cannot be read."""

    async def close() -> None:
        await wired.close_reading()
        await wired.rate_limits.close()

    settings = wired.settings
    return Services(
        dispatcher=wired.dispatcher,
        queries=wired.queries,
        live=wired.live,
        identity=wired.identity,
        joining=wired.joining,
        erasing=wired.erasing,
        signing_keys=wired.signing_keys,
        clock=wired.clock,
        hygiene=hygiene_of(wired),
        cookie_secure=settings.cookie_secure,
        info=lambda: info,
        ready=wired.ready,
        graphiql=settings.graphiql,
        introspection=settings.introspection,
        trusted_documents=manifest(settings.trusted_documents) if settings.trusted_documents else {},
        only_trusted_documents=settings.only_trusted_documents,
        kept_answers_bytes=settings.kept_answers_bytes,
        open=wired.open_reading,
        close=close,
    )


def hygiene_of(wired: System) -> Hygiene:
    """What requests pass, by the settings."""
    settings = wired.settings
    return Hygiene(
        rate_limits=wired.rate_limits,
        security_log=wired.security_log,
        trusted_proxies=tuple(ip_network(proxy) for proxy in settings.trusted_proxies),
        cors_origins=settings.cors_origins,
        request_timeout_seconds=settings.request_timeout_seconds,
        largest_body_bytes=settings.largest_body_bytes,
    )
