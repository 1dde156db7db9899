"""The market behind the platforms: budgets are kept, money saturates, conversions arrive late, seeds repeat."""

from collections.abc import Callable, Iterator

import pytest
from tests.integration.sandbox.kit import GOOGLE, META, Day, Outside

GOOGLE_ME = "2000000001"


def return_on_spend(days: list[Day]) -> float:
    return sum(day.value for day in days) / sum(day.spend for day in days)


def three_platforms(outside: Outside) -> dict[str, list[Day]]:
    """3,000 euros over 30 days on each."""
    outside.meta_bought("1")
    outside.google_bought(GOOGLE_ME)
    outside.linkedin_bought("1")
    outside.advance_to("2026-02-10T00:00:00Z")
    return {
        "meta": outside.meta_days("act_1"),
        "google_ads": outside.google_days(GOOGLE_ME),
        "linkedin": outside.linkedin_days("1"),
    }


@pytest.fixture
def start() -> Iterator[Callable[..., Outside]]:
    running: list[Outside] = []

    def begin(*arguments: str) -> Outside:
        running.append(Outside(*arguments))
        return running[-1]

    yield begin
    for outside in running:
        outside.stop()


@pytest.mark.parametrize("seed", ["0", "1", "5"])
def test_a_month_shows_a_strong_a_weak_and_a_fading_platform(start: Callable[..., Outside], seed: str) -> None:
    month = three_platforms(start("--seed", seed))
    for days in month.values():
        assert len(days) == 30
        assert 2990 <= sum(day.spend for day in days) <= 3000
        assert all(0 <= day.conversions <= day.clicks <= day.impressions for day in days)
    returns = {name: return_on_spend(days) for name, days in month.items()}
    by_return = sorted(returns, key=lambda name: returns[name])
    assert returns[by_return[0]] < 1.3
    assert returns[by_return[2]] > 2 * returns[by_return[0]]
    trends = {name: return_on_spend(days[20:]) / return_on_spend(days[:10]) for name, days in month.items()}
    assert min(trends[name] for name in by_return[1:]) < 0.75


def test_a_seed_repeats_and_another_differs(start: Callable[..., Outside]) -> None:
    first, again, other = (three_platforms(start("--seed", seed)) for seed in ("3", "3", "4"))
    assert first == again
    assert first != other


def test_more_money_buys_less(outside: Outside) -> None:
    bought = {}
    for account, budget in (("10", "300000"), ("11", "1200000")):
        bought[budget] = outside.meta_bought(account, lifetime_budget=budget, end_time="2026-02-05T00:00:00+0000")
    outside.advance_to("2026-02-10T00:00:00Z")
    little, much = (outside.meta_days(ids[0]) for ids in bought.values())
    clicks = [sum(day.clicks for day in days) for days in (little, much)]
    assert clicks[0] < clicks[1] < 3 * clicks[0]


def test_a_pause_and_a_budget_act_from_the_next_day(start: Callable[..., Outside]) -> None:
    outside = start()
    campaign, adset, _ = outside.meta_bought("20", daily_budget="10000")
    outside.advance_to("2026-01-10T12:00:00Z")
    past = outside.meta_days("act_20", until="2026-01-09")
    outside.post(f"/v23.0/{adset}", data=META | {"daily_budget": "40000"})
    outside.advance_to("2026-01-15T12:00:00Z")
    outside.post(f"/v23.0/{campaign}", data=META | {"status": "PAUSED"})
    outside.advance_to("2026-01-20T00:00:00Z")
    days = {day.date: day for day in outside.meta_days("act_20")}
    assert [days[day.date].spend for day in past] == [day.spend for day in past]
    assert all(days[f"2026-01-{n:02}"].spend <= 100 for n in range(6, 11))
    assert all(300 <= days[f"2026-01-{n:02}"].spend <= 400 for n in range(11, 16))
    assert max(days) == "2026-01-15"


def test_conversions_are_restated_for_four_days(start: Callable[..., Outside]) -> None:
    outside = start()
    campaign = outside.meta_campaign("30")
    for country in ("DE", "FR", "IT", "ES", "PL", "NL"):
        outside.meta_ad("30", outside.meta_adset("30", campaign, country, daily_budget="80000"))
    reads = []
    for moment in ("08T23:59:59", "09T23:59:59", "10T23:59:59", "11T23:59:59", "12T23:59:59", "25T00:00:00"):
        outside.advance_to(f"2026-01-{moment}Z")
        reads.append(outside.meta_days("act_30", "2026-01-08", "2026-01-08"))
    counts = [sum(day.conversions for day in days) for days in reads]
    assert [count / counts[-1] for count in counts] == pytest.approx([0.60, 0.76, 0.88, 0.95, 1, 1], abs=0.03)
    values = [sum(day.value for day in days) for days in reads]
    assert values == sorted(values)
    for settled in ("spend", "impressions", "clicks"):
        assert len({tuple(getattr(day, settled) for day in days) for days in reads[1:]}) == 1


def test_today_is_partly_known(start: Callable[..., Outside]) -> None:
    outside = start()
    outside.meta_bought("40", daily_budget="40000")
    outside.advance_to("2026-01-06T06:00:00Z")
    (morning,) = outside.meta_days("act_40")
    outside.advance_to("2026-01-06T18:00:00Z")
    (evening,) = outside.meta_days("act_40")
    assert evening.spend == pytest.approx(3 * morning.spend, abs=0.05)


def test_money_follows_the_currency(start: Callable[..., Outside]) -> None:
    """Yen have no minor unit on Meta: a budget of 50000 is 50,000 yen."""
    outside = start()
    outside.post("/_sandbox/accounts", json={"platform": "meta", "account": "50", "currency": "JPY"})
    outside.meta_bought("50", lifetime_budget="50000", end_time="2026-01-12T00:00:00+0000")
    outside.advance_to("2026-01-20T00:00:00Z")
    days = outside.meta_days("act_50")
    assert 49_000 <= sum(day.spend for day in days) <= 50_000
    assert 10_000 < sum(day.impressions for day in days) < 60_000


def test_a_shared_google_budget_is_kept(start: Callable[..., Outside]) -> None:
    outside = start()
    budget, campaign, _ = outside.google_bought(GOOGLE_ME, micros=500_000_000)
    outside.advance_to("2026-01-15T00:00:00Z")
    spent = sum(day.spend for day in outside.google_days(GOOGLE_ME))
    change = {"resourceName": budget, "totalAmountMicros": "10000"}
    reply = outside.google(GOOGLE_ME, "campaignBudgets", {"update": change, "updateMask": "totalAmountMicros"})
    assert reply.status_code == 400
    change["totalAmountMicros"] = str(int(spent + 20) * 1_000_000)
    assert (
        outside.google(GOOGLE_ME, "campaignBudgets", {"update": change, "updateMask": "totalAmountMicros"}).status_code
        == 200
    )
    outside.advance_to("2026-02-10T00:00:00Z")
    assert spent + 15 <= sum(day.spend for day in outside.google_days(GOOGLE_ME)) <= spent + 20
    assert outside.http.get(f"/{campaign}", headers=GOOGLE).status_code == 404
