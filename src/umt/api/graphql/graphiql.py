"""GraphiQL, for browsers: strawberry's page, and what it may load."""

from __future__ import annotations

import re
import secrets
from functools import cache
from typing import Final

from starlette.responses import HTMLResponse
from strawberry.http.ides import get_graphql_ide_html

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
    return get_graphql_ide_html(graphql_ide="graphiql")
