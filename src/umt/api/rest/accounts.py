"""Registering and signing in, as in GraphQL."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from umt.api import positions
from umt.api.graphql.mutation import checked_key
from umt.api.rest.failures import FAILURES
from umt.api.services import Services
from umt.application import identity
from umt.domain.workspace import Role

router = APIRouter(prefix="/api/v1/auth", tags=["accounts"], responses=FAILURES)


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, given: Any) -> Any:
        """JSON can spell half of a character, ``"\\ud800"``, which neither the log nor an answer can hold."""
        try:
            json.dumps(given, ensure_ascii=False, default=str).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise ValueError("The texts must be Unicode, without lone surrogates, and not nested deeply.") from error
        return given


class Registration(_Shape):
    """Who registers."""

    email: str = Field(description="The person's e-mail address.", examples=["ada@example.com"])
    password: str = Field(description="10 to 200 characters.", examples=["correct horse battery"])
    name: str = Field(description="The person's name.", examples=["Ada"])
    company: str = Field(description="The company's name: the workspace's.", examples=["Alpina"])
    time_zone: str = Field("UTC", description="IANA name, like Europe/Berlin.")
    idempotency_key: str | None = Field(
        None, description="A key of the caller's own; the same request under it signs in to what it made."
    )


class Credentials(_Shape):
    """Who signs in."""

    email: str = Field(description="The account's e-mail address.", examples=["ada@example.com"])
    password: str = Field(description="The account's password.", examples=["correct horse battery"])


class Session(_Shape):
    """A bearer token, shown once, and for whom it speaks."""

    token: str = Field(description="Send it as `Authorization: Bearer …`.")
    user: str = Field(description="The user's id.")
    workspace: str = Field(description="The workspace's id.")
    role: Role = Field(description="The role in the workspace.")
    position: str | None = Field(description="The log's position after registering; null for a login.")


@router.post("/register", status_code=201, response_model=Session, summary="Make an account and its workspace")
async def register(given: Registration, request: Request) -> Any:
    services: Services = request.app.state.services
    made = await services.identity.register(
        email=given.email,
        password=given.password,
        name=given.name,
        company=given.company,
        time_zone=given.time_zone,
        idempotency_key=checked_key(given.idempotency_key),
    )
    return _session(made)


@router.post("/login", response_model=Session, summary="Sign in: a new token")
async def login(given: Credentials, request: Request) -> Any:
    services: Services = request.app.state.services
    return _session(await services.identity.login(email=given.email, password=given.password))


def _session(made: identity.Session) -> Session:
    return Session(
        token=made.token,
        user=str(made.user),
        workspace=str(made.workspace),
        role=made.role,
        position=positions.encode(made.position) if made.position else None,
    )
