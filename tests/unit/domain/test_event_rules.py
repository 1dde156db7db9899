"""Rules that every event type keeps, whoever writes the next one."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import msgspec.inspect as mi
import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

import umt.domain
from umt.domain.event import EVENT_TYPES, UPCASTERS, Event
from umt.domain.money import CURRENCIES, Money, minor_unit
from umt.domain.personal import Personal
from umt.domain.values import MAX_COUNT

for _module in pkgutil.walk_packages(umt.domain.__path__, "umt.domain."):
    importlib.import_module(_module.name)

PUBLISHED = {name: kind for name, kind in EVENT_TYPES.items() if kind.__module__.startswith("umt.")}
every_event_type = pytest.mark.parametrize("event_type", PUBLISHED.values(), ids=PUBLISHED.keys())


# Any event of a type, from what msgspec knows of its fields

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_DECIMAL = st.decimals(-(10**9), 10**9, places=6)
_MONEY = st.builds(
    lambda units, currency: Money.of(units * minor_unit(currency), currency),
    st.integers(-(10**12), 10**12),
    st.sampled_from(sorted(CURRENCIES)),
)


def any_value(kind: mi.Type) -> st.SearchStrategy[Any]:
    """Any value that a field of this type can hold."""
    match kind:
        case mi.StructType(cls=cls) if cls is Money:
            return _MONEY
        case mi.CustomType(cls=cls) if cls is Personal:
            return st.builds(Personal, _TEXT, st.uuids())
        case mi.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: any_value(field.type) for field in fields})
        case mi.UnionType(types=types):
            return st.one_of(*map(any_value, types))
        case mi.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case mi.VarTupleType(item_type=item):
            return st.lists(any_value(item), max_size=3).map(tuple)
        case mi.TupleType(item_types=items):
            return st.tuples(*map(any_value, items))
        case mi.IntType():
            return st.integers(-MAX_COUNT, MAX_COUNT)
        case mi.DecimalType():
            return _DECIMAL
        case mi.DateTimeType():
            return st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
        case mi.DateType():
            return st.dates(date(1970, 1, 1))
    plain = {mi.StrType: _TEXT, mi.BoolType: st.booleans(), mi.NoneType: st.none(), mi.UUIDType: st.uuids()}
    return plain[type(kind)]


def any_event(event_type: type[Event]) -> st.SearchStrategy[Event]:
    return any_value(mi.type_info(event_type))


# Its stored form; personal texts are sealed there, which is another file's concern


def _seal(value: Any) -> Any:
    assert isinstance(value, Personal)
    return {"sealed": value.text, "subject": value.subject}


def _open(_: type, stored: Any) -> Personal:
    return Personal(stored["sealed"], UUID(stored["subject"]))


ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_seal)


def _no_float(written: str) -> NoReturn:
    raise AssertionError(f"{written} is stored as a float")


def _leaves(value: Any) -> Iterator[Any]:
    """Everything in a JSON value that is neither a list nor an object."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


@every_event_type
def test_an_event_is_described_in_a_sentence(event_type: type[Event]) -> None:
    description = vars(event_type).get("__doc__") or ""
    assert re.match(r"[A-Z].{10,}\.$", description, re.DOTALL)


@every_event_type
def test_an_event_says_how_it_changes_the_state(event_type: type[Event]) -> None:
    assert "evolve" in vars(event_type)


@every_event_type
def test_an_event_cannot_be_changed(event_type: type[Event]) -> None:
    assert event_type.__struct_config__.frozen


@every_event_type
def test_an_event_is_published_under_its_context(event_type: type[Event]) -> None:
    context, _, what = event_type.type_name.partition(".")
    assert event_type.__module__ == f"umt.domain.{context}"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", what)


@every_event_type
def test_every_older_version_of_an_event_can_be_read(event_type: type[Event]) -> None:
    missing = [
        version for version in range(1, event_type.schema_version) if (event_type.type_name, version) not in UPCASTERS
    ]
    assert not missing, f"no upcaster from {missing}"


@every_event_type
def test_no_field_of_an_event_can_hold_a_float(event_type: type[Event]) -> None:
    def fields(kind: mi.Type) -> Iterator[mi.Type]:
        yield kind
        for name in ("fields", "types", "item_types"):
            for part in getattr(kind, name, ()):
                yield from fields(getattr(part, "type", part))
        for name in ("item_type", "key_type", "value_type"):
            if part := getattr(kind, name, None):
                yield from fields(part)

    vague = [kind for kind in fields(mi.type_info(event_type)) if isinstance(kind, mi.FloatType | mi.AnyType)]
    assert not vague


@every_event_type
@given_any(data=st.data())
@settings(max_examples=15)
def test_a_stored_event_comes_back_as_it_was(event_type: type[Event], data: st.DataObject) -> None:
    event = data.draw(any_event(event_type))
    stored = ENCODER.encode(event)
    read = msgspec.json.decode(stored, type=event_type, dec_hook=_open)
    assert read == event
    assert ENCODER.encode(read) == stored


@every_event_type
@given_any(data=st.data())
@settings(max_examples=15)
def test_a_stored_event_is_canonical_json_without_floats(event_type: type[Event], data: st.DataObject) -> None:
    stored = ENCODER.encode(data.draw(any_event(event_type)))
    plain = json.loads(stored, parse_float=_no_float, parse_constant=_no_float)
    assert isinstance(plain, dict)
    assert stored == json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    for leaf in _leaves(plain):
        assert leaf is None or isinstance(leaf, str | bool) or (isinstance(leaf, int) and abs(leaf) <= MAX_COUNT)


def test_two_event_types_never_share_a_name() -> None:
    def descendants(kind: type[Event]) -> Iterator[type[Event]]:
        for child in kind.__subclasses__():
            yield child
            yield from descendants(child)

    ours = [kind for kind in descendants(Event) if kind.__module__.startswith("umt.")]
    assert sorted(kind.type_name for kind in ours) == sorted(PUBLISHED)
