"""GraphQL over HTTP, WebSocket and server-sent events, as the protocols' own programs find them."""

from __future__ import annotations

from typing import Final

import pytest
from tests.conformance.graphql.conftest import Served
from tests.conformance.graphql.node import told

AUDITS: Final = 61

pytestmark = pytest.mark.usefixtures("node")


def test_each_audit_of_graphql_over_http_passes(served: Served) -> None:
    audits = told("audits.mjs", served.graphql)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == AUDITS


@pytest.mark.parametrize("program", ["websocket.mjs", "sse.mjs"])
def test_a_client_follows_goes_on_from_a_position_and_hears_of_an_error(served: Served, program: str) -> None:
    heard = told(program, served.graphql, served.token, served.ids["campaign"])
    seen = [answer["data"]["campaignEvents"] for answer in heard["seen"]]
    assert [event["entry"]["version"] for event in seen] == [1, 2, 3]
    assert [event["campaign"]["name"] for event in seen] == ["Spring", "Spring", "Summer"]
    assert [answer["data"]["campaignEvents"] for answer in heard["resumed"]] == seen[1:]
    assert [answer["data"] for answer in heard["query"]] == [{"me": {"role": "OWNER"}}]
    assert [error["extensions"]["code"] for error in heard["refused"]] == ["BAD_USER_INPUT"]
