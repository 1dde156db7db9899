"""What holds for every fold: no two streams set the same row, and rows hold what their table declares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace
from tests.unit.domain import stories
from tests.unit.history.samples import CAMPAIGN, TELLS

from umt.domain.campaign import (
    Ad,
    AdCreated,
    AdRefused,
    BudgetRaised,
    BudgetReallocated,
    CampaignLaunched,
    PlatformPaused,
    PlatformResumed,
)
from umt.domain.content import ContentArchived, PublicationFailed, PublicationRetried
from umt.domain.event import EVENT_TYPES, Event
from umt.domain.performance import PerformanceRecorded, stream_of
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Envelope, Metadata, Recorded
from umt.projections.catalogue import PROJECTIONS
from umt.projections.table import Change, Column, Projection, Table

WORKSPACE = UUID(int=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
FAILED = PublicationFailed(stories.CMS, "The title is taken.")
OPTIMISED = (
    AdCreated(stories.ad_set(stories.GOOGLE).id, Ad("123", "45", "active")),
    AdRefused(stories.ad_set(stories.LINKEDIN).id, "The headline shouts."),
    BudgetRaised(stories.GOOGLE, stories.eur(50), stories.DURING, "does well"),
    BudgetReallocated(stories.GOOGLE, stories.LINKEDIN, stories.eur(100), stories.DURING, "higher return"),
    PlatformPaused(stories.GOOGLE, stories.DURING, "does badly"),
    PlatformResumed(stories.GOOGLE, stories.DURING),
)


@dataclass
class Log:
    """Events as they would be recorded, with positions and versions as they come."""

    events: list[Recorded] = field(default_factory=list)
    versions: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    def record(self, stream: UUID, *events: Event) -> Log:
        for event in events:
            self.versions[stream] += 1
            position = len(self.events) + 1
            at = START + timedelta(seconds=position)
            metadata = Metadata(
                UUID(int=position), Actor(ActorKind.SYSTEM, "test"), stream, None, None, None, at, 1, "salt"
            )
            self.events.append(Recorded(position, stream, self.versions[stream], WORKSPACE, at, event, metadata))
        return self


def changes(projection: Projection, log: Log) -> Iterator[tuple[Envelope, Change]]:
    for recorded in log.events:
        if recorded.event.type_name in projection.folds:
            yield from ((recorded, change) for change in projection.changes(recorded))


def rows(projection: Projection, log: Log) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
    """The rows without their sums."""
    found: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = defaultdict(dict)
    for _, change in changes(projection, log):
        row = found[change.table.name, change.key]
        row.update(change.put)
        if change.update:
            row.update(change.update(row))
    return found


def set_by_two_streams(projection: Projection, log: Log) -> list[str]:
    """The tables with a row that two streams set columns of, instead of adding to them."""
    streams: dict[tuple[str, tuple[Any, ...]], set[UUID]] = defaultdict(set)
    for at, change in changes(projection, log):
        if change.put or change.update:
            streams[change.table.name, change.key].add(at.stream)
    return sorted({table for (table, _), setters in streams.items() if len(setters) > 1})


def in_two_streams_each() -> Log:
    """Every sample event in two streams; performance in the streams that such events have."""
    log = Log()
    for event, _ in TELLS:
        if isinstance(event, PerformanceRecorded):
            for campaign in (CAMPAIGN, UUID(int=99)):
                for platform in (Platform.LINKEDIN, Platform.GOOGLE):
                    other = replace(event, campaign=campaign, platform=platform)
                    log.record(stream_of(campaign, platform, event.month), other, other)
        else:
            for number in (1, 2):
                log.record(uuid5(UUID(int=number), event.type_name.partition(".")[0]), event)
    return log


SEQUENCED_BY_STREAM = [p for p in PROJECTIONS.values() if p.sequenced_by == "stream"]


@pytest.mark.parametrize("projection", SEQUENCED_BY_STREAM, ids=lambda p: p.name)
def test_no_row_is_set_by_two_streams(projection: Projection) -> None:
    log = in_two_streams_each()
    assert {type(r.event).type_name for r in log.events} == set(EVENT_TYPES), "a sample of every event"
    assert set_by_two_streams(projection, log) == []


def test_a_row_that_two_streams_set_is_found() -> None:
    table = Table("last", "The last one.", key=(), columns=(Column("campaign", "uuid", "The campaign."),))
    planted = Projection("planted", table)

    @planted.on(CampaignLaunched)
    def launched(event: CampaignLaunched, at: Envelope) -> Change:
        return table.put(at, campaign=at.stream)

    assert set_by_two_streams(planted, in_two_streams_each()) == ["last"]


HISTORIES = {
    "brand": stories.archived_brand(),
    "content": (*stories.published_content(), ContentArchived()),
    "failed content": (*stories.approved_content(), FAILED, PublicationRetried(stories.CMS)),
    "campaign": stories.archived_campaign(google="600 EUR", linkedin="300 EUR"),
    "optimised campaign": (*stories.live_campaign(google="600 EUR", linkedin="300 EUR"), *OPTIMISED),
}
"""Whole lives."""


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_folds_take_every_history_and_say_the_same_again(history: stories.History) -> None:
    log = Log().record(UUID(int=7), *history)
    for projection in PROJECTIONS.values():
        assert rows(projection, log) == rows(projection, log), projection.name


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=lambda p: p.name)
def test_folds_say_only_what_their_tables_declare(projection: Projection) -> None:
    samples = in_two_streams_each()
    for log in (samples, *(Log().record(UUID(int=7), *history) for history in HISTORIES.values())):
        for _, change in changes(projection, log):
            declared = {column.name: column for column in change.table.columns}
            assert change.table in projection.tables
            assert len(change.key) == len(change.table.all_key)
            assert None not in change.key
            assert not any(declared[name].summed for name in change.put), change
            assert all(declared[name].summed for name in change.add), change


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=lambda p: p.name)
def test_a_row_of_a_stream_is_keyed_by_it(projection: Projection) -> None:
    for at, change in changes(projection, in_two_streams_each()):
        if change.table.of_stream:
            assert change.key[1] == at.stream, change.table.name


def test_a_campaigns_first_event_sets_what_later_ones_build_on() -> None:
    projection = PROJECTIONS["campaigns"]
    (row,) = rows(projection, Log().record(CAMPAIGN, *stories.draft_campaign())).values()
    assert row.keys() == {column.name for column in projection.table("campaigns").columns}
