"""A GraphQL client as a frontend has one: bearer token, idempotency keys, patience with a server that restarts."""

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
        self._token: str | None = None
        self.position: str | None = None

    def close(self) -> None:
        self._http.close()

    def sign_in(self, token: str) -> None:
        self._token = token

    def key(self, step: str) -> str:
        return f"demo-{self._story}-{step}"

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a document; errors that pass are waited out."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = {"query": document, "variables": variables}
        answer = self._patiently("POST", f"{self.url}/graphql", json=body, headers=headers)
        if answer.get("errors"):
            error = answer["errors"][0]
            raise DemoError(f"the server answered {error.get('extensions', {}).get('code')}: {error['message']}")
        return dict(answer["data"])

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
                answer = response.json()
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
    codes = (
        [e.get("extensions", {}).get("code") for e in answer.get("errors") or ()] if isinstance(answer, dict) else []
    )
    return any(code in ("UNAVAILABLE", "STALE_READ") for code in codes)
