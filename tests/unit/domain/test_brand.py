"""Brand: who speaks, how it looks and sounds, to whom, beside whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.given import given
from tests.unit.domain.stories import GOOGLE, LINKEDIN, PARENTS, TECHNOLOGY, archived_brand, brand

from umt.domain import brand as decide
from umt.domain.brand import (
    Audience,
    AudiencesDefined,
    BrandArchived,
    BrandCreated,
    BrandDescribed,
    BrandRenamed,
    BrandStyled,
    Competitor,
    CompetitorAdded,
    CompetitorRemoved,
    Industry,
    SocialAccount,
    SocialAccountAdded,
    SocialAccountRemoved,
    Styling,
)
from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, WrongStatus

ON_LINKEDIN = SocialAccount(LINKEDIN, "@acmeinc", "https://linkedin.com/company/acmeinc")
RIVAL = Competitor("Globex", "https://globex.example", ("price",))


def test_a_brand_is_created_with_what_it_is() -> None:
    given().when(decide.create, "  Acme Inc. ", TECHNOLOGY, "Leading").then(
        BrandCreated("Acme Inc.", TECHNOLOGY, "Leading")
    ).then_state(name="Acme Inc.", industry=TECHNOLOGY, archived=False)


def test_a_brand_is_created_once() -> None:
    given(*brand()).when(decide.create, "Acme Inc.", TECHNOLOGY).then_fails(AlreadyExists)


@pytest.mark.parametrize("name", ["", "  ", "A" * 201, "Ac\0me"])
def test_a_brand_needs_a_readable_name(name: str) -> None:
    given().when(decide.create, name, TECHNOLOGY).then_fails(InvalidValue, "name")
    given(*brand()).when(decide.rename, name).then_fails(InvalidValue, "name")


def test_a_brand_needs_an_industry() -> None:
    given().when(decide.create, "Acme Inc.", Industry("")).then_fails(InvalidValue, "industry.name")


def test_a_brand_is_renamed() -> None:
    given(*brand()).when(decide.rename, "Acme GmbH").then(BrandRenamed("Acme GmbH")).then_state(name="Acme GmbH")


def test_the_same_name_is_no_news() -> None:
    given(*brand()).when(decide.rename, " Acme Inc. ").then_nothing()


def test_a_brand_is_described_anew() -> None:
    retail = Industry("Retail", "G47")
    given(*brand()).when(decide.describe, "Sells shoes", retail).then(BrandDescribed("Sells shoes", retail)).then_state(
        description="Sells shoes", industry=retail
    )


def test_the_same_description_is_no_news() -> None:
    given(*brand()).when(decide.describe, "Leading technology provider", TECHNOLOGY).then_nothing()


def test_a_brand_is_styled() -> None:
    given(*brand()).when(decide.style, Styling(primary_color="#ff5733", font_family="Roboto")).then(
        BrandStyled(Styling(primary_color="#FF5733", font_family="Roboto"))
    ).when(decide.style, Styling(primary_color="#FF5733", font_family="Roboto")).then_nothing()


@pytest.mark.parametrize(
    ("styling", "field"),
    [
        (Styling(primary_color="red"), "primaryColor"),
        (Styling(secondary_color="#12345"), "secondaryColor"),
        (Styling(tone_of_voice=""), "toneOfVoice"),
        (Styling(words_to_use=("",)), "wordsToUse"),
        (Styling(logo_url="javascript:alert(1)"), "logoUrl"),
    ],
)
def test_a_style_is_made_of_colours_words_and_addresses(styling: Styling, field: str) -> None:
    given(*brand()).when(decide.style, styling).then_fails(InvalidValue, field)


def test_a_word_is_not_both_used_and_avoided() -> None:
    given(*brand()).when(decide.style, Styling(words_to_use=("Cheap",), words_to_avoid=("cheap",))).then_fails(
        InvalidValue, "'cheap' is also among the words to use"
    )


def test_a_brand_defines_its_audiences() -> None:
    given(*brand()).when(decide.define_audiences, [PARENTS]).then(AudiencesDefined((PARENTS,))).then_state(
        audiences=(PARENTS,)
    ).when(decide.define_audiences, [PARENTS]).then_nothing()


def test_audiences_are_told_apart_by_name() -> None:
    given(*brand()).when(decide.define_audiences, [Audience("Parents"), Audience("PARENTS ")]).then_fails(
        InvalidValue, "same name"
    )


@pytest.mark.parametrize(("youngest", "oldest"), [(12, 30), (40, 30), (18, 121)])
def test_an_audience_has_ages_that_platforms_accept(youngest: int, oldest: int) -> None:
    given(*brand()).when(decide.define_audiences, [Audience("People", youngest, oldest)]).then_fails(
        InvalidValue, "audiences.0.ageFrom"
    )


def test_a_social_account_is_added_and_removed() -> None:
    given(*brand()).when(decide.add_social_account, ON_LINKEDIN).then(SocialAccountAdded(ON_LINKEDIN)).then_state(
        social_accounts=(ON_LINKEDIN,)
    ).when(decide.remove_social_account, LINKEDIN, "@acmeinc").then(
        SocialAccountRemoved(LINKEDIN, "@acmeinc")
    ).then_state(social_accounts=())


def test_adding_the_same_account_again_is_no_news() -> None:
    given(*brand(), SocialAccountAdded(ON_LINKEDIN)).when(decide.add_social_account, ON_LINKEDIN).then_nothing()


def test_a_handle_is_unique_on_its_platform() -> None:
    elsewhere = SocialAccount(LINKEDIN, "@acmeinc", "https://linkedin.com/company/other")
    given(*brand(), SocialAccountAdded(ON_LINKEDIN)).when(decide.add_social_account, elsewhere).then_fails(
        AlreadyExists, "@acmeinc"
    )


def test_an_unknown_account_is_not_removed() -> None:
    given(*brand(), SocialAccountAdded(ON_LINKEDIN)).when(decide.remove_social_account, GOOGLE, "@acmeinc").then_fails(
        NotFound, "@acmeinc"
    )


def test_a_competitor_is_watched_and_no_longer() -> None:
    given(*brand()).when(decide.add_competitor, RIVAL).then(CompetitorAdded(RIVAL)).then_state(
        competitors=(RIVAL,)
    ).when(decide.remove_competitor, "Globex").then(CompetitorRemoved("Globex")).then_state(competitors=())


def test_watching_the_same_competitor_again_is_no_news() -> None:
    given(*brand(), CompetitorAdded(RIVAL)).when(decide.add_competitor, RIVAL).then_nothing()


def test_a_brand_has_no_endless_number_of_competitors() -> None:
    known = [CompetitorAdded(Competitor(f"Rival {n}")) for n in range(100)]
    given(*brand(), *known).when(decide.add_competitor, RIVAL).then_fails(InvalidValue, "competitors")


def test_a_competitor_is_known_by_its_name_however_it_is_written() -> None:
    given(*brand(), CompetitorAdded(RIVAL)).when(decide.add_competitor, Competitor("GLOBEX")).then_fails(AlreadyExists)


def test_an_unknown_competitor_is_not_removed() -> None:
    given(*brand()).when(decide.remove_competitor, "Globex").then_fails(NotFound)


def test_a_brand_is_archived_once() -> None:
    given(*brand()).when(decide.archive).then(BrandArchived()).then_state(archived=True).when(
        decide.archive
    ).then_nothing()


@pytest.mark.parametrize(
    ("decision", "asked"),
    [
        (decide.rename, ("Acme GmbH",)),
        (decide.describe, ("Sells shoes", TECHNOLOGY)),
        (decide.style, (Styling(),)),
        (decide.define_audiences, ((),)),
        (decide.add_social_account, (ON_LINKEDIN,)),
        (decide.remove_social_account, (LINKEDIN, "@acmeinc")),
        (decide.add_competitor, (RIVAL,)),
        (decide.remove_competitor, ("Globex",)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_nothing_about_an_archived_brand_changes(decision: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    given(*archived_brand()).when(decision, *asked).then_fails(WrongStatus, "archived")
