"""Which media types a body may be of."""

from __future__ import annotations

from email.message import Message
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"


async def takes_json(request: Request) -> None:
    """Refuses with 415 what is no JSON in UTF-8; a change of a part may be a merge patch (RFC 7396), too.

    No form of a foreign page can send such a body.
    """
    if not await request.body():
        return
    taken = (JSON, MERGE_PATCH) if request.method == "PATCH" else (JSON,)
    given = Message()
    given["content-type"] = request.headers.get("content-type", "")
    charset = str(given.get_param("charset", "utf-8")).lower()
    if given.get_content_type() not in taken or charset not in ("utf-8", "utf8"):
        header = "Accept-Patch" if request.method == "PATCH" else "Accept"
        wanted = " or ".join(taken)
        raise HTTPException(415, f"The content type must be {wanted} in UTF-8.", {header: ", ".join(taken)})
