"""Google Ads over REST: text ads on Google Search.

A campaign of ours on this platform is a Search campaign with a budget of its own over a custom period; each ad set of
ours is an ad group with keywords and one responsive search ad. Sources: "Google Ads API: REST interface, Campaign
budgets, Mutating resources, Reporting, Errors" at developers.google.com/google-ads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import httpx

from umt.adapters.platforms.google_wire import (
    METRICS,
    AdGroupAd,
    AdId,
    CampaignCriterion,
    Criterion,
    Customer,
    CustomerRow,
    Mutated,
    Named,
    Page,
    Row,
    Suggestions,
    camel,
    customer_id,
    digits,
    excluded,
    explain,
    keywords,
    last_id,
    micros,
    quoted,
    reported_day,
    select,
    texts,
)
from umt.adapters.platforms.http import (
    MOST_PAGES,
    Api,
    Rejected,
    bearer,
    same_currency,
    shaped,
)
from umt.adapters.platforms.targeting import best, country_code, known_place, name_of
from umt.application.breakers import GOOGLE, UNGUARDED, Breakers
from umt.application.ports import Account, AdOrder, Connection, CreatedAd, Refused, Report, Transient
from umt.domain.campaign import Objective
from umt.domain.money import Money
from umt.domain.secret import Secret

BIDDING: dict[Objective, dict[str, Any]] = {
    Objective.AWARENESS: {
        "targetImpressionShare": {"location": "ANYWHERE_ON_PAGE", "locationFractionMicros": "500000"}
    },
    Objective.TRAFFIC: {"targetSpend": {}},
    Objective.ENGAGEMENT: {"targetSpend": {}},
    Objective.LEADS: {"maximizeConversions": {}},
    Objective.SALES: {"maximizeConversionValue": {}},
}
"""Our objective → the campaign's bidding strategy when no bid is given; with a bid it is manual cost per click."""

DUPLICATES = frozenset({"DUPLICATE_NAME", "DUPLICATE_CAMPAIGN_NAME", "DUPLICATE_ADGROUP_NAME"})
PAST_START = frozenset({"CANNOT_SET_DATE_TO_PAST", "EARLIER_THAN_MINIMUM_DATE"})
T = TypeVar("T")


