"""What every writer must keep to; each adapter's tests inherit it and say how to get a writer."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from msgspec.structs import replace

from umt.adapters.writers import rules
from umt.adapters.writers.plain_text import AvoidedWords, has_markup
from umt.application.ports import PastPerformance, Writer
from umt.domain import content as contents
from umt.domain.brand import Audience, Brand, Competitor, Industry, Styling
from umt.domain.content import Brief, Content, TemplateVersion
from umt.domain.event import fold
from umt.domain.platform import Platform
from umt.domain.template import Format, Template

BRAND = Brand(
    name="Alpina",
    industry=Industry("Outdoor footwear"),
    description="Alpina makes trail shoes that can be resoled, in a small workshop in Innsbruck.",
    styling=Styling(
        tone_of_voice="friendly and honest",
        words_to_use=("durable", "repairable"),
        words_to_avoid=("cheap", "best", "game changer"),
    ),
    audiences=(Audience("weekend hikers", 25, 45, interests=("hiking",), places=("Austria",)),),
    competitors=(
        Competitor("Peakline", strengths=("low prices", "fast delivery")),
        Competitor("Summit & Co"),
    ),
)
BRIEF = Brief(
    title="Spring trail guide",
    goal="Sell 20 % more trail shoes before June",
    keywords=("trail running shoes", "resoling"),
    audience="weekend hikers",
    channels=(Platform.CMS, Platform.LINKEDIN),
)
PAST = (
    PastPerformance("Are you ready for spring?", 12_300, 258, 31, Decimal("96.10"), Decimal("900"), "EUR"),
    PastPerformance("New colours", 8_000, 80, 44, Decimal("120.00"), Decimal("1100"), "EUR"),
)
TEMPLATE = Template(name="Letter", format=Format.EMAIL, instructions="{headline}\n\n{brand}: {goal}", revision=4)


class WriterContract:
    """Inherit it and give a ``writer`` fixture."""

    @pytest.fixture
    def writer(self) -> Writer:
        raise NotImplementedError

    async def test_a_strategy_says_everything_and_what_it_rests_on(self, writer: Writer) -> None:
        strategy, written = await writer.strategy(BRAND, BRIEF, PAST)
        assert strategy.angle
        assert strategy.tone
        assert strategy.keywords
        assert len(strategy.outline) >= 3
        assert strategy.findings
        assert all(f.says for f in strategy.findings)
        assert {f.source for f in strategy.findings} <= set(rules.sources(BRAND, PAST))
        assert 0 < len(strategy.call_to_action) <= rules.CALL_TO_ACTION
        assert not AvoidedWords(BRAND.styling.words_to_avoid).found_in(strategy.call_to_action)
        assert all((written.writer, written.prompt, written.answer))
        assert min(written.input_tokens, written.output_tokens) >= 0

    @pytest.mark.parametrize("form", Format)
    async def test_variations_are_what_the_content_accepts(self, writer: Writer, form: Format) -> None:
        brief = replace(BRIEF, format=form, variations=4)
        strategy, _ = await writer.strategy(BRAND, brief, PAST)
        variations, written = await writer.variations(BRAND, brief, strategy, None, first_number=3)
        assert [v.number for v in variations] == [3, 4, 5, 6]
        assert len({(v.headline, v.body) for v in variations}) == 4
        assert {v.template for v in variations} == {TemplateVersion(None, "built-in", 1)}
        assert {v.writer for v in variations} == {written.writer}
        avoid = AvoidedWords(BRAND.styling.words_to_avoid)
        limits = rules.LIMITS[form]
        for v in variations:
            assert 0 < len(v.headline) <= limits.headline
            assert 0 < len(v.body) <= limits.body
            assert 0 < len(v.excerpt) <= rules.EXCERPT
            assert 0 < len(v.call_to_action) <= rules.CALL_TO_ACTION
            for part in (v.headline, v.body, v.excerpt, v.call_to_action):
                assert not avoid.found_in(part)
                assert not has_markup(part)
        requested: Content = fold(contents.request(None, uuid4(), brief, variations[0].template))
        planned = fold(contents.propose_strategy(requested, strategy), requested)
        drafted = fold(contents.add_variations(planned, variations), planned)
        assert drafted.variations == variations

    async def test_the_template_and_its_revision_are_recorded(self, writer: Writer) -> None:
        brief = replace(BRIEF, format=Format.EMAIL)
        strategy, _ = await writer.strategy(BRAND, brief, ())
        variations, _ = await writer.variations(BRAND, brief, strategy, TEMPLATE, first_number=1)
        assert {v.template for v in variations} == {TemplateVersion(None, "Letter", 4)}
