"""What a command can be refused for, read from the sources: its handler, and all that this leads to in the domain.

A function refuses for what it raises and for what those functions do that it calls or hands on. A method is looked up by
its name alone, in whatever class of the domain has one, or one of ``self`` in the same file. What the transaction itself refuses is `PORT`.

Two things are known of how commands are written. A thing whose id is made in the command is new: it is not missing, it
is in its first status, and nothing of that id is there already. And one's own workspace is there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from umt.application.dispatch import Command
from umt.domain import errors, invitation

SOURCES: Final = Path(__file__).parents[3] / "src"
PORT: Final[dict[str, frozenset[str]]] = {
    "get": frozenset({"NotFound"}),
    "decide": frozenset({"NotFound", "VersionConflict"}),
    "create": frozenset({"VersionConflict"}),
    "reserve": frozenset({"NameTaken"}),
    "open_account": frozenset({"AlreadyExists"}),
    "put_member": frozenset({"AlreadyExists"}),
}
"""What methods of `umt.application.transaction.Transaction` refuse by themselves; `put_member` if it is given an account."""
OF_AGENTS: Final = {
    "ApplyRecommendation",
    "ExpireRecommendation",
    "MeasureRecommendation",
    "Recommend",
    "RefuseRecommendation",
}
"""What only agents do, though it needs no other permission than what they do it to."""
NOT_IF_NEW: Final = frozenset({"NotFound", "WrongStatus"})

Codes = frozenset[str]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def refusals_of(command: type[Command]) -> Codes:
    """The codes of all that the command can be refused for."""
    module = _module(command.__module__)
    handler = next(kind.__dict__["handle"] for kind in command.__mro__ if "handle" in kind.__dict__)
    names = _of_function(module, module.methods[handler.__qualname__], new=False)
    return frozenset(_KINDS[name].code for name in names)


def refused_by_adapters() -> Iterator[tuple[str, str]]:
    """Where PostgreSQL's side of the transaction refuses: the function, and for what."""
    for path in sorted((SOURCES / "umt/adapters/postgres").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, Function) and not _inner(function):
                yield from ((function.name, name) for name in _raised(function.body) if name in _KINDS)


_KINDS: Final = {
    name: kind
    for module in (errors, invitation)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, errors.DomainError)
}


class _Module:
    """A source file: its functions, the methods of its classes, and what its names stand for elsewhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        path = SOURCES / (name.replace(".", "/") + ".py")
        tree = ast.parse((path if path.exists() else path.with_suffix("") / "__init__.py").read_text())
        self.functions = {node.name: node for node in tree.body if isinstance(node, Function)}
        self.methods = {
            f"{kind.name}.{node.name}": node
            for kind in tree.body
            if isinstance(kind, ast.ClassDef)
            for node in kind.body
            if isinstance(node, Function)
        }
        self.imported = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("umt.")
            for alias in node.names
        }

    def function(self, name: str) -> tuple[_Module, Function] | None:
        """The function that a name stands for here."""
        if name in self.functions:
            return self, self.functions[name]
        if name in self.imported:
            module, original = self.imported[name]
            return _module(module).function(original) if _is_module(module) else None
        return None

    def methods_called(self, name: str) -> list[Function]:
        """The methods of that name here, of whatever class."""
        return [method for qualified, method in self.methods.items() if qualified.endswith(f".{name}")]

    def of(self, name: str, attribute: str) -> tuple[_Module, Function] | None:
        """The function of an imported module."""
        module, original = self.imported.get(name, ("", ""))
        inner = f"{module}.{original}"
        return _module(inner).function(attribute) if module and _is_module(inner) else None


def _is_module(name: str) -> bool:
    path = SOURCES / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@cache
def _module(name: str) -> _Module:
    return _Module(name)


@cache
def _methods() -> dict[str, list[tuple[_Module, Function]]]:
    """The methods of the domain's classes by name."""
    found: dict[str, list[tuple[_Module, Function]]] = {}
    for path in sorted((SOURCES / "umt/domain").rglob("*.py")):
        module = _module(".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__"))
        for name, function in module.methods.items():
            found.setdefault(name.rpartition(".")[2], []).append((module, function))
    return found


@cache
def _of_function(module: _Module, function: Function, *, new: bool, within: tuple[Function, ...] = ()) -> Codes:
    """The names of the refusals that a function can lead to; as a decision about a ``new`` thing or about any."""
    if function in within:
        return frozenset()
    found = {name for name in _raised(function.body, _first(function) if new else None) if name in _KINDS}
    fresh = {target.id for target in _made_up(function)}
    handed_on: set[ast.expr] = set()
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        if _is_of_transaction(call):
            assert isinstance(call.func, ast.Attribute)
            about_new = len(call.args) > 1 and _is_new(call.args[1], fresh)
            decision = call.args[2] if call.func.attr in ("create", "decide") else None
            found |= _of_port(call, about_new)
            if decision is not None:
                handed_on.add(decision)
                codes = _of_reference(module, decision, new=about_new, within=(*within, function))
                found |= codes - NOT_IF_NEW if about_new else codes
        elif isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
            for method in module.methods_called(call.func.attr):
                found |= _of_function(module, method, new=False, within=(*within, function))
        elif isinstance(call.func, ast.Attribute) and not _names_module(module, call.func):
            for owner, method in _methods().get(call.func.attr, ()):
                found |= _of_function(owner, method, new=False, within=(*within, function))
    for node in ast.walk(function):
        if isinstance(node, ast.expr) and node not in handed_on:
            found |= _of_reference(module, node, new=False, within=(*within, function))
    return frozenset(found)


def _of_reference(module: _Module, node: ast.expr, *, new: bool, within: tuple[Function, ...]) -> Codes:
    """What a function refuses that is named here, be it to call it or to hand it on."""
    named = None
    if isinstance(node, ast.Name):
        named = module.function(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        named = module.of(node.value.id, node.attr)
    return _of_function(*named, new=new, within=within) if named else frozenset()


def _of_port(call: ast.Call, about_new: bool) -> Codes:
    assert isinstance(call.func, ast.Attribute)
    codes = PORT.get(call.func.attr, frozenset())
    if call.func.attr == "put_member" and len(call.args) < 3:
        return frozenset()
    own_workspace = len(call.args) > 1 and ast.unparse(call.args[1]).endswith("context.workspace")
    return codes - {"NotFound"} if about_new or own_workspace else codes


def _is_of_transaction(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "tx"


def _names_module(module: _Module, attribute: ast.Attribute) -> bool:
    return isinstance(attribute.value, ast.Name) and module.of(attribute.value.id, attribute.attr) is not None


def _made_up(function: Function) -> Iterator[ast.Name]:
    """The names that stand for an id which the function itself makes."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            targets, values = _pairs(node.targets[0]), _pairs(node.value)
            if len(targets) == len(values):
                yield from (
                    target
                    for target, value in zip(targets, values, strict=True)
                    if isinstance(target, ast.Name) and _is_new(value, set())
                )


def _pairs(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _is_new(node: ast.expr, fresh: set[str]) -> bool:
    return ast.unparse(node) == "tx.new_id()" or (isinstance(node, ast.Name) and node.id in fresh)


def _first(function: Function) -> str | None:
    return function.args.args[0].arg if function.args.args else None


def _raised(body: list[ast.stmt], state: str | None = None) -> Iterator[str]:
    """What the statements raise, by name; without what they raise because there is a ``state`` already."""
    for statement in body:
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and statement.test.id == state:
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Raise) and node.exc:
                raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if isinstance(raised, ast.Name):
                    yield raised.id


def _inner(function: Function) -> bool:
    return function.name == "write"
