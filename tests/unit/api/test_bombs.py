"""Documents that are small to write and large to answer are refused at once."""

from __future__ import annotations

import time

import pytest

from umt.api.graphql.execution.documents import Documents
from umt.api.graphql.schema import EXECUTABLE

LONGEST = 0.050
"""Seconds of processor time that a bomb may cost."""


def doubled(levels: int, spread: str = "me {{ workspace {{ id }} }} ...F{n} ...F{n}") -> str:
    fragments = "".join(f"fragment F{n} on Query {{ {spread.format(n=n + 1)} }}" for n in range(levels))
    return f"{{ ...F0 }} {fragments} fragment F{levels} on Query {{ clock {{ now }} }}"


BOMBS: dict[str, str] = {
    "fragments doubled 25 times": doubled(25),
    "fragments doubled 25 times under aliases": doubled(25, "a: me {{ role }} ...F{n} b: me {{ role }} ...F{n}"),
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a fragment in itself": "{ ...A } fragment A on Query { clock { now } ...A }",
    "many fragments": f"{{ {' '.join(f'...F{n}' for n in range(300))} }}"
    + " ".join(f"fragment F{n} on Query {{ clock {{ now }} }}" for n in range(300)),
    "many aliases": "{ " + " ".join(f"a{n}: verifyReadModels {{ holds }}" for n in range(400)) + " }",
    "one field many times": "{ " + "clock { now } " * 1500 + "}",
    "fields of one name, nested": "{ " + ("campaigns { " + ("nodes { " + "id " * 30 + "} ") * 30 + "} ") * 5 + "}",
    "many directives": "{ clock " + "@include(if: true) " * 500 + "{ now } }",
    "many unknown directives": "{ clock " + "@x " * 1500 + "{ now } }",
    "many operations": " ".join(f"query Q{n} {{ clock {{ now }} }}" for n in range(600)),
    "deep selections": "{ campaigns " + "{ nodes { brand " * 60 + "{ id }" + " } }" * 60 + " }",
    "very deep selections": "{ a " * 2000,
    "deep values": "{ brands(first: " + "[" * 2000 + "1" + "]" * 2000 + ") { nodes { id } } }",
    "a deep value of an input": "mutation { createBrand(input: {industry: " + "{name: " * 150 + '"x"' + "}" * 150 + "}) { position } }",
    "deep types": "query($a: " + "[" * 2000 + "Int" + "]" * 2000 + ") { clock { now } }",
    "many variables": "query(" + " ".join(f"$v{n}: Int" for n in range(1500)) + ") { clock { now } }",
    "many tokens": "{ clock { now } }" + "#\n" * 10 + " " * 1000 + "{" * 6000,
    "introspection in circles": "{ __schema { types " + "{ fields { type " * 6 + "{ name }" + " } }" * 6 + " } }",
    "introspection in circles by fragments": "{ __schema { types { ...T } } } fragment T on __Type { fields { type { fields { type { fields { type { fields { name } } } } } } } }",
    "suggestions for misspelt names": "{ " + " ".join(f"campaings{n}" for n in range(900)) + " }",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    assert min([_seconds(BOMBS[name]) for _ in range(3)]) < LONGEST


def _seconds(query: str) -> float:
    documents = Documents(EXECUTABLE)
    started = time.process_time()
    prepared = documents.written(query)
    operation = prepared.operation(None)
    seconds = time.process_time() - started
    assert prepared.errors or operation is None, "it would be executed"
    return seconds
