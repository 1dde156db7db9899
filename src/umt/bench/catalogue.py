"""Every bench by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from umt.bench import access, agents, graphql, importing
from umt.bench.figure import Figure
from umt.bench.log import sections as log
from umt.bench.server import BenchError, Server
from umt.bench.trial import Report, Section, run


@dataclass(frozen=True)
class Bench:
    """Sections, and the place that they are measured in."""

    stage: Callable[..., Any]
    sections: Callable[[Any], list[Section[Any]]]

    def figures(self, server: Server, *, quick: bool, only: Sequence[str], runs: int, report: Report) -> list[Figure]:
        """Measure the named sections, or all of them. BenchError when there is no such section."""
        stage = self.stage(server, quick=quick)
        all_sections = self.sections(stage)
        names = [section.name for section in all_sections]
        for wanted in only:
            if wanted not in names:
                raise BenchError(f"there is no section {wanted!r}; there are {', '.join(names)}")
        return run([s for s in all_sections if not only or s.name in only], stage, runs, report)


BENCHES: Final[dict[str, Bench]] = {
    "log": Bench(log.stage, log.sections),
    "import": Bench(importing.stage, importing.sections),
    "access": Bench(access.stage, access.sections),
    "agents": Bench(agents.stage, agents.sections),
    "graphql": Bench(graphql.stage, graphql.sections),
}
