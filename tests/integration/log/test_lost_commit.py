"""The connection is cut between COMMIT and its answer: everything was done exactly once, and its result is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from tests.integration.log.proxy import CuttingProxy
from tests.integration.log.writers import another, busy, through
from tests.integration.people import Person

from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.brand import CreateBrand, DescribeBrand
from umt.application.transaction import Transaction
from umt.bootstrap import System
from umt.domain import brand
from umt.domain.brand import Brand, Industry
from umt.domain.errors import NameTaken

TRADE = Industry("Trade")


@pytest.fixture
def proxy(wired: System) -> Iterator[CuttingProxy]:
    made = CuttingProxy(wired.url)
    yield made
    made.close()


@pytest.fixture
def writer(wired: System, pat: Person, proxy: CuttingProxy) -> Iterator[PostgresWriter]:
    made = another(wired, proxy.url)
    through(made).submit(CreateBrand(name="Prepares the statement", industry=TRADE), pat.context()).result()
    yield made
    made.close()


def versions(wired: System, stream: object) -> list[int]:
    return [recorded.version for recorded in wired.source.stream(stream)]  # type: ignore[arg-type]


def test_a_command(wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter) -> None:
    proxy.cut_after(b"Lost answer")
    outcome = through(writer).submit(CreateBrand(name="Lost answer", industry=TRADE), pat.context()).result()
    assert proxy.cuts == 1
    assert outcome.repeated
    assert versions(wired, outcome.subject) == [1]


@pytest.mark.parametrize("request_with_commit", [b"COMMIT", b"Last of the group"], ids=["after reading", "one call"])
def test_every_command_of_a_group(
    wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter, request_with_commit: bytes
) -> None:
    """A group that read something ends with COMMIT; one that knew everything is one call."""
    known = pat.makes(CreateBrand(name="Known", industry=TRADE))
    with_a_read = request_with_commit == b"COMMIT"
    if not with_a_read:
        writer.run(pat.context(), lambda tx: tx.get(Brand, known)).result()
    proxy.cut_after(request_with_commit)
    with busy(writer):
        submit = through(writer).submit
        created = submit(CreateBrand(name="First of the group", industry=TRADE), pat.context())
        described = submit(DescribeBrand(brand=known, description="once", industry=TRADE), pat.context())
        if with_a_read:
            taken = submit(CreateBrand(name="First of the group", industry=TRADE), pat.context())
        last = submit(CreateBrand(name="Last of the group", industry=TRADE), pat.context())
    outcomes = [future.result() for future in (created, described, last)]
    assert proxy.cuts == 1
    assert all(outcome.repeated for outcome in outcomes)
    assert not with_a_read or isinstance(taken.exception(), NameTaken)
    assert [versions(wired, outcome.subject) for outcome in outcomes] == [[1], [1, 2], [1]]
    positions = [outcome.position for outcome in outcomes]
    assert positions == list(range(positions[0], positions[0] + 3))


def test_work_without_a_key(wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter) -> None:
    made = []

    def work(tx: Transaction) -> str:
        identifier = uuid4()
        made.append(identifier)
        tx.create(Brand, identifier, brand.create, f"Turn {len(made)}", TRADE)
        return f"answer {len(made)}"

    proxy.cut_after(b"COMMIT")
    assert writer.run(pat.context(), work).result() == "answer 1"
    assert proxy.cuts == 1
    assert [versions(wired, identifier) for identifier in made] == [[1]]


def test_work_whose_commit_is_still_under_way_is_waited_for(
    wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter
) -> None:
    made = []

    def work(tx: Transaction) -> str:
        identifier = uuid4()
        made.append(identifier)
        tx.create(Brand, identifier, brand.create, f"Under way {len(made)}", TRADE)
        return f"answer {len(made)}"

    proxy.watch(b"pg_xact_status")
    arrives = proxy.hold(b"COMMIT")
    answer = writer.run(pat.context(), work)
    deadline = time.monotonic() + 30
    while proxy.seen < 2 and len(made) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    arrives.set()
    assert answer.result(30) == "answer 1"
    assert [versions(wired, identifier) for identifier in made] == [[1]]


def test_work_whose_commit_did_not_arrive_is_done_again(
    wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter
) -> None:
    made = []

    def work(tx: Transaction) -> str:
        identifier = uuid4()
        made.append(identifier)
        tx.create(Brand, identifier, brand.create, "Cut at the append", TRADE)
        return f"answer {len(made)}"

    proxy.cut_after(b"Cut at the append")
    assert writer.run(pat.context(), work).result() == "answer 2"
    assert proxy.cuts == 1
    assert [versions(wired, identifier) for identifier in made] == [[], [1]]


def test_all_work_without_a_key_of_a_group(
    wired: System, pat: Person, proxy: CuttingProxy, writer: PostgresWriter
) -> None:
    made: dict[int, list[UUID]] = {number: [] for number in range(3)}

    def working(number: int) -> Callable[[Transaction], str]:
        def work(tx: Transaction) -> str:
            made[number].append(uuid4())
            tx.create(Brand, made[number][-1], brand.create, f"Of the group {number}", TRADE)
            return f"answer {number}, time {len(made[number])}"

        return work

    with busy(writer):
        proxy.cut_after(b"COMMIT")
        answers = [writer.run(pat.context(), working(number)) for number in made]
    assert [answer.result() for answer in answers] == [f"answer {number}, time 1" for number in made]
    assert proxy.cuts == 1
    assert [versions(wired, identifier) for (identifier,) in made.values()] == [[1]] * 3
