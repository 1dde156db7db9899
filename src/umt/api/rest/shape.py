"""How bodies and parameters of the REST side are described and checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from umt.api import forms
from umt.api.graphql.scalars import OutOfRange
from umt.domain import money
from umt.domain.errors import InvalidValue
from umt.domain.values import MAX_COUNT

T = TypeVar("T")


def without_defaults(schema: dict[str, Any]) -> None:
    """For a description of what may be left out and then has no value."""
    for member in schema["properties"].values():
        member.pop("default", None)


class WrongMember(ValueError):
    """What is wrong with a member, found while the whole is looked at."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(reason)


class Shape(BaseModel):
    """A body, or a part of one: names in camel case, and no others."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", from_attributes=True)

    read_only: ClassVar[dict[str, str]] = {}
    """Members that callers know from answers, and how each is changed."""

    @model_validator(mode="before")
    @classmethod
    def _is_proper(cls, given: Any) -> Any:
        """Of what callers give: JSON can spell half of a character, ``"\\ud800"``, and U+0000, which neither the log nor an
        answer can hold; and our own names of members are not theirs."""
        if not isinstance(given, dict) or issubclass(cls, Answer):
            return given
        try:
            json.dumps(given, ensure_ascii=False, default=str).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise ValueError("The texts must be Unicode, without lone surrogates, and not nested deeply.") from error
        for name, value in given.items():
            if any(isinstance(each, str) and "\0" in each for each in (value if isinstance(value, list) else [value])):
                raise WrongMember(name, "must not contain the character U+0000")
            if name in cls.read_only:
                raise WrongMember(name, f"is read-only here: {cls.read_only[name]}")
            if name in cls.model_fields and name != cls.model_fields[name].alias:
                raise WrongMember(name, f"is not known here; it is written {cls.model_fields[name].alias}")
        return given


class Answer(Shape):
    """What is only ever answered, and so comes from inside."""


def _written(parse: Callable[[Any], T | None], example: str) -> BeforeValidator:
    """Takes what is written so; what comes from inside is taken as it is."""

    def validate(given: Any) -> Any:
        if not isinstance(given, str | int | float | list | dict | None):
            return given
        try:
            value = parse(given)
        except (ValueError, OverflowError, InvalidValue):
            value = None
        if value is None:
            raise ValueError(f"is written like {example}")
        return value

    return BeforeValidator(validate)


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


Id = Annotated[UUID, _written(forms.identifier, forms.IDENTIFIER_EXAMPLE)]
Day = Annotated[date, _written(forms.day, forms.DAY_EXAMPLE)]
Moment = Annotated[
    datetime, _written(forms.moment, forms.MOMENT_EXAMPLE), PlainSerializer(forms.shown_time, return_type=str)
]
Amount = Annotated[
    Decimal,
    _written(lambda given: forms.decimal(given) if isinstance(given, str) else None, forms.DECIMAL_EXAMPLE),
    PlainSerializer(_decimal, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,6})?$", "examples": ["1250.50"]}),
]
"""A decimal number as a text, never an exponent."""

Told = Annotated[
    Decimal,
    PlainSerializer(_decimal, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["1250.50"]}),
]
"""The same in answers; a sum may have more digits than any number that is taken."""
Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
"""A whole number that every reader of JSON holds exactly."""


def _exact(number: int) -> int:
    if abs(number) > MAX_COUNT:
        raise OutOfRange
    return number


Sum = Annotated[int, AfterValidator(_exact)]
"""A sum of counts; OutOfRange where readers of JSON would round it."""


class _Given:
    """Marks a member that may be left out, but not null."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        value: JsonSchemaValue = next(each for each in described.pop("anyOf") if each.get("type") != "null")
        return value | described


def _not_null(given: T | None) -> T:
    if given is None:
        raise ValueError("cannot be taken away; leave it out and it stays")
    return given


Given = Annotated[T | None, BeforeValidator(_not_null), _Given()]
"""A member of a change: what is left out stays."""


def _known_currency(code: str) -> str:
    if code not in money.CURRENCIES:
        raise ValueError("is not an ISO 4217 currency code like EUR")
    return code


Currency = Annotated[
    str,
    AfterValidator(_known_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]}),
]
"""An ISO 4217 code."""


class Money(Shape):
    """An amount in one currency."""

    currency: Currency = Field(description="ISO 4217 code, like EUR.", examples=["EUR"])
    amount: Amount = Field(
        description="The amount in the currency's major unit, with no more digits than its minor unit has.",
        examples=["1250.50"],
    )

    @field_validator("amount")
    @classmethod
    def _is_payable(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        if currency := info.data.get("currency"):
            try:
                money.Money.of(amount, currency)
            except InvalidValue as error:
                raise ValueError(error.reason) from error
        return amount

    @property
    def value(self) -> money.Money:
        """The domain's value."""
        return money.Money.of(self.amount, self.currency)
