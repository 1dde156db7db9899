"""Exports as Parquet: exact, the same each time, brought up to date by position, and never half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from tests.integration.export.conftest import PUBLISHED, TABLES, Silent, Story, read_json

from umt.adapters.parquet import ROW_GROUP, Parquet
from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.exporting import snapshot
from umt.application.commands.brand import RenameBrand
from umt.application.contracts.published import PublishedColumn
from umt.application.exporting import MANIFEST, Export, ExportRefused
from umt.application.exporting.export import Batch

BRANDS = next(view for view in PUBLISHED if view.name == "brands")
EVENTS = next(view for view in PUBLISHED if view.name == "event_log")
BY_AD = next(view for view in PUBLISHED if view.name == "performance_by_ad")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_export_holds_every_row_of_every_view(story: Story) -> None:
    story.makes_brand("Acme")
    story.imports(clicks=30)
    written = story.exports()
    assert set(written.manifest.tables) == {view.name for view in TABLES}
    for view in TABLES:
        assert read_json(view, story.exported(view)) == read_json(view, story.stored(view)), view.name
    assert len(story.exported(BY_AD)) == 2
    assert {row["type"] for row in story.exported(EVENTS)} >= {"brand.created", "performance.recorded"}


def test_the_same_data_gives_the_same_bytes(story: Story) -> None:
    story.makes_brand("Acme")
    story.imports(clicks=30)
    story.exports("one")
    story.exports("two")
    assert contents(story.folder / "one") == contents(story.folder / "two")


def test_an_export_again_writes_nothing(story: Story) -> None:
    story.makes_brand("Acme")
    story.exports()
    before = contents(story.folder / "export")
    assert story.exports().added == ()
    assert contents(story.folder / "export") == before


def test_the_next_export_writes_only_what_changed(story: Story) -> None:
    kept, renamed = story.makes_brand("Kept"), story.makes_brand("Before")
    first = story.exports()
    story.person.does(RenameBrand(brand=renamed, name="After"))
    second = story.exports()

    assert {file.path.split("/")[0] for file in second.added} == {"brands", "event_log"}
    assert {file.rows for file in second.added} == {1}
    assert {file.first_position for file in second.added} == {first.manifest.log.position + 1}
    assert [row["type"] for row in story.exported(EVENTS)][-1] == "brand.renamed"
    assert {row["brand"]: row["name"] for row in story.exported(BRANDS)} == {str(kept): "Kept", str(renamed): "After"}


def test_a_restated_figure_comes_in_a_newer_file(story: Story) -> None:
    story.imports(clicks=30)
    story.exports()
    story.imports(clicks=35)
    story.exports()
    assert [(row["ad"], row["clicks"]) for row in story.exported(BY_AD)] == [("a1", 35), ("a2", 20)]
    for view in TABLES:
        assert read_json(view, story.exported(view)) == read_json(view, story.stored(view)), view.name


def test_an_export_is_of_one_moment(story: Story) -> None:
    story.makes_brand("Before")
    story.catches_up()
    with snapshot(story.wired.url) as found:
        story.makes_brand("After")
        story.catches_up()
        story.exports_of(found)
    assert [row["name"] for row in story.exported(BRANDS)] == ["Before"]
    assert found.head == story.exported(EVENTS)[-1]["position"]
    story.exports()
    assert {row["name"] for row in story.exported(BRANDS)} == {"Before", "After"}


def test_no_table_is_switched_while_an_export_reads(story: Story) -> None:
    """A newer generation's rows may be too new for the snapshot."""
    with snapshot(story.wired.url), connect(story.wired.url, OWNER, autocommit=False) as owner:
        owner.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute("LOCK TABLE read_v1.brands IN ACCESS EXCLUSIVE MODE")


@pytest.fixture
def parked(story: Story) -> Iterator[Callable[[], None]]:
    """Lets an event of the brand's wait as a dead letter, which marks the workspace's brands; taken back at the end."""
    letter = (
        "INSERT INTO umt.dead_letter (projection, generation, position, workspace, key, stream, version, type)"
        " SELECT name, generation, 1, %(w)s, %(w)s, %(w)s, 1, 'brand.created' FROM umt.projection_checkpoint"
        " WHERE name = 'brands' AND state = 'live'"
    )
    mark = (
        "INSERT INTO umt.incomplete_row (projection, generation, view, workspace, row_key, key)"
        " SELECT projection, generation, 'brands', workspace, '{}', key FROM umt.dead_letter WHERE workspace = %(w)s"
    )

    def execute(*statements: str) -> None:
        with connect(story.wired.url, OWNER) as connection:
            for statement in statements:
                connection.execute(statement.encode(), {"w": story.workspace})

    def discard() -> None:
        execute(*(f"DELETE FROM umt.{table} WHERE workspace = %(w)s" for table in ("incomplete_row", "dead_letter")))

    execute(letter, mark)
    yield discard
    discard()


