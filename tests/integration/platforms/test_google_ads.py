"""Google Ads' adapter against the sandbox."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import httpx
import pytest
from tests.contracts.platform_contract import AdPlatformContract, Outside, order_for

from umt.adapters.platforms.google_ads import GoogleAds
from umt.adapters.platforms.google_wire import keywords, micros, texts
from umt.application.ports import Connection
from umt.domain.brand import Audience
from umt.domain.campaign import Schedule
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.secret import Secret

_ACCOUNTS = count(1_000_000_001)


class TestGoogleAds(AdPlatformContract):
    platform = "google_ads"
    creations = (
        "/campaignBudgets:mutate",
        "/campaigns:mutate",
        "/adGroups:mutate",
        "/adGroupCriteria:mutate",
        "/adGroupAds:mutate",
    )
    ads_of_two_pages = 13

    @pytest.fixture
    def connection(self) -> Connection:
        return Connection(Platform.GOOGLE, str(next(_ACCOUNTS)), Secret("token"))

    @pytest.fixture
    def ads(self, http: httpx.AsyncClient, outside: Outside) -> GoogleAds:
        return GoogleAds(http, outside.url, developer_token=Secret("developer"))

    async def test_a_campaign_launched_late_starts_today(
        self, ads: GoogleAds, outside: Outside, connection: Connection
    ) -> None:
        today = outside.today()
        late = Schedule(today - timedelta(days=3), today + timedelta(days=9))
        assert (await ads.create_ad(connection, order_for(outside, schedule=late))).external_id


async def test_two_orders_at_once_make_one_campaign(http: httpx.AsyncClient, outside: Outside) -> None:
    """A name taken since we looked is looked up."""
    ads = GoogleAds(http, outside.url, developer_token=Secret("developer"))
    connection = Connection(Platform.GOOGLE, "9000000001", Secret("token"))
    order = order_for(outside)
    first = await ads.create_ad(connection, order)
    blind = _Blind(http, outside.url, developer_token=Secret("developer"))
    assert (await blind.create_ad(connection, order)).external_campaign_id == first.external_campaign_id


class _Blind(GoogleAds):
    """Overlooks each thing at its first glance, as one does who looks a moment too early."""

    _seen: set[str]

    async def _one(self, connection, resource, where, *fields):  # type: ignore[no-untyped-def]
        seen = self.__dict__.setdefault("_seen", set())
        if resource not in seen:
            seen.add(resource)
            return None
        return await super()._one(connection, resource, where, *fields)


def test_texts_fit_googles_lengths(outside: Outside) -> None:
    headlines, descriptions = texts(order_for(outside))
    assert len(headlines) >= 3
    assert len(descriptions) >= 2
    assert all(0 < len(text) <= 30 for text in headlines)
    assert all(0 < len(text) <= 90 for text in descriptions)
    assert len(set(headlines)) == len(headlines)


def test_keywords_come_from_interests(outside: Outside) -> None:
    interested = order_for(outside, audience=Audience("Runners", interests=("trail running!", "shoes", "shoes")))
    assert keywords(interested) == ["trail running", "shoes"]
    assert keywords(order_for(outside)) == ["Shoes that grow with your child"]


def test_micros_are_exact() -> None:
    assert micros(Money.parse("0.07 EUR")) == "70000"
    assert micros(Money.parse("1200 JPY")) == "1200000000"
