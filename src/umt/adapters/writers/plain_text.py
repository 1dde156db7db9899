"""Text as a writer may emit it: plain, no longer than allowed, without markup and without words to avoid."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from umt.domain.values import is_blank, unique_key, without_direction

_BRACKETS = str.maketrans("<>", "‹›")
_CONTROLS = ("Cc", "Cs")
_MARKUP = re.compile(r"<[!?]|</?\s*[a-z]|(?:java|vb)script\s*:|data\s*:\s*text/html", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_BARE_MARKERS = re.compile(r"^[ \t]*(?:#{1,6}|[-*]|\d+\.)?[ \t]*$", re.MULTILINE)
_END_OF_SENTENCE = ".!?"


def plain(value: str, *, lines: bool = False) -> str:
    """``value`` in NFC with single blanks, without control characters, and with angle brackets that no browser
    takes for a tag. Line breaks become blanks unless ``lines`` keeps them."""
    value = without_direction(unicodedata.normalize("NFC", value).translate(_BRACKETS))
    kept = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in _CONTROLS)
    if is_blank(kept):
        return ""
    if not lines:
        return " ".join(kept.split())
    return "\n".join(" ".join(line.split()) for line in kept.splitlines()).strip()


def clip(value: str, longest: int) -> str:
    """``value`` cut after a whole word, with an ellipsis, so that it has at most ``longest`` characters."""
    value = unicodedata.normalize("NFC", value).strip()
    if len(value) <= longest:
        return value
    head, blank, _ = value[:longest].rpartition(" ")
    return (head if blank else value[: longest - 1]).rstrip(" \n,;:.-")[: longest - 1] + "…"


def fill(mould: str, values: Mapping[str, str]) -> str:
    """``mould`` with its ``{names}`` replaced, once; names that are not among ``values`` stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), mould)


def placeholders(mould: str) -> set[str]:
    """The names that ``mould`` has between braces."""
    return set(_PLACEHOLDER.findall(mould))


def has_markup(value: str) -> bool:
    """Whether a browser could take a part of ``value`` for a tag or for a script."""
    return _MARKUP.search(value) is not None


def listed(words: Iterable[str]) -> str:
    """``words`` as people list them: one, two and three."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


class AvoidedWords:
    """Words and phrases that must not be said. They count as whole words, whatever their case or width:
    "cheap" is found in "CHEAP!" but not in "cheaper"."""

    def __init__(self, words: Iterable[str]) -> None:
        keys = {key: word for word in words if (key := unique_key(word))}
        self._patterns = {word: re.compile(_whole(key)) for key, word in keys.items()}
        self._symbols = [word for key, word in keys.items() if not re.search(r"\w", key)]
        longest_first = sorted(keys, key=len, reverse=True)
        self._any = re.compile("|".join(map(_whole, longest_first)) or r"(?!)")

    def found_in(self, value: str) -> tuple[str, ...]:
        """The words to avoid that ``value`` says."""
        key = unique_key(value)
        return tuple(word for word, pattern in self._patterns.items() if pattern.search(key))

    def without(self, value: str) -> str:
        """``value`` less what is to be avoided, and less the headings and list marks that this leaves bare."""
        while matches := self._any.findall(unique_key(value)):
            left = value
            for symbol in self._symbols:
                left = left.replace(symbol, "")
            left = self._dropped(left, most=1 + max(match.count(" ") for match in matches))
            left = re.sub(r"\n{3,}", "\n\n", _BARE_MARKERS.sub("", left)).strip()
            value = left if len(left) < len(value) else ""
        return value

    def _dropped(self, value: str, most: int) -> str:
        """``value`` without every run of up to ``most`` words in which something to avoid is found, those
        included that only arise when others are gone."""
        kept: list[_Piece] = []
        for word, gap in re.findall(r"(\S+)(\s*)", value):
            kept.append(_Piece(word, gap, unique_key(word)))
            for size in range(1, min(most, len(kept)) + 1):
                if self._any.search(" ".join(piece.key for piece in kept[-size:])):
                    gone = kept[-size:]
                    del kept[-size:]
                    if kept:
                        kept[-1] = kept[-1].before(gone)
                    break
        return "".join(piece.word + piece.gap for piece in kept)


class _Piece(NamedTuple):
    """A word of a text, the white space after it, and the word's unique key."""

    word: str
    gap: str
    key: str

    def before(self, gone: list[_Piece]) -> _Piece:
        """This piece after those that followed are gone: it takes over the line break and the end of sentence."""
        gap = max((self.gap, *(piece.gap for piece in gone)), key=lambda gap: gap.count("\n"))
        last = gone[-1].word[-1]
        word = self.word + last if self.word[-1].isalnum() and last in _END_OF_SENTENCE else self.word
        return _Piece(word, gap, unique_key(word))


def _whole(key: str) -> str:
    left = r"(?<!\w)" if re.match(r"\w", key) else ""
    right = r"(?!\w)" if re.search(r"\w\Z", key) else ""
    return left + re.escape(key) + right
