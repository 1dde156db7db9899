"""Keys of people in memory: used while the lease holds, and never after the person was forgotten."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from umt.adapters.vault import EnvironmentMasterKeys, PersonalCipher, Vault, personal
from umt.adapters.vault.keys import derived_index_key, fingerprint_of

MASTER = bytes(range(32))
PERSON = UUID(int=7)


class Clock:
    """Stands still, but for when something happens before its next reading but so many. Who reads it without end fails."""

    def __init__(self) -> None:
        self.now, self.left = 0.0, 1000
        self._stop: tuple[int, Callable[[], None]] = 0, lambda: None

    def __call__(self) -> float:
        self.left -= 1
        assert self.left, "it never ends"
        at, happens = self._stop
        if self.left == at:
            happens()
        return self.now

    def stops(self, readings: int, meanwhile: Callable[[], None]) -> None:
        """The process is stopped after so many more readings, for two minutes."""

        def stopped() -> None:
            self.now += 120
            meanwhile()

        self._stop = self.left - readings - 1, stopped


class Keys:
    """Where the keys lie; ``meanwhile`` happens while one is looked up."""

    def __init__(self) -> None:
        self.kept: dict[UUID, bytes] = {}
        self.looked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def wrapped(self, subject: UUID) -> bytes | None:
        found, self.looked = self.kept.get(subject), self.looked + 1
        self.meanwhile()
        return found

    def store(self, subject: UUID, sealed: bytes) -> None:
        self.kept[subject] = sealed


class Lease:
    """A lease of so many seconds from now on."""

    def __init__(self, clock: Clock) -> None:
        self.until = clock.now + 60

    def runs_out(self) -> None:
        self.until = -1.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(personal, "lease_clock", made)
    return made


@pytest.fixture
def lease(clock: Clock) -> Lease:
    return Lease(clock)


@pytest.fixture
def cipher(lease: Lease) -> PersonalCipher:
    from base64 import b64encode

    masters = EnvironmentMasterKeys(b64encode(MASTER).decode())
    return PersonalCipher(Vault(masters, fingerprint_of(MASTER), derived_index_key(MASTER)), lease)


def test_a_key_is_looked_up_once_while_the_lease_holds(cipher: PersonalCipher) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    before = keys.looked
    assert [cipher.open(sealed, PERSON, keys) for _ in range(3)] == ["Zoë"] * 3
    assert keys.looked <= before + 1


def test_a_destroyed_key_is_used_until_it_is_forgotten(cipher: PersonalCipher) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    assert cipher.open(sealed, PERSON, keys) == "Zoë"
    keys.kept.clear()
    assert cipher.open(sealed, PERSON, keys) == "Zoë"
    cipher.forget(PERSON)
    assert cipher.open(sealed, PERSON, keys) is None


def test_a_destroyed_key_opens_nothing_once_the_lease_is_over(cipher: PersonalCipher, lease: Lease) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    assert cipher.open(sealed, PERSON, keys) == "Zoë"
    keys.kept.clear()
    lease.runs_out()
    assert cipher.open(sealed, PERSON, keys) is None


def test_without_a_lease_each_key_is_looked_up_each_time(cipher: PersonalCipher, lease: Lease) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    lease.runs_out()
    before = keys.looked
    assert [cipher.open(sealed, PERSON, keys) for _ in range(3)] == ["Zoë"] * 3
    assert keys.looked == before + 3


def test_a_key_that_was_being_looked_up_when_the_person_was_forgotten_is_not_used(cipher: PersonalCipher) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    cipher.forget()

    def erased() -> None:
        if PERSON in keys.kept:
            del keys.kept[PERSON]
            cipher.forget(PERSON)

    keys.meanwhile = erased
    assert cipher.open(sealed, PERSON, keys) is None


def test_one_person_is_forgotten_and_another_is_not(cipher: PersonalCipher) -> None:
    keys, other = Keys(), uuid4()
    sealed = cipher.seal("Zoë", PERSON, keys), cipher.seal("Sam", other, keys)
    assert (cipher.open(sealed[0], PERSON, keys), cipher.open(sealed[1], other, keys)) == ("Zoë", "Sam")
    keys.kept.clear()
    cipher.forget(PERSON)
    assert (cipher.open(sealed[0], PERSON, keys), cipher.open(sealed[1], other, keys)) == (None, "Sam")


@pytest.mark.parametrize(
    ("kept", "readings"),
    [(True, 1), (False, 1), (False, 2)],
    ids=["with a key in memory", "after it looked one up", "after it kept one"],
)
def test_a_process_that_is_stopped_while_it_opens_does_not_use_a_key_that_is_destroyed_meanwhile(
    cipher: PersonalCipher, clock: Clock, kept: bool, readings: int
) -> None:
    keys = Keys()
    sealed = cipher.seal("Zoë", PERSON, keys)
    if kept:
        assert cipher.open(sealed, PERSON, keys) == "Zoë"
    else:
        cipher.forget()
    clock.stops(readings, keys.kept.clear)
    assert cipher.open(sealed, PERSON, keys) is None
    assert clock.now == 120
