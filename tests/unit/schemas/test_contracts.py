"""Data contracts: what is promised is there, is said in the comments too, and is not silently taken back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from umt.application import schemas
from umt.application.contracts import PublishedView, published_views
from umt.application.contracts.promises import _EVERYWHERE, _OF_ONE_VIEW, promise
from umt.application.contracts.published import PublishedColumn
from umt.application.contracts.yaml import dump
from umt.application.schemas import check, export
from umt.projections.catalogue import PROJECTIONS, VIEWS

VIEWS_BY_NAME = {view.name: view for view in published_views(PROJECTIONS.values(), VIEWS)}
COLUMNS = [(view, column) for view in VIEWS_BY_NAME.values() for column in view.columns]


def test_every_promise_is_of_a_column_that_there_is() -> None:
    assert set(_OF_ONE_VIEW) <= {(view.name, column.name) for view, column in COLUMNS}
    assert set(_EVERYWHERE) <= {column.name for _, column in COLUMNS}


@pytest.mark.parametrize(
    ("view", "column"), [pytest.param(v, c, id=f"{v.name}.{c.name}") for v, c in COLUMNS if promise(v, c).values]
)
def test_accepted_values_are_those_of_the_comment(view: PublishedView, column: PublishedColumn) -> None:
    values = promise(view, column).values
    if "google" not in values:  # platforms are named in the comment of no column
        assert [value for value in values if value not in column.comment] == []


def test_every_view_leads_with_its_key_and_names_it_once() -> None:
    for view in VIEWS_BY_NAME.values():
        names = [column.name for column in view.columns]
        assert len(set(names)) == len(names)
        assert set(view.key) <= set(names)


def test_a_stale_contract_asks_for_an_export(tmp_path: Path) -> None:
    contract = schemas.contracts([VIEWS_BY_NAME["brands"]])
    export(contract, tmp_path)
    assert check(contract, tmp_path) == []
    file = tmp_path / "contracts" / "brands.yaml"
    file.write_bytes(file.read_bytes().replace(b"required: true", b"required: false"))
    (found,) = check(contract, tmp_path)
    assert (found.file, found.breaking) == (str(file), False)
    assert "is not current" in found.reason


def test_a_contract_is_not_dropped(tmp_path: Path) -> None:
    export(schemas.contracts([VIEWS_BY_NAME["brands"], VIEWS_BY_NAME["campaigns"]]), tmp_path)
    found = [each for each in check(schemas.contracts([VIEWS_BY_NAME["brands"]]), tmp_path) if each.breaking]
    assert [each.file for each in found] == [str(tmp_path / "contracts" / "campaigns.yaml")]


def test_a_promise_is_not_taken_back(tmp_path: Path) -> None:
    brands = VIEWS_BY_NAME["brands"]
    export(schemas.read_models([brands]), tmp_path)
    without_key = msgspec.structs.replace(brands, key=("workspace",))
    (found, taken) = check(schemas.read_models([without_key]), tmp_path)
    assert "the key is now (workspace)" in found.reason
    assert taken.breaking
    assert "the column brand may now be null; it was never" in taken.reason


def test_yaml_quotes_what_could_be_taken_for_something_else() -> None:
    document = {
        "a": "yes",
        "b": [1, {"c": None, "d": ["2026-01-01"]}],
        "e": {},
        "f": [],
        "g": True,
        "h": 'say "no": #1',
    }
    assert dump(document, "Of a test.").decode() == (
        '# Of a test.\na: "yes"\nb:\n  - 1\n  - c: null\n    d:\n      - "2026-01-01"\n'
        'e: {}\nf: []\ng: true\nh: "say \\"no\\": #1"\n'
    )
