"""People to act in a system."""

from __future__ import annotations

from uuid import UUID, uuid4

from umt.application.commands.identity import Register
from umt.application.dispatch import Command
from umt.application.transaction import Context, Outcome
from umt.bootstrap import System
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role


class Person:
    """An owner of a workspace of their own."""

    def __init__(self, wired: System) -> None:
        self.system, self.workspace, self.user = wired, uuid4(), uuid4()
        registration = Register(
            email=f"{self.user}@example.com", name="Pat Person", company="Co", user=self.user, password_hash="x"
        )
        context = Context(workspace=self.workspace, actor=Actor(ActorKind.SYSTEM, "test"))
        wired.dispatcher.submit(registration, context).result()

    def context(self, key: str | None = None, expected_version: int | None = None) -> Context:
        return Context(
            workspace=self.workspace,
            actor=Actor(ActorKind.USER, str(self.user)),
            role=Role.OWNER,
            principal=self.user,
            command_id=key,
            expected_version=expected_version,
        )

    def does(self, command: Command, key: str | None = None, expected_version: int | None = None) -> Outcome:
        return self.system.dispatcher.submit(command, self.context(key, expected_version)).result()

    def makes(self, command: Command) -> UUID:
        subject = self.does(command).subject
        assert subject
        return subject
