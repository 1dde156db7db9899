"""Whole answers that are kept: given again for as long as what they were read from stays as it was.

An answer is kept if it is a good one of a query that reads read models and nothing else, and asks for nothing that is the
caller's own. It belongs to a workspace and to what the caller may, and holds until the views that it was made of show
something else, which the pulse knows without asking the database. Who the caller is, is found out as ever.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import cached_property
from typing import Any, Final

import msgspec
from graphql import FieldNode, GraphQLObjectType, OperationType, TypeInfo, TypeInfoVisitor, Visitor, visit

from umt.api.graphql.execution.cost import COST
from umt.api.graphql.execution.documents import Operation
from umt.application.permissions import Permission
from umt.application.pulse import Shown
from umt.application.queries import Queries
from umt.application.transaction import Context
from umt.domain.workspace import Role

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of all answers that are kept, unless it is said otherwise."""
LARGEST_ANSWER: Final = 512 * 1024

OF_VIEWS: Final = frozenset(
    {
        *(f"Query.{name}" for name in ("brand", "brands", "content", "contents", "campaign", "campaigns")),
        *(f"Query.{name}" for name in ("dashboard", "integration", "integrations", "decisions", "agentRuns")),
        *(f"Brand.{name}" for name in ("contents", "campaigns")),
        *(f"Content.{name}" for name in ("brand", "campaigns", "performance")),
        *(f"Campaign.{name}" for name in ("brand", "contents", "totals", "performance", "decisions")),
    }
)
"""Fields whose resolvers read views alone, or, what is newer than these, the log; then nothing is kept. So do all that count
a connection's items."""
_PAST: Final = "asOf"

Key = tuple[Any, Role | None, tuple[Permission, ...] | None, str, str | None, bytes]


class Answer:
    """An answer as it is sent, and its validator (RFC 9110, 8.8.3)."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.blake2b(self.body, digest_size=16).hexdigest()}"'


class _Kept(msgspec.Struct, frozen=True):
    answer: Answer
    views: frozenset[str]
    changed: int
    epoch: int


class Answers:
    """The answers of one process.

    :param most: bytes of all of them together; with 0 none is kept.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._views: OrderedDict[tuple[str, str | None], frozenset[str]] = OrderedDict()
        """Which views an operation was seen to read."""

    async def get(self, queries: Queries, caller: Context, key: Key) -> Answer | None:
        """The answer, if it still is the one."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        shown = await queries.shown(caller, *kept.views)
        if shown is None or not shown.settled or (shown.changed, shown.epoch) != (kept.changed, kept.epoch):
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.answer

    async def expected(self, queries: Queries, caller: Context, key: Key) -> Shown | None:
        """How far the views are that an operation is about to read, if that is known."""
        views = self._views.get(key[3:5])
        return await queries.shown(caller, *views) if views else None

    def keep(self, key: Key, body: bytes, views: frozenset[str], before: Shown | None) -> Answer:
        """The answer of an operation that read these views after they had shown ``before``."""
        answer = Answer(body)
        expected = self._views.get(key[3:5])
        if before and before.settled and views == expected and len(body) <= LARGEST_ANSWER:
            self._drop(key)
            self._kept[key] = _Kept(answer, views, before.changed, before.epoch)
            self._bytes += len(body)
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))
        elif views:
            self._views[key[3:5]] = views | (expected or frozenset()) if views != expected else views
            while len(self._views) > 1_000:
                self._views.popitem(last=False)
        return answer

    def _drop(self, key: Key) -> None:
        if (dropped := self._kept.pop(key, None)) is not None:
            self._bytes -= len(dropped.answer.body)


def key_of(caller: Context, operation: Operation, variables: dict[str, Any] | None) -> Key | None:
    """What an answer is kept under; None if the answer is not one to be kept."""
    if not operation.of_views:
        return None
    given = msgspec.json.encode(variables or {}, order="sorted")
    return caller.workspace, caller.role, caller.scopes, operation.digest, operation.name, given


def reads_views_alone(operation: Operation) -> bool:
    """Whether the operation is a query all of whose fields read views, or nothing."""
    if operation.node.operation is not OperationType.QUERY:
        return False
    types = TypeInfo(operation.schema)
    found = _Elsewhere(types)
    visit(operation.document, TypeInfoVisitor(types, found))
    return not found.elsewhere


class _Elsewhere(Visitor):
    """Looks for fields that read something else."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types, self.elsewhere = types, False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, definition = self._types.get_parent_type(), self._types.get_field_def()
        if definition is None or parent is None or node.name.value.startswith("__s") or node.name.value == "__type":
            self.elsewhere = True
        elif definition.extensions.get(COST):
            known = isinstance(parent, GraphQLObjectType) and f"{parent.name}.{node.name.value}" in OF_VIEWS
            past = any(argument.name.value == _PAST for argument in node.arguments or ())
            self.elsewhere |= past or not (known or node.name.value == "totalCount")
