"""A person who can be told apart from everybody else, byte by byte."""

from __future__ import annotations

from uuid import UUID, uuid4

from pydantic import SecretStr

from umt.application.commands.identity import Register
from umt.application.commands.members import ImportUser
from umt.application.transaction import Context
from umt.bootstrap import System
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


def user(wired: System, workspace: UUID, person: UUID) -> User:
    """The person as commands see them."""
    found: User = wired.writer.run(system_context(workspace), lambda tx: tx.get(User, person)).result()
    return found
