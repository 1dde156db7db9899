"""What graphql-core says of a wrong value, without the value: it may be a password or a credential.

Its messages name the path and what is expected first and quote the value after that, so all from the quotation on is
cut. Where a token of the document is quoted, `locations` says which one is meant.
"""

from __future__ import annotations

import re
from typing import Final

_CUTS: Final = (
    (r"Value '.*' does not exist in '(\w+)' enum\.", r"The value does not exist in '\1' enum."),
    (r"( cannot represent [^:]*value): .*", r"\1."),
    (r"(, found: |, but encountered error ).*", "."),
    (r"(?<=\?) Found: .*", ""),
)
"""In this order nothing that a value holds keeps what comes before it in the value."""

_QUOTED: Final = r"(found|Unexpected) (String|BlockString|Int|Float|Name) '.*|, did you mean '0\..*"


def without_values(message: str) -> str:
    """The message of an error about a document or its variables, without what the caller wrote as values."""
    if message.startswith("Syntax Error: "):
        return re.sub(_QUOTED, lambda cut: f"{cut[1]} {cut[2]}." if cut[1] else ".", message, flags=re.DOTALL)
    for quotation, rest in _CUTS:
        message = re.sub(quotation, rest, message, flags=re.DOTALL)
    return message
