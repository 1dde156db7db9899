"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from pydantic.alias_generators import to_camel
from starlette.requests import Request as HTTPRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from umt import __version__
from umt.api.graphql.execution.documents import Documents
from umt.api.graphql.http import ADDRESS, METHODS
from umt.api.graphql.http import router as graphql
from umt.api.graphql.kept import Answers, reads_views_alone
from umt.api.graphql.schema import EXECUTABLE, graphql_schema
from umt.api.graphql.streams import Streams
from umt.api.rest.accounts import router as accounts
from umt.api.rest.analytics import router as analytics
from umt.api.rest.campaigns import router as campaigns
from umt.api.rest.dashboard import router as dashboard
from umt.api.rest.document import completed
from umt.api.rest.failures import tell_failures
from umt.api.rest.health import router as health
from umt.api.rest.invitations import router as invitations
from umt.api.rest.keys import router as keys
from umt.api.rest.lifecycle import router as lifecycle
from umt.api.rest.metrics import router as metrics
from umt.api.rest.platforms import router as platforms
from umt.api.rest.problems import router as problems
from umt.api.server import most_connections
from umt.api.services import Services

__all__ = ["create_app", "graphql_schema", "openapi_schema"]

ROUTERS: Final = (
    graphql,
    accounts,
    invitations,
    campaigns,
    lifecycle,
    metrics,
    analytics,
    dashboard,
    platforms,
    keys,
    health,
    problems,
)


class _Application(FastAPI):
    """With `umt.api.hygiene` around all of it: also around the answer to a fault, which middleware of its own is not."""

    def build_middleware_stack(self) -> ASGIApp:
        services: Services = self.state.services
        return services.hygiene.around(_GraphQLFirst(self, super().build_middleware_stack()))

    def openapi(self) -> dict[str, Any]:
        """The REST side's document."""
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


def create_app(services: Services) -> FastAPI:
    """The application of a wired system."""
    app = routed()
    app.state.services = services
    app.state.streams = Streams(most_connections())
    app.state.documents = Documents(
        EXECUTABLE,
        services.trusted_documents,
        only_trusted=services.only_trusted_documents,
        introspection=services.introspection,
        of_views=reads_views_alone,
    )
    app.state.answers = Answers(services.kept_answers_bytes)
    return app


def openapi_schema() -> dict[str, Any]:
    """The REST side's OpenAPI document; needs no running system."""
    return routed().openapi()


def routed() -> FastAPI:
    """The application with all its routes, before it serves a system."""
    app = _Application(
        title="Ultimate Marketing Team",
        version=__version__,
        summary="The REST side; all that there is is in GraphQL at /graphql.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: to_camel(route.name),
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/", _entrance, include_in_schema=False)
    tell_failures(app)
    return app


class _GraphQLFirst:
    """GraphQL over HTTP goes past all routing: it is most of what is asked, and has a middleware and errors of its own."""

    def __init__(self, app: FastAPI, others: ASGIApp) -> None:
        self._app, self._others = app, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == ADDRESS and scope["method"] in METHODS:
            scope["app"] = self._app
            answer = await METHODS[scope["method"]](HTTPRequest(scope, receive, send))
            await answer(scope, receive, send)
        else:
            await self._others(scope, receive, send)


async def _entrance() -> RedirectResponse:
    """Whoever opens the address in a browser comes to the API."""
    return RedirectResponse(ADDRESS)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.open()
    try:
        yield
    finally:
        await services.close()
