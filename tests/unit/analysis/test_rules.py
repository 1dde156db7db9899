"""The rules in tools/analysis find what they are for, each by examples of both kinds; and a scan runs them all."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
RULES: Final = ROOT / "tools" / "analysis" / "rules"
SOURCES: Final = ROOT / "src"


def analysed(sources: Path) -> subprocess.CompletedProcess[str]:
    """What `make analyse` says of the sources: bandit, the rules' own tests, and their scan."""
    command = ["make", "analyse", f"SOURCES={sources}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(SOURCES, tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "src"


def planted(file: Path, before: str, text: str) -> None:
    """Put the text into the file before the one place that reads so."""
    known = file.read_text()
    assert known.count(before) == 1, f"{file} has changed: {before!r} is in it {known.count(before)} times"
    file.write_text(known.replace(before, text + before))


def names(kind: str, files: Iterator[Path]) -> set[str]:
    """The rules that the examples name in annotations of a kind."""
    found = (re.findall(rf"# {kind}: ([\w, -]+)$", file.read_text(), re.MULTILINE) for file in files)
    return {name.strip() for lines in found for line in lines for name in line.split(",")}


def test_each_rule_has_an_example_that_it_finds_and_one_that_it_does_not() -> None:
    rules = set(re.findall(r"^  - id: (\S+)$", "".join(f.read_text() for f in RULES.glob("*.yaml")), re.MULTILINE))
    assert len(rules) > 30
    for kind in ("ruleid", "ok"):
        examples = (file for file in RULES.iterdir() if file.suffix in (".py", ".sql"))
        assert names(kind, examples) == rules


def test_exceptions_are_few_and_known() -> None:
    """A line that is excepted from a rule stands here too, so that another one is noticed."""
    excepted = {
        (str(file.relative_to(SOURCES)), line.strip())
        for file in SOURCES.rglob("*.py")
        for line in file.read_text().splitlines()
        if re.search(r"nosem|nosec", line)
    }
    assert excepted == {
        ("umt/adapters/postgres/session.py", "# nosemgrep: statement-of-parts"),
        (
            "umt/api/graphql/execution/layout.py",
            'made: Callable[..., dict[str, Any]] = eval(source, {"__builtins__": {}})  # noqa: S307 # nosec B307 # nosemgrep: text-as-code',
        ),
    }


def test_what_is_planted_is_found(copy: Path) -> None:
    planted(
        copy / "umt/adapters/postgres/reading.py",
        "    async def event_count(",
        "    async def everything(self) -> int:\n"
        "        async with self._connection() as connection:\n"
        '            row = await (await connection.execute("SELECT count(*) FROM umt.event")).fetchone()\n'
        "            return int(row[0])\n\n",
    )
    planted(
        copy / "umt/adapters/postgres/migrations/versions/0004_data.sql",
        "CREATE VIEW read_v1.event_log",
        "CREATE VIEW read_v1.everything AS SELECT * FROM umt.event;\n",
    )
    planted(
        copy / "umt/api/graphql/queries/brands.py",
        '@field("A brand as it stands, or as it stood.")',
        "async def everything(services, context):\n"
        "    authorise(Permission.BRAND_READ, context)\n"
        "    return await services.queries._reader.rows(context.workspace, 'brands', {}, (), 100)\n\n\n",
    )
    done = analysed(copy)
    assert done.returncode != 0
    assert set(re.findall(r"rules\.([\w-]+)", done.stdout + done.stderr)) == {
        "unbound-read", "view-without-invoker", "authorises-elsewhere", "face-around-the-application",
    }  # fmt: skip


def test_what_bandit_is_for_is_found(copy: Path) -> None:
    planted(copy / "umt/api/positions.py", "def opaque(", "def digest(text):\n    return hashlib.md5(text)\n\n\n")
    done = analysed(copy)
    assert (done.returncode != 0, "B324" in done.stdout) == (True, True), done.stdout + done.stderr
