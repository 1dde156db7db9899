"""Any sequence of decisions about a campaign, beside a simple model of its status and its money in cents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.unit.domain.machine import Story, answer, told
from tests.unit.domain.stories import (
    ANNA,
    BEN,
    BRAND,
    CLARA,
    DURING,
    FIRST_DAY,
    GOOGLE,
    INSTAGRAM,
    LAST_DAY,
    LINKEDIN,
    MARCH,
    ad_set,
    eur,
    signed_in,
)

from umt.domain import campaign as decide
from umt.domain.campaign import Ad, Allocation, Approver, Objective
from umt.domain.money import Money
from umt.domain.platform import Platform

MINE = (GOOGLE, LINKEDIN)
PLATFORMS = st.sampled_from([GOOGLE, GOOGLE, LINKEDIN, LINKEDIN, INSTAGRAM])
CENTS = st.integers(-1, 20_00) | st.integers(1, 200_00)
DAYS = st.sampled_from([FIRST_DAY, DURING, LAST_DAY, LAST_DAY + timedelta(days=1)])
REASONS = st.sampled_from(["better", "better", "better", " "])
SHARES = st.tuples(st.integers(1, 50), st.integers(1, 50))
MEMBERS = st.sampled_from([f"user:{user}" for user in (ANNA, BEN, CLARA)])
APPROVERS = st.one_of(
    st.builds(signed_in, st.sampled_from([ANNA, BEN, CLARA]), vouched=st.sampled_from([True, True, False])),
    st.builds(Approver, st.just("api_key:1"), MEMBERS, st.just(False)),
)
LIMITS = st.sampled_from([(), (eur(0),), (eur(100),), (eur(1000),), (Money.of(1000, "USD"),)])
AD_SETS = st.builds(ad_set, PLATFORMS, st.integers(1, 2))


def money(cents: int) -> Money:
    return eur(str(Decimal(cents) / 100))


class CampaignStory(Story):
    """The model: a status, cents by platform, what is spent, the ad sets and the paused platforms."""

    arrows = {
        "draft": {"approved", "archived"},
        "approved": {"draft", "live", "archived"},
        "live": {"paused", "completed"},
        "paused": {"live", "completed"},
        "completed": {"archived"},
        "archived": set(),
    }

    @initialize(total=st.integers(100, 200_00), shares=SHARES, head_start=st.sampled_from([0, 1, 2, 2, 2]), by=MEMBERS)
    def create(self, total: int, shares: tuple[int, int], head_start: int, by: str) -> None:
        self.decide(answer(True), decide.create, BRAND, "Spring", Objective.SALES, money(total), MARCH, MINE, by)
        self.authors = {by}
        self.platforms: tuple[Platform, ...] = MINE
        self.total, self.status = total, "draft"
        self.allocation: dict[Platform, int] = {}
        self.spent: dict[Platform, Decimal] = {}
        self.ad_sets: dict[object, Platform] = {}
        self.paused: set[Platform] = set()
        if head_start >= 1:
            self.allocate([(platform, total * share // 100) for platform, share in zip(MINE, shares, strict=True)], by)
            for platform in MINE:
                self.add_ad_set(ad_set(platform), by)
        if head_start >= 2:
            self.approve(signed_in(ANNA), ())
            self.launch(DURING)

    # Editing

    @rule(shares=st.lists(st.tuples(PLATFORMS, CENTS), max_size=3), by=MEMBERS)
    def allocate(self, shares: list[tuple[Platform, int]], by: str) -> None:
        platforms = [platform for platform, _ in shares]
        allowed = (
            self.editable
            and len(set(platforms)) == len(platforms)
            and set(platforms) <= set(self.platforms)
            and all(cents > 0 for _, cents in shares)
            and sum(cents for _, cents in shares) <= self.total
        )
        allocation = [Allocation(platform, money(cents)) for platform, cents in shares]
        if self.decide(answer(allowed), decide.allocate, allocation, by):
            self.allocation, self.status = dict(shares), "draft"
            self.authors.add(by)

    @rule(
        total=st.none() | st.integers(0, 200_00),
        platforms=st.none() | st.lists(PLATFORMS, unique=True, max_size=3),
        shares=st.none() | st.lists(st.tuples(PLATFORMS, CENTS), max_size=2),
        by=MEMBERS,
    )
    def revise(
        self, total: int | None, platforms: list[Platform] | None, shares: list[tuple[Platform, int]] | None, by: str
    ) -> None:
        on = self.platforms if platforms is None else tuple(platforms)
        then = self.allocation if shares is None else dict(shares)
        allowed = (
            total != 0
            and bool(on)
            and (shares is None or (len(then) == len(shares) and all(cents > 0 for cents in then.values())))
            and set(then) <= set(on)
        )
        changes = (self.total if total is None else total, on, then) != (self.total, self.platforms, self.allocation)
        if changes:
            fitting = set(self.ad_sets.values()) <= set(on) and sum(then.values()) <= (total or self.total)
            allowed = allowed and self.editable and fitting
        given: dict[str, Any] = {
            "total_budget": None if total is None else money(total),
            "platforms": platforms,
            "allocation": None if shares is None else [Allocation(p, money(cents)) for p, cents in shares],
        }
        if self.decide(answer(allowed, changes), decide.revise, **given, by=by):
            self.total, self.platforms, self.allocation = total or self.total, on, then
            self.status = "draft"
            self.authors.add(by)

    @rule(new=AD_SETS, by=MEMBERS)
    def add_ad_set(self, new: decide.AdSet, by: str) -> None:
        if new.id in self.ad_sets:
            expected = answer(self.editable, changes=False)
        else:
            one_of_that_name = any(platform == new.platform for platform in self.ad_sets.values())
            expected = answer(self.editable and new.platform in self.platforms and not one_of_that_name)
        if self.decide(expected, decide.add_ad_set, new, by):
            self.ad_sets[new.id], self.status = new.platform, "draft"
            self.authors.add(by)

    @rule(old=AD_SETS, by=MEMBERS)
    def remove_ad_set(self, old: decide.AdSet, by: str) -> None:
        if self.decide(answer(self.editable and old.id in self.ad_sets), decide.remove_ad_set, old.id, by):
            del self.ad_sets[old.id]
            self.status = "draft"
            self.authors.add(by)

    @rule(by=APPROVERS, limits=LIMITS)
    def approve(self, by: Approver, limits: tuple[Money, ...]) -> None:
        ready = bool(self.ad_sets) and set(self.ad_sets.values()) == set(self.allocation)
        within = not limits or any(limit.currency == "EUR" and money(self.total) <= limit for limit in limits)
        second = by.person and by.vouched and by.principal not in self.authors
        expected = answer(
            self.status == "approved" or (self.status == "draft" and ready and (within or second)),
            self.status != "approved",
        )
        if self.decide(expected, decide.approve, by, limits):
            self.status, self.passed = "approved", within or by.principal not in self.authors

    # Running

    @rule(today=DAYS)
    def launch(self, today: date) -> None:
        if self.decide(answer(self.status == "approved" and today <= LAST_DAY), decide.launch, today):
            self.status = "live"

    @rule(reason=REASONS)
    def pause(self, reason: str) -> None:
        if self.status == "paused":
            self.decide(answer(True, changes=False), decide.pause, reason)
        elif self.decide(answer(self.status == "live" and bool(reason.strip())), decide.pause, reason):
            self.status = "paused"

    @rule()
    def resume(self) -> None:
        if self.decide(answer(self.status in ("live", "paused"), self.status == "paused"), decide.resume):
            self.status = "live"

    @rule(platform=PLATFORMS)
    def pause_platform(self, platform: Platform) -> None:
        already = platform in self.paused
        others_run = bool(set(self.allocation) - self.paused - {platform})
        allowed = self.started and platform in self.allocation and (already or others_run)
        if self.decide(answer(allowed, not already), decide.pause_platform, platform, DURING, "too dear"):
            self.paused.add(platform)

    @rule(platform=PLATFORMS)
    def resume_platform(self, platform: Platform) -> None:
        allowed = self.started and platform in self.allocation
        if self.decide(answer(allowed, platform in self.paused), decide.resume_platform, platform, DURING):
            self.paused.discard(platform)

    @precondition(lambda self: self.status == "live")
    @rule(platform=st.sampled_from(MINE), share=st.decimals(0, 1, places=6))
    def spend(self, platform: Platform, share: Decimal) -> None:
        """The outside spends up to what a platform has, to a fraction of a cent."""
        has = Decimal(self.allocation.get(platform, 0)) / 100
        left = has - self.spent.get(platform, Decimal(0))
        self.spent[platform] = (has - left * (1 - share)).quantize(Decimal("0.000001"))

    @rule(giver=PLATFORMS, taker=PLATFORMS, cents=CENTS, reason=REASONS)
    def reallocate(self, giver: Platform, taker: Platform, cents: int, reason: str) -> None:
        allowed = (
            self.status == "live"
            and giver != taker
            and {giver, taker} <= set(self.allocation) - self.paused
            and cents > 0
            and Decimal(cents) / 100 <= Decimal(self.allocation[giver]) / 100 - self.spent.get(giver, 0)
            and bool(reason.strip())
        )
        if self.decide(
            answer(allowed), decide.reallocate, giver, taker, money(cents), DURING, reason, dict(self.spent)
        ):
            self.allocation[giver] -= cents
            self.allocation[taker] += cents

    @rule(platform=PLATFORMS, cents=CENTS, reason=REASONS)
    def raise_budget(self, platform: Platform, cents: int, reason: str) -> None:
        allowed = (
            self.status == "live"
            and platform in set(self.allocation) - self.paused
            and 0 < cents <= self.total - sum(self.allocation.values())
            and bool(reason.strip())
        )
        if self.decide(answer(allowed), decide.raise_budget, platform, money(cents), DURING, reason):
            self.allocation[platform] += cents

    @rule(giver=st.sampled_from(MINE), taker=st.sampled_from(MINE))
    def move_foreign_money(self, giver: Platform, taker: Platform) -> None:
        dollars = Money.of(1, "USD")
        self.decide(answer(False), decide.reallocate, giver, taker, dollars, DURING, "better", {})
        self.decide(answer(False), decide.raise_budget, giver, dollars, DURING, "better")

    @rule(of=AD_SETS, ad=st.sampled_from(["1", "2"]))
    def record_ad(self, of: decide.AdSet, ad: str) -> None:
        allowed = self.status in ("live", "paused", "completed") and of.id in self.ad_sets
        created = Ad(ad, "campaign", "active")
        news = allowed and self.state.ad_set(of.id).ad != created
        self.decide(answer(allowed, news), decide.record_ad, of.id, created)

    @rule()
    def request_optimization(self) -> None:
        self.decide(answer(self.status == "live"), decide.request_optimization, "daily schedule")

    # The end

    @rule(today=DAYS)
    def complete(self, today: date) -> None:
        if self.status == "completed":
            self.decide(answer(True, changes=False), decide.complete, today)
        elif self.decide(answer(self.started and today > LAST_DAY), decide.complete, today):
            self.status = "completed"

    @rule(sure=st.integers(0, 9))
    def archive(self, sure: int) -> None:
        if sure and self.status in ("draft", "approved"):
            return  # else most stories would be short
        allowed = self.status not in ("live", "paused")
        if self.decide(answer(allowed, self.status != "archived"), decide.archive):
            self.status = "archived"

    # What always holds

    @invariant()
    def the_state_is_as_the_model_says(self) -> None:
        assert self.state.status == self.status
        assert self.state.allocation == {platform: money(cents) for platform, cents in self.allocation.items()}
        assert {a.id: a.platform for a in self.state.ad_sets} == self.ad_sets
        assert set(self.state.paused_platforms) == self.paused
        assert self.state.platforms == self.platforms

    @invariant()
    def what_is_approved_had_a_second_person_where_it_takes_one(self) -> None:
        assert set(self.state.authors) == self.authors
        assert self.status != "approved" or self.passed

    @invariant()
    def allocations_and_reserve_are_the_total(self) -> None:
        assert self.state.allocated + self.state.reserve == self.state.total_budget == money(self.total)
        assert self.state.reserve >= eur(0)

    @invariant()
    def no_platform_has_less_than_it_spent(self) -> None:
        for platform, spent in self.spent.items():
            assert self.state.allocation.get(platform, eur(0)).amount >= spent

    @invariant()
    def what_runs_was_approved_and_funded(self) -> None:
        if self.started:
            assert self.state.approved_by
            assert self.state.ad_sets
            assert all(a.platform in self.state.allocation for a in self.state.ad_sets)

    @property
    def editable(self) -> bool:
        return self.status in ("draft", "approved")

    @property
    def started(self) -> bool:
        return self.status in ("live", "paused")


TestCampaignStory = told(CampaignStory)
