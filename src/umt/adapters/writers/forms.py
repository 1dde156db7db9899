"""The forms of the offline writer's texts: blog post, social post, e-mail and ad copy; or a template's."""

from __future__ import annotations

from typing import NamedTuple

from umt.adapters.writers import phrasebook as book
from umt.adapters.writers.phrasebook import Angle
from umt.adapters.writers.plain_text import clip, fill, listed, placeholders, plain
from umt.adapters.writers.rules import CALL_TO_ACTION, EXCERPT, LIMITS
from umt.adapters.writers.voice import Voice
from umt.domain.content import Strategy
from umt.domain.template import Format, Template


class Draft(NamedTuple):
    """The parts of one variation."""

    headline: str
    body: str
    excerpt: str
    call_to_action: str


def compose(
    voice: Voice, angle: Angle, strategy: Strategy, form: Format, template: Template | None, number: int
) -> Draft:
    """One variation: what ``angle`` makes of the strategy, in the ``form`` or as the template has it."""
    limits = LIMITS[form]
    headlines = angle.short if form is Format.AD_COPY else angle.headlines
    headline = voice.finish(voice.say(headlines, number, longest=limits.headline), limits.headline)
    call = voice.finish(strategy.call_to_action, CALL_TO_ACTION)
    hook = voice.say(angle.hook, number)
    text = Text(voice, angle, strategy, number, headline, hook, call)
    body = {
        Format.BLOG_POST: text.blog_post,
        Format.SOCIAL_POST: text.social_post,
        Format.EMAIL: text.email,
        Format.AD_COPY: text.ad_copy,
    }[form]()
    excerpt = voice.finish(hook, EXCERPT)
    if template and (moulded := _moulded(template, voice, Draft(headline, body, excerpt, call), limits.body)):
        body = moulded
    return Draft(headline, voice.finish(body, limits.body, lines=True), excerpt, call)


class Text(NamedTuple):
    """What a body is made of."""

    voice: Voice
    angle: Angle
    strategy: Strategy
    number: int
    headline: str
    hook: str
    call: str

    def blog_post(self) -> str:
        voice, n = self.voice, self.number
        outline = self.strategy.outline
        if len(outline) < 3:
            outline = tuple(voice.say((h,)) for h in book.OUTLINES[Format.BLOG_POST])
        further = [voice.say(book.FURTHER, k, keyword=k) for k in voice.keywords[1:]]
        sections = (
            voice.say(book.NEED, n),
            _paragraphs(self._points(), voice.say(book.WEIGH, n)),
            self._brand(),
            _sentences(voice.say(book.NEXT, n), voice.say(book.ALSO)),
            *further,
        )
        return _paragraphs(
            f"# {self.headline}",
            _sentences(voice.say(voice.register.openings, n), self.hook),
            *(f"## {heading}\n\n{section}" for heading, section in zip(outline, sections, strict=False)),
            _sentences(voice.say(voice.register.closings, n), self.call),
        )

    def email(self) -> str:
        voice, n = self.voice, self.number
        return _paragraphs(
            voice.register.greeting,
            _sentences(voice.say(voice.register.openings, n), self.hook),
            self._points(),
            self._brand(),
            _sentences(voice.say(voice.register.closings, n), self.call),
            f"{voice.register.farewell}\n{voice.facts['brand']}",
        )

    def social_post(self) -> str:
        longest = LIMITS[Format.SOCIAL_POST].body
        tags = " ".join(dict.fromkeys(map(_hashtag, self.voice.keywords[:3])))
        return _fitting(longest, "\n\n", clip(self.hook, 180), self._few_words(), self.call, tags)

    def ad_copy(self) -> str:
        longest = LIMITS[Format.AD_COPY].body
        words = self._few_words()
        promise = self.voice.say(self.angle.ad, self.number, longest=longest - len(words) - 1)
        return _fitting(longest, " ", promise, words, self.call)

    def _points(self) -> str:
        points = filter(None, (self.voice.say((point,)) for point in self.angle.points))
        return _paragraphs(self.voice.say((self.angle.lead_in,)), "\n".join(f"- {point}" for point in points))

    def _brand(self) -> str:
        voice = self.voice
        return _sentences(voice.say(book.APPROACH, self.number), voice.description, voice.say(book.WORDS))

    def _few_words(self) -> str:
        """The words to use as a sentence: up to three of them, so that it fits where there is little room."""
        return self.voice.say(("{few}.",), few=listed(self.voice.words[:3])) if self.voice.words else ""


def _moulded(template: Template, voice: Voice, draft: Draft, longest: int) -> str:
    """The template's instructions with their placeholders filled; empty if it has none that are known, because
    rules cannot follow instructions in prose."""
    values = {**voice.facts, **draft._asdict()}
    mould = plain(template.instructions, lines=True)
    if not placeholders(mould) & values.keys():
        return ""
    return fill(mould, values)[: 2 * longest]


def _fitting(longest: int, joint: str, *parts: str) -> str:
    """The first of the ``parts``, and of the others each that still fits."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text}{joint}{part}" if text else part
        text = longer if len(longer) <= longest or not text else text
    return text


def _hashtag(keyword: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in keyword).split()
    return "#" + "".join(word[:1].upper() + word[1:] for word in words) if words else ""


def _sentences(*sentences: str) -> str:
    """The sentences on one line, each with an end."""
    said = (s.strip() for s in sentences if s.strip())
    return " ".join(s if s[-1] in ".!?…:”" else f"{s}." for s in said)


def _paragraphs(*paragraphs: str) -> str:
    return "\n\n".join(p for p in paragraphs if p.strip())
