"""Places and interests become what each platform calls them, by the platform's own search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.contracts.platform_contract import Outside, order_for

from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.linkedin import LinkedInAds
from umt.adapters.platforms.meta import MetaAds
from umt.application.ports import AdOrder, AdPlatform, Connection, Refused
from umt.domain.brand import Audience
from umt.domain.campaign import Creative, Objective, Schedule
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.secret import Secret

AUDIENCE = Audience("Runners", 25, 44, ("female",), ("Running", "no such interest"), ("Germany", "Berlin"))
ORDER = AdOrder(
    "campaign",
    "ad",
    Objective.TRAFFIC,
    Money.of("100", "EUR"),
    Schedule(date(2026, 1, 5), date(2026, 2, 5)),
    AUDIENCE,
    Creative(UUID(int=1), "Run far", "Shoes for long ways.", "https://shop.example/"),
)
CONNECTION = Connection(Platform.FACEBOOK, "1234567890", Secret("token"))


class Fake:
    """A platform with an empty account that knows Germany, Berlin and running, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        if path.endswith("/search"):
            return httpx.Response(200, json={"data": self.meta_matches(query["q"])})
        if path.endswith("/promote_pages"):
            return httpx.Response(200, json={"data": [{"id": "77", "name": "Shop"}]})
        if path.endswith("geoTargetConstants:suggest"):
            return httpx.Response(200, json=self.google_matches(msgspec.json.decode(request.content)))
        if path.endswith("/adTargetingEntities"):
            return httpx.Response(200, json={"elements": self.linkedin_matches(query["facet"], query["query"])})
        if path.endswith("googleAds:search"):
            customer = {"customer": {"currencyCode": "EUR"}}
            asks_customer = "FROM customer" in msgspec.json.decode(request.content)["query"]
            return httpx.Response(200, json={"results": [customer]} if asks_customer else {})
        if request.method == "GET":
            return httpx.Response(200, json={"currency": "EUR", "data": [], "elements": []})
        body = msgspec.json.decode(request.content)
        self.told.append((path.rpartition("/")[2], body))
        results = [{"resourceName": f"customers/1/things/{n + 1}"} for n in range(len(body.get("operations", ())))]
        return httpx.Response(200, json={"id": "5", "results": results}, headers={"x-restli-id": "5"})

    def meta_matches(self, text: str) -> list[dict[str, str]]:
        return {
            "Germany": [{"key": "DE", "name": "Germany", "type": "country"}],
            "Berlin": [{"key": "545", "name": "Berlin", "type": "city"}],
            "Running": [{"id": "6003", "name": "Running"}],
        }.get(text, [])

    def google_matches(self, body: Any) -> dict[str, Any]:
        known = {"Germany": "2276", "Berlin": "1003854"}
        ids = [known[name] for name in body["locationNames"]["names"] if name in known]
        named = [{"geoTargetConstant": {"resourceName": f"geoTargetConstants/{i}", "id": i}} for i in ids]
        return {"geoTargetConstantSuggestions": named} if named else {}

    def linkedin_matches(self, facet: str, text: str) -> list[dict[str, str]]:
        known = {"Germany": "urn:li:geo:101282230", "Berlin": "urn:li:geo:103035651", "Running": "urn:li:interest:9"}
        return [{"urn": known[text], "name": text, "facetUrn": facet}] if text in known else []

    def told_of(self, path: str) -> Any:
        return next(body for edge, body in self.told if edge == path)


@pytest.fixture
def fake() -> Fake:
    return Fake()


async def test_metas_targeting(fake: Fake) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake)) as http:
        await MetaAds(http, platform=Platform.INSTAGRAM).create_ad(CONNECTION, ORDER)
    assert fake.told_of("adsets")["targeting"] == {
        "age_min": 25,
        "age_max": 44,
        "genders": [2],
        "publisher_platforms": ["instagram"],
        "geo_locations": {"countries": ["DE"], "cities": [{"key": "545"}]},
        "targeting_automation": {"advantage_audience": 0},
        "flexible_spec": [{"interests": [{"id": "6003", "name": "Running"}]}],
    }
    assert fake.told_of("adcreatives")["object_story_spec"]["page_id"] == "77"


