"""The table of permissions is whole: no operation without a row, no row without an operation, none that says otherwise
than the command that is carried out."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from graphql import GraphQLObjectType
from starlette.routing import Route, WebSocketRoute
from strawberry.types.base import StrawberryObjectDefinition
from tests.integration.api.operations import covered

from umt.api.access import FIELDS, MUTATIONS, QUERIES, ROUTES, SUBSCRIPTIONS
from umt.api.app import routed
from umt.api.graphql.schema import SCHEMA
from umt.application import commands
from umt.application.contracts.published import published_views
from umt.application.dispatch import Command
from umt.application.permissions import KINDS, PEOPLE_ONLY, ROLES, VIEWS, Permission
from umt.domain.event import EVENT_TYPES, Aggregate
from umt.projections.catalogue import PROJECTIONS
from umt.projections.catalogue import VIEWS as JOINED


def root_fields(name: str) -> set[str]:
    kind = SCHEMA._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return set(kind.fields)


def reading_fields() -> Iterator[str]:
    """Fields of types whose resolver waits for something, which is then read on its own."""
    for name, kind in SCHEMA._schema.type_map.items():
        definition = (kind.extensions or {}).get("strawberry-definition")
        if isinstance(definition, StrawberryObjectDefinition) and name not in ("Query", "Mutation"):
            for field in definition.fields:
                if field.base_resolver and inspect.iscoroutinefunction(field.base_resolver.wrapped_func):
                    yield f"{name}.{SCHEMA.config.name_converter.from_field(field)}"


def routes_of(routes: Iterable[Any]) -> Iterator[Route | WebSocketRoute]:
    for route in routes:
        if isinstance(route, Route | WebSocketRoute):
            yield route
        else:
            yield from routes_of(route.original_router.routes)


def methods_of(route: Route | WebSocketRoute) -> set[str]:
    """HEAD is GET without the body."""
    return (route.methods or set()) - {"HEAD"} if isinstance(route, Route) else {"WEBSOCKET"}


def command_kinds(kind: type[Command] = Command) -> Iterator[type[Command]]:
    for derived in kind.__subclasses__():
        yield derived
        yield from command_kinds(derived)


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert set(QUERIES) == root_fields("Query")
    assert set(MUTATIONS) == root_fields("Mutation")
    assert set(SUBSCRIPTIONS) == root_fields("Subscription")
    assert set(FIELDS) == set(reading_fields())
    found = {f"{method} {route.path}" for route in routes_of(routed().routes) for method in methods_of(route)}
    assert set(ROUTES) == found


def test_every_row_is_tried() -> None:
    assert covered() == {*QUERIES, *MUTATIONS, *SUBSCRIPTIONS, *FIELDS, *ROUTES}


def test_a_mutation_needs_what_its_command_needs() -> None:
    assert commands
    of_commands = {
        f"{kind.__name__[0].lower()}{kind.__name__[1:]}": kind.permission
        for kind in command_kinds()
        if not kind.__name__.startswith("_")
    }
    stated = {name: needs for name, needs in MUTATIONS.items() if name in of_commands and needs is not None}
    assert stated == {name: of_commands[name] for name in stated}
    assert len(stated) > 45


def test_every_view_and_every_kind_can_be_read_by_a_permission() -> None:
    assert set(VIEWS) == {view.name for view in published_views(PROJECTIONS.values(), JOINED)}
    assert {kind.kind for kind in Aggregate.__subclasses__()} == set(KINDS)
    assert {event_type.partition(".")[0] for event_type in EVENT_TYPES} == set(KINDS)


def test_every_permission_is_given_to_somebody_or_stated_to_be_nobodys() -> None:
    assert set(ROLES) == set(Permission)
    assert {permission for permission, roles in ROLES.items() if not roles} == {
        Permission.REGISTER,
        Permission.AGENT_WORK,
    }
    assert set(ROLES) >= PEOPLE_ONLY
