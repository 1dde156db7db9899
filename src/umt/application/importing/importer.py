"""Bringing the rows of a performance export into the log.

Rows are written in chunks, each in one transaction: the campaigns and ads that were not known yet, and the figures that
are news. So an import that broke off is completed by running it again, and running it twice appends nothing.

What a chunk's transaction decides is kept only once it is committed, since a lost race runs it again.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

import msgspec

from umt.application.commands.analytics import record_performance
from umt.application.dispatch import Writer
from umt.application.importing.rows import PerformanceRow, RejectedRow
from umt.application.transaction import Context, Transaction
from umt.domain import campaign as campaigns
from umt.domain.campaign import AdFound, Campaign, Status
from umt.domain.errors import NotFound
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform
from umt.domain.workspace import Workspace, WorkspaceCreated

IMPORTED_WORKSPACE: Final = UUID("3f3e4f0c-6a35-5d3c-8a43-0b7c2a1e9d10")
"""The workspace of files that are imported without naming one; its name is "Imported", and it has no members."""

ROWS_PER_CHUNK: Final = 10_000
LISTED_REJECTIONS: Final = 10_000
"""Rejections that are listed; further ones are only counted."""

_CHUNKS_UNDER_WAY: Final = 2

Place: TypeAlias = tuple[UUID, Platform]
"""A campaign on a platform: what figures belong to."""


class Total(msgspec.Struct):
    """Figures summed up, in one currency."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: Decimal = Decimal(0)

    def add(self, more: Any) -> None:
        """Add anything that has these four."""
        self.impressions += more.impressions
        self.clicks += more.clicks
        self.conversions += more.conversions
        self.spend += more.spend


class Import(msgspec.Struct):
    """What came of a file, or with a dry run what would come of it: every row is new, restated, unchanged or rejected.

    ``totals`` sums up the file's own rows, unchanged ones included, by place and currency.
    """

    new: int = 0
    restated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejections: list[RejectedRow] = []
    totals: dict[tuple[UUID, Platform, str], Total] = {}
    ads: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.restated + self.unchanged + self.rejected

    @property
    def places(self) -> set[Place]:
        return {(campaign, platform) for campaign, platform, _ in self.totals}

    def reject(self, row: RejectedRow) -> None:
        self.rejected += 1
        if len(self.rejections) < LISTED_REJECTIONS:
            self.rejections.append(row)


class _Row(msgspec.Struct, frozen=True, gc=False):
    row: PerformanceRow
    repeats: bool
    """Whether the file has the same row further up."""


def import_rows(
    writer: Writer,
    context: Context,
    rows: Iterable[PerformanceRow | RejectedRow],
    *,
    dry: bool = False,
    progress: Callable[[Import], None] = lambda so_far: None,
) -> Import:
    """Import into the context's workspace; NotFound when there is none, except for the one that is made at need.

    ``dry`` only looks at what is known already. ``progress`` is told the state of things after each chunk.
    """
