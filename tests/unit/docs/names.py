"""The names that documentation may use of the code, by what they name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, Final

from umt import adapters, application, domain, projections
from umt.api.graphql.schema import SCHEMA
from umt.application import commands
from umt.application.agents import AGENTS
from umt.application.dispatch import Command
from umt.application.effects import EFFECTS
from umt.domain.event import EVENT_TYPES, Aggregate

for _package in (domain, commands):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        importlib.import_module(_module.name)


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    child: type[Any]
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _is_ours(kind: type[Any]) -> bool:
    return kind.__module__.startswith("umt.") and not kind.__name__.startswith("_")


EVENTS: Final = frozenset(name for name, t in EVENT_TYPES.items() if _is_ours(t))
_COMMANDS: Final = {c.__name__: c for c in _below(Command) if _is_ours(c)}
COMMANDS: Final = frozenset(_COMMANDS)
AGGREGATES: Final = frozenset(a.__name__ for a in _below(Aggregate) if _is_ours(a))
EFFECT_KINDS: Final = frozenset(EFFECTS)
TIMERS: Final = frozenset(f"timer.{name}" for agent in AGENTS.values() for name in agent.timers)
TITLES: Final = {agent.title: agent for agent in AGENTS.values()}

_CONTEXTS: Final = frozenset(name.partition(".")[0] for name in EVENTS)
_DOTTED: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_CAMEL: Final = re.compile(r"(?<![A-Za-z])(?:[A-Z][a-z]+){2,}")


def events_in(text: str) -> set[str]:
    """What has the form of an event's name, or of a timer's."""
    return {name for name in _DOTTED.findall(text) if name.partition(".")[0] in _CONTEXTS | {"timer"}}


def classes_in(text: str) -> set[str]:
    """What has the form of a class's name of several words; ``aField`` has that of a field."""
    return set(_CAMEL.findall(text))


def known_classes() -> set[str]:
    """Every class that the layers define, and every type of the GraphQL schema."""
    found: set[str] = set()
    for package in (domain, application, adapters, projections):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                found |= {n for n, v in vars(importlib.import_module(module.name)).items() if isinstance(v, type)}
    return found | set(SCHEMA._schema.type_map)


def leads_to(command: str) -> set[str]:
    """The events that the decisions named in the command's handler may give."""
    handler = inspect.getsource(_COMMANDS[command].handle)
    module = vars(inspect.getmodule(_COMMANDS[command]))
    called, followed = re.findall(r"\b(\w+)\(", handler), set[str]()
    while called:
        name = called.pop()
        if name not in followed and inspect.isfunction(module.get(name)):
            followed.add(name)
            source = inspect.getsource(module[name])
            handler += source
            called += re.findall(r"\b(\w+)\(", source)
    outcomes = " ".join(
        str(inspect.unwrap(vars(module[where])[name]).__annotations__["return"])
        for where, name in re.findall(r"\b([a-z_]+)\.([a-z_]+)\b", handler)
        if inspect.ismodule(module.get(where))
        and name in vars(module[where])
        and "return" in getattr(inspect.unwrap(vars(module[where])[name]), "__annotations__", {})
    )
    return {t.type_name for t in EVENT_TYPES.values() if re.search(rf"\b{t.__name__}\b", outcomes)}
