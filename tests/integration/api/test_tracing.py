"""One trace leads from a request over its operation to each round trip; nothing is told of fields, nor of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.integration.api.client import Caller

LIST = "query Names($p: String) { campaigns(first: 5, atLeast: $p) { totalCount nodes { name brand { name } totals { spend } history(first: 2) { nodes { text } } } } }"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """What an SDK exports that is set up in this process."""
    made = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trace, "_TRACER_PROVIDER", provider)
        yield made
    provider.shutdown()


@pytest.fixture
def campaign(caller: Caller) -> str:
    return caller.campaign(caller.brand("Secret brand"), name="Secret name")


def traced(
    exporter: InMemorySpanExporter, caller: Caller, query: str, **variables: Any
) -> dict[str, list[ReadableSpan]]:
    """The spans of one request, by their names."""
    exporter.clear()
    caller.asks(query, **variables)
    spans: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        if span.kind is trace.SpanKind.SERVER:
            continue  # the framework's own, which ends after the answer
        spans.setdefault(span.name, []).append(span)
    return spans


def test_a_query_is_one_trace(exporter: InMemorySpanExporter, caller: Caller, campaign: str) -> None:
    position = caller.mutates("reviseCampaign", {"campaign": campaign, "name": "Secret name too"})["position"]
    spans = traced(exporter, caller, LIST, p=position)
    (operation,) = spans["graphql query"]
    assert operation.attributes
    assert operation.attributes["graphql.operation.name"] == "Names"
    reads = spans["postgresql read"]
    assert {read.parent and read.parent.span_id for read in reads} == {operation.context.span_id}
    assert len({span.context.trace_id for each in spans.values() for span in each}) == 1
    texts = " ".join(str((read.attributes or {})["db.query.text"]) for read in reads)
    assert all(f'"read_v1"."{view}"' in texts for view in ("campaigns", "brands", "campaign_totals"))
    told = str([span.to_json() for each in spans.values() for span in each])
    assert not any(secret in told for secret in ("Secret", str(caller.workspace), campaign))


def test_there_is_no_span_for_a_field(exporter: InMemorySpanExporter, caller: Caller, campaign: str) -> None:
    few = traced(exporter, caller, "{ campaigns(first: 5) { nodes { id } } }")
    many = traced(
        exporter, caller, "{ campaigns(first: 5) { nodes { id name status version platforms score currency } } }"
    )
    assert {name: len(each) for name, each in few.items()} == {name: len(each) for name, each in many.items()}


def test_a_command_is_in_its_mutation(exporter: InMemorySpanExporter, caller: Caller, campaign: str) -> None:
    query = 'mutation Rename($id: ID!) { reviseCampaign(input: { campaign: $id, name: "Secret too" }) { position } }'
    spans = traced(exporter, caller, query, id=campaign)
    (command,) = spans["command ReviseCampaign"]
    (mutation,) = spans["graphql mutation"]
    assert command.parent
    assert command.parent.span_id == mutation.context.span_id
    assert "Secret" not in str([span.to_json() for each in spans.values() for span in each])


def test_of_what_failed_only_the_type_is_told(exporter: InMemorySpanExporter, caller: Caller) -> None:
    caller.brand("Secret brand")
    given = {"name": "Secret brand", "industry": {"name": "Outdoor"}}
    exporter.clear()
    assert caller.refused("createBrand", given)["domainCode"] == "NAME_TAKEN"
    (command,) = [span for span in exporter.get_finished_spans() if span.name == "command CreateBrand"]
    assert command.attributes
    assert (command.attributes["error.type"], command.status.status_code) == ("NameTaken", trace.StatusCode.ERROR)
    assert "Secret" not in command.to_json()
