"""Lists in pages, over keys that stay where they are when rows come or go."""

from __future__ import annotations

from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api import positions
from umt.api.rest.shape import Shape
from umt.application.lists import Key, Order, Page, Stretch
from umt.application.queries import Row
from umt.domain.errors import InvalidValue

LARGEST_PAGE: Final = 100

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Place = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]


class Listed(msgspec.Struct, frozen=True):
    """A list in an order, whose cursors are of use to it alone; ``holds`` are the types of what its columns hold."""

    name: str
    order: Order
    holds: tuple[Any, ...]

    def cursor(self, row: Row) -> str:
        """A row's place, for a caller to hand back."""
        return positions.opaque(msgspec.json.encode((self.name, *(row[column] for column in self.order.columns))))

    def stretch(self, limit: int, cursor: str | None) -> Stretch:
        """So many behind the place of the cursor, or InvalidValue."""
        return Stretch(limit=limit, after=None if cursor is None else self._place(cursor))

    def _place(self, cursor: str) -> Key:
        kind: Any = GenericAlias(tuple, (str, *self.holds))
        try:
            name, *key = msgspec.json.decode(positions.transparent(cursor, "cursor"), type=kind)
        except msgspec.MsgspecError as error:
            raise InvalidValue("cursor", "is not a cursor of this list in this order") from error
        if name != self.name:
            raise InvalidValue("cursor", "is not a cursor of this list in this order")
        return tuple(key)


class Reading(Shape):
    """What every list and every thing that is read can be asked for."""

    at_least: str | None = Field(
        None,
        description="A position that a change gave: the answer waits until that change is in it, or fails with STALE_READ.",
    )

    @property
    def position(self) -> int | None:
        return None if self.at_least is None else positions.decode(self.at_least, "atLeast")


class Listing(Reading):
    """Which part of a list is asked for."""

    limit: int = Field(20, ge=1, le=LARGEST_PAGE, description="How many at most.")
    cursor: str | None = Field(None, description="Where to go on, as `next` of the page before has it.")


def following(page: Page[Row], listed: Listed, request: Request, response: Response) -> str | None:
    """The address of the next page, which `Link` gives, too; None on the last one."""
    if not page.more_behind:
        return None
    given = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    address = f"{request.url.path}?{urlencode([*given, ('cursor', listed.cursor(page.items[-1]))])}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
