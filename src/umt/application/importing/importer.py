"""Bringing the rows of a performance export into the log.

Rows are written in chunks, each in one transaction: the campaigns and ads that were not known yet, and the figures that
are news. So an import that broke off is completed by running it again, and running it twice appends nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from decimal import Decimal
from functools import partial
from typing import Final, Protocol, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from umt.application.commands.analytics import news_of, record_performance
from umt.application.dispatch import Writer
from umt.application.importing.rows import PerformanceRow, RejectedRow, shown
from umt.application.transaction import Context, Transaction
from umt.domain import campaign as campaigns
from umt.domain.campaign import AdFound, Campaign, Status
from umt.domain.errors import NotFound
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform
from umt.domain.workspace import Workspace, WorkspaceCreated

IMPORTED_WORKSPACE: Final = uuid5(NAMESPACE_URL, "urn:umt:workspace:imported")
"""Where files go that are imported without naming a workspace: "Imported", made at need, without members."""

LISTED_REJECTIONS: Final = 10_000
"""Rejections that are listed; any more are only counted."""

_FEWEST_ROWS: Final = 10_000
_MOST_ROWS: Final = 50_000
_ROWS_PER_GROUP: Final = 50  # each campaign of a chunk costs some round trips, so that rows of many wait for more
_CHUNKS_UNDER_WAY: Final = 2
_LOW: Final = (1 << 32) - 1

Row: TypeAlias = PerformanceRow | RejectedRow


class Place(msgspec.Struct, frozen=True):
    """What figures belong to: a campaign's ads on a platform."""

    campaign: UUID
    platform: Platform


class Summable(Protocol):
    """What has the figures that everybody asks for."""

    @property
    def impressions(self) -> int: ...
    @property
    def clicks(self) -> int: ...
    @property
    def conversions(self) -> int: ...
    @property
    def spend(self) -> Decimal: ...


class Sums(msgspec.Struct):
    """Figures added up, in one currency."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: Decimal = Decimal(0)

    def add(self, figures: Summable) -> None:
        self.impressions += figures.impressions
        self.clicks += figures.clicks
        self.conversions += figures.conversions
        self.spend += figures.spend


class Import(msgspec.Struct):
    """What came of rows, or would come of them: each is new, restated, unchanged, rejected or held back.

    ``places`` adds up the rows that are not rejected, unchanged ones included; ``names`` are their campaigns'.
    """

    new: int = 0
    restated: int = 0
    unchanged: int = 0
    rejected: int = 0
    held_back: int = 0
    rejections: list[RejectedRow] = []
    places: dict[tuple[Place, str], Sums] = {}
    names: dict[UUID, str] = {}
    ads: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.restated + self.unchanged + self.rejected + self.held_back

    def hold_back(self) -> None:
        """What would be imported is not, since something else is rejected."""
        self.held_back, self.new, self.restated = self.new + self.restated, 0, 0

    def reject(self, row: RejectedRow) -> None:
        self.rejected += 1
        if len(self.rejections) < LISTED_REJECTIONS:
            self.rejections.append(row)


def campaign_of(workspace: UUID, reference: str) -> UUID:
    """The id of the campaign that files call so, on whatever platform."""
    return uuid5(workspace, f"imported campaign/{reference}")


def import_rows(
    writer: Writer,
    context: Context,
    rows: Iterable[Row],
    *,
    dry: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> Import:
    """Import into the context's workspace; with ``dry``, say what that would do and append nothing.

    ``progress`` is told the number of rows that are done. NotFound for a workspace that does not exist, except
    `IMPORTED_WORKSPACE`, which the first row makes.
    """
    return _Importer(writer, context, dry).run(rows, progress)


class _Group(msgspec.Struct):
    """The rows of a chunk that belong to one place; ``repeated`` ones say what the file has said further up."""

    rows: list[PerformanceRow] = []
    repeated: list[PerformanceRow] = []


_Chunk: TypeAlias = dict[tuple[str, str], _Group]
"""By the campaign's reference and the platform."""


