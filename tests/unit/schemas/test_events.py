"""The schemas of events: what they promise, and how the gate guards it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.schemas.conftest import Plant

from umt.application.schemas import Breaking, Difference, check, event_schema, events, export
from umt.domain.event import Event
from umt.domain.personal import Personal


class Size(StrEnum):
    S = "small"
    M = "medium"


class FewerSizes(StrEnum):
    S = "small"


class MoreSizes(StrEnum):
    S = "small"
    M = "medium"
    L = "large"


class Price(msgspec.Struct):
    """A price."""

    amount: str
    currency: str


class PriceWithoutCurrency(msgspec.Struct):
    """A price."""

    amount: str


class Cost(msgspec.Struct):
    """Another word for the same."""

    amount: str
    currency: str
    note: str = ""


def change(folder: Path, before: type[Event], after: type[Event]) -> list[Difference]:
    export(events({before.type_name: before}, {}), folder)
    return check(events({after.type_name: after}, {}), folder)


BREAKING: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], str]] = {
    "removed": ((("a", str), ("b", str)), (("a", str),), "the field b is gone"),
    "renamed": ((("a", str),), (("b", str, ""),), "the field a is gone"),
    "retyped": ((("a", int),), (("a", str),), "the field a is now string; it was integer"),
    "made personal": ((("a", str),), (("a", Personal),), "the field a is now object; it was string"),
    "new and required": ((), (("a", str),), "the field a is new and required; give it a default"),
    "required now": ((("a", str, ""),), (("a", str),), "the field a has become required"),
    "other default": ((("a", int, 3),), (("a", int, 5),), "the default of the field a is now 5; it was 3"),
    "may be null": ((("a", str),), (("a", str | None),), "the field a is now string or null; it was string"),
    "null no more": ((("a", str | None),), (("a", str),), "the field a is now string; it was string or null"),
    "narrowed enum": ((("a", Size),), (("a", FewerSizes),), "the field a no longer admits medium"),
    "enum from text": ((("a", str),), (("a", Size),), "the field a is now one of medium, small; it was string"),
    "nested": ((("a", Price),), (("a", PriceWithoutCurrency),), "the field currency of the field a is gone"),
    "nested in a list": (
        (("a", tuple[Price, ...]),),
        (("a", tuple[PriceWithoutCurrency, ...]),),
        "the field currency of an entry of the field a is gone",
    ),
    "nested or null": (
        (("a", Price | None),),
        (("a", PriceWithoutCurrency | None),),
        "the field currency of the field a is gone",
    ),
    "retyped entry": ((("a", list[int]),), (("a", list[str]),), "an entry of the field a is now string"),
    "retyped value": ((("a", dict[str, int]),), (("a", dict[str, str]),), "an entry of the field a is now string"),
    "pair": ((("a", tuple[str, str]),), (("a", tuple[str, int]),), "the field a is now integer; it was string"),
    "triple": ((("a", tuple[str, str]),), (("a", tuple[str, str, str]),), "the field a is now array"),
}


@pytest.mark.parametrize(("before", "after", "reason"), BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_readers_is_refused(
    tmp_path: Path, plant: Plant, before: tuple[Any, ...], after: tuple[Any, ...], reason: str
) -> None:
    (found,) = change(tmp_path, plant(*before), plant(*after))
    assert found.breaking
    assert reason in found.reason
    assert "planted.changed" in found.reason
    assert 'set schema_version = 2 in Changed and register @upcasts("planted.changed", 1)' in found.reason


COMPATIBLE: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "new with a default": ((), (("a", str, ""),)),
    "optional now": ((("a", str),), (("a", str, ""),)),
    "wider enum": ((("a", Size),), (("a", MoreSizes),)),
    "nested type renamed and grown": ((("a", Price),), (("a", Cost),)),
}


@pytest.mark.parametrize(("before", "after"), COMPATIBLE.values(), ids=COMPATIBLE)
def test_a_change_that_breaks_nobody_asks_for_an_export(
    tmp_path: Path, plant: Plant, before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    changed = plant(*after)
    (found,) = change(tmp_path, plant(*before), changed)
    assert not found.breaking
    assert "run `umt schema export`" in found.reason
    export(events({"planted.changed": changed}, {}), tmp_path)
    assert check(events({"planted.changed": changed}, {}), tmp_path) == []


def test_another_description_asks_for_an_export(tmp_path: Path, plant: Plant) -> None:
    (found,) = change(tmp_path, plant(doc="One thing."), plant(doc="The same in better words."))
    assert not found.breaking


def test_a_new_event_asks_for_an_export(tmp_path: Path, plant: Plant) -> None:
    new = plant(("a", str))
    (found,) = check(events({new.type_name: new}, {}), tmp_path)
    assert found == Difference(
        str(tmp_path / "events" / "planted.changed.v1.json"),
        "is not there yet; run `umt schema export` and commit what it writes.",
    )


def test_an_event_type_stays_for_ever(tmp_path: Path, plant: Plant) -> None:
    old = plant()
    export(events({old.type_name: old}, {}), tmp_path)
    (found,) = check(events({}, {}), tmp_path)
    assert found.breaking
    assert "planted.changed is no event type any more" in found.reason
    assert "type_name" in found.reason


def as_is(body: dict[str, Any]) -> dict[str, Any]:
    return body


@pytest.fixture
def first(tmp_path: Path, plant: Plant) -> Callable[..., type[Event]]:
    """Version 1 is committed; the fixture makes later ones."""
    old = plant(("a", int))
    export(events({old.type_name: old}, {}), tmp_path)
    return lambda version: plant(("a", str), version=version)


def test_a_new_version_with_an_upcaster_is_exported_beside_the_old_one(
    tmp_path: Path, first: Callable[..., type[Event]]
) -> None:
    contract = events({"planted.changed": first(2)}, {("planted.changed", 1): as_is})
    (found,) = check(contract, tmp_path)
    assert (Path(found.file).name, found.breaking) == ("planted.changed.v2.json", False)
    export(contract, tmp_path)
    assert check(contract, tmp_path) == []
    assert sorted(path.name for path in (tmp_path / "events").iterdir()) == [
        "planted.changed.v1.json",
        "planted.changed.v2.json",
    ]


def test_a_gap_in_the_chain_of_upcasters_is_refused(tmp_path: Path, first: Callable[..., type[Event]]) -> None:
    contract = events({"planted.changed": first(2)}, {})
    (found, _) = check(contract, tmp_path)
    assert found.breaking
    assert 'Register a function to version 2 with @upcasts("planted.changed", 1)' in found.reason


def test_an_older_version_must_not_vanish(tmp_path: Path, first: Callable[..., type[Event]]) -> None:
    contract = events({"planted.changed": first(2)}, {("planted.changed", 1): as_is})
    export(contract, tmp_path)
    (tmp_path / "events" / "planted.changed.v1.json").unlink()
    (found,) = check(contract, tmp_path)
    assert found.breaking
    assert "Restore it from git" in found.reason


def test_a_version_never_goes_back(tmp_path: Path, plant: Plant) -> None:
    upcasters = {("planted.changed", 1): as_is}
    second, first_again = plant(version=2), plant(version=1)
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "planted.changed.v1.json").write_text("{}")
    export(events({"planted.changed": second}, upcasters), tmp_path)
    found = check(events({"planted.changed": first_again}, upcasters), tmp_path)
    assert "was published, but Changed is back at version 1" in found[0].reason


def test_a_damaged_file_is_named(tmp_path: Path, plant: Plant) -> None:
    contract = events({"planted.changed": plant()}, {})
    (written,) = export(contract, tmp_path)
    written.write_text("<<<<<<< HEAD")
    (found, *_) = check(contract, tmp_path)
    assert found.breaking
    assert found.file == str(written)
    assert "is not JSON" in found.reason


def test_what_would_break_readers_is_not_written(tmp_path: Path, plant: Plant) -> None:
    (written,) = export(events({"planted.changed": plant(("a", int))}, {}), tmp_path)
    before = written.read_bytes()
    with pytest.raises(Breaking, match="the field a is gone"):
        export(events({"planted.changed": plant()}, {}), tmp_path)
    assert written.read_bytes() == before


def test_a_field_of_no_stored_form_is_refused(plant: Plant) -> None:
    with pytest.raises(TypeError, match="complex'> is not supported"):
        event_schema(plant(("a", complex)))
