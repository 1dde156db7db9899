"""Views that join read models: a row is incomplete too where the row that it lacks is parked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec.structs import replace
from psycopg import sql
from tests.integration.faults.probe import Author
from tests.integration.parking import poisoned

from umt.adapters.postgres.log import NewEvent
from umt.bootstrap import System
from umt.domain.agent_run import CommandIssued, DecisionMade, EffectRequested, RunStarted
from umt.domain.campaign import CampaignCreated, CampaignScored, Objective, PlatformPaused, PlatformScore, Schedule
from umt.domain.event import Event
from umt.domain.money import Money
from umt.domain.performance import Figures, PerformanceRecorded, Record
from umt.domain.platform import Platform
from umt.projections.agent_steps import agent_steps
from umt.projections.agents import agent_runs
from umt.projections.campaign_changes import campaign_changes
from umt.projections.campaigns import campaigns
from umt.projections.performance import campaign_performance, dashboard
from umt.projections.scores import scores
from umt.projections.table import Projection

_DAY = date(2026, 3, 1)
_POISON = "poison"


class Marketer(Author):
    """Campaigns of one brand, and figures of their ads."""

    def __init__(self, wired: System) -> None:
        super().__init__(wired)
        self.brand, self.correlation = uuid4(), uuid4()
        self._logs: dict[tuple[UUID, Platform], UUID] = {}

    def campaign(self, name: str = "Spring") -> UUID:
        stream = uuid4()
        created = CampaignCreated(
            brand=self.brand,
            name=name,
            objective=Objective.SALES,
            total_budget=Money(Decimal(100), "EUR"),
            schedule=Schedule(date(2026, 1, 1), date(2026, 12, 31), "UTC"),
            platforms=(Platform.GOOGLE, Platform.FACEBOOK),
        )
        self.write((stream, created))
        return stream

    def told(self, campaign: UUID, platform: Platform = Platform.GOOGLE, ad: str = "ad") -> None:
        event = PerformanceRecorded(
            campaign=campaign,
            platform=platform,
            month="2026-03",
            currency="EUR",
            reported_at=datetime(2026, 3, 2, tzinfo=UTC),
            imported=True,
            records=(Record(ad, _DAY, Figures(impressions=2, clicks=1, spend=Decimal(5))),),
        )
        self.write((self._logs.setdefault((campaign, platform), uuid4()), event))

    def batch(self, events: Iterable[tuple[UUID, Event]]) -> list[NewEvent]:
        """All of one request."""
        return [dataclasses.replace(made, metadata=self._correlated(made.metadata)) for made in super().batch(events)]

    def _correlated(self, metadata: bytes) -> bytes:
        return msgspec.json.encode({**msgspec.json.decode(metadata), "correlation": self.correlation}, order="sorted")

    def incomplete(self, view: str, *columns: str) -> set[Any]:
        """The rows that are marked, by these columns."""
        with self.wired.as_worker() as connection:
            query = sql.SQL("SELECT {} FROM {} WHERE workspace = %s AND incomplete").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("read_v1", view)
            )
            rows = connection.execute(query, (self.workspace,)).fetchall()
        return {row[0] if len(columns) == 1 else tuple(row) for row in rows}


@pytest.fixture
def marketer(wired: System) -> Marketer:
    return Marketer(wired)


def caught_up(wired: System) -> None:
    head = wired.source.head()
    for projector in wired.projectors():
        projector.reach(head)


def bad_ad(event: PerformanceRecorded) -> bool:
    return event.records[0].ad == _POISON


@pytest.mark.parametrize("before", [(), ("ad",)], ids=["first", "later"])
def test_figures_that_are_parked_mark_their_campaign_and_platform_alone(
    wired: System, marketer: Marketer, before: tuple[str, ...]
) -> None:
    hit, busy, _ = (marketer.campaign() for _ in range(3))
    marketer.told(busy)
    for ad in before:
        marketer.told(hit, ad=ad)
    with poisoned(wired, dashboard, PerformanceRecorded, bad_ad):
        marketer.told(hit, ad=_POISON)
        caught_up(wired)
        assert marketer.incomplete("campaign_overview", "campaign") == {hit}
        assert marketer.incomplete("campaign_platforms", "campaign", "platform") == {(hit, "google")}
    assert marketer.incomplete("campaign_overview", "campaign") == set()
    assert marketer.incomplete("campaign_platforms", "campaign") == set()


def test_the_first_figures_of_one_platform_mark_a_campaign_that_has_those_of_another(
    wired: System, marketer: Marketer
) -> None:
    hit = marketer.campaign()
    marketer.told(hit, Platform.FACEBOOK)
    with poisoned(wired, dashboard, PerformanceRecorded, bad_ad):
        marketer.told(hit, Platform.GOOGLE, _POISON)
        caught_up(wired)
        assert marketer.incomplete("campaign_overview", "campaign") == {hit}
        assert marketer.incomplete("campaign_platforms", "campaign", "platform") == {(hit, "google")}


def test_where_nothing_can_be_known_of_the_figures_all_campaigns_of_the_workspace_are_marked(
    wired: System, marketer: Marketer
) -> None:
    neighbour = Marketer(wired)
    neighbour.campaign()
    silent, hit = marketer.campaign(), marketer.campaign()
    with poisoned(wired, dashboard, PerformanceRecorded, bad_ad, unreadable=True):
        marketer.told(hit, ad=_POISON)
        caught_up(wired)
        assert marketer.incomplete("campaign_overview", "campaign") == {silent, hit}
        assert neighbour.incomplete("campaign_overview", "campaign") == set()
    assert marketer.incomplete("campaign_overview", "campaign") == set()


def test_a_brands_day_is_incomplete_while_one_of_its_campaigns_lacks_figures(wired: System, marketer: Marketer) -> None:
    hit, busy = marketer.campaign(), marketer.campaign()
    other = Marketer(wired)
    other.workspace = marketer.workspace
    other.told(other.campaign())
    marketer.told(busy)
    with poisoned(wired, campaign_performance, PerformanceRecorded, bad_ad):
        marketer.told(hit, ad=_POISON)
        caught_up(wired)
        assert marketer.incomplete("brand_daily_totals", "brand") == {marketer.brand}
    assert marketer.incomplete("brand_daily_totals", "brand") == set()


def test_a_day_is_incomplete_for_every_brand_while_the_campaign_of_its_figures_is_unknown(
    wired: System, marketer: Marketer
) -> None:
    marketer.told(marketer.campaign())
    with poisoned(wired, campaigns, CampaignCreated, lambda event: bool(event.name == _POISON)):
        unknown = marketer.campaign(_POISON)
        caught_up(wired)
        assert marketer.incomplete("brand_daily_totals", "brand") == set()
        marketer.told(unknown)
        caught_up(wired)
        assert marketer.incomplete("brand_daily_totals", "brand") == {marketer.brand}
    assert marketer.incomplete("brand_daily_totals", "brand") == set()


def test_a_score_that_is_parked_marks_the_days_of_its_campaign(wired: System, marketer: Marketer) -> None:
    hit, busy = marketer.campaign(), marketer.campaign()
    marketer.told(hit)
    marketer.told(busy)
    with poisoned(wired, scores, CampaignScored, lambda _: True):
        marketer.write((hit, CampaignScored(Decimal("0.5"), (PlatformScore(Platform.GOOGLE, Decimal("0.5")),), _DAY)))
        caught_up(wired)
        assert marketer.incomplete("campaign_daily_metrics", "campaign") == {hit}
    assert marketer.incomplete("campaign_daily_metrics", "campaign") == set()


@pytest.mark.parametrize(
    ("projection", "event_type"),
    [
        (agent_steps, CommandIssued),
        (campaign_changes, PlatformPaused),
        (agent_runs, RunStarted),
        (agent_steps, EffectRequested),
    ],
)
def test_what_came_of_a_decision_is_incomplete_while_it_is_parked(
    wired: System, marketer: Marketer, projection: Projection, event_type: type[Event]
) -> None:
    campaign, run, other, effects = marketer.campaign(), uuid4(), uuid4(), uuid4()
    pause = DecisionMade("pause", "campaign", campaign, "too dear", "cost", target="google")
    issued = CommandIssued("PausePlatform", "{}", True, "accepted")
    marketer.write((other, started(marketer.campaign())), (other, replace(pause, subject=uuid4())))
    marketer.write((run, started(campaign)), (run, pause))
    position = marketer.write((campaign, PlatformPaused(Platform.GOOGLE, _DAY, "too dear")))
    with poisoned(
        wired, projection, event_type, lambda event: getattr(event, "trigger_position", position) == position
    ):
        marketer.write((run, issued))
        marketer.write((effects, started(campaign, "campaign.platform_paused", position)))
        marketer.write((effects, EffectRequested(uuid4(), "SetStatus", "{}")))
        caught_up(wired)
        assert marketer.incomplete("optimisation_log", "run") == {run}
        assert marketer.incomplete("recommendations", "run") == ({run} if event_type is CommandIssued else set())
    assert marketer.incomplete("optimisation_log", "run") == set()


def started(campaign: UUID, trigger: str = "campaign.optimization_requested", position: int = 1) -> RunStarted:
    return RunStarted("optimizer", uuid4(), trigger, position, "campaign", campaign)
