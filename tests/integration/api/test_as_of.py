"""The past, as the API shows it: what was answered at each moment of a story is answered again, by time, version and position."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.conftest import Statements
from tests.integration.api.recording import decided, recorded, runs, started

from umt.bootstrap import System
from umt.domain import campaign as campaigns
from umt.domain import content as contents
from umt.domain.brand import Audience
from umt.domain.platform import Platform

FIGURES: Final = "currency impressions clicks conversions leads spend revenue roas"
SEEN: Final = f"""
fragment Sums on Figures {{ {FIGURES} }}
fragment B on Brand {{
  id name archived version position description
  contents(orderBy: {{field: CREATED_AT, direction: ASC}}, first: 2) {{
    totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{ id status version position brand {{ name version }} campaigns(last: 9) {{ totalCount nodes {{ id name status }} }} }} }}
  campaigns(filter: {{statuses: [DRAFT, APPROVED], nameContains: "S"}}, orderBy: {{field: NAME, direction: DESC}}, first: 9) {{
    totalCount nodes {{ id name contents {{ id status }} totals {{ platform {FIGURES} }} }} }} }}
fragment T on Content {{
  id status version position selected publications {{ channel scheduledFor }} brand {{ name archived }}
  campaigns(orderBy: {{field: NAME, direction: ASC}}, first: 9) {{ nodes {{ id name brand {{ name }} }} }}
  performance {{ ...Sums }} }}
fragment C on Campaign {{
  id name status version position allocation {{ platform amount {{ amount }} paused }} reserve {{ amount }}
  adSets {{ id name }} brand {{ name archived version }} contents {{ id status brand {{ name }} }}
  totals {{ platform {FIGURES} }} performance(since: "2026-01-01", until: "2026-01-31") {{ day platform {FIGURES} }}
  decisions(first: 9) {{ totalCount nodes {{ action position about {{ id ... on Campaign {{ name status }} }} }} }}
  history(first: 90) {{ totalCount nodes {{ version text position }} pageInfo {{ hasNextPage endCursor }} }} }}
