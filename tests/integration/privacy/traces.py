"""Looking for traces of a text byte by byte, in whatever form it could have been written."""

from __future__ import annotations

import base64
import gc
import json
import re
import sys
import threading
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq  # type: ignore[import-untyped]

_HEX = re.compile(rb"\\\\?x([0-9a-f]{8,})")
"""A bytea as PostgreSQL writes it."""


def forms(text: str) -> dict[str, bytes]:
    """The text in each form: as it is, in other cases, encodings and escapes."""
    found: dict[str, bytes] = {}
    for case, each in (("", text), ("upper ", text.upper()), ("lower ", text.lower()), ("folded ", text.casefold())):
        plain = each.encode()
        found |= {
            f"{case}UTF-8": plain,
            f"{case}UTF-16LE": each.encode("utf-16-le"),
            f"{case}UTF-16BE": each.encode("utf-16-be"),
            f"{case}hex": plain.hex().encode(),
            f"{case}HEX": plain.hex().upper().encode(),
            f"{case}JSON": json.dumps(each).strip('"').encode(),
            f"{case}URL": urllib.parse.quote(each).encode(),
        }
        for shift in range(3):
            # Three bytes are four characters; those at the ends depend on what stands beside them.
            encoded = base64.b64encode(b"\0" * shift + plain)
            whole = encoded[(shift * 8 + 5) // 6 : (shift + len(plain)) * 8 // 6]
            found[f"{case}base64+{shift}"] = whole
            found[f"{case}base64url+{shift}"] = whole.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def traces(haystack: bytes, texts: list[str]) -> list[str]:
    """The forms in which one of the texts is in the bytes, or in a bytea that is written out in them."""
    decoded = b"\n".join(bytes.fromhex(m[1][: len(m[1]) // 2 * 2].decode()) for m in _HEX.finditer(haystack))
    return sorted({form for text in texts for form, each in forms(text).items() if each in haystack or each in decoded})


def parquet_values(folder: Path) -> bytes:
    """Every value of every Parquet file below a folder, and every other file as it is."""
    parts = list[bytes]()
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".parquet":
            parts += [_bytes(value) for row in pq.read_table(file).to_pylist() for value in row.values()]
        elif file.is_file():
            parts.append(file.read_bytes())
    return b"\n".join(parts)


def in_memory(texts: Callable[[], list[str]]) -> list[str]:
    """The kinds of things that hold one of the texts in the memory of this process: all that can be reached from what
    the garbage collector knows, and from the variables of every thread."""
    gc.unfreeze()
    gc.collect()
    needles, found = [text.encode() for text in texts()], set[str]()
    seen = {id(needles), *map(id, needles)}
    waiting: list[object] = gc.get_objects()
    seen |= set(map(id, waiting))
    waiting += _variables()
    while waiting:
        holder = waiting.pop()
        for value in _held(holder):
            if isinstance(value, (str, bytes, bytearray)):
                if id(value) not in seen and any(needle in _bytes(value) for needle in needles):
                    found.add(f"{type(holder).__module__}.{type(holder).__qualname__}")
            elif id(value) not in seen:
                seen.add(id(value))
                waiting.append(value)
    return sorted(found)


def _held(holder: object) -> list[object]:
    if isinstance(holder, msgspec.Struct):  # some of which the garbage collector does not look into
        return [getattr(holder, name, None) for name in holder.__struct_fields__]
    return gc.get_referents(holder)


def _variables() -> list[object]:
    """The variables of every thread, but for those of the search itself."""
    here, found = sys._getframe(1), list[object]()
    for thread, top in sys._current_frames().items():
        frame = here.f_back if thread == threading.get_ident() else top
        while frame:
            found.append(dict(frame.f_locals))
            frame = frame.f_back
    return found


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray)) else str(value).encode(errors="replace")
