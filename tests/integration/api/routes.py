"""Every REST route that needs a credential, as a request: what is asked for and of which things of a workspace.

A new route belongs here and in `umt.api.access`; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
import msgspec
from tests.integration.api.inputs import Ids

from umt.api.access import ROUTES
from umt.application.permissions import Permission

Body = dict[str, Any]

MONEY: Final = {"amount": "10", "currency": "EUR"}
PLAN: Final[Body] = {
    "name": "Spring",
    "objective": "sales",
    "totalBudget": {"amount": "6000", "currency": "EUR"},
    "schedule": {"startsOn": "2026-01-05", "endsOn": "2026-02-05", "timeZone": "Europe/Vienna"},
    "platforms": ["google", "facebook"],
    "allocation": [],
}
REPORT: Final[Body] = {
    "platform": "google",
    "currency": "EUR",
    "reportedAt": "2026-01-31T09:00:00Z",
    "records": [{"ad": "1", "day": "2026-01-30", "figures": {"impressions": 100, "clicks": 10, "spend": "5.50"}}],
}
OF_CAMPAIGN: Final = "/api/v1/campaigns/{campaign}"

BODIES: Final[dict[str, Callable[[Ids], Body | None]]] = {
    "POST /api/v1/auth/logout": lambda _: {},
    "POST /api/v1/auth/password": lambda _: {"current": "not the password", "new": "another passphrase"},
    "GET /api/v1/campaigns": lambda _: None,
    "POST /api/v1/campaigns": lambda ids: {"brand": ids["brand"], **PLAN},
    f"GET {OF_CAMPAIGN}": lambda _: None,
    f"PUT {OF_CAMPAIGN}": lambda _: PLAN,
    f"PATCH {OF_CAMPAIGN}": lambda _: {"name": "Summer"},
    f"DELETE {OF_CAMPAIGN}": lambda _: None,
    f"POST {OF_CAMPAIGN}/ad-sets": lambda ids: {"platform": "google", "name": "Hikers", "content": ids["content"]},
    f"DELETE {OF_CAMPAIGN}/ad-sets/{{adSet}}": lambda _: None,
    f"POST {OF_CAMPAIGN}/approve": lambda _: None,
    f"POST {OF_CAMPAIGN}/launch": lambda _: None,
    f"POST {OF_CAMPAIGN}/pause": lambda _: {"reason": "Wait."},
    f"POST {OF_CAMPAIGN}/resume": lambda _: {"platform": "google"},
    f"POST {OF_CAMPAIGN}/reallocate": lambda _: {
        "source": "google",
        "target": "facebook",
        "amount": MONEY,
        "reason": "Better there.",
    },
    f"POST {OF_CAMPAIGN}/raise-budget": lambda _: {"platform": "google", "amount": MONEY, "reason": "Good there."},
    f"POST {OF_CAMPAIGN}/optimize": lambda _: None,
    f"GET {OF_CAMPAIGN}/decisions": lambda _: None,
    f"POST {OF_CAMPAIGN}/metrics": lambda _: REPORT,
    f"GET {OF_CAMPAIGN}/analytics": lambda _: None,
    "GET /api/v1/dashboard": lambda _: None,
    "GET /api/v1/dashboard/summary": lambda _: None,
    "GET /api/v1/platforms/status": lambda _: None,
    "GET /api/v1/platforms/{platform}/status": lambda _: None,
}
"""What each takes; None: nothing."""


class Route(msgspec.Struct, frozen=True):
    """A request to a route. ``needs`` is every permission on its way; ``of_thing``: it names one of the workspace's."""

    name: str
    method: str
    address: str
    body: Body | None
    needs: tuple[Permission, ...]
    of_thing: bool

    def asked(self, http: httpx.Client) -> httpx.Response:
        return http.request(self.method, self.address, json=self.body)


def routes(ids: Ids) -> list[Route]:
    """All of them, about these things."""
    return [_route(name, needs, ids) for name, needs in ROUTES.items() if needs is not None]


def _route(name: str, needs: tuple[Permission, ...], ids: Ids) -> Route:
    method, _, path = name.partition(" ")
    body = BODIES[name](ids)
    of_thing = "{campaign}" in path or body != BODIES[name](dict.fromkeys(ids, ""))
    return Route(name, method, path.format(platform="google", **ids), body, needs, of_thing)


def code_of(answer: httpx.Response) -> str:
    """The code of the problem; OK without one."""
    return "OK" if answer.is_success else str(answer.json()["code"])
