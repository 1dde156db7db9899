"""Circuit breakers as people see them: services that all share, and sites of one's own alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.integration.api.client import Caller

from umt.adapters.postgres.breaker_rows import BreakerRows
from umt.api import positions
from umt.application.breakers import SHARED, Policy, failed
from umt.application.permissions import Permission
from umt.application.ports import ErrorClass
from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.integration import Integration, IntegrationSynced
from umt.domain.recorded import Actor, ActorKind

BREAKERS = """{ breakers { service state consecutiveFailures openedAt nextProbeAt lastErrorClass answered failed refused
    changes { at was became reason } } }"""
SITE = "cms:https://ours.example.com"


@pytest.fixture
def rows(wired: System) -> Iterator[BreakerRows]:
    made = BreakerRows(wired.as_worker)
    yield made
    made.close()
    with wired.as_worker() as connection:
        connection.execute("DELETE FROM umt.breaker")


def opens(rows: BreakerRows, service: str) -> None:
    rows.change(service, lambda breaker, now: failed(breaker, now, None, ErrorClass.SERVER, Policy(failures=1)))


def connects(caller: Caller, endpoint: str) -> str:
    given = {"platform": "CMS", "account": "blog", "credential": "user:secret", "endpoint": endpoint}
    connected = caller.mutates("connectIntegration", given, "position integration { id }")
    caller.asks("query($p: String) { integrations(first: 1, atLeast: $p) { totalCount } }", p=connected["position"])
    return str(connected["integration"]["id"])


def services(caller: Caller) -> list[str]:
    return [each["service"] for each in caller.asks("{ breakers { service } }")["breakers"]]


def test_a_breaker_tells_its_state_and_how_it_came_about(caller: Caller, rows: BreakerRows) -> None:
    opens(rows, "meta")
    found: dict[str, dict[str, Any]] = {each["service"]: each for each in caller.asks(BREAKERS)["breakers"]}
    assert list(found) == list(SHARED)
    meta, google = found["meta"], found["google"]
    (change,) = meta.pop("changes")
    opened, probe = (datetime.fromisoformat(meta.pop(name)) for name in ("openedAt", "nextProbeAt"))
    assert (probe - opened).total_seconds() == 30
    assert datetime.fromisoformat(change.pop("at")) == opened
    assert change == {
        "was": "CLOSED",
        "became": "OPEN",
        "reason": "failures in a row: 1; the last one: server",
    }
    assert meta == {
        "service": "meta",
        "state": "OPEN",
        "consecutiveFailures": 1,
        "lastErrorClass": "SERVER",
        "answered": 0,
        "failed": 0,
        "refused": 0,
    }
    assert (google["state"], google["openedAt"], google["changes"]) == ("CLOSED", None, [])


def test_a_site_is_told_where_it_is_connected_and_nowhere_else(
    caller: Caller, stranger: Caller, rows: BreakerRows
) -> None:
    opens(rows, SITE)
    assert services(caller) == services(stranger) == list(SHARED)
    integration = connects(caller, "https://OURS.example.com:443/blog")
    assert services(caller) == [*SHARED, SITE]
    assert services(stranger) == list(SHARED)
    ended = caller.mutates("disconnectIntegration", {"integration": integration})
    caller.asks("query($p: String) { integrations(first: 1, atLeast: $p) { totalCount } }", p=ended["position"])
    assert services(caller) == list(SHARED)


def test_who_may_not_see_connections_is_told_of_no_site(url: str, caller: Caller, rows: BreakerRows) -> None:
    connects(caller, "https://ours.example.com")
    for scopes, told in (
        ([Permission.SYSTEM_READ], list(SHARED)),
        ([Permission.SYSTEM_READ, Permission.INTEGRATION_READ], [*SHARED, SITE]),
    ):
        program = Caller(url)
        given = {"name": "Robot", "scopes": [scope.value for scope in scopes], "holder": str(caller.user)}
        key = caller.mutates("createApiKey", given, "key")["key"]
        program.http.headers["Authorization"] = f"Bearer {key}"
        assert services(program) == told


def test_health_names_the_services_that_are_left_alone_and_no_site(url: str, rows: BreakerRows) -> None:
    assert httpx.get(f"{url}/health").json()["openBreakers"] == []
    opens(rows, "linkedin")
    opens(rows, SITE)
    assert httpx.get(f"{url}/health").json()["openBreakers"] == ["linkedin"]


def test_figures_are_shown_with_their_age_while_a_platform_is_left_alone(
    wired: System, caller: Caller, rows: BreakerRows
) -> None:
    campaign = caller.campaign(caller.brand())
    for platform in ("GOOGLE", "FACEBOOK"):
        given = {"platform": platform, "account": "1234567890", "credential": "token"}
        made = caller.makes("connectIntegration", "integration", given)
        synced = datetime.now(UTC) - timedelta(hours=50 if platform == "GOOGLE" else 5)
        by_agent = Context(workspace=caller.workspace, actor=Actor(ActorKind.AGENT, "content-ads"))
        wired.writer.run(by_agent, partial(_synced, UUID(made), synced)).result()
    opens(rows, "meta")
    asked = "query($id: ID!, $p: String) { campaign(id: $id, atLeast: $p) { figureSources { platform ageSeconds isCurrent service says } } }"
    position = positions.encode(wired.source.head())
    facebook, google = caller.asks(asked, id=campaign, p=position)["campaign"]["figureSources"]
    assert (facebook["platform"], facebook["isCurrent"], facebook["service"]) == ("FACEBOOK", True, "OPEN")
    assert facebook["says"].startswith("The figures are 5 hours old; the platform failed too often lately")
    assert 5 * 3600 <= facebook["ageSeconds"] < 6 * 3600
    assert (google["isCurrent"], google["service"]) == (False, "CLOSED")
    assert google["says"] == "The figures are 2 days old: the last collection did not succeed."


def _synced(integration: UUID, at: datetime, tx: Transaction) -> None:
    tx.record(Integration, integration, IntegrationSynced(at))
