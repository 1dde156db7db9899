"""The published contracts: what others read of us, as files that are committed and may only change compatibly.

What is stored stays for ever, so a reader of today's events meets yesterday's too. The gate therefore compares what is
committed with what this program would publish: a change that breaks readers is refused and said how to make instead,
any other one asks for `umt schema export`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias

import msgspec

from umt.application.contracts import PublishedView, data_contracts, dbt_sources
from umt.application.contracts.promises import promise
from umt.domain import (
    agent_policy,
    agent_run,
    api_key,
    brand,
    campaign,
    content,
    integration,
    invitation,
    performance,
    recommendation,
    template,
    user,
    workspace,
)
from umt.domain.event import EVENT_TYPES, UPCASTERS, Event
from umt.domain.personal import Personal

CONTEXTS: Final[tuple[ModuleType, ...]] = (
    workspace,
    user,
    invitation,
    api_key,
    brand,
    template,
    content,
    campaign,
    performance,
    integration,
    agent_run,
    agent_policy,
    recommendation,
)
"""Where events come from, in the order in which they are read about."""

_EXPORT: Final = "run `umt schema export` and commit what it writes"
_DEFINITIONS: Final = "#/$defs/"

Files: TypeAlias = Mapping[Path, bytes]
Schema: TypeAlias = dict[str, Any]
EventTypes: TypeAlias = Mapping[str, type[Event]]


class Difference(msgspec.Struct, frozen=True):
    """How a committed file differs from what this program publishes; a breaking one cannot be exported."""

    file: str
    reason: str
    breaking: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class Contract(msgspec.Struct, frozen=True):
    """What is published under a folder: its files, what about the committed ones would break their readers, and what
    breaks nobody but may surprise them."""

    files: Callable[[Path], Files]
    breaks: Callable[[Path], Iterable[Difference]] = lambda _: ()
    surprises: Callable[[Path], Iterable[Difference]] = lambda _: ()


class Breaking(Exception):
    """What is published would break its readers, so nothing was written."""

    def __init__(self, differences: list[Difference]) -> None:
        self.differences = differences
        super().__init__("\n".join(map(str, differences)))


def check(contract: Contract, folder: Path) -> list[Difference]:
    """Every difference between the committed files and the published ones; none when the contract holds."""
    found = _broken(contract, folder)
    known = {each.file for each in found}
    for path, published in contract.files(folder).items():
        if str(path) in known:
            continue
        if not path.exists():
            found.append(Difference(str(path), f"is not there yet; {_EXPORT}."))
        elif path.read_bytes() != published:
            found.append(Difference(str(path), f"is not current; {_EXPORT}."))
    return found


def export(contract: Contract, folder: Path) -> list[Path]:
    """Write the files that are not current, and say which. Older versions stay; `Breaking` when readers would break."""
    if broken := _broken(contract, folder):
        raise Breaking(broken)
    written = []
    for path, published in contract.files(folder).items():
        if path.exists() and path.read_bytes() == published:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(published)
        written.append(path)
    return written


def _broken(contract: Contract, folder: Path) -> list[Difference]:
    try:
        return list(contract.breaks(folder))
    except Breaking as damaged:
        return damaged.differences


# Events


def events(types: EventTypes = EVENT_TYPES, upcasters: Mapping[tuple[str, int], Any] = UPCASTERS) -> Contract:
    """The stored form of every event type: ``events/<type>.v<version>.json``, a JSON Schema for each version."""
    return Contract(
        lambda folder: {
            _event_file(folder, name, t.schema_version): _json(event_schema(t)) for name, t in types.items()
        },
        lambda folder: _broken_events(folder, types, upcasters),
    )


def event_schema(event_type: type[Event]) -> Schema:
    """The JSON Schema (draft 2020-12) of the event's body as it is stored."""
    generated = msgspec.json.schema(event_type, schema_hook=_stored_form)
    definitions: Schema = generated["$defs"]
    body = definitions.pop(generated["$ref"].removeprefix(_DEFINITIONS))
    name, version = event_type.type_name, event_type.schema_version
    return {
        **body,
        **({"$defs": definitions} if definitions else {}),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:umt:event:{name}:{version}",
        "title": name,
        "x-event-type": name,
        "x-schema-version": version,
    }


def catalogue(types: EventTypes = EVENT_TYPES) -> Contract:
    """The events for people to read: ``docs/events.md`` beside the folder."""
    return Contract(lambda folder: {folder.parent / "docs" / "events.md": _markdown(types).encode()})


def _stored_form(kind: type) -> Schema:
    if kind is not Personal:
        raise NotImplementedError
    return {
        "title": "Personal",
        "description": "A text about one person (the subject), sealed under that person's key.",
        "type": "object",
        "properties": {
            "sealed": {"type": "string", "contentEncoding": "base64"},
            "subject": {"type": "string", "format": "uuid"},
        },
        "required": ["sealed", "subject"],
    }


