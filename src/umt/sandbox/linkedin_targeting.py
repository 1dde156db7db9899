"""adTargetingEntities by typeahead: what targeting criteria may name ("LinkedIn Marketing: Ad Targeting").

Only the newer form of answers, `queryVersion=QUERY_USES_URNS`, and of the facets those of places and of interests.
"""

from umt.sandbox.places import Place, interests, number, places
from umt.sandbox.restli import bad_parameter, parameters, refuse
from umt.sandbox.wire import Call, Json

FACET = "urn:li:adTargetingFacet:"
PLACES = ("locations", "profileLocations")
DEFAULT_COUNT, MOST = 10, 100


def typeahead(call: Call) -> Json:
    """`q=typeahead&facet=urn:li:adTargetingFacet:locations&query=..&queryVersion=QUERY_USES_URNS`."""
    asked = parameters(call)
    facet, text = str(asked.get("facet", "")), str(asked.get("query", ""))
    if asked.get("q") != "typeahead" or asked.get("queryVersion") != "QUERY_USES_URNS":
        raise bad_parameter("q" if asked.get("q") != "typeahead" else "queryVersion")
    if facet.removeprefix(FACET) in PLACES:
        found = [(_geo(place), _shown(place)) for place in places(text)]
    elif facet == f"{FACET}interests":
        found = [(f"urn:li:interest:{1 + number(name, 6)}", name) for name in interests(text)]
    else:
        raise refuse(400, "INVALID_VALUE", f"/facet :: {facet[:80]} has no typeahead", 100)
    start, count = (_whole(asked, name, default) for name, default in (("start", 0), ("count", DEFAULT_COUNT)))
    elements = [{"urn": urn, "facetUrn": facet, "name": name} for urn, name in found]
    return {
        "paging": {"start": start, "count": count, "links": []},
        "elements": elements[start : start + min(count, MOST)],
    }


def _geo(place: Place) -> str:
    return f"urn:li:geo:{100_000_000 + number(f'{place.name} {place.home.code}', 7)}"


def _shown(place: Place) -> str:
    return place.name if place.country is None else f"{place.name}, {place.country.name}"


def _whole(asked: Json, name: str, default: int) -> int:
    text = str(asked.get(name, default))
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise bad_parameter(name)
    return int(text)