async def test_googles_targeting(fake: Fake) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake)) as http:
        await GoogleAds(http, developer_token=Secret("developer")).create_ad(CONNECTION, ORDER)
    places = [o["create"]["location"] for o in fake.told_of("campaignCriteria:mutate")["operations"]]
    assert places == [
        {"geoTargetConstant": "geoTargetConstants/2276"},
        {"geoTargetConstant": "geoTargetConstants/1003854"},
    ]
    people = [o["create"] for o in fake.told_of("adGroupCriteria:mutate")["operations"]]
    assert [p["keyword"]["text"] for p in people if "keyword" in p] == ["Running", "no such interest"]
    assert {p["ageRange"]["type"] for p in people if "ageRange" in p} == {
        "AGE_RANGE_18_24",
        "AGE_RANGE_45_54",
        "AGE_RANGE_55_64",
        "AGE_RANGE_65_UP",
    }
    assert [p["gender"]["type"] for p in people if "gender" in p] == ["MALE"]
    assert all(p["negative"] for p in people if "keyword" not in p)


async def test_linkedins_targeting(fake: Fake) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake)) as http:
        await LinkedInAds(http).create_ad(CONNECTION, ORDER)
    facet = "urn:li:adTargetingFacet:"
    assert fake.told_of("adCampaigns")["targetingCriteria"]["include"]["and"] == [
        {"or": {f"{facet}locations": ["urn:li:geo:101282230", "urn:li:geo:103035651"]}},
        {"or": {f"{facet}ageRanges": ["urn:li:ageRange:(25,34)", "urn:li:ageRange:(35,54)"]}},
        {"or": {f"{facet}genders": ["urn:li:gender:FEMALE"]}},
        {"or": {f"{facet}interests": ["urn:li:interest:9"]}},
    ]


@pytest.mark.parametrize(
    "make", [MetaAds, LinkedInAds, lambda http: GoogleAds(http, developer_token=Secret("developer"))]
)
async def test_a_place_that_the_platform_does_not_know_is_refused(
    fake: Fake, make: Callable[[httpx.AsyncClient], AdPlatform]
) -> None:
    nowhere = msgspec.structs.replace(ORDER, audience=msgspec.structs.replace(AUDIENCE, places=("Nowhere",)))
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake)) as http:
        with pytest.raises(Refused, match="Nowhere"):
            await make(http).create_ad(CONNECTION, nowhere)


@pytest.mark.parametrize("make", [MetaAds, LinkedInAds])
async def test_an_ad_for_none_but_unknown_interests_is_refused(
    fake: Fake, make: Callable[[httpx.AsyncClient], AdPlatform]
) -> None:
    """Left out, they would make it an ad for everybody."""
    strange = msgspec.structs.replace(ORDER, audience=msgspec.structs.replace(AUDIENCE, interests=("no such",)))
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake)) as http:
        with pytest.raises(Refused, match="'no such'"):
            await make(http).create_ad(CONNECTION, strange)


ALPS = Audience("Hikers", 25, 55, ("female",), ("hiking", "trail running"), ("Austria", "Innsbruck", "DE"))


async def test_meta_drops_a_city_of_a_country_that_is_targeted_whole(http: httpx.AsyncClient, outside: Outside) -> None:
    connection = Connection(Platform.FACEBOOK, "act_700001", Secret("token"))
    await MetaAds(http, outside.url).create_ad(connection, order_for(outside, audience=ALPS))
    query = {"fields": "targeting", "access_token": "token"}
    (ad_set,) = (await http.get(f"{outside.url}/v23.0/act_700001/adsets", params=query)).json()["data"]
    assert ad_set["targeting"]["geo_locations"] == {"countries": ["AT", "DE"]}
    (spec,) = ad_set["targeting"]["flexible_spec"]
    assert [interest["name"] for interest in spec["interests"]] == ["Hiking", "Trail running"]


async def test_google_and_linkedin_look_countries_up_by_name(http: httpx.AsyncClient, outside: Outside) -> None:
    google = GoogleAds(http, outside.url, developer_token=Secret("developer"))
    await google.create_ad(
        Connection(Platform.GOOGLE, "7000000001", Secret("token")), order_for(outside, audience=ALPS)
    )
    url = f"{outside.url}/v21/customers/7000000001/googleAds:search"
    query = {"query": "SELECT campaign_criterion.location.geo_target_constant FROM campaign_criterion"}
    headers = {"Authorization": "Bearer token", "developer-token": "developer"}
    rows = (await http.post(url, json=query, headers=headers)).json()["results"]
    targets = [row["campaignCriterion"]["location"]["geoTargetConstant"] for row in rows]
    assert {"geoTargetConstants/2040", "geoTargetConstants/2276"} < set(targets)
    assert len(targets) == 3

    linkedin = LinkedInAds(http, outside.url)
    created = await linkedin.create_ad(
        Connection(Platform.LINKEDIN, "700001", Secret("token")), order_for(outside, audience=ALPS)
    )
    assert created.status == "active"
