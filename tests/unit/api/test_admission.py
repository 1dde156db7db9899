"""A credential is accepted in one place, which counts the request: no route can forget it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

API = Path(__file__).parents[3] / "src" / "umt" / "api"
ONE_PLACE = API / "credentials.py"
ACCEPTS = {"context_of", "context_of_key"}


def _calls(tree: ast.AST) -> list[str]:
    """The names of what is called, in the order of the text."""
    calls = sorted(
        (n for n in ast.walk(tree) if isinstance(n, ast.Call)), key=lambda call: (call.lineno, call.col_offset)
    )
    return [call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "") for call in calls]


@pytest.mark.parametrize("path", sorted(API.rglob("*.py")), ids=lambda path: str(path.relative_to(API)))
def test_no_other_part_of_the_api_accepts_a_credential(path: Path) -> None:
    assert path == ONE_PLACE or not ACCEPTS & set(_calls(ast.parse(path.read_text())))


def test_where_it_is_accepted_the_request_is_counted() -> None:
    functions = [n for n in ast.walk(ast.parse(ONE_PLACE.read_text())) if isinstance(n, ast.AsyncFunctionDef)]
    (accepting,) = [calls for function in functions if ACCEPTS & set(calls := _calls(function))]
    assert accepting.index("admit") > accepting.index("context_of")
