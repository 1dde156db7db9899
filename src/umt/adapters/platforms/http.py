"""One request to an outside platform: bounded in time and size, its answer validated, its failures named.

What goes wrong becomes one of the ports' errors. A request that changes something (``write``) and gets no usable answer
may have been carried out, so it is ``OutcomeUnknown``; the same for a read is only ``Transient``::

    not connected                    Transient
    connection lost, too slow, 5xx   OutcomeUnknown for a write, Transient for a read
    answer unreadable                OutcomeUnknown for a write, else Transient (no JSON) or Refused (another shape,
                                     characters that no text has)
    rate limit                       Transient with ``retry_after``
    any other 4xx, a redirect        Refused with the platform's own words
    left alone after failures        BreakerOpen; nothing was sent

What is no answer, or a 5xx, is a failure of the service to its circuit breaker; every other answer shows that it is there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

import httpx
import msgspec

from umt.application.agents.attempt import still_wanted
from umt.application.breakers import Breakers
from umt.application.ports import Connection, ErrorClass, OutcomeUnknown, Refused, Transient
from umt.domain.money import Money
from umt.domain.secret import Secret
from umt.domain.values import told

CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 15.0
LARGEST_ANSWER = 8 * 2**20
LONGEST_MESSAGE = 500
MOST_PAGES = 1000
LONGEST_WAIT = 86_400.0
UNTOLD_WAIT = 60.0
"""Seconds to leave a platform alone that limits calls and does not say for how long."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\A[^\x00-\x1f\x7f-\x9f]+\Z")]
"""What a platform calls a thing."""

_HALF = re.compile(rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]", re.DOTALL)
"""Half a surrogate pair, as JSON escapes it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back; ``document`` is its JSON, None when it is none.

    ``unreadable`` when its text has U+0000 or half a character, which no database takes.
    """

    status: int
    headers: httpx.Headers
    document: Any
    unreadable: bool = False

    def read(self, shape: type[T]) -> T | None:
        """The document in this shape, None when it has another."""
        try:
            return msgspec.convert(self.document, shape)
        except msgspec.ValidationError:
            return None


@dataclass(frozen=True)
class Failure:
    """A platform's refusal in its own words and codes; ``again`` when it may work later."""

    message: str
    codes: frozenset[str] = frozenset()
    again: bool = False
    retry_after: float | None = None


class Rejected(Refused):
    """The platform's own refusal, with its error codes."""

    def __init__(self, message: str, codes: frozenset[str] = frozenset(), status: int = 0) -> None:
        self.codes = codes
        self.status = status
        super().__init__(message)


