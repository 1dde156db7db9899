"""Usage example "Domain-Driven Design", in this project's shape: the example's own Acme Inc., line by line."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from tests.architecture.wiring import BY_ANNA, System, TwoLiner
from tests.in_memory import ACME, InMemory, InMemoryTriggers, InMemoryWriter

from umt.application.agents.reaction import Agent, Facts, Step
from umt.application.agents.runtime import AgentRuntime
from umt.application.authorisation import Authorisation
from umt.application.commands.brand import AddSocialAccount, CreateBrand
from umt.domain import brand
from umt.domain.brand import (
    Brand,
    BrandCreated,
    BrandStyled,
    Industry,
    SocialAccount,
    SocialAccountAdded,
    Styling,
)
from umt.domain.event import Event, fold
from umt.domain.platform import Platform
from umt.domain.recorded import Recorded

INDUSTRY = Industry(name="Technology", code="TECH")
STYLING = Styling(
    primary_color="#FF5733", secondary_color="#33FF57", font_family="Roboto", tone_of_voice="Professional"
)
ACCOUNT = SocialAccount(platform=Platform.X, handle="@acmeinc", url="https://twitter.com/acmeinc")
CREATED = BrandCreated("Acme Inc.", INDUSTRY, "Leading technology provider")


def saved_brand(system: System) -> UUID:
    """Acme Inc., created by a command and saved."""
    command = CreateBrand(
        name="Acme Inc.", description="Leading technology provider", industry=INDUSTRY, styling=STYLING
    )
    subject = system.dispatcher.submit(command, BY_ANNA).result().subject
    assert subject
    return subject


def test_an_industry_is_a_value() -> None:
    assert Industry("Technology", "TECH") == INDUSTRY
    assert hash(INDUSTRY) == hash(Industry("Technology", "TECH"))


def test_a_brands_styling_is_a_value() -> None:
    assert STYLING.checked() == STYLING
    assert STYLING.tone_of_voice == "Professional"


def test_a_brand_is_created_by_a_decision() -> None:
    assert brand.create(None, "Acme Inc.", INDUSTRY, "Leading technology provider") == (CREATED,)


def test_a_social_media_account_is_a_value_on_a_platform() -> None:
    assert SocialAccount(Platform.X, "@acmeinc", "https://twitter.com/acmeinc") == ACCOUNT


def test_a_social_media_account_is_added_by_a_decision() -> None:
    acme: Brand = fold([CREATED])
    assert brand.add_social_account(acme, ACCOUNT) == (SocialAccountAdded(ACCOUNT),)
    assert acme.social_accounts == (), "the state that was decided on is never changed"


def test_a_brand_is_saved_as_its_events_and_read_back_as_their_fold() -> None:
    system = System(TwoLiner())
    acme = saved_brand(system)
    system.dispatcher.submit(AddSocialAccount(brand=acme, account=ACCOUNT), BY_ANNA).result()
    assert system.memory.stream(ACME, acme) == [CREATED, BrandStyled(STYLING), SocialAccountAdded(ACCOUNT)]
    saved = system.memory.state(Brand, acme)
    assert (saved.name, saved.styling, saved.social_accounts) == ("Acme Inc.", STYLING, (ACCOUNT,))


def test_domain_events_are_what_a_decision_answers() -> None:
    acme: Brand = fold([CREATED])
    events: tuple[Event, ...] = brand.style(acme, STYLING)
    assert events == (BrandStyled(STYLING),)


def test_domain_events_are_dispatched_from_the_log_to_whoever_reacts_to_them() -> None:
    heard: list[Event] = []
    listener = Agent("listener", "Listener")

    @listener.on(BrandCreated, BrandStyled)
    def listen(event: BrandCreated | BrandStyled, at: Recorded, facts: Facts) -> Iterator[Step]:
        heard.append(event)
        yield from ()

    memory = InMemory()
    runtime = AgentRuntime(InMemoryWriter(memory), {"listener": listener}, Authorisation(), InMemoryTriggers(memory))
    for event in (CREATED, BrandStyled(STYLING)):
        runtime.react(listener, memory.happened(UUID(int=1), event)).result()
    assert heard == [CREATED, BrandStyled(STYLING)]


def test_there_are_no_events_to_clear_because_a_state_holds_none() -> None:
    acme: Brand = fold([CREATED])
    assert brand.style(acme, STYLING) == brand.style(acme, STYLING)
    assert not any(isinstance(getattr(acme, field), Event) for field in acme.__struct_fields__)
