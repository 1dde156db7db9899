"""GraphiQL, for browsers: strawberry's page, and what it may load."""

from __future__ import annotations

import re
import secrets
from functools import cache
from typing import Final

from starlette.responses import HTMLResponse
from strawberry.http.ides import get_graphql_ide_html

from umt.api.credentials import CSRF_COOKIE, CSRF_HEADER

_POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; font-src data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TAGS: Final = re.compile(r"<(script|style|link)\b")


def graphiql() -> HTMLResponse:
    """The page. Its own tags alone are let run, by a nonce of this answer; what they fetch from the CDN is fixed by its hash
    (Subresource Integrity), and the page can speak to nobody but us."""
    nonce = secrets.token_urlsafe(16)
    page = _TAGS.sub(rf'<\1 nonce="{nonce}"', _page())
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)})


@cache
def _page() -> str:
    """The page with our names of cookie and header, and nothing of who is signed in kept in the browser's storage."""
    page = get_graphql_ide_html(graphql_ide="graphiql")
    for theirs, ours in (
        ("<title>Strawberry GraphiQL</title>", "<title>UMT GraphiQL</title>"),
        ('Cookies.get("csrftoken")', f'Cookies.get("{CSRF_COOKIE}")'),
        ('defaultHeaders["x-csrftoken"]', f'defaultHeaders["{CSRF_HEADER}"]'),
        ("shouldPersistHeaders: true", "shouldPersistHeaders: false"),
    ):
        assert theirs in page, f"strawberry's page has changed: it lacks {theirs}"
        page = page.replace(theirs, ours)
    return page
