"""What stands at a place whose value could not be made, until all others are."""

from __future__ import annotations


class Failure:
    """An error where it happened. What it does to the places around it is decided at the end, by `placing`."""

    __slots__ = ("cause",)

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
