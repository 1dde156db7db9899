"""Access tokens: what is ours and in time is read, and nothing else, whatever its bytes."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import OKPKey

from umt.adapters.tokens import SignedTokens
from umt.application.identity import AccessClaims

NOW = 1_800_000_000.0
CLAIMS = AccessClaims(UUID(int=1), UUID(int=2), UUID(int=3))
SAID = {
    "iss": "umt",
    "sub": str(CLAIMS.user),
    "ws": str(CLAIMS.workspace),
    "sid": str(CLAIMS.session),
    "iat": int(NOW),
    "exp": int(NOW) + 900,
    "jti": "1",
}
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "ours"}


class Keys:
    """The signing keys of a test: one signs, those given by name are published."""

    def __init__(self, **keys: OKPKey) -> None:
        self.keys = keys

    def signing(self) -> OKPKey:
        return self.keys["ours"]

    def verifying(self, kid: str) -> OKPKey | None:
        return self.keys.get(kid)

    def published(self) -> Sequence[Any]:
        return []


def key(kid: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig", "alg": "Ed25519"})


OURS, OTHER = key("ours"), key("other")


def tokens(now: float = NOW, issuer: str = "umt", lifetime: float = 900) -> SignedTokens:
    return SignedTokens(Keys(ours=OURS), issuer, lifetime, lambda: now)


def signed(header: dict[str, Any] | None = None, by: OKPKey = OURS, **said: Any) -> str:
    claims = {name: value for name, value in {**SAID, **said}.items() if value is not None}
    given = {name: value for name, value in {**HEADER, **(header or {})}.items() if value is not None}
    return jws.serialize_compact(given, json.dumps(claims), by, algorithms=["Ed25519"])


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (json.dumps(header).encode(), json.dumps(SAID).encode(), signature)
    )


def hashed_with(secret: bytes) -> str:
    """As HS256, with our public key as the secret."""
    content = unsigned({**HEADER, "alg": "HS256"}).rpartition(".")[0]
    digest = hmac.digest(secret, content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def spelled_otherwise(algorithm: str) -> str:
    """Signed by our key, under another name of its algorithm."""
    content = unsigned({**HEADER, "alg": algorithm}).rpartition(".")[0]
    private: Any = OURS.get_op_key("sign")
    return f"{content}.{base64.urlsafe_b64encode(private.sign(content.encode())).decode().rstrip('=')}"


def test_what_was_issued_is_read_until_it_expires() -> None:
    token, until = tokens().issue(CLAIMS)
    assert until.timestamp() == NOW + 900
    assert tokens().read(token.reveal()) == CLAIMS
    assert tokens(NOW + 899).read(token.reveal()) == CLAIMS
    assert tokens(NOW - 4).read(token.reveal()) == CLAIMS, "clocks may be a few seconds apart"
    assert tokens(NOW + 910).read(token.reveal()) is None
    assert tokens(NOW - 10).read(token.reveal()) is None


def test_the_header_and_claims_are_as_published() -> None:
    decoded = jwt.decode(tokens().issue(CLAIMS)[0].reveal(), OURS, algorithms=["Ed25519"])
    assert decoded.header == HEADER
    assert set(decoded.claims) == {"iss", "sub", "ws", "sid", "iat", "exp", "jti"}
    assert signed() != ""
    assert tokens().read(signed()) == CLAIMS


@pytest.mark.parametrize("name", SAID)
def test_every_claim_is_needed(name: str) -> None:
    left: dict[str, Any] = {name: None}
    assert tokens().read(signed(**left)) is None


@pytest.mark.parametrize(
    "said",
    [
        {"iss": "another"},
        {"iss": ["umt"]},
        {"exp": str(int(NOW) + 900)},
        {"exp": True},
        {"exp": 1e400},
        {"exp": NOW + 0.5},
        {"iat": int(NOW) + 60},
        {"sub": "somebody"},
        {"ws": 2},
        {"sid": ""},
    ],
)
def test_a_claim_of_another_value_or_kind_is_refused(said: dict[str, Any]) -> None:
    assert tokens().read(signed(**said)) is None


@pytest.mark.parametrize(
    "header",
    [
        {"kid": None},
        {"kid": "unknown"},
        {"kid": "other"},
        {"kid": "../../etc/passwd"},
        {"typ": "JWT"},
        {"typ": None},
        {"jku": "https://example.com/keys"},
        {"jwk": OTHER.as_dict(private=False)},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
    ],
)
def test_a_header_that_is_not_ours_is_refused(header: dict[str, Any]) -> None:
    try:
        token = signed(header)
    except Exception:
        token = unsigned({**HEADER, **header}, b"x" * 64)
    assert tokens().read(token) is None


def test_another_key_or_algorithm_is_refused() -> None:
    public = OURS.as_dict(private=False)["x"]
    assert isinstance(public, str)
    secrets = [public.encode(), base64.urlsafe_b64decode(public + "="), OURS.as_pem(private=False)]
    forged = [hashed_with(secret) for secret in secrets]
    forged += [
        signed(by=OTHER),
        unsigned({**HEADER, "alg": "none"}),
        unsigned({**HEADER, "alg": "None"}, b"x"),
        spelled_otherwise("EdDSA"),
        spelled_otherwise("ed25519"),
        unsigned({**HEADER, "alg": ["Ed25519"]}, b"x" * 64),
        unsigned({**HEADER, "kid": {"a": 1}}, b"x" * 64),
    ]
    assert [tokens().read(token) for token in forged] == [None] * len(forged)


def test_one_that_changes_a_single_letter_is_refused() -> None:
    """Also one that changes only bits that no byte is made of: a token has one spelling."""
    token = tokens().issue(CLAIMS)[0].reveal()
    for place, letter in enumerate(token):
        if letter == ".":
            continue
        for other in ("A" if letter != "A" else "B", chr(ord(letter) ^ 1)):
            assert tokens().read(token[:place] + other + token[place + 1 :]) is None, place
    for other in (token + "=", token + " ", " " + token, token + "\n", token[:-1], token + ".", token.upper()):
        assert tokens().read(other) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "é.é.é",
        "\ud800.a.b",
        "x" * 10_000,
        "x." * 5_000,
        f"{'e' * 9_000}.e.e",
        unsigned({"a": [[[[[[[[]]]]]]]]}),
        ".".join([base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("="), "e30", "AA"]),
        ".".join([base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("="), "e30", "AA"]),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert tokens().read(token) is None


@given(
    st.one_of(
        st.text(), st.lists(st.from_regex(r"[A-Za-z0-9_-]{0,80}", fullmatch=True), min_size=3, max_size=3).map(".".join)
    )
)
def test_nothing_fails_whatever_is_given(token: str) -> None:
    assert tokens().read(token) is None


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists)))
def test_nothing_fails_whatever_was_signed(said: dict[str, Any]) -> None:
    token = jws.serialize_compact(HEADER, json.dumps(said), OURS, algorithms=["Ed25519"])
    assert tokens().read(token) is None


@pytest.mark.parametrize("payload", ["null", "[]", '"x"', "1", "nonsense", "{", "[" * 2000, '{"exp": 1e999}'])
def test_a_payload_that_is_no_object_is_refused(payload: str) -> None:
    assert tokens().read(jws.serialize_compact(HEADER, payload, OURS, algorithms=["Ed25519"])) is None


def test_a_failure_to_look_a_key_up_is_not_hidden() -> None:
    """Of a database that is away the caller is told, instead of being signed out."""

    class Away(Exception):
        pass

    def fails(_: str) -> OKPKey | None:
        raise Away

    keys: Any = Keys(ours=OURS)
    found: Callable[[str], OKPKey | None] = fails
    keys.verifying = found
    with pytest.raises(Away):
        SignedTokens(keys, "umt", 900, lambda: NOW).read(signed())
