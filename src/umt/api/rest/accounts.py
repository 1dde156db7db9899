"""Registering, signing in and out, as in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from umt.api import positions
from umt.api.credentials import Sender, caller_of
from umt.api.idempotency import checked_key
from umt.api.rest.bodies import takes_json
from umt.api.rest.changing import KEY, POSITION, IdempotencyKey
from umt.api.rest.failures import refusals
from umt.api.rest.headers import REGISTERED
from umt.api.rest.shape import Answer, Shape
from umt.api.services import Services
from umt.api.signing_in import Granted, SigningIn, named
from umt.application.errors import Unauthenticated
from umt.domain.workspace import Role

router = APIRouter(prefix="/api/v1/auth", tags=["accounts"], dependencies=[Depends(takes_json)])


class Registration(Shape):
    """Who registers."""

    email: str = Field(description="The person's e-mail address.", examples=["ada@example.com"])
    password: str = Field(description="10 to 200 characters.", examples=["correct horse battery"])
    name: str = Field(description="The person's name.", examples=["Ada"])
    company: str = Field(description="The company's name: the workspace's.", examples=["Alpina"])
    time_zone: str = Field("UTC", description="IANA name, like Europe/Berlin.")
    idempotency_key: str | None = Field(
        None,
        description="A key of the caller's own; the same request under it signs in to what it made. The header"
        " `Idempotency-Key` is the same and goes before it.",
    )
    cookies: bool = Field(False, strict=True, description="Whether the session is given by cookies instead of tokens.")


class Credentials(Shape):
    """Who signs in."""

    email: str = Field(description="The account's e-mail address.", examples=["ada@example.com"])
    password: str = Field(description="The account's password.", examples=["correct horse battery"])
    workspace: UUID | None = Field(None, description="The workspace to sign in to; without it the account's first.")
    cookies: bool = Field(False, strict=True, description="Whether the session is given by cookies instead of tokens.")


class Refreshing(Shape):
    """Who stays signed in."""

    refresh_token: str | None = Field(None, description="The latest refresh token; without it that of the cookie.")


class LoggingOut(Shape):
    """Who signs out."""

    everywhere: bool = Field(
        False, strict=True, description="Whether all sessions of the account end, not only this one."
    )
    refresh_token: str | None = Field(
        None, description="The latest refresh token, if the access token has expired; else it is not needed."
    )


class ChangedPassword(Shape):
    """A password and the next one."""

    current: str = Field(description="The password until now.", examples=["correct horse battery"])
    new: str = Field(description="10 to 200 characters.", examples=["correct horse battery staple"])


class SessionWorkspace(Answer):
    """A workspace of the account."""

    id: UUID = Field(description="The workspace's id.")
    name: str = Field(description="The company's name.")
    role: Role = Field(description="The person's role there.")


class Session(Answer):
    """A session: its tokens, shown once, and for whom they speak."""

    token: str = Field(description="Send it as `Authorization: Bearer …`; empty when it is in a cookie.")
    expires_at: datetime = Field(description="Until when the token is valid.")
    refresh_token: str | None = Field(description="Gives the next pair of tokens, once; null when it is in a cookie.")
    refresh_expires_at: datetime = Field(description="When the session ends, however often it was refreshed.")
    csrf_token: str | None = Field(
        description="With cookies: send it as `X-CSRF-Token` with everything but GET; also in the cookie `umt_csrf`."
    )
    user: str = Field(description="The user's id.")
    workspace: str = Field(description="The workspace's id.")
    role: Role = Field(description="The role in the workspace.")
    workspaces: list[SessionWorkspace] = Field(description="All workspaces of the account; sign in to one by its id.")
    position: str | None = Field(description="The log's position after a change; null for a login or refresh.")


class LoggedOut(Answer):
    """What signing out did."""

    sessions: int = Field(description="How many sessions have ended.")


@router.post(
    "/register",
    status_code=201,
    response_model=Session,
    summary="Make an account and its workspace",
    responses={201: {"headers": REGISTERED}, **refusals(401, 403, 409, 415)},
)
async def register(
    given: Registration, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> Any:
    granted = await signing_in(request).register(
        email=given.email,
        password=given.password,
        name=given.name,
        company=given.company,
        time_zone=given.time_zone,
        idempotency_key=key_of(idempotency_key, given.idempotency_key),
        cookies=given.cookies,
    )
    return await answered(granted, request, response)


@router.post("/login", response_model=Session, summary="Sign in: a new session", responses=refusals(401, 403, 404, 415))
async def login(given: Credentials, request: Request, response: Response) -> Any:
    granted = await signing_in(request).login(
        email=given.email, password=given.password, workspace=given.workspace, cookies=given.cookies
    )
    return await answered(granted, request, response)


@router.post(
    "/refresh",
    response_model=Session,
    summary="Stay signed in: the next pair of tokens",
    responses=refusals(401, 403, 409, 415),
)
async def refresh(request: Request, response: Response, given: Annotated[Refreshing | None, Body()] = None) -> Any:
    granted = await signing_in(request).refresh(given.refresh_token if given else None)
    return await answered(granted, request, response)


@router.post(
    "/logout",
    response_model=LoggedOut,
    summary="Sign out, here or everywhere",
    responses=refusals(401, 403, 415),
)
async def logout(request: Request, response: Response, given: Annotated[LoggingOut | None, Body()] = None) -> Any:
    given = given or LoggingOut(everywhere=False, refresh_token=None)
    try:
        context = await caller_of(request, request.app.state.services)
    except Unauthenticated:
        context = None
    ended, cookies = await signing_in(request).logout(context, given.refresh_token, everywhere=given.everywhere)
    _set(response, cookies)
    return LoggedOut(sessions=ended)


@router.post(
    "/password",
    response_model=Session,
    summary="Set another password; all sessions end but a fresh one",
    responses=refusals(401, 403, 409, 415),
)
async def password(given: ChangedPassword, request: Request, response: Response) -> Any:
    context = await caller_of(request, request.app.state.services)
    granted = await signing_in(request).change_password(context, given.current, given.new)
    return await answered(granted, request, response)


async def answered(granted: Granted, request: Request, response: Response) -> Session:
    """The session as it is told, its cookies set."""
    made, by_cookie = granted.session, bool(granted.cookies)
    _set(response, granted.cookies)
    if made.position:
        response.headers[POSITION] = positions.encode(made.position)
    return Session(
        token="" if by_cookie else made.token.reveal(),
        expires_at=made.expires_at,
        refresh_token=None if by_cookie else made.refresh_token.reveal(),
        refresh_expires_at=made.refresh_expires_at,
        csrf_token=granted.csrf_token,
        user=str(made.user),
        workspace=str(made.workspace),
        role=made.role,
        workspaces=[
            SessionWorkspace(id=each.workspace, name=name, role=each.role)
            for each, name in await named(request.app.state.services, made)
        ],
        position=positions.encode(made.position) if made.position else None,
    )


def key_of(header: str | None, member: str | None) -> str | None:
    """The idempotency key, which older callers give in the body."""
    return checked_key(member) if header is None else checked_key(header, KEY)


def signing_in(request: Request) -> SigningIn:
    """What who sends the request may do about sessions."""
    services: Services = request.app.state.services
    return SigningIn(services, Sender.of(request, services))


def _set(response: Response, cookies: tuple[str, ...]) -> None:
    for cookie in cookies:
        response.headers.append("set-cookie", cookie)
