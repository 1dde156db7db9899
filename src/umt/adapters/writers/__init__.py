"""Writers of strategies and texts: a language model behind any address that speaks the Responses API, or rules.

::

    rules        what either writer keeps to: lengths, sources, template
    plain_text   text without markup, control characters and words to avoid
    offline      the writer by rules, with its phrasebook
    prompts      the versioned prompts and how data is handed over
    answers      the shapes that a model's answer must have
    openai_writer  the writer by a language model
"""

from __future__ import annotations

from umt.adapters.writers.offline import OfflineWriter
from umt.application.breakers import UNGUARDED, Breakers
from umt.application.ports import Writer
from umt.domain.secret import Secret

OPENAI = "https://api.openai.com/v1"


def make_writer(api_key: Secret | None, base_url: str | None, model: str, breakers: Breakers = UNGUARDED) -> Writer:
    """The language model if there is a key for it, else the rules. Without ``base_url`` it is OpenAI's own,
    whatever the environment says: the key goes nowhere that the settings do not name."""
    key = api_key.reveal().strip() if api_key else ""
    if not key:
        return OfflineWriter()
    # Imported here: the client takes longer to load than all else, and most commands never write a text.
    import openai

    from umt.adapters.writers.openai_writer import OpenAIWriter

    return OpenAIWriter(openai.AsyncOpenAI(api_key=key, base_url=base_url or OPENAI), model, breakers=breakers)
