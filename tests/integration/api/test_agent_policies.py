"""Within which limits agents work: seen with where each limit comes from, and set by those who may."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.api.client import Caller

POLICY = """
    id campaign version dryRun dryRunSource approvalHours
    guardrails { name value unit bound lowest highest whole source }
    approvals { source thresholds { amount currency } }
    stops { agent reason }
"""
CALM = [{"name": "cooldown_days", "value": "14"}]


def policy(caller: Caller, campaign: str | None = None, at_least: str | None = None) -> Any:
    query = f"query($c: ID, $p: String) {{ agentPolicy(campaign: $c, atLeast: $p) {{ {POLICY} }} }}"
    return caller.asks(query, c=campaign, p=at_least)["agentPolicy"]


def setting(of: Any, name: str) -> tuple[str, str]:
    """A guardrail's limit and where it comes from."""
    (found,) = [each for each in of["guardrails"] if each["name"] == name]
    return found["value"], found["source"]


def test_what_nobody_set_is_as_the_product_has_it(caller: Caller) -> None:
    of = policy(caller)
    assert {each["source"] for each in of["guardrails"]} == {"PRODUCT"}
    assert (of["dryRun"], of["dryRunSource"], of["approvals"], of["approvalHours"]) == (False, None, [], 72)
    assert (of["stops"], of["version"], of["campaign"]) == ([], 0, None)
    (step,) = [each for each in of["guardrails"] if each["name"] == "step_of_total"]
    assert step == {
        "name": "step_of_total",
        "value": "0.10",
        "unit": "share",
        "bound": "AT_MOST",
        "lowest": "0",
        "highest": "1",
        "whole": False,
        "source": "PRODUCT",
    }


def test_a_mutation_answers_what_holds_and_so_does_the_query_afterwards(caller: Caller) -> None:
    done = caller.mutates("setGuardrails", {"guardrails": CALM}, f"position policy {{ {POLICY} }}")
    assert setting(done["policy"], "cooldown_days") == ("14", "WORKSPACE")
    assert policy(caller, at_least=done["position"]) == done["policy"]


def test_nothing_set_at_all_is_answered_like_anything_else(caller: Caller) -> None:
    done = caller.mutates("setDryRun", {"on": False}, "policy { dryRun version }")
    assert done == {"policy": {"dryRun": False, "version": 0}}


def test_a_campaign_narrows_its_workspaces_limits_and_never_widens_them(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    caller.mutates("setGuardrails", {"guardrails": [*CALM, {"name": "envelope", "value": "0.3"}]})
    given = [
        {"name": "cooldown_days", "value": "7"},
        {"name": "envelope", "value": "0.1"},
        {"name": "step_of_total", "value": "1"},
    ]
    narrowed = {"campaign": campaign, "guardrails": given}
    done = caller.mutates("setCampaignGuardrails", narrowed, f"policy {{ {POLICY} }}")["policy"]
    assert setting(done, "cooldown_days") == ("14", "WORKSPACE")
    assert setting(done, "envelope") == ("0.1", "CAMPAIGN")
    assert setting(done, "step_of_total") == ("0.10", "PRODUCT")
    assert done["campaign"] == campaign


def test_a_dry_run_tells_where_it_was_said(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    wanted = "policy { dryRun dryRunSource }"
    told = caller.mutates("setCampaignDryRun", {"campaign": campaign, "on": True}, wanted)
    assert told == {"policy": {"dryRun": True, "dryRunSource": "CAMPAIGN"}}
    assert caller.mutates("setDryRun", {"on": True}, wanted)["policy"]["dryRunSource"] == "WORKSPACE"
    both = caller.mutates("setCampaignDryRun", {"campaign": campaign, "on": False}, wanted)
    assert both == {"policy": {"dryRun": True, "dryRunSource": "WORKSPACE"}}


def test_thresholds_of_the_workspace_and_of_the_campaign_both_hold(caller: Caller) -> None:
    campaign = caller.campaign(caller.brand())
    caller.mutates("setAgentApproval", {"thresholds": [{"amount": "500", "currency": "EUR"}], "hours": 48})
    given = {"campaign": campaign, "thresholds": [{"amount": "20", "currency": "EUR"}], "hours": 24}
    done = caller.mutates("setCampaignApproval", given, f"policy {{ {POLICY} }}")["policy"]
    assert done["approvals"] == [
        {"source": "WORKSPACE", "thresholds": [{"amount": "500.00", "currency": "EUR"}]},
        {"source": "CAMPAIGN", "thresholds": [{"amount": "20.00", "currency": "EUR"}]},
    ]
    assert done["approvalHours"] == 24


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ([{"name": "speed", "value": "1"}], ["input", "guardrails", "0", "name"]),
        ([*CALM, {"name": "envelope", "value": "-1"}], ["input", "guardrails", "1", "value"]),
        ([{"name": "cooldown_days", "value": "1.5"}], ["input", "guardrails", "0", "value"]),
    ],
    ids=["no such guardrail", "out of its range", "not whole"],
)
def test_a_wrong_limit_is_named_by_its_place(caller: Caller, given: Any, place: list[str]) -> None:
    done = caller.mutates(
        "setGuardrails", {"guardrails": given}, "policy { id } errors { path ... on SetGuardrailsError { code } }"
    )
    assert done == {"policy": None, "errors": [{"path": place, "code": "INVALID_VALUE"}]}


