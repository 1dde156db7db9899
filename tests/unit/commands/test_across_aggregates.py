"""Rules that no aggregate can keep alone: unique names, approved creatives, credentials in the vault."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from tests.in_memory import ACME, InMemory, InMemoryTransaction
from tests.unit.domain.stories import (
    BRAND,
    BRIEF,
    CAMPAIGN,
    CONTENT,
    GOOGLE,
    MARCH,
    PARENTS,
    TECHNOLOGY,
    History,
    approved_content,
    archived_brand,
    archived_content,
    draft_campaign,
    eur,
    published_content,
    selected_content,
)

from umt.application.commands.brand import ArchiveBrand, CreateBrand, RenameBrand
from umt.application.commands.campaign import AddAdSet, CreateCampaign
from umt.application.commands.content import RequestContent
from umt.application.commands.integration import ConnectIntegration, DisconnectIntegration
from umt.application.dispatch import Command
from umt.application.transaction import Context
from umt.domain.campaign import Campaign, Creative, Objective
from umt.domain.errors import NameTaken, NotReady, WrongStatus
from umt.domain.integration import Integration
from umt.domain.recorded import Actor, ActorKind

CONTEXT = Context(workspace=ACME, actor=Actor(ActorKind.USER, "anna"))


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


def do(memory: InMemory, command: Command) -> UUID:
    """Carry the command out; what it is about."""
    tx = InMemoryTransaction(memory, CONTEXT)
    command.handle(tx)
    subject = tx.commit().subject
    assert subject
    return subject


def create(name: str) -> CreateBrand:
    return CreateBrand(name=name, industry=TECHNOLOGY)


# A brand's name


def test_a_brands_name_is_unique_however_it_is_written(memory: InMemory) -> None:
    do(memory, create("Straße & Söhne"))
    with pytest.raises(NameTaken, match="STRASSE"):
        do(memory, create("STRASSE  &  SÖHNE"))
    assert len(memory.log) == 1


def test_a_name_is_free_again_when_its_brand_goes_by_another(memory: InMemory) -> None:
    first = do(memory, create("Acme"))
    do(memory, RenameBrand(brand=first, name="Globex"))
    do(memory, create("Acme"))
    with pytest.raises(NameTaken):
        do(memory, create("globex"))


def test_a_name_is_free_again_when_its_brand_is_archived(memory: InMemory) -> None:
    do(memory, ArchiveBrand(brand=do(memory, create("Acme"))))
    do(memory, create("Acme"))


def test_a_brand_may_write_its_own_name_otherwise(memory: InMemory) -> None:
    do(memory, RenameBrand(brand=do(memory, create("Acme")), name="ACME"))


@pytest.mark.parametrize(
    "command",
    [
        RequestContent(brand=BRAND, brief=BRIEF),
        CreateCampaign(
            brand=BRAND,
            name="Spring",
            objective=Objective.SALES,
            total_budget=eur(1000),
            schedule=MARCH,
            platforms=(GOOGLE,),
        ),
    ],
    ids=["content", "campaign"],
)
def test_nothing_new_begins_for_an_archived_brand(memory: InMemory, command: Command) -> None:
    memory.happened(BRAND, *archived_brand())
    with pytest.raises(WrongStatus, match="archived"):
        do(memory, command)


# An ad's creative

ADD = AddAdSet(campaign=CAMPAIGN, platform=GOOGLE, name="Parents", content=CONTENT, audience=PARENTS)


@pytest.mark.parametrize(
    "content",
    [selected_content(), approved_content(), archived_content()],
    ids=["not approved", "not published", "archived"],
)
def test_an_ad_shows_only_what_is_approved_and_can_be_read(memory: InMemory, content: History) -> None:
    memory.happened(CAMPAIGN, *draft_campaign())
    memory.happened(CONTENT, *content)
    with pytest.raises(NotReady, match=r"(approved|published) yet"):
        do(memory, ADD)


def test_an_ad_shows_the_chosen_variation_and_leads_to_its_page(memory: InMemory) -> None:
    memory.happened(CAMPAIGN, *draft_campaign())
    memory.happened(CONTENT, *published_content())
    do(memory, ADD)
    (ad_set,) = memory.state(Campaign, CAMPAIGN).ad_sets
    assert ad_set.creative == Creative(CONTENT, "Spring is here", "Come in.", "https://acme.example/spring")


def test_an_ad_set_takes_the_brands_first_audience_or_asks_for_one(memory: InMemory) -> None:
    memory.happened(CAMPAIGN, *draft_campaign())
    memory.happened(CONTENT, *published_content())
    with pytest.raises(NotReady, match="Name an audience"):
        do(memory, ADD.model_copy(update={"audience": None}))


# A connection's credential


def connect(**fields: Any) -> ConnectIntegration:
    return ConnectIntegration(platform=GOOGLE, account="123", credential=SecretStr("s3cret"), **fields)


def test_a_credential_lies_in_the_vault_and_in_no_event(memory: InMemory) -> None:
    integration = do(memory, connect())
    assert memory.secrets == {(ACME, f"integration/{integration}"): "s3cret"}
    assert "s3cret" not in repr(memory.log)


def test_a_platform_is_connected_once_at_a_time(memory: InMemory) -> None:
    first = do(memory, connect())
    with pytest.raises(NameTaken):
        do(memory, connect())
    do(memory, DisconnectIntegration(integration=first))
    assert memory.secrets == {}
    assert memory.state(Integration, do(memory, connect())).account == "123"


def test_a_request_with_the_same_fields_has_the_same_canonical_form_and_never_prints_its_credential() -> None:
    assert connect().canonical() == connect().canonical()
    assert connect().canonical() != connect(endpoint="https://example.com").canonical()
    assert "s3cret" not in repr(connect())
