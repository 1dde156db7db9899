"""LinkedIn's adapter against the sandbox."""

from __future__ import annotations

from itertools import count

import httpx
import pytest
from tests.contracts.platform_contract import AdPlatformContract, Outside, order_for

from umt.adapters.platforms.linkedin import LinkedInAds
from umt.application.ports import AdPlatform, Connection
from umt.domain.money import Money
from umt.domain.platform import Platform

_ACCOUNTS = count(500_001)


class TestLinkedInAds(AdPlatformContract):
    platform = "linkedin"
    creations = ("/adCampaignGroups", "/adCampaigns", "/creatives")
    ads_of_two_pages = 3

    @pytest.fixture
    def connection(self) -> Connection:
        return Connection(Platform.LINKEDIN, str(next(_ACCOUNTS)), "token")

    @pytest.fixture
    def ads(self, http: httpx.AsyncClient, outside: Outside) -> LinkedInAds:
        return LinkedInAds(http, outside.url)

    async def test_yen_have_no_decimals(self, ads: LinkedInAds, outside: Outside, connection: Connection) -> None:
        outside.open_account("linkedin", connection.account, "JPY")
        assert (await ads.create_ad(connection, order_for(outside, budget=Money.of("90000", "JPY")))).external_id

    @pytest.mark.xfail(reason="the sandbox does not yet stop a campaign group at its total budget, as LinkedIn does")
    async def test_ads_of_a_campaign_share_its_budget(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        await super().test_ads_of_a_campaign_share_its_budget(ads, connection, outside)
