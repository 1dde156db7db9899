"""The words of a domain test: given these events, when this is decided, then those events follow.

::

    given(*live_campaign(google="600 EUR", linkedin="400 EUR")) \\
        .when(campaign.pause, "stock is out") \\
        .then(CampaignPaused("stock is out"))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

from umt.domain.errors import DomainError
from umt.domain.event import Event, fold

P = ParamSpec("P")
E = TypeVar("E", bound=DomainError)


class Given:
    """A history that something is decided on."""

    def __init__(self, history: tuple[Event, ...]) -> None:
        self._history = history

    @property
    def state(self) -> Any:
        """What the history leads to; None for no history."""
        return fold(self._history)

    def when(
        self, decision: Callable[Concatenate[Any, P], tuple[Event, ...]], *args: P.args, **kwargs: P.kwargs
    ) -> When:
        """Decide on what stands."""
        try:
            return When(self._history, decision(self.state, *args, **kwargs))
        except DomainError as refusal:
            return When(self._history, refusal)

    def then_state(self, holds: Callable[[Any], bool] | None = None, **fields: Any) -> Given:
        """What stands satisfies the predicate, and has these values in these fields."""
        state = self.state
        assert {name: getattr(state, name) for name in fields} == fields
        assert holds is None or holds(state), f"does not hold for {state}"
        return self


class When:
    """A decision that was made, or refused, on a history."""

    def __init__(self, history: tuple[Event, ...], outcome: tuple[Event, ...] | DomainError) -> None:
        self._history, self._outcome = history, outcome

    def then(self, *expected: Event) -> Given:
        """Exactly these events follow; the story can go on from there."""
        assert self._decided == expected
        return self._afterwards

    def then_nothing(self) -> Given:
        """It is allowed and changes nothing."""
        return self.then()

    def then_fails(self, refusal: type[E], match: str = "") -> E:
        """It is refused for this reason; the answer is the error, for a look at its fields."""
        if not isinstance(self._outcome, refusal):
            self._unexpected(f"{refusal.__name__} was expected")
        assert re.search(match, str(self._outcome)), f"{self._outcome} does not say {match!r}"
        return self._outcome

    def then_state(self, holds: Callable[[Any], bool] | None = None, **fields: Any) -> Given:
        """What stands afterwards, whatever the events were."""
        return self._afterwards.then_state(holds, **fields)

    def when(
        self, decision: Callable[Concatenate[Any, P], tuple[Event, ...]], *args: P.args, **kwargs: P.kwargs
    ) -> When:
        """Decide again on what stands afterwards."""
        return self._afterwards.when(decision, *args, **kwargs)

    @property
    def _decided(self) -> tuple[Event, ...]:
        if isinstance(self._outcome, DomainError):
            self._unexpected("events were expected")
        return self._outcome

    @property
    def _afterwards(self) -> Given:
        return Given((*self._history, *self._decided))

    def _unexpected(self, expectation: str) -> NoReturn:
        cause = self._outcome if isinstance(self._outcome, DomainError) else None
        raise AssertionError(f"{expectation}, not {self._outcome!r}") from cause


def given(*history: Event) -> Given:
    """Begin a story; without events there is nothing yet."""
    return Given(history)
