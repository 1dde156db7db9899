"""The writer by rules: no model, no network, no chance. What it writes bears its name, so that nobody takes it
for a model's work; the same brand and brief always give the same text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from umt.adapters.writers import rules
from umt.adapters.writers.forms import compose
from umt.adapters.writers.phrasebook import ANGLES, AWARENESS, INTENTS, OUTLINES, TITLES, Angle, Intent
from umt.adapters.writers.plain_text import listed, plain
from umt.adapters.writers.voice import Voice, audience_of
from umt.application.ports import UNLIMITED, Allowance, PastPerformance, Written
from umt.domain.brand import Brand
from umt.domain.content import Brief, Finding, Strategy, Variation
from umt.domain.template import Template

NAME = "offline-writer"
PROMPT = "rules v1"
FEWEST_IMPRESSIONS = 1_000
"""Below these a click-through rate says little."""


class OfflineWriter:
    """Plans and writes by the rules of this package's phrasebook."""

    async def strategy(
        self, brand: Brand, brief: Brief, past: Sequence[PastPerformance], allowance: Allowance = UNLIMITED
    ) -> tuple[Strategy, Written]:
        voice = Voice.of(brand, brief)
        intent = intent_of(brief.goal)
        clicked, converted = most_clicked(past), most_converting(past)
        lead = _angle_of_title(clicked.title if clicked else "") or _named(intent.angle)
        strategy = Strategy(
            angle=_angle_text(voice, lead, brand),
            tone=plain(brand.styling.tone_of_voice) or "neutral",
            keywords=voice.keywords or (voice.facts["topic"] or "news",),
            outline=tuple(voice.finish(voice.say((h,)), 200) for h in OUTLINES[brief.format]),
            call_to_action=voice.finish(voice.say(intent.calls), rules.CALL_TO_ACTION),
            findings=(
                *_about_brand(brand, brief),
                _about_brief(brief, intent, lead),
                *_about_competitors(brand, voice),
                *_about_past(past, clicked, converted),
            ),
        )
        return strategy, _written(strategy)

    async def variations(
        self,
        brand: Brand,
        brief: Brief,
        strategy: Strategy,
        template: Template | None,
        first_number: int,
        allowance: Allowance = UNLIMITED,
    ) -> tuple[tuple[Variation, ...], Written]:
        voice = Voice.of(brand, brief, strategy)
        angles = _in_order(voice, strategy, brief)
        made_from = rules.template_version(template)
        variations = []
        for number in range(first_number, first_number + brief.variations):
            angle = angles[(number - 1) % len(angles)]
            draft = compose(voice, angle, strategy, brief.format, template, number)
            variations.append(Variation(number, *draft, template=made_from, writer=NAME))
        return tuple(variations), _written(variations)


def intent_of(goal: str) -> Intent:
    """What a goal is after: the intent whose signs begin most of its words, else to be known."""
    words = re.findall(r"\w+", goal.casefold())
    best = max(INTENTS, key=lambda intent: sum(word.startswith(intent.signs) for word in words))
    return best if any(word.startswith(best.signs) for word in words) else AWARENESS


def most_clicked(past: Sequence[PastPerformance]) -> PastPerformance | None:
    """The earlier content with the highest click-through rate, among those seen often enough to tell."""
    seen = [p for p in past if p.impressions >= FEWEST_IMPRESSIONS]
    return max(seen, key=lambda p: p.clicks / p.impressions, default=None)


def most_converting(past: Sequence[PastPerformance]) -> PastPerformance | None:
    """The earlier content that brought the most conversions, if any did."""
    return max((p for p in past if p.conversions), key=lambda p: p.conversions, default=None)


def _named(name: str) -> Angle:
    return next(angle for angle in ANGLES if angle.name == name)


def _angle_of_title(title: str) -> Angle | None:
    return next((_named(name) for sign, name in TITLES if sign in title.casefold()), None)


def _in_order(voice: Voice, strategy: Strategy, brief: Brief) -> tuple[Angle, ...]:
    """Every angle: the strategy's first, then the others from a place that the brand and brief give."""
    planned = (angle for angle in ANGLES if strategy.angle.startswith(f"{angle.name}-led"))
    lead = next(planned, _named(intent_of(brief.goal).angle))
    others = [angle for angle in ANGLES if angle is not lead]
    start = voice.rotation(len(others), "angles")
    return (lead, *others[start:], *others[:start])


