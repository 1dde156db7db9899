"""Accepting an invitation, as in GraphQL."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api.graphql.mutation import checked_key
from umt.api.rest.accounts import Session, Shape, answered, signing_in
from umt.api.rest.failures import FAILURES

router = APIRouter(prefix="/api/v1/auth/invitations", tags=["accounts"], responses=FAILURES)


class Acceptance(Shape):
    """Who accepts an invitation."""

    token: str = Field(description="The token that the person was given.", examples=["umti_…"])
    password: str = Field(
        description="The password of the invited address's account; of a new one 10 to 200 characters.",
        examples=["correct horse battery"],
    )
    name: str | None = Field(None, description="The person's name; a new account needs one.", examples=["Ada"])
    idempotency_key: str | None = Field(
        None, description="A key of the caller's own; the same request under it signs in again."
    )
    cookies: bool = Field(False, strict=True, description="Whether the session is given by cookies instead of tokens.")


@router.post("/accept", status_code=201, response_model=Session, summary="Become a member by an invitation")
async def accept(given: Acceptance, request: Request, response: Response) -> Any:
    granted = await signing_in(request).accept_invitation(
        token=given.token,
        password=given.password,
        name=given.name,
        idempotency_key=checked_key(given.idempotency_key),
        cookies=given.cookies,
    )
    return await answered(granted, request, response)
