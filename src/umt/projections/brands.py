"""Read model: brands."""

from __future__ import annotations

from umt.domain import brand as events
from umt.domain.recorded import Recorded
from umt.domain.values import unique_key
from umt.projections.table import Change, Column, Projection, Table, plain

BRANDS = Table(
    "brands",
    "Every brand of a workspace as it stands.",
    key=(Column("brand", "uuid", "The brand's id."),),
    columns=(
        Column("name", "text", "Name, unique among the workspace's active brands."),
        Column("industry", "text", "Name of the trade."),
        Column("industry_code", "text", "Code of the trade in a classification; empty without one."),
        Column("description", "text", "What the brand is about."),
        Column("styling", "jsonb", "Colours, font, tone of voice, words to use and to avoid, logo."),
        Column("audiences", "jsonb", "Whom the brand wants to reach."),
        Column("social_accounts", "jsonb", "Where the brand speaks."),
        Column("competitors", "jsonb", "Whom the brand watches."),
        Column("archived", "boolean", "Whether the brand was put away."),
        Column("created_at", "timestamptz", "When it was set up, by the business's clock."),
        Column("version", "integer", "Version of the brand's stream, for optimistic concurrency."),
        Column("name_key", "text", "The name as names are compared: without case, in one form of Unicode (NFKC)."),
    ),
    of_stream=True,
    sorted_by=("created_at", "position", "name_key"),
)
brands = Projection("brands", BRANDS, version=2)


@brands.on(events.BrandCreated)
def created(event: events.BrandCreated, at: Recorded) -> Change:
    return BRANDS.put(
        at,
        at.stream,
        name=event.name,
        name_key=unique_key(event.name),
        industry=event.industry.name,
        industry_code=event.industry.code,
        description=event.description,
        styling=events.Styling(),
        audiences=(),
        social_accounts=(),
        competitors=(),
        archived=False,
        created_at=at.metadata.effective_at,
        version=at.version,
    )


@brands.on(events.BrandRenamed)
def renamed(event: events.BrandRenamed, at: Recorded) -> Change:
    return BRANDS.put(at, at.stream, name=event.name, name_key=unique_key(event.name), version=at.version)


@brands.on(events.BrandDescribed)
def described(event: events.BrandDescribed, at: Recorded) -> Change:
    return BRANDS.put(
        at,
        at.stream,
        description=event.description,
        industry=event.industry.name,
        industry_code=event.industry.code,
        version=at.version,
    )


@brands.on(events.BrandStyled)
def styled(event: events.BrandStyled, at: Recorded) -> Change:
    return BRANDS.put(at, at.stream, styling=event.styling, version=at.version)


@brands.on(events.AudiencesDefined)
def audiences_defined(event: events.AudiencesDefined, at: Recorded) -> Change:
    return BRANDS.put(at, at.stream, audiences=event.audiences, version=at.version)


@brands.on(events.SocialAccountAdded)
def account_added(event: events.SocialAccountAdded, at: Recorded) -> Change:
    return BRANDS.update(
        at,
        at.stream,
        by=lambda row: {"social_accounts": [*row["social_accounts"], plain(event.account)], "version": at.version},
    )


@brands.on(events.SocialAccountRemoved)
def account_removed(event: events.SocialAccountRemoved, at: Recorded) -> Change:
    gone = (event.platform.value, event.handle)
    return BRANDS.update(
        at,
        at.stream,
        by=lambda row: {
            "social_accounts": [a for a in row["social_accounts"] if (a["platform"], a["handle"]) != gone],
            "version": at.version,
        },
    )


@brands.on(events.CompetitorAdded)
def competitor_added(event: events.CompetitorAdded, at: Recorded) -> Change:
    return BRANDS.update(
        at,
        at.stream,
        by=lambda row: {"competitors": [*row["competitors"], plain(event.competitor)], "version": at.version},
    )


@brands.on(events.CompetitorRemoved)
def competitor_removed(event: events.CompetitorRemoved, at: Recorded) -> Change:
    return BRANDS.update(
        at,
        at.stream,
        by=lambda row: {
            "competitors": [c for c in row["competitors"] if c["name"] != event.name],
            "version": at.version,
        },
    )


@brands.on(events.BrandArchived)
def archived(event: events.BrandArchived, at: Recorded) -> Change:
    return BRANDS.put(at, at.stream, archived=True, version=at.version)
