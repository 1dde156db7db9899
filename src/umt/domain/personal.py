"""Personal data as a type of its own, so that no field can forget what it holds."""

from __future__ import annotations

from typing import Final
from uuid import UUID

PLACEHOLDER: Final = "(erased)"
"""What a fold shows for personal data whose subject's key is gone."""


class Personal:
    """A text about one person. In the log it is encrypted under that person's key; printing it shows nothing."""

    __slots__ = ("subject", "text")

    def __init__(self, text: str, subject: UUID) -> None:
        self.text = text
        self.subject = subject

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and (self.text, self.subject) == (other.text, other.subject)

    def __hash__(self) -> int:
        return hash((self.text, self.subject))

    def __repr__(self) -> str:
        return f"Personal(of {self.subject})"

    __str__ = __repr__

    @classmethod
    def erased(cls, subject: UUID) -> Personal:
        return cls(PLACEHOLDER, subject)