"""


class Moment(msgspec.Struct):
    """What was answered at a moment of the story: how the moment can be named, and the answers."""

    after: str
    position: str
    time: str
    versions: dict[str, int]
    answers: dict[str, Any]


class Story:
    """Changes, one after the other, with what is answered live after each."""

    def __init__(self, caller: Caller, wired: System) -> None:
        self.caller, self.wired = caller, wired
        self.things: dict[str, str] = {}
        self.moments: list[Moment] = []

    def goes_on(self, after: str, position: str, *changed: str) -> None:
        """Note what is answered once the change is shown. ``changed`` are those of which the last event is one."""
        answers = {thing: self.asked(thing, "atLeast", "String", position) for thing in (*self.things, "dashboard")}
        versions = {thing: answers[thing]["version"] for thing in changed}
        self.moments.append(Moment(after, position, datetime.now(UTC).isoformat(), versions, answers))

    def asked(self, thing: str, argument: str, kind: str, given: Any) -> Any:
        """The answer about a thing with this argument."""
        if thing == "dashboard":
            kind = kind.replace("AsOf", "AsOfMoment")
            query = f"query($given: {kind}) {{ dashboard({argument}: $given) {{ {FIGURES} }} }}"
            return self.caller.asks(query, given=given)["dashboard"]
        name = thing.partition(" ")[0]
        letter = {"brand": "B", "content": "T", "campaign": "C"}[name]
        query = f"query($id: ID!, $given: {kind}) {{ {name}(id: $id, {argument}: $given) {{ ...{letter} }} }}"
        fragments = [f"fragment{part}" for part in SEEN.split("\nfragment")[1:] if part.startswith(f" {letter} ")]
        sums = SEEN.split("\nfragment B")[0] if letter == "T" else ""
        return self.caller.asks(query + sums + fragments[0], id=self.things[thing], given=given)[name]

    def then(self, thing: str, **as_of: Any) -> Any:
        return self.asked(thing, "asOf", "AsOf", as_of)

    def mutates(self, name: str, given: Any, *changed: str) -> None:
        self.goes_on(name, self.caller.mutates(name, given)["position"], *changed)

    def records(self, kind: Any, thing: str, *events: Any) -> None:
        position = recorded(self.wired, self.caller, kind, (UUID(self.things[thing]), events))
        self.goes_on(type(events[-1]).__name__, position, thing)


def ad_set(content: str) -> campaigns.AdSetAdded:
    creative = campaigns.Creative(UUID(content), "Headline", "Text", "https://example.com/page")
    return campaigns.AdSetAdded(
        campaigns.AdSet(uuid4(), Platform.GOOGLE, f"Set {uuid4()}", Audience("Hikers"), creative)
    )


def report(campaign: str, reported_at: str, *of: tuple[str, str | None, int, str | None]) -> dict[str, Any]:
    """What `recordPerformance` takes: of each ad the day, the clicks and the content."""
    return {
        "campaign": campaign,
        "platform": "GOOGLE",
        "currency": "EUR",
        "reportedAt": f"{reported_at}T00:00:00Z",
        "records": [
            {
                "ad": ad,
                "day": day,
                "content": content,
                "figures": {"impressions": 1000, "clicks": clicks, "spend": f"{clicks}.50", "revenue": "12"},
            }
            for ad, day, clicks, content in of
        ],
    }


@pytest.fixture(scope="module")
def told(url: str, wired: System) -> Story:
    """A story with its moments."""
    caller = Caller(url).registers()
    story = Story(caller, wired)
    things = story.things
    things["brand"] = brand = caller.brand("Alpina")
    things["content"] = content = caller.content(brand)
    things["campaign"] = campaign = caller.campaign(brand, name="Spring")
    position = caller.asks("{ agentActivity { position } }")["agentActivity"]["position"]
    story.goes_on("createCampaign", position, "campaign")
    shows = ad_set(content)
    story.records(campaigns.Campaign, "campaign", shows)
    story.mutates(
        "recordPerformance", report(campaign, "2026-01-10", ("a", "2026-01-09", 5, content), ("b", None, 7, None))
    )
    story.mutates("renameBrand", {"brand": brand, "name": "Alpina & Sons"}, "brand")
    story.mutates("recordPerformance", report(campaign, "2026-01-11", ("a", "2026-01-09", 4, content)))
    things["content 2"] = second = caller.content(brand)
    story.records(contents.Content, "content 2", contents.VariationSelected(1))
    story.mutates(
        "allocateBudget",
        {"campaign": campaign, "allocation": [{"platform": "GOOGLE", "amount": {"amount": "10", "currency": "EUR"}}]},
        "campaign",
    )
    story.mutates("recordPerformance", report(campaign, "2026-01-12", ("a", "2026-01-09", 9, second)))
    things["campaign 2"] = caller.campaign(brand, name="Summer")
    story.records(campaigns.Campaign, "campaign 2", ad_set(content), ad_set(second))
    story.records(campaigns.Campaign, "campaign", campaigns.AdSetRemoved(shows.ad_set.id))
    story.goes_on("decision", runs(wired, caller, (uuid4(), [started(campaign), decided(campaign, "alert")])))
    caller.content(brand)
    story.records(
        contents.Content, "content", contents.PublicationScheduled(Platform.CMS, datetime(2026, 2, 1, tzinfo=UTC))
    )
    story.mutates("archiveCampaign", {"campaign": campaign}, "campaign")
    story.mutates("archiveContent", {"content": content}, "content")
    story.mutates("archiveBrand", {"brand": brand}, "brand")
    return story


def test_each_moment_is_shown_again_by_position(told: Story) -> None:
    for moment in told.moments:
        for thing, answer in moment.answers.items():
            assert told.then(thing, position=moment.position) == answer, (moment.after, thing)


def test_each_moment_is_shown_again_by_time(told: Story) -> None:
    for moment in told.moments:
        for thing, answer in moment.answers.items():
            assert told.then(thing, time=moment.time) == answer, (moment.after, thing)


def test_each_moment_is_shown_again_by_the_version_that_a_thing_had_then(told: Story) -> None:
    named = [(moment, thing, version) for moment in told.moments for thing, version in moment.versions.items()]
    assert len(named) > 8
    for moment, thing, version in named:
        assert told.then(thing, version=version) == moment.answers[thing], (moment.after, thing)


def test_the_story_has_moments_that_differ(told: Story) -> None:
    """Else the other tests would show little."""
    for thing in ("brand", "content", "campaign", "dashboard"):
        assert len({msgspec.json.encode(moment.answers[thing]) for moment in told.moments}) > 3


def test_who_was_not_there_yet_is_not_found(told: Story, stranger: Caller) -> None:
    first = told.moments[0]
    query = "query($id: ID!, $at: AsOf) { content(id: $id, asOf: $at) { id } }"
    for at in ({"position": first.position}, {"time": first.time}, {"time": "2001-01-01T00:00:00Z"}, {"version": 99}):
        error = told.caller.fails(query, id=told.things["content 2"], at=at)
        assert error["code"] == "NOT_FOUND"
        foreign = stranger.fails(query, id=told.things["content 2"], at=at)
        assert {**foreign, "message": ""} == {**error, "message": ""}
    assert told.caller.fails(query, id=told.things["campaign"], at={"version": 1})["code"] == "NOT_FOUND"
    assert told.asked("dashboard", "asOf", "AsOf", {"time": "2001-01-01T00:00:00Z"}) == []


def test_a_time_to_come_stands_for_now(told: Story) -> None:
    last = told.moments[-1]
    assert told.then("campaign", time="2999-01-01T00:00:00Z") == last.answers["campaign"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"at": {"version": 0}}, "asOf.version"),
        ({"at": {"position": "nonsense"}}, "asOf.position"),
        ({"at": {"position": ""}}, "asOf.position"),
        ({"at": {"version": 1}, "p": "dW10OjE6MQ"}, "atLeast"),
    ],
)
def test_a_moment_that_is_none_is_refused(told: Story, given: dict[str, Any], field: str) -> None:
    query = "query($id: ID!, $at: AsOf, $p: String) { campaign(id: $id, asOf: $at, atLeast: $p) { id } }"
    error = told.caller.fails(query, id=told.things["campaign"], **given)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


def test_a_position_behind_the_newest_event_is_refused(told: Story) -> None:
    ahead = "dW10OjE6OTk5OTk5OTk5"
    query = "query($p: String!) { dashboard(asOf: {position: $p}) { spend } }"
    error = told.caller.fails(query, p=ahead)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "asOf.position")


def test_figures_do_not_wait_beside_a_moment(told: Story) -> None:
    query = "query($p: String!) { dashboard(asOf: {position: $p}, atLeast: $p) { spend } }"
    error = told.caller.fails(query, p=told.moments[0].position)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "atLeast")


def test_several_moments_stand_beside_each_other_and_the_present(told: Story) -> None:
    first, last = told.moments[0], told.moments[-1]
    found = told.caller.asks(
        "query($id: ID!, $first: String, $last: String) {"
        " then: campaign(id: $id, asOf: {position: $first}) { brand { name campaigns(first: 9) { totalCount } } }"
        " later: campaign(id: $id, asOf: {position: $last}) { brand { name campaigns(first: 9) { totalCount } } }"
        " now: campaign(id: $id) { brand { name campaigns(first: 9) { totalCount } } } }",
        id=told.things["campaign"],
        first=first.position,
        last=last.position,
    )
    renamed = {"brand": {"name": "Alpina & Sons", "campaigns": {"totalCount": 2}}}
    assert found == {
        "then": {"brand": {"name": "Alpina", "campaigns": {"totalCount": 1}}},
        "later": renamed,
        "now": renamed,
    }


def test_pages_of_the_past_lead_on(told: Story) -> None:
    query = (
        "query($id: ID!, $at: AsOf, $first: Int, $last: Int, $after: String, $before: String) {"
        " brand(id: $id, asOf: $at) { contents(first: $first, last: $last, after: $after, before: $before) {"
        "  nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"
    )
    at = {"position": told.moments[-1].position}

    def page(**given: Any) -> tuple[list[str], Any]:
        found = told.caller.asks(query, id=told.things["brand"], at=at, **given)["brand"]["contents"]
        return [node["id"] for node in found["nodes"]], found["pageInfo"]

    whole, _ = page(first=9)
    assert len(whole) == 3
    first, info = page(first=2)
    rest, ends = page(first=2, after=info["endCursor"])
    assert (first + rest, info["hasNextPage"], ends["hasNextPage"], ends["hasPreviousPage"]) == (
        whole,
        True,
        False,
        True,
    )
    back, begins = page(last=2, before=ends["startCursor"])
    assert (back, begins["hasPreviousPage"], begins["hasNextPage"]) == (whole[:2], False, True)


def test_at_most_a_hundred_things_are_folded_for_one_request(caller: Caller, wired: System) -> None:
    brand = caller.brand()
    brief, built_in = contents.Brief("Trail shoes", "sell shoes"), contents.TemplateVersion(None, "Built-in", 1)

    def ask(position: str) -> Callable[[], Any]:
        query = (
            "query($id: ID!, $p: String) { brand(id: $id, asOf: {position: $p}) { contents(first: 1) { totalCount } } }"
        )
        return lambda: caller.posts(query, {"id": brand, "p": position})

    requested = [contents.ContentRequested(UUID(brand), brief, built_in) for _ in range(100)]
    enough = recorded(wired, caller, contents.Content, *((uuid4(), [each]) for each in requested[:99]))
    too_many = recorded(wired, caller, contents.Content, (uuid4(), [requested[99]]))
    assert ask(enough)()["data"]["brand"]["contents"]["totalCount"] == 99
    (error,) = ask(too_many)()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", "asOf")
    assert error["path"] == ["brand", "contents"]


def test_what_was_erased_since_stays_erased(caller: Caller, url: str, wired: System) -> None:
    invited = caller.mutates("inviteMember", {"email": "sam@example.com", "role": "ADMIN"}, "token")
    sam = Caller(url)
    given = {"token": invited["token"], "name": "Samantha Doe", "password": PASSWORD}
    sam.session = sam.mutates("acceptInvitation", given, "token user workspace role")
    sam.http.headers["Authorization"] = f"Bearer {sam.session['token']}"
    brand = caller.brand()
    campaign = sam.campaign(brand)
    position = recorded(
        wired, caller, campaigns.Campaign, (UUID(campaign), [campaigns.CampaignApproved(f"user:{sam.user}")])
    )
    caller.mutates("eraseSubject", {"user": str(sam.user)})
    found = caller.asks(
        "query($id: ID!, $p: String) { campaign(id: $id, asOf: {position: $p}) {"
        " approvedBy history(first: 9) { nodes { actor actorId text } } } }",
        id=campaign,
        p=position,
    )["campaign"]
    assert found["approvedBy"] == f"user:{sam.user}"
    assert "Samantha" not in str(found)
    assert "sam@example.com" not in str(found)


def test_relations_of_the_past_ask_as_often_as_those_of_one_thing(
    caller: Caller, wired: System, statements: Statements
) -> None:
    query = (
        "query($id: ID!, $p: String) { brand(id: $id, asOf: {position: $p}) {"
        " contents(first: 4) { totalCount nodes { brand { name } performance { spend }"
        "  campaigns(first: 1) { nodes { contents { brand { name } } } } } }"
        " campaigns(first: 4) { totalCount nodes { brand { name } contents { id } totals { spend } performance { spend }"
        "  decisions(first: 1) { nodes { about { id } } } history(first: 1) { nodes { text } } } } } }"
    )

    def of_so_many(number: int) -> list[str]:
        brand = caller.brand()
        for _ in range(number):
            content, campaign = caller.content(brand), caller.campaign(brand)
            recorded(wired, caller, campaigns.Campaign, (UUID(campaign), [ad_set(content)]))
            position = runs(wired, caller, (uuid4(), [started(campaign), decided(campaign, "alert")]))
        return statements.of(lambda: caller.asks(query, id=brand, p=position))

    one, several = of_so_many(1), of_so_many(4)
    assert sorted(one) == sorted(several)
    assert len(one) < 30


def test_freshness_is_a_position_to_read_at(caller: Caller) -> None:
    brand = caller.brand("First")
    position = caller.mutates("renameBrand", {"brand": brand, "name": "Second"})["position"]
    caller.asks("query($id: ID!, $p: String) { brand(id: $id, atLeast: $p) { name } }", id=brand, p=position)
    found = caller.asks("{ freshness { position head lagSeconds } }")["freshness"]
    assert found["lagSeconds"] >= 0
    both = caller.asks(
        "query($id: ID!, $p: String) { then: brand(id: $id, asOf: {position: $p}) { name }"
        " now: brand(id: $id, atLeast: $p) { name } }",
        id=brand,
        p=found["position"],
    )
    assert both["now"] == {"name": "Second"}
    assert both["then"]["name"] in ("First", "Second")


def test_freshness_asks_nothing_while_all_is_shown(caller: Caller, statements: Statements) -> None:
    def fresh() -> dict[str, Any]:
        found: dict[str, Any] = caller.asks("{ freshness { position head lagSeconds } }")["freshness"]
        return found

    for _ in range(100):
        if (found := fresh())["position"] == found["head"]:
            break
    assert found["lagSeconds"] == 0
    assert statements.of(fresh) == []
