"""The documents of docs/queries: each is answered, and is taken by the compilers that frontend teams build with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import DocumentNode, OperationDefinitionNode, OperationType, concat_ast, parse
from graphql.language import print_ast
from graphql.utilities import separate_operations
from tests.conformance.graphql.conftest import Served
from tests.conformance.graphql.node import HERE, MODULES, QUERIES, ROOT, SCHEMA, run
from tests.integration.api.following import Socket
from tests.integration.api.inputs import Ids


def documents() -> dict[str, DocumentNode]:
    """Each operation with the fragments it needs, by its name."""
    return separate_operations(concat_ast([parse(file.read_text()) for file in sorted(QUERIES.glob("*.graphql"))]))


DOCUMENTS: Final = documents()


def kind(name: str) -> OperationType:
    nodes = DOCUMENTS[name].definitions
    return next(node.operation for node in nodes if isinstance(node, OperationDefinitionNode))


def variables(name: str, ids: Ids, position: str) -> dict[str, Any]:
    """What a screen would send."""
    about = {
        "CampaignPageQuery": "campaign",
        "CampaignThenQuery": "campaign",
        "CampaignEventsSubscription": "campaign",
        "BrandPageQuery": "brand",
        "ContentPageQuery": "content",
        "AgentRunPageQuery": "run",
        "RecommendationQuery": "recommendation",
    }
    subject = {"id": ids[about[name]]} if name in about else {}
    more: dict[str, dict[str, Any]] = {
        "DashboardQuery": {"atLeast": position},
        "CampaignListQuery": {
            "filter": {"statuses": ["DRAFT", "LIVE"], "nameContains": "summ", "brands": [ids["brand"]]},
            "orderBy": {"field": "TOTAL_BUDGET", "direction": "DESC"},
        },
        "CampaignPageQuery": {"since": "2026-01-01", "until": "2026-02-28", "atLeast": position},
        "CampaignThenQuery": {"asOf": {"version": 1}},
        "ReviseCampaignMutation": {
            "input": {"campaign": ids["campaign"], "name": "Autumn"},
            "key": "form-1",
            "version": 1,
        },
        "ContentListQuery": {
            "filter": {"titleContains": "trail", "formats": ["BLOG_POST"]},
            "orderBy": {"field": "TITLE", "direction": "ASC"},
        },
        "CalendarQuery": {"since": "2026-01-01", "until": "2026-12-31"},
        "ApproveContentMutation": {"input": {"content": ids["content"]}, "key": "form-2"},
        "AcceptRecommendationMutation": {"input": {"recommendation": ids["recommendation"]}},
        "RejectRecommendationMutation": {"input": {"recommendation": ids["recommendation"], "reason": "No."}},
        "AgentPolicyQuery": {"campaign": ids["campaign"]},
        "AgentsQuery": {"runs": {"subjects": [ids["campaign"]]}},
        "CampaignsChangedSubscription": {"filter": {"statuses": ["DRAFT"]}, "atLeast": position},
        "DashboardChangedSubscription": {"atLeast": position},
    }
    return subject | more.get(name, {})


def shows(part: Any) -> bool:
    """Whether there is something in a part of the answer; a page may be empty."""
    return bool(part.get("nodes", part.get("edges", part)) if isinstance(part, dict) else part)


def outcomes(answer: Any) -> Iterator[Any]:
    """The refusals that a mutation's payload tells."""
    for payload in answer.values():
        yield from payload.get("errors") or ()


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if kind(n) is OperationType.QUERY])
def test_a_screen_is_filled_without_an_error(served: Served, name: str) -> None:
    given = variables(name, served.ids, served.position)
    answer = served.owner.asks(print_ast(DOCUMENTS[name]), **given)
    assert None not in answer.values()
    assert any(map(shows, answer.values())), "the screen shows nothing"


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if kind(n) is OperationType.MUTATION])
def test_a_form_hears_in_its_payload_why_it_is_refused(served: Served, name: str) -> None:
    answer = served.owner.asks(print_ast(DOCUMENTS[name]), **variables(name, served.ids, served.position))
    assert {refused["code"] for refused in outcomes(answer)} <= {"CONFLICT", "WRONG_STATUS", "NOT_READY"}
    assert list(outcomes(answer))


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if kind(n) is OperationType.SUBSCRIPTION])
def test_a_screen_that_follows_has_its_first_answer(served: Served, name: str) -> None:
    with Socket.of(served.owner) as socket:
        socket.subscribes(print_ast(DOCUMENTS[name]), **variables(name, served.ids, served.position))
        (answer,) = socket.next().values()
    assert answer["position"]


def test_each_says_what_it_is_for_and_the_documentation_leads_to_it() -> None:
    guide = (ROOT / "docs" / "api.md").read_text()
    for file in QUERIES.glob("*.graphql"):
        assert file.read_text().startswith("# "), file.name
        assert f"(queries/{file.name})" in guide


@pytest.mark.usefixtures("node")
def test_relay_compiler_takes_them(tmp_path: Path) -> None:
    source = tmp_path / "src"
    assert run(HERE / "modules.mjs", QUERIES, source).returncode == 0
    (tmp_path / "schema.graphql").write_text(SCHEMA.read_text())
    texts = ("Color", "Currency", "Date", "DateTime", "Decimal", "TimeZone", "URL")
    scalars = {"Long": "number"} | dict.fromkeys(texts, "string")
    config = {
        "src": "src",
        "language": "typescript",
        "schema": "schema.graphql",
        "artifactDirectory": "src/__generated__",
        "customScalarTypes": scalars,
    }
    (tmp_path / "relay.config.json").write_text(json.dumps(config))
    done = run(MODULES / "relay-compiler" / "cli.js", "relay.config.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = {file.name.removesuffix(".graphql.ts") for file in (source / "__generated__").iterdir()}
    assert compiled >= set(DOCUMENTS)


def test_the_typed_client_has_each_of_them_and_compiles(client: Path) -> None:
    made = (client / "graphql.ts").read_text()
    assert [name for name in DOCUMENTS if f"export const {name}Document = " not in made] == []
    for name in ("client.ts", "tsconfig.json"):
        (client.parent / name).write_text((HERE / name).read_text())
    (client.parent / "node_modules").symlink_to(MODULES)
    done = run(MODULES / "typescript" / "bin" / "tsc", "--project", "tsconfig.json", cwd=client.parent)
    assert done.returncode == 0, done.stdout + done.stderr
