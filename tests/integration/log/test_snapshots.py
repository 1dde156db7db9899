"""Snapshots: a long stream is read from the newest one of this program, and is the same state as its fold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.log.writers import another, through
from tests.integration.people import Person

from umt.adapters.postgres import snapshots
from umt.adapters.postgres.database import APP, OWNER, WORKER, connect
from umt.adapters.postgres.stream_cache import Known
from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.brand import DescribeBrand
from umt.bootstrap import System
from umt.domain import brand, user
from umt.domain.brand import Brand, BrandDescribed, Industry
from umt.domain.event import UPCASTERS, Event, fold
from umt.domain.personal import Personal
from umt.domain.user import User

TRADE = Industry("Trade")
LONG = snapshots.EVERY + 50


@pytest.fixture
def owner(wired: System) -> Iterator[psycopg.Connection[Any]]:
    with connect(wired.url, OWNER) as connection:
        yield connection


def long_brand(wired: System, pat: Person, events: int = LONG) -> UUID:
    stream = uuid4()
    described = [BrandDescribed(f"turn {turn}", TRADE) for turn in range(2, events + 1)]
    all_events: list[Event] = [brand.BrandCreated("Long", TRADE, ""), *described]
    wired.writer.append(pat.context(), [(stream, 0, all_events)]).result()
    return stream


def stored(owner: psycopg.Connection[Any], stream: UUID) -> list[int]:
    rows = owner.execute("SELECT version FROM umt.snapshot WHERE stream = %s ORDER BY version", (stream,))
    return [version for (version,) in rows.fetchall()]


def wait_for(owner: psycopg.Connection[Any], stream: UUID, count: int) -> list[int]:
    deadline = time.monotonic() + 30
    while len(found := stored(owner, stream)) < count:
        assert time.monotonic() < deadline, f"{len(found)} snapshots instead of {count}"
        time.sleep(0.02)
    return found


def read(wired: System, writer: PostgresWriter, pat: Person, stream: UUID) -> Brand:
    found: Brand = writer.run(pat.context(), lambda tx: tx.get(Brand, stream)).result()
    return found


def test_a_long_stream_is_kept_and_read_from_there(wired: System, pat: Person, owner: psycopg.Connection[Any]) -> None:
    stream = long_brand(wired, pat)
    state = read(wired, wired.writer, pat, stream)
    assert wait_for(owner, stream, 1) == [LONG]
    # What lies in the snapshot is what is read: the events before it are not looked at again.
    owner.execute("UPDATE umt.snapshot SET state = replace(convert_from(state, 'UTF8'), 'Long', 'Kept')::bytea")
    fresh = another(wired)
    assert (state.name, read(wired, fresh, pat, stream).name) == ("Long", "Kept")
    through(fresh).submit(DescribeBrand(brand=stream, description="later", industry=TRADE), pat.context()).result()
    assert read(wired, fresh, pat, stream).description == "later"
    fresh.close()


def test_another_is_kept_after_as_many_events_again(wired: System, pat: Person, owner: psycopg.Connection[Any]) -> None:
    stream = long_brand(wired, pat)
    read(wired, wired.writer, pat, stream)
    wait_for(owner, stream, 1)
    more = [BrandDescribed(f"more {turn}", TRADE) for turn in range(snapshots.EVERY)]
    wired.writer.run(pat.context(), lambda tx: tx.record(Brand, stream, *more)).result()
    assert wait_for(owner, stream, 2) == [LONG, LONG + snapshots.EVERY]
    with connect(wired.url, WORKER) as worker:
        mapper = wired.writer._desk.mapper
        for version in (1, LONG - 1, LONG, LONG + 7, LONG + snapshots.EVERY):
            known = snapshots.snapshot_at(worker, mapper, pat.workspace, Brand, stream, version)
            events = wired.source.stream(stream)[:version]
            assert (known.version, known.state) == (version, fold(recorded.event for recorded in events))


def test_a_state_of_another_program_is_passed_over(
    wired: System, pat: Person, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new schema version with its upcaster: aggregates are read through it, and not from the old snapshot."""
    stream = long_brand(wired, pat)
    read(wired, wired.writer, pat, stream)
    wait_for(owner, stream, 1)
    before = snapshots.fingerprint()

    def shout(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "description": body["description"].upper()}

    monkeypatch.setitem(UPCASTERS, (BrandDescribed.type_name, 1), shout)
    monkeypatch.setattr(BrandDescribed, "schema_version", 2)
    assert snapshots.fingerprint() != before
    fresh = another(wired)
    assert read(wired, fresh, pat, stream).description == f"TURN {LONG}"
    assert len(wait_for(owner, stream, 1)) == 1
    fresh.close()


