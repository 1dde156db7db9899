"""The second net under `umt.domain.secret.Secret` and pydantic's SecretStr: what looks like a credential of ours is
masked in whatever is logged."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

MASK: Final = "…"

_CREDENTIAL: Final = re.compile(
    r"(?P<ours>\bumt[rki]_)[\w-]{8,}"  # refresh tokens, API keys, invitations
    r"|(?P<jwt>\beyJ)[\w-]{8,}(?:\.[\w-]*)*"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{4,}"
    r"|(?P<url>\w://[^\s/:@]*:)[^\s/]+(?=@)"
    r"|(?P<named>\b(?:password|passwd|pgpassword|client_secret|api_key|master_key)\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s'&;,]+)",
    re.IGNORECASE,
)
_Arguments = Any


def masked(text: str) -> str:
    """The text without what looks like a credential: our tokens and keys, JWTs, what follows Bearer or Basic, passwords
    in URLs and connection strings. What kind it was stays."""
    return _CREDENTIAL.sub(lambda found: f"{found[found.lastgroup or 0]}{MASK}", text)


class MaskedRecord(logging.LogRecord):
    """A record of any logger whose message, arguments and traceback are masked, whichever handler writes it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.args = _masked_arguments(self.args)
        if not self.args and isinstance(self.msg, str):
            self.msg = masked(self.msg)
        if self.exc_info and self.exc_info[1] is not None:
            # Formatters use this text where it is set; the exception itself may hold anything.
            self.exc_text = masked("".join(traceback.format_exception(*self.exc_info)).rstrip("\n"))
        if self.stack_info:
            self.stack_info = masked(self.stack_info)

    def getMessage(self) -> str:
        return masked(super().getMessage())


def mask_logs() -> None:
    """Mask every log record that this process makes from now on, and what it says of errors that nobody caught."""
    logging.setLogRecordFactory(MaskedRecord)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _masked_arguments(arguments: _Arguments) -> _Arguments:
    if isinstance(arguments, tuple):
        return tuple(map(_masked_argument, arguments))
    if isinstance(arguments, Mapping):
        return {name: _masked_argument(value) for name, value in arguments.items()}
    return arguments


def _masked_argument(value: Any) -> Any:
    return masked(value) if isinstance(value, str) else value


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and not isinstance(given.exc_value, SystemExit):
        name = given.thread.name if given.thread else "?"
        sys.stderr.write(f"Exception in thread {name}:\n")
        _uncaught(given.exc_type, given.exc_value, given.exc_traceback)
