"""What a contract is compared with: what git has of it, whatever lies in the folder."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from typer.testing import CliRunner, Result

from umt.application.compatibility import ACCEPTED, Committed
from umt.cli.committed import last_committed
from umt.cli.schema import app

pytestmark = pytest.mark.skipif(which("git") is None, reason="git is not installed here")


class Checkout:
    """A working copy of a project."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "schemas" / "graphql"
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        by = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *by, *arguments], cwd=self.root, check=True, capture_output=True)

    def commits(self, **files: bytes) -> None:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")

    def write(self, name: str, text: bytes) -> None:
        (self.folder / (ACCEPTED if name == "accepted" else name)).write_bytes(text)

    def last(self, published: bytes) -> Committed | None:
        return last_committed(self.folder / "contract", self.folder / ACCEPTED, published)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_change_is_compared_with_the_last_commit(checkout: Checkout) -> None:
    checkout.commits(contract=b"1", accepted=b"a")
    checkout.write("contract", b"tampered with")
    checkout.write("accepted", b"b")
    assert checkout.last(b"2") == Committed(b"1", b"a", pending=True)


def test_what_was_committed_is_compared_with_what_was_before(checkout: Checkout) -> None:
    """So a change that was committed without a check is found by the next one."""
    checkout.commits(contract=b"1", accepted=b"a")
    checkout.commits(contract=b"2", accepted=b"b")
    checkout.commits(other=b"")
    assert checkout.last(b"2") == Committed(b"1", b"a", pending=False)


def test_of_a_merge_with_the_line_that_it_was_merged_into(checkout: Checkout) -> None:
    checkout.commits(contract=b"1\n\n\n\n\n\n\n2\n")
    checkout.git("checkout", "--quiet", "-b", "branch")
    checkout.commits(contract=b"one\n\n\n\n\n\n\n2\n")
    checkout.git("checkout", "--quiet", "-")
    checkout.commits(contract=b"1\n\n\n\n\n\n\ntwo\n")
    checkout.git("merge", "--quiet", "--no-edit", "branch")
    assert checkout.last(b"one\n\n\n\n\n\n\ntwo\n") == Committed(b"1\n\n\n\n\n\n\ntwo\n", b"", pending=False)


def test_the_first_version_broke_nothing(checkout: Checkout) -> None:
    checkout.commits(contract=b"1")
    assert checkout.last(b"1") is None


def test_what_git_does_not_have_is_compared_with_what_lies_there(checkout: Checkout) -> None:
    assert checkout.last(b"1") is None
    checkout.write("contract", b"1")
    assert checkout.last(b"2") == Committed(b"1", None, pending=True)
    (checkout.root / "README.md").write_text("Nothing of it is in git.")
    checkout.git("add", "README.md")
    checkout.git("commit", "--quiet", "--message", "Begin")
    assert checkout.last(b"2") == Committed(b"1", None, pending=True)


def test_a_folder_that_is_nowhere_has_nothing(tmp_path: Path) -> None:
    assert last_committed(tmp_path / "nowhere" / "contract", tmp_path / "nowhere" / ACCEPTED, b"1") is None


# With `umt schema`

FIELD = b"  eventCount: Long!"
GONE = "Field Workspace.gone was removed."


def schema(checkout: Checkout, command: str, *more: str) -> Result:
    return CliRunner().invoke(app, [command, "--folder", str(checkout.root / "schemas"), *more])


@pytest.fixture
def broken(checkout: Checkout) -> Checkout:
    """A project that once published a field which it does not have any more."""
    assert schema(checkout, "export").exit_code == 0
    current = (checkout.folder / "schema.graphql").read_bytes()
    checkout.commits(**{"schema.graphql": current.replace(FIELD, b"  gone: Int\n\n" + FIELD)})
    checkout.write("schema.graphql", current)
    return checkout


def test_a_break_is_found_though_the_file_was_written_anew(broken: Checkout) -> None:
    checked = schema(broken, "check")
    assert checked.exit_code == 1
    assert GONE in checked.stdout
    exported = schema(broken, "export")
    assert exported.exit_code == 1
    assert GONE in exported.stderr


def test_and_though_it_was_committed(broken: Checkout) -> None:
    broken.commits()
    assert GONE in schema(broken, "check").stdout


def test_it_passes_once_it_is_accepted_and_so_do_later_commits(broken: Checkout) -> None:
    broken.write("accepted", f'[[accepted]]\non = 2027-06-01\nwhy = "Unused."\nchanges = ["{GONE}"]\n'.encode())
    assert schema(broken, "check").exit_code == 0
    assert schema(broken, "export").exit_code == 0
    broken.commits()
    assert schema(broken, "check").exit_code == 0
    broken.commits(other=b"")
    assert schema(broken, "check").exit_code == 0


def test_what_may_surprise_is_a_warning_until_it_is_committed(checkout: Checkout) -> None:
    assert schema(checkout, "export").exit_code == 0
    current = (checkout.folder / "schema.graphql").read_bytes()
    checkout.commits(**{"schema.graphql": re.sub(rb'  """[^"]*"""\n  TIKTOK\n\n', b"", current)})
    checkout.write("schema.graphql", current)
    checked = schema(checkout, "check", "--json")
    assert checked.exit_code == 0
    told = json.loads(checked.stdout)
    assert (told["ok"], [each["reason"] for each in told["warnings"]]) == (
        True,
        ["Enum value Platform.TIKTOK was added."],
    )
    assert "warning: " in schema(checkout, "check").stdout
    assert "Enum value Platform.TIKTOK was added." in schema(checkout, "export").stderr
    checkout.commits()
    assert "warning" not in schema(checkout, "check").stdout
