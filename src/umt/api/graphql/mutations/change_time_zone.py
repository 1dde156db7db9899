"""`changeTimeZone`."""

from __future__ import annotations

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import WorkspacePayload
from umt.api.graphql.scalars import TimeZone
from umt.application.commands.workspace import ChangeTimeZone


@strawberry.input(description="What `changeTimeZone` takes.")
class ChangeTimeZoneInput:
    time_zone: TimeZone = strawberry.field(description="IANA name, like Europe/Berlin.")


change_time_zone = changes(ChangeTimeZone, ChangeTimeZoneInput, WorkspacePayload)
