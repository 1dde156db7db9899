"""Meta's Marketing API: one client for ads on Facebook and on Instagram.

A campaign of ours on this platform is a Meta campaign with a lifetime budget (Advantage campaign budget); each ad
set of ours is an ad set, an ad creative and an ad of the same name. Sources: "Marketing API: Ad Campaign, Ad Set,
Ad Creative, Ad, Insights, Error Codes" at developers.facebook.com.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any, TypeVar

import httpx

from umt.adapters.platforms.http import MOST_PAGES, Api, bearer, same_currency, shaped
from umt.adapters.platforms.meta_wire import (
    AdAccount,
    Done,
    Match,
    Node,
    Page,
    Row,
    act,
    as_json,
    explain,
    minor_units,
    number,
    parts_of,
    reported_day,
    times,
)
from umt.adapters.platforms.targeting import best, country_code, known_interests, known_place
from umt.application.breakers import META, UNGUARDED, Breakers
from umt.application.ports import (
    Account,
    AdOrder,
    Connection,
    CreatedAd,
    Refused,
    Report,
    Transient,
)
from umt.domain.brand import Audience
from umt.domain.campaign import Objective
from umt.domain.money import Money
from umt.domain.platform import Platform

OBJECTIVES: dict[Objective, tuple[str, str, str | None]] = {
    Objective.AWARENESS: ("OUTCOME_AWARENESS", "REACH", None),
    Objective.TRAFFIC: ("OUTCOME_TRAFFIC", "LINK_CLICKS", "WEBSITE"),
    Objective.ENGAGEMENT: ("OUTCOME_ENGAGEMENT", "POST_ENGAGEMENT", "ON_POST"),
    Objective.LEADS: ("OUTCOME_LEADS", "LANDING_PAGE_VIEWS", "WEBSITE"),
    Objective.SALES: ("OUTCOME_SALES", "LANDING_PAGE_VIEWS", "WEBSITE"),
}
"""Our objective → Meta's objective, the ad set's optimisation goal and destination."""

GENDERS = {"male": 1, "men": 1, "female": 2, "women": 2}
FIELDS = {
    "campaigns": "id,name,effective_status,bid_strategy",
    "adsets": "id,name,effective_status",
    "ads": "id,name,effective_status",
    "adcreatives": "id,name",
}
PAGE_SIZE = 500

T = TypeVar("T")


class MetaAds:
    """Ads on Facebook or Instagram.

    An account is written ``act_123``, or ``act_123/PAGE`` or ``act_123/PAGE/INSTAGRAM_USER`` to name who speaks in its
    ads; without a page the account must have exactly one that it may promote.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str = "https://graph.facebook.com",
        version: str = "v23.0",
        platform: Platform = Platform.FACEBOOK,
        *,
        page_size: int = PAGE_SIZE,
        breakers: Breakers = UNGUARDED,
    ) -> None:
        self._api = Api(http, "Meta", base_url, explain, breakers, META)
        self._version, self._platform, self._page_size = version, platform, page_size

    async def verify(self, connection: Connection) -> Account:
        found = await self._account(connection)
        return Account(found.name or connection.account, found.currency)

    async def create_ad(self, connection: Connection, order: AdOrder) -> CreatedAd:
        same_currency((await self._account(connection)).currency, order.budget)
        campaign = await self._campaign(connection, order)
        ad_set = await self._ad_set(connection, order, campaign)
        ad = await self._find(connection, "ads", order.ad_reference)
        if ad is None:
            creative = await self._creative(connection, order)
            ad = await self._create(
                connection,
                "ads",
                name=order.ad_reference,
                adset_id=ad_set.id,
                creative={"creative_id": creative.id},
                status="ACTIVE",
            )
        return CreatedAd(ad.id, campaign.id, (ad.effective_status or ad.status or "active").lower())

    async def set_budget(self, connection: Connection, external_campaign_id: str, total: Money) -> None:
        same_currency((await self._account(connection)).currency, total)
        await self._update(connection, external_campaign_id, lifetime_budget=minor_units(total))

    async def set_active(self, connection: Connection, external_campaign_id: str, active: bool) -> None:
        await self._update(connection, external_campaign_id, status="ACTIVE" if active else "PAUSED")

    async def performance(self, connection: Connection, external_campaign_id: str, since: date, until: date) -> Report:
        query = {
            "level": "ad",
            "time_increment": "1",
            "time_range": as_json({"since": since.isoformat(), "until": until.isoformat()}),
            "fields": "ad_id,date_start,impressions,clicks,spend,actions,action_values",
        }
        currency = (await self._account(connection)).currency
        if currency is None:
            raise Refused("Meta does not tell the account's currency")
        edge = f"{number(external_campaign_id)}/insights"
        return Report(currency, tuple([reported_day(row) async for row in self._pages(connection, edge, query, Row)]))

    async def _campaign(self, connection: Connection, order: AdOrder) -> Node:
        strategy = "LOWEST_COST_WITH_BID_CAP" if order.bid else "LOWEST_COST_WITHOUT_CAP"
        found = await self._find(connection, "campaigns", order.campaign_reference)
        if found is not None:
            if found.bid_strategy and found.bid_strategy != strategy:
                raise Refused("Meta bids one way in a whole campaign: give each of its ad sets a bid, or none")
            return found
        start, stop = times(order)
        return await self._create(
            connection,
            "campaigns",
            name=order.campaign_reference,
            objective=OBJECTIVES[order.objective][0],
            buying_type="AUCTION",
            special_ad_categories=[],
            lifetime_budget=minor_units(order.budget),
            bid_strategy=strategy,
            start_time=start,
            stop_time=stop,
            status="ACTIVE",
        )

    async def _ad_set(self, connection: Connection, order: AdOrder, campaign: Node) -> Node:
        found = await self._find(connection, "adsets", order.ad_reference)
        if found is not None:
            return found
        _, goal, destination = OBJECTIVES[order.objective]
        start, end = times(order)
        optional = {
            "destination_type": destination,
            "bid_amount": minor_units(order.bid) if order.bid else None,
        }
        return await self._create(
            connection,
            "adsets",
            name=order.ad_reference,
            campaign_id=campaign.id,
            billing_event="IMPRESSIONS",
            optimization_goal=goal,
            targeting=await self._targeting(connection, order.audience),
            start_time=start,
            end_time=end,
            status="ACTIVE",
            **{name: value for name, value in optional.items() if value is not None},
        )

    async def _creative(self, connection: Connection, order: AdOrder) -> Node:
        found = await self._find(connection, "adcreatives", order.ad_reference)
        if found is not None:
            return found
        _, page, instagram = parts_of(connection)
        text = order.creative
        story: dict[str, Any] = {
            "page_id": page or await self._page(connection),
            "link_data": {"link": text.url, "message": text.body, "name": text.headline},
        }
        if instagram:
            story["instagram_user_id"] = instagram
        return await self._create(connection, "adcreatives", name=order.ad_reference, object_story_spec=story)

    async def _page(self, connection: Connection) -> str:
        """The one page that the account may promote."""
        pages = [node async for node in self._pages(connection, f"{act(connection)}/promote_pages", {}, Node)]
        if len(pages) != 1:
            raise Refused(
                f"the account may promote {len(pages)} pages: name one by writing the account as act_123/PAGE"
            )
        return pages[0].id

    async def _targeting(self, connection: Connection, audience: Audience) -> dict[str, Any]:
        targeting: dict[str, Any] = {
            "age_min": max(13, min(audience.age_from, 65)),
            "age_max": min(audience.age_to, 65),
            "publisher_platforms": [self._platform.value],
            "geo_locations": await self._places(connection, audience.places),
            "targeting_automation": {"advantage_audience": 0},
        }
        genders = {GENDERS.get(gender.casefold()) for gender in audience.genders} - {None}
        if len(genders) == 1:
            targeting["genders"] = list(genders)
        found = [await self._search(connection, interest, type="adinterest") for interest in audience.interests]
        interests = [{"id": one.id, "name": one.name} for one in known_interests("Meta", audience.interests, found)]
        if interests:
            targeting["flexible_spec"] = [{"interests": interests}]
        return targeting

    async def _places(self, connection: Connection, places: tuple[str, ...]) -> dict[str, Any]:
        """Countries by their ISO code, any other place by Meta's own search; no place is the whole world.

        Meta refuses places that overlap, so of a country and a city in it the country stays.
        """
        if not places:
            return {"country_groups": ["worldwide"]}
        kinds = {"country": "countries", "region": "regions", "city": "cities"}
        matches: list[Match] = []
        for place in places:
            if code := country_code(place):
                matches.append(Match(place, key=code, type="country"))
                continue
            hit = await self._search(connection, place, type="adgeolocation", location_types=as_json(list(kinds)))
            matches.append(known_place("Meta", place, hit if hit and hit.type in kinds else None))
        whole = {match.key for match in matches if match.type == "country"}
        found: dict[str, list[Any]] = {"countries": sorted(whole)} if whole else {}
        for match in dict.fromkeys(matches):
            if match.type != "country" and match.country_code not in whole:
                found.setdefault(kinds[match.type], []).append({"key": match.key})
        return found

    async def _search(self, connection: Connection, text: str, **query: str) -> Match | None:
        """The best match of Meta's targeting search."""
        page = await self._get(connection, "search", {"q": text, "limit": "25", **query}, Page)
        return best(((one.name, one) for one in (shaped(item, Match) for item in page.data)), text)

    async def _find(self, connection: Connection, edge: str, name: str) -> Node | None:
        """The oldest node of the edge with this very name; creatives cannot be filtered by name."""
        query = {"fields": FIELDS[edge]}
        if edge != "adcreatives":
            query["filtering"] = as_json([{"field": "name", "operator": "CONTAIN", "value": name}])
        path = f"{act(connection)}/{edge}"
        same = [node async for node in self._pages(connection, path, query, Node) if node.name == name]
        return min(same, key=lambda node: (len(node.id), node.id), default=None)

    async def _pages(
        self, connection: Connection, path: str, query: Mapping[str, str], shape: type[T]
    ) -> AsyncIterator[T]:
        """Every item of an edge. Its ``next`` address may carry the token, so the cursor is followed instead."""
        after = ""
        for _ in range(MOST_PAGES):
            cursor = {"after": after} if after else {}
            page = await self._get(connection, path, {**query, "limit": str(self._page_size), **cursor}, Page)
            for item in page.data:
                yield shaped(item, shape)
            if not page.paging.next or page.paging.cursors.after in ("", after):
                return
            after = page.paging.cursors.after
        raise Transient(f"Meta gave more than {MOST_PAGES} pages")

    async def _account(self, connection: Connection) -> AdAccount:
        return await self._get(connection, act(connection), {"fields": "name,currency"}, AdAccount)

    async def _get(self, connection: Connection, path: str, query: Mapping[str, str], shape: type[T]) -> T:
        return await self._api.send(
            "GET",
            f"/{self._version}/{path}",
            shape,
            headers=bearer(connection),
            secret=connection.secret,
            query=query,
        )

    async def _create(self, connection: Connection, edge: str, **fields: object) -> Node:
        return await self._post(connection, f"{act(connection)}/{edge}", fields, Node)

    async def _update(self, connection: Connection, node: str, **fields: object) -> None:
        if not (await self._post(connection, number(node), fields, Done)).success:
            raise Refused("Meta did not take over the change")

    async def _post(self, connection: Connection, path: str, fields: Mapping[str, object], shape: type[T]) -> T:
        return await self._api.send(
            "POST",
            f"/{self._version}/{path}",
            shape,
            headers=bearer(connection),
            secret=connection.secret,
            body=fields,
            write=True,
        )
