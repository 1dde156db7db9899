"""A change of the master key that is killed at any step: everything opens, and the next change succeeds."""

from __future__ import annotations

import sys

import pytest
from tests.integration.keys.kit import keep, kept, key_file, master_key, name_of, opened_by, rotate, run
from tests.integration.people import Person

from umt.bootstrap import system
from umt.settings import Settings

KILLED = """
import os, signal, sys
from umt.adapters.postgres import key_rotation
from umt.adapters.vault import FileMasterKeys

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def killed_before(found):
    return lambda self, *given: kill() if self._next.exists() else found(self, *given)

def killed_after(found):
    def step(self, *given):
        there = self._next.exists()
        done = found(self, *given)
        if there or self._next.exists():
            kill()
        return done
    return step

def killed_midway(found):
    def step(self, table, target):
        found(self, table, target)
        if table.table == "workspace_key":
            kill()
    return step

match sys.argv[1]:
    case "new file written":
        FileMasterKeys.next = killed_after(FileMasterKeys.next)
    case "half of it wrapped anew":
        key_rotation.MasterKeyRotation._rewrap_table = killed_midway(key_rotation.MasterKeyRotation._rewrap_table)
    case "committed":
        FileMasterKeys.settle = killed_before(FileMasterKeys.settle)
    case "file in place":
        FileMasterKeys.settle = killed_after(FileMasterKeys.settle)

sys.argv = ["umt", "keys", "rotate", "--no-signing"]
from umt.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("step", "changed"),
    [("new file written", False), ("half of it wrapped anew", False), ("committed", True), ("file in place", True)],
)
def test_a_change_that_is_killed_heals(installation: Settings, step: str, changed: bool) -> None:
    with system(installation) as running:
        pat = Person(running)
        keep(pat, running, "open sesame")
        old = master_key(installation)

        ended = run([sys.executable, "-c", KILLED, step], installation)

        assert ended.returncode == -9, ended.stderr
        assert (name_of(pat, running), kept(pat, running)) == ("Pat Person", "open sesame")
        Person(running)
        with system(installation) as started:
            assert (name_of(pat, started), kept(pat, started)) == ("Pat Person", "open sesame")
            Person(started)
        assert bool(opened_by(old, installation)) is not changed
        assert (master_key(installation) != old) is changed
        now = master_key(installation)
        assert rotate(installation).changed
        assert opened_by(now, installation) == []
        assert (name_of(pat, running), kept(pat, running)) == ("Pat Person", "open sesame")
    assert [file.name for file in key_file(installation).parent.glob("*master.key*")] == ["master.key"]
