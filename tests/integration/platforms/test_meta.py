"""Meta's adapter against the sandbox."""

from __future__ import annotations

from itertools import count

import httpx
import pytest
from tests.contracts.platform_contract import AdPlatformContract, Outside, order_for

from umt.adapters.platforms.meta import MetaAds
from umt.adapters.platforms.meta_wire import minor_units
from umt.application.ports import Connection, Refused, Transient
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.secret import Secret

_ACCOUNTS = count(1001)


class TestMetaAds(AdPlatformContract):
    platform = "meta"
    creations = ("/campaigns", "/adsets", "/adcreatives", "/ads")
    ads_of_two_pages = 3

    @pytest.fixture
    def connection(self) -> Connection:
        return Connection(Platform.FACEBOOK, f"act_{next(_ACCOUNTS)}/5550001", Secret("token"))

    @pytest.fixture
    def ads(self, http: httpx.AsyncClient, outside: Outside) -> MetaAds:
        return MetaAds(http, outside.url, page_size=100)

    async def test_instagram_is_a_placement(
        self, http: httpx.AsyncClient, outside: Outside, connection: Connection
    ) -> None:
        ads = MetaAds(http, outside.url, platform=Platform.INSTAGRAM)
        await ads.create_ad(connection, order_for(outside))
        account = connection.account.partition("/")[0]
        query = {"fields": "targeting", "access_token": "token"}
        sets = (await http.get(f"{outside.url}/v23.0/{account}/adsets", params=query)).json()["data"]
        assert [one["targeting"]["publisher_platforms"] for one in sets] == [["instagram"]]

    async def test_an_account_of_one_page_need_not_name_it(self, ads: MetaAds, outside: Outside) -> None:
        assert (
            await ads.create_ad(Connection(Platform.FACEBOOK, "act_123", Secret("token")), order_for(outside))
        ).external_id

    async def test_a_limit_of_less_than_a_minute_is_waited_out_in_seconds(
        self, ads: MetaAds, outside: Outside, connection: Connection
    ) -> None:
        outside.strike("rate_limit", "meta")
        with pytest.raises(Transient) as caught:
            await ads.verify(connection)
        assert 0 < (caught.value.retry_after or 60) < 10

    async def test_yen_are_counted_whole(
        self, ads: MetaAds, http: httpx.AsyncClient, outside: Outside, connection: Connection
    ) -> None:
        outside.open_account("meta", connection.account.partition("/")[0], "JPY")
        created = await ads.create_ad(connection, order_for(outside, budget=Money.of("90000", "JPY")))
        url = f"{outside.url}/v23.0/{created.external_campaign_id}"
        query = {"fields": "lifetime_budget", "access_token": "token"}
        assert (await http.get(url, params=query)).json()["lifetime_budget"] == "90000"

    async def test_a_campaign_bids_one_way(self, ads: MetaAds, outside: Outside, connection: Connection) -> None:
        order = order_for(outside)
        await ads.create_ad(connection, order)
        with pytest.raises(Refused, match="bid"):
            await ads.create_ad(
                connection, order_for(outside, campaign_reference=order.campaign_reference, bid=Money.of("1", "EUR"))
            )


@pytest.mark.parametrize(
    ("money", "units"), [("12.34 EUR", 1234), ("1200 JPY", 1200), ("1200.00 HUF", 1200), ("1.23 BHD", 123)]
)
def test_minor_units_are_exact(money: str, units: int) -> None:
    assert minor_units(Money.parse(money)) == units


@pytest.mark.parametrize("money", ["1200.50 HUF", "1.234 BHD"])
def test_an_amount_finer_than_metas_unit_is_refused(money: str) -> None:
    with pytest.raises(Refused, match="steps of"):
        minor_units(Money.parse(money))
