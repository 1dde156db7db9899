"""Writers of strategies and texts: a language model behind any address that speaks the Responses API, or rules.

::

    rules        what either writer keeps to: lengths, sources, template
    plain_text   text without markup, control characters and words to avoid
    offline      the writer by rules, with its phrasebook
    prompts      the versioned prompts and how data is handed over
    answers      the shapes that a model's answer must have
    model_service  one call to a model's service, bounded, and what came of it
    model_prices   what calls cost
    openai_writer  the writer by a language model
    fallback     the model or, while it cannot be asked, the rules
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from umt.adapters.writers.fallback import FallbackWriter
from umt.adapters.writers.model_prices import prices_of
from umt.adapters.writers.offline import OfflineWriter
from umt.application.breakers import UNGUARDED, Breakers
from umt.application.ports import Writer
from umt.domain.secret import Secret

OPENAI = "https://api.openai.com/v1"
TIMEOUT_SECONDS: Final = 180.0
"""Longest time of one call to a model."""


def make_writer(
    api_key: Secret | None,
    base_url: str | None,
    model: str,
    breakers: Breakers = UNGUARDED,
    prices: Mapping[str, Mapping[str, Decimal]] | None = None,
) -> Writer:
    """The language model if there is a key for it, with the rules for when it cannot be asked; else the rules. Without
    ``base_url`` it is OpenAI's own, whatever the environment says: the key goes nowhere that the settings do not name.
    ``prices`` are as the setting has them."""
    key = api_key.reveal().strip() if api_key else ""
    if not key:
        return OfflineWriter()
    # Imported here: the client takes longer to load than all else, and most commands never write a text.
    from umt.adapters.writers.model_service import client_of
    from umt.adapters.writers.openai_writer import OpenAIWriter

    client = client_of(key, base_url or OPENAI, TIMEOUT_SECONDS)
    writer = OpenAIWriter(client, model, TIMEOUT_SECONDS, prices=prices_of(prices or {}), breakers=breakers)
    return FallbackWriter(writer, OfflineWriter())
