"""What every ad platform and every publisher must do, whatever it speaks. A test class of an adapter inherits one.

A subclass gives its port and a connection as fixtures; ``outside`` is the sandbox that stands in for the platforms.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from umt.application.ports import (
    AdOrder,
    AdPlatform,
    Connection,
    CreatedAd,
    OutcomeUnknown,
    Post,
    Publisher,
    Refused,
    Report,
    Transient,
)
from umt.domain.brand import Audience
from umt.domain.campaign import Creative, Objective, Schedule
from umt.domain.money import Money
from umt.domain.secret import Secret


class Outside:
    """The sandbox's own controls: clock, faults, accounts, ledger."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/_sandbox", trust_env=False)

    def today(self) -> date:
        return date.fromisoformat(self._http.get("/clock").json()["now"][:10])

    def advance(self, days: int) -> None:
        self._http.post("/clock", json={"advance_seconds": days * 86_400}).raise_for_status()

    def strike(self, kind: str, platform: str, **rule: Any) -> None:
        """The next call that fits meets this fault."""
        rules = [{"kind": kind, "platform": platform, "times": 1, **rule}]
        self._http.post("/faults", json={"rules": rules}).raise_for_status()

    def calm(self) -> None:
        self._http.post("/faults", json={"profile": "none"}).raise_for_status()

    def open_account(self, platform: str, account: str, currency: str) -> None:
        body = {"platform": platform, "account": account, "currency": currency}
        self._http.post("/accounts", json=body).raise_for_status()

    def duplicates(self) -> list[Any]:
        return list(self._http.get("/ledger/duplicates").json())

    def ledger(self, **filters: str) -> list[dict[str, Any]]:
        """Every entry that fits, in order."""
        entries: list[dict[str, Any]] = []
        since: int | None = 0
        while since is not None:
            page = self._http.get("/ledger", params={**filters, "since": since, "limit": 1000}).json()
            entries += page["entries"]
            since = page["next"]
        return entries

    def close(self) -> None:
        self.calm()
        self._http.close()


def order_for(outside: Outside, **changes: Any) -> AdOrder:
    """An ad of a new campaign that runs from today for a month."""
    today, unique = outside.today(), uuid4().hex[:8]
    order = AdOrder(
        campaign_reference=f"umt-spring's sale ({unique}), EUR:1",
        ad_reference=f"umt-ad-{unique} & co",
        objective=Objective.SALES,
        budget=Money.of("900.50", "EUR"),
        schedule=Schedule(today, today + timedelta(days=29), "Europe/Berlin"),
        audience=Audience("Parents", 25, 44, genders=("female",)),
        creative=Creative(
            UUID(int=1),
            "Shoes that grow with your child",
            "Light, sturdy and made to last. Measure at home and send back what does not fit.",
            "https://shop.example/shoes?utm_source=umt",
        ),
    )
    return replace(order, **changes)


