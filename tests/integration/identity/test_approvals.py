"""Above the workspace's limit a campaign needs a second person: nobody approves their own, however they go about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.identity.team import accepts, api_key, invited, joined, service_account
from tests.unit.domain.stories import ad_set, published_content

from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain import campaign
from umt.domain.campaign import Campaign
from umt.domain.content import Content
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind


@pytest.fixture
def owner(url: str) -> Caller:
    return Caller(url).registers()


LIMIT = {"limits": [{"amount": "5000", "currency": "EUR"}]}


def draft(wired: System, author: Caller, amount: str = "6000") -> str:
    """A campaign of this total budget, ready to be approved, by one author."""
    made = author.campaign(author.brand(), platforms=["GOOGLE"], totalBudget={"amount": amount, "currency": "EUR"})
    share = {"platform": "GOOGLE", "amount": {"amount": "100", "currency": "EUR"}}
    author.mutates("allocateBudget", {"campaign": made, "allocation": [share]})

    def add(tx: Transaction) -> None:
        tx.decide(Campaign, UUID(made), campaign.add_ad_set, ad_set(Platform.GOOGLE))

    agent = Context(workspace=author.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    wired.writer.run(agent, add).result()
    return made


def approves(person: Caller, made: str) -> str:
    """What the person is told: the campaign's new status, or why not."""
    answer = person.posts(
        "mutation($c: ID!) { approveCampaign(input: {campaign: $c}) { campaign { status approvedBy } } }", {"c": made}
    )
    if "errors" in answer:
        extensions: dict[str, Any] = answer["errors"][0]["extensions"]
        return str(extensions.get("domainCode", extensions["code"]))
    return str(answer["data"]["approveCampaign"]["campaign"]["status"])


def test_without_limits_everybody_approves_their_own(owner: Caller, wired: System) -> None:
    assert approves(owner, draft(wired, owner)) == "APPROVED"


def test_above_the_limit_somebody_else_approves(owner: Caller, wired: System) -> None:
    ann, bob = joined(owner, "MARKETER"), joined(owner, "MARKETER")
    assert owner.mutates("setApprovalLimits", LIMIT, "workspace { approvalLimits { amount currency } }") == {
        "workspace": {"approvalLimits": [{"amount": "5000.00", "currency": "EUR"}]}
    }
    made = draft(wired, ann)
    assert approves(ann, made) == "SECOND_PERSON_NEEDED"
    assert approves(bob, made) == "APPROVED"
    assert approves(ann, draft(wired, ann, "5000")) == "APPROVED"


def test_owners_do_not_approve_their_own_either(owner: Caller, wired: System) -> None:
    owner.mutates("setApprovalLimits", LIMIT)
    assert approves(owner, draft(wired, owner)) == "SECOND_PERSON_NEEDED"


def test_whoever_edited_last_is_an_author_too(owner: Caller, wired: System) -> None:
    ann, bob = joined(owner, "MARKETER"), joined(owner, "MARKETER")
    owner.mutates("setApprovalLimits", LIMIT)
    made = draft(wired, ann)
    assert approves(bob, made) == "APPROVED"
    share = {"platform": "GOOGLE", "amount": {"amount": "6000", "currency": "EUR"}}
    bob.mutates("allocateBudget", {"campaign": made, "allocation": [share]})
    assert bob.refused("launchCampaign", {"campaign": made})["domainCode"] == "NOT_READY"
    assert (approves(bob, made), approves(ann, made)) == ("SECOND_PERSON_NEEDED", "SECOND_PERSON_NEEDED")
    assert approves(owner, made) == "APPROVED"


def test_a_currency_without_a_limit_is_above_it(owner: Caller, wired: System) -> None:
    owner.mutates("setApprovalLimits", {"limits": [{"amount": "9000", "currency": "USD"}]})
    assert approves(owner, draft(wired, owner, "1000")) == "SECOND_PERSON_NEEDED"


def test_a_key_approves_nothing_above_the_limit_and_hides_no_author(owner: Caller, wired: System) -> None:
    ann = joined(owner, "ADMIN")
    owner.mutates("setApprovalLimits", LIMIT)
    program = api_key(ann, "brand:write", "campaign:write", "campaign:approve", "campaign:read")
    of_program = api_key(owner, "campaign:approve", "campaign:read")
    program.session |= {"workspace": str(owner.workspace)}
    made = draft(wired, program)
    assert approves(of_program, made) == "SECOND_PERSON_NEEDED"
    assert approves(program, made) == "SECOND_PERSON_NEEDED"
    assert approves(ann, made) == "SECOND_PERSON_NEEDED"
    assert approves(owner, made) == "APPROVED"


