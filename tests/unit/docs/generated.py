"""The parts of the documentation that are written from the code.

A page holds such a part between ``<!-- generated: name -->`` and ``<!-- /generated -->``.
``python -m tests.unit.docs.generated`` writes them anew.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from umt.application.agents import AGENTS
from umt.application.agents.reaction import Agent
from umt.application.contracts import PublishedView, published_views
from umt.application.contracts.published import PublishedColumn
from umt.application.dispatch import Command
from umt.application.effects import Effect
from umt.application.permissions import granted
from umt.application.privacy.retention import CLASSES
from umt.domain.workspace import Role
from umt.projections.catalogue import PROJECTIONS, VIEWS
from umt.settings import Settings

ROOT: Final = Path(__file__).parents[3]
_PART: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def rewritten(page: str) -> str:
    """The page with its generated parts as they should be."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", page)


def pages() -> list[Path]:
    """The pages that have generated parts."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if _PART.search(page.read_text())]


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    headings = tuple(headings)
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


# Settings


def settings() -> str:
    prefix = Settings.model_config["env_prefix"]
    return table(
        ("setting", "type", "default", "meaning"),
        (
            (f"`{prefix}{name.upper()}`", type_in_words(field), default_in_words(field), field.description or "")
            for name, field in Settings.model_fields.items()
        ),
    )


def type_in_words(field: FieldInfo) -> str:
    """What may be given, with its bounds."""
    named = next(t for t in (*typing.get_args(field.annotation), field.annotation) if t is not types.NoneType)
    kind = _KINDS[field.annotation if typing.get_origin(field.annotation) in (tuple, dict) else named]
    bounds = [
        words.format(getattr(bound, name))
        for bound in field.metadata
        for name, words in _BOUNDS.items()
        if hasattr(bound, name)
    ]
    return ", ".join([kind, *bounds])


_KINDS: Final[dict[Any, str]] = {
    Path: "folder",
    SecretStr: "secret",
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    tuple[str, ...]: "JSON list of texts",
    dict[str, int]: "JSON object of whole numbers",
    dict[str, dict[str, Decimal]]: "JSON object of objects of numbers",
}
_BOUNDS: Final = {"ge": "from {}", "gt": "above {}", "le": "up to {}", "lt": "below {}"}


def default_in_words(field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return "–" if default in (None, "", (), {}) else f"`{default}`"


# Read models


def read_models() -> str:
    return "\n\n".join(map(_read_model, published_views(PROJECTIONS.values(), VIEWS)))


def _read_model(of: PublishedView) -> str:
    key = ", ".join(f"`{name}`" for name in of.key)
    return "\n".join(
        [
            f"### `read_v1.{of.name}`",
            "",
            f"{of.comment} Key: {key}.",
            *_origin(of),
            "",
            table(("column", "type", "meaning"), map(_column, of.columns)),
        ]
    )


def _origin(of: PublishedView) -> list[str]:
    """What a table is folded from; a view over others says so in its own words."""
    for projection in PROJECTIONS.values():
        if of.name in {each.name for each in projection.tables}:
            sources = ", ".join(f"`{name}`" for name in sorted(projection.folds))
            return ["", f"Projection: `{projection.name}`, version {projection.version}. Folded from {sources}."]
    return ["", "A view over others."] if of.name in {view.name for view in VIEWS} else []


def _column(column: PublishedColumn) -> tuple[str, str, str]:
    return f"`{column.name}`", f"{column.sql_type}, summed" if column.summed else column.sql_type, column.comment


# Retention


def retention() -> str:
    return table(
        ("class", "what", "where", "days", "since", "why"),
        (
            (
                f"`{each.name}`",
                each.what,
                f"`{each.where}`".replace(", ", "`, `"),
                str(each.days),
                each.since,
                each.basis,
            )
            for each in CLASSES.values()
        ),
    )


# Agents


def agents() -> str:
    return "\n\n".join(map(_agent, AGENTS.values()))


def _agent(agent: Agent) -> str:
    module = sys.modules[next(iter(agent.reactions.values())).__module__]
    says = (module.__doc__ or "").partition(":")[2]
    return "\n".join(
        [
            f"### {agent.title}",
            "",
            f"`{agent.name}` {' '.join(says.split())}",
            "",
            table(
                ("", ""),
                (
                    ("reacts to", _listed(agent.reactions)),
                    ("timers", _listed(f"timer.{name}" for name in agent.timers)),
                    ("requests", _listed(requested(agent))),
                    ("takes up the outcome of", _listed(agent.outcomes)),
                    ("issues", _listed(issued(agent))),
                ),
            ),
        ]
    )


def issued(agent: Agent) -> list[str]:
    """The commands that the agent's files name; the linter refuses a name that is not used."""
    return _named_in(agent, Command)


def requested(agent: Agent) -> list[str]:
    """The effects that the agent's files name."""
    return _named_in(agent, Effect)


def _named_in(agent: Agent, kind: type) -> list[str]:
    reactions = (*agent.reactions.values(), *agent.outcomes.values(), *agent.timers.values())
    modules = [sys.modules[name] for name in dict.fromkeys(reaction.__module__ for reaction in reactions)]
    named = {n: v for module in modules for n, v in vars(module).items()}
    return sorted(n for n, v in named.items() if isinstance(v, type) and issubclass(v, kind) and v is not kind)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "–"


# Permissions


def permissions() -> str:
    return table(
        ("permission", *Role, "API keys", "agents"),
        (
            (
                f"`{grant.permission}`",
                *("yes" if role in grant.roles else "" for role in Role),
                "yes" if grant.api_keys else "never",
                _listed(grant.agents) if grant.agents else "",
            )
            for grant in granted()
        ),
    )


PARTS: Final[dict[str, Callable[[], str]]] = {
    "settings": settings,
    "read_models": read_models,
    "agents": agents,
    "permissions": permissions,
    "retention": retention,
}


def main() -> None:
    for page in pages():
        page.write_text(rewritten(page.read_text()))


if __name__ == "__main__":
    main()
