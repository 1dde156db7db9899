"""A person who can be told apart from everybody else, byte by byte."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from typer.testing import CliRunner

from umt.application.commands.brand import CreateBrand
from umt.application.commands.identity import Register
from umt.application.commands.members import ImportUser
from umt.application.transaction import Context
from umt.bootstrap import System
from umt.cli.main import app
from umt.domain.brand import Industry
from umt.domain.recorded import Actor, ActorKind
from umt.domain.user import User
from umt.domain.workspace import Role

HASH = "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43


def system_context(workspace: UUID) -> Context:
    return Context(workspace=workspace, actor=Actor(ActorKind.SYSTEM, "test"))


class Owner:
    """An owner of a workspace of their own, with a name and an address that nobody else has."""

    def __init__(self, wired: System) -> None:
        self.wired, self.workspace, self.user = wired, uuid4(), uuid4()
        self.name, self.email = f"Zoë {uuid4().hex}", f"{uuid4().hex}@example.com"
        registration = Register(
            email=self.email, name=self.name, company="Co", user=self.user, password_hash=SecretStr(HASH)
        )
        wired.dispatcher.submit(registration, system_context(self.workspace)).result()

    @property
    def context(self) -> Context:
        return Context(
            workspace=self.workspace,
            actor=Actor(ActorKind.USER, str(self.user)),
            role=Role.OWNER,
            principal=self.user,
        )

    def adds(self, email: str, role: Role = Role.OWNER) -> UUID:
        """Another member, with an account if the address has none; the answer is their user id."""
        command = ImportUser(email=email, name=f"Kim {email}", role=role, password_hash=SecretStr(HASH))
        self.wired.dispatcher.submit(command, system_context(self.workspace)).result()
        found: UUID = self.wired.writer.run(self.context, lambda tx: tx.member_of(email)).result()
        return found


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def user(wired: System, workspace: UUID, person: UUID) -> User:
    """The person as commands see them."""
    found: User = wired.writer.run(system_context(workspace), lambda tx: tx.get(User, person)).result()
    return found


def makes_brand(wired: System, workspace: UUID, actor: Actor) -> None:
    """What anybody may do; it leaves the result of a command."""
    context = Context(workspace=workspace, actor=actor, role=Role.ADMIN)
    wired.dispatcher.submit(CreateBrand(name=f"Brand {uuid4()}", industry=Industry("Trade")), context).result()


def exported(data_dir: Path, person: UUID) -> dict[str, Any]:
    """The person as the operator exports them."""
    done = CliRunner().invoke(app, ["privacy", "export", str(person), "--data-dir", str(data_dir)])
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["subjects"][0]
    return found
