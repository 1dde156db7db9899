"""Which other sites' pages may call the API (Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKEN: Final = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-CSRF-Token",
)
SHOWN: Final = (
    "Content-Location",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "UMT-Position",
    "RateLimit",
    "RateLimit-Policy",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
)
"""Headers of answers that a page may read."""

_REMEMBERED_SECONDS: Final = 600


def cors(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """The application open to these origins, cookies included; to none without any."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=TAKEN,
        expose_headers=SHOWN,
        allow_credentials=True,
        max_age=_REMEMBERED_SECONDS,
    )
