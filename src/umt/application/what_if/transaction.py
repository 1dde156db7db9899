"""One unit of work over a branch: the same agents and handlers run, and nothing is sent or kept outside the branch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, cast
from uuid import UUID

from umt.application.dispatch import CommandKey
from umt.application.transaction import A, Context, Outcome, Timer, Transaction
from umt.application.what_if.branch import Branch, Known, with_correlation
from umt.domain.agent_policy import policy_of_workspace
from umt.domain.analytics.figures import DailyFigures
from umt.domain.errors import NotFound, VersionConflict
from umt.domain.event import Aggregate, Event
from umt.domain.platform import Platform


class NotInABranch(Exception):
    """A branch holds no accounts, secrets, names or past of other things."""


class BranchTransaction:
    """Implements what agents and their commands need of `umt.application.transaction.Transaction`; `NotInABranch` is
    raised for all else."""

    def __init__(self, branch: Branch, context: Context) -> None:
        self.context = with_correlation(context, branch)
        self.now, self.wall_clock = branch.now, datetime.now(UTC)
        self._branch = branch
        self._states: dict[UUID, Known] = {}
        self._events: list[tuple[type[Aggregate], UUID, Event]] = []
        self._afterwards: list[Callable[[], object]] = []
        self._subject: UUID | None = None

    def __getattr__(self, name: str) -> NoReturn:
        raise NotInABranch(name)

    def new_id(self) -> UUID:
        return self._branch.new_id()

    def load(self, kind: type[A], identifier: UUID, *, new: bool = False) -> A | None:
        state = self._known(kind, identifier).state
        found = state if isinstance(state, kind) else None
        of_workspace = identifier == policy_of_workspace(self.context.workspace)
        return self._branch.supposed.on(kind, found, of_workspace=of_workspace)

    def get(self, kind: type[A], identifier: UUID) -> A:
        state = self.load(kind, identifier)
        if state is None:
            raise NotFound(kind.kind, identifier)
        return state

    def create(self, kind: type[A], identifier: UUID, decision: Any, *args: Any, **kwargs: Any) -> None:
        state = self.load(kind, identifier)
        self._check_expected_version(kind, identifier)
        self.record(kind, identifier, *decision(state, *args, **kwargs))

    def decide(self, kind: type[A], identifier: UUID, decision: Any, *args: Any, **kwargs: Any) -> None:
        state = self.get(kind, identifier)
        self._check_expected_version(kind, identifier)
        self.record(kind, identifier, *decision(state, *args, **kwargs))

    def record(self, kind: type[Aggregate], identifier: UUID, *events: Event) -> None:
        self._subject = self._subject or identifier
        known = self._known(kind, identifier)
        for event in events:
            known = Known(event.evolve(known.state), known.version + 1)
            self._events.append((kind, identifier, event))
        self._states[identifier] = known

    def _known(self, kind: type[Aggregate], identifier: UUID) -> Known:
        if self.context.workspace != self._branch.workspace:
            return Known(None, 0)
        if identifier not in self._states:
            self._states[identifier] = self._branch.known(kind, identifier)
        return self._states[identifier]

    def _check_expected_version(self, kind: type[Aggregate], identifier: UUID) -> None:
        expected, actual = self.context.expected_version, self._known(kind, identifier).version
        if expected is not None and self._subject is None and actual != expected:
            raise VersionConflict(identifier, expected=expected, actual=actual)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        states, events, afterwards = dict(self._states), len(self._events), len(self._afterwards)
        subject = self._subject
        try:
            yield
        except BaseException:
            self._states, self._subject = states, subject
            del self._events[events:], self._afterwards[afterwards:]
            raise

    def commit(self) -> Outcome:
        """Make it all so in the branch."""
        for kind, stream, event in self._events:
            self._branch.append(kind, stream, event, self.context)
        for write in self._afterwards:
            write()
        return Outcome(self._subject, self._branch.start + len(self._branch.log), len(self._events))

    # Figures

    def spent(self, campaign: UUID) -> dict[Platform, Decimal]:
        return self._branch.spent(campaign)

    def days(self, campaign: UUID) -> dict[Platform, tuple[DailyFigures, ...]]:
        return self._branch.days(campaign)

    # Agents

    def start_timer(self, timer: Timer) -> None:
        self._afterwards.append(lambda: self._branch.timers.setdefault(timer.id, timer))

    def finish_timer(self, timer: UUID) -> bool:
        if timer in self._branch.fired or timer not in self._branch.timers:
            return False
        self._afterwards.append(lambda: self._branch.fired.add(timer))
        return True

    def enqueue(self, run: UUID, effect: UUID, *, lock: str, priority: int = 0) -> None:
        """Nothing is sent; what came of it is not known."""

    def hold_run(self, agent: str, run: UUID) -> None:
        self._afterwards.append(lambda: self._branch.held.update({run: agent}))

    def drop_held_run(self, run: UUID) -> None:
        self._afterwards.append(lambda: self._branch.held.pop(run, None))

    def held_runs(self, agent: str) -> list[UUID]:
        return [run for run, of in self._branch.held.items() if of == agent]

    def move_checkpoint(self, agent: str, position: int, turn: int = 0, after: int | None = None) -> None:
        """A branch is walked once, in order: nobody else works on it."""


class BranchWriter:
    """Implements `umt.application.dispatch.Writer`, at once and in the caller's thread."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch

    def execute(self, context: Context, work: Callable[[Transaction], None], key: CommandKey | None) -> Future[Outcome]:
        return _settled(lambda: self._transaction(context, work)[1])

    def run(self, context: Context, work: Callable[[Transaction], Any]) -> Future[Any]:
        return _settled(lambda: self._transaction(context, work)[0])

    def _transaction(self, context: Context, work: Callable[[Transaction], Any]) -> tuple[Any, Outcome]:
        tx = BranchTransaction(self._branch, context)
        answer = work(cast(Transaction, tx))
        return answer, tx.commit()


def _settled(work: Callable[[], Any]) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
    return future
