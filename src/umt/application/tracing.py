"""Spans of what is asked for and of what it waits for, by OpenTelemetry's API.

A span is an operation, a command, or one round trip to something outside; never a field. Without an SDK in the process nothing
is recorded, and next to nothing is spent. Names and attributes are those of the semantic conventions
(https://opentelemetry.io/docs/specs/semconv/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, Span, SpanKind
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]

_TRACER: Final = trace.get_tracer("umt")
_NOTHING: Final = nullcontext(trace.INVALID_SPAN)


def span(
    name: str, attributes: Callable[[], Attributes], kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """A span around what is done within; an exception that leaves it is its error.

    :param name: says little, since there are to be few names: no id, no value.
    :param attributes: asked for only if somebody records them.
    """
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return _NOTHING
    return _TRACER.start_as_current_span(name, kind=kind, attributes=attributes())
