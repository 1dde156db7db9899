"""What a document asks of the answer to one of its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from umt.api.graphql.request import Info


def selects(info: Info, name: str) -> bool:
    """Whether a field of this name is asked for, by whatever alias and fragment, and not left out by @skip or @include.

    The answer is taken to be of one object type, so that every fragment that validation lets pass applies.
    """
    asked = _Asked(info)
    return any(asked.selects(node.selection_set, name) for node in info._raw_info.field_nodes)


_CONDITIONS: Final = ("skip", "include")


class _Asked:
    def __init__(self, info: Info) -> None:
        self._fragments: dict[str, FragmentDefinitionNode] = info._raw_info.fragments
        self._variables = info.variable_values

    def selects(self, selections: SelectionSetNode | None, name: str) -> bool:
        nodes: Iterable[SelectionNode] = selections.selections if selections else ()
        return any(self._asks(node, name) for node in nodes if self._is_kept(node))

    def _asks(self, node: SelectionNode, name: str) -> bool:
        match node:
            case FieldNode():
                return node.name.value == name
            case FragmentSpreadNode():
                return self.selects(self._fragments[node.name.value].selection_set, name)
            case InlineFragmentNode():
                return self.selects(node.selection_set, name)
            case _:
                return False

    def _is_kept(self, node: SelectionNode) -> bool:
        conditions = {
            directive.name.value: argument.value
            for directive in node.directives or ()
            for argument in directive.arguments or ()
            if argument.name.value == "if"
        }
        return all(self._holds(value) is (name != "skip") for name, value in conditions.items() if name in _CONDITIONS)

    def _holds(self, value: object) -> bool:
        match value:
            case BooleanValueNode():
                return value.value
            case VariableNode():
                return bool(self._variables[value.name.value])
            case _:
                raise TypeError(f"{value} is no condition, so the document is not valid")
