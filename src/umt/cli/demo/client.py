"""A GraphQL client as a frontend has one: tokens that it refreshes, idempotency keys, patience with a server that restarts."""

from __future__ import annotations

import time
from typing import Any

import httpx

_PATIENCE_SECONDS = 180


class DemoError(Exception):
    """The story cannot go on; the message says why."""


class Client:
    """Speaks to one server. Every mutation has an idempotency key made of the story and the step, so that a request
    whose answer was lost is simply sent again."""

    def __init__(self, url: str, story: str) -> None:
        self.url, self._story = url.rstrip("/"), story
        self._http = httpx.Client(timeout=30)
        self._session: dict[str, Any] = {}
        self._account: dict[str, str] = {}
        self.position: str | None = None
        self.pace = 0.0
        """Seconds between two requests that the server has for us in the long run."""

    def close(self) -> None:
        self._http.close()

    def sign_in(self, session: dict[str, Any], email: str, password: str) -> None:
        """Go on with a session's tokens; with the account when they do not open any more."""
        self._session, self._account = session, {"email": email, "password": password}

    def key(self, step: str) -> str:
        return f"demo-{self._story}-{step}"

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a document; errors that pass are waited out, and an access token that has expired is replaced."""
        answer = self._asked(document, variables)
        if "UNAUTHENTICATED" in _codes(answer) and self._account:
            self._stay_signed_in()
            answer = self._asked(document, variables)
        if answer.get("errors"):
            error = answer["errors"][0]
            raise DemoError(f"the server answered {error.get('extensions', {}).get('code')}: {error['message']}")
        return dict(answer["data"])

    def _asked(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._session['token']}"} if self._session else {}
        body = {"query": document, "variables": variables}
        return self._patiently("POST", f"{self.url}/graphql", json=body, headers=headers)

    def _stay_signed_in(self) -> None:
        """By the refresh token; if its last answer was lost, it is used up, and the password is needed again."""
        auth = f"{self.url}/api/v1/auth"
        answer = self.post(f"{auth}/refresh", {"refreshToken": self._session["refreshToken"]})
        if "token" not in answer:
            answer = self.post(f"{auth}/login", self._account)
        if "token" not in answer:
            raise DemoError(f"the server does not let the demo's user in again: {answer['detail']}")
        self._session = answer

    def mutate(self, name: str, input_type: str, fields: str, step: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation, e.g. ``mutate("createBrand", "CreateBrandInput", "brand { id }", "brand", …)``."""
        document = (
            f"mutation($input: {input_type}!, $key: String) {{"
            f" {name}(input: $input, idempotencyKey: $key) {{ {fields} position }} }}"
        )
        payload: dict[str, Any] = self.query(document, input=given, key=self.key(step))[name]
        self.position = payload["position"]
        return payload

    def get(self, path: str) -> dict[str, Any]:
        return self._patiently("GET", path if path.startswith("http") else f"{self.url}{path}")

    def post(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._patiently("POST", url, json=body)

    def _patiently(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        deadline, wait = time.monotonic() + _PATIENCE_SECONDS, 0.1
        while True:
            try:
                response = self._http.request(method, url, **request)
                if limit := response.headers.get("RateLimit-Limit"):
                    self.pace = 60 / int(limit)
                if response.status_code == 429:
                    # Told when to come back: that is no failure, however long it takes.
                    seconds = float(response.headers.get("Retry-After", 1))
                    time.sleep(seconds)
                    deadline += seconds
                    continue
                answer = response.json()
                if seconds := _throttled(answer):
                    time.sleep(seconds)
                    deadline += seconds
                    continue
                if response.status_code < 500 and not _passing(answer):
                    return dict(answer) if isinstance(answer, dict) else {"list": answer}
                reason = f"HTTP {response.status_code}"
            except (httpx.TransportError, ValueError) as error:
                reason = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise DemoError(f"{url} did not answer for {_PATIENCE_SECONDS} s: {reason}")
            time.sleep(wait)
            wait = min(wait * 1.5, 2)


def _passing(answer: Any) -> bool:
    return not {"UNAVAILABLE", "STALE_READ"}.isdisjoint(_codes(answer))


def _throttled(answer: Any) -> float:
    """Seconds to wait if a field was refused for there being too many requests."""
    return max((float(details["retryAfter"]) for details in _details(answer) if "retryAfter" in details), default=0)


def _codes(answer: Any) -> set[str]:
    return {details["code"] for details in _details(answer) if "code" in details}


def _details(answer: Any) -> list[dict[str, Any]]:
    """What is said of each error: in GraphQL's form by ``extensions``, else by the problem itself (RFC 9457)."""
    if not isinstance(answer, dict):
        return []
    if "title" in answer and "code" in answer:
        return [answer]
    return [error.get("extensions", {}) for error in answer.get("errors") or ()]
