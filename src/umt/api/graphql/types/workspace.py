"""Workspaces and their people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import strawberry

from umt.api.graphql import things
from umt.api.graphql.enums import MemberKind, Role
from umt.api.graphql.fields import field
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Currency, Long, TimeZone
from umt.api.graphql.seen import Seen, shown
from umt.api.graphql.types.money import Money
from umt.api.graphql.types.node import Node, looks_up
from umt.domain import user, workspace
from umt.domain.errors import NotFound
from umt.domain.personal import PLACEHOLDER


@strawberry.type(description="Who a member is.")
class User(Node):
    email: str = strawberry.field(
        description="The e-mail address; “(erased)” once it is, and empty for a service account."
    )
    name: str = strawberry.field(description="The person's name, “(erased)” once it is; or the service account's.")


@strawberry.type(description="A user's place in the workspace.")
class Member:
    user: User = strawberry.field(description="Who it is.")
    role: Role = strawberry.field(description="What they may do.")
    kind: MemberKind = strawberry.field(description="Whether it is a person.")
    vouched: bool = strawberry.field(
        description="Whether an owner let them in or gave them a role, as approvals above the limit need."
    )


@strawberry.type(description="What an agent may do in this workspace, narrowed.")
class AgentLimit:
    agent: str = strawberry.field(description="The agent, e.g. content-ads.")
    permissions: list[str] = strawberry.field(description="The permissions that it still has.")


@strawberry.type(description="What language models cost the workspace in a calendar month of its time zone.")
class ModelSpending:
    month: date = strawberry.field(description="The month's first day.")
    amount: Money = strawberry.field(description="What the month is charged with, as `modelBudget` limits it.")
    calls: Long = strawberry.field(description="How many calls there were.")
    unpriced: Long = strawberry.field(
        description="Calls whose cost is not known: the amount has the most that it can be or, if the model has no known"
        " price, nothing of it."
    )


@strawberry.type(description="A company's own place; nothing of it is seen from another one.")
class Workspace(Node):
    name: str = strawberry.field(description="The company's name.")
    time_zone: TimeZone = strawberry.field(description="IANA name, like Europe/Berlin.")
    approval_limits: list[Money] = strawberry.field(
        description="A campaign with a larger total budget needs a second person's approval; with none, no campaign does."
    )
    agent_limits: list[AgentLimit] = strawberry.field(
        description="The agents whose permissions are narrowed; the others may all that agents of their kind may."
    )
    model_budget: Money | None = strawberry.field(
        description="What language models may cost in a calendar month; null is no limit."
    )
    version: int = strawberry.field(description="Counts its changes; `expectedVersion` of the next command.")
    people: strawberry.Private[tuple[workspace.Member, ...]]

    @field("Who may work here.")
    async def members(self, info: Info) -> list[Member]:
        users = await users_of(info.context, self.people)
        return [
            Member(
                user=users[member.user],
                role=member.role,
                kind=MemberKind.PERSON if member.service is None else MemberKind.SERVICE,
                vouched=member.vouched,
            )
            for member in self.people
        ]

    @field("How many events of the workspace are in the log.")
    async def event_count(self, info: Info) -> Long:
        return Long(await info.context.services.queries.event_count(await info.context.caller()))

    @field("What language models cost this month.")
    async def model_spending(self, info: Info) -> ModelSpending:
        services = info.context.services
        found = await services.queries.model_spending(await info.context.caller(), services.clock.now())
        amount = Money(amount=found.amount, currency=Currency(workspace.MODEL_CURRENCY))
        return ModelSpending(month=found.month, amount=amount, calls=Long(found.calls), unpriced=Long(found.unpriced))

    @classmethod
    def of(cls, seen: Seen[workspace.Workspace]) -> Workspace:
        state = seen.state
        return seen.as_type(
            cls,
            people=state.members,
            model_budget=shown(state.model_budget, Money) if state.model_budget else None,
            approval_limits=[shown(limit, Money) for limit in state.approval_limits],
            agent_limits=[AgentLimit(agent=a, permissions=list(p)) for a, p in sorted(state.agent_limits.items())],
        )


@strawberry.type(description="On whose behalf requests are made, where and as what.")
class Me:
    role: Role = strawberry.field(description="The role in the workspace.")
    permissions: list[str] = strawberry.field(
        description="What the token or key allows, by names as in the query `permissions`."
    )
    workspace: Workspace = strawberry.field(description="The workspace that the token or key is for.")
    member: strawberry.Private[UUID]

    @field("The member: of an API key, its holder.")
    async def user(self, info: Info) -> User:
        people = [person for person in self.workspace.people if person.user == self.member]
        return (await users_of(info.context, people or [workspace.Member(self.member, self.role)]))[self.member]


async def workspace_of(request: Request) -> Workspace:
    """The caller's workspace, from the log."""
    caller = await request.caller()
    state, version = await request.services.queries.state(caller, workspace.Workspace, caller.workspace)
    if state is None:
        raise NotFound("workspace", caller.workspace)
    return Workspace.of(Seen(caller.workspace, state, version, None))


async def users_of(request: Request, members: Iterable[workspace.Member]) -> dict[UUID, User]:
    """Who the members are: people from the log, looked up together."""
    members = tuple(members)
    people = await _people(request, [member.user for member in members if member.service is None])
    return {
        member.user: User(id=member.user, email="", name=member.service)
        if member.service is not None
        else people.get(member.user) or User(id=member.user, email=PLACEHOLDER, name=PLACEHOLDER)
        for member in members
    }


@looks_up("user")
async def users_by_id(request: Request, ids: list[UUID]) -> list[User | NotFound]:
    """The people and service accounts with these ids, whether they are members or were once."""
    rows = await request.services.queries.many(
        await request.caller(),
        "users",
        where={"user_id": ids, "kind": "service"},
        order=("user_id",),
        limit=len(ids),
        at_least=request.at_least,
    )
    services = {row["user_id"]: User(id=row["user_id"], email="", name=row["service"]) for row in rows}
    people = await _people(request, [each for each in ids if each not in services])
    return things.in_order(ids, services | people, "user")


async def _people(request: Request, ids: list[UUID]) -> dict[UUID, User]:
    def of(seen: Seen[user.User]) -> User:
        return User(id=seen.id, email=seen.state.email.text, name=seen.state.name.text)

    return await things.of_log(request, ids, user.User, of)


@looks_up("workspace")
async def workspaces_by_id(request: Request, ids: list[UUID]) -> list[Workspace | NotFound]:
    """The caller's own workspace, if it is asked for."""
    own = await workspace_of(request)
    return things.in_order(ids, {own.id: own}, "workspace")
