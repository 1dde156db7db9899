"""What an advertiser looks up before buying: pages to speak as, interests and places to target.

Source: "Marketing API: Ad Account Promote Pages, User Accounts, Targeting Search". Each ad account may promote one page.
"""

from typing import Any

from umt.sandbox.meta_graph import one_of, page, parse, refuse, require
from umt.sandbox.places import Place, interests, number, places
from umt.sandbox.wire import Call, Json

KINDS = ("adinterest", "adgeolocation")
LOCATIONS = ("country", "city")


def page_of(account: str) -> Json:
    """The page that an ad account may promote, as its user sees it."""
    return {
        "id": f"1{number(f'page {account}', 14):014}", "name": f"Page of account {account}", "category": "Brand",
        "category_list": [{"id": "1605186416478696", "name": "Brand"}], "access_token": f"page-token-{account}",
        "tasks": ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE"],
    }  # fmt: skip


def pages(call: Call, accounts: list[str], default_fields: str) -> Json:
    """`promote_pages` and `me/accounts`: the pages of these ad accounts."""
    names = [name.strip() for name in call.query.get("fields", default_fields).split(",") if name.strip()]
    known = page_of("")
    if unknown := [name for name in names if name not in known]:
        raise refuse(f"Tried accessing nonexisting field ({unknown[0][:60]}) on node type (Page)")

    def show(document: Json) -> Json:
        return {name: document[name] for name in dict.fromkeys((*names, "id"))}

    return page(call, [page_of(account) for account in accounts], lambda document: str(document["id"]), show)


def search(call: Call) -> Json:
    """`/search?type=adinterest|adgeolocation&q=..`: what targeting specs may name."""
    require(call.query, "type")
    one_of(call.query, "type", KINDS)
    text = call.query.get("q", "")
    if call.query["type"] == "adinterest":
        found = [_interest(name) for name in interests(text)]
    else:
        wanted = parse(call.query, "location_types") or list(LOCATIONS)
        if not isinstance(wanted, list):
            raise refuse("param location_types must be an array.")
        found = [_location(place) for place in places(text, call.query.get("country_code", "").upper())]
        found = [document for document in found if document["type"] in wanted]
    return page(call, found, lambda document: str(document.get("id") or document["key"]), lambda document: document)


def _interest(name: str) -> Json:
    size = 100_000 + number(f"size {name}", 8)
    return {
        "id": f"6003{number(f'interest {name}', 9):09}", "name": name, "audience_size_lower_bound": size,
        "audience_size_upper_bound": size * 118 // 100, "path": ["Interests", "Additional interests", name],
        "description": None, "topic": "Hobbies and activities",
    }  # fmt: skip


def _location(place: Place) -> Json:
    home = {"country_code": place.home.code, "country_name": place.home.name}
    extent: dict[str, Any] = {"supports_region": True, "supports_city": True}
    if place.country is None:
        return {"key": place.code, "name": place.name, "type": "country"} | home | extent
    region = {"region": f"Region of {place.name}", "region_id": 1 + number(f"region {place.name}", 4)}
    return {"key": str(place.number), "name": place.name, "type": "city"} | home | region | extent
