"""What snapshots and the append store: every state comes back as it was, and shared metadata is encoded byte for byte."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.unit.history.samples import TELLS
from tests.vaults import vault

from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.postgres.stored_form import StoredForm
from umt.adapters.postgres.stream_cache import Known, StreamCache, holds_personal
from umt.adapters.vault import PersonalCipher
from umt.application.transaction import Context
from umt.domain.brand import Brand, BrandRenamed, Industry
from umt.domain.errors import DomainError
from umt.domain.event import Aggregate, Event
from umt.domain.recorded import Actor, ActorKind, Metadata
from umt.domain.user import User


class Keys(dict[UUID, bytes]):
    """Subject keys in memory."""

    def wrapped(self, subject: UUID) -> bytes | None:
        return self.get(subject)

    def store(self, subject: UUID, sealed: bytes) -> None:
        self[subject] = sealed


@pytest.fixture
def mapper() -> EventMapper:
    return EventMapper(PersonalCipher(vault()), Keys())


def states() -> dict[type[Aggregate], list[Any]]:
    """Every state on the way through the events of each aggregate, as far as they follow one another."""
    found: dict[type[Aggregate], list[Any]] = defaultdict(list)
    by_module: dict[str, list[Event]] = defaultdict(list)
    for event, _ in TELLS:
        by_module[type(event).__module__].append(event)
    for events in by_module.values():
        state: Any = None
        for event in events:
            try:
                state = event.evolve(state)
            except (AttributeError, DomainError, LookupError, StopIteration):
                continue
            found[type(state)].append(state)
    return found


STATES = states()


def test_there_is_a_state_of_every_kind() -> None:
    assert set(STATES) == set(Aggregate.__subclasses__())


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.kind)
def test_a_state_comes_back_as_it_was(mapper: EventMapper, kind: type[Aggregate]) -> None:
    for state in STATES[kind]:
        assert mapper.decode_state(kind, mapper.encode_state(state)) == state


def test_shared_metadata_is_encoded_as_the_mapper_encodes_it(mapper: EventMapper) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    context = Context(
        workspace=uuid4(),
        actor=Actor(ActorKind.USER, '"event_id":"00000000-0000-0000-0000-000000000000","salt":"","schema_version":0'),
        command_id="käse",
        correlation=uuid4(),
        cause=uuid4(),
        trace="00-1-1-01",
    )
    stream = uuid4()
    events: list[tuple[UUID, int, Event]] = [(stream, 1, BrandRenamed("One")), (stream, 2, BrandRenamed("Two"))]
    batch = StoredForm(mapper, context, now).encode(events)
    stored = [msgspec.json.decode(each, type=Metadata) for each in batch.metadata]
    assert [mapper.encode(metadata) for metadata in stored] == batch.metadata
    assert all(metadata.event_id.version == 4 for metadata in stored)
    assert len({(metadata.event_id, metadata.salt) for metadata in stored}) == 2
    assert {(m.actor, m.command_id, m.correlation, m.causation, m.trace, m.effective_at) for m in stored} == {
        (context.actor, "käse", context.correlation, context.cause, "00-1-1-01", now)
    }
    assert batch.bodies == [mapper.encode(event) for _, _, event in events]


def test_states_with_personal_fields_are_not_kept_in_memory() -> None:
    assert holds_personal(User)
    assert not holds_personal(Brand)
    cache, workspace = StreamCache(), uuid4()
    for state in (*STATES[User], *STATES[Brand]):
        cache.put((workspace, uuid4()), Known(state, 1))
    assert len(cache) == len(STATES[Brand])


def test_what_is_kept_in_memory_is_bounded() -> None:
    brand, workspace = Brand(name="Acme", industry=Industry("Trade")), uuid4()
    few, light = StreamCache(most_streams=2), StreamCache(most_bytes=100)
    keys = [(workspace, uuid4()) for _ in range(3)]
    for key in keys:
        few.put(key, Known(brand, 1))
        light.put(key, Known(brand, 1, weight=60))
    assert [few.get(key) is not None for key in keys] == [False, True, True]
    assert [light.get(key) is not None for key in keys] == [False, False, True]
    few.clear(uuid4())
    assert len(few) == 2
    few.clear(workspace)
    assert len(few) == 0
