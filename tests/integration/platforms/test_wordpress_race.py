"""Two orders of one post that cross on the way, in a sandbox of their own: for a moment there are two posts."""

from __future__ import annotations

import asyncio

import httpx
from tests.contracts.platform_contract import Outside

from umt.adapters.platforms.wordpress import WordPress
from umt.application.ports import Connection, Post
from umt.domain.platform import Platform
from umt.domain.secret import Secret


async def test_of_two_orders_at_once_one_post_stays(http: httpx.AsyncClient, outside: Outside) -> None:
    connection = Connection(Platform.CMS, "blog", Secret("editor:password"), f"{outside.url}/sites/blog")
    post = Post("spring", "Spring", "Text", "")
    publisher = WordPress(http)
    outside.strike("slow", "wordpress", match="/posts", method="POST", times=2, seconds=0.3)
    one, other = await asyncio.gather(publisher.publish(connection, post), publisher.publish(connection, post))
    assert one == other
    created = [e for e in outside.ledger(platform="wordpress") if e["action"] == "create"]
    assert len(created) == 2
    posts = (await http.get(f"{connection.endpoint}/wp-json/wp/v2/posts")).json()
    assert [(p["id"], p["slug"]) for p in posts] == [(int(one.external_id), "spring")]
