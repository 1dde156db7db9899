"""What every Graph API call has in common: tokens, error bodies, `fields` projection, `filtering`, cursor paging.

Follows "Graph API: Handling Errors", "Paginated Results", "Field Expansion" and "Marketing API: Rate Limiting".
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from umt.sandbox.clock import parse_instant
from umt.sandbox.wire import Call, Json, Refusal, Reply

DEFAULT_LIMIT, MAX_LIMIT = 25, 500
ZERO_DECIMAL = frozenset({"JPY", "KRW", "CLP", "VND", "ISK", "PYG", "HUF", "TWD", "COP", "CRC", "IDR"})
"""Currencies whose minor unit on Meta is the unit itself ("Currencies: offset 1")."""


def minor_unit(currency: str) -> int:
    """Hundredths per minor unit of the currency, as Meta counts budgets."""
    return 100 if currency in ZERO_DECIMAL else 1


def error(
    message: str, code: int, *, kind: str = "OAuthException", subcode: int | None = None, status: int = 400,
    title: str = "", advice: str = "", transient: bool = False,
) -> Reply:  # fmt: skip
    body: Json = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    if title or transient or subcode is not None:
        body["is_transient"] = transient
    if title:
        body |= {"error_user_title": title, "error_user_msg": advice}
    return Reply(status, {"error": body})


def refuse(message: str) -> Refusal:
    """(#100): the common error for a bad parameter."""
    return Refusal(error(f"(#100) {message}", 100))


def invalid(title: str, advice: str, subcode: int) -> Refusal:
    """Code 100 with words for the user, as ad validation answers."""
    return Refusal(error("Invalid parameter", 100, subcode=subcode, title=title, advice=advice))


def missing_object(method: str, id: str) -> Refusal:
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{id}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api"
    )
    return Refusal(error(message, 100, kind="GraphMethodException", subcode=33))


def unknown_path(path: str) -> Reply:
    return error(f"Unknown path components: {path}", 2500)


def authenticate(call: Call, parameters: Mapping[str, Any], now: datetime) -> None:
    """`access_token` as a parameter, or a bearer token. Any token is good, except those that begin with "expired"."""
    token = str(parameters.get("access_token") or call.query.get("access_token") or call.bearer)
    if not token:
        raise Refusal(error("An access token is required to request this resource.", 104))
    if token.startswith("expired"):
        when = now.strftime("%A, %d-%b-%y %H:%M:%S UTC")
        reply = error(
            f"Error validating access token: Session has expired on {when}. The current time is {when}.", 190,
            subcode=463, status=401,
        )  # fmt: skip
        reply.body["error"].pop("is_transient")
        reply.headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token" "Session has expired"'
        raise Refusal(reply)


def parse(parameters: Mapping[str, Any], name: str) -> Any:
    """A parameter that may come as JSON text (form, query) or as itself (JSON body)."""
    value = parameters.get(name)
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


