"""``umt bench graphql``: how many answers a second, beside strawberry as it comes and graphql-core, with equal JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from umt.bench.graphql import at_scale, fresh, in_process, over_http
from umt.bench.server import Server
from umt.bench.trial import Section, Trial


class Stage(msgspec.Struct, frozen=True):
    """Where it takes place, and whether quickly."""

    server: Server
    quick: bool


def stage(server: Server, *, quick: bool) -> Stage:
    return Stage(server, quick)


def sections(_: Stage) -> list[Section[Stage]]:
    return [
        Section("process", _in_process),
        Section("http", _over_http),
        Section("scale", _at_scale),
        Section("fresh", _fresh),
    ]


@contextmanager
def _in_process(stage: Stage) -> Iterator[Iterable[Trial]]:
    with in_process.trials(quick=stage.quick) as trials:
        yield trials


@contextmanager
def _over_http(stage: Stage) -> Iterator[Iterable[Trial]]:
    with over_http.trials(stage.server, quick=stage.quick) as trials:
        yield trials


@contextmanager
def _at_scale(stage: Stage) -> Iterator[Iterable[Trial]]:
    with at_scale.trials(stage.server, quick=stage.quick) as trials:
        yield trials


@contextmanager
def _fresh(stage: Stage) -> Iterator[Iterable[Trial]]:
    with fresh.trials(stage.server, quick=stage.quick) as trials:
        yield trials
