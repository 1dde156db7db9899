"""A brand and an imported campaign to export, and folders to export to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from tests.integration.people import Person

from umt.adapters.parquet import Parquet
from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.postgres.exporting import ExportSnapshot, snapshot
from umt.application.commands.brand import CreateBrand
from umt.application.contracts import PublishedView, published_views
from umt.application.exporting import MANIFEST, Export, Written
from umt.bootstrap import System
from umt.domain.brand import Industry
from umt.projections.catalogue import PROJECTIONS, VIEWS

PUBLISHED = published_views(PROJECTIONS.values(), VIEWS)
TABLES = [view for view in PUBLISHED if view.name != "projection_status"]
Row = dict[str, Any]


class Silent:
    """Nobody watches."""

    def begin(self, table: str, rows: int) -> None:
        pass

    def advance(self, rows: int) -> None:
        pass


class Story:
    """What happens in a workspace, and exports of it."""

    def __init__(self, wired: System, person: Person, folder: Path) -> None:
        self.wired, self.person, self.folder = wired, person, folder

    @property
    def workspace(self) -> UUID:
        return self.person.workspace

    def makes_brand(self, name: str) -> UUID:
        return self.person.makes(CreateBrand(name=name, industry=Industry("Trade")))

    def imports(self, clicks: int) -> None:
        """A report of two ads; another number of clicks restates the first."""
        file = self.folder / "report.csv"
        file.write_text(
            "platform,campaign,ad,date,impressions,clicks,spend,revenue\n"
            f"facebook,Spring,a1,2025-04-01,1000,{clicks},10.50,40\ngoogle,Spring,a2,2025-04-01,800,20,7.25,12\n"
        )
        self.umt("import", "performance", str(file), "--format", "generic", "--workspace", str(self.workspace))

    def catches_up(self) -> None:
        for projector in self.wired.projectors():
            projector.reach(self.wired.source.head())

    def exports(self, to: str = "export", *, everything: bool = False) -> Written:
        self.catches_up()
        with snapshot(self.wired.url) as found:
            return self.exports_of(found, to, everything=everything)

    def exports_of(self, found: ExportSnapshot, to: str = "export", *, everything: bool = False) -> Written:
        export = Export(self.folder / to, PUBLISHED, Parquet())
        return export.run(found, None if everything else self.workspace, Silent())

    def exported(self, view: PublishedView, to: str = "export") -> list[Row]:
        """The rows by the manifest: of a key, that of the last file."""
        table = json.loads((self.folder / to / MANIFEST).read_text())["tables"][view.name]
        rows: dict[tuple[Any, ...], Row] = {}
        for file in table["files"]:
            for row in pq.read_table(self.folder / to / file["path"]).to_pylist():
                rows[tuple(str(row[name]) for name in view.key)] = row
        return [rows[key] for key in sorted(rows)]

    def stored(self, view: PublishedView) -> list[Row]:
        """The rows of the workspace in the database, as an export writes their values."""
        query = sql.SQL("SELECT * FROM {} WHERE workspace = %s").format(sql.Identifier("read_v1", view.name))
        with connect(self.wired.url, WORKER) as connection, connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(query, (self.workspace,)).fetchall()
        rows = {tuple(str(row[name]) for name in view.key): row for row in found}
        kinds = {column.name: column.sql_type for column in view.columns}
        return [{name: _written(kinds[name], rows[key][name]) for name in kinds} for key in sorted(rows)]

    def umt(self, *arguments: str, status: int = 0) -> str:
        """Run the command in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UMT_")}
        ours = kept | {"UMT_DATA_DIR": str(self.wired.settings.data_dir), "COLUMNS": "160"}
        command = [sys.executable, "-m", "umt.cli.main", *arguments]
        done = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout if status == 0 else done.stderr


def read_json(view: PublishedView, rows: list[Row]) -> list[Row]:
    """The rows with their JSON columns parsed: the database writes blanks as it likes."""
    parsed = {column.name for column in view.columns if column.sql_type == "jsonb"}
    return [{n: json.loads(v) if n in parsed and v is not None else v for n, v in row.items()} for row in rows]


def _written(kind: str, value: Any) -> Any:
    if value is None or kind == "jsonb":
        return None if value is None else json.dumps(value)
    if kind == "uuid":
        return str(value)
    return Decimal(value) if kind == "numeric" else value


@pytest.fixture
def story(wired: System, pat: Person, tmp_path: Path) -> Story:
    return Story(wired, pat, tmp_path)
