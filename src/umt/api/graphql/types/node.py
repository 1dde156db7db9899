"""What has an id by which it can be asked for again."""

from __future__ import annotations

from uuid import UUID

import strawberry


@strawberry.interface(description="A thing that can be asked for again by its id alone.")
class Node:
    id: UUID = strawberry.field(description="Its id.")
