"""What is measured, what is wanted of it, and the figure that comes out: medians and their ratios."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure must reach: so many times the baseline and the limit, and bounds of its own in its unit.

    ``times_*`` are ratios in which more is better, as in `Figure`.
    """

    times_baseline: float | None = None
    times_limit: float | None = None
    at_least: float | None = None
    below: float | None = None

    def stated(self, unit: str) -> str:
        """The goal in words, e.g. ``≥ 1.8 × baseline, ≥ 0.8 × limit``."""
        clauses = (
            (self.times_baseline, "≥ {:g} × baseline"),
            (self.times_limit, "≥ {:g} × limit"),
            (self.at_least, f"≥ {{:,g}} {unit}"),
            (self.below, f"< {{:,g}} {unit}"),
        )
        return ", ".join(words.format(bound) for bound, words in clauses if bound is not None)

    def holds(self, ours: float, vs_baseline: float | None, vs_limit: float | None) -> bool:
        """Whether the values reach it; a ratio that was not measured reaches nothing."""
        reached = ((self.times_baseline, vs_baseline), (self.times_limit, vs_limit), (self.at_least, ours))
        enough = all(bound is None or (value is not None and value >= bound) for bound, value in reached)
        return enough and (self.below is None or ours < self.below)


class Measure(msgspec.Struct, frozen=True):
    """Something measured: its name, its unit, its goal, and whether a smaller value is the better one."""

    name: str
    unit: str
    goal: Goal | None = None
    less_is_better: bool = False


class Figure(msgspec.Struct, frozen=True):
    """A figure as it is published. ``vs_…`` are ratios in which more is better; None without a baseline or limit."""

    name: str
    unit: str
    ours: float
    baseline: float | None
    limit: float | None
    vs_baseline: float | None
    vs_limit: float | None
    goal: str | None
    holds: bool | None


def figure(measure: Measure, ours: Sequence[float], baseline: Sequence[float], limit: Sequence[float]) -> Figure:
    """The figure of the values of all runs; baseline and limit may be empty."""
    middle = median(ours)
    beside = [median(values) if values else None for values in (baseline, limit)]
    vs_baseline, vs_limit = (_ratio(measure, middle, other) for other in beside)
    goal = measure.goal
    return Figure(
        name=measure.name,
        unit=measure.unit,
        ours=middle,
        baseline=beside[0],
        limit=beside[1],
        vs_baseline=vs_baseline,
        vs_limit=vs_limit,
        goal=goal.stated(measure.unit) if goal else None,
        holds=goal.holds(middle, vs_baseline, vs_limit) if goal else None,
    )


def _ratio(measure: Measure, ours: float, other: float | None) -> float | None:
    """How many times better ours is."""
    if other is None:
        return None
    above, under = (other, ours) if measure.less_is_better else (ours, other)
    return above / under if under else None
