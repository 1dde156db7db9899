"""What each field needs, written beside it in the schema out of the table in api/access.py."""

from __future__ import annotations

from typing import Final

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition

from umt.api.access import graphql_fields
from umt.api.graphql.enums import Permission


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Who asks for this field needs the permission, or is told FORBIDDEN. A field that says nothing needs what"
    " leads to it, no more.",
)
class Requires:
    permission: Permission


_PERMISSION: Final = (
    "One that the caller's role has, and of an API key its scopes, too; the query `permissions` tells which."
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="This field needs no credential, or none but what led to it."
)
class Public:
    pass


def state_requirements(schema: strawberry.Schema) -> None:
    """Say of each field of the table what it needs. LookupError if there is no such field."""
    for name, permission in graphql_fields():
        kind, _, field = name.partition(".")
        definition = schema.get_type_by_name(kind)
        if not isinstance(definition, StrawberryObjectDefinition):
            raise LookupError(f"{name} is in the table of permissions, but there is no type {kind}")
        found = next((f for f in definition.fields if schema.config.name_converter.get_graphql_name(f) == field), None)
        if found is None:
            raise LookupError(f"{name} is in the table of permissions, but there is no such field")
        found.directives = [Public() if permission is None else Requires(permission=permission)]
    published = schema._schema.get_directive("requires")
    assert published
    published.args["permission"].description = _PERMISSION  # strawberry has no words for a directive's arguments
