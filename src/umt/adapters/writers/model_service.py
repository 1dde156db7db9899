"""One call to a service that speaks OpenAI's Responses API, and what came of it.

Protocol: https://platform.openai.com/docs/api-reference/responses, with structured outputs
(``text.format`` = ``json_schema``). The service is another party: what it sends is bounded in bytes and time, and its
envelope is validated.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.responses import EasyInputMessageParam, ResponseInputParam
from pydantic import BaseModel, Field, ValidationError

from umt.adapters.writers.model_prices import Usage
from umt.adapters.writers.plain_text import clip, plain
from umt.application.agents.attempt import still_wanted
from umt.application.breakers import LANGUAGE_MODEL, UNGUARDED, Breakers
from umt.application.ports import BreakerOpen, ErrorClass, OutsideError, Refused, Transient
from umt.domain.agent_run import ModelOutcome, Parameter

MAX_OUTPUT_TOKENS: Final = 32_000
LARGEST_RESPONSE: Final = 4 * 1024 * 1024
"""Bytes of a response's body: ten times what `MAX_OUTPUT_TOKENS` take."""
RATE_LIMIT_SECONDS: Final = 20.0
"""How long to wait when a service takes no more calls and does not say how long: its limits are per minute."""
_KEPT: Final = 64 * 1024
"""Bytes of an endless body that are recorded."""

_PASSING = (408, 409)
_NO_CREDIT = "insufficient_quota"


class Exchange(NamedTuple):
    """What came of one call. ``received`` is the body as it came, ``text`` the answer in it, which is yet to be judged.

    ``may_cost``: the model may have worked, whether or not the service says what it used.
    """

    outcome: ModelOutcome
    received: str = ""
    text: str = ""
    failure: OutsideError | None = None
    usage: Usage | None = None
    response: str | None = None
    may_cost: bool = False

    @property
    def is_down(self) -> bool:
        """Whether it says that the service is not well; one that is refuses what it does not want."""
        lost = self.outcome in (ModelOutcome.TIMED_OUT, ModelOutcome.UNREACHABLE)
        return lost or (self.failure is not None and self.failure.error_class is ErrorClass.SERVER)


