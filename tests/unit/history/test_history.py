"""History says every event in words that a marketer or an auditor understands."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.unit.history.samples import AT, EVENT, NAMES, TELLS, USER

from umt.application.history import actor_in_words, entry, sentence
from umt.domain.campaign import AdSetRemoved, CampaignLaunched
from umt.domain.event import EVENT_TYPES, Event
from umt.domain.personal import Personal
from umt.domain.recorded import Actor, ActorKind, Metadata, Recorded
from umt.domain.user import UserRegistered

CORRELATION = UUID(int=9)
AGENT = Actor(ActorKind.AGENT, "content-ads")


def recorded(event: Event, actor: Actor = AGENT) -> Recorded:
    metadata = Metadata(
        event_id=UUID(int=2),
        actor=actor,
        correlation=CORRELATION,
        causation=EVENT,
        command_id=None,
        trace=None,
        effective_at=AT,
        schema_version=1,
        salt="00",
    )
    return Recorded(
        position=17,
        stream=UUID(int=1),
        version=3,
        workspace=UUID(int=3),
        recorded_at=AT + timedelta(hours=1),
        metadata=metadata,
        event=event,
    )


def named(identifier: str) -> str:
    return NAMES.get(identifier, identifier)


@pytest.mark.parametrize(("event", "tells"), TELLS, ids=[event.type_name for event, _ in TELLS])
def test_an_event_is_told_in_words(event: Event, tells: str) -> None:
    assert sentence(recorded(event), named) == tells


def test_no_event_is_left_without_words() -> None:
    published = {name for name, event_type in EVENT_TYPES.items() if event_type.__module__.startswith("umt.")}
    assert published == {event.type_name for event, _ in TELLS}


def test_an_event_that_history_does_not_know_is_named() -> None:
    class Stranger(Event, frozen=True):
        """Of another module."""

    del EVENT_TYPES[Stranger.type_name]
    with pytest.raises(LookupError, match=r"no words for test_history\.stranger"):
        sentence(recorded(Stranger()))


def test_things_without_a_name_are_told_by_their_id() -> None:
    assert sentence(recorded(AdSetRemoved(UUID(int=5)))) == f"Removed the ad set {UUID(int=5)}"


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (AGENT, "Content & Ad Management"),
        (Actor(ActorKind.AGENT, "a-former-agent"), "a-former-agent"),
        (Actor(ActorKind.USER, str(USER)), "a member"),
        (Actor(ActorKind.API_KEY, "k1"), "an API key"),
        (Actor(ActorKind.SYSTEM, "import"), "the system"),
    ],
)
def test_an_actor_is_told_in_words(actor: Actor, words: str) -> None:
    assert actor_in_words(actor) == words


def test_personal_data_is_never_told() -> None:
    event = UserRegistered(Personal("ada@example.com", USER), Personal("Ada Lovelace", USER))
    line = entry(recorded(event, Actor(ActorKind.USER, str(USER))))
    assert "ada" not in repr(line).lower()
    assert "lovelace" not in repr(line).lower()


def test_a_line_of_history_says_where_when_by_whom_and_why() -> None:
    line = entry(recorded(CampaignLaunched()))
    assert (line.position, line.version, line.event_type) == (17, 3, "campaign.launched")
    assert (line.effective_at, line.recorded_at) == (AT, AT + timedelta(hours=1))
    assert (line.actor, line.actor_kind, line.actor_id) == ("Content & Ad Management", "agent", "content-ads")
    assert (line.text, line.correlation, line.causation) == ("Launched the campaign", CORRELATION, EVENT)
