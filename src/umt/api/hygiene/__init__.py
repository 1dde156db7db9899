"""What every request passes before it comes to a route, and every answer on its way out.

From the outside in: where the request really comes from, the headers of every answer, faults that nobody caught, other
sites' pages, how many requests, how long, how large.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from starlette.types import ASGIApp

from umt.api.hygiene.body import LARGEST_BODY, BodyLimit
from umt.api.hygiene.cors import cors
from umt.api.hygiene.faults import Faults
from umt.api.hygiene.head import HeadLimit
from umt.api.hygiene.headers import Headers
from umt.api.hygiene.limits import Limits
from umt.api.hygiene.proxies import Proxies
from umt.api.hygiene.timeout import Timeout
from umt.application.rate_limits import RateLimits
from umt.application.security_events import NoSecurityLog, SecurityLog

LONGEST_REQUEST: Final = 30.0
"""Seconds that a request may take unless it is set otherwise."""


@dataclass(frozen=True, kw_only=True)
class Hygiene:
    """What is asked of requests; without a system nothing is counted and nothing noted."""

    rate_limits: RateLimits | None = None
    security_log: SecurityLog = field(default_factory=NoSecurityLog)
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    cors_origins: tuple[str, ...] = ()
    request_timeout_seconds: float = LONGEST_REQUEST
    largest_body_bytes: int = LARGEST_BODY

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with all of it before it."""
        app = HeadLimit(BodyLimit(app, self.largest_body_bytes))
        app = Timeout(app, self.request_timeout_seconds)
        if self.rate_limits:
            app = Limits(app, self.rate_limits, self.security_log)
        app = cors(app, self.cors_origins)
        app = Faults(app)
        app = Headers(app)
        return Proxies(app, self.trusted_proxies)