class ModelService:
    """Asks ``model``. It never retries: the job queue does, and knows for how long. A call takes ``timeout`` seconds at
    most."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, timeout: float, breakers: Breakers = UNGUARDED) -> None:
        self._client = client.with_options(max_retries=0)
        self.model, self._timeout, self._breakers = model, timeout, breakers

    @property
    def host(self) -> str:
        """The service's host, with its port if it is no usual one."""
        return urlsplit(str(self._client.base_url)).netloc.rpartition("@")[2]

    def parameters(self, shape: type[BaseModel]) -> tuple[Parameter, ...]:
        """What a call says beside prompt and input."""
        return (
            Parameter("max_output_tokens", str(MAX_OUTPUT_TOKENS)),
            Parameter("schema", shape.__name__),
            Parameter("strict", "true"),
            Parameter("store", "false"),
        )

    async def ask(
        self, instructions: str, conversation: Sequence[EasyInputMessageParam], shape: type[BaseModel]
    ) -> Exchange:
        """Ask for an answer in this shape. What goes wrong is told in the exchange; raises only BreakerOpen and
        NoLongerWanted, and then no call was made."""
        still_wanted()
        exchange: Exchange | None = None
        try:
            async with self._breakers.call(LANGUAGE_MODEL, self._timeout):
                exchange = await self._exchange(instructions, conversation, shape)
                if exchange.failure and exchange.is_down:
                    raise exchange.failure
        except BreakerOpen:
            raise
        except Transient:
            assert exchange, "what left the breaker is what the exchange tells"
        return exchange

    async def _exchange(
        self, instructions: str, conversation: Sequence[EasyInputMessageParam], shape: type[BaseModel]
    ) -> Exchange:
        given: ResponseInputParam = [*conversation]
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.responses.with_raw_response.create(
                    model=self.model,
                    instructions=instructions,
                    input=given,
                    text={
                        "format": {
                            "type": "json_schema",
                            "name": shape.__name__,
                            "schema": shape.model_json_schema(),
                            "strict": True,
                        }
                    },
                    max_output_tokens=MAX_OUTPUT_TOKENS,
                    store=False,
                )
                return self._read(response.content)
        except TimeoutError:
            return self._timed_out()
        except openai.APITimeoutError:
            return self._timed_out()
        except openai.APIStatusError as error:
            return self._refusal_or_pause(error)
        except openai.APIConnectionError as error:
            cause = error.__cause__
        except EndlessBody as error:
            cause = error
        except openai.OpenAIError as error:
            failure = Refused(f"The model service cannot be asked: {self.safe(str(error))}")
            return Exchange(ModelOutcome.REJECTED, failure=failure)
        except UnicodeError:
            failure = Refused("The request cannot be sent: the key or a text holds a character that none can carry.")
            return Exchange(ModelOutcome.REJECTED, failure=failure)
        # Outside the handlers, so that no error of the client, which may hold the key, hangs on to what is told.
        return self._disconnected(cause)

    def safe(self, says: str, longest: int = 300) -> str:
        """What another party says, fit for an error message: short, plain and without the key."""
        return clip(plain(self._keyless(says), lines=True), longest)

    def _keyless(self, says: str) -> str:
        key = self._client.api_key
        return says.replace(key, "[key]") if key else says

    def _body(self, content: bytes) -> str:
        """A body as it is recorded: without the key, and without NUL, which PostgreSQL's JSON cannot hold."""
        return self._keyless(content.decode("utf-8", "replace").replace("\0", "\ufffd"))

    def _read(self, content: bytes) -> Exchange:
        received = self._body(content)
        try:
            reply = Reply.model_validate_json(content)
        except ValidationError:
            says = "The model service answered with something else than a response; check its address."
            return Exchange(ModelOutcome.FAILED, received, failure=_broken(says), may_cost=True)
        outcome, text, failure = self._judged(reply)
        usage = reply.usage
        return Exchange(
            outcome,
            received,
            text,
            failure,
            Usage(usage.input_tokens, usage.cached_tokens, usage.output_tokens) if usage else None,
            self.safe(reply.id, 100) or None,
            may_cost=True,
        )

    def _judged(self, reply: Reply) -> tuple[ModelOutcome, str, OutsideError | None]:
        """The text of a reply that holds one; an answer that was cut short is a text that does not validate."""
        if reply.error:
            says = f"The model service failed: {self.safe(f'{reply.error.code}: {reply.error.message}')}"
            match reply.error.code:
                case "server_error":
                    return ModelOutcome.FAILED, "", _broken(says)
                case "rate_limit_exceeded":
                    return ModelOutcome.RATE_LIMITED, "", Transient(says, RATE_LIMIT_SECONDS)
                case _:
                    return ModelOutcome.REJECTED, "", Refused(says)
        incomplete = reply.incomplete_details.reason if reply.incomplete_details else None
        if incomplete == "content_filter":
            says = f"The content filter of {self.model} stopped the answer."
            return ModelOutcome.REFUSED, "", Refused(says)
        parts = [p for item in reply.output if item.is_answer for p in item.content or ()]
        if declined := "".join(p.refusal or "" for p in parts if p.type == "refusal"):
            return ModelOutcome.REFUSED, "", Refused(f"{self.model} declined: {self.safe(declined)}")
        text = "".join(p.text or "" for p in parts if p.type == "output_text")
        return ModelOutcome.CUT_SHORT if incomplete else ModelOutcome.ANSWERED, text, None

    def _refusal_or_pause(self, error: openai.APIStatusError) -> Exchange:
        """An answer with an error's status: nothing was made, so nothing is owed."""
        status, received = error.status_code, self._body(error.response.content)
        says = f"The model service answered {status}: {self.safe(error.message)}"
        wait = retry_after(error.response.headers)
        failure: OutsideError = Refused(says)
        outcome = ModelOutcome.REJECTED
        if status in (401, 403):
            failure = Refused(f"The model service does not accept the key ({status}); check it and its permissions.")
        elif status == 429 and error.code != _NO_CREDIT:
            outcome = ModelOutcome.RATE_LIMITED
            failure = Transient(says, RATE_LIMIT_SECONDS if wait is None else wait)
        elif status in _PASSING:
            outcome, failure = ModelOutcome.FAILED, Transient(says, wait)
        elif status >= 500:
            outcome, failure = ModelOutcome.FAILED, _broken(says, wait)
        return Exchange(outcome, received, failure=failure)

    def _timed_out(self) -> Exchange:
        says = f"{self.model} did not answer within {self._timeout:g} seconds."
        return Exchange(ModelOutcome.TIMED_OUT, failure=Transient(says), may_cost=True)

    def _disconnected(self, cause: BaseException | None) -> Exchange:
        if isinstance(cause, EndlessBody):
            says = f"The model service sent more than {LARGEST_RESPONSE:,} bytes and was not listened to any longer."
            return Exchange(ModelOutcome.TOO_LONG, self._body(cause.beginning), failure=_broken(says), may_cost=True)
        failure = Transient("The model service cannot be reached; check its address and the network.")
        sent = not isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)
        return Exchange(ModelOutcome.UNREACHABLE, failure=failure, may_cost=sent)


