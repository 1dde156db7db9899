"""GraphQL over HTTP, as the specification and its audits (graphql-http) ask for it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.integration.api.client import Caller

OLD, NEW = "application/json", "application/graphql-response+json"


@pytest.fixture
def http(url: str) -> httpx.Client:
    return httpx.Client(base_url=url)


def post(http: httpx.Client, accept: str | None = None, **parameters: Any) -> httpx.Response:
    headers = {"accept": accept} if accept else {}
    return http.post("/graphql", json=parameters, headers=headers)


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (NEW, NEW),
        (OLD, OLD),
        ("*/*", OLD),
        (None, OLD),
        (f"{NEW}, {OLD}", NEW),
        (f"{OLD}, {NEW}", NEW),
        (f"{NEW};q=0.5, {OLD}", OLD),
        (f"{NEW};q=0, */*", OLD),
        ("text/html", OLD),
        (f"{NEW};q=nonsense", OLD),
    ],
)
def test_the_answer_has_the_media_type_that_is_preferred(http: httpx.Client, accept: str | None, given: str) -> None:
    if accept is None:
        del http.headers["accept"]
    answer = post(http, accept, query="{ __typename }")
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})
    assert answer.headers["content-type"] == f"{given}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "query($i: ID!) { brand(id: $i) { id } }",
        "{ brand(id: 5) { id } }",
        "query A { clock { now } } query A { clock { now } }",
        "query A { clock { now } } query B { clock { now } }",
        "fragment F on Query { clock { now } } { ...F ...F ...G }",
    ],
)
def test_what_was_not_executed_has_no_data_and_says_so(http: httpx.Client, query: str) -> None:
    for accept, status in ((NEW, 400), (OLD, 200)):
        answer = post(http, accept, query=query)
        assert answer.status_code == status
        assert "data" not in answer.json()
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notquery": "{ __typename }"},
        *({"query": wrong} for wrong in ({"a": 1}, 0, False, ["a"], None, "")),
        *({"query": "{ __typename }", "operationName": wrong} for wrong in ({"a": 1}, 0, False, ["a"], "Nothing")),
        *({"query": "{ __typename }", "variables": wrong} for wrong in ("a", 0, False, ["a"])),
        *({"query": "{ __typename }", "extensions": wrong} for wrong in ("a", 0, False, ["a"])),
        [{"query": "{ __typename }"}],
        "text",
        5,
        None,
        {"query": "subscription { nothing }"},
        {"query": "type Query { a: Int }"},
    ],
)
@pytest.mark.parametrize("accept", [OLD, NEW])
def test_a_request_that_is_not_well_formed_has_status_400(http: httpx.Client, body: Any, accept: str) -> None:
    answer = http.post("/graphql", content=json.dumps(body), headers={"accept": accept, "content-type": OLD})
    assert answer.status_code == 400
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("parameter", ["variables", "operationName", "extensions"])
def test_parameters_may_be_null(http: httpx.Client, parameter: str) -> None:
    for accept in (OLD, NEW):
        answer = post(http, accept, query="{ __typename }", **{parameter: None})
        assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(
    "content", [b'{ "not a JSON', b"", b"\xff\xfe", b"[" * 100_000, b'{"query": "\\ud800"}', b'{"query": NaN}']
)
def test_a_body_that_is_not_json_has_status_400(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/graphql", content=content, headers={"content-type": OLD})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
    ],
)
def test_other_content_types_are_refused_so_that_no_foreign_page_can_post(
    http: httpx.Client, content_type: str
) -> None:
    answer = http.post("/graphql", content=b'{"query":"{__typename}"}', headers={"content-type": content_type})
    assert answer.status_code == 415


def test_a_request_is_in_utf_8(http: httpx.Client) -> None:
    body = json.dumps({"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}, ensure_ascii=False).encode()
    answer = http.post("/graphql", content=body, headers={"content-type": 'application/json; charset="UTF-8"'})
    assert answer.json() == {"data": {"__type": None}}


def test_a_query_may_be_asked_by_get(http: httpx.Client) -> None:
    query = "query Type($name: String!) { __type(name: $name) { name } }"
    answer = http.get("/graphql", params={"query": query, "variables": '{"name": "Brand"}', "operationName": "Type"})
    assert (answer.status_code, answer.json()) == (200, {"data": {"__type": {"name": "Brand"}}})


@pytest.mark.parametrize("variables", ["nonsense", "5", "[]", '"x"'])
def test_variables_of_a_get_are_one_json_object(http: httpx.Client, variables: str) -> None:
    assert http.get("/graphql", params={"query": "{ __typename }", "variables": variables}).status_code == 400


def test_nothing_is_done_by_get(http: httpx.Client) -> None:
    for accept in (OLD, NEW):
        answer = http.get("/graphql", params={"query": "mutation { __typename }"}, headers={"accept": accept})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_head_is_get_without_a_body(http: httpx.Client) -> None:
    asked = {"query": "{ __typename }"}
    told, asked_so = http.head("/graphql", params=asked), http.get("/graphql", params=asked)
    assert (told.status_code, told.content, told.headers["content-length"]) == (200, b"", str(len(asked_so.content)))
    mutation = {"query": "mutation { __typename }"}
    answer = http.head("/graphql", params=mutation)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert http.request("HEAD", "/graphql", json=mutation).status_code == 400
    subscription, events = {"query": "subscription { campaignsChanged { position } }"}, {"accept": "text/event-stream"}
    assert http.head("/graphql", params=subscription, headers=events).status_code == 400


def test_a_browser_is_shown_graphiql(http: httpx.Client) -> None:
    answer = http.get("/graphql", headers={"accept": "text/html,application/xhtml+xml"})
    assert answer.headers["content-type"].startswith("text/html")
    assert http.get("/graphql").status_code == 400


def test_partial_data_comes_with_the_errors_of_the_rest(caller: Caller) -> None:
    missing = "2b0c3f2e-5d1a-4c8e-9d5c-1f6f0a7b8c9d"
    answer = caller.posts(f'{{ me {{ role }} lost: brand(id: "{missing}") {{ name }} }}')
    assert answer["data"] == {"me": {"role": "OWNER"}, "lost": None}
    (error,) = answer["errors"]
    assert (error["path"], error["locations"]) == (["lost"], [{"line": 1, "column": 15}])
    assert error["extensions"]["code"] == "NOT_FOUND"


def test_a_body_has_at_most_a_mebibyte(http: httpx.Client) -> None:
    body = json.dumps({"query": "{ __typename }", "variables": {"x": "y" * 1024 * 1024}}).encode()
    assert http.post("/graphql", content=body, headers={"content-type": OLD}).status_code == 413
    chunks = (body[start : start + 65536] for start in range(0, len(body), 65536))
    assert http.post("/graphql", content=chunks, headers={"content-type": OLD}).status_code == 413
    fits = json.dumps({"query": "{ __typename }", "variables": {"x": "y" * 1024 * 1000}}).encode()
    assert http.post("/graphql", content=fits, headers={"content-type": OLD}).status_code == 200
