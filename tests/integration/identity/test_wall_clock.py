"""Who may come in, and until when, is told by the machine's clock, however far the business's simulated time is from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.integration.api.client import Caller
from tests.integration.api.serving import listening
from tests.integration.identity.team import accepts, api_key, brought_up_to_date, invited

from umt.adapters.passwords import Argon2Passwords
from umt.adapters.postgres.database import OWNER, connect
from umt.api.app import create_app
from umt.bootstrap import System, system
from umt.bootstrap.services import services_of
from umt.settings import Settings

LEEWAY = timedelta(minutes=5)


@pytest.fixture(scope="module", params=["2001-09-09T01:46:40+00:00", "2101-01-01T00:00:00+00:00"])
def simulated(request: pytest.FixtureRequest) -> Iterator[tuple[str, datetime]]:
    """Where a clock tells a time that stands still, and the time."""
    over = threading.Event()

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "after=" in self.path:
                over.wait(20)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"now": request.param}).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Not told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", datetime.fromisoformat(request.param)
    over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def wired(settings: Settings, passwords: Argon2Passwords, simulated: tuple[str, datetime]) -> Iterator[System]:
    with system(settings.model_copy(update={"clock_url": simulated[0]}), passwords) as made:
        yield made


@pytest.fixture(scope="module")
def url(wired: System) -> Iterator[str]:
    with listening(create_app(services_of(wired, {}))) as address:
        yield address


@pytest.fixture
def owner(url: str, simulated: tuple[str, datetime]) -> Caller:
    made = Caller(url).registers()
    assert datetime.fromisoformat(made.asks("{ clock { now } }")["clock"]["now"]) == simulated[1]
    return made


def from_now(told: str) -> timedelta:
    return datetime.fromisoformat(told) - datetime.now(UTC)


def test_an_invitation_is_open_as_long_as_it_says(owner: Caller, url: str) -> None:
    nell = Caller(url)
    given = {"email": nell.email, "role": "ANALYST", "expiresInDays": 3}
    made = owner.mutates("inviteMember", given, "token invitation { expiresAt }")
    assert abs(from_now(made["invitation"]["expiresAt"]) - timedelta(days=3)) < LEEWAY
    assert owner.refused("inviteMember", given)["domainCode"] == "ALREADY_EXISTS"
    assert accepts(nell, made["token"]).session["role"] == "ANALYST"


def test_an_invitation_that_has_expired_opens_nothing(owner: Caller, url: str, wired: System) -> None:
    nell = Caller(url)
    token = invited(owner, nell.email, "ANALYST")
    with connect(wired.url, OWNER) as connection:
        connection.execute("UPDATE umt.invitation SET expires_at = now() WHERE workspace = %s", (owner.workspace,))
    acceptance = {"token": token, "password": nell.email, "name": "Nell"}
    assert nell.refused("acceptInvitation", acceptance)["code"] == "NOT_FOUND"


def test_a_key_can_be_used_as_long_as_it_says(owner: Caller, wired: System) -> None:
    program = api_key(owner, "brand:read", expiresInDays=2)
    program.asks("{ brands(first: 20) { nodes { id } } }")
    brought_up_to_date(wired)
    (key,) = owner.asks("{ apiKeys(first: 20) { nodes { expiresAt } } }")["apiKeys"]["nodes"]
    assert abs(from_now(key["expiresAt"]) - timedelta(days=2)) < LEEWAY
