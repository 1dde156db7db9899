"""What a writer's work must keep to, whoever writes it: lengths, sources, the template it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from umt.application.ports import PastPerformance
from umt.domain.brand import Brand
from umt.domain.content import TemplateVersion
from umt.domain.template import Format, Template


class Limits(NamedTuple):
    """The most characters that the parts of a text may have."""

    headline: int
    body: int


LIMITS = {
    Format.BLOG_POST: Limits(headline=120, body=20_000),
    Format.SOCIAL_POST: Limits(headline=120, body=280),
    Format.EMAIL: Limits(headline=78, body=10_000),  # a subject on one line of RFC 5322
    Format.AD_COPY: Limits(headline=30, body=90),  # as search ads have it
}
WIDEST = Limits(headline=300, body=50_000)
"""What a content can hold, whatever its format."""

EXCERPT = 160
CALL_TO_ACTION = 80

BRAND = "brand"
BRIEF = "brief"


def competitor(name: str) -> str:
    """The source of a finding about a competitor."""
    return f"competitor {name}"


def earlier(title: str) -> str:
    """The source of a finding about an earlier content."""
    return f"earlier content {title}"


def sources(brand: Brand, past: Sequence[PastPerformance]) -> tuple[str, ...]:
    """Everything that a strategy's findings can rest on."""
    names = (BRAND, BRIEF, *(competitor(c.name) for c in brand.competitors), *(earlier(p.title) for p in past))
    return tuple(dict.fromkeys(names))


def template_version(template: Template | None) -> TemplateVersion:
    """What a variation records of its template. A template does not know its own id: the caller adds it."""
    if template is None:
        return TemplateVersion(None, "built-in", 1)
    return TemplateVersion(None, template.name, template.revision)
