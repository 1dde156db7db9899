"""Where a campaign's history can be branched."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from umt.application.what_if.branch import History
from umt.domain.campaign import CampaignCreated, CampaignImported
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.recorded import Recorded


class Start(msgspec.Struct, frozen=True):
    """Whose history is branched, after which position, and what time it was there."""

    workspace: UUID
    position: int
    now: datetime


def start_of(history: History, campaign: UUID, position: int, *, head: int, until: int | None) -> Start:
    """The start of a branch at a position. Raises NotFound for what is no campaign, and InvalidValue for positions that
    it cannot be branched at."""
    created, last = next(history.stream(campaign, head), None), history.at(position)
    if created is None or not isinstance(created.event, CampaignCreated | CampaignImported):
        raise NotFound("campaign", campaign)
    if not created.position <= position < head:
        raise InvalidValue("at", f"must be from {created.position}, where the campaign begins, to {head - 1}")
    if until is not None and not position < until <= head:
        raise InvalidValue("until", f"must be from {position + 1} to {head}, the newest event")
    if last is None:
        raise InvalidValue("at", "the event there cannot be read; name another position")
    return Start(created.workspace, max(_whole(history, last), created.position), last.metadata.effective_at)


def _whole(history: History, at: Recorded) -> int:
    """The position, or the one before what was recorded together with it: a reaction is kept whole or not at all."""
    following = history.at(at.position + 1)
    if following is None or not _together(at, following):
        return at.position
    position = at.position
    while (before := history.at(position)) and _together(before, at):
        position -= 1
    return position


def _together(one: Recorded, other: Recorded) -> bool:
    """Whether both are of one transaction, as far as the log tells."""
    return (one.recorded_at, one.workspace, one.metadata.correlation, one.metadata.causation) == (
        other.recorded_at,
        other.workspace,
        other.metadata.correlation,
        other.metadata.causation,
    )
