"""The register of erasures: what was added stays, a torn line does not, and a wrong one is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from umt.adapters.erasure_register import ErasureRegister
from umt.application.privacy.register import Registered, RegisterError

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def entry(number: int) -> Registered:
    return Registered(subject=UUID(int=number), workspace=UUID(int=99), erased_at=NOON)


@pytest.fixture
def register(tmp_path: Path) -> ErasureRegister:
    return ErasureRegister(tmp_path / "beside" / "erasures.jsonl")


def test_what_was_added_is_there_in_order(register: ErasureRegister) -> None:
    register.add([entry(2), entry(1)])
    register.add([entry(3)])
    assert register.entries() == [entry(2), entry(1), entry(3)]


def test_nobody_is_in_it_twice(register: ErasureRegister) -> None:
    register.add([entry(1)])
    register.add([entry(1), entry(2)])
    assert register.entries() == [entry(1), entry(2)]


def test_only_its_owner_reads_it(register: ErasureRegister) -> None:
    register.add([entry(1)])
    assert register.file.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_tore_is_cut_off(register: ErasureRegister) -> None:
    register.add([entry(1)])
    with register.file.open("ab") as file:
        file.write(b'{"subject":"0000')
    register.add([entry(2)])
    assert register.entries() == [entry(1), entry(2)]


def test_a_wrong_line_is_refused_by_its_number(register: ErasureRegister) -> None:
    register.add([entry(1)])
    with register.file.open("ab") as file:
        file.write(b'{"subject":"nobody"}\n')
    with pytest.raises(RegisterError, match="Line 2 of the register"):
        register.entries()
    with pytest.raises(RegisterError, match="Line 2 of the register"):
        register.add([entry(2)])


def test_a_place_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegisterError, match="UMT_ERASURE_REGISTER"):
        ErasureRegister(tmp_path / "file" / "erasures.jsonl").entries()


def test_many_writers_lose_nothing(register: ErasureRegister) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: register.add([entry(number)]), range(100)))
    assert {each.subject.int for each in register.entries()} == set(range(100))