class GoogleAds:
    """Ads on Google Search. An account is a customer id; ``CUSTOMER/MANAGER`` goes through a manager account."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str = "https://googleads.googleapis.com",
        version: str = "v21",
        *,
        developer_token: Secret,
        breakers: Breakers = UNGUARDED,
    ) -> None:
        self._api = Api(http, "Google Ads", base_url, explain, breakers, GOOGLE)
        self._version, self._developer_token = version, developer_token

    async def verify(self, connection: Connection) -> Account:
        customer = await self._customer(connection)
        return Account(customer.descriptive_name or connection.account, customer.currency_code)

    async def create_ad(self, connection: Connection, order: AdOrder) -> CreatedAd:
        same_currency((await self._customer(connection)).currency_code, order.budget)
        campaign = await self._campaign(connection, order)
        await self._target_places(connection, campaign, order.audience.places)
        group = await self._ad_group(connection, order, campaign)
        await self._target_people(connection, group, order)
        ad = await self._ad(connection, order, group)
        return CreatedAd(ad.ad.id, last_id(campaign.resource_name), (ad.status or "enabled").lower())

    async def set_budget(self, connection: Connection, external_campaign_id: str, total: Money) -> None:
        same_currency((await self._customer(connection)).currency_code, total)
        where = f"campaign.id = {digits(external_campaign_id)}"
        campaign = await self._one(connection, "campaign", where, "campaign.campaign_budget")
        if campaign is None:
            raise Refused(f"Google Ads has no campaign {external_campaign_id}")
        change = {"resourceName": campaign.campaign_budget, "totalAmountMicros": micros(total)}
        await self._mutate(connection, "campaignBudgets", {"update": change, "updateMask": "totalAmountMicros"})

    async def set_active(self, connection: Connection, external_campaign_id: str, active: bool) -> None:
        name = f"customers/{customer_id(connection)}/campaigns/{digits(external_campaign_id)}"
        change = {"resourceName": name, "status": "ENABLED" if active else "PAUSED"}
        await self._mutate(connection, "campaigns", {"update": change, "updateMask": "status"})

    async def performance(self, connection: Connection, external_campaign_id: str, since: date, until: date) -> Report:
        fields = ("ad_group_ad.ad.id", "segments.date", *(f"metrics.{name}" for name in METRICS))
        where = (
            f"campaign.id = {digits(external_campaign_id)}"
            f" AND segments.date BETWEEN '{since.isoformat()}' AND '{until.isoformat()}'"
        )
        rows = await self._search(connection, select("ad_group_ad", where, *fields), Row)
        return Report((await self._customer(connection)).currency_code, tuple(reported_day(row) for row in rows))

    async def _campaign(self, connection: Connection, order: AdOrder) -> Named:
        where = f"campaign.name = {quoted(order.campaign_reference)} AND campaign.status != 'REMOVED'"
        found = await self._one(connection, "campaign", where, "campaign.bidding_strategy_type")
        if found is not None:
            manual = found.bidding_strategy_type == "MANUAL_CPC"
            if found.bidding_strategy_type and manual != (order.bid is not None):
                raise Refused("Google bids one way in a whole campaign: give each of its ad sets a bid, or none")
            return found
        fields: dict[str, Any] = {
            "name": order.campaign_reference,
            "status": "ENABLED",
            "advertisingChannelType": "SEARCH",
            "campaignBudget": (await self._budget(connection, order)).resource_name,
            "networkSettings": {"targetGoogleSearch": True, "targetSearchNetwork": True},
            "containsEuPoliticalAdvertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
            "startDate": order.schedule.starts_on.isoformat(),
            "endDate": order.schedule.ends_on.isoformat(),
            **({"manualCpc": {}} if order.bid else BIDDING[order.objective]),
        }
        try:
            return await self._create(connection, "campaigns", "campaign", where, fields)
        except Rejected as refusal:
            if not refusal.codes & PAST_START:
                raise
            del fields["startDate"]  # a campaign launched after its first day starts today
            return await self._create(connection, "campaigns", "campaign", where, fields)

    async def _budget(self, connection: Connection, order: AdOrder) -> Named:
        where = f"campaign_budget.name = {quoted(order.campaign_reference)} AND campaign_budget.status != 'REMOVED'"
        fields = {
            "name": order.campaign_reference,
            "period": "CUSTOM_PERIOD",
            "totalAmountMicros": micros(order.budget),
            "deliveryMethod": "STANDARD",
            "explicitlyShared": False,
        }
        found = await self._one(connection, "campaign_budget", where)
        return found or await self._create(connection, "campaignBudgets", "campaign_budget", where, fields)

    async def _ad_group(self, connection: Connection, order: AdOrder, campaign: Named) -> Named:
        where = (
            f"ad_group.name = {quoted(order.ad_reference)} AND ad_group.status != 'REMOVED'"
            f" AND campaign.id = {last_id(campaign.resource_name)}"
        )
        fields = {
            "name": order.ad_reference,
            "campaign": campaign.resource_name,
            "status": "ENABLED",
            "type": "SEARCH_STANDARD",
            **({"cpcBidMicros": micros(order.bid)} if order.bid else {}),
        }
        found = await self._one(connection, "ad_group", where)
        return found or await self._create(connection, "adGroups", "ad_group", where, fields)

    async def _ad(self, connection: Connection, order: AdOrder, group: Named) -> AdGroupAd:
        """A responsive search ad has no name: it is the one ad of its ad group."""
        where = f"ad_group.id = {last_id(group.resource_name)} AND ad_group_ad.status != 'REMOVED'"
        query = select("ad_group_ad", where, "ad_group_ad.ad.id", "ad_group_ad.status")
        rows = await self._search(connection, query, dict[str, Any])
        found = [shaped(row.get("adGroupAd"), AdGroupAd) for row in rows]
        if found:
            return min(found, key=lambda one: int(digits(one.ad.id)))
        headlines, descriptions = texts(order)
        ad = {
            "finalUrls": [order.creative.url],
            "responsiveSearchAd": {
                "headlines": [{"text": text} for text in headlines],
                "descriptions": [{"text": text} for text in descriptions],
            },
        }
        created = {"adGroup": group.resource_name, "status": "ENABLED", "ad": ad}
        name = await self._mutate(connection, "adGroupAds", {"create": created})
        return AdGroupAd(AdId(last_id(name)), "ENABLED")

    async def _target_people(self, connection: Connection, group: Named, order: AdOrder) -> None:
        """Keywords from the audience's interests; ages and genders outside the audience are excluded."""
        where = f"ad_group.id = {last_id(group.resource_name)} AND ad_group_criterion.status != 'REMOVED'"
        query = select("ad_group_criterion", where, "ad_group_criterion.keyword.text")
        rows = await self._search(connection, query, dict[str, Any])
        known = {shaped(row.get("adGroupCriterion"), Criterion).keyword.text.casefold() for row in rows}
        missing = [word for word in keywords(order) if word.casefold() not in known]
        criteria: list[dict[str, Any]] = [
            {"status": "ENABLED", "keyword": {"text": word, "matchType": "PHRASE"}} for word in missing
        ]
        if not known:
            criteria += [{"negative": True, **excluded} for excluded in excluded(order.audience)]
        if criteria:
            operations = [{"create": {"adGroup": group.resource_name, **one}} for one in criteria]
            await self._mutate(connection, "adGroupCriteria", *operations)

    async def _target_places(self, connection: Connection, campaign: Named, places: Sequence[str]) -> None:
        """Search campaigns target places as a whole: those of all their ad sets together."""
        wanted = [await self._place(connection, place) for place in places]
        if not wanted:
            return
        where = f"campaign.id = {last_id(campaign.resource_name)}"
        query = select("campaign_criterion", where, "campaign_criterion.location.geo_target_constant")
        rows = await self._search(connection, query, dict[str, Any])
        found = [shaped(row.get("campaignCriterion"), CampaignCriterion) for row in rows]
        known = {criterion.location.geo_target_constant for criterion in found}
        operations = [
            {"create": {"campaign": campaign.resource_name, "location": {"geoTargetConstant": place}}}
            for place in dict.fromkeys(wanted)
            if place not in known
        ]
        if operations:
            await self._mutate(connection, "campaignCriteria", *operations)

    async def _place(self, connection: Connection, place: str) -> str:
        name, code = name_of(place), country_code(place)
        body = {"locale": "en", "locationNames": {"names": [name]}, **({"countryCode": code} if code else {})}
        answer = await self._post(connection, "geoTargetConstants:suggest", body, Suggestions)
        found = (one.geo_target_constant for one in answer.geo_target_constant_suggestions)
        return known_place("Google", place, best(((one.name, one.resource_name) for one in found), name))

    async def _customer(self, connection: Connection) -> Customer:
        query = select("customer", "", "customer.descriptive_name", "customer.currency_code")
        rows = await self._search(connection, query, CustomerRow)
        if not rows:
            raise Refused(f"Google Ads has no customer {connection.account}")
        return rows[0].customer

    async def _one(self, connection: Connection, resource: str, where: str, *fields: str) -> Named | None:
        """The oldest resource that fits."""
        query = select(resource, where, f"{resource}.id", f"{resource}.resource_name", *fields)
        rows = await self._search(connection, f"{query} ORDER BY {resource}.id LIMIT 1", dict[str, Any])
        return next((shaped(row.get(camel(resource)), Named) for row in rows), None)

    async def _search(self, connection: Connection, query: str, shape: type[T]) -> list[T]:
        """All rows of a query, page by page."""
        rows: list[T] = []
        token = ""
        path = f"customers/{customer_id(connection)}/googleAds:search"
        for _ in range(MOST_PAGES):
            body = {"query": query, **({"pageToken": token} if token else {})}
            page = await self._post(connection, path, body, Page)
            rows += [shaped(row, shape) for row in page.results]
            if page.next_page_token in ("", token):
                return rows
            token = page.next_page_token
        raise Transient(f"Google Ads gave more than {MOST_PAGES} pages")

    async def _create(
        self, connection: Connection, service: str, resource: str, where: str, fields: Mapping[str, Any]
    ) -> Named:
        """Create it, or look it up when Google says that the name is taken."""
        try:
            return Named(await self._mutate(connection, service, {"create": fields}))
        except Rejected as refusal:
            if refusal.codes & DUPLICATES and (found := await self._one(connection, resource, where)):
                return found
            raise

    async def _mutate(self, connection: Connection, service: str, *operations: Mapping[str, Any]) -> str:
        """Do all operations or none; the first result's resource name."""
        path = f"customers/{customer_id(connection)}/{service}:mutate"
        done = await self._post(connection, path, {"operations": operations}, Mutated, write=True)
        if len(done.results) != len(operations):
            raise Transient("Google Ads did not say what it changed")
        return done.results[0].resource_name

    async def _post(
        self, connection: Connection, path: str, body: Mapping[str, Any], shape: type[T], *, write: bool = False
    ) -> T:
        manager = connection.account.partition("/")[2]
        headers = {
            **bearer(connection),
            "developer-token": self._developer_token.reveal(),
            **({"login-customer-id": digits(manager.replace("-", ""))} if manager else {}),
        }
        return await self._api.send(
            "POST",
            f"/{self._version}/{path}",
            shape,
            headers=headers,
            secret=connection.secret,
            body=body,
            write=write,
        )
