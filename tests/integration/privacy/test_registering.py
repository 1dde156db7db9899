"""Whoever notices an erasure writes it into the register: who erased, every process that forgets, and retention."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.integration.privacy.people import Owner

from umt.adapters.erasure_register import ErasureRegister
from umt.adapters.postgres.erasure import Forgetting
from umt.application.commands.invitations import InviteMember
from umt.application.privacy.erasing import Erasing
from umt.bootstrap import System
from umt.domain.workspace import Role


@pytest.fixture
def zoe(wired: System) -> Owner:
    return Owner(wired)


@pytest.fixture
def register(tmp_path: Path) -> ErasureRegister:
    """One that nobody writes but the part which is looked at."""
    return ErasureRegister(tmp_path / "erasures.jsonl")


@pytest.fixture
def erasing(wired: System, register: ErasureRegister) -> Erasing:
    return Erasing(wired.dispatcher, wired.writer, wired.erasures, register, lambda sequence: None)


@pytest.fixture
def process(wired: System, register: ErasureRegister) -> Iterator[Forgetting]:
    """A process that has keys in memory."""
    with closing(Forgetting(wired.url, register, "another")) as made:
        deadline = time.monotonic() + 30
        while not made.until:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield made


def subjects(register: ErasureRegister) -> list[UUID]:
    return [entry.subject for entry in register.entries()]


def test_who_erases_writes_it_before_they_answer(zoe: Owner, erasing: Erasing, register: ErasureRegister) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    erasing.erase(kim, zoe.context)
    assert subjects(register) == [kim]


def test_a_process_that_forgets_writes_whom(
    wired: System, zoe: Owner, process: Forgetting, register: ErasureRegister
) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    done = wired.erasing.erase(kim, zoe.context)
    assert process.reach(done.erasure.sequence, timeout=30)
    assert subjects(register) == [kim]


def test_who_was_invited_and_never_came_is_written(
    wired: System, zoe: Owner, erasing: Erasing, register: ErasureRegister
) -> None:
    address = f"{uuid4().hex}@example.com"
    invitation = InviteMember(email=address, role=Role.ANALYST, token_hash=uuid4().bytes)
    sent = wired.dispatcher.submit(invitation, zoe.context).result().subject
    ((_, invited),) = wired.people_at(address)
    assert sent
    erasing.forget_invitee(zoe.workspace, sent)
    assert subjects(register) == [invited]
