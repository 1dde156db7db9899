"""WordPress' adapter against the sandbox."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest
from tests.contracts.platform_contract import Outside, PublisherContract

from umt.adapters.platforms.guard import guard, guarded_client
from umt.adapters.platforms.wordpress import WordPress, as_html
from umt.application.ports import Connection, Post, PublishedPost, Refused, Transient
from umt.domain.platform import Platform
from umt.domain.secret import Secret


class TestWordPress(PublisherContract):
    platform = "wordpress"
    creation = "/posts"

    @pytest.fixture
    def connection(self, outside: Outside) -> Connection:
        return Connection(Platform.CMS, "blog", Secret("editor:abcd efgh ijkl"), f"{outside.url}/sites/blog")

    @pytest.fixture
    def publisher(self, http: httpx.AsyncClient, outside: Outside) -> WordPress:
        return WordPress(http, None)

    async def test_a_draft_with_the_slug_is_published(
        self, publisher: WordPress, http: httpx.AsyncClient, connection: Connection, post: Post
    ) -> None:
        url = f"{connection.endpoint}/wp-json/wp/v2/posts"
        draft = {"slug": post.reference, "title": post.title, "content": "mine", "status": "draft"}
        made = (await http.post(url, json=draft, auth=("editor", "abcd"))).json()
        published = await publisher.publish(connection, post)
        assert published.external_id == str(made["id"])
        assert (await http.get(published.url)).status_code == 200

    async def test_a_guarded_publisher_reaches_only_what_is_allowed(
        self, outside: Outside, connection: Connection, post: Post
    ) -> None:
        async with guarded_client((outside.url,)) as client:
            allowed = WordPress(client, partial(guard, allowed_origins=(outside.url,)))
            assert (await allowed.publish(connection, post)).external_id
        async with guarded_client() as client:
            with pytest.raises(Refused, match="use https"):
                await WordPress(client, guard).publish(connection, post)
            with pytest.raises(Refused, match="public"):
                await WordPress(client, None).publish(connection, post)


PUBLISHED = {"id": 7, "slug": "spring", "status": "publish", "link": "https://blog.example/spring"}


async def published(**changes: Any) -> PublishedPost:
    """What comes of a site that has the post already, as told."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[{**PUBLISHED, **changes}]))
    connection = Connection(Platform.CMS, "blog", Secret("editor:password"), "https://blog.example")
    async with httpx.AsyncClient(transport=transport) as http:
        return await WordPress(http).publish(connection, Post("spring", "Spring", "Text", ""))


async def test_a_post_is_published_where_its_link_says() -> None:
    assert await published() == PublishedPost("https://blog.example/spring", "7")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "/spring",
        "//blog.example/",
        "javascript:alert(1)",
        "https://",
        "https://me:secret@blog.example/",
        "https://b/\n",
    ],
)
async def test_a_post_without_a_usable_address_is_refused(link: str) -> None:
    with pytest.raises(Refused, match="usable address"):
        await published(link=link)


@pytest.mark.parametrize("number", [0, -1, 2**53, 10**400, "7", None], ids=lambda value: str(value)[:20])
async def test_a_post_has_a_positive_number(number: Any) -> None:
    with pytest.raises((Refused, Transient)):
        await published(id=number)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("One.\nTwo.\n\nThree.", "<p>One.<br>Two.</p>\n<p>Three.</p>"),
        ("# Title\nText", "<h2>Title</h2>\n<p>Text</p>"),
        ("Such as\n- one\n- two", "<p>Such as</p>\n<ul><li>one</li><li>two</li></ul>"),
        ("<script>alert('1')</script> & co", "<p>&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; co</p>"),
        ("#hashtag\r\n\r\n-5 degrees", "<p>#hashtag</p>\n<p>-5 degrees</p>"),
        ("", ""),
    ],
)
def test_text_becomes_safe_markup(text: str, markup: str) -> None:
    assert as_html(text) == markup
