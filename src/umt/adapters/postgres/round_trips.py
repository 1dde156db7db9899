"""Spans of round trips to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from opentelemetry.trace import Span, SpanKind

from umt.application.tracing import Attributes, span

SYSTEM: Final = "postgresql"


def round_trip(what: str, texts: Callable[[], Sequence[str]]) -> AbstractContextManager[Span]:
    """A span around a round trip, the wait for a connection included; the texts of its statements hold no values."""

    def attributes() -> Attributes:
        statements = texts()
        batch = {"db.operation.batch.size": len(statements)} if len(statements) > 1 else {}
        return {"db.system.name": SYSTEM, "db.query.text": "; ".join(statements), **batch}

    return span(f"{SYSTEM} {what}", attributes, SpanKind.CLIENT)
