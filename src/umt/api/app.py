"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from umt import __version__
from umt.api.graphql.http import router as graphql
from umt.api.graphql.schema import graphql_schema
from umt.api.rest.accounts import router as accounts
from umt.api.rest.failures import tell_failures
from umt.api.rest.health import router as health
from umt.api.security import BodyLimit, Headers
from umt.api.services import Services

__all__ = ["create_app", "graphql_schema", "openapi_schema"]


def create_app(services: Services) -> FastAPI:
    """The application of a wired system."""
    app = _routed()
    app.state.services = services
    return app


def openapi_schema() -> dict[str, Any]:
    """The REST side's OpenAPI document; needs no running system."""
    return _routed().openapi()


def _routed() -> FastAPI:
    app = FastAPI(
        title="Ultimate Marketing Team",
        version=__version__,
        summary="The REST side; the API itself is GraphQL at /graphql.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    for router in (graphql, accounts, health):
        app.include_router(router)
    app.add_api_route("/", _entrance, include_in_schema=False)
    tell_failures(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Headers)
    return app


async def _entrance() -> RedirectResponse:
    """Whoever opens the address in a browser comes to the API."""
    return RedirectResponse("/graphql")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.open()
    try:
        yield
    finally:
        await services.close()
