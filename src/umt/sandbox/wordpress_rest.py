"""What every WordPress answer has in common: error bodies, parameters, collections' pages, slugs, HTML pages."""

import html
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from umt.sandbox.wire import Call, Json, Refusal, Reply

HTML = "text/html; charset=UTF-8"


def error(code: str, message: str, status: int, **more: Any) -> Reply:
    """`WP_Error` as the REST server shows it."""
    return Reply(status, {"code": code, "message": message, "data": {"status": status, **more}})


def refuse(code: str, message: str, status: int, **more: Any) -> Refusal:
    return Refusal(error(code, message, status, **more))


def invalid_parameter(name: str, message: str) -> Refusal:
    details = {name: {"code": "rest_invalid_param", "message": message, "data": None}}
    text = f"Invalid parameter(s): {name}"
    return refuse("rest_invalid_param", text, 400, params={name: message}, details=details)


def number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII):
        raise invalid_parameter(name, f"{name} is not of type integer.")
    if not 1 <= int(text) <= most:
        raise invalid_parameter(name, f"{name} must be between 1 (inclusive) and {most} (inclusive)")
    return int(text)


def only(call: Call, document: Json) -> Json:
    """`_fields=id,title.rendered`: the global parameter, at the top level of names."""
    query = parse_qs(call.raw_query)
    texts = query.get("_fields", []) + query.get("_fields[]", [])
    asked = {name.split(".")[0].strip() for text in texts for name in text.split(",")}
    return {name: value for name, value in document.items() if name in asked} if asked else document


def collection(call: Call, items: list[Json], what: str) -> Reply:
    """A page of a collection with X-WP-Total, X-WP-TotalPages and Link headers."""
    size, at = number(call.query, "per_page", 10, 100), number(call.query, "page", 1, 10**9)
    pages = -(-len(items) // size)
    if at > max(1, pages):
        message = "The page number requested is larger than the number of pages available."
        raise refuse(f"rest_{what}_invalid_page_number", message, 400)
    reply = Reply(200, [only(call, item) for item in items[(at - 1) * size : at * size]])
    reply.headers = {"X-WP-Total": str(len(items)), "X-WP-TotalPages": str(pages)}
    kept = [(key, value) for key, value in parse_qsl(call.raw_query, keep_blank_values=True) if key != "page"]
    around = [("prev", at - 1)] * (at > 1) + [("next", at + 1)] * (at < pages)
    if around:
        reply.headers["Link"] = ", ".join(
            f'<{call.base}{call.path}?{urlencode([*kept, ("page", str(page))])}>; rel="{rel}"' for rel, page in around
        )
    return reply


def slugify(text: str) -> str:
    """As `sanitize_title`: no accents and tags, lower case, words joined by hyphens; at most 200 characters."""
    bare = re.sub(r"<[^>]*>", "", text)
    plain = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9\s_-]", "", re.sub(r"[/.]", "-", plain))
    return re.sub(r"[\s-]+", "-", kept).strip("-")[:200].rstrip("-")


def html_page(title: str, body: str) -> str:
    """A page; `title` is escaped here, `body` is markup."""
    name = html.escape(title)
    head = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}</title></head>'
    return f"{head}<body><article><h1>{name}</h1>{body}</article></body></html>\n"
