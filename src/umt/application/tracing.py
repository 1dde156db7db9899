"""Spans of what is asked for and of what it waits for, by OpenTelemetry's API.

A span is an operation, a command, or one round trip to something outside; never a field. Without an SDK in the process nothing
is recorded, and next to nothing is spent. Names and attributes are those of the semantic conventions
(https://opentelemetry.io/docs/specs/semconv/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]

_TRACER: Final = trace.get_tracer("umt")
_NOTHING: Final = nullcontext(trace.INVALID_SPAN)


def span(
    name: str, attributes: Callable[[], Attributes], kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """A span around what is done within; an exception that leaves it is its error, of which only the type is told: its
    words hold values.

    :param name: says little, since there are to be few names: no id, no value.
    :param attributes: asked for only if somebody records them.
    """
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return _NOTHING
    return _recorded(name, attributes(), kind)


@contextmanager
def _recorded(name: str, attributes: Attributes, kind: SpanKind) -> Iterator[Span]:
    with _TRACER.start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise
