"""``python -m umt.bench.graphql.serving memory|strawberry``: what the real server is measured beside.

``memory`` is the whole server, with the token's check and all, whose reader answers one page of campaigns from memory.
``strawberry`` is the same page of the same type as strawberry's documentation serves it: FastAPI's router, uvicorn's defaults,
nobody's token asked for. Each tells its address in a line of JSON, as ``umt serve`` does.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import strawberry
import uvicorn
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from umt.api.app import create_app
from umt.api.graphql.scalars import SCALARS
from umt.api.graphql.types.campaign import Campaign
from umt.api.server import server_config
from umt.application.lists import Page, Rows
from umt.application.queries import Queries, Row
from umt.bench.graphql.samples import plain_campaigns, rows
from umt.bootstrap import system
from umt.bootstrap.services import services_of
from umt.settings import Settings


def memory() -> None:
    with system(Settings()) as wired:
        services = services_of(wired, {})
        app = create_app(replace(services, queries=Queries(InMemory(wired.reader))))
        with _listener() as listener:
            uvicorn.Server(server_config(app)).run(sockets=[listener])


def strawberrys() -> None:
    app = FastAPI()
    schema = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    app.include_router(GraphQLRouter(schema), prefix="/graphql")
    with _listener() as listener:
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


class InMemory:
    """A reader that has one page and asks another reader for all else."""

    def __init__(self, reader: Any) -> None:
        self._reader, found = reader, rows()
        columns = {name: [row[name] for row in found] for name in found[0]}
        self._page: Page[Row] = Page(Rows(columns, len(found)))

    async def page(self, *_: Any, **__: Any) -> Page[Row]:
        return self._page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


@strawberry.type
class CampaignList:
    nodes: list[Campaign]


_CAMPAIGNS: Final = plain_campaigns()


@strawberry.type
class Query:
    @strawberry.field
    async def campaigns(self, first: int) -> CampaignList:
        return CampaignList(nodes=_CAMPAIGNS[:first])


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)  # noqa: T201 - as told above
    return listener


KINDS: Final[dict[str, Callable[[], None]]] = {"memory": memory, "strawberry": strawberrys}

if __name__ == "__main__":
    KINDS[sys.argv[1]]()