def test_rows_become_incomplete_and_complete_again(story: Story, request: pytest.FixtureRequest) -> None:
    """Neither changes a row's position, so a table with dead letters is written whole, and once more after them."""
    story.makes_brand("Acme")
    story.exports()
    discard = request.getfixturevalue("parked")
    assert story.exports().manifest.tables["brands"].parked
    assert [row["incomplete"] for row in story.exported(BRANDS)] == [True]
    story.makes_brand("Bravo")
    (whole,) = story.exports().manifest.tables["brands"].files
    assert (whole.first_position, whole.rows) == (1, 2)

    discard()
    (again,) = story.exports().manifest.tables["brands"].files
    assert (again.first_position, again.rows) == (1, 2)
    assert [row["incomplete"] for row in story.exported(BRANDS)] == [False, False]
    story.makes_brand("Charlie")
    assert [file.rows for file in story.exports().manifest.tables["brands"].files] == [2, 1]


def test_a_rebuilt_table_is_written_whole(story: Story) -> None:
    story.makes_brand("Acme")
    story.exports()
    story.umt("projections", "rebuild", "brands")
    story.makes_brand("Bravo")
    (whole,) = story.exports().manifest.tables["brands"].files
    assert (whole.first_position, whole.rows) == (1, 2)
    assert [path.name for path in (story.folder / "export" / "brands").iterdir()] == [Path(whole.path).name]


_KILLED = """
import os, signal, sys
from pathlib import Path
from umt.adapters.parquet import Parquet
from umt.adapters.postgres.exporting import snapshot
from umt.application.exporting import Export
from tests.integration.export.conftest import PUBLISHED, Silent

class Killed(Parquet):
    written = 0
    def write(self, path, columns, batches):
        rows = super().write(path, columns, batches)
        Killed.written += 1
        if Killed.written == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows

with snapshot(sys.argv[1]) as found:
    Export(Path(sys.argv[2]), PUBLISHED, Killed()).run(found, None, Silent())
"""


@pytest.mark.parametrize("exported_before", [False, True])
def test_a_killed_export_is_completed_by_the_next(story: Story, exported_before: bool) -> None:
    folder = story.folder / "export"
    if exported_before:
        story.exports(everything=True)
    story.makes_brand("Acme")
    story.imports(clicks=30)
    story.catches_up()
    before = contents(folder)
    command = [sys.executable, "-c", _KILLED, story.wired.url, str(folder)]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert any(path.suffix == ".partial" for path in folder.rglob("*"))
    if exported_before:
        assert {name: contents(folder)[name] for name in before} == before

    story.exports(everything=True)
    story.exports("fresh", everything=True)
    assert not any(path.suffix == ".partial" for path in folder.rglob("*"))
    for view in TABLES:
        assert story.exported(view) == story.exported(view, "fresh"), view.name


def test_a_folder_of_another_log_is_refused(story: Story) -> None:
    story.makes_brand("Acme")
    story.exports()
    manifest = story.folder / "export" / MANIFEST
    document = json.loads(manifest.read_text())
    document["log"]["last_event"] = "0" * 64
    manifest.write_text(json.dumps(document))
    with pytest.raises(ExportRefused, match="holds an export of another log"):
        story.exports()


def test_a_folder_of_another_workspace_is_refused(story: Story) -> None:
    story.exports()
    with pytest.raises(ExportRefused, match=f"holds an export of workspace {story.workspace}"):
        story.exports(everything=True)


def test_a_folder_with_something_else_is_refused_and_left_alone(story: Story) -> None:
    (story.folder / "export").mkdir()
    (story.folder / "export" / "thesis.doc").write_text("years of work")
    with pytest.raises(ExportRefused, match=r"holds thesis\.doc and no manifest\.json"):
        story.exports()
    assert (story.folder / "export" / "thesis.doc").read_text() == "years of work"


def test_a_damaged_or_foreign_manifest_is_refused(story: Story) -> None:
    story.exports()
    manifest = story.folder / "export" / MANIFEST
    for text, reason in (('{"format": 99}', "it has format 99"), ("{", "cannot be read")):
        manifest.write_text(text)
        with pytest.raises(ExportRefused, match=reason):
            story.exports()


