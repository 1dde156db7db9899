"""geoTargetConstants:suggest: what criteria may name as a location ("Google Ads API: GeoTargetConstantService").

A country's id is 2000 and its ISO number, as there.
"""

from typing import Any

from umt.sandbox.google_errors import Problem, refuse
from umt.sandbox.places import COUNTRIES, Place, number, places
from umt.sandbox.wire import Call, Json, Reply

ERROR = "geoTargetConstantSuggestionError"
MOST_NAMES = 25
LONGEST_NAME = 300


def suggest(call: Call, request: Json) -> Reply:
    """Suggestions for each of up to 25 names, best first; {} when there are none."""
    country = str(request.get("countryCode") or "").upper()
    if country and country not in {place.code for place in COUNTRIES}:
        raise refuse(call, Problem(ERROR, "INVALID_COUNTRY_CODE", "The country code is invalid.", "country_code"))
    asked = request.get("locationNames")
    names = asked.get("names") if isinstance(asked, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        message = "Either geo target constants or location names are required."
        raise refuse(call, Problem(ERROR, "REQUEST_PARAMETERS_UNSET", message))
    if len(names) > MOST_NAMES:
        raise refuse(call, Problem(ERROR, "LOCATION_NAME_LIMIT", "At most 25 location names can be specified."))
    if any(len(name) > LONGEST_NAME for name in names):
        raise refuse(call, Problem(ERROR, "LOCATION_NAME_SIZE_LIMIT", "A location name is too long."))
    locale = str(request.get("locale") or "en")
    found = [_suggestion(name, place, locale) for name in names for place in places(name, country)]
    return Reply(200, {"geoTargetConstantSuggestions": found} if found else {})


def _suggestion(name: str, place: Place, locale: str) -> Json:
    suggestion: dict[str, Any] = {
        "geoTargetConstant": _constant(place), "locale": locale, "searchTerm": name,
        "reach": str(100 * number(f"reach {place.name}", 5)),
    }  # fmt: skip
    if place.country is not None:
        suggestion["geoTargetConstantParents"] = [_constant(place.country)]
    return suggestion


def _constant(place: Place) -> Json:
    id = 2000 + place.number if place.country is None else place.number
    canonical = place.name if place.country is None else f"{place.name},{place.country.name}"
    return {
        "resourceName": f"geoTargetConstants/{id}", "id": str(id), "name": place.name, "countryCode": place.home.code,
        "targetType": "Country" if place.country is None else "City", "status": "ENABLED", "canonicalName": canonical,
    }  # fmt: skip