class AdPlatformContract:
    """An ad platform: finds before it creates, keeps the currency, names its failures, reports by ad and day."""

    platform: str
    """The sandbox's name of it."""
    creations: tuple[str, ...]
    """The parts of the paths by which an order creates things, in order."""
    ads_of_two_pages: int
    """So many ads fill more than one page of a report of 40 days."""

    @pytest.fixture
    def connection(self) -> Connection:
        raise NotImplementedError

    @pytest.fixture
    def ads(self, http: httpx.AsyncClient, outside: Outside) -> AdPlatform:
        raise NotImplementedError

    async def test_verifies_an_account(self, ads: AdPlatform, connection: Connection) -> None:
        account = await ads.verify(connection)
        assert account.currency == "EUR"
        assert account.name

    async def test_refuses_an_expired_credential(self, ads: AdPlatform, connection: Connection) -> None:
        expired = replace(connection, secret=Secret("expired-and-secret"))
        with pytest.raises(Refused) as caught:
            await ads.verify(expired)
        assert "expired-and-secret" not in str(caught.value)
        assert "expired" in str(caught.value)

    async def test_creates_an_ad_and_finds_it_again(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        order = order_for(outside)
        created = await ads.create_ad(connection, order)
        writes = self.writes(outside)
        again = await ads.create_ad(connection, order)
        assert (again.external_id, again.external_campaign_id) == (created.external_id, created.external_campaign_id)
        assert created.external_id != created.external_campaign_id
        assert self.writes(outside) == writes
        assert outside.duplicates() == []

    async def test_a_second_ad_joins_its_campaign(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        order = order_for(outside)
        first = await ads.create_ad(connection, order)
        second = await ads.create_ad(connection, replace(order, ad_reference=f"{order.ad_reference} 2"))
        assert second.external_campaign_id == first.external_campaign_id
        assert second.external_id != first.external_id

    async def test_creates_with_a_bid(self, ads: AdPlatform, connection: Connection, outside: Outside) -> None:
        order = order_for(outside, bid=Money.of("1.20", "EUR"))
        assert (await ads.create_ad(connection, order)).external_id

    @pytest.mark.parametrize("objective", Objective)
    async def test_knows_every_objective(
        self, ads: AdPlatform, connection: Connection, outside: Outside, objective: Objective
    ) -> None:
        assert (await ads.create_ad(connection, order_for(outside, objective=objective))).status

    async def test_a_lost_answer_is_unknown_and_its_repeat_creates_nothing_twice(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        for path in self.creations:
            order = order_for(outside)
            outside.strike("drop_after", self.platform, match=path, method="POST")
            with pytest.raises(OutcomeUnknown):
                await ads.create_ad(connection, order)
            created = await ads.create_ad(connection, order)
            assert created == await ads.create_ad(connection, order)
        assert outside.duplicates() == []

    async def test_a_lost_answer_to_a_question_is_only_transient(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        outside.strike("reset", self.platform)
        with pytest.raises(Transient) as caught:
            await ads.verify(connection)
        assert not isinstance(caught.value, OutcomeUnknown)

    async def test_a_rate_limit_says_when_to_come_back(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        order = order_for(outside)
        outside.strike("rate_limit", self.platform, method="POST", match=self.creations[0])
        with pytest.raises(Transient) as caught:
            await ads.create_ad(connection, order)
        assert not isinstance(caught.value, OutcomeUnknown)
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 0

    @pytest.mark.parametrize("status", [500, 503])
    async def test_an_outage_is_transient(
        self, ads: AdPlatform, connection: Connection, outside: Outside, status: int
    ) -> None:
        outside.strike("error", self.platform, status=status)
        with pytest.raises(Transient):
            await ads.verify(connection)

    async def test_another_currency_is_refused(self, ads: AdPlatform, connection: Connection, outside: Outside) -> None:
        created = await ads.create_ad(connection, order_for(outside))
        writes = self.writes(outside)
        with pytest.raises(Refused, match="EUR"):
            await ads.create_ad(connection, order_for(outside, budget=Money.of("900", "USD")))
        with pytest.raises(Refused, match="USD"):
            await ads.set_budget(connection, created.external_campaign_id, Money.of("900", "USD"))
        assert self.writes(outside) == writes

    async def test_spends_its_budget_and_no_more(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        order = order_for(outside, budget=Money.of("300.07", "EUR"))
        created = await self.created(ads, connection, order)
        since = outside.today()
        outside.advance(45)
        spent = _spent(await self.report(ads, connection, created, since, outside.today()))
        assert Decimal("270") < spent <= Decimal("300.07")

    async def test_changes_the_budget(self, ads: AdPlatform, connection: Connection, outside: Outside) -> None:
        order = order_for(outside, budget=Money.of("100", "EUR"))
        created = await self.created(ads, connection, order)
        since = outside.today()
        await ads.set_budget(connection, created.external_campaign_id, Money.of("400.20", "EUR"))
        outside.advance(45)
        spent = _spent(await self.report(ads, connection, created, since, outside.today()))
        assert Decimal("350") < spent <= Decimal("400.20")

    async def test_pauses_and_resumes(self, ads: AdPlatform, connection: Connection, outside: Outside) -> None:
        created = await self.created(ads, connection, order_for(outside))
        campaign = created.external_campaign_id
        outside.advance(3)
        await ads.set_active(connection, campaign, False)
        paused_on = outside.today()
        outside.advance(3)
        await ads.set_active(connection, campaign, True)
        resumed_on = outside.today()
        outside.advance(3)
        report = await self.report(ads, connection, created, paused_on, outside.today())
        days = {day.day for day in report.days}
        assert not any(paused_on < day <= resumed_on for day in days)
        assert any(day > resumed_on for day in days)

    async def test_reports_ads_and_days_and_restates_conversions(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        created = await self.created(ads, connection, order_for(outside, budget=Money.of("60000", "EUR")))
        first = outside.today() + timedelta(days=1)
        outside.advance(9)
        last = outside.today() - timedelta(days=1)
        early = await self.report(ads, connection, created, first, last)
        outside.advance(6)
        late = await self.report(ads, connection, created, first, last)
        assert early.currency == "EUR"
        assert {day.ad for day in early.days} == {created.external_id}
        assert [day.day for day in late.days] == [first + timedelta(days=n) for n in range(8)]
        for day in late.days:
            day.figures.check("reported")
        assert _spent(late) == _spent(early)
        assert _conversions(late) > _conversions(early) > 0
        assert sum(day.figures.revenue for day in late.days) > 0

    async def test_reports_page_by_page(self, ads: AdPlatform, connection: Connection, outside: Outside) -> None:
        today = outside.today()
        order = order_for(
            outside, budget=Money.of("40000", "EUR"), schedule=Schedule(today, today + timedelta(days=60))
        )
        created = [
            await ads.create_ad(connection, replace(order, ad_reference=f"{order.ad_reference} {number}"))
            for number in range(self.ads_of_two_pages)
        ]
        outside.advance(41)
        report = await self.report(ads, connection, created[0], today, outside.today() - timedelta(days=1))
        days = [today + timedelta(days=n) for n in range(1, 41)]
        assert sorted((day.ad, day.day) for day in report.days) == sorted(
            (ad.external_id, day) for ad in created for day in days
        )

    async def test_ads_of_a_campaign_share_its_budget(
        self, ads: AdPlatform, connection: Connection, outside: Outside
    ) -> None:
        order = order_for(outside, budget=Money.of("500", "EUR"))
        created = await self.created(ads, connection, order)
        await ads.create_ad(connection, replace(order, ad_reference=f"{order.ad_reference} 2"))
        since = outside.today()
        outside.advance(45)
        assert _spent(await self.report(ads, connection, created, since, outside.today())) <= Decimal("500")

    async def test_an_id_that_is_none_is_refused(self, ads: AdPlatform, connection: Connection) -> None:
        for strange in ("", "1/../2", "1 OR 1=1", "٣", "9" * 17):
            with pytest.raises(Refused):
                await ads.set_active(connection, strange, True)

    def writes(self, outside: Outside) -> int:
        return len([e for e in outside.ledger(platform=self.platform) if e["action"] != "refuse"])

    async def created(self, ads: AdPlatform, connection: Connection, order: AdOrder) -> CreatedAd:
        return await ads.create_ad(connection, order)

    async def report(
        self, ads: AdPlatform, connection: Connection, created: CreatedAd, since: date, until: date
    ) -> Report:
        return await ads.performance(connection, created.external_campaign_id, since, until)


class PublisherContract:
    """A publisher: finds before it creates, and answers where the text can be read."""

    platform: str
    creation: str

    @pytest.fixture
    def connection(self, outside: Outside) -> Connection:
        raise NotImplementedError

    @pytest.fixture
    def publisher(self, http: httpx.AsyncClient, outside: Outside) -> Publisher:
        raise NotImplementedError

    @pytest.fixture
    def post(self) -> Post:
        return Post(
            f"spring-{uuid4().hex[:8]}",
            f"Spring & more {uuid4().hex[:8]}",
            "# News\n\nFirst.\n\n- one\n- two",
            "In short",
        )

    async def test_verifies_an_account(self, publisher: Publisher, connection: Connection) -> None:
        account = await publisher.verify(connection)
        assert account.name
        assert account.currency is None

    async def test_refuses_an_expired_credential(self, publisher: Publisher, connection: Connection) -> None:
        expired = replace(connection, secret=Secret("editor:expired-and-secret"))
        with pytest.raises(Refused) as caught:
            await publisher.verify(expired)
        assert "expired-and-secret" not in str(caught.value)

    async def test_publishes_once(
        self, publisher: Publisher, connection: Connection, outside: Outside, post: Post
    ) -> None:
        published = await publisher.publish(connection, post)
        assert await publisher.publish(connection, post) == published
        async with httpx.AsyncClient(trust_env=False) as reader:
            page = await reader.get(published.url)
        assert page.status_code == 200
        assert "Spring &amp; more" in page.text
        assert outside.duplicates() == []

    async def test_a_lost_answer_is_unknown_and_its_repeat_publishes_nothing_twice(
        self, publisher: Publisher, connection: Connection, outside: Outside, post: Post
    ) -> None:
        outside.strike("drop_after", self.platform, match=self.creation, method="POST")
        with pytest.raises(OutcomeUnknown):
            await publisher.publish(connection, post)
        assert (await publisher.publish(connection, post)).external_id
        assert outside.duplicates() == []

    async def test_a_rate_limit_says_when_to_come_back(
        self, publisher: Publisher, connection: Connection, outside: Outside, post: Post
    ) -> None:
        outside.strike("rate_limit", self.platform)
        with pytest.raises(Transient) as caught:
            await publisher.publish(connection, post)
        assert caught.value.retry_after == 1.0

    async def test_an_outage_is_transient(
        self, publisher: Publisher, connection: Connection, outside: Outside, post: Post
    ) -> None:
        outside.strike("error", self.platform, status=503)
        with pytest.raises(Transient) as caught:
            await publisher.publish(connection, post)
        assert not isinstance(caught.value, OutcomeUnknown)


def _spent(report: Report) -> Decimal:
    return sum((day.figures.spend for day in report.days), Decimal(0))


def _conversions(report: Report) -> int:
    return sum(day.figures.conversions for day in report.days)
