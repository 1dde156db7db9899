"""Read model: ad sets."""

from __future__ import annotations

from umt.domain import campaign as events
from umt.domain.recorded import Envelope
from umt.projections.table import Change, Column, Projection, Table

AD_SETS = Table(
    "ad_sets",
    "Each campaign's ad sets: an audience on a platform, what it is shown, and the ad that came of it.",
    key=(Column("campaign", "uuid", "The campaign's id."), Column("ad_set", "uuid", "The ad set's id.")),
    columns=(
        Column("platform", "text", "The platform."),
        Column("name", "text", "Name, unique on the platform within the campaign."),
        Column("state", "text", "planned, created (the platform has the ad), refused or removed."),
        Column("audience", "jsonb", "Whom it addresses: name, ages in years, genders, interests, places."),
        Column("content", "uuid", "The content whose text it shows."),
        Column("creative", "jsonb", "The text that it shows: headline, body, address."),
        Column("bid", "numeric", "What may be bid, in the currency; null: the platform decides."),
        Column("currency", "text", "ISO 4217 code of the bid; null without one."),
        Column("external_ad", "text", "The ad's id on the platform; null until created."),
        Column("external_campaign", "text", "The campaign's id on the platform; null until created."),
        Column("external_status", "text", "What the platform said of the ad when it was created."),
        Column("failure", "text", "Why the platform refused it; null if it did not."),
    ),
    indexes=("workspace, content",),
    of_stream=True,
)
ad_sets = Projection("ad_sets", AD_SETS)


@ad_sets.on(events.AdSetAdded)
def added(event: events.AdSetAdded, at: Envelope) -> Change:
    ad_set = event.ad_set
    return AD_SETS.put(
        at,
        at.stream,
        ad_set.id,
        platform=ad_set.platform,
        name=ad_set.name,
        state="planned",
        audience=ad_set.audience,
        content=ad_set.creative.content,
        creative=ad_set.creative,
        bid=ad_set.bid.amount if ad_set.bid else None,
        currency=ad_set.bid.currency if ad_set.bid else None,
    )


@ad_sets.on(events.AdSetRemoved)
def removed(event: events.AdSetRemoved, at: Envelope) -> Change:
    return AD_SETS.put(at, at.stream, event.ad_set, state="removed")


@ad_sets.on(events.AdCreated)
def created(event: events.AdCreated, at: Envelope) -> Change:
    return AD_SETS.put(
        at,
        at.stream,
        event.ad_set,
        state="created",
        external_ad=event.ad.external_id,
        external_campaign=event.ad.external_campaign_id,
        external_status=event.ad.status,
        failure=None,
    )


@ad_sets.on(events.AdRefused)
def refused(event: events.AdRefused, at: Envelope) -> Change:
    return AD_SETS.put(at, at.stream, event.ad_set, state="refused", failure=event.reason)
