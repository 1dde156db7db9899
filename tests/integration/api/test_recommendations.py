"""Recommendations over GraphQL: listed, looked up, accepted and rejected; measured beside expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.recording import decided, recommended, recorded, runs, started

from umt.bootstrap import System
from umt.domain.agent_run import CommandIssued, DecisionMade
from umt.domain.analytics.expectation import Effect
from umt.domain.recommendation import (
    Recommendation,
    RecommendationAccepted,
    RecommendationApplied,
    RecommendationExpired,
    RecommendationMeasured,
)

SEEN = """
    proposal run action subject target state rejection askedBy decidedBy expiresAt appliedAt measuredAt amount currency
    expected { spend outcome outcomeUnit currency } measured { spend outcome outcomeUnit currency }
    evidence { name value unit } guardrails { name met } about { id }
"""
ONE = f"query($id: ID!, $p: String) {{ recommendation(id: $id, atLeast: $p) {{ {SEEN} }} }}"
LIST = f"""query($f: RecommendationFilter, $p: String) {{
    recommendations(filter: $f, first: 9, atLeast: $p) {{ totalCount nodes {{ {SEEN} }} }} }}"""


@pytest.fixture
def campaign(caller: Caller) -> str:
    return caller.campaign(caller.brand())


def proposed(wired: System, caller: Caller, campaign: str, **given: Any) -> tuple[str, str]:
    """A recommendation as an agent makes it, and the position afterwards."""
    run, identifier = uuid4(), uuid4()
    said = DecisionMade(
        "pause", "campaign", UUID(campaign), "It brings nothing.", "pause_below", target="google",
        score=Decimal("0.2"), confidence=Decimal("0.8"), recommendation=identifier,
    )  # fmt: skip
    runs(wired, caller, (run, [started(campaign), said, CommandIssued("Recommend", "{}", True, "accepted")]))
    position = recorded(wired, caller, Recommendation, (identifier, [recommended(run, campaign, **given)]))
    return str(identifier), position


def colleague(url: str, owner: Caller) -> Caller:
    """Another admin of the workspace."""
    invitation = {"email": f"{uuid4()}@example.com", "role": "ADMIN"}
    token = owner.mutates("inviteMember", invitation, "token")["token"]
    caller = Caller(url)
    joined = caller.mutates(
        "acceptInvitation", {"token": token, "name": "Sam", "password": PASSWORD}, "token user workspace"
    )
    caller.session = joined
    caller.http.headers["Authorization"] = f"Bearer {joined['token']}"
    return caller


def test_it_is_the_same_in_the_list_and_by_its_id(wired: System, caller: Caller, campaign: str) -> None:
    identifier, position = proposed(wired, caller, campaign)
    found = caller.asks(ONE, id=identifier, p=position)["recommendation"]
    assert (found["state"], found["action"], found["target"], found["subject"]) == (
        "PROPOSED", "pause", "google", campaign,
    )  # fmt: skip
    assert found["about"] == {"id": campaign}
    assert found["expected"] == {"spend": "-100", "outcome": "-2", "outcomeUnit": "conversions", "currency": "EUR"}
    assert (found["amount"], found["currency"], found["measured"]) == (None, None, None)
    listed = caller.asks(LIST, f={"states": ["PROPOSED"]}, p=position)["recommendations"]
    # The decision in the run says what it says; here it came without evidence.
    assert {**listed["nodes"][0], "evidence": None, "guardrails": None} == {
        **found, "evidence": None, "guardrails": None,
    }  # fmt: skip
    for state in ("OPEN", "ACCEPTED", "APPLIED", "REJECTED", "EXPIRED", "SIMULATED"):
        assert caller.asks(LIST, f={"states": [state]}, p=position)["recommendations"]["nodes"] == [], state


def test_what_only_informs_has_no_id(wired: System, caller: Caller, campaign: str) -> None:
    position = runs(wired, caller, (uuid4(), [started(campaign), decided(campaign, "alert")]))
    (alert,) = caller.asks(LIST, p=position)["recommendations"]["nodes"]
    assert (alert["state"], alert["proposal"], alert["expected"], alert["askedBy"]) == ("OPEN", None, None, None)


def test_a_second_person_accepts_it(wired: System, url: str, caller: Caller, campaign: str) -> None:
    identifier, _ = proposed(wired, caller, campaign, asked_by=f"user:{caller.user}")
    said = "errors { message ... on AcceptRecommendationError { code } }"
    own = caller.mutates("acceptRecommendation", {"recommendation": identifier}, f"recommendation {{ state }} {said}")
    assert own["recommendation"] is None
    assert own["errors"][0]["code"] == "SECOND_PERSON_NEEDED"
    sam = colleague(url, caller)
    done = sam.mutates("acceptRecommendation", {"recommendation": identifier}, f"position recommendation {{ {SEEN} }}")
    assert (done["recommendation"]["state"], done["recommendation"]["decidedBy"]) == ("ACCEPTED", f"user:{sam.user}")
    assert caller.asks(ONE, id=identifier, p=done["position"])["recommendation"] == done["recommendation"]
    assert caller.refusal("rejectRecommendation", {"recommendation": identifier, "reason": "Late."}) == "WRONG_STATUS"


def test_a_person_rejects_it_and_says_why(wired: System, caller: Caller, campaign: str) -> None:
    identifier, _ = proposed(wired, caller, campaign)
    given = {"recommendation": identifier, "reason": "The fair is on."}
    done = caller.mutates("rejectRecommendation", given, f"position recommendation {{ {SEEN} }}")
    assert (done["recommendation"]["state"], done["recommendation"]["rejection"]) == ("REJECTED", "The fair is on.")
    (listed,) = caller.asks(LIST, f={"states": ["REJECTED"]}, p=done["position"])["recommendations"]["nodes"]
    assert (listed["rejection"], listed["decidedBy"]) == ("The fair is on.", f"user:{caller.user}")


def test_it_is_not_accepted_too_late(wired: System, url: str, caller: Caller, campaign: str) -> None:
    late = datetime.now(UTC) - timedelta(seconds=1)
    identifier, _ = proposed(wired, caller, campaign, expires_at=late)
    assert colleague(url, caller).refusal("acceptRecommendation", {"recommendation": identifier}) == "WRONG_STATUS"
    position = recorded(wired, caller, Recommendation, (UUID(identifier), [RecommendationExpired()]))
    assert caller.asks(ONE, id=identifier, p=position)["recommendation"]["state"] == "EXPIRED"


def test_measured_stands_beside_expected(wired: System, caller: Caller, campaign: str) -> None:
    identifier, _ = proposed(wired, caller, campaign, expires_at=None)
    seen = Effect(spend=Decimal("-90.5"), outcome=Decimal("0.25"), outcome_unit="conversions", currency="EUR", days=7)
    events = [RecommendationAccepted("policy"), RecommendationApplied(date(2026, 1, 10)), RecommendationMeasured(seen)]
    position = recorded(wired, caller, Recommendation, (UUID(identifier), events))
    (found,) = caller.asks(LIST, f={"states": ["APPLIED"]}, p=position)["recommendations"]["nodes"]
    assert found["expected"] == {"spend": "-100", "outcome": "-2", "outcomeUnit": "conversions", "currency": "EUR"}
    assert found["measured"] == {"spend": "-90.5", "outcome": "0.25", "outcomeUnit": "conversions", "currency": "EUR"}
    assert None not in (found["appliedAt"], found["measuredAt"])
    assert found["decidedBy"] == "policy"


def test_what_was_said_in_a_dry_run_is_told_apart(wired: System, caller: Caller, campaign: str) -> None:
    _, position = proposed(wired, caller, campaign, simulated=True, expires_at=None)
    (found,) = caller.asks(LIST, f={"states": ["SIMULATED"]}, p=position)["recommendations"]["nodes"]
    assert found["state"] == "SIMULATED"


def test_one_of_another_workspace_is_nowhere(wired: System, caller: Caller, stranger: Caller, campaign: str) -> None:
    identifier, position = proposed(wired, caller, campaign)
    assert stranger.fails(ONE, id=identifier, p=position)["code"] == "NOT_FOUND"
    for mutation, given in (("acceptRecommendation", {}), ("rejectRecommendation", {"reason": "No."})):
        assert stranger.refusal(mutation, {"recommendation": identifier, **given}) == "NOT_FOUND"
