"""A function as a field. strawberry's own decorators hide from mypy what they decorate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

Decorator = Callable[[Callable[..., Any]], StrawberryField]


def field(description: str) -> Decorator:
    """A field that the function resolves."""
    decorator: Decorator = strawberry.field(description=description)
    return decorator


def mutation(description: str) -> Decorator:
    """A mutation that the function carries out."""
    decorator: Decorator = strawberry.mutation(description=description)
    return decorator


def subscription(description: str) -> Decorator:
    """A subscription whose events the function, an asynchronous generator, brings."""
    decorator: Decorator = strawberry.subscription(description=description)
    return decorator
