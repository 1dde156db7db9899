"""Where the master key lies."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.vaults import vault

from umt.adapters.vault import EnvironmentMasterKeys, FileMasterKeys, Vault, VaultError, fingerprint_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def names(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_many_that_start_at_once_find_one_whole_key(file: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: FileMasterKeys(file).first(), range(64)))
    assert len(keys) == 1
    assert list(FileMasterKeys(file).known()) == list(keys)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(file) == ["master.key"]


def test_a_next_key_lies_beside_the_present_one_until_it_is_settled(file: Path) -> None:
    masters = FileMasterKeys(file)
    first = masters.first()
    second = masters.next(first)
    assert masters.known() == (first, second)
    assert stat.S_IMODE((file.parent / "master.key.next").stat().st_mode) == 0o600
    masters.settle(first)
    assert masters.known() == (first, second)
    masters.settle(second)
    assert masters.known() == (second,)
    assert names(file) == ["master.key"]


def test_no_key_is_known_where_none_was_made(file: Path) -> None:
    assert FileMasterKeys(file).known() == ()


@pytest.mark.parametrize(
    "text", ["", "short", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode(), "é" * 44]
)
def test_what_is_no_key_is_refused_and_not_shown(file: Path, text: str) -> None:
    file.write_text(text)
    for make in (lambda: FileMasterKeys(file).known(), lambda: EnvironmentMasterKeys(text)):
        with pytest.raises(VaultError, match="is not base64 of 32 random bytes") as caught:
            make()
        assert not text or text not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_a_vault_opens_under_every_key_at_hand_and_seals_under_the_databases(file: Path) -> None:
    masters = FileMasterKeys(file)
    first = masters.first()
    opened = Vault(masters, fingerprint_of(first), bytes(32))
    before = opened.seal(b"plain", "a/b")
    second = masters.next(first)
    opened.follow(fingerprint_of(second))
    after = opened.seal(b"plain", "a/b")
    masters.settle(second)
    assert opened.open(before, "a/b") == opened.open(after, "a/b") == b"plain"
    fresh = Vault(masters, fingerprint_of(second), bytes(32))
    assert fresh.open(after, "a/b") == b"plain"
    for sealed, belongs_to in (
        (before, "a/b"),
        (after, "a/c"),
        (after[:-1], "a/b"),
        (b"", "a/b"),
        (os.urandom(60), "a/b"),
    ):
        with pytest.raises(VaultError, match=f"{belongs_to} was sealed under another master key, or was altered"):
            fresh.open(sealed, belongs_to)


def test_a_vault_needs_the_databases_key() -> None:
    with pytest.raises(VaultError, match="another master key than UMT_MASTER_KEY holds"):
        vault().follow(fingerprint_of(os.urandom(32)))


def test_keyed_hashes_are_the_same_under_another_master_key() -> None:
    assert vault(1).index("ada@example.com") == vault(2).index("ada@example.com")
    assert vault(1).index("ada@example.com") != vault(1).index("bea@example.com")
