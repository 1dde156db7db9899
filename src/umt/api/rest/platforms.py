"""The platforms there are, and the workspace's connections to them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request

from umt.api.rest.changing import Caller
from umt.api.rest.failures import refusals
from umt.api.rest.pages import Reading
from umt.api.rest.shape import Answer, Moment
from umt.api.services import Services
from umt.application.queries import Row
from umt.domain.integration import Status
from umt.domain.platform import Platform

router = APIRouter(prefix="/api/v1/platforms", tags=["platforms"])

_KEPT: Final = [Status.REQUESTED.value, Status.CONNECTED.value, Status.FAILED.value]
"""Those that a workspace has one of at most for each platform."""


class Connection(StrEnum):
    """Whether the workspace is connected to a platform."""

    NONE = "none"
    REQUESTED = "requested"
    CONNECTED = "connected"
    FAILED = "failed"


class KnownPlatform(Answer):
    """A platform that there is."""

    platform: Platform = Field(description="Its name in this API.")
    label: str = Field(description="The name that people use.", examples=["LinkedIn"])
    sells_ads: bool = Field(description="Whether a campaign can put money there.")


class Platforms(Answer):
    """All platforms that there are."""

    items: list[KnownPlatform] = Field(description="The platforms.")


class PlatformStatus(Answer):
    """The workspace's connection to a platform."""

    platform: Platform = Field(description="The platform.")
    status: Connection = Field(description="Whether it is connected; requested: its credential is being verified.")
    integration: UUID | None = Field(description="The connection's id; null without one.")
    account: str | None = Field(description="The account's id there; null without a connection.")
    account_name: str | None = Field(description="What the platform calls the account; null until verified.")
    currency: str | None = Field(description="ISO 4217 code of the account; null where there is none.")
    failure: str | None = Field(description="Why it failed; null if it did not.")
    synced_at: Moment | None = Field(description="When figures were last collected.")


class PlatformStatuses(Answer):
    """The workspace's connections to all platforms."""

    items: list[PlatformStatus] = Field(description="One for each platform, connected or not.")


@router.get("", name="listPlatforms", response_model=Platforms, summary="The platforms there are", responses=refusals())
async def known() -> Platforms:
    return Platforms(
        items=[KnownPlatform(platform=each, label=each.label, sells_ads=each.sells_ads) for each in Platform]
    )


@router.get(
    "/status",
    name="listPlatformStatuses",
    response_model=PlatformStatuses,
    summary="Which platforms the workspace is connected to",
    responses=refusals(401, 403),
)
async def statuses(asked: Annotated[Reading, Query()], request: Request, caller: Caller) -> PlatformStatuses:
    found = {row["platform"]: row for row in await _connections(request, caller, list(Platform), asked)}
    return PlatformStatuses(items=[_status(platform, found.get(platform)) for platform in Platform])


@router.get(
    "/{platform}/status",
    name="getPlatformStatus",
    response_model=PlatformStatus,
    summary="Whether the workspace is connected to a platform",
    responses=refusals(401, 403),
)
async def status(
    platform: Annotated[Platform, Path(description="The platform.")],
    asked: Annotated[Reading, Query()],
    request: Request,
    caller: Caller,
) -> PlatformStatus:
    found = await _connections(request, caller, [platform], asked)
    return _status(platform, found[0] if found else None)


async def _connections(request: Request, caller: Caller, platforms: list[Platform], asked: Reading) -> list[Row]:
    services: Services = request.app.state.services
    return await services.queries.many(
        caller,
        "integrations",
        where={"platform": [platform.value for platform in platforms], "status": _KEPT},
        order=("platform",),
        limit=len(Platform),
        at_least=asked.position,
    )


def _status(platform: Platform, row: Row | None) -> PlatformStatus:
    names = ("integration", "account", "account_name", "currency", "failure", "synced_at")
    told = dict.fromkeys(names) if row is None else {name: row[name] for name in names}
    return PlatformStatus(platform=platform, status=row["status"] if row else Connection.NONE, **told)
