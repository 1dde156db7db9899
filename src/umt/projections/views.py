"""How a view is declared that joins read models: its columns with their comments, and the SELECT that gives them."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from umt.projections.table import INCOMPLETE, NOTED, WORKSPACE, Column

_SOURCE: Final = re.compile(r"read_v1\.(\w+)|umt\.incomplete_rows\(\s*'(\w+)'")


class View(msgspec.Struct, frozen=True, eq=False):
    """A view of read_v1 over other views of read_v1. It reads like a table: the workspace leads its key.

    ``select`` gives the `published` columns in their order. Its position and update time are the latest of the rows
    that it was made from; it is incomplete when one of them is, or lacks because its event is parked
    (``umt.incomplete_rows``). It is made ``security_invoker``, so a reader sees in it
    what the reader sees in the views below.
    """

    name: str
    comment: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    select: str

    @property
    def all_key(self) -> tuple[Column, ...]:
        return (WORKSPACE, *self.key)

    @property
    def published(self) -> tuple[Column, ...]:
        """What it shows, in this order for ever, so that new columns come last."""
        return (*self.all_key, *NOTED, INCOMPLETE, *self.columns)

    @property
    def sources(self) -> frozenset[str]:
        """The views of read_v1 that it is made of."""
        return frozenset(view or marked for view, marked in _SOURCE.findall(self.select))
