"""The public keys that access tokens are verified with."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from umt.api.rest.failures import refusals
from umt.api.services import Services

router = APIRouter(tags=["keys"])


class KeySetResponse(JSONResponse):
    """A JSON Web Key Set (RFC 7517)."""

    media_type = "application/jwk-set+json"


class PublicKey(BaseModel):
    """An Ed25519 key (RFC 8037)."""

    kty: Literal["OKP"] = Field(description="The family of keys.")
    crv: Literal["Ed25519"] = Field(description="The curve.")
    x: str = Field(description="The public key, as base64url.")
    kid: str = Field(description="The key's id, as in the header of a token.")
    use: Literal["sig"] = Field(description="What it is for: signatures.")
    alg: Literal["Ed25519"] = Field(description="The algorithm (RFC 9864).")


class KeySet(BaseModel):
    """The keys whose tokens are valid, one that is about to sign included."""

    keys: list[PublicKey] = Field(description="At least one.")


@router.get(
    "/.well-known/jwks.json",
    response_model=KeySet,
    response_class=KeySetResponse,
    responses=refusals(),
    summary="The keys that access tokens are verified with",
)
def key_set(request: Request) -> KeySetResponse:
    # Not asynchronous: looking for new keys may ask the database.
    services: Services = request.app.state.services
    return KeySetResponse({"keys": services.signing_keys.published()}, headers={"Cache-Control": "public, max-age=60"})
