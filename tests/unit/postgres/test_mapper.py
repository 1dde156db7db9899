"""Events as stored bytes: canonical, readable for ever, and silent about persons."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.history.samples import AT, CAMPAIGN, TELLS
from tests.vaults import vault

from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.vault import PersonalCipher
from umt.domain.agent_run import CommandIssued, RunStarted
from umt.domain.errors import InvalidValue
from umt.domain.event import EVENT_TYPES, UPCASTERS, Event, upcasts
from umt.domain.personal import PLACEHOLDER, Personal
from umt.domain.recorded import Actor, ActorKind, Metadata, Unreadable
from umt.domain.user import UserRegistered

ADA = UUID("018f0000-0000-7000-8000-0000000000ad")
REGISTERED = UserRegistered(Personal("ada@example.com", ADA), Personal("Ada Lovelace", ADA))


class Keys(dict[UUID, bytes]):
    """Data keys in memory."""

    def wrapped(self, subject: UUID) -> bytes | None:
        return self.get(subject)

    def store(self, subject: UUID, sealed: bytes) -> None:
        self[subject] = sealed


def mapper(keys: Keys | None = None, master: int = 1) -> EventMapper:
    return EventMapper(PersonalCipher(vault(master)), Keys() if keys is None else keys)


def rfc8785(value: Any) -> bytes:
    """JSON in its canonical form, written anew from RFC 8785 for all but floats."""
    match value:
        case None:
            return b"null"
        case bool():
            return b"true" if value else b"false"
        case int():
            return str(value).encode()
        case str():
            return b'"' + "".join(map(_escaped, value)).encode() + b'"'
        case list():
            return b"[" + b",".join(map(rfc8785, value)) + b"]"
        case dict():
            members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
            return b"{" + b",".join(rfc8785(name) + b":" + rfc8785(each) for name, each in members) + b"}"
        case _:
            raise AssertionError(f"{value!r} has no place in the stored form")


def _escaped(character: str) -> str:
    """RFC 8785, 3.2.2.2: short escapes where there are any, else lower-case hexadecimal for control characters."""
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    return short.get(character) or (f"\\u{ord(character):04x}" if ord(character) < 0x20 else character)


# Canonical form


@pytest.mark.parametrize("event", [event for event, _ in TELLS], ids=[event.type_name for event, _ in TELLS])
def test_every_event_is_stored_canonically(event: Event) -> None:
    stored = mapper().encode(event)
    assert stored == rfc8785(json.loads(stored))


@pytest.mark.parametrize("event", [event for event, _ in TELLS], ids=[event.type_name for event, _ in TELLS])
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    keeping = mapper()
    assert keeping.decode(1, event.type_name, event.schema_version, keeping.encode(event)) == event


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(command=TEXTS, request=TEXTS, accepted=st.booleans(), outcome=TEXTS)
def test_any_text_is_stored_canonically(command: str, request: str, accepted: bool, outcome: str) -> None:
    stored = mapper().encode(CommandIssued(command, request, accepted, outcome))
    assert stored == rfc8785({"command": command, "request": request, "accepted": accepted, "outcome": outcome})


@given(position=st.integers(0, 2**53 - 1))
def test_any_whole_number_is_stored_canonically(position: int) -> None:
    stored = mapper().encode(RunStarted("a", ADA, "b", position, "c", CAMPAIGN))
    assert stored == rfc8785(json.loads(stored))
    assert json.loads(stored)["trigger_position"] == position


def test_metadata_is_stored_canonically_and_comes_back() -> None:
    metadata = Metadata(
        event_id=ADA,
        actor=Actor(ActorKind.AGENT, "content-ads"),
        correlation=CAMPAIGN,
        causation=None,
        command_id=None,
        trace="00-abc",
        effective_at=AT,
        schema_version=1,
        salt="5a",
    )
    stored = mapper().encode(metadata)
    assert stored == rfc8785(json.loads(stored))
    assert msgspec.json.decode(stored, type=Metadata) == metadata


def test_a_value_of_no_stored_form_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="complex has no stored form"):
        mapper().encode(CommandIssued("a", "b", True, 1j))  # type: ignore[arg-type]


# Versions


@pytest.fixture
def measured() -> Iterator[type[Event]]:
    """An event type of version 3: version 1 had centimetres, version 2 millimetres, version 3 says of what."""

    class Measured(Event, frozen=True):
        """Something was measured."""

        type_name: ClassVar[str] = "test.measured"
        schema_version: ClassVar[int] = 3
        millimetres: int
        of: str

    @upcasts("test.measured", 1)
    def to_millimetres(body: dict[str, Any]) -> dict[str, Any]:
        return {"millimetres": body["centimetres"] * 10}

    @upcasts("test.measured", 2)
    def of_something(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "of": "unknown"}

    yield Measured
    del EVENT_TYPES["test.measured"], UPCASTERS["test.measured", 1], UPCASTERS["test.measured", 2]


@pytest.mark.parametrize(
    ("version", "body"),
    [
        (1, b'{"centimetres":12}'),
        (2, b'{"millimetres":120}'),
        (3, b'{"millimetres":120,"of":"unknown"}'),
    ],
)
def test_every_older_version_is_read_as_the_current_one(measured: Any, version: int, body: bytes) -> None:
    assert mapper().decode(1, "test.measured", version, body) == measured(120, "unknown")


def test_a_type_registered_after_the_mapper_was_made_is_read() -> None:
    late = mapper()

    class Late(Event, frozen=True):
        """Came late."""

        type_name: ClassVar[str] = "test.late"

    try:
        assert late.decode(1, "test.late", 1, b"{}") == Late()
    finally:
        del EVENT_TYPES["test.late"]


@pytest.mark.parametrize(
    ("type_name", "version", "body", "reason"),
    [
        ("test.unheard_of", 1, b"{}", "this program does not know the type"),
        ("test.measured", 4, b"{}", "schema version 4 is newer than this program's 3"),
        ("test.measured", 0, b"{}", "no upcaster from schema version 0"),
        ("test.measured", 3, b'{"millimetres":"tall","of":"a"}', "Expected `int`, got `str`"),
        ("test.measured", 2, b'{"millimetres":"tall"}', "Expected `int`, got `str`"),
        ("test.measured", 1, b"{}", "centimetres"),
        ("test.measured", 3, b"{", "Input data was truncated"),
    ],
)
def test_what_cannot_be_read_is_named(
    measured: type[Event], type_name: str, version: int, body: bytes, reason: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        mapper().decode(17, type_name, version, body)
    assert (refused.value.position, refused.value.type_name) == (17, type_name)
    assert f"event 17 ({type_name}) cannot be read: " in str(refused.value)
    assert reason in str(refused.value)


def test_a_row_of_the_log_comes_back_with_its_place() -> None:
    keeping = mapper()
    metadata = Metadata(ADA, Actor(ActorKind.USER, str(ADA)), CAMPAIGN, ADA, "c1", None, AT, 1, "5a")
    row = (9, ADA, 2, CAMPAIGN, REGISTERED.type_name, AT, keeping.encode(metadata), keeping.encode(REGISTERED))
    recorded = keeping.recorded(row)
    assert (recorded.position, recorded.stream, recorded.version, recorded.workspace) == (9, ADA, 2, CAMPAIGN)
    assert (recorded.recorded_at, recorded.metadata, recorded.event) == (AT, metadata, REGISTERED)


# Personal data


def test_personal_texts_are_sealed_in_the_stored_bytes() -> None:
    stored = mapper().encode(REGISTERED)
    readable = stored + b"".join(base64.b64decode(field["sealed"]) for field in json.loads(stored).values())
    for text in (b"ada@example.com", b"example", b"Ada", b"Lovelace"):
        assert text not in readable
    assert {field["subject"] for field in json.loads(stored).values()} == {str(ADA)}


def test_equal_texts_are_sealed_differently() -> None:
    sealing = mapper()
    assert sealing.encode(REGISTERED) != sealing.encode(REGISTERED)


def test_another_process_with_the_same_keys_reads_them() -> None:
    keys = Keys()
    stored = mapper(keys).encode(REGISTERED)
    assert mapper(keys).decode(1, "user.registered", 1, stored) == REGISTERED


def test_without_the_persons_key_a_placeholder_is_read() -> None:
    keys = Keys()
    stored = mapper(keys).encode(REGISTERED)
    del keys[ADA]
    event = mapper(keys).decode(1, "user.registered", 1, stored)
    assert isinstance(event, UserRegistered)
    assert event.email.text == event.name.text == PLACEHOLDER == "(erased)"
    assert event.email.subject == ADA


def test_a_key_of_another_master_key_is_said_clearly() -> None:
    keys = Keys()
    stored = mapper(keys).encode(REGISTERED)
    with pytest.raises(Unreadable, match=f"subject/{ADA} was sealed under another master key, or was altered"):
        mapper(keys, master=2).decode(1, "user.registered", 1, stored)


def test_a_sealed_text_moved_to_another_person_does_not_open() -> None:
    keys = Keys()
    sealing = mapper(keys)
    bob = UUID("018f0000-0000-7000-8000-0000000000b0")
    stored = sealing.encode(REGISTERED)
    sealing.encode(UserRegistered(Personal("bob@example.com", bob), Personal("Bob", bob)))
    moved = stored.replace(str(ADA).encode(), str(bob).encode())
    with pytest.raises(Unreadable, match="was altered, or belongs to somebody else"):
        sealing.decode(1, "user.registered", 1, moved)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0"])
def test_a_text_that_postgresql_cannot_hold_is_never_stored(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"U\+0000"):
        mapper().encode(CommandIssued(text, "", True, ""))


@pytest.mark.parametrize("text", [r"\u0000", r"\\u0000"])
def test_a_text_that_only_speaks_of_it_is(text: str) -> None:
    assert mapper().encode(CommandIssued(text, "", True, ""))