def client_of(api_key: str, base_url: str, timeout: float) -> openai.AsyncOpenAI:
    """A client that listens to no body without end."""
    http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [_bound]}, headers={"accept-encoding": "identity"})
    return openai.AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0, http_client=http)


class EndlessBody(Exception):
    """A body is longer than any response; ``beginning`` is how it begins."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning = beginning
        super().__init__("the body is too long")


class _Bounded(httpx2.AsyncByteStream):
    """A body's bytes, up to `LARGEST_RESPONSE`; then EndlessBody."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        beginning, size = bytearray(), 0
        async for chunk in self._stream:
            size += len(chunk)
            beginning += chunk[: _KEPT - len(beginning)]
            if size > LARGEST_RESPONSE:
                raise EndlessBody(bytes(beginning))
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    """Before the body is read. One that is packed although it was asked for plain could unpack to any size."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise EndlessBody(b"")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def _broken(says: str, wait: float | None = None) -> Transient:
    return Transient(says, wait, ErrorClass.SERVER)


class _Part(BaseModel):
    type: str
    text: str | None = None
    refusal: str | None = None


class _Item(BaseModel):
    type: str
    phase: str | None = None
    content: list[_Part] | None = None

    @property
    def is_answer(self) -> bool:
        """Reasoning, comments and calls of tools are no answer."""
        return self.type == "message" and self.phase in (None, "final_answer")


class _Failure(BaseModel):
    code: str | None = None
    message: str | None = None


class _Incomplete(BaseModel):
    reason: str | None = None


_Tokens = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""Beyond any call there is: what is larger is no count."""


class _Cached(BaseModel):
    cached_tokens: _Tokens | None = None


class _Usage(BaseModel):
    input_tokens: _Tokens
    output_tokens: _Tokens
    input_tokens_details: _Cached | None = None

    @property
    def cached_tokens(self) -> int:
        details = self.input_tokens_details
        return details.cached_tokens or 0 if details else 0


class Reply(BaseModel):
    """The envelope of an answer, as far as it is read."""

    id: str = ""
    output: list[_Item]
    error: _Failure | None = None
    incomplete_details: _Incomplete | None = None
    usage: _Usage | None = None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait that an answer names, as a number or as a date beside its own (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - parsedate_to_datetime(headers["date"])).total_seconds()
        except (KeyError, TypeError, ValueError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
