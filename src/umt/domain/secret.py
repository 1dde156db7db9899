"""A text that opens something."""

from __future__ import annotations

import hmac
from typing import Any, Final, NoReturn


class Secret:
    """A credential as the program carries it: shown nowhere, compared in constant time, and in no JSON.

    Printing, formatting and tracebacks show ``Secret(…)``; msgspec, json and pickle refuse it. `reveal` is the one way
    to the text, for the one place that sends or hashes it.
    """

    __slots__ = ("_text",)
    SHOWN: Final = "Secret(…)"

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        """Whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogatepass"), other._text.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return self.SHOWN

    def __format__(self, format_spec: str) -> str:
        return format(self.SHOWN, format_spec)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is not serialised; reveal() it where it is sent")
