"""The writer by a language model, behind any address that speaks OpenAI's Responses API.

Protocol: https://platform.openai.com/docs/api-reference/responses, with structured outputs
(``text.format`` = ``json_schema``). The service is another party: its envelope and its answer are both validated.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import openai
from openai.types.responses import EasyInputMessageParam, ResponseInputParam
from pydantic import BaseModel, ValidationError

from umt.adapters.writers import rules
from umt.adapters.writers.answers import Expected, StrategyAnswer, VariationsAnswer, complaints
from umt.adapters.writers.plain_text import AvoidedWords, clip, plain
from umt.adapters.writers.prompts import (
    REPAIR,
    STRATEGY,
    VARIATIONS,
    Prompt,
    enclosed,
    most_seen,
    strategy_data,
    variations_data,
)
from umt.application.breakers import LANGUAGE_MODEL, UNGUARDED, Breakers
from umt.application.ports import ErrorClass, OutsideError, PastPerformance, Refused, Transient, Written
from umt.domain.brand import Brand
from umt.domain.content import Brief, Finding, Strategy, Variation
from umt.domain.template import Template

A = TypeVar("A", bound=BaseModel)

MAX_OUTPUT_TOKENS = 32_000
_WORTH_ANOTHER_TRY = (408, 409, 429)
_PASSING_FAILURES = ("server_error", "rate_limit_exceeded")


class OpenAIWriter:
    """Asks ``model`` for strategies and texts. It never retries: the job queue does, and knows for how long.

    A whole call may take ``timeout`` seconds. An answer that does not hold is asked for once more.
    """

    def __init__(
        self, client: openai.AsyncOpenAI, model: str, timeout: float = 180, *, breakers: Breakers = UNGUARDED
    ) -> None:
        self._client = client.with_options(max_retries=0)
        self._model = model
        self._timeout = timeout
        self._breakers = breakers

    async def strategy(self, brand: Brand, brief: Brief, past: Sequence[PastPerformance]) -> tuple[Strategy, Written]:
        past = most_seen(past)
        answer, written = await self._ask(
            STRATEGY,
            strategy_data(brand, brief, past),
            StrategyAnswer,
            Expected(AvoidedWords(brand.styling.words_to_avoid), sources=rules.sources(brand, past)),
        )
        strategy = Strategy(
            angle=answer.angle,
            tone=answer.tone,
            keywords=tuple(answer.keywords),
            outline=tuple(answer.outline),
            call_to_action=answer.call_to_action,
            findings=tuple(Finding(f.source, f.says) for f in answer.findings),
        )
        return strategy, written

    async def variations(
        self, brand: Brand, brief: Brief, strategy: Strategy, template: Template | None, first_number: int
    ) -> tuple[tuple[Variation, ...], Written]:
        answer, written = await self._ask(
            VARIATIONS,
            variations_data(brand, brief, strategy, template),
            VariationsAnswer,
            Expected(
                AvoidedWords(brand.styling.words_to_avoid),
                count=brief.variations,
                limits=rules.LIMITS[brief.format],
            ),
        )
        made_from = rules.template_version(template)
        variations = tuple(
            Variation(n, v.headline, v.body, v.excerpt, v.call_to_action, made_from, writer=self._model)
            for n, v in enumerate(answer.variations, first_number)
        )
        return variations, written

    async def _ask(self, prompt: Prompt, data: dict[str, Any], shape: type[A], expected: Expected) -> tuple[A, Written]:
        """A valid answer, if need be at the second attempt; the tokens of both are counted."""
        conversation: list[EasyInputMessageParam] = [{"role": "user", "content": enclosed(data)}]
        tokens_in = tokens_out = 0
        for _ in ("answer", "repair"):
            reply = await self._respond(prompt, list(conversation), shape)
            if reply.usage:
                tokens_in += reply.usage.input_tokens
                tokens_out += reply.usage.output_tokens
            raw = self._text(reply)
            try:
                answer = shape.model_validate_json(raw, context=expected)
            except ValidationError as error:
                problems = complaints(error)
            else:
                return answer, Written(self._model, prompt.version, raw, tokens_in, tokens_out)
            if raw:
                conversation.append({"role": "assistant", "content": raw})
            conversation.append({"role": "user", "content": f"{REPAIR.text}\n{problems}"})
        raise Refused(f"The answer of {self._model} could not be used, nor its repair:\n{self._safe(problems, 1000)}")

    async def _respond(
        self, prompt: Prompt, conversation: list[EasyInputMessageParam], shape: type[BaseModel]
    ) -> Reply:
        async with self._breakers.call(LANGUAGE_MODEL, self._timeout):
            reply = await self._exchange(prompt, conversation, shape)
        if isinstance(reply, OutsideError):
            raise reply
        return reply

    async def _exchange(
        self, prompt: Prompt, conversation: list[EasyInputMessageParam], shape: type[BaseModel]
    ) -> Reply | OutsideError:
        """The reply, or the refusal, of a service that is there; raises what says that it is not, or was not asked."""
        failure: OutsideError
        given: ResponseInputParam = [*conversation]
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.responses.with_raw_response.create(
                    model=self._model,
                    instructions=prompt.text,
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
                return Reply.model_validate_json(response.content)
        except TimeoutError:
            failure = Transient(f"{self._model} did not answer within {self._timeout:g} seconds.")
        except openai.APIStatusError as error:
            failure = self._refusal_or_pause(error)
            if error.status_code < 500:
                return failure
        except openai.APIConnectionError:
            failure = Transient("The model service cannot be reached; check its address and the network.")
        except openai.OpenAIError as error:
            failure = Refused(f"The model service cannot be asked: {self._safe(str(error))}")
        except UnicodeError:
            failure = Refused("The request cannot be sent: the key or a text holds a character that none can carry.")
        except ValidationError:
            failure = Transient("The model service answered with something else than a response; check its address.")
        raise failure  # outside the handlers, so that no error of the client, which may hold the key, hangs on to it

    def _refusal_or_pause(self, error: openai.APIStatusError) -> OutsideError:
        status = error.status_code
        if status in (401, 403):
            return Refused(f"The model service does not accept the key ({status}); check it and its permissions.")
        says = f"The model service answered {status}: {self._safe(error.message)}"
        if status in _WORTH_ANOTHER_TRY or status >= 500:
            error_class = ErrorClass.SERVER if status >= 500 else ErrorClass.TRANSIENT
            return Transient(says, retry_after(error.response.headers), error_class)
        return Refused(says)

    def _text(self, reply: Reply) -> str:
        """The text of a reply that holds one; an answer that was cut short is a text that does not validate."""
        if reply.error:
            says = f"The model service failed: {self._safe(f'{reply.error.code}: {reply.error.message}')}"
            raise Transient(says) if reply.error.code in _PASSING_FAILURES else Refused(says)
        if reply.incomplete_details and reply.incomplete_details.reason == "content_filter":
            raise Refused(f"The content filter of {self._model} stopped the answer.")
        parts = [p for item in reply.output if item.is_answer for p in item.content or ()]
        if declined := "".join(p.refusal or "" for p in parts if p.type == "refusal"):
            raise Refused(f"{self._model} declined: {self._safe(declined)}")
        return "".join(p.text or "" for p in parts if p.type == "output_text")

    def _safe(self, says: str, longest: int = 300) -> str:
        """What another party says, fit for an error message: short, plain and without the key."""
        key = self._client.api_key
        return clip(plain(says.replace(key, "[key]") if key else says, lines=True), longest)


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


class _Usage(BaseModel):
    input_tokens: int = 0
    output_tokens: int = 0


class Reply(BaseModel):
    """The envelope of an answer, as far as it is read."""

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