def test_one_export_at_a_time(story: Story) -> None:
    class Second(Parquet):
        """Exports into the same folder while it is being written."""

        def write(self, path: Path, columns: Sequence[PublishedColumn], batches: Iterable[Batch]) -> int:
            with pytest.raises(ExportRefused, match="Another export is at work"):
                story.exports()
            return super().write(path, columns, batches)

    story.makes_brand("Acme")
    story.catches_up()
    with snapshot(story.wired.url) as found:
        Export(story.folder / "export", [BRANDS], Second()).run(found, story.workspace, Silent())


def column(kind: str) -> PublishedColumn:
    return PublishedColumn("value", kind, "A value.")


@pytest.mark.parametrize("value", ["0.0000001", "NaN", "1e33"])
def test_an_amount_that_is_not_exact_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ValueError, match="column value: "):
        Parquet().write(tmp_path / "file", [column("numeric")], [[(Decimal(value),)]])


def test_an_unknown_type_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="column value has type money"):
        Parquet().write(tmp_path / "file", [column("money")], [])


@pytest.mark.parametrize("rows", [0, 1, ROW_GROUP, ROW_GROUP + 1, 2 * ROW_GROUP + 7])
@pytest.mark.parametrize("width", [1, 1000])
def test_a_file_does_not_depend_on_how_its_rows_come(tmp_path: Path, rows: int, width: int) -> None:
    values = [(f"{number:0{width}}",) for number in range(rows)]
    for name, size in (("small", 100), ("large", 50_000)):
        batches = [values[start : start + size] for start in range(0, rows, size)]
        assert Parquet().write(tmp_path / name, [column("text")], batches) == rows
    assert (tmp_path / "small").read_bytes() == (tmp_path / "large").read_bytes()


def test_a_row_group_of_large_rows_is_small(tmp_path: Path) -> None:
    """Memory is bounded by the size of what is held and not only by its rows."""
    batches = ([("x" * 100_000,)] for _ in range(1000))
    assert Parquet().write(tmp_path / "file", [column("text")], batches) == 1000
    groups = pq.ParquetFile(tmp_path / "file").metadata
    assert max(groups.row_group(number).num_rows for number in range(groups.num_row_groups)) <= 256


def test_the_command_says_what_it_wrote(story: Story) -> None:
    story.makes_brand("Acme")
    story.catches_up()
    to = str(story.folder / "files")
    first = json.loads(story.umt("export", "parquet", to, "--workspace", str(story.workspace), "--json"))
    assert {"path", "rows", "sha256"} == set(first["added"][0])
    assert first["rows"] == sum(file["rows"] for file in first["added"])
    again = story.umt("export", "parquet", to, "--workspace", str(story.workspace))
    assert again == f"{to} is at position {first['position']}: nothing new\n"
    assert "Another" not in story.umt("export", "parquet", to, status=2)


def test_an_unknown_workspace_is_refused_and_leaves_no_folder(story: Story) -> None:
    folder, unknown = story.folder / "files", uuid4()
    told = story.umt("export", "parquet", str(folder), "--workspace", str(unknown), status=2)
    assert told == f"umt: There is no workspace {unknown} in this database.\n"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("body", b"{"),
        ("body", b'"\xff"'),
        ("body", b'"\\u0000"'),
        ("body", b"1e999999"),
        ("metadata", b"{"),
        ("metadata", b'{"event_id": "seven"}'),
        ("metadata", b'{"effective_at": "2025-02-30T00:00:00Z"}'),
    ],
)
def test_an_event_that_cannot_be_read_is_a_row_with_nulls(story: Story, column: str, stored: bytes) -> None:
    story.makes_brand("Acme")
    story.catches_up()
    query = f"SELECT position, {column} FROM umt.event WHERE workspace = %s ORDER BY position DESC LIMIT 1"
    change = f"UPDATE umt.event SET {column} = %s WHERE position = %s"
    with connect(story.wired.url, OWNER) as owner:
        row = owner.execute(query.encode(), (story.workspace,)).fetchone()
        assert row
        position, whole = row
        owner.execute(change.encode(), (stored, position))
        try:
            story.exports()
        finally:
            owner.execute(change.encode(), (whole, position))
    (spoiled,) = [row for row in story.exported(EVENTS) if row["position"] == position]
    assert (spoiled["type"], spoiled[column]) == ("brand.created", None)
    other = "body" if column == "metadata" else "event_id"
    assert spoiled[other] is not None
    assert all(row["body"] and row["event_id"] for row in story.exported(EVENTS) if row["position"] != position)
