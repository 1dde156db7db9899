"""Somebody who works by REST alone, as the owner of a workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from tests.integration.api.client import Caller
from tests.integration.api.routes import PLAN

from umt.application.transaction import Context, Transaction
from umt.bootstrap import System
from umt.domain.event import Aggregate, Event
from umt.domain.recorded import Actor, ActorKind

CAMPAIGNS = "/api/v1/campaigns"


class Marketer:
    """A caller with a brand, who makes campaigns and is told of them."""

    def __init__(self, caller: Caller, wired: System) -> None:
        self.http, self.workspace, self.brand = caller.http, caller.workspace, caller.brand()
        self.caller, self._wired = caller, wired

    def sets_up(self, key: str | None = None, **given: Any) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(CAMPAIGNS, json={"brand": self.brand, **PLAN, **given}, headers=headers)

    def campaign(self, **given: Any) -> str:
        """The address of a new campaign."""
        made = self.sets_up(**given)
        assert made.status_code == 201, made.text
        return made.headers["location"]

    def has(self, *events: Event, kind: type[Aggregate], stream: UUID) -> None:
        """Something that happened in the workspace, as an agent observed it."""
        context = Context(workspace=self.workspace, actor=Actor(ActorKind.AGENT, "content-ads"))

        def work(tx: Transaction) -> None:
            tx.record(kind, stream, *events)

        self._wired.writer.run(context, work).result()

    def sees(self, address: str, **asked: Any) -> Any:
        """What is there by now: all that was changed until this moment is in it."""
        position = self.caller.asks("{ agentActivity { position } }")["agentActivity"]["position"]
        answer = self.http.get(address, params={"atLeast": position, **asked})
        assert answer.status_code == 200, answer.text
        return answer.json()


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem that was answered (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert {"type", "title", "detail", "code"} <= told.keys()
    return told
