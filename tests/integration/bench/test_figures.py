"""What comes out of values: medians, ratios in which more is better, goals."""

from __future__ import annotations

import pytest

from umt.bench.figure import Figure, Goal, Measure, figure
from umt.bench.trial import Trial

RATE = Measure("appends", "events/s", Goal(times_baseline=2, times_limit=0.5))
LATENCY = Measure("a wait", "ms", Goal(below=5), less_is_better=True)


def test_a_figure_is_the_median_of_its_runs_beside_the_medians_of_the_others() -> None:
    made = figure(RATE, ours=[90, 300, 100], baseline=[40, 50, 1000], limit=[200, 160, 1])

    assert made == Figure(
        name="appends",
        unit="events/s",
        ours=100,
        baseline=50,
        limit=160,
        vs_baseline=2,
        vs_limit=0.625,
        goal="≥ 2 × baseline, ≥ 0.5 × limit",
        holds=True,
    )


def test_of_a_latency_the_smaller_one_is_the_better_one() -> None:
    made = figure(LATENCY, ours=[4], baseline=[12], limit=[1])

    assert (made.vs_baseline, made.vs_limit) == (3, 0.25)
    assert (made.goal, made.holds) == ("< 5 ms", True)


def test_without_a_baseline_or_a_limit_there_is_no_ratio() -> None:
    made = figure(Measure("appends", "events/s"), ours=[1], baseline=[], limit=[])

    assert (made.baseline, made.limit, made.vs_baseline, made.vs_limit, made.goal, made.holds) == (None,) * 6


@pytest.mark.parametrize(
    ("goal", "ours", "baseline", "limit"),
    [
        (Goal(times_baseline=2), 199, [100], []),
        (Goal(times_limit=0.8), 79, [], [100]),
        (Goal(times_baseline=2), 200, [], []),
        (Goal(at_least=200), 199, [], []),
        (Goal(below=200), 200, [], []),
    ],
    ids=["too near the baseline", "too far from the limit", "no baseline", "too few", "not below"],
)
def test_a_goal_that_is_not_reached_does_not_hold(
    goal: Goal, ours: float, baseline: list[float], limit: list[float]
) -> None:
    assert figure(Measure("x", "x", goal), [ours], baseline, limit).holds is False


def test_the_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str) -> dict[Measure, float]:
        order.append(name)
        return {RATE: float(len(order))}

    told: list[str] = []
    trial = Trial("appends", lambda: side("ours"), lambda: side("baseline"), lambda: side("limit"))
    (made,) = trial.figures(3, told.append)

    assert order == ["ours", "baseline", "limit"] * 3
    assert (made.ours, made.baseline, made.limit) == (4, 5, 6)
    assert told[-1] == "appends: limit, run 3 of 3"


def test_a_run_may_have_several_turns() -> None:
    found, told = iter((1.0, 5.0, 2.0, 4.0)), list[str]()
    (made,) = Trial("appends", lambda: {RATE: next(found)}, turns=2).figures(2, told.append)

    assert (made.ours, next(found, None)) == (3, None)
    assert told == [f"appends: ours, run {run} of 2" for run in (1, 1, 2, 2)]
