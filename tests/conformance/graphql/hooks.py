"""How schemathesis asks the GraphQL side; loaded by its own program, in its own environment.

- Each case goes out as the owner of a workspace. After one that may have ended the session, they sign in anew.
- In three of four cases a thing that is named is one that there is, unless it would be archived; keys are fresh ones, and
  neither a position nor a version is asked for: else most answers would be that these are none.
- Each case comes from another address, as a trusted proxy tells it, so that guessing passwords slows nothing else.
- A fault of ours has status 200 like everything that was executed, so it is looked for among the errors.
"""
# mypy: ignore-errors

from __future__ import annotations

import itertools
import json
import os
import re

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

SERVER = os.environ["SERVED_AT"]
ACCOUNT = json.loads(os.environ["ACCOUNT"])
IDS = json.loads(os.environ["IDS"])
THING = "|".join(IDS)
VALUE = r'("(?:[^"\\]|\\.)*"|-?\d+)'
NAMED = re.compile(rf"\b({THING})(: |\(id: ){VALUE}")
KEY = re.compile(rf"\bidempotencyKey: {VALUE}")
KNOWN = re.compile(rf"\b(atLeast|expectedVersion): {VALUE}")
ENDING = re.compile(r"\b(logout|endSession|changePassword|refresh|eraseSubject)\b")
FAULTS = {"INTERNAL", "UNAVAILABLE"}
SCALARS = {
    "Color": st.from_regex(r"#[0-9A-F]{6}", fullmatch=True).map(nodes.String),
    "Currency": st.sampled_from(["EUR", "USD", "JPY"]).map(nodes.String),
    "TimeZone": st.sampled_from(["Europe/Vienna", "UTC"]).map(nodes.String),
    "URL": st.sampled_from(["https://example.com", "https://example.com/a?b=c"]).map(nodes.String),
    "Date": st.dates().map(lambda day: nodes.String(day.isoformat())),
    "DateTime": st.datetimes().map(lambda time: nodes.String(f"{time.isoformat()}Z")),
    "Decimal": st.decimals(0, 10**9, places=2).map(lambda amount: nodes.String(f"{amount:f}")),
    "Long": st.integers(0, 2**53 - 1).map(nodes.Int),
}
_addresses = itertools.count(1)
_cases = itertools.count(1)
_token: str | None = None

for name, values in SCALARS.items():
    schemathesis.graphql.scalar(name, values)


@schemathesis.hook
def before_call(context, case, kwargs):
    global _token
    _token = _token or _signed_in()
    case.headers = {**(case.headers or {}), "X-Forwarded-For": _address(), "Authorization": f"Bearer {_token}"}
    number = next(_cases)
    if number % 4 and isinstance(case.body, str):
        case.body = KNOWN.sub(r"\1: null", KEY.sub(f'idempotencyKey: "case {number}"', case.body))
        if "archive" not in case.body:
            case.body = NAMED.sub(lambda found: f'{found[1]}{found[2]}"{IDS[found[1]]}"', case.body)


@schemathesis.hook
def after_call(context, case, response):
    global _token
    if ENDING.search(str(case.body)):
        _token = None


@schemathesis.check
def is_no_fault(context, response, case):
    errors = response.json().get("errors", ()) if response.status_code < 500 else ()
    if response.status_code >= 500 or FAULTS & {error["extensions"]["code"] for error in errors}:
        raise AssertionError(f"a fault of ours: {response.text}")


def _signed_in() -> str:
    answer = requests.post(
        f"{SERVER}/api/v1/auth/login", json=ACCOUNT, headers={"X-Forwarded-For": _address()}, timeout=30
    )
    answer.raise_for_status()
    return answer.json()["token"]


def _address() -> str:
    number = next(_addresses)
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"  # each a network of its own
