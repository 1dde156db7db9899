"""The shapes that a model's answer must have.

An answer is untrusted input. Its schema goes to the model; lengths and words are checked here alone, because not
every compatible service accepts them in a schema. What the checks need to know comes as pydantic's context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator

from umt.adapters.writers.plain_text import AvoidedWords, has_markup
from umt.adapters.writers.rules import CALL_TO_ACTION, EXCERPT, WIDEST, Limits
from umt.domain.errors import InvalidValue
from umt.domain.values import text


@dataclass(frozen=True)
class Expected:
    """What an answer is held against."""

    avoid: AvoidedWords
    sources: tuple[str, ...] = ()
    count: int = 0
    limits: Limits = WIDEST


def _expected(info: ValidationInfo) -> Expected:
    if not isinstance(info.context, Expected):
        raise TypeError("an answer is validated with what is expected of it")
    return info.context


def _readable(value: str, longest: int) -> str:
    try:
        cleaned = text(value, "text", longest=longest)
    except InvalidValue as error:
        raise ValueError(error.reason) from None
    if has_markup(cleaned):
        raise ValueError("must be plain text, without HTML or scripts")
    return cleaned


def _line(longest: int) -> AfterValidator:
    """Plain text on one line, of at most so many characters."""

    def check(value: str) -> str:
        cleaned = _readable(value, longest)
        if len(cleaned.splitlines()) > 1:
            raise ValueError("must be a single line")
        return cleaned

    return AfterValidator(check)


def _prose(longest: int) -> AfterValidator:
    """Plain text on any number of lines, of at most so many characters."""
    return AfterValidator(lambda value: _readable(value, longest))


def _items(fewest: int, most: int) -> AfterValidator:
    def check(value: list[object]) -> list[object]:
        if not fewest <= len(value) <= most:
            raise ValueError(f"has {len(value)} items; between {fewest} and {most} are allowed")
        return value

    return AfterValidator(check)


def _spoken(value: str, info: ValidationInfo) -> str:
    if found := _expected(info).avoid.found_in(value):
        raise ValueError(f"must not say {', '.join(map(repr, found))}")
    return value


def _known(value: str, info: ValidationInfo) -> str:
    if value not in _expected(info).sources:
        raise ValueError("must be one of the strings in `sources`")
    return value


_Spoken = AfterValidator(_spoken)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FindingAnswer(_Answer):
    source: Annotated[str, AfterValidator(_known)]
    says: Annotated[str, _prose(500)]


class StrategyAnswer(_Answer):
    angle: Annotated[str, _prose(500), _Spoken]
    tone: Annotated[str, _line(200)]
    keywords: Annotated[list[Annotated[str, _line(80), _Spoken]], _items(1, 15)]
    outline: Annotated[list[Annotated[str, _line(200), _Spoken]], _items(3, 10)]
    call_to_action: Annotated[str, _line(CALL_TO_ACTION), _Spoken]
    findings: Annotated[list[FindingAnswer], _items(1, 20)]


class VariationAnswer(_Answer):
    headline: Annotated[str, _line(WIDEST.headline), _Spoken]
    body: Annotated[str, _prose(WIDEST.body), _Spoken]
    excerpt: Annotated[str, _prose(EXCERPT), _Spoken]
    call_to_action: Annotated[str, _line(CALL_TO_ACTION), _Spoken]

    @model_validator(mode="after")
    def fits_its_format(self, info: ValidationInfo) -> VariationAnswer:
        limits = _expected(info).limits
        for part, longest in (("headline", limits.headline), ("body", limits.body)):
            if (length := len(getattr(self, part))) > longest:
                raise ValueError(f"{part} has {length} characters; at most {longest} are allowed")
        return self


class VariationsAnswer(_Answer):
    variations: list[VariationAnswer]

    @model_validator(mode="after")
    def are_as_many_as_asked_and_differ(self, info: ValidationInfo) -> VariationsAnswer:
        count = _expected(info).count
        if len(self.variations) != count:
            raise ValueError(f"has {len(self.variations)} variations; {count} were asked for")
        if len({(v.headline, v.body) for v in self.variations}) < count:
            raise ValueError("two variations are the same")
        return self


def complaints(error: ValidationError) -> str:
    """What is wrong with an answer, one line for each place, without quoting it at length."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"- {'.'.join(map(str, p['loc'])) or 'answer'}: {p['msg']}"[:300] for p in problems[:20]]
    return "\n".join(lines)
