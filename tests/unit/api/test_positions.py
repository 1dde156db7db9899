"""Positions are opaque, and only those that this API gave are taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umt.api import positions
from umt.domain.errors import InvalidValue


@given(st.integers(0, 10**18 - 1))
def test_a_position_comes_back(position: int) -> None:
    assert positions.decode(positions.encode(position), "atLeast") == position


@given(st.text(max_size=40) | st.from_regex(r"umt:1:\d{1,20}", fullmatch=True).map(str.encode).map(positions.opaque))
def test_a_text_is_taken_back_as_it_was_given_or_refused_by_name_of_its_field(token: str) -> None:
    found = _read(token)
    assert found == "atLeast" if isinstance(found, str) else positions.encode(found) == token


def _read(token: str) -> int | str | None:
    """The position, or the field that the refusal names."""
    try:
        return positions.decode(token, "atLeast")
    except InvalidValue as refused:
        return refused.field


@pytest.mark.parametrize(
    "content", ["umt:2:7", "umt:1:-7", "umt:1:", "other:1:7", "umt:1:7 ", "umt:1:02", "umt:1:٣", f"umt:1:{10**30}"]
)
def test_a_position_names_its_log_and_epoch(content: str) -> None:
    with pytest.raises(InvalidValue):
        positions.decode(positions.opaque(content.encode()), "atLeast")
