"""A personal text comes into no row, no effect, no prompt and no line of history: everything that is written from events
is looked at, with a text that is nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import msgspec.inspect as mi
import pytest
from msgspec.structs import replace
from tests.in_memory import ACME, SYSTEM, InMemory, InMemoryTransaction
from tests.unit.history.samples import TELLS

from umt.adapters.postgres.stream_cache import holds_personal
from umt.application.agents.facts import RecordingFacts
from umt.application.effects import EFFECTS, Effect
from umt.application.history import sentence
from umt.application.transaction import Context
from umt.domain.event import EVENT_TYPES, Event
from umt.domain.invitation import Invitation
from umt.domain.personal import Personal
from umt.domain.recorded import Actor, ActorKind, Metadata, Recorded
from umt.domain.user import User, UserRegistered
from umt.domain.workspace import Workspace
from umt.projections.catalogue import PROJECTIONS
from umt.projections.table import Projection

TEXT = "only this person is called so"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def mentions_personal(info: Any, seen: set[type]) -> bool:
    """Whether a value of the type can hold a personal text."""
    if isinstance(info, mi.CustomType):
        return info.cls is Personal
    if isinstance(info, mi.StructType):
        if info.cls in seen:
            return False
        seen.add(info.cls)
        return any(mentions_personal(field.type, seen) for field in info.fields)
    parts = [getattr(info, name, ()) for name in ("types", "item_types")]
    single = [getattr(info, name) for name in ("item_type", "key_type", "value_type") if hasattr(info, name)]
    return any(mentions_personal(each, seen) for each in (*(p for part in parts for p in part), *single))


def marked(value: Any) -> Any:
    """The value with every personal text in it replaced by one that is nowhere else."""
    if isinstance(value, Personal):
        return Personal(TEXT, value.subject)
    if isinstance(value, msgspec.Struct):
        return replace(value, **{name: marked(getattr(value, name)) for name in value.__struct_fields__})
    if isinstance(value, tuple):
        return tuple(map(marked, value))
    return value


def recorded(event: Event) -> Recorded:
    metadata = Metadata(UUID(int=1), Actor(ActorKind.SYSTEM, "test"), UUID(int=2), None, None, None, AT, 1, "salt")
    return Recorded(1, UUID(int=3), 1, UUID(int=4), AT, event, metadata)


PERSONAL_TYPES = {name for name, kind in EVENT_TYPES.items() if mentions_personal(mi.type_info(kind), set())}
PERSONAL_EVENTS = [recorded(marked(event)) for event, _ in TELLS if event.type_name in PERSONAL_TYPES]


def test_every_event_with_a_personal_text_has_a_sample() -> None:
    assert {each.event.type_name for each in PERSONAL_EVENTS} == PERSONAL_TYPES >= {"user.registered"}
    assert all(TEXT in {p.text for p in personals(each.event)} for each in PERSONAL_EVENTS)


def personals(event: Event) -> list[Personal]:
    values = (getattr(event, name) for name in event.__struct_fields__)
    return [value for value in values if isinstance(value, Personal)]


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=lambda p: p.name)
def test_no_row_holds_a_personal_text(projection: Projection) -> None:
    for each in PERSONAL_EVENTS:
        if each.event.type_name not in projection.folds:
            continue
        for change in projection.changes(each):
            written = [change.key, change.put, change.add, change.update({}) if change.update else None]
            assert TEXT not in repr(written)
            assert "Personal(" not in repr(written)


@pytest.mark.parametrize("at", PERSONAL_EVENTS, ids=lambda at: at.event.type_name)
def test_no_line_of_history_holds_a_personal_text(at: Recorded) -> None:
    assert TEXT not in sentence(at)


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=lambda effect: effect.kind)
def test_no_effect_and_so_no_prompt_takes_or_gives_a_personal_text(effect: type[Effect]) -> None:
    for kind in (effect, effect.result_type):
        assert not mentions_personal(mi.type_info(kind), set())


def test_an_agent_cannot_record_that_it_looked_at_a_person() -> None:
    memory, person = InMemory(), UUID(int=5)
    memory.happened(person, UserRegistered(Personal(TEXT, person), Personal(TEXT, person)))
    facts = RecordingFacts(InMemoryTransaction(memory, Context(workspace=ACME, actor=SYSTEM)))
    with pytest.raises(TypeError):
        facts.find(User, person)
    assert TEXT not in repr(facts.seen)


def test_a_personal_text_cannot_be_written_by_mistake() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Personal(TEXT, UUID(int=1)))
    assert TEXT not in f"{Personal(TEXT, UUID(int=1))!r} {Personal(TEXT, UUID(int=1))}"


def test_a_state_with_a_personal_text_is_not_kept_in_memory() -> None:
    assert (holds_personal(User), holds_personal(Invitation), holds_personal(Workspace)) == (True, True, False)
