"""A field whose name says that it is secret is of a type that does not show it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr

import umt.adapters
import umt.application
from umt.application.commands import COMMANDS
from umt.domain.secret import Secret
from umt.settings import Settings

TELLING = re.compile(r"password|secret|token|credential|api_key|master_key|private_key", re.IGNORECASE)

HARMLESS = re.compile(r"_hash$|page_token$")
"""A hash opens nothing, nor does the mark of a page."""


def modules() -> Iterator[Any]:
    for package in (umt.application, umt.adapters):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def carriers() -> dict[str, type]:
    """Everything that carries data across the program: settings, commands, structs and data classes."""
    found: dict[str, type] = {"Settings": Settings, **COMMANDS}
    for module in modules():
        for name, member in vars(module).items():
            if isinstance(member, type) and member.__module__ == module.__name__ and _carries(member):
                found[name] = member
    return found


def _carries(kind: type) -> bool:
    return issubclass(kind, (msgspec.Struct, BaseModel)) or is_dataclass(kind)


def fields_of(carrier: type) -> dict[str, Any]:
    if issubclass(carrier, BaseModel):
        return {name: field.annotation for name, field in carrier.model_fields.items()}
    hints = typing.get_type_hints(carrier)
    if is_dataclass(carrier):
        return {field.name: hints[field.name] for field in fields(carrier)}
    assert issubclass(carrier, msgspec.Struct)
    return {name: hints[name] for name in carrier.__struct_fields__}


def parts_of(kind: Any) -> Iterator[Any]:
    """The type and those that it is made of."""
    yield kind
    for part in typing.get_args(kind):
        yield from parts_of(part)


def leaks(carrier: type) -> list[str]:
    """The fields that are named like a secret and would show it."""
    return [
        f"{carrier.__name__}.{name}: {kind}"
        for name, kind in fields_of(carrier).items()
        if TELLING.search(name) and not HARMLESS.search(name) and {str, bytes, Any, object} & set(parts_of(kind))
    ]


def test_every_secret_field_is_of_a_type_that_hides_it() -> None:
    found = carriers()
    assert {"Connection", "Register", "ConnectIntegration", "Settings"} <= found.keys()
    assert [leak for carrier in found.values() for leak in leaks(carrier)] == []


class Careless(msgspec.Struct):
    """What somebody might add one day."""

    account: str
    refresh_token: str | None
    api_key: Secret
    password: SecretStr | None = None


def test_a_careless_field_would_be_found() -> None:
    assert leaks(Careless) == ["Careless.refresh_token: str | None"]