WRITING = ("brand:read", "brand:write", "campaign:read", "campaign:write", "campaign:approve")
ONE_GOOGLE_SHARE = [{"platform": "GOOGLE", "amount": {"amount": "100", "currency": "EUR"}}]


def of_service_account(maker: Caller) -> Caller:
    """A service account that somebody made, working by a key that they made."""
    program = api_key(maker, *WRITING, holder=service_account(maker, f"Robot {uuid4()}", "MARKETER"))
    program.session |= {"workspace": str(maker.workspace)}
    return program


def test_who_made_the_key_of_a_service_account_is_an_author_of_what_it_drafts(owner: Caller, wired: System) -> None:
    ann, bob = joined(owner, "ADMIN"), joined(owner, "MARKETER")
    owner.mutates("setApprovalLimits", LIMIT)
    made = draft(wired, of_service_account(ann))
    assert approves(ann, made) == "SECOND_PERSON_NEEDED"
    assert approves(bob, made) == "APPROVED"


@pytest.mark.parametrize("edit", ["allocateBudget", "addAdSet", "removeAdSet"])
def test_who_made_the_key_of_a_service_account_is_an_author_of_what_it_edits(
    owner: Caller, wired: System, edit: str
) -> None:
    ann = joined(owner, "ADMIN")
    owner.mutates("setApprovalLimits", LIMIT)
    robot, made, content = of_service_account(ann), draft(wired, owner), uuid4()
    test = Context(workspace=owner.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
    wired.writer.run(test, lambda tx: tx.record(Content, content, *published_content())).result()
    audience = {"name": "Parents", "ageFrom": 25, "ageTo": 45}
    more = {"platform": "GOOGLE", "name": "More", "content": str(content), "audience": audience}
    if edit == "removeAdSet":
        owner.mutates("addAdSet", {"campaign": made, **more})
    ad_sets = wired.writer.run(test, lambda tx: tx.get(Campaign, UUID(made)).ad_sets).result()
    given: dict[str, Any] = {
        "allocateBudget": {"allocation": ONE_GOOGLE_SHARE},
        "addAdSet": more,
        "removeAdSet": {"adSet": str(ad_sets[-1].id)},
    }
    robot.mutates(edit, {"campaign": made, **given[edit]})
    assert approves(ann, made) == "SECOND_PERSON_NEEDED"
    assert approves(joined(owner, "MARKETER"), made) == "APPROVED"


def test_an_admin_does_not_let_in_a_second_self(owner: Caller, wired: System, url: str) -> None:
    ann = joined(owner, "ADMIN")
    owner.mutates("setApprovalLimits", LIMIT)
    made = draft(wired, ann)
    second_self = accepts(Caller(url), invited(ann, f"second-{ann.email}", "ADMIN"))
    third_self = accepts(Caller(url), invited(second_self, f"third-{ann.email}", "MARKETER"))
    ann.mutates("changeMemberRole", {"user": str(third_self.user), "role": "ADMIN"})
    assert {approves(each, made) for each in (second_self, third_self)} == {"SECOND_PERSON_NEEDED"}
    owner.mutates("changeMemberRole", {"user": str(second_self.user), "role": "ADMIN"})
    assert approves(second_self, made) == "APPROVED"


def test_an_author_who_is_let_in_again_is_somebody_else_only_when_an_owner_says_so(
    owner: Caller, wired: System, url: str
) -> None:
    ann, bob = joined(owner, "ADMIN"), joined(owner, "ADMIN")
    owner.mutates("setApprovalLimits", LIMIT)
    made = draft(wired, ann)
    bob.mutates("removeMember", {"user": str(ann.user)})
    again = accepts(Caller(url), invited(bob, ann.email, "ADMIN"))
    assert approves(again, made) == "SECOND_PERSON_NEEDED"


def test_only_an_owner_loosens_the_limits(owner: Caller) -> None:
    ann = joined(owner, "ADMIN")
    ann.mutates("setApprovalLimits", LIMIT)
    for looser in ([{"amount": "5001", "currency": "EUR"}], [], [*LIMIT["limits"], {"amount": "1", "currency": "USD"}]):
        assert ann.refused("setApprovalLimits", {"limits": looser})["domainCode"] == "OUT_OF_REACH"
    ann.mutates("setApprovalLimits", {"limits": [{"amount": "4000", "currency": "EUR"}]})
    owner.mutates("setApprovalLimits", {"limits": []})


def test_a_limit_that_is_lowered_after_the_approval_does_not_undo_it(owner: Caller, wired: System) -> None:
    made = draft(wired, owner)
    approves(owner, made)
    owner.mutates("setApprovalLimits", LIMIT)
    assert owner.asks("query($c: ID!) { campaign(id: $c, asOf: {version: 4}) { status } }", c=made) == {
        "campaign": {"status": "APPROVED"}
    }
