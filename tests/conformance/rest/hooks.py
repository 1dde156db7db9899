"""How schemathesis speaks with our server; loaded by its own program, in its own environment.

- Each case goes out as somebody signed in. After a case that may have ended the session it is looked whether it lives,
  and another takes its place, so that signing out does not make what follows meaningless.
- What a case says of a campaign, a brand, a currency, a version, a position or a session is replaced by what there is,
  unless that very place is meant to be wrong: else every answer would be that there is no such thing. One in four cases
  is left alone.
- Each case comes from another address, as a trusted proxy tells it, so that guessing passwords slows nothing else.
- `default` stands for a fault of ours, and would stand for any status: it is taken out, so each status that is answered
  has to be documented by itself.
"""
# mypy: ignore-errors

from __future__ import annotations

import itertools
import os
import uuid

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

SERVER = os.environ["SERVED_AT"]
PLAN = {
    "name": "Spring",
    "objective": "sales",
    "totalBudget": {"amount": "6000.00", "currency": "EUR"},
    "schedule": {"startsOn": "2027-03-01", "endsOn": "2027-03-31", "timeZone": "Europe/Vienna"},
    "platforms": ["google", "facebook"],
}
REFRESH = "/api/v1/auth/refresh"
BRAND = 'mutation { createBrand(input: {name: "Alpina", industry: {name: "Outdoor"}}) { brand { id } } }'
_addresses = itertools.count(1)
_cases = itertools.count(1)
_token: str | None = None
_is_sure = False
_refresh_token: str | None = None
_brand: str | None = None
_campaign: str | None = None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("default", None)


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """Gives each case the token of a session that lives."""

    def get(self, case, context):
        global _token, _is_sure
        if not _is_sure and (_token is None or not _lives(_token)):
            _token = _signed_in()
        _is_sure = True
        return _token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": _address()}
    if next(_cases) % 4:
        _make_real(case)


@schemathesis.hook
def after_call(context, case, response):
    global _is_sure, _campaign, _refresh_token
    _is_sure = _is_sure and (case.method == "GET" or response.status_code in (400, 404, 405))
    if case.method == "DELETE" and response.status_code == 200:
        _campaign = None
    if case.operation.path == REFRESH and response.status_code == 200:
        _refresh_token = response.json()["refreshToken"] or _refresh_token


def _make_real(case):
    """Replace what is said of the workspace's things by what there is, where nothing is meant to be wrong."""
    global _campaign
    if _token is None:
        return
    if "campaign" in (case.path_parameters or {}) and not _is_wrong_at(case, ParameterLocation.PATH):
        _campaign = _campaign or _made(_token)
        case.path_parameters = {**case.path_parameters, "campaign": _campaign}
    if case.query and not _is_wrong_at(case, ParameterLocation.QUERY):
        case.query = {name: value for name, value in case.query.items() if name not in ("atLeast", "cursor")}
    if case.headers and not _is_wrong_at(case, ParameterLocation.HEADER):
        known = {"If-Match": "*", "If-None-Match": '"v1"'}
        case.headers = {name: known.get(name, value) for name, value in case.headers.items()}
    if case.operation.path == REFRESH and not _is_wrong_at(case, ParameterLocation.BODY):
        case.body = {"refreshToken": _refresh_token}
    elif isinstance(case.body, dict) and not _is_wrong_at(case, ParameterLocation.BODY):
        case.body = _in_euro({**case.body, "brand": _brand} if "brand" in case.body else case.body)


def _is_wrong_at(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)


def _in_euro(value):
    if isinstance(value, list):
        return [_in_euro(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: "EUR" if name == "currency" else _in_euro(each) for name, each in value.items()}


def _made(token: str) -> str:
    """A new campaign of who is signed in."""
    answer = _posted("/api/v1/campaigns", {"brand": _brand, **PLAN}, Authorization=f"Bearer {token}")
    answer.raise_for_status()
    return answer.json()["id"]


def _lives(token: str) -> bool:
    answer = _posted("/graphql", {"query": "{ me { role } }"}, Authorization=f"Bearer {token}")
    return "errors" not in answer.json()


def _signed_in() -> str:
    """The token of a new account, whose password is the one of the examples in the schema. It has a brand."""
    global _brand, _campaign, _refresh_token
    answer = _posted(
        "/api/v1/auth/register",
        {
            "email": f"{uuid.uuid4()}@example.com",
            "password": "correct horse battery",
            "name": "Ada",
            "company": "Alpina",
        },
    )
    answer.raise_for_status()
    token, _refresh_token = answer.json()["token"], answer.json()["refreshToken"]
    made = _posted("/graphql", {"query": BRAND}, Authorization=f"Bearer {token}")
    _brand, _campaign = made.json()["data"]["createBrand"]["brand"]["id"], None
    return token


def _posted(path: str, body: dict[str, str], **headers: str) -> requests.Response:
    return requests.post(f"{SERVER}{path}", json=body, headers={"X-Forwarded-For": _address(), **headers}, timeout=30)


def _address() -> str:
    number = next(_addresses)
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"  # each a network of its own
