"""The columns that data teams read: they are only ever appended."""

from __future__ import annotations

from pathlib import Path

import pytest

from umt.application.contracts.published import tables_of
from umt.application.schemas import Breaking, Contract, check, export, read_models
from umt.projections.table import Column, Projection, Table

NAME, COUNT = Column("name", "text", "What it is called."), Column("shown", "sum bigint", "Times it was shown.")
NOTE = Column("note", "text", "What people say.")


def published(*columns: Column, key: str = "shop") -> Contract:
    table = Table("shops", "Every shop.", key=(Column(key, "uuid", "The shop."),), columns=columns)
    return read_models(tables_of([Projection("shops", table)]))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((NAME,), "the column shown is gone"),
        ((NAME, Column("shown", "sum numeric", "")), "the column shown is now numeric; it was bigint"),
        ((COUNT, NAME), "the columns are in another order"),
        ((NAME, NOTE, COUNT), "a new column stands before one that was published"),
    ],
)
def test_a_change_that_breaks_queries_is_refused(tmp_path: Path, columns: tuple[Column, ...], reason: str) -> None:
    export(published(NAME, COUNT), tmp_path)
    (found,) = check(published(*columns), tmp_path)
    assert found.breaking
    assert f"read_v1.shops: {reason}" in found.reason
    assert "read_v2" in found.reason
    with pytest.raises(Breaking):
        export(published(*columns), tmp_path)


def test_another_key_is_refused(tmp_path: Path) -> None:
    export(published(NAME), tmp_path)
    found = check(published(NAME, key="store"), tmp_path)
    assert "the key is now (workspace, store); it was (workspace, shop)" in found[0].reason


def test_a_table_stays(tmp_path: Path) -> None:
    export(published(NAME), tmp_path)
    (found,) = check(read_models([]), tmp_path)
    assert found.breaking
    assert "Keep its table" in found.reason


@pytest.mark.parametrize("columns", [(NAME, COUNT, NOTE), (Column("name", "text", "Its name."), COUNT)])
def test_an_appended_column_or_a_better_comment_asks_for_an_export(tmp_path: Path, columns: tuple[Column, ...]) -> None:
    export(published(NAME, COUNT), tmp_path)
    (found,) = check(published(*columns), tmp_path)
    assert not found.breaking
    export(published(*columns), tmp_path)
    assert check(published(*columns), tmp_path) == []
