"""A trial: ours, a baseline and a limit, measured in turns so that whatever else the machine does meets them alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from umt.bench.figure import Figure, Measure, figure

P = TypeVar("P")

Values = Mapping[Measure, float]
Side = Callable[[], Values]
Report = Callable[[str], None]
"""Is told what is measured next."""


@dataclass(frozen=True)
class Trial:
    """One thing done in up to three ways. Each side answers the value of every measure it knows.

    ``turns``: how often a run measures each of them. What takes little time is better measured often than long: a machine
    that is slow for a while is so for all of them.
    """

    name: str
    ours: Side
    baseline: Side | None = None
    limit: Side | None = None
    turns: int = 1

    def sides(self) -> Iterator[tuple[str, Side]]:
        for name, side in (("ours", self.ours), ("baseline", self.baseline), ("limit", self.limit)):
            if side:
                yield name, side

    def figures(self, runs: int, report: Report) -> list[Figure]:
        """Measure every side once, then every side again, and so on."""
        found: dict[Measure, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for turn in range(runs * self.turns):
            for side, measured in self.sides():
                report(f"{self.name}: {side}, run {turn // self.turns + 1} of {runs}")
                for measure, value in measured().items():
                    found[measure][side].append(value)
        return [figure(m, values["ours"], values["baseline"], values["limit"]) for m, values in found.items()]


@dataclass(frozen=True)
class Section(Generic[P]):
    """Trials that share what they are measured on, which is made for them and removed after them.

    What has to happen between two trials may happen while they are iterated over.
    """

    name: str
    prepare: Callable[[P], AbstractContextManager[Iterable[Trial]]]


def run(sections: list[Section[P]], place: P, runs: int, report: Report) -> list[Figure]:
    """Every figure of the sections, in their order."""
    figures: list[Figure] = []
    for section in sections:
        report(f"preparing: {section.name}")
        with section.prepare(place) as trials:
            for trial in trials:
                figures += trial.figures(runs, report)
    return figures
