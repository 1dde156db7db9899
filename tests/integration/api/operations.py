"""Every operation of the API as a request: what is asked for and with which things of a workspace.

A new operation belongs here, in `umt.api.access` and nowhere else; tests compare the two with the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import msgspec
from tests.integration.api.inputs import EVERY, Ids
from tests.integration.api.routes import BODIES

from umt.api.access import FIELDS, MUTATIONS, QUERIES, ROUTES, SUBSCRIPTIONS
from umt.application.permissions import KINDS, Permission

SUBJECT: Final = "id"
"""The argument by which most queries name a thing."""

OF_THINGS: Final = {
    "brand": ("brand", "{ name }"),
    "content": ("content", "{ status }"),
    "template": ("template", "{ name }"),
    "campaign": ("campaign", "{ name }"),
    "integration": ("integration", "{ account }"),
    "agentRun": ("run", "{ agent }"),
    "recommendation": ("recommendation", "{ state }"),
}
"""Queries of one thing: which, and what of it is asked for."""

LISTS: Final = {
    "me": "{ me { role } }",
    "workspace": "{ workspace { name } }",
    "brands": "{ brands(first: 20) { nodes { id } } }",
    "contents": "{ contents(first: 20) { nodes { id } } }",
    "campaigns": "{ campaigns(first: 20) { nodes { id } } }",
    "calendar": '{ calendar(since: "2026-01-01", until: "2026-01-31") { at } }',
    "templates": "{ templates(first: 20) { nodes { id } } }",
    "integrations": "{ integrations(first: 20) { nodes { id } } }",
    "dashboard": "{ dashboard { spend } }",
    "decisions": "{ decisions(first: 20) { nodes { run } } }",
    "recommendations": "{ recommendations(first: 20) { nodes { run } } }",
    "agentRuns": "{ agentRuns(first: 20) { nodes { id } } }",
    "agentActivity": "{ agentActivity { idle } }",
    "agents": "{ agents { name } }",
    "freshness": "{ freshness { lagSeconds } }",
    "projections": "{ projections { name } }",
    "deadLetters": "{ deadLetters(first: 20) { nodes { error } } }",
    "verifyReadModels": "{ verifyReadModels { holds } }",
    "breakers": "{ breakers { service } }",
    "clock": "{ clock { now } }",
    "sessions": "{ sessions { id } }",
    "invitations": "{ invitations(first: 20) { nodes { id } } }",
    "apiKeys": "{ apiKeys(first: 20) { nodes { id } } }",
    "permissions": "{ permissions { permission } }",
    "securityEvents": "{ securityEvents(first: 20) { nodes { kind } } }",
    "erasures": "{ erasures(first: 20) { nodes { user } } }",
}
"""Queries that name no thing."""

SUBJECTS: Final = {
    "agentPolicy": "query($id: ID!) { agentPolicy(campaign: $id) { dryRun } }",
    "history": "query($id: ID!) { history(subject: $id, first: 20) { nodes { text } } }",
    "subjectExport": "query($id: ID!) { subjectExport(user: $id) { name } }",
    "node": "query($id: ID!) { node(id: $id) { id } }",
    "nodes": "query($id: ID!) { nodes(ids: [$id]) { id } }",
}
"""Queries that name a person or anything else."""

FOLLOWED: Final = {
    "brandEvents": ("brand", "{ entry { text } }"),
    "contentEvents": ("content", "{ entry { text } }"),
    "campaignEvents": ("campaign", "{ entry { text } }"),
    "agentRunEvents": ("run", "{ entry { text } }"),
}
"""Subscriptions to what happens to a thing: which, and what of it is asked for."""

WATCHED: Final = {
    "contentsChanged": "subscription { contentsChanged { position } }",
    "campaignsChanged": "subscription { campaignsChanged { position } }",
    "dashboardChanged": "subscription { dashboardChanged { position } }",
    "agentActivityChanged": "subscription { agentActivityChanged { position } }",
}
"""Subscriptions to changes."""

NESTED: Final = {
    "Me.user": "{ me { user { id } } }",
    "SubjectExport.events": "query($id: ID!) { subjectExport(user: $id) { events(first: 20) { nodes { text } } } }",
    "SubjectExport.securityEvents": "query($id: ID!) { subjectExport(user: $id) { securityEvents(first: 20) { nodes { kind } } } }",
    "Workspace.members": "{ workspace { members { role } } }",
    "Workspace.eventCount": "{ workspace { eventCount } }",
    "Workspace.modelSpending": "{ workspace { modelSpending { calls } } }",
    "Invitation.email": "{ invitations(first: 20) { nodes { email } } }",
    "Brand.contents": "query($id: ID!) { brand(id: $id) { contents(first: 20) { nodes { id } } } }",
    "Brand.campaigns": "query($id: ID!) { brand(id: $id) { campaigns(first: 20) { nodes { id } } } }",
    "Content.campaigns": "query($id: ID!) { content(id: $id) { campaigns(first: 20) { nodes { id } } } }",
    "Campaign.contents": "query($id: ID!) { campaign(id: $id) { contents { id } } }",
    "AgentRun.about": "query($id: ID!) { agentRun(id: $id) { about { id } } }",
    "AgentRun.facts": "query($id: ID!) { agentRun(id: $id) { facts { key } } }",
    "AgentRun.decisions": "query($id: ID!) { agentRun(id: $id) { decisions { reason } } }",
    "AgentRun.commands": "query($id: ID!) { agentRun(id: $id) { commands { outcome } } }",
    "AgentRun.modelCalls": "query($id: ID!) { agentRun(id: $id) { modelCalls { outcome } } }",
    "AgentRun.modelCost": "query($id: ID!) { agentRun(id: $id) { modelCost { calls } } }",
    "AgentRun.effects": "query($id: ID!) { agentRun(id: $id) { effects { status } } }",
    "AgentDecision.about": "{ decisions(first: 20) { nodes { about { id } } } }",
    "Recommendation.about": "{ recommendations(first: 20) { nodes { about { id } } } }",
    "Content.brand": "query($id: ID!) { content(id: $id) { brand { name } } }",
    "Content.performance": "query($id: ID!) { content(id: $id) { performance { spend } } }",
    "Campaign.brand": "query($id: ID!) { campaign(id: $id) { brand { name } } }",
    "Campaign.totals": "query($id: ID!) { campaign(id: $id) { totals { spend } } }",
    "Campaign.performance": "query($id: ID!) { campaign(id: $id) { performance { spend } } }",
    "Campaign.figureSources": "query($id: ID!) { campaign(id: $id) { figureSources { says } } }",
    "Campaign.decisions": "query($id: ID!) { campaign(id: $id) { decisions(first: 20) { nodes { run } } } }",
    "Campaign.history": "query($id: ID!) { campaign(id: $id) { history(first: 20) { nodes { text } } } }",
    "AgentDecisionConnection.totalCount": "{ decisions(first: 1) { totalCount } }",
    "AgentRunConnection.totalCount": "{ agentRuns(first: 1) { totalCount } }",
    "ApiKeyConnection.totalCount": "{ apiKeys(first: 1) { totalCount } }",
    "BrandConnection.totalCount": "{ brands(first: 1) { totalCount } }",
    "CampaignConnection.totalCount": "{ campaigns(first: 1) { totalCount } }",
    "ContentConnection.totalCount": "{ contents(first: 1) { totalCount } }",
    "DeadLetterConnection.totalCount": "{ deadLetters(first: 1) { totalCount } }",
    "ErasureConnection.totalCount": "{ erasures(first: 1) { totalCount } }",
    "HistoryEntryConnection.totalCount": "query($id: ID!) { history(subject: $id, first: 1) { totalCount } }",
    "IntegrationConnection.totalCount": "{ integrations(first: 1) { totalCount } }",
    "InvitationConnection.totalCount": "{ invitations(first: 1) { totalCount } }",
    "RecommendationConnection.totalCount": "{ recommendations(first: 1) { totalCount } }",
    "TemplateConnection.totalCount": "{ templates(first: 1) { totalCount } }",
    "SecurityEventConnection.totalCount": "{ securityEvents(first: 1) { totalCount } }",
    "SubjectEventConnection.totalCount": "query($id: ID!) { subjectExport(user: $id) { events(first: 1) { totalCount } } }",
    "ContentsChange.contents": "subscription { contentsChanged { contents(first: 1) { nodes { id } } } }",
    "CampaignsChange.campaigns": "subscription { campaignsChanged { campaigns(first: 1) { nodes { id } } } }",
    "DashboardChange.dashboard": "subscription { dashboardChanged { dashboard { spend } } }",
    "AgentRunEvent.run": "subscription($id: ID!) { agentRunEvents(id: $id) { run { status } } }",
}
"""Fields of types that read something of their own."""


ACCESS: Final[dict[str, Callable[[Ids], dict[str, Any]]]] = {
    "inviteMember": lambda _: {"email": f"{uuid4()}@example.com", "role": "ANALYST"},
    "revokeInvitation": lambda ids: {"invitation": ids["invitation"]},
    "addServiceAccount": lambda _: {"name": f"Robot {uuid4()}", "role": "ANALYST"},
    "createApiKey": lambda _: {"name": "Robot", "scopes": ["campaign:read"]},
    "revokeApiKey": lambda ids: {"key": ids["apiKey"], "reason": "lost"},
    "renameWorkspace": lambda _: {"name": f"Co {uuid4()}"},
    "changeTimeZone": lambda _: {"timeZone": "Europe/Vienna"},
    "setApprovalLimits": lambda _: {"limits": [{"amount": "1000000", "currency": "EUR"}]},
    "setModelBudget": lambda _: {"budget": {"amount": "25", "currency": "USD"}},
    "limitAgent": lambda _: {"agent": "content-ads", "permissions": None},
    "setGuardrails": lambda _: {"guardrails": [{"name": "cooldown_days", "value": "14"}]},
    "setDryRun": lambda _: {"on": True},
    "setAgentApproval": lambda _: {"thresholds": [{"amount": "100", "currency": "EUR"}], "hours": 24},
    "stopAgent": lambda _: {"agent": "content-ads", "reason": "Wait."},
    "startAgent": lambda _: {"agent": "content-ads"},
    "eraseSubject": lambda ids: {"user": ids["user"]},
    "logout": lambda _: {},
    "changePassword": lambda _: {"current": "not the password", "new": "another passphrase"},
    "endSession": lambda ids: {"session": ids["session"]},
}
"""An input for every mutation about people, keys and the workspace, as `EVERY` is for things."""


class Operation(msgspec.Struct, frozen=True):
    """A request of one kind. ``thing`` is what it names; None: nothing. ``needs`` is every permission on its way."""

    name: str
    document: str
    variables: dict[str, Any]
    needs: tuple[Permission, ...]
    thing: str | None = None
    changes: bool = False
    follows: bool = False

    def __str__(self) -> str:
        return self.name


def operations(ids: Ids) -> list[Operation]:
    """All of them, about these things."""
    found = [Operation(name, text, {}, _needs(QUERIES[name])) for name, text in LISTS.items()]
    for name, (thing, wanted) in OF_THINGS.items():
        document = f"query($id: ID!) {{ {name}({SUBJECT}: $id) {wanted} }}"
        found.append(Operation(name, document, {"id": ids[thing]}, _needs(QUERIES[name]), thing))
    for name, document in SUBJECTS.items():
        thing = "user" if name == "subjectExport" else "campaign"
        found.append(Operation(name, document, {"id": ids[thing]}, _of_root(name), thing))
    for name, (thing, wanted) in FOLLOWED.items():
        document = f"subscription($id: ID!) {{ {name}(id: $id) {wanted} }}"
        found.append(Operation(name, document, {"id": ids[thing]}, _of_root(name), thing, follows=True))
    for name, document in WATCHED.items():
        found.append(Operation(name, document, {}, _of_root(name), follows=True))
    for name, document in NESTED.items():
        root = document.partition("{ ")[2].split("(")[0].split(" ")[0]
        thing = {"subjectExport": "user", "history": "campaign", "agentRun": "run", "agentRunEvents": "run"}.get(
            root, root
        )
        variables = {"id": ids[thing]} if thing in ids else {}
        needs = (*_of_root(root), *_needs(FIELDS[name]))
        follows = document.startswith("subscription")
        found.append(Operation(name, document, variables, needs, thing if variables else None, follows=follows))
    for name, given in {**EVERY, **ACCESS}.items():
        document = f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ __typename }} }}"
        blank = given(dict.fromkeys(ids, ""))
        named = next((each for each in ids if given({**dict.fromkeys(ids, ""), each: "x"}) != blank), None)
        found.append(Operation(name, document, {"input": given(ids)}, _needs(MUTATIONS[name]), named, changes=True))
    return found


def covered() -> set[str]:
    """The names of all that `operations` has."""
    return {*LISTS, *OF_THINGS, *SUBJECTS, *FOLLOWED, *WATCHED, *NESTED, *EVERY, *ACCESS, *BODIES, *UNGUARDED}


UNGUARDED: Final = {
    name
    for table in (QUERIES, MUTATIONS, SUBSCRIPTIONS, ROUTES, FIELDS)
    for name, needs in table.items()
    if needs is None
}
"""Those that need no credential; each has tests of its own."""


def _of_root(name: str) -> tuple[Permission, ...]:
    """What a query or a subscription needs on the thing that it is asked about."""
    if name == "history":
        return (*_needs(QUERIES[name]), Permission.CAMPAIGN_READ)
    if name in FOLLOWED:
        thing, _ = FOLLOWED[name]
        return (*_needs(SUBSCRIPTIONS[name]), KINDS["agent_run" if thing == "run" else thing])
    return _needs((QUERIES | SUBSCRIPTIONS)[name])


def _needs(permission: Permission | None) -> tuple[Permission, ...]:
    return (permission,) if permission else ()
