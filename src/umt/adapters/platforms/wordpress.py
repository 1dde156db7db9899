"""WordPress: posts over its REST API, with an application password.

Sources: "REST API Handbook: Posts, Authentication" at developer.wordpress.org.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import httpx
import msgspec

from umt.adapters.platforms.http import Answer, Api, Failure, Rejected
from umt.application.breakers import UNGUARDED, Breakers, site
from umt.application.ports import Account, Connection, Post, PublishedPost, Refused
from umt.domain.errors import InvalidValue
from umt.domain.secret import Secret
from umt.domain.values import MAX_COUNT, url

Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]
T = TypeVar("T")


class _Post(msgspec.Struct, frozen=True):
    id: Number
    slug: str
    status: str
    link: str


class _User(msgspec.Struct, frozen=True):
    id: Number


class _Site(msgspec.Struct, frozen=True):
    name: str = ""


class _Gone(msgspec.Struct, frozen=True):
    deleted: bool


class _Refusal(msgspec.Struct, frozen=True):
    message: str
    code: str = ""


class WordPress:
    """Publishes posts. The connection's endpoint is the site's address, its secret ``user:application password``.

    The address is a user's, so ``allow`` judges it before each publication (see ``guard``), and the client should be
    a ``guarded_client``. Each site has a circuit breaker of its own.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        allow: Callable[[str], Awaitable[None]] | None = None,
        *,
        breakers: Breakers = UNGUARDED,
    ) -> None:
        self._http, self._allow, self._breakers = http, allow, breakers

    async def verify(self, connection: Connection) -> Account:
        site = await self._site(connection)
        await site.send("GET", "/users/me", _User, query={"context": "edit"})
        return Account((await site.send("GET", "", _Site, root=True)).name or connection.account, None)

    async def publish(self, connection: Connection, post: Post) -> PublishedPost:
        """Find or create the post by its slug. Where two orders crossed, the older post stays and ours goes."""
        site = await self._site(connection)
        found = await site.find(post.reference)
        if found is None:
            body = {
                "slug": post.reference,
                "status": "publish",
                "title": post.title,
                "content": as_html(post.body),
                "excerpt": post.excerpt,
            }
            found = await site.send("POST", "/posts", _Post, body=body, write=True)
            if found.slug != post.reference:
                found = await site.yield_to_older(found, post.reference)
        if found.status != "publish":
            found = await site.send("POST", f"/posts/{found.id}", _Post, body={"status": "publish"}, write=True)
        return PublishedPost(_address(found), str(found.id))

    async def _site(self, connection: Connection) -> _Rest:
        if not connection.endpoint:
            raise Refused("a WordPress connection needs the site's address")
        if ":" not in connection.secret.reveal():
            raise Refused("a WordPress credential is written as user:application password")
        if self._allow is not None:
            await self._allow(connection.endpoint)
        return _Rest(self._http, connection.endpoint, connection.secret, self._breakers)


class _Rest:
    """The REST API of one site."""

    def __init__(self, http: httpx.AsyncClient, address: str, secret: Secret, breakers: Breakers) -> None:
        self._api = Api(http, "WordPress", address, _explain, breakers, site(address))
        self._secret = secret
        self._headers = {"Authorization": f"Basic {b64encode(secret.reveal().encode()).decode()}"}

    async def send(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        query: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
        write: bool = False,
        root: bool = False,
    ) -> T:
        return await self._api.send(
            method,
            "/wp-json/" if root else f"/wp-json/wp/v2{path}",
            shape,
            headers=self._headers,
            secret=self._secret,
            query=query,
            body=body,
            write=write,
        )

    async def find(self, slug: str) -> _Post | None:
        """The oldest post with this slug, published or not."""
        query = {"slug": slug, "status": "any", "context": "edit", "orderby": "id", "order": "asc"}
        return next(iter(await self.send("GET", "/posts", list[_Post], query=query)), None)

    async def yield_to_older(self, ours: _Post, slug: str) -> _Post:
        """WordPress gave our post another slug, for somebody took it since we looked: ours is deleted for good."""
        older = await self.find(slug)
        try:
            await self.send("DELETE", f"/posts/{ours.id}", _Gone, query={"force": "true"}, write=True)
        except Rejected as refusal:
            if refusal.status not in (404, 410):
                raise
        if older is None:
            raise Refused(f"WordPress does not take the slug {slug!r}: it made it {ours.slug!r}")
        return older


def _address(post: _Post) -> str:
    """Where the post can be read; a plugin or a broken setting may make it anything."""
    try:
        return url(post.link, "link")
    except InvalidValue as error:
        raise Refused(f"WordPress published post {post.id} without a usable address: {error}") from error


def as_html(text: str) -> str:
    """Plain text as markup: a blank line parts paragraphs, ``# `` begins a heading, ``- `` a list item.

    All else is escaped, so that a text can never bring markup of its own.
    """
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip())


def _block(block: str) -> str:
    parts: list[str] = []
    for kind, lines in _runs([line.strip() for line in block.splitlines() if line.strip()]):
        if kind == "li":
            parts.append(f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>")
        elif kind == "h2":
            parts += [f"<h2>{line}</h2>" for line in lines]
        else:
            parts.append(f"<p>{'<br>'.join(lines)}</p>")
    return "\n".join(parts)


def _runs(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Neighbouring lines of one kind, escaped and without their mark."""
    runs: list[tuple[str, list[str]]] = []
    for line in lines:
        match = re.fullmatch(r"(#{1,6}|-)\s+(.*)", line)
        kind = "p" if match is None else "li" if match[1] == "-" else "h2"
        content = html.escape(line if match is None else match[2])
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(content)
        else:
            runs.append((kind, [content]))
    return runs


def _explain(answer: Answer) -> Failure | None:
    refusal = answer.read(_Refusal)
    if refusal is None:
        return None
    words = html.unescape(re.sub(r"<[^>]{0,200}>", "", refusal.message))
    return Failure(f"{words} ({refusal.code})", frozenset({refusal.code}))