def _event_file(folder: Path, name: str, version: int) -> Path:
    return folder / "events" / f"{name}.v{version}.json"


def _broken_events(folder: Path, types: EventTypes, upcasters: Mapping[tuple[str, int], Any]) -> Iterator[Difference]:
    committed: dict[str, set[int]] = {}
    for path in sorted((folder / "events").glob("*.v*.json")):
        name, _, version = path.stem.rpartition(".v")
        if version.isdigit():
            committed.setdefault(name, set()).add(int(version))
    for name, versions in committed.items():
        if name not in types:
            file = str(_event_file(folder, name, max(versions)))
            yield Difference(file, f"{name} is no event type any more, but the log holds it for ever. {_KEEP}", True)
    for name, event_type in types.items():
        yield from _broken_versions(folder, event_type, committed.get(name, set()), upcasters)


_KEEP: Final = "Keep its class; if that was only renamed, state the old name in it as type_name."


def _broken_versions(
    folder: Path, event_type: type[Event], committed: set[int], upcasters: Mapping[tuple[str, int], Any]
) -> Iterator[Difference]:
    name, current = event_type.type_name, event_type.schema_version
    for version in range(1, current):
        file = str(_event_file(folder, name, version))
        if version not in committed:
            yield Difference(file, "is gone, but the log may hold events of it for ever. Restore it from git.", True)
        if (name, version) not in upcasters:
            todo = f'Register a function to version {version + 1} with @upcasts("{name}", {version}).'
            yield Difference(file, f"{name} of version {version} cannot be read any more. {todo}", True)
    if committed and max(committed) > current:
        file = str(_event_file(folder, name, max(committed)))
        yield Difference(file, f"was published, but {event_type.__name__} is back at version {current}.", True)
    elif current in committed:
        path = _event_file(folder, name, current)
        todo = (
            f"Undo that, or make it version {current + 1}: set schema_version = {current + 1} in "
            f'{event_type.__name__} and register @upcasts("{name}", {current}).'
        )
        published = json.loads(_json(event_schema(event_type)))
        for reason in broken_promises(_read(path), published):
            yield Difference(str(path), f"{name}: {reason}. {todo}", True)


def _markdown(types: EventTypes) -> str:
    lines = [
        "# Events",
        "",
        "Everything that happens is one of these, for ever. A name links to the JSON Schema of its stored body; older",
        "versions lie beside it and are read as the current one. Written by `umt schema export`.",
    ]
    for module in CONTEXTS:
        own = [t for t in types.values() if t.__module__ == module.__name__]
        lines += ["", f"## {_title(module)}", "", (module.__doc__ or "").partition("\n\n")[0].strip(), ""]
        lines += ["| event | version | meaning |", "| --- | --- | --- |"]
        for event_type in own:
            name, version = event_type.type_name, event_type.schema_version
            meaning = " ".join((event_type.__doc__ or "").split())
            lines.append(f"| [`{name}`](../schemas/events/{name}.v{version}.json) | {version} | {meaning} |")
    return "\n".join(lines) + "\n"


def _title(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2].replace("_", " ").capitalize()


# Read models


def read_models(views: Iterable[PublishedView]) -> Contract:
    """The columns of every view that data teams read: ``read_v1/<view>.json``."""
    published = {view.name: _columns(view) for view in views}
    return Contract(
        lambda folder: {_view_file(folder, name): _json(columns) for name, columns in published.items()},
        lambda folder: _broken_views(folder, published),
    )


def contracts(views: Iterable[PublishedView]) -> Contract:
    """The same for their tools: an Open Data Contract Standard document of each view, and a dbt project's sources."""
    known = tuple(views)

    def files(folder: Path) -> Files:
        documents = {folder / "contracts" / name: text for name, text in data_contracts(known).items()}
        return {**documents, folder / "dbt" / "sources.yml": dbt_sources(known)}

    return Contract(files, lambda folder: _orphaned(folder, {view.name for view in known}))


def _orphaned(folder: Path, known: set[str]) -> Iterator[Difference]:
    for path in sorted((folder / "contracts").glob("*.yaml")):
        if path.stem not in known:
            yield Difference(str(path), "is the contract of no view any more, but data teams hold us to it.", True)


def _columns(view: PublishedView) -> Schema:
    return {
        "table": f"read_v1.{view.name}",
        "description": view.comment,
        **({"projection": view.projections[0]} if len(view.projections) == 1 else {}),
        "key": list(view.key),
        "columns": [
            {
                "name": column.name,
                "type": column.sql_type,
                "description": column.comment,
                "required": promise(view, column).required,
            }
            for column in view.columns
        ],
    }


def _view_file(folder: Path, name: str) -> Path:
    return folder / "read_v1" / f"{name}.json"


