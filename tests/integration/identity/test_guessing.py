"""Guessing: slowed down where it comes from, while the owner goes in and out."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest
from tests.integration.identity.conftest import CountedPasswords
from tests.integration.identity.visitor import Visitor, code, noted

from umt.adapters.postgres.database import OWNER, connect
from umt.bootstrap import System

MANY = 1000


@pytest.fixture(autouse=True)
def _fresh(wired: System) -> None:
    with connect(wired.url, OWNER) as owner:
        owner.execute("DELETE FROM umt.sign_in_attempt")


def forgotten(wired: System) -> None:
    """As if the longest wait had passed."""
    with connect(wired.url, OWNER) as owner:
        owner.execute("UPDATE umt.sign_in_attempt SET blocked_until = now() - interval '1 second'")


async def test_a_thousand_wrong_passwords(wired: System, passwords: CountedPasswords, ada: Visitor) -> None:
    before = passwords.verified
    answers = await _guesses(ada, MANY)
    assert set(answers) == {401, 429}
    assert sum(answers.values()) == MANY
    assert passwords.verified - before <= 14, "the others were not even looked at"
    failed = noted(wired, ada.workspace, "login_failed", at_least=answers[401])
    blocked = noted(wired, ada.workspace, "login_blocked", at_least=answers[429])
    assert (failed, blocked) == (answers[401], answers[429])
    with ada.elsewhere() as home:
        assert home.logs_in().status_code == 200, "the owner signs in elsewhere at once"
    assert ada.is_in(), "and stays in where they are"
    refused = ada.logs_in()
    assert (refused.status_code, code(refused)) == (429, "THROTTLED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    forgotten(wired)
    assert ada.logs_in().status_code == 200, "and from the same place after the wait"
    for _ in range(5):
        assert ada.logs_in(password="wrong").status_code == 401, "a right one begins the count anew"


def test_five_are_free_and_then_the_wait_doubles(wired: System, ada: Visitor) -> None:
    waits = []
    for attempt in range(18):
        answer = ada.logs_in(password="wrong")
        assert answer.status_code == 401, attempt
        blocked = ada.logs_in()
        if attempt < 4:
            assert blocked.status_code == 200
            with connect(wired.url, OWNER) as owner:  # which was right, and is not counted
                owner.execute("DELETE FROM umt.sign_in_attempt")
                for _ in range(attempt + 1):
                    assert ada.logs_in(password="wrong").status_code == 401
            continue
        waits.append(int(blocked.headers["Retry-After"]))
        forgotten(wired)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_an_unknown_address_is_answered_alike(
    wired: System, ada: Visitor, url: str, passwords: CountedPasswords
) -> None:
    with Visitor(url) as nobody:
        told = []
        for visitor in (ada, nobody):
            before = passwords.verified
            answers = [visitor.logs_in(password="wrong") for _ in range(8)]
            bodies = [_without_seconds(answer) for answer in answers]
            told.append((passwords.verified - before, [answer.status_code for answer in answers], bodies))
        assert told[0] == told[1]
        assert told[0][0] == 5


def test_many_places_are_bounded_but_not_the_owner(wired: System, ada: Visitor) -> None:
    """A hundred wrong passwords an hour from places where the account never was; then strangers wait, its owner does not."""
    refused = 0
    for number in range(104):
        with ada.elsewhere(f"203.0.{number}.1") as stranger:
            refused += stranger.logs_in(password="wrong").status_code == 429
    assert refused >= 1
    with ada.elsewhere("203.0.200.1") as stranger:
        assert stranger.logs_in().status_code == 429
    assert ada.logs_in().status_code == 200


def test_one_customer_of_ipv6_is_one_place(ada: Visitor) -> None:
    answers = []
    for number in range(8):
        with ada.elsewhere(f"2001:db8:7::{number:x}") as guest:
            answers.append(guest.logs_in(password="wrong").status_code)
    assert answers == [401] * 5 + [429] * 3


def test_one_place_is_bounded_over_all_addresses(url: str) -> None:
    """Trying one password on many accounts."""
    answers = []
    for _ in range(102):
        with Visitor(url, address="203.0.113.77") as sprayer:
            answers.append(sprayer.logs_in(password="wrong").status_code)
    assert answers[:100] == [401] * 100
    assert 429 in answers[100:]


def test_a_success_is_no_failure(url: str) -> None:
    """An office behind one address signs in all day."""
    with Visitor(url, address="203.0.113.99") as office:
        office.registers()
        assert {office.logs_in().status_code for _ in range(20)} == {200}
    with Visitor(url, address="203.0.113.99") as colleague:
        assert colleague.registers().status_code == 201


def test_many_at_once_do_not_slip_through(ada: Visitor, passwords: CountedPasswords) -> None:
    before = passwords.verified
    answers = asyncio.run(_guesses(ada, 40, at_once=40))
    assert passwords.verified - before == answers[401] <= 7


def test_registering_is_no_way_round(url: str) -> None:
    """Who knows an idempotency key could try passwords by registering again."""
    with Visitor(url) as eva:
        eva.registers(idempotencyKey="known")
        right, codes = eva.password, []
        for number in range(7):
            eva.password = f"wrong password {number}"
            codes.append(code(eva.registers(idempotencyKey="known")))
        assert codes == ["UNAUTHENTICATED"] * 5 + ["THROTTLED"] * 2
        eva.password = right


def test_changing_the_password_is_no_way_round(wired: System, ada: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {ada.session['token']}"}
    answers = [ada.posts("password", bearer, current="wrong", new="another password") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert ada.is_in()


def test_attempts_are_kept_as_keyed_hashes_only(wired: System, ada: Visitor) -> None:
    with connect(wired.url, OWNER) as owner:
        owner.execute("DELETE FROM umt.sign_in_attempt")
        ada.logs_in(password="wrong")
        rows = owner.execute("SELECT subject FROM umt.sign_in_attempt").fetchall()
    assert len(rows) == 2, "no third for the address itself: the owner is known here"
    assert all(len(row[0]) == 32 for row in rows)


def _without_seconds(answer: httpx.Response) -> object:
    body: dict[str, object] = answer.json()
    body.pop("retryAfter", None)
    return body


async def _guesses(visitor: Visitor, number: int, at_once: int = 20) -> Counter[int]:
    turn = asyncio.Semaphore(at_once)
    headers = {"X-Forwarded-For": visitor.http.headers["X-Forwarded-For"]}
    async with httpx.AsyncClient(base_url=visitor.http.base_url, timeout=60, headers=headers) as http:

        async def guess(which: int) -> int:
            async with turn:
                given = {"email": visitor.email, "password": f"guess {which}"}
                return (await http.post("/api/v1/auth/login", json=given)).status_code

        return Counter(await asyncio.gather(*(guess(which) for which in range(number))))