def one_of(parameters: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = parameters[name]
    if value not in allowed:
        raise refuse(f"Param {name} must be one of {{{', '.join(allowed)}}}")
    return str(value)


def require(parameters: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if parameters.get(name) in (None, ""):
            raise refuse(f"The parameter {name} is required")


def whole_number(parameters: Mapping[str, Any], name: str) -> int | None:
    value = parameters.get(name)
    if value in (None, ""):
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 15:
        raise refuse(f"Param {name} must be an integer")
    return int(text)


def moment(parameters: Mapping[str, Any], name: str) -> datetime | None:
    """A time as ISO 8601 or UNIX seconds."""
    value = parameters.get(name)
    if value in (None, "", "0", 0):
        return None
    text = str(value)
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        return parse_instant(text)
    except (ValueError, OverflowError, OSError):
        raise refuse(f"Param {name} must be a valid date/time") from None


def split_fields(text: str) -> dict[str, str]:
    """`id,creative{id,name},x` -> {"id": "", "creative": "id,name", "x": ""}. Raises `Refusal` on unbalanced braces."""
    fields: dict[str, str] = {}
    name, inner, depth = "", "", 0
    for letter in text + ",":
        if letter == "}":
            depth -= 1
        if depth < 0:
            break
        if depth:
            inner += letter
        elif letter == ",":
            if name.strip():
                fields[name.strip()] = inner
            name = inner = ""
        elif letter not in "{}":
            name += letter
        if letter == "{":
            inner += "{" if depth else ""
            depth += 1
    if depth:
        raise Refusal(error('Syntax error "Expected end of string instead of "{"." at character 0: ' + text[:80], 2500))
    return fields


type_names = {
    "campaign": "Campaign", "adset": "AdSet", "ad": "Ad", "adcreative": "AdCreative", "account": "AdAccount",
}  # fmt: skip


def project(document: Json, asked: str, kind: str, known: Iterable[str], nested: Callable[[str, str], Any]) -> Json:
    """Only the fields asked for, always with `id`. `nested(field, inner)` expands one like `creative{name}`."""
    fields = split_fields(asked)
    known = set(known)
    shown: Json = {}
    for name, inner in fields.items():
        if name not in known:
            raise refuse(f"Tried accessing nonexisting field ({name}) on node type ({type_names[kind]})")
        value = nested(name, inner) if inner else document.get(name)
        if value is not None:
            shown[name] = value
    return shown | {"id": document["id"]}


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": lambda have, want: have == str(want),
    "NOT_EQUAL": lambda have, want: have != str(want),
    "IN": lambda have, want: have in [str(item) for item in want],
    "NOT_IN": lambda have, want: have not in [str(item) for item in want],
    "CONTAIN": lambda have, want: str(want).lower() in have.lower(),
    "NOT_CONTAIN": lambda have, want: str(want).lower() not in have.lower(),
    "GREATER_THAN": lambda have, want: _number(have) > _number(want),
    "LESS_THAN": lambda have, want: _number(have) < _number(want),
}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        try:
            return parse_instant(str(value)).timestamp()
        except ValueError:
            raise refuse("filtering value is not comparable") from None


def matcher(parameters: Mapping[str, Any], fields: Callable[[Any, str], str | None]) -> Callable[[Any], bool]:
    """A predicate from `filtering=[{"field","operator","value"}]`; `fields(item, name)` reads a field, None: unknown."""
    filters = parse(parameters, "filtering") or []
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise refuse("param filtering must be an array.")
    tests: list[tuple[str, Callable[[Any, Any], bool], Any]] = []
    for item in filters:
        compare = _COMPARISONS.get(str(item.get("operator")))
        if compare is None:
            raise refuse(f"Filtering operator must be one of {{{', '.join(_COMPARISONS)}}}")
        want = item.get("value")
        if str(item["operator"]).endswith("IN") and item["operator"] != "CONTAIN" and not isinstance(want, list):
            raise refuse("Filtering value must be a list for operator IN")
        tests.append((str(item.get("field")), compare, want))

    def fits(item: Any) -> bool:
        for name, compare, want in tests:
            have = fields(item, name)
            if have is None:
                raise refuse(f"Filtering field {name[:60]} is invalid")
            if not compare(have, want):
                return False
        return True

    return fits


def page(call: Call, items: Sequence[Any], key: Callable[[Any], str], show: Callable[[Any], Json]) -> Json:
    """One page of an edge: `data` and `paging` with cursors, and a `next` url where there is more."""
    text = call.query.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 7 or int(text) < 1:
        raise refuse("Param limit must be an integer greater than 0")
    limit = min(int(text), MAX_LIMIT)
    keys = [key(item) for item in items]
    start, end = 0, len(items)
    if after := call.query.get("after"):
        start = _position(keys, after) + 1
    elif before := call.query.get("before"):
        end = _position(keys, before)
        start = max(0, end - limit)
    shown = items[start : min(start + limit, end)]
    if not shown:
        return {"data": []}
    first, last = _cursor(keys[start]), _cursor(keys[start + len(shown) - 1])
    paging: Json = {"cursors": {"before": first, "after": last}}
    if start + len(shown) < len(items):
        paging["next"] = _url(call, "after", last)
    if start > 0:
        paging["previous"] = _url(call, "before", first)
    return {"data": [show(item) for item in shown], "paging": paging}


def _cursor(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _position(keys: Sequence[str], cursor: str) -> int:
    try:
        return keys.index(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except ValueError:
        raise Refusal(error("(#100) Invalid cursors values in after/before parameter", 100)) from None


def _url(call: Call, name: str, cursor: str) -> str:
    kept = [(k, v) for k, v in parse_qsl(call.raw_query, keep_blank_values=True) if k not in ("after", "before")]
    return f"{call.base}{call.path}?{urlencode([*kept, (name, cursor)])}"


def graph_time(text: str) -> str:
    """2026-01-05T08:00:00+0000, as the Graph API writes times."""
    at: datetime = parse_instant(text)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
