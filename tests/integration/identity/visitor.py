"""Somebody who signs in over HTTP, and what auditors are told of it."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from umt.adapters.postgres.database import OWNER, connect
from umt.bootstrap import System

PASSWORD = "correct horse battery"
ME = "{ me { user { id email } workspace { id } } }"
_PATIENCE_SECONDS = 20


class Visitor:
    """A person with a password, at an address of their own; `session` is what they were answered last."""

    def __init__(self, url: str, email: str | None = None, address: str | None = None) -> None:
        self.email = email or f"{uuid4()}@example.com"
        self.password = PASSWORD
        self.http = httpx.Client(base_url=url, timeout=60)
        self.http.headers["X-Forwarded-For"] = address or f"198.51.{uuid4().bytes[0]}.{uuid4().bytes[0]}"
        self.session: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def elsewhere(self, address: str | None = None) -> Visitor:
        """The same person in another place."""
        other = Visitor(str(self.http.base_url), self.email, address)
        other.password = self.password
        return other

    def posts(self, path: str, headers: dict[str, str] | None = None, **given: Any) -> httpx.Response:
        return self.http.post(f"/api/v1/auth/{path}", json=given, headers=headers)

    def registers(self, **more: Any) -> httpx.Response:
        company: dict[str, Any] = {"name": "Ada", "company": "Alpina"}
        return self._kept(self.posts("register", email=self.email, password=self.password, **company, **more))

    def logs_in(self, **more: Any) -> httpx.Response:
        return self._kept(self.posts("login", **{"email": self.email, "password": self.password, **more}))

    def refreshes(self, token: str | None = None) -> httpx.Response:
        return self._kept(self.posts("refresh", refreshToken=token or self.session["refreshToken"]))

    def asks(self, query: str = ME, token: str | None = None, **more: Any) -> dict[str, Any]:
        """The whole answer to a GraphQL request by bearer token."""
        headers = {"Authorization": f"Bearer {token or self.session['token']}"}
        answer: dict[str, Any] = self.http.post("/graphql", json={"query": query, **more}, headers=headers).json()
        return answer

    def is_in(self, token: str | None = None) -> bool:
        """Whether the access token opens."""
        answer = self.asks(token=token)
        if answer.get("data"):
            return bool(answer["data"]["me"]["workspace"]["id"] == self.session["workspace"])
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
        return False

    @property
    def workspace(self) -> UUID:
        return UUID(self.session["workspace"])

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            self.session = answer.json()
        return answer


def code(answer: httpx.Response) -> str:
    """The code of the error that was answered."""
    told: str = answer.json()["code"]
    return told


def noted(wired: System, workspace: UUID | None, kind: str, at_least: int = 1) -> int:
    """How many security events of a kind a workspace has; waited for, since they are written behind the answer."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with connect(wired.url, OWNER) as owner:
        while True:
            row = owner.execute(
                "SELECT coalesce(sum(count), 0) FROM umt.security_event"
                " WHERE workspace IS NOT DISTINCT FROM %s AND kind = %s",
                (workspace, kind),
            ).fetchone()
            assert row
            if row[0] >= at_least or time.monotonic() > deadline:
                return int(row[0])
            time.sleep(0.05)
