"""Whether the process lives, is ready, and how far its read models and agents are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from umt import __version__
from umt.api.rest.failures import refusals
from umt.api.services import Services
from umt.application.breakers import State
from umt.application.errors import Unavailable
from umt.application.transaction import Context
from umt.domain.recorded import Actor, ActorKind

router = APIRouter(tags=["health"], responses=refusals())

_NOBODY: Final = Context(workspace=UUID(int=0), actor=Actor(ActorKind.SYSTEM, "health"))


class Version(BaseModel):
    """What is running."""

    version: str = Field(description="The program's version.", examples=["0.1.0"])


class Life(BaseModel):
    """A yes."""

    status: str = Field(description="ok.")


class ProjectionHealth(BaseModel):
    """How far a read model has come."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}

    name: str = Field(description="Its name.")
    position: int = Field(description="The last event of the log that is in it.")
    lag: int = Field(description="Events that are not in it yet.")
    beat_at: datetime = Field(description="Its worker's last sign of life.")
    state: str = Field(description="current, catching_up, building, failing, or silent: no sign of life for 5 seconds.")
    lag_seconds: float = Field(description="Age of the oldest event that is not in it yet, in seconds.")
    alive: bool = Field(description="Whether its worker gives signs of life and does not fail.")
    dead_letters: int = Field(description="Events of all workspaces that could not be applied and wait.")


class AgentsHealth(BaseModel):
    """How far the agents have come."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}

    unread_events: int = Field(description="Events that some agent has not read yet.")


class Health(BaseModel):
    """How the process is doing."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}

    status: str = Field(
        description="ok; degraded when a projection's worker is silent or fails, or events wait as dead letters."
    )
    version: str = Field(description="The program's version.")
    projections: list[ProjectionHealth] = Field(description="The read models.")
    open_breakers: list[str] = Field(
        description="Outside services that are left alone now since they failed too often: meta, google, linkedin, "
        "language-model. Sites of users are not told.",
    )
    agents: AgentsHealth = Field(description="The agents.")
    info: dict[str, Any] = Field(description="What the operator wants known, e.g. the sandbox's address.")


@router.get("/api/v1/version", response_model=Version, summary="What is running")
async def version() -> Version:
    return Version(version=__version__)


@router.get("/livez", response_model=Life, summary="Whether the process lives")
async def livez() -> Life:
    return Life(status="ok")


@router.get("/readyz", response_model=Life, summary="Whether it can serve now")
async def readyz(request: Request) -> Life:
    await _require_ready(request.app.state.services)
    return Life(status="ok")


@router.get("/health", response_model=Health, summary="How the process is doing")
async def health(request: Request) -> Health:
    services: Services = request.app.state.services
    await _require_ready(services)
    dead_letters = await services.queries.dead_letters(_NOBODY)
    projections = [
        ProjectionHealth(
            name=each.name,
            position=each.position,
            lag=each.lag,
            lag_seconds=float(each.lag_seconds),
            state=each.state,
            beat_at=each.beat_at,
            alive=each.healthy,
            dead_letters=dead_letters.get(each.name, 0),
        )
        for each in await services.queries.freshness(_NOBODY)
        if each.live
    ]
    activity = await services.queries.agent_activity(_NOBODY, services.clock.now())
    return Health(
        status="ok" if all(each.alive and not each.dead_letters for each in projections) else "degraded",
        version=__version__,
        projections=projections,
        open_breakers=[
            each.service for each in await services.queries.breakers(_NOBODY) if each.state is not State.CLOSED
        ],
        agents=AgentsHealth(unread_events=activity.unread_events),
        info=dict(services.info()),
    )


async def _require_ready(services: Services) -> None:
    if not await services.ready():
        raise Unavailable("The database cannot be reached; try again in a moment.")
