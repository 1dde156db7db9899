"""The master key changes, and everything goes on; the old one opens nothing any more."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading

import pytest
from pydantic import SecretStr
from tests.integration.keys.kit import (
    keep,
    kept,
    key_file,
    master_key,
    name_of,
    opened_by,
    rotate,
    stored_events,
    umt,
    url,
    wrapped_rows,
)
from tests.integration.people import Person

from umt.adapters.postgres.database import APP, OWNER, WORKER, connect
from umt.adapters.postgres.key_rotation import WRAPPED
from umt.adapters.vault import VaultError, fingerprint_of
from umt.adapters.vault.keys import derived_index_key, wrapping
from umt.adapters.vault.sealing import seal
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import key_keeping, system
from umt.domain.brand import Industry
from umt.domain.values import unique_key
from umt.settings import Settings

BRAND = CreateBrand(name="Alpina", industry=Industry("Trade"))


def with_keys(settings: Settings, key: bytes, previous: bytes | None = None) -> Settings:
    """With the master key in the environment."""
    given = [SecretStr(base64.b64encode(k).decode()) if k else None for k in (key, previous)]
    return settings.model_copy(update={"master_key": given[0], "master_key_previous": given[1]})


async def test_everything_opens_after_a_change_in_processes_that_run_and_in_new_ones(installation: Settings) -> None:
    with system(installation) as first, system(installation) as second:
        pat = Person(first)
        keep(pat, first, "open sesame")
        made = pat.does(BRAND, key="once")
        events, old, sealed = stored_events(installation), master_key(installation), wrapped_rows(installation)

        done = rotate(installation)

        assert done.changed
        assert done.rewrapped == {"wrapped_key": 1, "workspace_key": 1, "subject_key": 1, "signing_key": 1}
        assert stored_events(installation) == events
        assert opened_by(old, installation) == []
        assert len(opened_by(master_key(installation), installation)) == len(sealed) == 4
        sam = Person(first)  # whose key the running process seals under the new master key
        keep(sam, first, "of Sam")
        with system(installation) as third:
            for wired in (first, second, third):
                assert name_of(pat, wired) == "Pat Person"
                assert name_of(sam, wired) == "Pat Person"
                assert (kept(pat, wired), kept(sam, wired)) == ("open sesame", "of Sam")
                pat.system = wired
                again = pat.does(BRAND, key="once")
                assert (again.repeated, again.subject) == (True, made.subject)
                index = wired.writer._desk.vault.index(unique_key(f"{pat.user}@example.com"))
                with connect(wired.url, APP) as app:
                    assert app.execute("SELECT count(*) FROM umt.sign_in(%s)", (index,)).fetchone() == (1,)
        assert opened_by(old, installation) == []
    with pytest.raises(VaultError, match="another master key"), system(with_keys(installation, old)):
        pass


def test_the_new_file_is_as_safe_as_the_old_one(installation: Settings) -> None:
    with system(installation):
        before = master_key(installation)
    (key_file(installation).parent / ".master.key.4711").write_bytes(
        key_file(installation).read_bytes()
    )  # of a killed start
    rotate(installation)
    assert master_key(installation) != before
    assert stat.S_IMODE(key_file(installation).stat().st_mode) == 0o600
    assert [file.name for file in key_file(installation).parent.glob("*master.key*")] == ["master.key"]


def test_many_keys_are_wrapped_page_by_page(installation: Settings) -> None:
    with system(installation) as wired:
        vault = wired.writer._desk.vault
        rows = [(f"00000000-0000-0000-0000-{n:012x}", os.urandom(32)) for n in range(2500)]
        with connect(wired.url, OWNER) as owner, owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO umt.subject_key VALUES (%s, %s, %s)",
                [(subject, subject, vault.seal(key, f"subject/{subject}")) for subject, key in rows],
            )
        seen: list[int] = []
        with key_keeping(installation) as keys:
            done = keys.rotate_master(lambda table, rows: seen.append(rows) if table == "subject_key" else None)
    assert done.rewrapped["subject_key"] == 2500
    assert seen == [1000, 2000, 2500]
    assert len(opened_by(master_key(installation), installation)) == 2502


def test_people_register_and_credentials_change_while_keys_are_changed(installation: Settings) -> None:
    people: list[Person] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            people.append(person := Person(wired))
            keep(person, wired, "fresh")

    with system(installation) as wired:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            assert rotate(installation).changed
        stop.set()
        for thread in threads:
            thread.join(60)
        assert len(people) > 5
    assert len(opened_by(master_key(installation), installation)) == 2 * len(people) + 2
    with system(installation) as after:
        assert {name_of(person, after) for person in people} == {"Pat Person"}
        assert {kept(person, after) for person in people} == {"fresh"}


def test_what_an_earlier_version_sealed_opens_and_is_brought_under_the_workspaces_key(installation: Settings) -> None:
    with system(installation) as wired:
        pat, master = Person(wired), master_key(installation)
    sealed = seal(wrapping(master), b"from before", f"{pat.workspace}/blog")
    with connect(url(installation), OWNER) as owner:
        owner.execute("DELETE FROM umt.wrapped_key")
        owner.execute("INSERT INTO umt.secret VALUES (%s, 'blog', %s)", (pat.workspace, sealed))
    with system(installation) as wired:
        assert wired.writer._desk.vault.index("a") == wired.writer._desk.vault.index("a")
        before = wired.writer._desk.vault.index("ada@example.com")
        assert wired.writer._desk.vault._index_key == derived_index_key(master)
        assert kept(pat, wired) == "from before"
        with key_keeping(installation) as keys:
            assert keys.status().under_master == 1
            assert keys.rotate_master(lambda *_: None).rewrapped["secret"] == 1
            assert keys.status().under_master == 0
        assert kept(pat, wired) == "from before"
        assert wired.writer._desk.vault.index("ada@example.com") == before
    with system(installation) as wired:
        assert kept(pat, wired) == "from before"
        assert wired.writer._desk.vault.index("ada@example.com") == before


def test_a_change_in_the_environment(installation: Settings) -> None:
    old, new = os.urandom(32), os.urandom(32)
    with system(with_keys(installation, old)) as wired:
        pat = Person(wired)
        keep(pat, wired, "open sesame")
    with pytest.raises(
        VaultError, match="set UMT_MASTER_KEY to the output of `openssl rand -base64 32` and UMT_MASTER"
    ):
        rotate(with_keys(installation, old))
    with pytest.raises(VaultError, match="another master key"), system(with_keys(installation, new)):
        pass
    both = with_keys(installation, new, old)
    with system(both) as wired:
        assert kept(pat, wired) == "open sesame"
        Person(wired)
        assert opened_by(new, installation) == []
        assert rotate(both).changed
        assert kept(pat, wired) == "open sesame"
        sam = Person(wired)
        assert name_of(sam, wired) == "Pat Person"
        assert not rotate(both).changed
    assert opened_by(old, installation) == []
    with system(with_keys(installation, new)) as wired:
        assert (kept(pat, wired), name_of(sam, wired)) == ("open sesame", "Pat Person")
    assert not key_file(installation).exists()


def test_a_process_without_the_new_key_says_so_and_seals_nothing(installation: Settings) -> None:
    old, new = os.urandom(32), os.urandom(32)
    with system(with_keys(installation, old)) as left_behind:
        rotate(with_keys(installation, new, old))
        with pytest.raises(VaultError, match="start this process again with both"):
            Person(left_behind)
    assert opened_by(old, installation) == []


def test_only_one_changes_the_master_key(installation: Settings) -> None:
    with system(installation) as wired, connect(wired.url, APP) as other:
        other.execute("SELECT pg_advisory_lock(7311, 6)")
        with pytest.raises(VaultError, match="another process"):
            rotate(installation)
    assert rotate(installation).changed


def test_a_master_key_that_is_none_is_refused_without_showing_it(installation: Settings) -> None:
    ended = umt(installation, "keys", "status", UMT_MASTER_KEY="bm90IGEga2V5")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "UMT_MASTER_KEY is not base64 of 32 random bytes" in ended.stderr
    assert "bm90IGEga2V5" not in ended.stderr
    with system(installation):
        key_file(installation).write_text("short")
    ended = umt(installation, "keys", "status")
    assert ended.returncode == 2
    assert f"{key_file(installation)} is not base64 of 32 random bytes" in ended.stderr


def test_the_command_tells_what_it_did_and_shows_no_key(installation: Settings) -> None:
    with system(installation) as wired:
        Person(wired)
    before = master_key(installation)
    rotated = umt(installation, "keys", "rotate", "--json")
    status = umt(installation, "keys", "status", "--json")
    told = umt(installation, "keys", "rotate", "--no-master")
    assert [ended.returncode for ended in (rotated, status, told)] == [0, 0, 0]
    after = master_key(installation)
    assert json.loads(rotated.stdout)["master"]["fingerprint"] == fingerprint_of(after).hex()[:16]
    shown = json.loads(status.stdout)
    assert (shown["source"], shown["fingerprint"]) == ("file", fingerprint_of(after).hex()[:16])
    assert shown["wrapped"] == {"wrapped_key": 1, "workspace_key": 0, "subject_key": 1, "signing_key": 2}
    assert [key["kid"] for key in shown["signing_keys"]][-1] == json.loads(rotated.stdout)["signing"]["kid"]
    everything = "".join(ended.stdout + ended.stderr for ended in (rotated, status, told))
    for key in (before, after):
        assert base64.b64encode(key).decode() not in everything
        assert key.hex() not in everything
    assert umt(installation, "keys", "rotate", "--no-master", "--no-signing").returncode == 2


def test_every_sealed_column_is_known_to_the_rotation(installation: Settings) -> None:
    with system(installation) as wired, connect(wired.url, OWNER) as owner:
        sealed = owner.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'umt' AND data_type = 'bytea' AND column_name LIKE '%sealed%'"
        ).fetchall()
    under_the_workspaces_key = {"secret", "blob"}
    assert {name for (name,) in sealed} == {wrapped.table for wrapped in WRAPPED} | under_the_workspaces_key


def test_keys_are_nobodys_but_the_applications(installation: Settings) -> None:
    with system(installation) as wired, connect(wired.url, OWNER) as owner:
        granted = owner.execute(
            "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE table_schema = 'umt' AND grantee <> 'umt_owner'"
            " AND table_name IN ('wrapped_key', 'signing_key', 'workspace_key', 'master_key')"
        ).fetchall()
    assert {(role, right) for role, _, right in granted} == {("umt_app", "SELECT"), ("umt_app", "INSERT")}
    assert WORKER not in {role for role, _, _ in granted}
