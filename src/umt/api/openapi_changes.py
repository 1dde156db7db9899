"""What changed between two versions of the REST side's OpenAPI document (3.1).

What a request may hold must stay acceptable, so it may only become more; what an answer holds is relied on, so it may
only become less. A field that is gone is a loss on either side, though JSON Schema would let it pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from umt.application.compatibility import Change

Schema = dict[str, Any]
Side = Literal["request", "answer"]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LOWEST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_HIGHEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FORMS: Final = ("format", "pattern", "multipleOf", "uniqueItems")


def openapi_changes(old: bytes, new: bytes) -> Iterator[Change]:
    """What breaks a client, and what may surprise it."""
    before, now = _Document(_read(old)), _Document(_read(new))
    for name, operation in before.operations.items():
        if name not in now.operations:
            yield Change(True, f"{name} is gone.")
            continue
        for change in _of_operation(before, operation, now, now.operations[name]):
            yield Change(change.breaks, f"{name}: {change.text}.")


def _read(text: bytes) -> Schema:
    document = json.loads(text)
    if not isinstance(document, dict) or "paths" not in document:
        raise ValueError("it is no OpenAPI document")
    return document


class _Document:
    """A document, with what stands for something else looked up."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self.operations: dict[str, Schema] = {
            f"{method.upper()} {path}": {
                **operation,
                "parameters": [*item.get("parameters", ()), *operation.get("parameters", ())],
                "security": operation.get("security", document.get("security", [])),
            }
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    def resolved(self, schema: Schema) -> Schema:
        """What a ``$ref`` stands for, with what stands beside it."""
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = {**found, **{name: value for name, value in schema.items() if name != "$ref"}}
        return schema

    def alternatives(self, schema: Schema) -> list[Schema]:
        """The schemas of one type each that a value may fit."""
        schema = self.resolved(schema)
        for part in ("anyOf", "oneOf"):
            if part in schema:
                beside = {name: value for name, value in schema.items() if name != part}
                return [each for one in schema[part] for each in self.alternatives({**beside, **self.resolved(one)})]
        for one in schema.get("allOf", ()):
            schema = _joined(schema, self.resolved(one))
        if isinstance(schema.get("type"), list):
            return [{**schema, "type": kind} for kind in schema["type"]]
        return [schema]


def _joined(schema: Schema, other: Schema) -> Schema:
    return {
        **other,
        **{name: value for name, value in schema.items() if name != "allOf"},
        "properties": {**schema.get("properties", {}), **other.get("properties", {})},
        "required": [*schema.get("required", ()), *other.get("required", ())],
    }


def _of_operation(old: _Document, before: Schema, new: _Document, now: Schema) -> Iterator[Change]:
    if before.get("operationId") != now.get("operationId"):
        yield Change(True, f"it is called {now.get('operationId')} now; it was {before.get('operationId')}")
    accepted = _credentials(now)
    for credential in _credentials(before):
        if not any(each <= credential for each in accepted):
            lost = (
                f"no longer lets in by {' and '.join(sorted(credential))}" if credential else "needs a credential now"
            )
            yield Change(True, f"it {lost}")
    yield from _of_parameters(old, before, new, now)
    yield from _of_bodies(old, before.get("requestBody", {}), new, now.get("requestBody", {}))
    for status, answer in before.get("responses", {}).items():
        if status in now["responses"]:
            yield from _of_answers(old, answer, new, now["responses"][status], status)
        elif status[0] in "23":
            yield Change(True, f"it no longer answers {status}")


def _credentials(operation: Schema) -> list[frozenset[str]]:
    return [frozenset(each) for each in operation["security"]] or [frozenset()]


def _of_parameters(old: _Document, before: Schema, new: _Document, now: Schema) -> Iterator[Change]:
    known, taken = _parameters(old, before), _parameters(new, now)
    for name in known.keys() - taken.keys():
        yield Change(True, f"{name} is gone")
    for name, parameter in taken.items():
        if parameter.get("required") and not known.get(name, {}).get("required"):
            yield Change(True, f"{name} is required now")
        if name in known:
            pair = known[name].get("schema", {}), parameter.get("schema", {})
            yield from _Comparison(old, new, "request").of(*pair, name)


def _parameters(document: _Document, operation: Schema) -> dict[str, Schema]:
    found = (document.resolved(each) for each in operation["parameters"])
    return {f"the {each['in']} parameter {each['name']}": each for each in found}


def _of_bodies(old: _Document, before: Schema, new: _Document, now: Schema) -> Iterator[Change]:
    before, now = old.resolved(before), new.resolved(now)
    if now.get("required") and not before.get("required"):
        yield Change(True, "the body is required now")
    yield from _of_contents(_Comparison(old, new, "request"), before, now, "the body")


