"""Behind the scene: the clock, durability, faults, the ledger, and the command line."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.sandbox.kit import AUTHOR, GOOGLE, LINKEDIN, META, SOURCES, Outside

POSTS = "/wp-json/wp/v2/posts"


def test_the_clock_goes_on_and_never_back(outside: Outside) -> None:
    assert outside.get("/_sandbox/clock") == {"now": "2026-01-05T08:00:00Z"}
    assert outside.post("/_sandbox/clock", json={"advance_seconds": 90}) == {"now": "2026-01-05T08:01:30Z"}
    assert outside.http.post("/_sandbox/clock", json={"advance_to": "2026-01-05T08:00:00Z"}).status_code == 409
    assert outside.http.post("/_sandbox/clock", json={"advance_seconds": -1}).status_code == 409
    hostile: list[object] = [{}, {"advance_seconds": "x"}, {"advance_to": "x"}, {"advance_seconds": 1e300}, []]
    for bad in hostile:
        assert outside.http.post("/_sandbox/clock", json=bad).status_code == 422
    assert outside.get("/_sandbox/clock") == {"now": "2026-01-05T08:01:30Z"}
    assert outside.http.get("/_sandbox/clock?after=soon&wait=5").status_code == 422


def test_a_wait_ends_when_time_passes(outside: Outside) -> None:
    now = outside.get("/_sandbox/clock")["now"]
    started = time.monotonic()
    assert outside.get("/_sandbox/clock", params={"after": now, "wait": "0.2"})["now"] == now
    assert 0.2 <= time.monotonic() - started < 2
    answers: list[str] = []

    def wait() -> None:
        answers.append(
            httpx.get(f"{outside.url}/_sandbox/clock", params={"after": now, "wait": "30"}, timeout=35).json()["now"]
        )

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    time.sleep(0.2)
    later = outside.post("/_sandbox/clock", json={"advance_seconds": 60})["now"]
    for thread in waiting:
        thread.join(5)
    assert answers == [later] * 3


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    state = tmp_path / "outside.sqlite"
    outside = Outside("--seed", "7", state=state)
    outside.meta_bought("1")
    outside.advance_to("2026-01-12T06:00:00Z")
    post = outside.post(POSTS, auth=AUTHOR, json={"title": "Kept", "status": "publish"})
    before = outside.meta_days("act_1")
    created: list[str] = []

    def create() -> None:
        with httpx.Client(base_url=outside.url) as client:
            for n in range(10_000):
                fields = META | {"name": f"C{n}", "objective": "OUTCOME_SALES", "special_ad_categories": "[]"}
                try:
                    created.append(client.post("/v23.0/act_2/campaigns", data=fields).json()["id"])
                except httpx.HTTPError:
                    return

    writing = threading.Thread(target=create)
    writing.start()
    while len(created) < 50:
        time.sleep(0.01)
    outside.stop(signal.SIGKILL)
    writing.join(10)

    again = Outside(state=state)
    try:
        assert again.get("/_sandbox/health")["seed"] == 7
        assert again.get("/_sandbox/clock")["now"] == "2026-01-12T06:00:00Z"
        assert again.meta_days("act_1") == before
        assert again.get(f"{POSTS}/{post['id']}")["title"]["rendered"] == "Kept"
        kept = {row["id"] for row in again.get("/v23.0/act_2/campaigns", params=META | {"limit": "500"})["data"]}
        assert set(created[-400:]) <= kept
        ledger = again.get("/_sandbox/ledger", params={"account": "2", "limit": "1000"})["entries"]
        assert {entry["created_id"] for entry in ledger} >= set(created[:1000])
    finally:
        again.stop()


def test_a_lost_answer_is_found_by_name(outside: Outside) -> None:
    outside.faults({"kind": "drop_after", "method": "POST", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.meta_campaign("70", "Lost")
    filtering = json.dumps([{"field": "name", "operator": "EQUAL", "value": "Lost"}])
    found = outside.get("/v23.0/act_70/campaigns", params=META | {"filtering": filtering})["data"]
    assert len(found) == 1
    (entry,) = outside.get("/_sandbox/ledger", params={"account": "70"})["entries"]
    assert (entry["action"], entry["created_id"], entry["fault"]) == ("create", found[0]["id"], "drop_after")


def test_faults_have_each_platforms_form(outside: Outside) -> None:
    calls: dict[str, Callable[[], httpx.Response]] = {
        "meta": lambda: outside.http.get("/v23.0/act_80", params=META),
        "google_ads": lambda: outside.http.post("/v21/customers/8000000000/googleAds:search", headers=GOOGLE, json={}),
        "linkedin": lambda: outside.http.get("/rest/adAccounts/80", headers=LINKEDIN),
        "wordpress": lambda: outside.http.get(POSTS, auth=AUTHOR),
    }
    limited = {"meta": 400, "google_ads": 429, "linkedin": 429, "wordpress": 429}
    for platform, call in calls.items():
        outside.faults(
            {"kind": "rate_limit", "platform": platform, "times": 1},
            {"kind": "error", "platform": platform, "times": 1, "status": 500},
            {"kind": "error", "platform": platform, "times": 1},
            {"kind": "slow", "platform": platform, "times": 1, "seconds": 0.2},
            {"kind": "reset", "platform": platform, "times": 1},
            {"kind": "timeout", "platform": platform, "times": 1, "seconds": 0.2},
        )
        replies = [call() for _ in range(3)]
        assert [reply.status_code for reply in replies] == [limited[platform], 500, 503]
        started = time.monotonic()
        assert call().status_code in (200, 400)
        assert time.monotonic() - started >= 0.2
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                call()
        body = replies[0].json()
        entries = outside.get("/_sandbox/ledger", params={"platform": platform, "action": "refuse", "limit": "1000"})[
            "entries"
        ]
        assert [e["fault"] for e in entries if e["fault"] not in ("", "slow")][-5:] == [
            "rate_limit",
            "error",
            "error",
            "reset",
            "timeout",
        ]
        told: dict[str, Callable[[Any], bool]] = {
            "meta": lambda body: body["error"]["code"] == 17,
            "google_ads": lambda body: body["error"]["status"] == "RESOURCE_EXHAUSTED",
            "linkedin": lambda body: body["code"] == "TOO_MANY_REQUESTS",
            "wordpress": lambda body: body["data"]["status"] == 429,
        }
        assert told[platform](body)
    assert outside.get("/_sandbox/health")["status"] == "ok"


def test_profiles(outside: Outside) -> None:
    outside.post("/_sandbox/faults", json={"profile": "outage"})
    assert outside.http.get("/v23.0/act_90", params=META).status_code == 503
    outside.post("/_sandbox/faults", json={"profile": "none"})
    assert outside.http.get("/v23.0/act_90", params=META).status_code == 200
    for bad in ({"profile": "nonsense"}, {"rules": [{"kind": "x"}]}, {}, {"rules": [{"kind": "slow", "every": 0}]}):
        assert outside.http.post("/_sandbox/faults", json=bad).status_code == 422


def test_the_ledger_tells_changes_and_refusals_by_page(outside: Outside) -> None:
    campaign = outside.meta_campaign("95", "L")
    outside.post(f"/v23.0/{campaign}", data=META | {"status": "PAUSED"})
    outside.http.post("/v23.0/act_95/campaigns", data=META | {"name": "Bad"})
    outside.get("/v23.0/act_95/campaigns", params=META)
    first = outside.get("/_sandbox/ledger", params={"account": "95", "limit": "2"})
    rest = outside.get("/_sandbox/ledger", params={"account": "95", "since": first["next"]})
    entries = first["entries"] + rest["entries"]
    assert [(e["action"], e["kind"], e["reference"], e["status"]) for e in entries] == [
        ("create", "campaign", "L", 200), ("update", "campaign", "L", 200), ("refuse", "campaign", "Bad", 400),
    ]  # fmt: skip
    assert rest["next"] is None


def test_what_was_created_twice_is_told() -> None:
    outside = Outside()
    try:
        twice = [outside.meta_campaign("1", "Twice") for _ in range(2)]
        outside.meta_campaign("2", "Twice")
        outside.google_bought("3000000000", "Twice")
        for slug in ("a", "a", "b"):
            outside.post(POSTS, auth=AUTHOR, json={"title": f"Post {slug}", "slug": slug, "content": slug})
        for _ in range(2):
            outside.post(POSTS, auth=AUTHOR, json={"title": "Text", "content": "same"})
        found = outside.get("/_sandbox/ledger/duplicates")
        assert [(d["platform"], d["kind"], d["account"], d["reference"], d["count"]) for d in found] == [
            ("meta", "campaign", "1", "Twice", 2), ("wordpress", "post", "default", "a", 2),
            ("wordpress", "post", "default", "Text", 2),
        ]  # fmt: skip
        assert found[0]["created_ids"] == twice
    finally:
        outside.stop()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "umt.sandbox", *arguments]
    return subprocess.run(
        command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, timeout=10, check=False
    )


def test_the_command_refuses_what_makes_no_sense(tmp_path: Path) -> None:
    for arguments, told in (
        (["--host", "0.0.0.0"], "loopback"),
        (["--host", "example.org"], "loopback"),
        (["--faults", "nonsense"], "no fault profile 'nonsense'"),
    ):
        ended = run(*arguments)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert told in ended.stderr
        assert "Traceback" not in ended.stderr
    state = tmp_path / "state.sqlite"
    outside = Outside("--seed", "1", state=state)
    assert "another one is using it" in run("--state", str(state)).stderr
    outside.stop()
    assert "begun with --seed 1" in run("--seed", "2", "--state", str(state)).stderr
    text = tmp_path / "text"
    text.write_text("no database " * 100)
    assert run("--state", str(text)).returncode == 2


def hold(url: str) -> None:
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"{url}/_sandbox/clock?after=2030-01-01&wait=20", timeout=25)


def test_it_ends_cleanly_and_with_its_parent() -> None:
    outside = Outside()
    waiting = threading.Thread(target=hold, args=(outside.url,))
    waiting.start()
    time.sleep(0.1)
    assert outside.stop() == 0
    waiting.join(5)
    outside = Outside()
    outside.http.close()
    assert outside.process.stdin is not None
    outside.process.stdin.close()
    assert outside.process.wait(5) == 0
    assert outside.process.stdout is not None
    outside.process.stdout.close()


def test_it_answers_hundreds_of_requests_a_second(outside: Outside) -> None:
    outside.faults()
    campaign = outside.meta_campaign("99")
    started = time.monotonic()
    for _ in range(200):
        outside.get(f"/v23.0/{campaign}", params=META | {"fields": "name,status"})
    assert 200 / (time.monotonic() - started) > 100
