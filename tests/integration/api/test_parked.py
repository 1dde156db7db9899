"""What is parked is told to those who ask for a position, below the field that they ask at too; and to operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from tests.integration.api.client import Caller
from tests.integration.api.test_reading import record, report
from tests.integration.parking import poisoned

from umt.adapters.postgres.database import APP, connect
from umt.bootstrap import System
from umt.domain.performance import PerformanceRecorded
from umt.projections.performance import campaign_performance, dashboard

POISON = "poison"


def bad_ad(event: PerformanceRecorded) -> bool:
    return event.records[0].ad == POISON


@pytest.fixture
def parked(wired: System) -> Iterator[None]:
    """Figures of some ads are parked, by day as well as over all time."""
    with (
        poisoned(wired, dashboard, PerformanceRecorded, bad_ad),
        poisoned(wired, campaign_performance, PerformanceRecorded, bad_ad),
    ):
        yield


NESTED = ("totals { platform }", "performance { day }")
ONE = "query($i: ID!, $p: String) {{ campaign(id: $i, atLeast: $p) {{ id {} }} }}"
ALL = "query($p: String) {{ campaigns(atLeast: $p, first: 20) {{ nodes {{ id {} }} }} }}"


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize("nested", NESTED)
def test_fields_below_one_that_names_a_position_show_it_or_say_that_they_cannot(caller: Caller, nested: str) -> None:
    brand = caller.brand()
    hit, whole = caller.campaign(brand), caller.campaign(brand)
    position = report(caller, whole, "GOOGLE", record("ad"))
    assert caller.asks(ALL.format(nested), p=position)
    position = report(caller, hit, "GOOGLE", record(POISON))

    for refused in (
        caller.fails(ONE.format(nested), i=hit, p=position),
        caller.fails(ALL.format(nested), p=position),
    ):
        assert (refused["code"], refused["reason"]) == ("STALE_READ", "PARKED")
    assert caller.asks(ONE.format(nested), i=whole, p=position)["campaign"][nested.split()[0]]
    assert caller.asks(ONE.format("name"), i=hit, p=position)
    assert caller.asks(ONE.format(nested), i=hit) == {"campaign": {"id": hit, nested.split()[0]: []}}
    assert caller.asks(ALL.format(nested))


def test_health_counts_dead_letters_and_is_degraded_by_them(url: str, wired: System, caller: Caller) -> None:
    def health() -> tuple[str, dict[str, int]]:
        told: dict[str, Any] = httpx.get(f"{url}/health").json()
        return told["status"], {p["name"]: p["deadLetters"] for p in told["projections"] if p["deadLetters"]}

    assert health() == ("ok", {})
    campaign = caller.campaign(caller.brand())
    with poisoned(wired, dashboard, PerformanceRecorded, bad_ad):
        for clicks in (1, 2):
            position = report(caller, campaign, "GOOGLE", record(POISON, clicks=clicks))
        assert caller.asks("query($p: String) { brands(atLeast: $p, first: 20) { nodes { id } } }", p=position)
        assert health() == ("degraded", {"dashboard": 2})
    assert health() == ("ok", {})


def test_only_the_application_counts_the_dead_letters_of_all_workspaces(wired: System) -> None:
    with connect(wired.url, APP) as connection:
        assert connection.execute("SELECT * FROM umt.dead_letter_counts()").fetchall() == []
    with wired.as_worker() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM umt.dead_letter_counts()")
