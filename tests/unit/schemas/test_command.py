"""`umt schema`: exit statuses and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from umt.cli.schema import app, published


def umt_schema(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "schemas"
    assert umt_schema("export", "--folder", str(folder)).exit_code == 0
    return folder


def test_what_was_exported_holds(folder: Path) -> None:
    checked = umt_schema("check", "--folder", str(folder))
    assert checked.exit_code == 0
    assert checked.stdout.splitlines() == [f"{name}: hold" for name in published()]
    assert (folder.parent / "docs" / "events.md").read_text().startswith("# Events\n")


def test_exporting_again_writes_nothing(folder: Path) -> None:
    assert umt_schema("export", "--folder", str(folder)).stdout.splitlines() == [
        f"{name}: current" for name in published()
    ]


@pytest.fixture
def broken(folder: Path) -> Path:
    """Once upon a time launching had a reason."""
    file = folder / "events" / "campaign.launched.v1.json"
    schema = json.loads(file.read_text())
    file.write_text(json.dumps(schema | {"properties": {"reason": {"type": "string"}}, "required": ["reason"]}))
    return file


def test_a_broken_contract_is_said_to_people(folder: Path, broken: Path) -> None:
    checked = umt_schema("check", "--folder", str(folder))
    assert checked.exit_code == 1
    assert "events: 1 differ, 1 of them would break readers" in checked.stdout
    assert f"{broken}: campaign.launched: the field reason is gone." in checked.stdout


def test_a_broken_contract_is_said_as_one_json_document(folder: Path, broken: Path) -> None:
    checked = umt_schema("check", "--folder", str(folder), "--json")
    assert checked.exit_code == 1
    answer = json.loads(checked.stdout)
    assert answer["ok"] is False
    (difference,) = answer["differences"]
    assert difference["contract"] == "events"
    assert difference["file"] == str(broken)
    assert difference["breaking"] is True


def test_a_broken_contract_is_not_exported(folder: Path, broken: Path) -> None:
    before = broken.read_bytes()
    exported = umt_schema("export", "--folder", str(folder))
    assert exported.exit_code == 1
    assert "the field reason is gone" in exported.stderr
    assert broken.read_bytes() == before


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    checked = umt_schema("check", "--folder", str(tmp_path / "nowhere"))
    assert checked.exit_code == 2
    assert "--folder" in checked.stderr
