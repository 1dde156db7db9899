"""Documents that were read before: parsed, found valid and laid out once, then kept for as long as they are asked for.

Trusted documents are those of a client's own build: a manifest, as graphql-codegen's client preset writes it, names each
by the SHA-256 of its text. A client then sends the name instead of the text, and where only trusted ones are allowed,
nothing else is executed, on whatever transport it comes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    parse,
    subscribe,
)
from graphql.pyutils import AwaitableOrValue
from msgspec.structs import replace

from umt.api.graphql.execution.breadth_first import BreadthFirstExecutor
from umt.api.graphql.execution.cost import Costs
from umt.api.graphql.execution.layout import Layouts
from umt.api.graphql.limits import MOST_TOKENS
from umt.api.graphql.validation import errors

MOST_DOCUMENTS: Final = 500
MOST_CHARACTERS: Final = 1024 * 1024
"""Of all documents that are kept; a parsed one takes about a hundred times its text."""

SHA256: Final = "sha256:"


class UnknownDocument(Exception):
    """A document was asked for by a name that no trusted one has; its text may be sent instead, if that is allowed. The
    message is the one by which Apollo's clients know that."""

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class Untrusted(Exception):
    """Only trusted documents are executed here, and this is none."""

    def __init__(self) -> None:
        super().__init__("Only trusted documents are executed here; send the id of one, as the client's build made it.")


class Operation(msgspec.Struct, frozen=True):
    """One operation of a document that can be executed."""

    schema: GraphQLSchema
    document: DocumentNode
    node: OperationDefinitionNode
    digest: str
    layouts: Layouts | None = None
    costs: Costs | None = None
    of_views: bool = False
    """Whether it reads read models and nothing else."""

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None

    def execute(self, context: Any, variables: dict[str, Any] | None) -> AwaitableOrValue[Any]:
        """graphql-core's `ExecutionResult`, or an awaitable of one."""
        return execute(
            self.schema,
            self.document,
            None,
            context,
            variables,
            self.name,
            executor_class=BreadthFirstExecutor,
            layouts=self.layouts,
            costs=self.costs,
        )

    def subscribe(self, context: Any, variables: dict[str, Any] | None) -> AwaitableOrValue[Any]:
        """An asynchronous iterator of graphql-core's `ExecutionResult`, or a single one of errors; or an awaitable of
        these."""
        return subscribe(
            self.schema,
            self.document,
            None,
            context,
            variables,
            self.name,
            executor_class=BreadthFirstExecutor,
            layouts=self.layouts,
            costs=self.costs,
        )


class Prepared(msgspec.Struct, frozen=True):
    """A document as it was found: the operations it has (None: it could not be read), and why none is executed."""

    operations: tuple[Operation, ...] | None = None
    errors: Sequence[GraphQLError] = ()

    def operation(self, name: str | None) -> Operation | None:
        """The one that is meant: the only one, or that of the name; None if there is none."""
        operations = self.operations or ()
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((each for each in operations if each.name == name), None)


class Documents:
    """The documents of a schema.

    :param trusted: text by SHA-256 in hexadecimal.
    :param only_trusted: whether others are refused.
    :param introspection: whether the schema itself may be asked for.
    :param of_views: whether an operation reads read models and nothing else.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        trusted: Mapping[str, str] | None = None,
        *,
        only_trusted: bool = False,
        introspection: bool = True,
        of_views: Callable[[Operation], bool] = lambda operation: False,
    ) -> None:
        self._schema, self._only_trusted, self._introspection = schema, only_trusted, introspection
        self._of_views = of_views
        self._trusted = dict(trusted or {})
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def named(self, identifier: str) -> Prepared:
        """The trusted document of that id, ``sha256:`` and 64 hexadecimal digits; `UnknownDocument` if there is none."""
        text = self._trusted.get(identifier.removeprefix(SHA256).lower())
        if text is None:
            raise UnknownDocument
        return self._prepared(text)

    def written(self, text: str) -> Prepared:
        """The document with that text; `Untrusted` if it may not be executed."""
        if self._only_trusted and digest(text) not in self._trusted:
            raise Untrusted
        return self._prepared(text)

    def _prepared(self, text: str) -> Prepared:
        found = self._known.get(text)
        if found is not None:
            self._known.move_to_end(text)
            return found
        found = self._read(text)
        if not found.errors and len(text) <= MOST_CHARACTERS:
            self._known[text] = found
            self._characters += len(text)
            while len(self._known) > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS:
                oldest, _ = self._known.popitem(last=False)
                self._characters -= len(oldest)
        return found

    def _read(self, text: str) -> Prepared:
        try:
            document = parse(text, max_tokens=MOST_TOKENS)
        except GraphQLError as error:
            return Prepared(errors=(error,))
        except RecursionError:
            return Prepared(errors=(GraphQLError("The document is nested too deeply."),))
        found = errors(self._schema, document, introspection=self._introspection)
        nodes = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        name = digest(text)
        if found:
            return Prepared(tuple(Operation(self._schema, document, node, name) for node in nodes), found)
        layouts, costs = Layouts(document), Costs(self._schema, document)
        operations = (Operation(self._schema, document, node, name, layouts, costs) for node in nodes)
        return Prepared(tuple(replace(each, of_views=self._of_views(each)) for each in operations))


def digest(text: str) -> str:
    """A document's name: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