def test_a_campaign_that_is_not_ours_has_no_policy(caller: Caller, stranger: Caller) -> None:
    theirs = stranger.campaign(stranger.brand())
    for campaign in (theirs, str(uuid4()), str(caller.user)):
        query = "query($c: ID) { agentPolicy(campaign: $c) { dryRun } }"
        assert caller.fails(query, c=campaign)["code"] == "NOT_FOUND"
    assert caller.refusal("setCampaignDryRun", {"campaign": theirs, "on": True}) == "NOT_FOUND"


def test_an_agent_is_stopped_and_started(caller: Caller) -> None:
    agents = "query($p: String) { agents(atLeast: $p) { name title permissions stoppedBecause inShadow } }"
    before = {each["name"]: each for each in caller.asks(agents)["agents"]}
    assert list(before) == ["auth-integration", "brand-project", "content-strategy", "content-creation", "content-ads"]
    assert before["content-ads"] == {
        "name": "content-ads",
        "title": "Content & Ad Management",
        "permissions": ["CAMPAIGN_RUN", "PERFORMANCE_WRITE", "AGENT_WORK"],
        "stoppedBecause": None,
        "inShadow": False,
    }
    done = caller.mutates(
        "stopAgent",
        {"agent": "content-ads", "reason": "It spends too fast."},
        "position policy { stops { agent reason } }",
    )
    assert done["policy"]["stops"] == [{"agent": "content-ads", "reason": "It spends too fast."}]
    stopped = {each["name"]: each["stoppedBecause"] for each in caller.asks(agents, p=done["position"])["agents"]}
    assert stopped == {**dict.fromkeys(before), "content-ads": "It spends too fast."}
    done = caller.mutates("startAgent", {"agent": "content-ads"}, "policy { stops { agent } }")
    assert done == {"policy": {"stops": []}}
    assert caller.refusal("startAgent", {"agent": "content-ads"}) == "NOT_READY"
    assert caller.refusal("stopAgent", {"agent": "nobody", "reason": "?"}) == "INVALID_VALUE"


def test_all_agents_are_stopped_together(caller: Caller) -> None:
    position = caller.mutates("stopAgent", {"reason": "Holidays."})["position"]
    agents = caller.asks("query($p: String) { agents(atLeast: $p) { stoppedBecause } }", p=position)["agents"]
    assert [each["stoppedBecause"] for each in agents] == ["Holidays."] * 5


def test_what_an_agent_may_is_what_its_workspace_leaves_it(caller: Caller) -> None:
    caller.mutates("limitAgent", {"agent": "content-ads", "permissions": ["agent:work"]})
    agents = {each["name"]: each["permissions"] for each in caller.asks("{ agents { name permissions } }")["agents"]}
    assert agents["content-ads"] == ["AGENT_WORK"]


def test_what_was_expected_is_compared_with_the_policys_own_version(caller: Caller) -> None:
    assert policy(caller)["version"] == 0
    done = caller.mutates("setDryRun", {"on": True}, "policy { version }", version=0)
    assert done == {"policy": {"version": 1}}
    assert caller.refusal("setGuardrails", {"guardrails": CALM}, version=0) == "CONFLICT"


def test_who_set_it_is_told_by_its_history(caller: Caller) -> None:
    done = caller.mutates("setGuardrails", {"guardrails": CALM}, "policy { id }")
    history = caller.asks(
        "query($i: ID!) { history(subject: $i, first: 9) { nodes { text actor } } }", i=done["policy"]["id"]
    )["history"]["nodes"]
    assert len(history) == 1
    assert history[0]["text"] == "Set the guardrails of agents: cooldown days 14 days"
