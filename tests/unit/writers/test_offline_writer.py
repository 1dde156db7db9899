"""The writer by rules: its plans rest on what it was given, its texts hold whatever it was given."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.contracts.writer_contract import BRAND, BRIEF, PAST, TEMPLATE, WriterContract

from umt.adapters.writers import make_writer
from umt.adapters.writers.fallback import FallbackWriter
from umt.adapters.writers.offline import OfflineWriter, intent_of
from umt.adapters.writers.openai_writer import OpenAIWriter
from umt.adapters.writers.plain_text import has_markup
from umt.adapters.writers.rules import CALL_TO_ACTION, EXCERPT, LIMITS
from umt.adapters.writers.voice import register_of
from umt.application.ports import PastPerformance, Writer
from umt.domain.brand import Audience, Brand, Competitor, Industry, Styling
from umt.domain.content import Brief, Strategy, Variation
from umt.domain.secret import Secret
from umt.domain.template import Format, Template
from umt.domain.values import text, unique_key

WRITER = OfflineWriter()


class TestOfflineWriter(WriterContract):
    @pytest.fixture
    def writer(self) -> Writer:
        return WRITER


async def plan(brand: Brand = BRAND, brief: Brief = BRIEF, past: tuple[PastPerformance, ...] = PAST) -> Strategy:
    strategy, _ = await WRITER.strategy(brand, brief, past)
    return strategy


async def write(
    brief: Brief = BRIEF, brand: Brand = BRAND, template: Template | None = None, first_number: int = 1
) -> tuple[Variation, ...]:
    variations, _ = await WRITER.variations(brand, brief, await plan(brand, brief), template, first_number)
    return variations


async def test_its_work_is_plainly_labelled() -> None:
    strategy, written = await WRITER.strategy(BRAND, BRIEF, PAST)
    assert (written.writer, written.prompt) == ("offline-writer", "rules v1")
    assert strategy.call_to_action in written.answer
    assert {v.writer for v in await write()} == {"offline-writer"}


async def test_the_same_brief_gives_the_same_text() -> None:
    assert await write() == await write()


async def test_a_strategy_names_competitors_and_earlier_figures() -> None:
    strategy = await plan()
    says = {f.source: f.says for f in strategy.findings}
    assert "stresses low prices and fast delivery" in says["competitor Peakline"]
    assert "No strengths" in says["competitor Summit & Co"]
    assert "CTR of 2.1 % on 12,300 impressions, the best of 2" in says["earlier content Are you ready for spring?"]
    assert "44 conversions at 2.73 EUR each" in says["earlier content New colours"]
    assert "where Peakline stresses low prices, answer with durable and repairable" in strategy.angle


async def test_the_form_of_the_most_clicked_title_leads_again() -> None:
    strategy = await plan()
    assert strategy.angle.startswith("Question-led")
    assert (await write())[0].headline.endswith("?")


async def test_few_impressions_prove_nothing() -> None:
    lucky = PastPerformance("How to win?", 10, 9, 0, Decimal(0), Decimal(0), "EUR")
    strategy = await plan(past=(lucky,))
    assert strategy.angle.startswith("Benefit-led")
    assert "no earlier content has 1,000 impressions" in strategy.findings[-1].says


@pytest.mark.parametrize(
    ("goal", "intent"),
    [
        ("Sell more shoes", "sales"),
        ("Newsletter sign-ups", "sign-ups"),
        ("Fewer customers churn", "loyalty"),
        ("Fill the webinar", "attendance"),
        ("More traffic and clicks", "traffic"),
        ("Mehr Umsatz", "awareness"),
    ],
)
def test_a_goal_has_an_intent(goal: str, intent: str) -> None:
    assert intent_of(goal).name == intent


@pytest.mark.parametrize(
    ("tone", "greeting"), [("Warm, human", "Hi there,"), ("professional", "Dear reader,"), ("", "Hello,")]
)
async def test_the_tone_is_heard(tone: str, greeting: str) -> None:
    brand = replace(BRAND, styling=replace(BRAND.styling, tone_of_voice=tone))
    assert register_of(tone).greeting == greeting
    for email in await write(replace(BRIEF, format=Format.EMAIL), brand):
        assert email.body.startswith(greeting)


@pytest.mark.parametrize("form", Format)
async def test_the_brands_words_appear_and_ten_variations_differ(form: Format) -> None:
    variations = await write(replace(BRIEF, format=form, variations=10))
    assert len({v.headline for v in variations}) == len({v.body for v in variations}) == 10
    assert all("urable and repairable" in v.body for v in variations)


async def test_a_blog_post_has_headings_paragraphs_and_a_list() -> None:
    for post in await write():
        assert post.body.startswith(f"# {post.headline}\n\n")
        assert post.body.count("\n## ") == 4
        assert post.body.count("\n- ") >= 3
        assert post.body.rstrip().endswith(post.call_to_action)
        assert len(post.body) > 800


async def test_later_variations_take_other_angles() -> None:
    first, later = await write(), await write(first_number=4)
    assert not {v.headline for v in first} & {v.headline for v in later}


async def test_a_template_is_filled_and_unknown_placeholders_stay() -> None:
    mould = "{headline}\n{goal} with {brand} and {keyword}: {offer} {brand.name}\n{call_to_action}"
    for v in await write(template=replace(TEMPLATE, instructions=mould)):
        goal = "Sell 20 % more trail shoes before June"
        assert v.body == (
            f"{v.headline}\n{goal} with Alpina and trail running shoes: {{offer}} {{brand.name}}\n{v.call_to_action}"
        )


async def test_instructions_in_prose_leave_the_built_in_form() -> None:
    with_template = await write(template=replace(TEMPLATE, instructions="Write like a <b>pirate</b>."))
    assert [v.body for v in with_template] == [v.body for v in await write()]


async def test_a_brand_whose_goal_uses_a_word_to_avoid_is_kept_from_it() -> None:
    template = replace(TEMPLATE, instructions="Our CHEAP offer: {goal}")
    variations = await write(replace(BRIEF, goal="Sell cheap shoes"), template=template)
    assert {v.body for v in variations} == {"Our offer: Sell shoes"}


def test_a_key_chooses_the_model() -> None:
    assert isinstance(make_writer(None, None, "gpt"), OfflineWriter)
    assert isinstance(make_writer(Secret(" "), None, "gpt"), OfflineWriter)
    chosen = make_writer(Secret("key"), "http://localhost:1/v1", "gpt")
    assert isinstance(chosen, FallbackWriter)
    assert isinstance(chosen.model, OpenAIWriter)


words = st.text(max_size=30) | st.sampled_from(["best", "The cheap shoe", "<b>x</b>", "{brand}", "{goal!r}", "Straße"])
several = st.lists(words, max_size=3).map(tuple)
avoided = st.lists(
    st.text(min_size=1, max_size=6) | st.sampled_from(["the", "to", "Alpina", ".", "…", "#", "-", "best", "you need"]),
    max_size=6,
)
brands = st.builds(
    Brand,
    name=words,
    industry=st.builds(Industry, words),
    description=words,
    styling=st.builds(Styling, tone_of_voice=words, words_to_use=several, words_to_avoid=avoided.map(tuple)),
    audiences=st.lists(st.builds(Audience, words, interests=several, places=several), max_size=2).map(tuple),
    competitors=st.lists(st.builds(Competitor, words, strengths=several), max_size=2).map(tuple),
)
briefs = st.builds(
    Brief,
    title=words,
    goal=words,
    format=st.sampled_from(Format),
    keywords=several,
    audience=words,
    variations=st.integers(1, 10),
)
templates = st.none() | st.builds(Template, name=words, format=st.sampled_from(Format), instructions=words)
figures = st.builds(
    PastPerformance,
    title=words,
    impressions=st.integers(0, 10**9),
    clicks=st.integers(0, 10**6),
    conversions=st.integers(0, 10**6),
    spend=st.decimals(0, 10**9, places=2),
    revenue=st.decimals(0, 10**9, places=2),
    currency=st.just("EUR"),
)


@settings(deadline=None)
@given(brands, briefs, templates, st.lists(figures, max_size=3))
async def test_whatever_is_asked_the_texts_hold(
    brand: Brand, brief: Brief, template: Template | None, past: list[PastPerformance]
) -> None:
    strategy, _ = await WRITER.strategy(brand, brief, past)
    variations, _ = await WRITER.variations(brand, brief, strategy, template, 1)
    limits = LIMITS[brief.format]
    assert len(variations) == brief.variations
    for v in variations:
        for part, longest in (
            (v.headline, limits.headline),
            (v.body, limits.body),
            (v.excerpt, EXCERPT),
            (v.call_to_action, CALL_TO_ACTION),
        ):
            assert text(part, "part", longest=longest) == part
            assert not has_markup(part)
            for word in filter(str.isalnum, map(unique_key, brand.styling.words_to_avoid)):
                assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", unique_key(part))
