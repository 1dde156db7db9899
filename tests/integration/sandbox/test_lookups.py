"""Pages, places and interests: the lookups that come before buying, in each platform's own form."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.integration.sandbox.kit import GOOGLE, LINKEDIN, META, Outside


def meta(outside: Outside, kind: str, text: str, **more: str) -> list[dict[str, Any]]:
    found = outside.get("/v23.0/search", params=META | {"type": kind, "q": text} | more)["data"]
    return list(found)


def google(outside: Outside, text: str, **more: Any) -> list[dict[str, Any]]:
    body = {"locale": "en", "locationNames": {"names": [text]}} | more
    answer = outside.post("/v21/geoTargetConstants:suggest", headers=GOOGLE, json=body)
    return [one["geoTargetConstant"] for one in answer.get("geoTargetConstantSuggestions", [])]


def linkedin(outside: Outside, facet: str, text: str) -> list[dict[str, Any]]:
    asked = f"facet={quote(f'urn:li:adTargetingFacet:{facet}', safe='')}&query={quote(text, safe='')}"
    path = f"/rest/adTargetingEntities?q=typeahead&queryVersion=QUERY_USES_URNS&{asked}"
    return list(outside.get(path, headers=LINKEDIN)["elements"])


def test_each_account_has_a_page_of_its_own(outside: Outside) -> None:
    (one,) = outside.get("/v23.0/act_123/promote_pages", params=META)["data"]
    (other,) = outside.get("/v23.0/act_124/promote_pages", params=META)["data"]
    assert one.keys() == {"id", "name"}
    assert one["id"] != other["id"]
    mine = outside.get("/v23.0/me/accounts", params=META)["data"]
    assert {one["id"], other["id"]} <= {page["id"] for page in mine}
    assert all(page["access_token"] and "ADVERTISE" in page["tasks"] for page in mine)


def test_a_country_is_known_by_its_name(outside: Outside) -> None:
    (place,) = meta(outside, "adgeolocation", "austria", location_types='["country","region","city"]')
    assert (place["key"], place["type"], place["name"]) == ("AT", "country", "Austria")
    (target,) = google(outside, "Austria")
    assert (target["resourceName"], target["targetType"]) == ("geoTargetConstants/2040", "Country")
    (entity,) = linkedin(outside, "locations", "Austria")
    assert entity["name"] == "Austria"
    assert entity["urn"].startswith("urn:li:geo:")


def test_a_city_lies_in_its_country(outside: Outside) -> None:
    (place,) = meta(outside, "adgeolocation", "Innsbruck")
    assert (place["type"], place["country_code"]) == ("city", "AT")
    (target,) = google(outside, "Innsbruck")
    assert (target["canonicalName"], target["countryCode"]) == ("Innsbruck,Austria", "AT")
    assert google(outside, "Innsbruck", countryCode="DE") == []
    assert [entity["name"] for entity in linkedin(outside, "locations", "Innsbruck")] == ["Innsbruck, Austria"]


def test_the_beginning_of_a_name_finds_every_country_that_begins_so(outside: Outside) -> None:
    found = meta(outside, "adgeolocation", "united", location_types='["country"]')
    assert {place["key"] for place in found} == {"AE", "GB", "US"}


def test_interests_echo_the_query_and_keep_their_ids(outside: Outside) -> None:
    def on_meta(text: str) -> list[tuple[str, str]]:
        return [(one["id"], one["name"]) for one in meta(outside, "adinterest", text)]

    def on_linkedin(text: str) -> list[tuple[str, str]]:
        return [(one["urn"], one["name"]) for one in linkedin(outside, "interests", text)]

    for search in (on_meta, on_linkedin):
        assert search("hiking")[0][1] == "Hiking"
        assert search("hiking") == search("Hiking")
        assert search("hiking")[0] != search("trail running")[0]


@pytest.mark.parametrize("text", ["", "?!", "123", "xkcdq", "Nowhere", "no such place", "a" * 200])
def test_junk_has_no_match(outside: Outside, text: str) -> None:
    assert meta(outside, "adgeolocation", text) == meta(outside, "adinterest", text) == []
    assert google(outside, text) == []
    assert linkedin(outside, "locations", text) == linkedin(outside, "interests", text) == []


def test_a_bad_lookup_is_refused_as_there(outside: Outside) -> None:
    reply = outside.http.get("/v23.0/search", params=META | {"type": "nonsense", "q": "a"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, 100)
    for body, code in (
        ({}, "REQUEST_PARAMETERS_UNSET"),
        ({"locationNames": {"names": ["Rome"]}, "countryCode": "??"}, "INVALID_COUNTRY_CODE"),
        ({"locationNames": {"names": ["Rome"] * 26}}, "LOCATION_NAME_LIMIT"),
    ):
        reply = outside.http.post("/v21/geoTargetConstants:suggest", headers=GOOGLE, json=body)
        (error,) = reply.json()["error"]["details"][0]["errors"]
        assert error["errorCode"] == {"geoTargetConstantSuggestionError": code}
    reply = outside.http.get("/rest/adTargetingEntities?q=typeahead&query=a", headers=LINKEDIN)
    assert (reply.status_code, reply.json()["code"]) == (400, "ILLEGAL_ARGUMENT")