def test_a_broken_one_costs_nothing_but_time(wired: System, pat: Person, owner: psycopg.Connection[Any]) -> None:
    stream = long_brand(wired, pat)
    read(wired, wired.writer, pat, stream)
    wait_for(owner, stream, 1)
    owner.execute("UPDATE umt.snapshot SET state = '{}' WHERE stream = %s", (stream,))
    fresh = another(wired)
    assert read(wired, fresh, pat, stream).description == f"turn {LONG}"
    fresh.close()


def test_personal_fields_are_ciphertext_and_go_with_their_key(
    wired: System, pat: Person, owner: psycopg.Connection[Any]
) -> None:
    person = uuid4()
    registered = user.UserRegistered(Personal("ann@example.com", person), Personal("Ann Other", person))
    renames = [user.UserRenamed(Personal(f"Ann {turn}", person)) for turn in range(LONG)]
    work = lambda tx: tx.record(User, person, registered, *renames)  # noqa: E731
    wired.writer.run(pat.context(), work).result()
    wait_for(owner, person, 1)
    state = owner.execute("SELECT state FROM umt.snapshot WHERE stream = %s", (person,)).fetchone()
    assert state
    assert b"Ann" not in bytes(state[0])
    assert len(wired.writer._cache) == 0 or (pat.workspace, person) not in wired.writer._cache._known
    found: User = wired.writer.run(pat.context(), lambda tx: tx.get(User, person)).result()
    assert found.name.text == f"Ann {LONG - 1}"


def test_foreign_and_superfluous_ones_are_tidied_away(
    wired: System, pat: Person, owner: psycopg.Connection[Any]
) -> None:
    stream, foreign = uuid4(), uuid4()
    insert = (
        "INSERT INTO umt.snapshot (workspace, stream, fingerprint, version, kind, state, taken_at)"
        " VALUES (%s, %s, %s, %s, 'brand', '', now() - %s)"
    )
    for version in range(1, 2 * snapshots.KEPT + 1):
        owner.execute(insert, (pat.workspace, stream, snapshots.fingerprint(), version, timedelta(days=9)))
    for version, age in ((1, 0), (2, 2)):
        owner.execute(insert, (pat.workspace, foreign, b"another program", version, timedelta(days=age)))
    wired.retention.carry_out()
    assert stored(owner, stream) == list(range(snapshots.KEPT + 1, 2 * snapshots.KEPT + 1))
    assert stored(owner, foreign) == [1]


def test_one_workspace_does_not_see_anothers(wired: System, pat: Person, sam: Person) -> None:
    stream = long_brand(wired, pat)
    read(wired, wired.writer, pat, stream)
    with connect(wired.url, OWNER) as owner:
        wait_for(owner, stream, 1)
    with connect(wired.url, APP) as connection, connection.transaction():
        connection.execute("SELECT set_config('umt.workspace', %s, true)", (str(sam.workspace),))
        mapper = wired.writer._desk.mapper
        for workspace in (pat.workspace, sam.workspace):
            assert snapshots.snapshot_at(connection, mapper, workspace, Brand, stream) == Known(None, 0)
