"""docs/usage-examples.md names real places and real tests, and every test of this folder."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "usage-examples.md").read_text()
EXAMPLES = sorted(path for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)


def named_in(path: Path) -> Iterator[str]:
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE):
        yield f"{path.stem}::{name}"


def test_the_page_names_every_test_and_no_other() -> None:
    named = set(re.findall(r"`(test_\w+::test_\w+)`", PAGE))
    assert named == {test for path in EXAMPLES for test in named_in(path)}


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(umt(?:\.\w+)+)`", PAGE))))
def test_a_place_on_the_page_exists(place: str) -> None:
    parts = place.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            fields = getattr(found, "__struct_fields__", ())
            assert hasattr(found, name) or name in fields, f"{place}: there is no {name}"
            found = getattr(found, name)
        return
    raise AssertionError(f"{place}: there is no such module")
