"""What belongs to what, and the rest of the domain as it is read: templates, the calendar, approvals, agents' work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.conftest import Statements
from tests.integration.api.inputs import EVERY
from tests.integration.api.recording import decided, recorded, runs, started
from tests.integration.api.test_filters import listed, sorted_by
from tests.integration.api.test_reading import record, report
from tests.integration.parking import poisoned

from umt.bootstrap import System
from umt.domain import campaign as campaigns
from umt.domain import content as contents
from umt.domain.agent_run import CommandIssued, EffectFailed, EffectRequested, Fact, FactsRead
from umt.domain.brand import Audience, BrandRenamed
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.template import Template, TemplateRetired
from umt.projections.brands import brands


def ad_set(content: str, platform: Platform = Platform.GOOGLE) -> campaigns.AdSetAdded:
    creative = campaigns.Creative(UUID(content), "Headline", "Text", "https://example.com/page")
    return campaigns.AdSetAdded(campaigns.AdSet(uuid4(), platform, f"Set {uuid4()}", Audience("Hikers"), creative))


def test_brands_and_what_is_for_them(caller: Caller) -> None:
    ours, bare = caller.brand(), caller.brand()
    made = [caller.campaign(ours, name=name) for name in ("b", "a", "c")]
    content = caller.content(ours)
    position = caller.mutates("archiveCampaign", {"campaign": made[2]}, "position")["position"]
    found = caller.asks(
        "query($p: String) { brands(orderBy: {field: CREATED_AT, direction: ASC}, first: 2, atLeast: $p) { nodes { id"
        "  contents(first: 5) { totalCount nodes { id brand { id } } }"
        "  campaigns(filter: {statuses: [DRAFT]}, orderBy: {field: NAME, direction: ASC}, first: 1) {"
        "   totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } } } }",
        p=position,
    )["brands"]["nodes"]
    assert [brand["id"] for brand in found] == [ours, bare]
    assert found[0]["contents"] == {"totalCount": 1, "nodes": [{"id": content, "brand": {"id": ours}}]}
    page = found[0]["campaigns"]
    assert (page["totalCount"], page["nodes"], page["pageInfo"]["hasNextPage"]) == (2, [{"id": made[1]}], True)
    assert found[1]["campaigns"]["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}
    assert (found[1]["campaigns"]["totalCount"], found[1]["contents"]["totalCount"]) == (0, 0)
    next_page = caller.asks(
        "query($b: ID!, $c: String) { brand(id: $b) { campaigns(filter: {statuses: [DRAFT]},"
        " orderBy: {field: NAME, direction: ASC}, first: 1, after: $c) {"
        "  nodes { id } pageInfo { hasNextPage hasPreviousPage } } } }",
        b=ours,
        c=page["pageInfo"]["endCursor"],
    )["brand"]["campaigns"]
    assert next_page == {"nodes": [{"id": made[0]}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}}


def test_campaigns_and_the_contents_that_they_show(caller: Caller, wired: System) -> None:
    brand = caller.brand()
    shown, other, unused = (caller.content(brand) for _ in range(3))
    first, second, without = (caller.campaign(brand, name=name) for name in ("First", "Second", "Without"))
    gone = ad_set(other)
    recorded(wired, caller, campaigns.Campaign, (UUID(first), [ad_set(shown), ad_set(other), ad_set(shown)]))
    position = recorded(
        wired,
        caller,
        campaigns.Campaign,
        (UUID(second), [ad_set(shown), gone, campaigns.AdSetRemoved(gone.ad_set.id)]),
    )
    found = caller.asks(
        "query($p: String) {"
        " contents(orderBy: {field: CREATED_AT, direction: ASC}, first: 9, atLeast: $p) { nodes { id"
        "  campaigns(orderBy: {field: NAME, direction: ASC}, first: 9) { totalCount nodes { id } } } }"
        " campaigns(orderBy: {field: NAME, direction: ASC}, first: 9, atLeast: $p) { nodes { id contents { id } } } }",
        p=position,
    )
    assert [
        (each["id"], [node["id"] for node in each["campaigns"]["nodes"]], each["campaigns"]["totalCount"])
        for each in found["contents"]["nodes"]
    ] == [(shown, [first, second], 2), (other, [first], 1), (unused, [], 0)]
    assert [(each["id"], [content["id"] for content in each["contents"]]) for each in found["campaigns"]["nodes"]] == [
        (first, [shown, other]),
        (second, [shown]),
        (without, []),
    ]


def test_templates_are_listed_as_they_stand(caller: Caller, wired: System) -> None:
    blog, mail = (
        caller.makes("createTemplate", "template", {**EVERY["createTemplate"]({}), "name": name, "format": kind})
        for name, kind in (("Über Blogs", "BLOG_POST"), ("mail", "EMAIL"))
    )
    caller.mutates("reviseTemplate", {"template": blog, "instructions": "Write well."})
    position = recorded(wired, caller, Template, (UUID(mail), [TemplateRetired()]))
    query = "query($i: ID!, $p: String) { template(id: $i, atLeast: $p) { instructions revision retired version } }"
    assert caller.asks(query, i=blog, p=position)["template"] == {
        "instructions": "Write well.",
        "revision": 2,
        "retired": False,
        "version": 2,
    }
    assert listed(caller, "templates", "Template", {"retired": True}) == [mail]
    assert listed(caller, "templates", "Template", {"formats": ["BLOG_POST"]}) == [blog]
    assert listed(caller, "templates", "Template", {"nameContains": "ÜBER"}) == [blog]
    assert sorted_by(caller, "templates", "Template", "NAME", "ASC") == [mail, blog]
    assert sorted_by(caller, "templates", "Template", "UPDATED_AT", "DESC") == [mail, blog]


def test_the_calendar_has_the_days_of_the_workspace(caller: Caller, wired: System) -> None:
    caller.mutates("changeTimeZone", {"timeZone": "Europe/Vienna"})
    brand = caller.brand()
    late, early, gone, at_once = (caller.content(brand) for _ in range(4))
    evening = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)  # half past eleven there
    night = evening + timedelta(hours=1)  # half an hour past midnight there

    def scheduled(at: datetime) -> contents.PublicationScheduled:
        return contents.PublicationScheduled(Platform.CMS, at)

    recorded(wired, caller, contents.Content, (UUID(late), [scheduled(night)]), (UUID(early), [scheduled(evening)]))
    archived = [scheduled(evening), contents.ContentArchived()]
    published = contents.ContentPublished(Platform.CMS, "https://example.com/1", "1")
    position = recorded(wired, caller, contents.Content, (UUID(gone), archived), (UUID(at_once), [published]))

    def calendar(since: str, until: str) -> list[Any]:
        query = (
            "query($a: Date!, $b: Date!, $p: String) { calendar(since: $a, until: $b, atLeast: $p) {"
            " day at channel state url content { id brief { title } } } }"
        )
        entries: list[Any] = caller.asks(query, a=since, b=until, p=position)["calendar"]
        return entries

    assert [(e["content"]["id"], e["day"], e["state"]) for e in calendar("2026-01-31", "2026-02-01")] == [
        (early, "2026-01-31", "SCHEDULED"),
        (late, "2026-02-01", "SCHEDULED"),
    ]
    (only,) = calendar("2026-02-01", "2026-02-28")
    assert (only["at"], only["channel"], only["content"]["brief"]["title"]) == (
        "2026-01-31T23:30:00Z",
        "CMS",
        "Trail shoes",
    )
    today = datetime.now(UTC).date()
    around = [str(today + timedelta(days=days)) for days in (-2, 2)]
    assert [(e["content"]["id"], e["state"], e["url"]) for e in calendar(*around)] == [
        (at_once, "PUBLISHED", "https://example.com/1")
    ]

    def days() -> dict[str, str]:
        query = '{ calendar(since: "2026-01-31", until: "2026-02-01") { day content { id } } }'
        return {entry["content"]["id"]: entry["day"] for entry in caller.asks(query)["calendar"]}

    assert [days() for _ in range(3)] == [{early: "2026-01-31", late: "2026-02-01"}] * 3
    caller.mutates("changeTimeZone", {"timeZone": "UTC"})
    assert days() == {early: "2026-01-31", late: "2026-01-31"}


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-31", "2026-01-30"),
        ("2026-01-01", "2027-01-03"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_calendar_is_of_a_year_at_most(caller: Caller, since: str, until: str) -> None:
    error = caller.fails("query($a: Date!, $b: Date!) { calendar(since: $a, until: $b) { day } }", a=since, b=until)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "until")


def test_what_awaits_approval_is_found(caller: Caller, wired: System) -> None:
    brand = caller.brand()
    chosen, drafted = caller.content(brand), caller.content(brand)
    recorded(wired, caller, contents.Content, (UUID(chosen), [contents.VariationSelected(1)]))
    ready, unfunded, approved = (caller.campaign(brand) for _ in range(3))
    money = campaigns.BudgetAllocated((campaigns.Allocation(Platform.GOOGLE, Money.parse("10 EUR")),))
    position = recorded(
        wired,
        caller,
        campaigns.Campaign,
        (UUID(ready), [money, ad_set(chosen)]),
        (UUID(unfunded), [ad_set(chosen)]),
        (UUID(approved), [ad_set(chosen), money, campaigns.CampaignApproved("user:pat")]),
    )
    assert listed(caller, "contents", "Content", {"awaitsApproval": True}, position=position) == [chosen]
    assert listed(caller, "contents", "Content", {"awaitsApproval": False}) == [drafted]
    assert listed(caller, "contents", "Content", {"awaitsApproval": True, "statuses": ["REQUESTED"]}) == []
    assert listed(caller, "campaigns", "Campaign", {"awaitsApproval": True}) == [ready]
    assert set(listed(caller, "campaigns", "Campaign", {"awaitsApproval": False})) == {unfunded, approved}
    position = recorded(wired, caller, campaigns.Campaign, (UUID(ready), [ad_set(chosen, Platform.FACEBOOK)]))
    assert listed(caller, "campaigns", "Campaign", {"awaitsApproval": True}, position=position) == []


RUN = """query($i: ID!, $p: String) { agentRun(id: $i, atLeast: $p) {
  agent status triggerType correlation about { ... on Campaign { name } }
  facts { key value } decisions { action reason about { id } } commands { command accepted outcome }
  effects { kind platform status attempts error settledAt } } }"""


def test_a_run_tells_what_it_saw_decided_and_did(caller: Caller, wired: System) -> None:
    campaign, run, effect = caller.campaign(caller.brand(), name="Spring"), uuid4(), uuid4()
    events = [
        started(campaign),
        FactsRead((Fact("spent", '"10 EUR"'),)),
        decided(campaign, "pause"),
        CommandIssued("PausePlatform", "{}", False, "WRONG_STATUS"),
        EffectRequested(effect, "PauseAds", '{"platform": "google"}'),
        EffectFailed(effect, 2, "gone"),
    ]
    found = caller.asks(RUN, i=str(run), p=runs(wired, caller, (run, events)))["agentRun"]
    settled = found["effects"][0].pop("settledAt")
    assert settled
    assert UUID(found.pop("correlation"))
    assert found == {
        "agent": "content-ads",
        "status": "RUNNING",
        "triggerType": "campaign.launched",
        "about": {"name": "Spring"},
        "facts": [{"key": "spent", "value": '"10 EUR"'}],
        "decisions": [{"action": "pause", "reason": "why pause", "about": {"id": campaign}}],
        "commands": [{"command": "PausePlatform", "accepted": False, "outcome": "WRONG_STATUS"}],
        "effects": [{"kind": "PauseAds", "platform": "GOOGLE", "status": "FAILED", "attempts": 2, "error": "gone"}],
    }
    assert caller.fails(RUN, i=str(uuid4()))["code"] == "NOT_FOUND"


def test_recommendations_say_what_came_of_them(caller: Caller, wired: System) -> None:
    campaign = caller.campaign(caller.brand())
    for events in (
        [decided(campaign, "pause"), CommandIssued("PausePlatform", "{}", True, "accepted")],
        [decided(campaign, "alert")],
        [decided(campaign, "raise_budget"), CommandIssued("RaiseBudget", "{}", False, "INSUFFICIENT_BUDGET")],
        [decided(campaign, "hold")],
    ):
        position = runs(wired, caller, (uuid4(), [started(campaign), *events]))
    query = (
        "query($f: RecommendationFilter, $p: String) { recommendations(filter: $f, first: 9, atLeast: $p) {"
        " totalCount nodes { action state rejection about { id } } } }"
    )
    found = caller.asks(query, p=position)["recommendations"]
    about = {"about": {"id": campaign}}
    assert found == {
        "totalCount": 3,
        "nodes": [
            {"action": "raise_budget", "state": "REJECTED", "rejection": "INSUFFICIENT_BUDGET", **about},
            {"action": "alert", "state": "OPEN", "rejection": None, **about},
            {"action": "pause", "state": "APPLIED", "rejection": None, **about},
        ],
    }
    given = {"states": ["OPEN", "APPLIED"], "actions": ["alert"], "subjects": [campaign]}
    assert [node["action"] for node in caller.asks(query, f=given)["recommendations"]["nodes"]] == ["alert"]
    assert sorted_by(caller, "recommendations", "Recommendation", "DECIDED_AT", "ASC", "action") == [
        "pause",
        "alert",
        "raise_budget",
    ]


LETTERS = """query($f: DeadLetterFilter) { deadLetters(filter: $f, first: 9) {
  totalCount nodes { projection stream version type error attempts position parkedAt } } }"""


def test_dead_letters_of_the_workspace_are_told_without_what_is_in_them(
    caller: Caller, stranger: Caller, wired: System
) -> None:
    def bad(event: BrandRenamed) -> bool:
        return event.name == "Poison"

    with poisoned(wired, brands, BrandRenamed, bad):
        brand = caller.brand()
        caller.mutates("renameBrand", {"brand": brand, "name": "Poison"})
        position = caller.mutates("renameBrand", {"brand": brand, "name": "After"}, "position")["position"]
        caller.posts("query($p: String) { brands(first: 1, atLeast: $p) { totalCount } }", {"p": position})
        found = caller.asks(LETTERS)["deadLetters"]
        assert stranger.asks(LETTERS)["deadLetters"] == {"totalCount": 0, "nodes": []}
        assert caller.asks(LETTERS, f={"projections": ["campaigns"]})["deadLetters"]["totalCount"] == 0
    assert found["totalCount"] == 2
    behind, first = found["nodes"]
    assert (first["projection"], first["stream"], first["version"], first["type"]) == (
        "brands",
        brand,
        2,
        "brand.renamed",
    )
    assert "Poison" not in str(found)
    assert first["error"]
    assert (behind["error"], behind["attempts"], behind["version"]) == (None, 0, 3)


def asked(statements: Statements, caller: Caller, query: str, sizes: tuple[int, int], **variables: Any) -> int:
    """How often the database is asked for a list, which is as often as for a longer one."""
    few, many = (statements.of(lambda n=n: caller.asks(query, n=n, **variables)) for n in sizes)  # type: ignore[misc]
    assert len(few) == len(many), "\n".join(set(many) - set(few))
    return len(many)


def test_relations_of_a_list_ask_as_often_as_those_of_one_node(
    caller: Caller, wired: System, statements: Statements
) -> None:
    for _ in range(4):
        brand = caller.brand()
        content, campaign = caller.content(brand), caller.campaign(brand)
        recorded(wired, caller, campaigns.Campaign, (UUID(campaign), [ad_set(content)]))
        position = runs(wired, caller, (uuid4(), [started(campaign), decided(campaign, "alert")]))
    query = (
        "query($n: Int!) {"
        " brands(first: $n) { nodes { contents(first: 2) { totalCount nodes { id } }"
        "  campaigns(first: 2) { totalCount nodes { contents { brand { name } } decisions(first: 2) { nodes { run } } } } } }"
        " contents(first: $n) { nodes { campaigns(first: 2) { totalCount nodes { name } } } }"
        " agentRuns(first: $n) { nodes { about { id } facts { key } decisions { about { id } } commands { outcome }"
        "  effects { status } } }"
        " recommendations(first: $n) { nodes { about { id } } } }"
    )
    for name in ("agentRuns", "brands", "contents", "campaigns"):
        caller.asks(f"query($p: String) {{ {name}(first: 1, atLeast: $p) {{ totalCount }} }}", p=position)
    assert asked(statements, caller, query, (1, 4)) == 23


def test_long_lists_ask_as_often_as_short_ones(caller: Caller, wired: System, statements: Statements) -> None:
    """Fifty campaigns with brand, figures and decisions; a hundred brands with their campaigns."""
    made = [caller.brand() for _ in range(100)]
    every = [caller.campaign(brand) for brand in made[:50]]
    for campaign in every[::10]:
        report(caller, campaign, "GOOGLE", record("1", spend="1"))
    position = runs(wired, caller, *[(uuid4(), [started(each), decided(each, "alert")]) for each in every])
    for name in ("brands", "campaigns", "decisions"):
        caller.asks(f"query($p: String) {{ {name}(first: 1, atLeast: $p) {{ totalCount }} }}", p=position)
    of_campaigns = (
        "query($n: Int!) { campaigns(first: $n) { totalCount nodes { id brand { name } totals { spend }"
        " decisions(first: 3) { totalCount nodes { reason } } } } }"
    )
    assert asked(statements, caller, of_campaigns, (1, 50)) == 6
    of_brands = (
        "query($n: Int!) { brands(first: $n) { nodes { name campaigns(first: 1) {"
        " totalCount nodes { name } pageInfo { hasNextPage } } } } }"
    )
    assert asked(statements, caller, of_brands, (1, 100)) == 3
    found = caller.asks(of_brands, n=100)["brands"]["nodes"]
    assert sum(brand["campaigns"]["totalCount"] for brand in found) == 50
