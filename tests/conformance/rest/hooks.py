"""How schemathesis speaks with our server; loaded by its own program, in its own environment.

- Each case goes out as somebody signed in. After a case that may have ended the session it is looked whether it lives,
  and another takes its place, so that signing out does not make what follows meaningless.
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

SERVER = os.environ["SERVED_AT"]
_addresses = itertools.count(1)
_token: str | None = None
_is_sure = False


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


@schemathesis.hook
def after_call(context, case, response):
    global _is_sure
    _is_sure = _is_sure and (case.method == "GET" or response.status_code in (400, 404, 405))


def _lives(token: str) -> bool:
    answer = _posted("/graphql", {"query": "{ me { role } }"}, Authorization=f"Bearer {token}")
    return "errors" not in answer.json()


def _signed_in() -> str:
    """The token of a new account, whose password is the one of the examples in the schema."""
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
    return answer.json()["token"]


def _posted(path: str, body: dict[str, str], **headers: str) -> requests.Response:
    return requests.post(f"{SERVER}{path}", json=body, headers={"X-Forwarded-For": _address(), **headers}, timeout=30)


def _address() -> str:
    number = next(_addresses)
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"  # each a network of its own
