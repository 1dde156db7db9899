"""Opening a file, and going through all of its bytes for what makes it unusable as text."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import BinaryIO, Final

LONGEST_RECORD: Final = 1 << 20
"""The longest line, and the longest record of several lines, that is read: 1 MiB, line ends included."""

_CHUNK: Final = 1 << 18
_SIGNATURES: Final = (
    (b"\xff\xfe\0\0", "it is UTF-32, not UTF-8", "UTF-32"),
    (b"\xff\xfe", "it is UTF-16, not UTF-8", "UTF-16"),
    (b"\xfe\xff", "it is UTF-16, not UTF-8", "UTF-16"),
    (b"\x1f\x8b", "it is compressed with gzip", None),
    (b"PK\x03\x04", "it is a workbook or a ZIP archive", None),
)


class UnusableInput(Exception):
    """A file from which nothing can be read: which, why, and what to do."""

    def __init__(self, path: Path, reason: str, hint: str) -> None:
        self.path, self.reason, self.hint = path, reason, hint
        super().__init__(f"{path}: {reason}; {hint}")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The regular file, at its start."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnusableInput(path, "it is a directory", "name one file")
        if not stat.S_ISREG(mode):
            raise UnusableInput(path, "it is not a regular file", "save its content as a file and name that")
        file = path.open("rb")
    except FileNotFoundError as error:
        raise UnusableInput(path, "there is no such file", "check the path") from error
    except PermissionError as error:
        raise UnusableInput(path, "this user may not read it", "change its permissions or owner") from error
    except (OSError, ValueError) as error:
        raise UnusableInput(path, f"it cannot be opened ({error})", "check the path") from error
    with file:
        yield file


def scan(path: Path, file: BinaryIO) -> bool:
    """Read to the end, in bounded memory: refuse what is not UTF-8 text in lines of bounded length.

    Answers whether there is a quote anywhere, since only then can a record go over several lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    start, line, run, quoted = 0, 1, 0, False  # of the chunk: its place, its first line, how much of that came before
    while True:
        try:
            chunk = file.read(_CHUNK)
        except OSError as error:
            raise UnusableInput(path, f"it cannot be read ({error.strerror})", "check the disk it is on") from error
        if start == 0:
            _refuse_signature(path, chunk)
        if (at := chunk.find(b"\0")) >= 0:
            reason = f"there is a NUL byte on line {line + chunk[:at].count(10)}, at byte {start + at}"
            raise UnusableInput(path, reason, f"a text has none; if it is UTF-16, {_conversion(path, 'UTF-16LE')}")
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = len(chunk) - len(error.object) + error.start  # below 0: left over from the chunk before
            where = f"line {line + chunk[: max(at, 0)].count(10)}, at byte {start + at}"
            reason = f"there is a byte 0x{error.object[error.start]:02X} on {where}, which is not UTF-8"
            raise UnusableInput(path, reason, f"if it is Windows-1252, {_conversion(path, 'WINDOWS-1252')}") from error
        if not chunk:
            return quoted
        end = chunk.find(b"\n")
        if run + (len(chunk) if end < 0 else end + 1) > LONGEST_RECORD:
            raise too_long(path, line)
        run = run + len(chunk) if end < 0 else len(chunk) - 1 - chunk.rfind(b"\n")
        line += chunk.count(b"\n")
        start += len(chunk)
        quoted = quoted or b'"' in chunk


def too_long(path: Path, line: int) -> UnusableInput:
    """The refusal of a line above `LONGEST_RECORD`."""
    reason = f"line {line} is longer than 1 MiB ({LONGEST_RECORD} bytes)"
    return UnusableInput(path, reason, "end each record with a line feed, if this is an export at all")


def _refuse_signature(path: Path, chunk: bytes) -> None:
    if not chunk:
        raise UnusableInput(path, "it is empty", "export it again")
    for signature, reason, encoding in _SIGNATURES:
        if chunk.startswith(signature):
            raise UnusableInput(
                path, reason, _conversion(path, encoding) if encoding else "unpack or save it as CSV (UTF-8)"
            )


def _conversion(path: Path, encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t UTF-8 {quote(str(path))} > utf8.csv"
