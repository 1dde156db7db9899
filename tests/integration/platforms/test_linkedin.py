"""LinkedIn's adapter against the sandbox."""

from __future__ import annotations

from itertools import count

import httpx
import pytest
from msgspec.structs import replace
from tests.contracts.platform_contract import AdPlatformContract, Outside, order_for

from umt.adapters.platforms.linkedin import LinkedInAds
from umt.application.ports import Connection
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.secret import Secret

_ACCOUNTS = count(500_001)


class TestLinkedInAds(AdPlatformContract):
    platform = "linkedin"
    creations = ("/adCampaignGroups", "/adCampaigns", "/creatives")
    ads_of_two_pages = 3

    @pytest.fixture
    def connection(self) -> Connection:
        return Connection(Platform.LINKEDIN, str(next(_ACCOUNTS)), Secret("token"))

    @pytest.fixture
    def ads(self, http: httpx.AsyncClient, outside: Outside) -> LinkedInAds:
        return LinkedInAds(http, outside.url)

    async def test_yen_have_no_decimals(self, ads: LinkedInAds, outside: Outside, connection: Connection) -> None:
        outside.open_account("linkedin", connection.account, "JPY")
        assert (await ads.create_ad(connection, order_for(outside, budget=Money.of("90000", "JPY")))).external_id

    async def test_ad_sets_are_paced_by_even_shares(
        self, ads: LinkedInAds, http: httpx.AsyncClient, outside: Outside, connection: Connection
    ) -> None:
        order = order_for(outside, budget=Money.of("1000", "EUR"))
        for number in range(3):
            created = await ads.create_ad(connection, replace(order, ad_reference=f"set {number}"))
        headers = {"Authorization": "Bearer t", "LinkedIn-Version": "202509", "X-Restli-Protocol-Version": "2.0.0"}
        url = f"{outside.url}/rest/adAccounts/{connection.account}/adCampaigns?q=search"

        async def budgets() -> list[str]:
            return [one["totalBudget"]["amount"] for one in (await http.get(url, headers=headers)).json()["elements"]]

        assert await budgets() == ["333.34"] * 3
        await ads.set_budget(connection, created.external_campaign_id, Money.of("1500", "EUR"))
        assert await budgets() == ["500.00"] * 3