class _Written(msgspec.Struct):
    """What a chunk's transaction came to. It counts only once that is committed, since a lost race runs it again."""

    new: int = 0
    restated: int = 0
    unchanged: int = 0
    rejections: list[RejectedRow] = []
    places: dict[tuple[Place, str], Sums] = {}
    names: dict[UUID, str] = {}
    currencies: dict[UUID, str] = {}
    ads: set[int] = set()


class _Importer:
    """One import: what it has seen of its file so far, in some 150 bytes for each row."""

    def __init__(self, writer: Writer, context: Context, dry: bool) -> None:
        self._writer, self._context, self._dry = writer, context, dry
        self._total = Import()
        self._seen: dict[int, int] = {}  # hash of what a row is about → its line, and 32 bits of a hash of its figures
        self._currencies: dict[UUID, str] = {}  # of campaigns that take figures
        self._planned: dict[UUID, str] = {}  # of campaigns that a dry run would make
        self._ads: set[int] = set()
        self._workspace_exists = False

    def run(self, rows: Iterable[Row], progress: Callable[[int], None]) -> Import:
        self._workspace_exists = self._writer.run(self._context, _find_workspace).result()
        under_way: deque[Future[_Written]] = deque()
        for chunk in self._chunks(rows):
            if len(under_way) == _CHUNKS_UNDER_WAY:
                self._count(under_way.popleft().result())
                progress(self._total.rows)
            under_way.append(self._writer.run(self._context, partial(self._write, chunk)))
        for future in under_way:
            self._count(future.result())
            progress(self._total.rows)
        self._total.ads = len(self._ads)
        self._total.rejections.sort(key=lambda rejected: rejected.line)
        return self._total

    def _chunks(self, rows: Iterable[Row]) -> Iterator[_Chunk]:
        chunk, held = _Chunk(), 0
        for row in rows:
            if isinstance(row, RejectedRow):
                self._total.reject(row)
            elif isinstance(repeats := self._repeats(row), RejectedRow):
                self._total.reject(repeats)
            else:
                group = chunk.setdefault((row.campaign_ref, row.platform), _Group())
                (group.repeated if repeats else group.rows).append(row)
                held += 1
                if held >= _FEWEST_ROWS and (held >= len(chunk) * _ROWS_PER_GROUP or held >= _MOST_ROWS):
                    yield chunk
                    chunk, held = _Chunk(), 0
        if chunk:
            yield chunk

    def _repeats(self, row: PerformanceRow) -> bool | RejectedRow:
        """Whether the file has said the same further up; a rejection when it has said otherwise."""
        about = hash((row.campaign_ref, row.platform, row.ad_ref, row.day, row.currency))
        figures = hash((row.impressions, row.clicks, row.conversions, row.leads, row.spend, row.revenue)) & _LOW
        this = row.line << 32 | figures
        first = self._seen.setdefault(about, this)
        if first is this:
            return False
        if first & _LOW == figures:
            return True
        day = f"on {row.day}" if row.day else "over its life"
        return RejectedRow(
            row.line, None, f"line {first >> 32} has other figures of this ad {day}; keep one of the two"
        )

    def _count(self, written: _Written) -> None:
        total = self._total
        total.new += written.new
        total.restated += written.restated
        total.unchanged += written.unchanged
        for rejected in written.rejections:
            total.reject(rejected)
        for place, sums in written.places.items():
            total.places.setdefault(place, Sums()).add(sums)
        total.names |= written.names
        self._currencies |= written.currencies
        self._ads |= written.ads
        self._workspace_exists = self._workspace_exists or not self._dry

    # In a chunk's transaction

    def _write(self, chunk: _Chunk, tx: Transaction) -> _Written:
        written = _Written()
        if not (self._workspace_exists or self._dry or _find_workspace(tx)):
            tx.record(Workspace, tx.context.workspace, WorkspaceCreated("Imported", "UTC"))
        for (reference, platform), group in chunk.items():
            place = Place(campaign_of(tx.context.workspace, reference), Platform(platform))
            first = (group.rows or group.repeated)[0]
            currency = self._currency_of(tx, place, first)
            if currency is None:
                reason = f"the campaign {shown(first.campaign_name)} is archived; import into another --workspace"
                written.rejections += [RejectedRow(row.line, None, reason) for row in (*group.rows, *group.repeated)]
                continue
            written.names[place.campaign], written.currencies[place.campaign] = first.campaign_name, currency
            rows = _in_currency(group.rows, currency, written)
            written.unchanged += len(_in_currency(group.repeated, currency, written))
            if rows:
                self._find_ads(tx, place, rows, written)
                self._record(tx, place, currency, rows, written)
        return written

    def _currency_of(self, tx: Transaction, place: Place, first: PerformanceRow) -> str | None:
        """The campaign's currency, which its first row gives it; None when it takes no more figures."""
        if place.campaign in self._currencies:
            return self._currencies[place.campaign]
        found = tx.load(Campaign, place.campaign)
        if found is not None:
            return found.currency if found.status is Status.IMPORTED else None
        if self._dry:
            return self._planned.setdefault(place.campaign, first.currency)
        name, reference, platforms = first.campaign_name, first.campaign_ref, (place.platform,)
        tx.create(Campaign, place.campaign, campaigns.import_campaign, name, reference, first.currency, platforms)
        return first.currency

    def _find_ads(self, tx: Transaction, place: Place, rows: Iterable[PerformanceRow], written: _Written) -> None:
        fresh: dict[str, PerformanceRow] = {}
        for row in rows:
            if (ad := hash((place.campaign, row.platform, row.ad_ref))) not in self._ads:
                written.ads.add(ad)
                fresh.setdefault(row.ad_ref, row)
        if self._dry or not fresh:
            return
        tx.get(Campaign, place.campaign)  # before the rows, so that another import's ads are seen or stand in the way
        known = tx.known_ads(place.campaign, place.platform, list(fresh))
        ads = [AdFound(ad, row.ad_name, row.dimensions) for ad, row in fresh.items() if ad not in known]
        if ads:
            tx.decide(Campaign, place.campaign, campaigns.find_ads, place.platform, ads)

    def _record(
        self, tx: Transaction, place: Place, currency: str, rows: Iterable[PerformanceRow], written: _Written
    ) -> None:
        """Reported now, as far as we know: a file does not say when its platform did."""
        sums = written.places.setdefault((place, currency), Sums())
        records = []
        for row in rows:
            sums.add(row)
            figures = Figures(row.impressions, row.clicks, row.conversions, row.leads, row.spend, row.revenue)
            records.append(Record(row.ad_ref, row.day, figures))
        if self._dry:
            news = news_of(tx, place.campaign, place.platform, tx.now, records)
        else:
            news = record_performance(tx, place.campaign, place.platform, currency, tx.now, records, imported=True)
        written.new += len(news.new)
        written.restated += len(news.restated)
        written.unchanged += len(records) - len(news.new) - len(news.restated)


def _find_workspace(tx: Transaction) -> bool:
    found = tx.load(Workspace, tx.context.workspace) is not None
    if not found and tx.context.workspace != IMPORTED_WORKSPACE:
        raise NotFound("workspace", tx.context.workspace)
    return found


def _in_currency(rows: list[PerformanceRow], currency: str, written: _Written) -> list[PerformanceRow]:
    """Those of the campaign's currency; the others are rejected."""
    good = [row for row in rows if row.currency == currency]
    if len(good) < len(rows):
        for row in rows:
            if row.currency != currency:
                reason = f"the campaign {shown(row.campaign_name)} is in {currency}, not {row.currency}"
                written.rejections.append(RejectedRow(row.line, "currency", reason))
    return good
