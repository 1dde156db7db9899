"""An event type that has changed: its stored bodies are read as those of today wherever events are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.faults.probe import Author, Probe, probing, said, stored
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, connect
from umt.adapters.postgres.log import append
from umt.adapters.postgres.snapshots import EVERY
from umt.application.commands.content import CreateTemplate, ReviseTemplate
from umt.application.lists import Stretch
from umt.application.past import Moment
from umt.bootstrap import System
from umt.domain.event import UPCASTERS, upcasts
from umt.domain.template import Format, Template, TemplateCreated, TemplateRevised
from umt.projections import dead_letters
from umt.projections.generations import live

REVISED = TemplateRevised.type_name


@pytest.fixture
def probe(wired: System) -> Iterator[Probe]:
    with probing(wired) as made:
        yield made


@pytest.fixture
def author(wired: System) -> Author:
    return Author(wired)


@pytest.fixture(autouse=True)
def _changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Revisions are of schema version 3 now: the text was ``text`` in version 1, and ``words`` in version 2."""
    monkeypatch.setattr(TemplateRevised, "schema_version", 3)
    monkeypatch.setattr("umt.domain.event.UPCASTERS", UPCASTERS)
    before = dict(UPCASTERS)
    upcasts(REVISED, 1)(_words)
    upcasts(REVISED, 2)(_instructions)
    yield
    UPCASTERS.clear()
    UPCASTERS.update(before)


def _words(body: dict[str, Any]) -> dict[str, Any]:
    return {"words": body["text"].split()}


def _instructions(body: dict[str, Any]) -> dict[str, Any]:
    return {"instructions": " ".join(body["words"])}


def remember(wired: System, workspace: UUID, stream: UUID, version: int, *bodies: tuple[int, bytes]) -> None:
    """Append revisions as programs of earlier versions stored them."""
    events = []
    for schema_version, body in bodies:
        event = stored(workspace, stream, version, said(""))
        metadata = event.metadata.replace(b'"schema_version":3', f'"schema_version":{schema_version}'.encode())
        events.append(
            type(event)(
                originator_id=event.originator_id,
                originator_version=version,
                topic=event.topic,
                state=body,
                workspace=workspace,
                metadata=metadata,
                schema_version=schema_version,
            )
        )
        version += 1
    with connect(wired.url, APP, autocommit=False) as connection:
        append(connection, events)


OLD = ((1, b'{"text":"in  one"}'), (2, b'{"words":["in","two"]}'), (3, b'{"instructions":"in three"}'))


def history(wired: System, author: Author) -> UUID:
    stream = uuid4()
    author.write((stream, TemplateCreated("T", Format.EMAIL, "hello")))
    remember(wired, author.workspace, stream, 2, *OLD)
    return stream


def test_a_read_model_shows_old_events_as_they_are_today(wired: System, probe: Probe, author: Author) -> None:
    stream = history(wired, author)
    probe.catch_up()
    expected = (
        {stream: ["hello", "in one", "in two", "in three"]},
        {"hello": 1, "in one": 1, "in two": 1, "in three": 1},
    )
    assert probe.shown(author.workspace) == expected
    assert probe.parked(author.workspace) == []
    probe.rebuild()
    assert probe.shown(author.workspace) == expected
    assert probe.differs(author.workspace) == []


async def test_a_past_state_is_read_through_it(wired: System, author: Author) -> None:
    stream = history(wired, author)
    async with wired.reading():
        for version, text in ((None, "in three"), (3, "in two"), (2, "in one")):
            state, reached = await wired.reader.state(
                author.workspace, Template, stream, Moment(version=version) if version else None
            )
            assert state
            assert (state.instructions, reached) == (text, version or 4)
        (page,) = await wired.reader.histories(author.workspace, [stream], Stretch(limit=10))
    assert [recorded.event for recorded in page.items[1:]] == [said("in one"), said("in two"), said("in three")]


def test_an_event_that_had_no_upcaster_waits_and_is_applied_once_it_has(
    wired: System, probe: Probe, author: Author
) -> None:
    del UPCASTERS[REVISED, 1]
    stream = history(wired, author)
    probe.catch_up()
    assert len(probe.parked(author.workspace)) == 3
    assert probe.shown(author.workspace)[0] == {stream: ["hello"]}
    upcasts(REVISED, 1)(_words)
    with wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        tried = dead_letters.retry(connection, probe.projection, generation, wired.following, stream)
    assert (tried.applied, tried.waiting) == (3, 0)
    assert probe.shown(author.workspace)[0] == {stream: ["hello", "in one", "in two", "in three"]}
    assert probe.differs(author.workspace) == []


def test_an_upcaster_that_fails_parks_its_stream(wired: System, probe: Probe, author: Author) -> None:
    stream = uuid4()
    author.write((stream, TemplateCreated("T", Format.EMAIL, "hello")))
    remember(wired, author.workspace, stream, 2, (1, b'{"text":null}'))
    whole = author.template("a")
    probe.catch_up()
    assert probe.shown(author.workspace)[0] == {stream: ["hello"], whole: ["hello", "a"]}
    with wired.as_worker() as connection:
        generation = live(connection, probe.name)
        assert generation
        (letter,) = dead_letters.shown(connection, generation, stream)
    assert letter.error
    assert "AttributeError" in letter.error


def test_a_command_decides_on_old_events_and_a_snapshot_of_them(wired: System, pat: Person) -> None:
    template = pat.makes(CreateTemplate(name="T", format=Format.EMAIL, instructions="hello"))
    remember(wired, pat.workspace, template, 2, *OLD[:2])
    same = pat.does(ReviseTemplate(template=template, instructions="in two"))
    assert same.events == 0, "the upcast state says that already"
    assert pat.does(ReviseTemplate(template=template, instructions="new")).events == 1

    remember(wired, pat.workspace, template, 5, *[OLD[number % 2] for number in range(EVERY + 1)])
    pat.does(ReviseTemplate(template=template, instructions="newer"))
    with connect(wired.url, "umt_worker") as connection:
        kept = connection.execute(
            "SELECT fingerprint FROM umt.snapshot WHERE stream = %s ORDER BY version DESC", (template,)
        ).fetchall()
        assert kept, "a long stream has a snapshot"
    assert pat.does(ReviseTemplate(template=template, instructions="newer")).events == 0