def _broken_views(folder: Path, published: Mapping[str, Schema]) -> Iterator[Difference]:
    for path in sorted((folder / "read_v1").glob("*.json")):
        if path.stem not in published:
            yield Difference(str(path), "is no view any more, but data teams read it. Keep its table.", True)
            continue
        for reason in _broken_columns(_read(path), published[path.stem]):
            todo = "Undo that, and give what is new a column of its own at the end, or publish it in read_v2."
            yield Difference(str(path), f"read_v1.{path.stem}: {reason}. {todo}", True)


def _broken_columns(old: Schema, new: Schema) -> Iterator[str]:
    if old["key"] != new["key"]:
        yield f"the key is now ({', '.join(new['key'])}); it was ({', '.join(old['key'])})"
    before, now = ({column["name"]: column for column in each["columns"]} for each in (old, new))
    for name, column in before.items():
        if name not in now:
            yield f"the column {name} is gone"
        elif now[name]["type"] != column["type"]:
            yield f"the column {name} is now {now[name]['type']}; it was {column['type']}"
        elif column.get("required") and not now[name]["required"]:
            yield f"the column {name} may now be null; it was never"
    if (kept := [name for name in now if name in before]) != list(now)[: len(kept)]:
        yield "a new column stands before one that was published"
    elif kept != [name for name in before if name in now]:
        yield "the columns are in another order"


# Compatibility


def broken_promises(old: Schema, new: Schema) -> Iterator[str]:
    """What a reader of the old JSON Schema, or of bodies written under it, loses with the new one.

    New optional fields and new members of enumerations are no loss; readers must expect them.
    """
    return _losses(_inlined(old, old), _inlined(new, new), "the body")


_PROSE: Final = {"$id", "$schema", "title", "description", "default", "x-event-type", "x-schema-version"}
_PARTS: Final = {"properties", "required", "enum", "items", "prefixItems", "anyOf", "additionalProperties"}


def _losses(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if _shape(old) != _shape(new):
        yield f"{where} is now {_words(new)}; it was {_words(old)}"
        return
    if gone := sorted(set(old.get("enum", ())) - set(new.get("enum", ())), key=str):
        yield f"{where} no longer admits {', '.join(map(str, gone))}"
    if "properties" in old:
        yield from _lost_fields(old, new, where)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict):
            yield from _losses(old[part], new[part], f"an entry of {where}")
    for part in ("prefixItems", "anyOf"):
        for before, now in zip(old.get(part, ()), new.get(part, ()), strict=True):
            yield from _losses(before, now, where)


def _lost_fields(old: Schema, new: Schema, where: str) -> Iterator[str]:
    of = "" if where == "the body" else f" of {where}"
    for name, before in old["properties"].items():
        now = new["properties"].get(name)
        if now is None:
            yield f"the field {name}{of} is gone"
            continue
        if name in new["required"] and name not in old["required"]:
            yield f"the field {name}{of} has become required"
        elif name not in old["required"] and now.get("default") != before.get("default"):
            yield f"the default of the field {name}{of} is now {now.get('default')!r}; it was {before.get('default')!r}"
        yield from _losses(before, now, f"the field {name}{of}")
    for name in new["required"]:
        if name not in old["properties"]:
            yield f"the field {name}{of} is new and required; give it a default"


def _shape(schema: Schema) -> Schema:
    """What must stay as it is: all but prose, and of the parts which of them there are, and how many."""
    kept: Schema = {}
    for name, value in schema.items():
        if name in ("prefixItems", "anyOf"):
            kept[name] = len(value)
        elif name in _PARTS:
            kept[name] = type(value).__name__
        elif name not in _PROSE:
            kept[name] = value
    return kept


def _words(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(map(_words, schema["anyOf"]))
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if isinstance(schema.get("items"), dict):
        return f"array of {_words(schema['items'])}"
    limits = [f"{name} {value}" for name, value in sorted(_shape(schema).items()) if name not in _PARTS | {"type"}]
    return " ".join([str(schema.get("type", "anything")), *limits])


def _inlined(schema: Any, root: Schema) -> Any:
    """The schema with its definitions in place, so that the name of a definition means nothing."""
    if isinstance(schema, list):
        return [_inlined(each, root) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        definition = root["$defs"][schema["$ref"].removeprefix(_DEFINITIONS)]
        schema = {**definition, **{name: value for name, value in schema.items() if name != "$ref"}}
    return {name: _inlined(value, root) for name, value in schema.items() if name != "$defs"}


def _read(path: Path) -> Schema:
    try:
        schema: Schema = json.loads(path.read_bytes())
    except ValueError as error:
        raise Breaking([Difference(str(path), f"is not JSON: {error}. Restore it from git.", True)]) from None
    return schema


def _json(document: Schema) -> bytes:
    """The same bytes for the same document."""
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()
