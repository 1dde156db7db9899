"""A branch's transactions keep the contract of all others, as far as a branch goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest
from tests.contracts.transaction_contract import TransactionContract
from tests.in_memory import ACME, InMemory
from tests.unit.domain.stories import BRAND, brand

from umt.application.dispatch import Writer
from umt.application.transaction import Context, Timer, Transaction
from umt.application.what_if import Supposed
from umt.application.what_if.branch import Branch
from umt.application.what_if.transaction import BranchWriter, NotInABranch
from umt.domain.brand import Brand, rename
from umt.domain.errors import NotFound
from umt.domain.recorded import Actor, ActorKind, Recorded


class InMemoryHistory:
    """Implements `umt.application.what_if.branch.History`."""

    def __init__(self, memory: InMemory) -> None:
        self._memory = memory

    def page(self, after: int, up_to: int, types: Sequence[str] = ()) -> Iterator[Recorded]:
        yield from (e for e in self._memory.log[after:up_to] if not types or e.event.type_name in types)

    def stream(self, identifier: UUID, up_to: int) -> Iterator[Recorded]:
        yield from (each for each in self._memory.log[:up_to] if each.stream == identifier)

    def at(self, position: int) -> Recorded | None:
        return self._memory.log[position - 1] if 0 < position <= len(self._memory.log) else None

    def timers(self, subjects: Sequence[UUID]) -> Sequence[Timer]:
        return [timer for timer in self._memory.timers.values() if timer.subject in subjects]


def branch_of(memory: InMemory) -> Branch:
    return Branch(InMemoryHistory(memory), ACME, len(memory.log), memory.now, Supposed())


class TestBranchWriter(TransactionContract):
    @pytest.fixture
    def writer(self) -> Writer:
        return BranchWriter(branch_of(InMemory()))

    @pytest.fixture
    def context(self) -> Context:
        return Context(workspace=ACME, actor=Actor(ActorKind.SYSTEM, "contract"))

    # A branch holds no accounts, secrets, names or keys of people, calls no model, repeats no caller's command, and takes no
    # figures but those that were really reported.
    test_a_member_is_found_by_the_address_of_their_account_in_their_workspace = None  # type: ignore[assignment]
    test_keys_and_invitations_are_found_until_they_are_dropped = None  # type: ignore[assignment]
    test_a_transaction_that_fails_leaves_nothing = None  # type: ignore[assignment]
    test_a_part_that_fails_is_undone_alone = None  # type: ignore[assignment]
    test_a_key_is_done_once = None  # type: ignore[assignment]
    test_a_name_is_held_until_it_is_released = None  # type: ignore[assignment]
    test_the_latest_figures_are_known = None  # type: ignore[assignment]
    test_who_was_erased_has_no_key_any_more = None  # type: ignore[assignment]
    test_a_large_text_is_found_by_its_hash_in_its_workspace_alone = None  # type: ignore[assignment]
    test_a_large_text_goes_with_the_transaction_that_kept_it = None  # type: ignore[assignment]
    test_what_models_cost_is_summed_by_month = None  # type: ignore[assignment]

    def test_what_fails_leaves_nothing_and_a_part_that_fails_is_undone_alone(
        self, writer: Writer, context: Context
    ) -> None:
        identifier = self.created(writer, context)
        timer = Timer(uuid4(), ACME, "content-ads", "expire", uuid4(), InMemory().now)

        def fails(tx: Transaction) -> None:
            tx.decide(Brand, identifier, rename, "Undone")
            tx.start_timer(timer)
            tx.decide(Brand, uuid4(), rename, "Nobody")

        def undone(tx: Transaction) -> None:
            with tx.attempt():
                fails(tx)

        def work(tx: Transaction) -> None:
            tx.decide(Brand, identifier, rename, "Kept")
            with pytest.raises(NotFound):
                undone(tx)

        assert writer.run(context, fails).exception() is not None
        assert self.name_of(writer, context, identifier) == "Acme"
        writer.run(context, work).result()
        assert self.name_of(writer, context, identifier) == "Kept"
        assert writer.run(context, lambda tx: tx.finish_timer(timer.id)).result() is False


def test_what_a_branch_decides_is_not_in_history_and_what_comes_later_in_history_is_not_in_it() -> None:
    memory = InMemory()
    memory.happened(BRAND, *brand())
    before, branch = list(memory.log), branch_of(memory)
    context = Context(workspace=ACME, actor=Actor(ActorKind.SYSTEM, "test"))
    BranchWriter(branch).run(context, lambda tx: tx.decide(Brand, BRAND, rename, "Branched")).result()
    assert memory.log == before
    assert branch.known(Brand, BRAND).state.name == "Branched"


def test_a_branch_knows_no_secrets() -> None:
    context = Context(workspace=ACME, actor=Actor(ActorKind.SYSTEM, "test"))
    asked = BranchWriter(branch_of(InMemory())).run(context, lambda tx: tx.secret("credential"))
    assert isinstance(asked.exception(), NotInABranch)
