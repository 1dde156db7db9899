"""Voice: what the offline writer knows of a brand and a brief, and how it says a phrase in the brand's manner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, count

from umt.adapters.writers.phrasebook import NEUTRAL, REGISTERS, Register
from umt.adapters.writers.plain_text import AvoidedWords, clip, fill, listed, placeholders, plain
from umt.domain.brand import Audience, Brand
from umt.domain.content import Brief, Strategy
from umt.domain.values import unique_key

LONGEST_FACT = 60


@dataclass(frozen=True)
class Voice:
    """``facts`` are what phrases can name, free of words to avoid; a fact that is not known is empty."""

    facts: dict[str, str]
    description: str
    words: tuple[str, ...]
    keywords: tuple[str, ...]
    register: Register
    avoid: AvoidedWords
    seed: str

    @classmethod
    def of(cls, brand: Brand, brief: Brief, strategy: Strategy | None = None) -> Voice:
        """The voice for a brief; what a strategy says of tone and keywords goes before brand and brief."""
        tone = strategy.tone if strategy else brand.styling.tone_of_voice
        avoid = AvoidedWords(brand.styling.words_to_avoid)

        def said(value: str, longest: int = LONGEST_FACT) -> str:
            return avoid.without(clip(plain(value), longest))

        audience = audience_of(brand, brief)
        strengths = [strength for competitor in brand.competitors for strength in competitor.strengths]
        keywords = tuple(filter(None, map(said, strategy.keywords if strategy else brief.keywords)))
        words = tuple(filter(None, map(said, brand.styling.words_to_use)))
        title = said(brief.title, 100)
        return cls(
            facts={
                "brand": said(brand.name),
                "industry": said(brand.industry.name),
                "title": title,
                "topic": keywords[0] if keywords else said(title),
                "goal": said(brief.goal, 500),
                "audience": said(brief.audience) or (said(audience.name) if audience else ""),
                "interest": said(audience.interests[0]) if audience and audience.interests else "",
                "strength": said(strengths[0]) if strengths else "",
                "words": listed(words) if words else "",
                "tone": said(tone),
                "keyword": keywords[0] if keywords else "",
                "keywords": ", ".join(keywords),
                "others": listed(keywords[1:]) if keywords[1:] else "",
            },
            description=said(brand.description, 600),
            words=words,
            keywords=keywords,
            register=register_of(tone),
            avoid=avoid,
            seed="\0".join((brand.name, brief.title, brief.goal, *brief.keywords)),
        )

    def rotation(self, length: int, *salt: object) -> int:
        """A number below ``length`` that depends on the brand, the brief and the ``salt`` alone."""
        digest = sha256("\0".join((self.seed, *map(str, salt))).encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % length

    def say(self, phrases: Sequence[str], *salt: object, longest: int = 5000, **facts: str) -> str:
        """One of the ``phrases``: whose names are all known, rather without a word to avoid, rather one that
        fits. Empty if there is none."""
        known = {**self.facts, **facts}
        start = self.rotation(len(phrases), *salt)
        ordered = [*phrases[start:], *phrases[:start]]
        said = [
            _capitalised(phrase, fill(phrase, known))
            for phrase in ordered
            if all(known.get(name) for name in placeholders(phrase))
        ]
        clean = [phrase for phrase in said if not self.avoid.found_in(phrase)]
        fitting = [phrase for phrase in clean if len(phrase) <= longest]
        best = next(iter(fitting or clean or said), "")
        return self.avoid.without(clip(best, longest))

    def finish(self, value: str, longest: int, *, lines: bool = False) -> str:
        """``value`` as it can be published; never empty, whatever the words to avoid leave of it."""
        finished = self.avoid.without(clip(plain(value, lines=lines), longest))
        last_resort = chain(("Read on", "More"), map(str, count(1)))
        return finished or next(word for word in last_resort if not self.avoid.found_in(word))


def audience_of(brand: Brand, brief: Brief) -> Audience | None:
    """The brand's audience that the brief names, else its first."""
    named = (a for a in brand.audiences if unique_key(a.name) == unique_key(brief.audience))
    return next(named, brand.audiences[0] if brand.audiences else None)


def register_of(tone: str) -> Register:
    """The register whose signs the tone of voice shows first."""
    for word in re.findall(r"\w+", tone.casefold()):
        for register in REGISTERS:
            if word.startswith(register.signs):
                return register
    return NEUTRAL


def _capitalised(phrase: str, said: str) -> str:
    """``said`` with a capital first letter, but for a brand's name, which is spelt as the brand spells it."""
    first = said[:1].upper()
    return first + said[1:] if len(first) == 1 and not phrase.startswith("{brand}") else said
