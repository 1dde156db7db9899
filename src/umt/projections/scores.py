"""Read models: how campaigns and their platforms were judged, day by day."""

from __future__ import annotations

from collections.abc import Iterator

from umt.domain.campaign import CampaignScored
from umt.domain.recorded import Envelope
from umt.projections.table import Change, Column, Projection, Table

_CAMPAIGN = Column("campaign", "uuid", "The campaign's id.")
_DAY = Column("scored_on", "date", "Day of the judgement, in the campaign's time zone.")
_SCORE = Column("score", "numeric", "Performance score between 0 and 1; the last judgement of the day.")

CAMPAIGN_SCORES = Table(
    "campaign_scores",
    "How a campaign was judged on a day.",
    key=(_CAMPAIGN, _DAY),
    columns=(_SCORE,),
    of_stream=True,
)
PLATFORM_SCORES = Table(
    "platform_scores",
    "How a campaign's platform was judged on a day.",
    key=(_CAMPAIGN, Column("platform", "text", "The platform."), _DAY),
    columns=(_SCORE,),
    of_stream=True,
)
scores = Projection("scores", CAMPAIGN_SCORES, PLATFORM_SCORES)


@scores.on(CampaignScored)
def scored(event: CampaignScored, at: Envelope) -> Iterator[Change]:
    yield CAMPAIGN_SCORES.put(at, at.stream, event.on, score=event.score)
    for each in event.platforms:
        yield PLATFORM_SCORES.put(at, at.stream, each.platform, event.on, score=each.score)
