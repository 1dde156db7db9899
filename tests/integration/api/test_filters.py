"""Lists are narrowed by typed filters and sorted by typed orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.inputs import EVERY
from tests.integration.api.recording import decided, recorded, runs, started
from tests.integration.api.test_pages import INFO, backward, forward, ids

from umt.bootstrap import System
from umt.domain.agent_run import RunCompleted
from umt.domain.campaign import Campaign, CampaignImported
from umt.domain.platform import Platform


def listed(
    caller: Caller, name: str, kind: str, given: Any, node: str = "id", position: str | None = None
) -> list[Any]:
    """The nodes that a filter lets through."""
    query = f"query($f: {kind}Filter, $p: String) {{ {name}(filter: $f, first: 100, atLeast: $p) {{ nodes {{ {node} }} }} }}"
    nodes = caller.asks(query, f=given, p=position)[name]["nodes"]
    return [each[node] for each in nodes]


def sorted_by(caller: Caller, name: str, kind: str, field: str, direction: str, node: str = "id") -> list[Any]:
    """All nodes in an order, collected from pages of two, forwards and backwards."""
    query = (
        f"query($o: {kind}Order, $first: Int, $after: String, $last: Int, $before: String)"
        f" {{ list: {name}(orderBy: $o, first: $first, after: $after, last: $last, before: $before)"
        f" {{ edges {{ cursor node {{ id: {node} }} }} nodes {{ id: {node} }} {INFO} }} }}"
    )
    order = {"field": field, "direction": direction}
    there = [each for page in forward(caller, query, 2, o=order) for each in ids(page)]
    back = [each for page in reversed(list(backward(caller, query, 2, o=order))) for each in ids(page)]
    assert back == there
    return there


@pytest.fixture
def campaigns(caller: Caller) -> dict[str, str]:
    """Campaigns by their names."""
    brand, other = caller.brand(), caller.brand()
    eur, usd = ({"amount": amount, "currency": currency} for amount, currency in (("900", "EUR"), ("1000.50", "USD")))
    late = {"startsOn": "2026-05-01", "endsOn": "2026-05-31"}
    made = {
        "Spring": caller.campaign(brand, name="Spring", totalBudget=eur),
        "offspring": caller.campaign(brand, name="offspring", objective="LEADS", platforms=["LINKEDIN"]),
        "ＳＰＲＩＮＧ": caller.campaign(other, name="ＳＰＲＩＮＧ", totalBudget=usd, schedule=late),
        "Ärger": caller.campaign(other, name="Ärger", schedule=late, platforms=["FACEBOOK", "LINKEDIN"]),
    }
    position = caller.mutates("archiveCampaign", {"campaign": made["Ärger"]}, "position")["position"]
    listed(caller, "campaigns", "Campaign", {}, position=position)
    return {**made, "brand": brand, "other": other}


NEWEST = ["Ärger", "ＳＰＲＩＮＧ", "offspring", "Spring"]


def test_campaigns_are_filtered(caller: Caller, campaigns: dict[str, str]) -> None:
    cases: list[tuple[dict[str, Any] | None, Sequence[int]]] = [
        (None, (0, 1, 2, 3)),
        ({}, (0, 1, 2, 3)),
        ({"brands": None, "statuses": None, "nameContains": None, "startsOn": None}, (0, 1, 2, 3)),
        ({"brands": [campaigns["brand"]]}, (2, 3)),
        ({"brands": [campaigns["brand"], campaigns["other"]]}, (0, 1, 2, 3)),
        ({"brands": []}, ()),
        ({"brands": [str(uuid4())]}, ()),
        ({"statuses": ["ARCHIVED"]}, (0,)),
        ({"statuses": ["DRAFT", "LIVE"]}, (1, 2, 3)),
        ({"objectives": ["LEADS"]}, (2,)),
        ({"platforms": ["LINKEDIN"]}, (0, 2)),
        ({"platforms": ["GOOGLE", "LINKEDIN"]}, (0, 1, 2, 3)),
        ({"currencies": ["USD"]}, (1,)),
        ({"nameContains": "sprING"}, (1, 2, 3)),
        ({"nameContains": "ärg"}, (0,)),
        ({"nameContains": "%"}, ()),
        ({"nameContains": ""}, (0, 1, 2, 3)),
        ({"startsOn": {"since": "2026-05-01"}}, (0, 1)),
        ({"startsOn": {"until": "2026-05-01"}}, (0, 1, 2, 3)),
        ({"startsOn": {"until": "2026-04-30"}}, (2, 3)),
        ({"startsOn": {}}, (0, 1, 2, 3)),
        ({"endsOn": {"since": "2026-02-05", "until": "2026-02-05"}}, (2, 3)),
        ({"statuses": ["DRAFT"], "startsOn": {"since": "2026-05-01"}, "nameContains": "spring"}, (1,)),
    ]
    for given, expected in cases:
        assert listed(caller, "campaigns", "Campaign", given, "name") == [NEWEST[n] for n in expected], given
    count = caller.asks("{ campaigns(filter: {platforms: [LINKEDIN]}, first: 1) { totalCount nodes { id } } }")
    assert count["campaigns"]["totalCount"] == 2


def test_a_time_range_ends_before_its_end(caller: Caller, campaigns: dict[str, str]) -> None:
    now = datetime.now(UTC)
    made = listed(caller, "campaigns", "Campaign", {"createdAt": {"since": (now - timedelta(days=1)).isoformat()}})
    assert len(made) == 4
    for given in ({"until": "2001-01-01T00:00:00Z"}, {"since": (now + timedelta(days=1)).isoformat()}):
        assert listed(caller, "campaigns", "Campaign", {"createdAt": given}) == []
    assert campaigns["Spring"] in made


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("CREATED_AT", ["Spring", "offspring", "ＳＰＲＩＮＧ", "Ärger"]),
        ("UPDATED_AT", ["Spring", "offspring", "ＳＰＲＩＮＧ", "Ärger"]),
        ("TOTAL_BUDGET", ["Spring", "ＳＰＲＩＮＧ", None, None]),
    ],
)
def test_campaigns_are_sorted(caller: Caller, campaigns: dict[str, str], field: str, names: list[str | None]) -> None:
    found = sorted_by(caller, "campaigns", "Campaign", field, "ASC")
    assert [name and campaigns[name] for name in names] == [
        name and each for name, each in zip(names, found, strict=True)
    ]
    assert sorted_by(caller, "campaigns", "Campaign", field, "DESC") == found[::-1]


def test_names_are_sorted_whatever_their_case(caller: Caller, campaigns: dict[str, str]) -> None:
    assert campaigns
    names = sorted_by(caller, "campaigns", "Campaign", "NAME", "ASC", "name")
    assert names[0] == "offspring"
    assert names[3] == "Ärger"
    assert set(names[1:3]) == {"Spring", "ＳＰＲＩＮＧ"}


def test_what_has_no_day_comes_before_what_has_one(caller: Caller, campaigns: dict[str, str], wired: System) -> None:
    imported = uuid4()
    found = CampaignImported("Winter", "916", "EUR", (Platform.GOOGLE,))
    position = recorded(wired, caller, Campaign, (imported, [found]))
    assert listed(caller, "campaigns", "Campaign", {"statuses": ["IMPORTED"]}, position=position) == [str(imported)]
    for field in ("STARTS_ON", "ENDS_ON", "TOTAL_BUDGET"):
        ascending = sorted_by(caller, "campaigns", "Campaign", field, "ASC")
        assert ascending[0] == str(imported)
        assert len(ascending) == 5
        assert sorted_by(caller, "campaigns", "Campaign", field, "DESC") == ascending[::-1]
    late = {campaigns["Ärger"], campaigns["ＳＰＲＩＮＧ"]}
    assert set(sorted_by(caller, "campaigns", "Campaign", "STARTS_ON", "DESC")[:2]) == late


def test_a_cursor_belongs_to_its_order(caller: Caller, campaigns: dict[str, str]) -> None:
    assert campaigns
    query = (
        "query($o: CampaignOrder, $after: String)"
        " { campaigns(orderBy: $o, first: 1, after: $after) { pageInfo { endCursor } } }"
    )
    name = {"field": "NAME", "direction": "ASC"}
    cursor = caller.asks(query, o=name)["campaigns"]["pageInfo"]["endCursor"]
    assert caller.asks(query, o=name, after=cursor)
    for other in ({**name, "direction": "DESC"}, {**name, "field": "CREATED_AT"}, None):
        error = caller.fails(query, o=other, after=cursor)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "after")


@pytest.mark.parametrize(
    ("name", "kind", "given", "field"),
    [
        ("campaigns", "Campaign", {"brands": [str(uuid4())] * 101}, "filter.brands"),
        ("campaigns", "Campaign", {"nameContains": "x" * 201}, "filter.nameContains"),
        ("brands", "Brand", {"nameContains": "a\x00b"}, "filter.nameContains"),
        ("decisions", "AgentDecision", {"actions": ["pause", "a\x00b"]}, "filter.actions.1"),
    ],
)
def test_a_filter_that_asks_too_much_is_refused_by_its_field(
    caller: Caller, name: str, kind: str, given: Any, field: str
) -> None:
    query = f"query($f: {kind}Filter) {{ {name}(filter: $f, first: 1) {{ totalCount }} }}"
    error = caller.fails(query, f=given)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


def test_brands_contents_and_connections_are_filtered_and_sorted(caller: Caller) -> None:
    beta, alpha = caller.brand("beta"), caller.brand("Alpha")
    content = caller.makes(
        "requestContent", "content", {"brand": beta, "brief": {"title": "Zebra", "goal": "g", "format": "EMAIL"}}
    )
    other = caller.makes("requestContent", "content", {"brand": alpha, "brief": {"title": "ant", "goal": "g"}})
    google = caller.makes("connectIntegration", "integration", EVERY["connectIntegration"]({}))
    linkedin = caller.makes(
        "connectIntegration", "integration", {"platform": "LINKEDIN", "account": "1", "credential": "token"}
    )
    position = caller.mutates("archiveBrand", {"brand": beta}, "position")["position"]
    assert listed(caller, "brands", "Brand", {"archived": True}, position=position) == [beta]
    assert listed(caller, "brands", "Brand", {"archived": False, "nameContains": "ALP"}) == [alpha]
    assert sorted_by(caller, "brands", "Brand", "NAME", "ASC") == [alpha, beta]
    assert sorted_by(caller, "brands", "Brand", "UPDATED_AT", "DESC") == [beta, alpha]
    assert listed(caller, "contents", "Content", {"formats": ["EMAIL"]}) == [content]
    assert listed(caller, "contents", "Content", {"brands": [alpha], "statuses": ["REQUESTED"]}) == [other]
    assert listed(caller, "contents", "Content", {"titleContains": "ZEB"}) == [content]
    assert listed(caller, "contents", "Content", {"publishedAt": {}}) == [other, content]
    assert listed(caller, "contents", "Content", {"publishedAt": {"since": "2001-01-01T00:00:00Z"}}) == []
    assert sorted_by(caller, "contents", "Content", "TITLE", "ASC") == [other, content]
    assert len(sorted_by(caller, "contents", "Content", "PUBLISHED_AT", "DESC")) == 2
    assert listed(caller, "integrations", "Integration", {"platforms": ["LINKEDIN"]}) == [linkedin]
    assert listed(caller, "integrations", "Integration", {"statuses": ["REQUESTED"]}) == [linkedin, google]
    assert sorted_by(caller, "integrations", "Integration", "CREATED_AT", "ASC") == [google, linkedin]
    assert set(sorted_by(caller, "integrations", "Integration", "SYNCED_AT", "ASC")) == {google, linkedin}


def test_runs_and_decisions_are_filtered_and_sorted(caller: Caller, wired: System) -> None:
    first, second, subject, other = (str(uuid4()) for _ in range(4))
    runs(wired, caller, (UUID(first), [started(subject), decided(subject, "pause"), decided(subject, "hold")]))
    position = runs(wired, caller, (UUID(second), [started(other), decided(other, "pause"), RunCompleted()]))
    runs_of = [("agentRuns", "AgentRun", given) for given in ({"subjects": [subject]}, {"statuses": ["RUNNING"]})]
    for name, kind, given in runs_of:
        assert listed(caller, name, kind, given, position=position) == [first]
    assert listed(caller, "agentRuns", "AgentRun", {"agents": ["content-ads"], "startedAt": {}}) == [second, first]
    assert sorted_by(caller, "agentRuns", "AgentRun", "UPDATED_AT", "ASC") == [first, second]
    assert sorted_by(caller, "agentRuns", "AgentRun", "STARTED_AT", "DESC") == [second, first]
    found = listed(caller, "decisions", "AgentDecision", {"actions": ["pause"]}, "subject", position)
    assert found == [subject, other]
    assert listed(caller, "decisions", "AgentDecision", {"subjects": [subject]}, "action") == ["pause", "hold"]
    assert listed(caller, "decisions", "AgentDecision", {"agents": ["nobody"]}, "action") == []
    assert sorted_by(caller, "decisions", "AgentDecision", "DECIDED_AT", "DESC", "action") == ["pause", "hold", "pause"]


def test_invitations_and_keys_are_filtered_and_sorted(caller: Caller) -> None:
    sent = [
        caller.mutates("inviteMember", {"email": f"{uuid4()}@example.com", "role": role}, "invitation { id }")[
            "invitation"
        ]["id"]
        for role in ("ANALYST", "ADMIN")
    ]
    keys = [caller.makes("createApiKey", "apiKey", {"name": "Robot", "scopes": ["brand:read"]}) for _ in range(2)]
    position = caller.mutates("revokeApiKey", {"key": keys[0], "reason": "lost"}, "position")["position"]
    assert listed(caller, "apiKeys", "ApiKey", {"revoked": True}, position=position) == [keys[0]]
    assert listed(caller, "apiKeys", "ApiKey", {"revoked": False, "holders": [str(caller.user)]}) == [keys[1]]
    assert sorted_by(caller, "apiKeys", "ApiKey", "CREATED_AT", "ASC") == keys
    assert set(sorted_by(caller, "apiKeys", "ApiKey", "LAST_USED_AT", "ASC")) == set(keys)
    assert listed(caller, "invitations", "Invitation", {"roles": ["ADMIN"], "statuses": ["OPEN"]}) == [sent[1]]
    assert sorted_by(caller, "invitations", "Invitation", "EXPIRES_AT", "ASC") == sent
