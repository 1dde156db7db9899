"""The generated parts of the documentation are those that the code gives now."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.docs.generated import PARTS, ROOT, pages, rewritten, settings

from umt.projections.catalogue import PROJECTIONS
from umt.settings import Settings


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_is_current(page: Path) -> None:
    text = page.read_text()
    assert text == rewritten(text), "write it anew: .venv/bin/python -m tests.unit.docs.generated"


def test_every_part_has_its_page() -> None:
    text = "".join(page.read_text() for page in pages())
    assert [name for name in PARTS if f"<!-- generated: {name} -->" not in text] == []


def test_every_setting_is_told_with_its_meaning() -> None:
    table = settings()
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"| `UMT_{name.upper()}` |" in table


def test_every_read_model_is_told_with_its_meaning() -> None:
    page = (ROOT / "docs" / "projections.md").read_text()
    for projection in PROJECTIONS.values():
        for table in projection.tables:
            assert f"### `read_v1.{table.name}`\n\n{table.comment}" in page
            assert all(column.comment for column in table.columns)
