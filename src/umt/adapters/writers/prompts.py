"""The prompts by version, and how data is handed over.

A prompt is a file ``prompts/<name>@<version>.md`` that is never changed once it has been used: what an agent's run
records ("strategy@1") must stay readable. A better prompt is a new file and a new version here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from umt.adapters.writers import rules
from umt.application.ports import PastPerformance
from umt.domain.brand import Brand
from umt.domain.content import Brief, Strategy
from umt.domain.template import Template

MOST_EARLIER_CONTENTS = 50


class Prompt(NamedTuple):
    """Instructions for the model, and the version under which they are recorded."""

    version: str
    text: str

    @property
    def sha256(self) -> str:
        """Of its text, in hexadecimal digits: tells whether the file is still what was sent."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(version: str) -> Prompt:
    """The prompt of that version, e.g. ``strategy@1``."""
    file = files("umt.adapters.writers").joinpath("prompts", f"{version}.md")
    return Prompt(version, file.read_text(encoding="utf-8"))


STRATEGY = load("strategy@1")
VARIATIONS = load("variations@1")
REPAIR = load("repair@1")


def enclosed(data: dict[str, Any]) -> str:
    """``data`` as JSON between marks which no text inside it can close: it holds no angle bracket."""
    document = json.dumps(data, ensure_ascii=False, indent=1)
    return "<data>\n" + document.replace("<", "\\u003c").replace(">", "\\u003e") + "\n</data>"


def strategy_data(brand: Brand, brief: Brief, past: Sequence[PastPerformance]) -> dict[str, Any]:
    """What a model is told to plan a content; of many earlier contents, the most seen."""
    return {
        "brand": _brand(brand),
        "brief": msgspec.to_builtins(brief),
        "past_performance": msgspec.to_builtins(past),
        "sources": rules.sources(brand, past),
    }


def most_seen(past: Sequence[PastPerformance]) -> tuple[PastPerformance, ...]:
    """The earlier contents that are shown to a model."""
    return tuple(sorted(past, key=lambda p: p.impressions, reverse=True)[:MOST_EARLIER_CONTENTS])


def variations_data(brand: Brand, brief: Brief, strategy: Strategy, template: Template | None) -> dict[str, Any]:
    """What a model is told to write the texts."""
    limits = rules.LIMITS[brief.format]
    return {
        "count": brief.variations,
        "limits": {
            "headline": limits.headline,
            "body": limits.body,
            "excerpt": rules.EXCERPT,
            "call_to_action": rules.CALL_TO_ACTION,
        },
        "brand": _brand(brand, competitors=False),
        "brief": msgspec.to_builtins(brief),
        "strategy": msgspec.to_builtins(strategy),
        "template": template and {"name": template.name, "instructions": template.instructions},
    }


def _brand(brand: Brand, *, competitors: bool = True) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": brand.name,
        "industry": brand.industry.name,
        "description": brand.description,
        "tone_of_voice": brand.styling.tone_of_voice,
        "words_to_use": brand.styling.words_to_use,
        "words_to_avoid": brand.styling.words_to_avoid,
        "audiences": msgspec.to_builtins(brand.audiences),
    }
    if competitors:
        told["competitors"] = [{"name": c.name, "strengths": c.strengths} for c in brand.competitors]
    return told
