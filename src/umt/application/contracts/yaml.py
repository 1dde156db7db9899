"""Writing YAML: the same text for the same document, fields in their given order, every text quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def dump(document: dict[str, Any], heading: str) -> bytes:
    """A document of mappings, lists, texts, numbers, booleans and null under a comment of one line."""
    return "\n".join([f"# {heading}", *_mapping(document, 0), ""]).encode()


def _mapping(mapping: dict[str, Any], indent: int) -> Iterator[str]:
    for name, value in mapping.items():
        if isinstance(value, dict | list) and value:
            yield f"{' ' * indent}{name}:"
            yield from _block(value, indent + 2)
        else:
            yield f"{' ' * indent}{name}: {_scalar(value)}"


def _block(value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _mapping(value, indent)
        return
    for entry in value:
        if isinstance(entry, dict) and entry:
            first, *rest = _mapping(entry, indent + 2)
            yield f"{' ' * indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{' ' * indent}- {_scalar(entry)}"


def _scalar(value: Any) -> str:
    """JSON's form, which is YAML's too: a text in quotes is never taken for a date, a number or a truth value."""
    return json.dumps(value, ensure_ascii=False)