def _angle_text(voice: Voice, lead: Angle, brand: Brand) -> str:
    audience = voice.facts["audience"] or "readers"
    plan = f"{lead.name}-led: {lead.why.replace('{audience}', audience)}"
    rival = next((c for c in brand.competitors if c.strengths), None)
    answer = voice.facts["words"] or voice.facts["tone"] or "a voice of its own"
    if rival:
        plan += f"; where {plain(rival.name)} stresses {plain(rival.strengths[0])}, answer with {answer}"
    elif voice.words:
        plan += f"; stand out by being {answer}"
    return plan + "."


def _about_brand(brand: Brand, brief: Brief) -> list[Finding]:
    style = brand.styling
    says = f"{plain(brand.name)} speaks in a {plain(style.tone_of_voice) or 'neutral'} voice"
    if style.words_to_use:
        says += f"; it uses {_quoted(style.words_to_use)}"
    if style.words_to_avoid:
        says += f"; it never says {_quoted(style.words_to_avoid)}"
    findings = [Finding(rules.BRAND, says + ".")]
    if audience := audience_of(brand, brief):
        says = f"The audience “{plain(audience.name)}” is {audience.age_from} to {audience.age_to} years old"
        if audience.interests:
            says += f" and interested in {listed(map(plain, audience.interests))}"
        if audience.places:
            says += f"; places: {listed(map(plain, audience.places))}"
        findings.append(Finding(rules.BRAND, says + "."))
    return findings


def _about_brief(brief: Brief, intent: Intent, lead: Angle) -> Finding:
    form = brief.format.replace("_", " ")
    channels = listed(channel.label for channel in brief.channels) if brief.channels else "no channel yet"
    says = (
        f"The goal “{plain(brief.goal)}” is about {intent.name}. "
        f"Asked for: {form} for {channels}; a {lead.name.lower()}-led text opens the test."
    )
    return Finding(rules.BRIEF, says)


def _about_competitors(brand: Brand, voice: Voice) -> list[Finding]:
    findings = []
    for rival in brand.competitors:
        name = plain(rival.name)
        says = f"No strengths of {name} are on record; look into them."
        if rival.strengths:
            says = f"Competitor {name} stresses {listed(map(plain, rival.strengths))}"
            says += f"; the text answers with {voice.facts['words']}." if voice.words else "."
        findings.append(Finding(rules.competitor(rival.name), says))
    return findings


def _about_past(
    past: Sequence[PastPerformance], clicked: PastPerformance | None, converted: PastPerformance | None
) -> list[Finding]:
    findings = []
    if clicked:
        rate = 100 * clicked.clicks / clicked.impressions
        says = (
            f"Earlier content “{plain(clicked.title)}” had a CTR of {rate:.1f} % on {clicked.impressions:,} impressions"
        )
        others = sum(p.impressions >= FEWEST_IMPRESSIONS for p in past) - 1
        says += f", the best of {others + 1}" if others else ""
        form = _angle_of_title(clicked.title)
        says += f"; its form, {form.name.lower()}-led, is taken up again." if form else "."
        findings.append(Finding(rules.earlier(clicked.title), says))
    if converted:
        says = f"Earlier content “{plain(converted.title)}” brought {converted.conversions:,} conversions"
        says += f" at {converted.spend / converted.conversions:.2f} {plain(converted.currency)} each."
        findings.append(Finding(rules.earlier(converted.title), says))
    if not findings:
        few = f"no earlier content has {FEWEST_IMPRESSIONS:,} impressions or a conversion yet"
        none = "there are no figures of earlier contents yet"
        says = f"The goal alone decides the angle: {few if past else none}."
        findings.append(Finding(rules.BRIEF, says))
    return findings


def _quoted(words: Sequence[str]) -> str:
    return listed(f"“{plain(word)}”" for word in words)


def _written(result: object) -> Written:
    return Written(writer=NAME, prompt=PROMPT, answer=msgspec.json.encode(result).decode())