class Api:
    """A platform at one address. ``explain`` reads its error answers; None means "as the status says". ``service`` is its
    name to the ``breakers``."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        name: str,
        base_url: str,
        explain: Callable[[Answer], Failure | None],
        breakers: Breakers,
        service: str,
    ) -> None:
        self._http, self.name, self._explain = http, name, explain
        self._breakers, self._service = breakers, service
        self._base_url = base_url.rstrip("/")

    async def send(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        headers: Mapping[str, str],
        secret: Secret,
        query: Mapping[str, str] | str | None = None,
        body: object = None,
        write: bool = False,
    ) -> T:
        """The answer in the given shape; ``Answer`` itself is one. A ``query`` that is text is already encoded.

        Raises NoLongerWanted, besides the ports' errors, before something is changed that is not wanted any more.
        """
        if write:
            still_wanted()
        async with self._breakers.call(self._service, TOTAL_SECONDS):
            answer = await self._exchange(method, path, headers, query, body, write)
            if answer.status >= 500:
                raise self._failure(answer, secret, write)
        if answer.status >= 300:
            raise self._failure(answer, secret, write)
        if answer.unreadable:
            message = f"{self.name} answered with characters that no text has"
            raise OutcomeUnknown(message) if write else Refused(message)
        try:
            return msgspec.convert(answer if shape is Answer else answer.document, shape)
        except msgspec.ValidationError as error:
            message = f"{self.name} answered in an unexpected form: {error}"
            raise OutcomeUnknown(message) if write else Refused(message) from error

    async def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | str | None,
        body: object,
        write: bool,
    ) -> Answer:
        lost = OutcomeUnknown if write else Transient
        try:
            url = httpx.URL(self._base_url + path)
            if query:
                url = url.copy_with(
                    query=str(httpx.QueryParams(query) if isinstance(query, Mapping) else query).encode()
                )
            content = None if body is None else msgspec.json.encode(body)
            sent = {
                "Accept": "application/json",
                **({"Content-Type": "application/json"} if content else {}),
                **headers,
            }
            async with asyncio.timeout(TOTAL_SECONDS):
                async with self._http.stream(
                    method,
                    url,
                    headers=sent,
                    content=content,
                    timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
                    follow_redirects=False,
                ) as response:
                    raw = await self._bounded(response, lost)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Transient(f"{self.name} could not be reached: {_kind(error)}") from error
        except (httpx.LocalProtocolError, UnicodeError):
            raise Refused(f"{self.name} cannot be sent this credential: it has signs that none has") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused(f"{self.name}'s address is not usable: {_kind(error)}") from error
        except (httpx.RequestError, httpx.StreamError, TimeoutError) as error:
            raise lost(f"{self.name} did not answer: {_kind(error)}") from error
        return self._parsed(response, raw, lost)

    async def _bounded(self, response: httpx.Response, lost: type[Transient]) -> bytes:
        raw = bytearray()
        async for part in response.aiter_bytes():
            raw += part
            if len(raw) > LARGEST_ANSWER:
                raise lost(f"{self.name} answered with more than {LARGEST_ANSWER} bytes")
        return bytes(raw)

    def _parsed(self, response: httpx.Response, raw: bytes, lost: type[Transient]) -> Answer:
        document: Any = {}
        if raw.strip():
            try:
                document = msgspec.json.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                halved = _HALF.search(raw) is not None
                if response.is_success and not halved:
                    raise lost(f"{self.name} answered something that is not JSON") from error
                return Answer(response.status_code, response.headers, None, unreadable=halved)
        unreadable = rb"\u0000" in raw and _has_null(document)
        return Answer(response.status_code, response.headers, document, unreadable)

    def _failure(self, answer: Answer, secret: Secret, write: bool) -> Exception:
        status = answer.status
        if status < 400:
            target = httpx.URL(_location(answer.headers)).host or "elsewhere"
            return Refused(f"{self.name} redirects to {_line(target)}: redirects are not followed")
        said = self._explain(answer) or Failure(f"HTTP {status}")
        message = f"{self.name}: {_without(said.message, secret.reveal())}"
        wait = retry_after(answer.headers) if said.retry_after is None else said.retry_after
        if status >= 500:
            return (OutcomeUnknown if write else Transient)(f"{message} (HTTP {status})", wait, ErrorClass.SERVER)
        if said.again or status in (408, 425, 429):
            return Transient(message, UNTOLD_WAIT if wait is None and status == 429 else wait)
        return Rejected(message, said.codes, status)


def bearer(connection: Connection) -> dict[str, str]:
    return {"Authorization": f"Bearer {connection.secret.reveal()}"}


def same_currency(account: str | None, ordered: Money) -> None:
    """An account spends in its own currency only."""
    if account != ordered.currency:
        raise Refused(f"the account is in {account or 'an unknown currency'}, the order in {ordered.currency}")


def shaped(item: object, shape: type[T]) -> T:
    """One item of a list in its shape."""
    try:
        return msgspec.convert(item, shape)
    except msgspec.ValidationError as error:
        raise Refused(f"the platform answered in an unexpected form: {error}") from error


def amount(text: str | int | Decimal) -> Decimal:
    """A reported decimal number."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise Refused(f"the platform reported {str(text)[:40]!r} for a number") from error
    if not number.is_finite() or abs(number) >= 10**15:
        raise Refused(f"the platform reported {str(text)[:40]!r} for a number")
    return number


def whole(number: Decimal) -> int:
    """A count that a platform reports in fractions, as attribution shares do: half to even."""
    return int(number.quantize(Decimal(1), ROUND_HALF_EVEN))


def count(text: str | int) -> int:
    return whole(amount(text))


def bounded(seconds: float) -> float:
    """A wait that a platform asks for, a day at most."""
    return min(max(seconds, 0.0), LONGEST_WAIT)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds of ``Retry-After``; a date in it is taken relative to the answer's own ``Date``."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return bounded(float(value[:12]))
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return bounded(wait.total_seconds())


def _location(headers: httpx.Headers) -> str:
    try:
        return str(httpx.URL(headers.get("location", "")))
    except httpx.InvalidURL:
        return ""


def _has_null(document: Any) -> bool:
    """Whether any text of a JSON document, a name of a field too, has U+0000."""
    rest = [document]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            if "\0" in item:
                return True
        elif isinstance(item, dict):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            rest += item
    return False


def _kind(error: Exception) -> str:
    return _line(str(error)) or type(error).__name__


def _without(message: str, secret: str) -> str:
    """The platform's words in one short line, without the credential should it echo it, in whatever disguise."""
    line = _line(message, longest=LARGEST_ANSWER)
    for hidden in filter(None, (_line(part, longest=LARGEST_ANSWER) for part in (secret, secret.partition(":")[2]))):
        line = line.replace(hidden, "…")
    return line[:LONGEST_MESSAGE]


def _line(words: str, longest: int = LONGEST_MESSAGE) -> str:
    """One line without control characters; line breaks and tabs become blanks."""
    return " ".join(told(words, longest=longest).split())