def _of_answers(old: _Document, before: Schema, new: _Document, now: Schema, status: str) -> Iterator[Change]:
    before, now, where = old.resolved(before), new.resolved(now), f"the answer {status}"
    for header in before.get("headers", {}).keys() - now.get("headers", {}).keys():
        yield Change(True, f"{where} has no header {header} any more")
    yield from _of_contents(_Comparison(old, new, "answer"), before, now, where)


def _of_contents(compared: _Comparison, before: Schema, now: Schema, where: str) -> Iterator[Change]:
    for media_type, content in before.get("content", {}).items():
        if media_type in now.get("content", {}):
            pair = content.get("schema", {}), now["content"][media_type].get("schema", {})
            yield from compared.of(*pair, where)
        else:
            yield Change(True, f"{where} is no {media_type} any more")


class _Comparison:
    """Compares schemas on one side. What holds itself is looked at once."""

    def __init__(self, old: _Document, new: _Document, side: Side) -> None:
        self._old, self._new, self._side = old, new, side
        self._within: list[tuple[Schema, Schema]] = []

    def of(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        """Each alternative that the one side relies on must have one on the other that will do in its place."""
        if (old, new) in self._within:
            return
        self._within.append((old, new))
        before, now = self._old.alternatives(old), self._new.alternatives(new)
        relied, offered = (before, now) if self._side == "request" else (now, before)
        for each in relied:
            fitting = [other for other in offered if _covers(_kind(other), _kind(each))]
            if fitting:
                pairs = ((each, other) if self._side == "request" else (other, each) for other in fitting)
                yield from min(([*self._pair(*pair, where)] for pair in pairs), key=_weight)
            elif self._side == "request":
                yield Change(True, f"{where} takes {_kind(each)} no more")
            else:
                yield Change(True, f"{where} may be {_kind(each)} now")
        self._within.pop()

    def _pair(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        """Of two schemas of one type."""
        yield from self._values(old, new, where)
        yield from self._limits(old, new, where)
        if "default" in old and self._side == "request" and new.get("default") != old["default"]:
            yield Change(False, f"{where} is {new.get('default')!r} by default now; it was {old['default']!r}")
        yield from self._fields(old, new, where)
        if "items" in old or "items" in new:
            yield from self.of(old.get("items", {}), new.get("items", {}), f"an entry of {where}")

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        before, now = _values(old), _values(new)
        if self._side == "request" and now is not None:
            if before is None:
                yield Change(True, f"{where} takes only {_listed(now)} now")
            elif gone := [value for value in before if value not in now]:
                yield Change(True, f"{where} no longer takes {_listed(gone)}")
        if self._side == "answer" and before is not None:
            if now is None:
                yield Change(False, f"{where} may be anything now, not only {_listed(before)}")
            elif more := [value for value in now if value not in before]:
                yield Change(False, f"{where} may be {_listed(more)} now")

    def _limits(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        for name in (*_LOWEST, *_HIGHEST, *_FORMS):
            before, now = old.get(name), new.get(name)
            if name in _FORMS:
                changed = before != now and (now if self._side == "request" else before) is not None
            else:
                tighter = now is not None and (before is None or (now > before if name in _LOWEST else now < before))
                changed = self._side == "request" and tighter
            if changed:
                yield Change(True, f"{where} has the {name} {_or_none(now)} now; it had {_or_none(before)}")

    def _fields(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        before, now = old.get("properties", {}), new.get("properties", {})
        required, was_required = set(new.get("required", ())), set(old.get("required", ()))
        for name, schema in before.items():
            field = f"the field {name} of {where}"
            if name not in now:
                yield Change(True, f"{field} is gone")
                continue
            if self._side == "answer" and name in was_required - required:
                yield Change(True, f"{field} may be missing now")
            yield from self.of(schema, now[name], field)
        if self._side == "request":
            yield from (
                Change(True, f"the field {n} of {where} is required now") for n in sorted(required - was_required)
            )
        yield from self._others(old.get("additionalProperties", True), new.get("additionalProperties", True), where)

    def _others(self, old: Schema | bool, new: Schema | bool, where: str) -> Iterator[Change]:
        """Of fields that have no name in the schema."""
        if self._side == "request" and new is False and old is not False:
            yield Change(True, f"{where} takes no other fields any more")
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self.of(dict(old), dict(new), f"an entry of {where}")


def _kind(schema: Schema) -> str:
    if "type" in schema:
        return str(schema["type"])
    values = _values(schema)
    return "string" if values and all(isinstance(value, str) for value in values) else "just anything"


def _covers(wide: str, narrow: str) -> bool:
    return wide in (narrow, "just anything") or (wide, narrow) == ("number", "integer")


def _values(schema: Schema) -> list[Any] | None:
    """The only values that fit, if they are listed."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _weight(changes: Iterable[Change]) -> tuple[int, int]:
    changes = list(changes)
    return sum(change.breaks for change in changes), len(changes)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _or_none(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
