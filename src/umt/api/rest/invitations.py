"""Accepting an invitation, as in GraphQL."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api.rest.accounts import Session, answered, key_of, signing_in
from umt.api.rest.bodies import takes_json
from umt.api.rest.changing import IdempotencyKey
from umt.api.rest.failures import refusals
from umt.api.rest.headers import REGISTERED
from umt.api.rest.shape import Shape

router = APIRouter(prefix="/api/v1/auth/invitations", tags=["accounts"], dependencies=[Depends(takes_json)])


class Acceptance(Shape):
    """Who accepts an invitation."""

    token: str = Field(description="The token that the person was given.", examples=["umti_…"])
    password: str = Field(
        description="The password of the invited address's account; of a new one 10 to 200 characters.",
        examples=["correct horse battery"],
    )
    name: str | None = Field(None, description="The person's name; a new account needs one.", examples=["Ada"])
    idempotency_key: str | None = Field(
        None,
        description="A key of the caller's own; the same request under it signs in again. The header `Idempotency-Key` is"
        " the same and goes before it.",
    )
    cookies: bool = Field(False, strict=True, description="Whether the session is given by cookies instead of tokens.")


@router.post(
    "/accept",
    name="acceptInvitation",
    status_code=201,
    response_model=Session,
    summary="Become a member by an invitation",
    responses={201: {"headers": REGISTERED}, **refusals(401, 403, 404, 409, 415)},
)
async def accept(
    given: Acceptance, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> Any:
    granted = await signing_in(request).accept_invitation(
        token=given.token,
        password=given.password,
        name=given.name,
        idempotency_key=key_of(idempotency_key, given.idempotency_key),
        cookies=given.cookies,
    )
    return await answered(granted, request, response)
