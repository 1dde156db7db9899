"""What a person did by API keys is theirs: the keys that they hold, held before, or made for a service account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.privacy.people import Owner, exported, makes_brand

from umt.adapters.postgres.database import APP, OWNER, connect
from umt.adapters.postgres.security_events import PostgresSecurityLog
from umt.application.commands.api_keys import CreateApiKey, RevokeApiKey
from umt.application.commands.members import AddServiceAccount, RemoveMember
from umt.application.security_events import SecurityEvent, SecurityEventKind
from umt.application.transaction import Context
from umt.bootstrap import System
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role, Workspace

ADDRESS = "203.0.113.9"


class Programs:
    """What Kim has made: a program with a key of hers, and one with a key of a service account. Both have worked."""

    def __init__(self, zoe: Owner, log: PostgresSecurityLog) -> None:
        self.wired, self.zoe, self.log = zoe.wired, zoe, log
        self.kim = zoe.adds(f"{uuid4().hex}@example.com", Role.ADMIN)
        self._kims = Context(
            workspace=zoe.workspace, actor=Actor(ActorKind.USER, str(self.kim)), role=Role.ADMIN, principal=self.kim
        )
        self.keys = [self._key(None), self._key(self._service_account())]
        self.actors = [f"api_key:{key}" for key in self.keys]
        for key in self.keys:
            makes_brand(self.wired, zoe.workspace, Actor(ActorKind.API_KEY, str(key)))
        self.are_refused()

    def are_refused(self) -> None:
        """Something, from the address."""
        for actor in self.actors:
            self.log.record(
                SecurityEvent(
                    kind=SecurityEventKind.ACCESS_REFUSED,
                    workspace=self.zoe.workspace,
                    actor=actor,
                    address=ADDRESS,
                    detail=uuid4().hex,
                )
            )
        self.log.flush()

    def revoked(self) -> None:
        for key in self.keys:
            self._does(RevokeApiKey(key=key))

    def removed(self) -> None:
        """Kim is; her keys are revoked by that."""
        self.wired.dispatcher.submit(RemoveMember(user=self.kim), self.zoe.context).result()

    def erased(self) -> None:
        self.wired.erasing.erase(self.kim, self.zoe.context)

    def _key(self, holder: UUID | None) -> UUID:
        scopes = ("brand:read",)
        key = CreateApiKey(name="reports", scopes=scopes, holder=holder, key_hash=uuid4().bytes, prefix="umtk_abc")
        return self._does(key)

    def _service_account(self) -> UUID:
        self._does(AddServiceAccount(name="Robot", role=Role.MARKETER))
        here = self.zoe.workspace
        home: Workspace = self.wired.writer.run(self._kims, lambda tx: tx.get(Workspace, here)).result()
        return next(member.user for member in home.members if member.service)

    def _does(self, command: Any) -> UUID:
        subject = self.wired.dispatcher.submit(command, self._kims).result().subject
        assert subject
        return subject


@pytest.fixture
def log(wired: System) -> Iterator[PostgresSecurityLog]:
    made = PostgresSecurityLog(partial(connect, wired.url, APP), lambda text: f"{uuid4()}{text}".encode())
    yield made
    made.close()


@pytest.fixture
def programs(wired: System, log: PostgresSecurityLog) -> Programs:
    return Programs(Owner(wired), log)


@pytest.fixture
def rows(wired: System) -> Iterator[psycopg.Connection[Any]]:
    with connect(wired.url, OWNER) as connection:
        yield connection


def traces(rows: psycopg.Connection[Any], actor: str) -> tuple[list[str | None], int]:
    """The addresses in security events, and how many results of commands there are."""
    addresses = rows.execute("SELECT address FROM umt.security_event WHERE actor = %s", (actor,)).fetchall()
    commands = rows.execute("SELECT FROM umt.command WHERE actor = %s", (actor,)).rowcount
    return [address for (address,) in addresses], commands


@pytest.mark.parametrize("before", [None, Programs.revoked, Programs.removed])
def test_it_goes_with_the_person(
    programs: Programs, rows: psycopg.Connection[Any], before: Callable[[Programs], None] | None
) -> None:
    if before:
        before(programs)
    assert [traces(rows, actor) for actor in programs.actors] == [([ADDRESS], 1)] * 2
    programs.erased()
    assert [traces(rows, actor) for actor in programs.actors] == [([None], 0)] * 2
    assert rows.execute("SELECT FROM umt.api_key WHERE %s IN (holder, made_by)", (programs.kim,)).rowcount == 0
    programs.are_refused()
    assert [traces(rows, actor) for actor in programs.actors] == [([None, None], 0)] * 2


@pytest.mark.parametrize("before", [None, Programs.revoked, Programs.removed, Programs.erased])
def test_it_is_told_to_the_person(
    programs: Programs, data_dir: Path, before: Callable[[Programs], None] | None
) -> None:
    if before:
        before(programs)
    document = exported(data_dir, programs.kim)
    revoked = before is not None
    assert {(key["id"], key["revoked"]) for key in document["api_keys"]} == {
        (str(key), revoked) for key in programs.keys
    }
    assert [each["type"] for each in document["events"] if each["by_them"]].count("brand.created") == 2
    address = None if before is Programs.erased else ADDRESS
    assert {each["actor"]: each["address"] for each in document["security_events"]} == dict.fromkeys(
        programs.actors, address
    )


def test_keys_of_others_stay_as_they_are(programs: Programs, wired: System, rows: psycopg.Connection[Any]) -> None:
    other = Programs(Owner(wired), programs.log)
    programs.erased()
    assert [traces(rows, actor) for actor in other.actors] == [([ADDRESS], 1)] * 2
    assert rows.execute("SELECT FROM umt.api_key WHERE %s IN (holder, made_by)", (other.kim,)).rowcount == 2
