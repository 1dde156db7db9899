"""Keys that access tokens are signed with: no valid token is ever refused because they change."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.integration.keys.kit import rotate, rotate_signing

from umt.adapters import signing
from umt.adapters.postgres.database import APP, OWNER, connect
from umt.adapters.signing import SigningKeyRing
from umt.adapters.vault import VaultError
from umt.application.signing import SigningKeys
from umt.bootstrap import System, system
from umt.settings import Settings

HOUR = timedelta(hours=1)


@pytest.fixture
def wired(installation: Settings) -> Iterator[System]:
    with system(installation) as made:
        yield made


def ring(wired: System, tokens_live: timedelta = timedelta(minutes=15)) -> SigningKeyRing:
    """The keys as another process has them."""
    return SigningKeyRing(partial(connect, wired.url, APP), wired.writer._desk.vault, tokens_live)


def token(keys: SigningKeys) -> str:
    key = keys.signing()
    return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid}, {"sub": "ada"}, key, ["Ed25519"])


def accepted(text: str, keys: SigningKeys) -> bool:
    """Whether a process with these keys accepts the token."""
    kid = jwt.decode(text, lambda obj: known(keys, obj.headers()["kid"]), ["Ed25519"]).header["kid"]
    return keys.verifying(kid) is not None


def known(keys: SigningKeys, kid: str) -> OKPKey:
    key = keys.verifying(kid)
    assert key is not None, f"the key {kid} is not known"
    assert not key.is_private
    return key


def test_many_processes_that_start_at_once_make_one_key(wired: System) -> None:
    wired.signing_keys.signing()
    with connect(wired.url, OWNER) as owner:
        owner.execute("DELETE FROM umt.signing_key")
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: ring(wired), range(8)))
    try:
        assert len({keys.signing().kid for keys in rings}) == 1
        assert {len(keys.published()) for keys in rings} == {1}
    finally:
        for keys in rings:
            keys.close()


def test_no_token_is_refused_while_keys_change(
    wired: System, installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "LEAD", timedelta(seconds=1.5))
    monkeypatch.setattr(signing, "_FRESH_SECONDS", 0.5)
    stop, made, failures = threading.Event(), [0, 0, 0], list[BaseException]()
    rings = [ring(wired) for _ in range(3)]

    def work(number: int) -> None:
        try:
            while not stop.is_set():
                text = token(rings[number])
                assert all(accepted(text, keys) for keys in rings)
                made[number] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    before = rings[0].signing().kid
    for _ in range(3):
        kid = rotate_signing(installation)
        rotate(installation)
        time.sleep(0.4)
    deadline = time.monotonic() + 30
    while any(keys.signing().kid != kid for keys in rings) and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert min(made) > 20
    assert {keys.signing().kid for keys in rings} == {kid}
    assert all(keys.verifying(str(before)) for keys in rings)
    for keys in rings:
        keys.close()


def test_a_new_key_is_published_before_it_signs(wired: System, installation: Settings) -> None:
    before = wired.signing_keys.signing().kid
    kid = rotate_signing(installation)
    with closing(ring(wired)) as fresh:
        assert [key["kid"] for key in fresh.published()] == [before, kid]
        assert fresh.signing().kid == before
        with connect(wired.url, OWNER) as owner:
            owner.execute("UPDATE umt.signing_key SET signs_from = now() WHERE kid = %s", (kid,))
    with closing(ring(wired)) as later:
        assert later.signing().kid == kid


def test_a_key_that_has_retired_is_published_until_its_last_token_has_expired(
    wired: System, installation: Settings
) -> None:
    with closing(ring(wired, HOUR)) as patient:  # whose tokens live longer than this process's
        text, old = token(patient), patient.signing().kid
    new = rotate_signing(installation)
    retire = "UPDATE umt.signing_key SET retires_at = now() - %s WHERE kid = %s"
    start = "UPDATE umt.signing_key SET signs_from = now() - interval '1 day' WHERE kid = %s"
    with connect(wired.url, OWNER) as owner:
        owner.execute(start, (new,))
        owner.execute(retire, (HOUR, old))
        with closing(ring(wired)) as keys:
            assert accepted(text, keys)
        owner.execute(retire, (HOUR + timedelta(minutes=2), old))
        with closing(ring(wired)) as keys:
            assert keys.verifying(str(old)) is None
            assert [key["kid"] for key in keys.published()] == [new]
        owner.execute(retire, (HOUR + timedelta(minutes=6), old))
        ring(wired).close()
        assert owner.execute("SELECT kid FROM umt.signing_key").fetchall() == [(new,)]


def test_a_key_whose_row_is_deleted_is_refused_and_the_next_one_signs(wired: System, installation: Settings) -> None:
    with closing(ring(wired)) as keys:
        text, leaked = token(keys), keys.signing().kid
    kid = rotate_signing(installation)
    with connect(wired.url, OWNER) as owner:
        owner.execute("DELETE FROM umt.signing_key WHERE kid = %s", (leaked,))
    with closing(ring(wired)) as keys:
        assert keys.verifying(str(leaked)) is None
        assert keys.signing().kid == kid
        assert accepted(token(keys), keys)
        with pytest.raises(AssertionError, match="is not known"):
            accepted(text, keys)


def test_unknown_key_ids_ask_the_database_once_a_second_at_most(wired: System) -> None:
    asked = 0

    def counted() -> psycopg.Connection[tuple[object, ...]]:
        nonlocal asked
        asked += 1
        return psycopg.connect(wired.url, autocommit=True, options="-c role=umt_app")

    keys = SigningKeyRing(counted, wired.writer._desk.vault, HOUR)
    look = keys._look

    def looked(before: object) -> object:
        nonlocal asked
        asked += 1
        return look(before)  # type: ignore[arg-type]

    keys._look = looked  # type: ignore[method-assign,assignment]
    begun, asked = time.monotonic(), 0
    for number in range(2000):
        assert keys.verifying(f"made up {number}") is None
    assert asked <= time.monotonic() - begun + 1
    keys.close()


def test_a_key_that_is_put_in_anothers_place_is_refused(wired: System, installation: Settings) -> None:
    rotate_signing(installation)
    with connect(wired.url, OWNER) as owner:
        owner.execute("UPDATE umt.signing_key SET sealed = (SELECT max(sealed) FROM umt.signing_key)")
    with pytest.raises(VaultError, match="signing/"):
        ring(wired)


def test_while_the_database_is_away_tokens_are_signed_and_verified(
    wired: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ring(wired)
    text = token(keys)
    monkeypatch.setattr(signing, "_FRESH_SECONDS", 0.0)

    def gone() -> psycopg.Connection[tuple[object, ...]]:
        raise psycopg.OperationalError("gone")

    keys.close()
    keys._connect = gone
    assert accepted(text, keys)
    assert accepted(token(keys), keys)
