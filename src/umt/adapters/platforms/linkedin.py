"""LinkedIn's Marketing API: text ads.

A campaign of ours on this platform is a campaign group, whose total budget caps all that is in it; each ad set of ours
is a campaign with one text ad and an even share of that total, for each campaign is paced by its own budget. Sources: "LinkedIn Marketing: Account Structure, Text Ads, Ad
Targeting, Ads Reporting, Error Handling" at learn.microsoft.com/linkedin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from textwrap import shorten
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import httpx

from umt.adapters.platforms.http import MOST_PAGES, Answer, Api, Rejected, bearer, same_currency
from umt.adapters.platforms.linkedin_wire import (
    AccountShown,
    Entity,
    Page,
    Row,
    Rows,
    Targets,
    date_of,
    explain,
    list_of,
    money_of,
    number,
    path_of,
    reported_day,
    schedule_of,
    share_of,
    urn_of,
)
from umt.adapters.platforms.targeting import best, known_interests, known_place, name_of
from umt.application.breakers import LINKEDIN, UNGUARDED, Breakers
from umt.application.ports import (
    Account,
    AdOrder,
    Connection,
    CreatedAd,
    OutcomeUnknown,
    Refused,
    Report,
    ReportedDay,
    Transient,
)
from umt.domain.brand import Audience
from umt.domain.campaign import Objective
from umt.domain.money import Money

OBJECTIVES: dict[Objective, tuple[str, str]] = {
    Objective.AWARENESS: ("BRAND_AWARENESS", "MAX_IMPRESSION"),
    Objective.TRAFFIC: ("WEBSITE_VISIT", "MAX_CLICK"),
    Objective.ENGAGEMENT: ("WEBSITE_VISIT", "MAX_CLICK"),
    Objective.LEADS: ("WEBSITE_CONVERSION", "MAX_CLICK"),
    Objective.SALES: ("WEBSITE_CONVERSION", "MAX_CLICK"),
}
"""Our objective → LinkedIn's and what it bids for when no bid is given; those that text ads can have. MAX_CONVERSION would
need a conversion rule of the account on each campaign before it may run."""

AGES = {"(18,24)": (18, 24), "(25,34)": (25, 34), "(35,54)": (35, 54), "(55,2147483647)": (55, 120)}
GENDERS = {"male": "MALE", "men": "MALE", "female": "FEMALE", "women": "FEMALE"}
WORLDWIDE = "urn:li:geo:92000000"
LONGEST_HEADLINE, LONGEST_DESCRIPTION = 25, 75
GONE = frozenset({"ARCHIVED", "CANCELED", "PENDING_DELETION", "REMOVED"})
TOO_LOW = frozenset({"VALUE_TOO_LOW", "CONDITIONAL_VALUE_TOO_LOW"})
WINDOW = timedelta(days=31)
"""Analytics are not paged and end at 15,000 elements, so a long period is asked for in parts."""

T = TypeVar("T")


class LinkedInAds:
    """Text ads on LinkedIn. An account is the number of a sponsored account."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str = "https://api.linkedin.com",
        version: str = "202509",
        *,
        breakers: Breakers = UNGUARDED,
    ) -> None:
        self._api = Api(http, "LinkedIn", base_url, explain, breakers, LINKEDIN)
        self._version = version

    async def verify(self, connection: Connection) -> Account:
        account = await self._account(connection)
        return Account(account.name or connection.account, account.currency)

    async def create_ad(self, connection: Connection, order: AdOrder) -> CreatedAd:
        same_currency((await self._account(connection)).currency, order.budget)
        group, total = await self._group(connection, order)
        campaign = await self._campaign(connection, order, group)
        await self._share(connection, group, total)
        creative = await self._creative(connection, order, campaign)
        return CreatedAd(number(creative.id), group, (creative.intended_status or "active").lower())

    async def set_budget(self, connection: Connection, external_campaign_id: str, total: Money) -> None:
        """The group's cap, then the shares of its campaigns."""
        same_currency((await self._account(connection)).currency, total)
        group = number(external_campaign_id)
        await self._update(connection, f"adCampaignGroups/{group}", {"totalBudget": money_of(total)})
        await self._share(connection, group, total)

    async def _share(self, connection: Connection, group: str, total: Money) -> None:
        """Give each campaign of the group an even share of its total; one that has spent more than that keeps its budget."""
        criteria = f"q=search&search=(campaignGroup:(values:{list_of(urn_of('CampaignGroup', group))}))"
        campaigns = await self._find(connection, "adCampaigns", criteria)
        share = share_of(total, len(campaigns)) if campaigns else total
        for campaign in campaigns:
            if campaign.total_budget is not None and Decimal(campaign.total_budget.amount) == share.amount:
                continue
            try:
                await self._update(connection, f"adCampaigns/{number(campaign.id)}", {"totalBudget": money_of(share)})
            except Rejected as refusal:
                if not refusal.codes & TOO_LOW:
                    raise

    async def set_active(self, connection: Connection, external_campaign_id: str, active: bool) -> None:
        status = {"status": "ACTIVE" if active else "PAUSED"}
        await self._update(connection, f"adCampaignGroups/{number(external_campaign_id)}", status)

    async def performance(self, connection: Connection, external_campaign_id: str, since: date, until: date) -> Report:
        currency = (await self._account(connection)).currency
        if currency is None:
            raise Refused("LinkedIn does not tell the account's currency")
        facet = list_of(urn_of("CampaignGroup", number(external_campaign_id)))
        fields = ",".join(name for name in Row.__struct_encode_fields__)
        days: list[ReportedDay] = []
        while since <= until:
            last = min(until, since + WINDOW - timedelta(days=1))
            query = (
                f"q=analytics&pivot=CREATIVE&timeGranularity=DAILY&dateRange=(start:{date_of(since)},end:{date_of(last)})"
                f"&campaignGroups={facet}&fields={fields}"
            )
            rows = await self._get(connection, "/rest/adAnalytics", query, Rows)
            days += [reported_day(row) for row in rows.elements]
            since = last + timedelta(days=1)
        return Report(currency, tuple(days))

    async def _group(self, connection: Connection, order: AdOrder) -> tuple[str, Money]:
        """The campaign group and its total budget."""
        criteria = f"q=search&search=(name:(values:{list_of(order.campaign_reference)}))"
        found = await self._oldest(connection, "adCampaignGroups", criteria)
        if found is not None:
            capped = found.total_budget
            return number(found.id), Money.of(capped.amount, capped.currency_code) if capped else order.budget
        created = await self._create(
            connection,
            "adCampaignGroups",
            {
                "account": urn_of("Account", number(connection.account)),
                "name": order.campaign_reference,
                "status": "ACTIVE",
                "runSchedule": schedule_of(order),
                "totalBudget": money_of(order.budget),
            },
        )
        return created, order.budget

    async def _campaign(self, connection: Connection, order: AdOrder, group: str) -> str:
        within = f"campaignGroup:(values:{list_of(urn_of('CampaignGroup', group))})"
        criteria = f"q=search&search=(name:(values:{list_of(order.ad_reference)}),{within})"
        found = await self._oldest(connection, "adCampaigns", criteria)
        if found is not None:
            return number(found.id)
        objective, target = OBJECTIVES[order.objective]
        if order.bid is not None:
            bidding = {"costType": "CPC", "unitCost": money_of(order.bid), "optimizationTargetType": "NONE"}
        else:
            bidding = {"costType": "CPM", "optimizationTargetType": target}
        return await self._create(
            connection,
            "adCampaigns",
            {
                "account": urn_of("Account", number(connection.account)),
                "campaignGroup": urn_of("CampaignGroup", group),
                "name": order.ad_reference,
                "type": "TEXT_AD",
                "objectiveType": objective,
                "status": "ACTIVE",
                "locale": {"country": "US", "language": "en"},
                "politicalIntent": "NOT_POLITICAL",
                "offsiteDeliveryEnabled": False,
                "audienceExpansionEnabled": False,
                "pacingStrategy": "LIFETIME",
                "runSchedule": schedule_of(order),
                "totalBudget": money_of(order.budget),
                "targetingCriteria": await self._targeting(connection, order.audience),
                **bidding,
            },
        )

    async def _creative(self, connection: Connection, order: AdOrder, campaign: str) -> Entity:
        """The campaign's one creative."""
        criteria = f"q=criteria&campaigns={list_of(urn_of('Campaign', campaign))}"
        found = await self._oldest(connection, "creatives", criteria)
        if found is not None:
            return found
        text = {
            "headline": shorten(order.creative.headline, LONGEST_HEADLINE, placeholder="…"),
            "description": shorten(order.creative.body, LONGEST_DESCRIPTION, placeholder="…"),
            "landingPage": order.creative.url,
        }
        body = {
            "campaign": urn_of("Campaign", campaign),
            "name": order.ad_reference,
            "intendedStatus": "ACTIVE",
            "content": {"textAd": text},
        }
        return Entity(await self._create(connection, "creatives", body), intended_status="ACTIVE")

    async def _targeting(self, connection: Connection, audience: Audience) -> dict[str, Any]:
        """All facets must fit, each by any of its values. No place is the whole world."""
        wanted = {GENDERS[g.casefold()] for g in audience.genders if g.casefold() in GENDERS}
        ages = [name for name, (first, last) in AGES.items() if first <= audience.age_to and last >= audience.age_from]
        found = [await self._target(connection, "interests", interest) for interest in audience.interests]
        facets: dict[str, list[str]] = {
            "locations": [await self._place(connection, place) for place in audience.places] or [WORLDWIDE],
            "ageRanges": [f"urn:li:ageRange:{name}" for name in ages if len(ages) < len(AGES)],
            "genders": [f"urn:li:gender:{name}" for name in sorted(wanted) if len(wanted) == 1],
            "interests": known_interests("LinkedIn", audience.interests, found),
        }
        clauses = [{"or": {f"urn:li:adTargetingFacet:{name}": urns}} for name, urns in facets.items() if urns]
        return {"include": {"and": clauses}}

    async def _place(self, connection: Connection, place: str) -> str:
        return known_place("LinkedIn", place, await self._target(connection, "locations", name_of(place)))

    async def _target(self, connection: Connection, facet: str, text: str) -> str | None:
        """The best match of LinkedIn's targeting search."""
        asked = f"facet={quote(f'urn:li:adTargetingFacet:{facet}', safe='')}&query={quote(text, safe='')}"
        query = f"q=typeahead&queryVersion=QUERY_USES_URNS&{asked}"
        found = (await self._get(connection, "/rest/adTargetingEntities", query, Targets)).elements
        return best(((target.name, target.urn) for target in found), text)

    async def _account(self, connection: Connection) -> AccountShown:
        return await self._get(connection, path_of(connection), "", AccountShown)

    async def _oldest(self, connection: Connection, edge: str, criteria: str) -> Entity | None:
        found = await self._find(connection, edge, criteria)
        return min(found, key=lambda entity: int(number(entity.id)), default=None)

    async def _find(self, connection: Connection, edge: str, criteria: str) -> list[Entity]:
        """All entities that fit and are not put away, page by page."""
        found: list[Entity] = []
        token = ""
        for _ in range(MOST_PAGES):
            cursor = f"&pageToken={quote(token, safe='')}" if token else ""
            page = await self._get(
                connection, f"{path_of(connection)}/{edge}", f"{criteria}&pageSize=100{cursor}", Page
            )
            found += [e for e in page.elements if (e.status or e.intended_status) not in GONE]
            if page.metadata.next_page_token in ("", token):
                return found
            token = page.metadata.next_page_token
        raise Transient(f"LinkedIn gave more than {MOST_PAGES} pages")

    async def _get(self, connection: Connection, path: str, query: str, shape: type[T]) -> T:
        finder = {"X-RestLi-Method": "FINDER"} if query else {}
        return await self._send(connection, "GET", path, shape, finder, query=query or None)

    async def _create(self, connection: Connection, edge: str, body: Mapping[str, object]) -> str:
        """The new entity's number, which comes in a header."""
        path = f"{path_of(connection)}/{edge}"
        answer = await self._send(connection, "POST", path, Answer, {}, body=body, write=True)
        shown = answer.headers.get("x-restli-id") or answer.headers.get("x-linkedin-id") or ""
        if not shown:
            raise OutcomeUnknown("LinkedIn did not say what it created")
        return number(unquote(shown))

    async def _update(self, connection: Connection, entity: str, changes: Mapping[str, object]) -> None:
        body, method = {"patch": {"$set": changes}}, {"X-RestLi-Method": "PARTIAL_UPDATE"}
        path = f"{path_of(connection)}/{entity}"
        await self._send(connection, "POST", path, Answer, method, body=body, write=True)

    async def _send(
        self,
        connection: Connection,
        method: str,
        path: str,
        shape: type[T],
        headers: Mapping[str, str],
        *,
        query: str | None = None,
        body: object = None,
        write: bool = False,
    ) -> T:
        versions = {"LinkedIn-Version": self._version, "X-Restli-Protocol-Version": "2.0.0"}
        return await self._api.send(
            method,
            path,
            shape,
            headers={**bearer(connection), **versions, **headers},
            secret=connection.secret,
            query=query,
            body=body,
            write=write,
        )
