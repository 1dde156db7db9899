"""Every question is allowed by the permission that it needs and by no other, before anything is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from umt.application.errors import Forbidden
from umt.application.lists import Stretch
from umt.application.permissions import Permission
from umt.application.privacy.subject import Subject
from umt.application.queries import Queries
from umt.application.security_events import Wanted
from umt.application.transaction import Context
from umt.domain.brand import Brand
from umt.domain.recorded import Actor, ActorKind
from umt.domain.workspace import Role

ANN, BEN, ACME = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

NEEDS = {
    "one": Permission.BRAND_READ,
    "many": Permission.BRAND_READ,
    "page": Permission.BRAND_READ,
    "pages": Permission.BRAND_READ,
    "count": Permission.BRAND_READ,
    "counts": Permission.BRAND_READ,
    "calendar": Permission.CONTENT_READ,
    "wait_for": Permission.WORKSPACE_READ,
    "shown": Permission.WORKSPACE_READ,
    "kinds": Permission.WORKSPACE_READ,
    "histories": Permission.HISTORY_READ,
    "lengths": Permission.HISTORY_READ,
    "state": Permission.BRAND_READ,
    "states": Permission.BRAND_READ,
    "left": Permission.CAMPAIGN_RUN,
    "times": Permission.CAMPAIGN_RUN,
    "permissions": Permission.WORKSPACE_READ,
    "now": Permission.WORKSPACE_READ,
    "freshness": Permission.SYSTEM_READ,
    "workspace_freshness": Permission.WORKSPACE_READ,
    "dead_letters": Permission.SYSTEM_READ,
    "parked": Permission.SYSTEM_READ,
    "count_parked": Permission.SYSTEM_READ,
    "verify": Permission.SYSTEM_READ,
    "breakers": Permission.SYSTEM_READ,
    "event_count": Permission.WORKSPACE_READ,
    "model_spending": Permission.WORKSPACE_READ,
    "security_events": Permission.SECURITY_READ,
    "count_security_events": Permission.SECURITY_READ,
    "agent_activity": Permission.AGENT_READ,
    "agent_policies": Permission.AGENT_READ,
    "agents": Permission.AGENT_READ,
    "subject": Permission.SUBJECT_EXPORT,
    "subject_events": Permission.SUBJECT_EXPORT,
    "count_subject_events": Permission.SUBJECT_EXPORT,
    "subject_security_events": Permission.SUBJECT_EXPORT,
    "count_subject_security_events": Permission.SUBJECT_EXPORT,
    "erasures": Permission.SECURITY_READ,
    "count_erasures": Permission.SECURITY_READ,
}
"""What each needs when it is asked with the arguments below."""


class Asked(Exception):
    """Something was read: by what, and with which arguments."""


class Untouched:
    """A reader and a clock that say so when they are asked."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            raise Asked(name, *given)

        return ask


SUBJECT = Subject(
    user=BEN,
    workspace=ACME,
    workspace_name="Acme",
    name="Ben",
    email="ben@example.com",
    erased=False,
    role=Role.ANALYST,
    sessions=(),
    api_keys=(),
)
ARGUMENTS: dict[str, Any] = {
    "view": "brands",
    "where": {},
    "order": (),
    "stretch": Stretch(limit=1),
    "of": "brand",
    "things": [ANN],
    "ids": [ANN],
    "since": NOON.date(),
    "until": NOON.date(),
    "limit": 1,
    "position": 1,
    "streams": [ANN],
    "kind": Brand,
    "stream": ANN,
    "permission": Permission.CAMPAIGN_RUN,
    "clock": Untouched(),
    "wanted": Wanted(),
    "now": NOON,
    "person": BEN,
    "subject": SUBJECT,
}


def questions() -> dict[str, Any]:
    return {name: ask for name, ask in vars(Queries).items() if inspect.iscoroutinefunction(ask) and name[0] != "_"}


def as_ann(role: Role | None = Role.OWNER, scopes: tuple[Permission, ...] | None = None) -> Context:
    return Context(workspace=ACME, actor=Actor(ActorKind.USER, str(ANN)), role=role, principal=ANN, scopes=scopes)


async def ask(name: str, context: Context, **given: Any) -> None:
    parameters = inspect.signature(questions()[name]).parameters.values()
    spread = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = {p.name for p in parameters if p.default is p.empty and p.kind not in spread} - {"self", "context"}
    reader: Any = Untouched()
    await getattr(Queries(reader), name)(context, **{each: ARGUMENTS[each] for each in needed} | given)


def test_every_question_is_in_the_table() -> None:
    assert set(NEEDS) == set(questions())


@pytest.mark.parametrize("name", NEEDS)
@pytest.mark.parametrize(
    "refused",
    [
        lambda needed: as_ann(role=None),
        lambda needed: as_ann(scopes=()),
        lambda needed: as_ann(scopes=tuple(p for p in Permission if p is not needed)),
    ],
    ids=["no member", "no scope", "every other permission"],
)
async def test_without_its_permission_nothing_is_read(name: str, refused: Callable[[Permission], Context]) -> None:
    with pytest.raises(Forbidden):
        await ask(name, refused(NEEDS[name]))


@pytest.mark.parametrize("name", [name for name in NEEDS if name != "permissions"])
async def test_with_its_permission_it_is_read(name: str) -> None:
    with pytest.raises(Asked):
        await ask(name, as_ann(scopes=(NEEDS[name],)))


@pytest.mark.parametrize("name", [name for name in NEEDS if "subject" in name])
async def test_everybody_is_told_of_themselves_alone(name: str) -> None:
    told = as_ann(Role.ANALYST)
    own = Subject(**{each: getattr(SUBJECT, each) for each in SUBJECT.__struct_fields__} | {"user": ANN})
    parameters = inspect.signature(questions()[name]).parameters
    of_ann = {"person": ANN, "subject": own}
    with pytest.raises(Asked):
        await ask(name, told, **{each: value for each, value in of_ann.items() if each in parameters})
    with pytest.raises(Forbidden):
        await ask(name, told)


async def test_what_somebody_else_did_at_the_gates_is_not_told_of_a_person() -> None:
    with pytest.raises(Asked) as asked:
        await ask("subject_security_events", as_ann())
    assert asked.value.args[:3] == ("security_events", ACME, Wanted(actors=(f"user:{BEN}",)))
