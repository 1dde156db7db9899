"""The projection engine: rows and checkpoint move together, one worker at a time, and rows equal a fold from zero."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from tests.integration.people import Person

from umt.adapters.postgres import source
from umt.adapters.postgres.database import APP, OWNER, WORKER, connect, reading_pool
from umt.application.commands.brand import AddCompetitor, CreateBrand, RemoveCompetitor, RenameBrand
from umt.application.queries import Difference
from umt.bootstrap import System, Workers
from umt.domain.brand import Competitor, Industry
from umt.projections.batches import Batches
from umt.projections.brands import BRANDS
from umt.projections.engine import Projector
from umt.projections.generations import StaleWorker, live


def verified(wired: System, person: Person) -> list[Difference]:
    """The rows of the person's workspace that a fold from zero gives otherwise."""

    async def ask() -> list[Difference]:
        pool = reading_pool(wired.url, APP, size=2)
        reader = wired.reader.on(pool)
        async with pool:
            return [d for v in await reader.verify(person.workspace) for d in v.differences]

    return asyncio.run(ask())


def projector(wired: System, name: str) -> Projector:
    return next(p for p in wired.projectors() if p.projection.name == name)


def test_a_read_model_equals_a_fold_from_zero_in_batches_and_row_by_row(wired: System, pat: Person) -> None:
    for number in range(20):
        brand = pat.makes(CreateBrand(name=f"Brand {number}", industry=Industry("Trade")))
        pat.does(AddCompetitor(brand=brand, competitor=Competitor("Rival", strengths=("low prices",))))
        if number % 2:
            pat.does(RemoveCompetitor(brand=brand, name="Rival"))
            pat.does(RenameBrand(brand=brand, name=f"Renamed {number}"))
    for each in wired.projectors():
        each.reach(wired.source.head())

    assert verified(wired, pat) == []


def test_a_planted_wrong_value_is_named(wired: System, pat: Person) -> None:
    brand = pat.makes(CreateBrand(name="Right", industry=Industry("Trade")))
    projector(wired, "brands").reach(wired.source.head())
    with connect(wired.url, WORKER) as connection:
        generation = live(connection, "brands")
        assert generation
        wrong = sql.SQL("UPDATE {} SET name = 'Wrong' WHERE brand = %s").format(generation.relation(BRANDS))
        connection.execute(wrong, (brand,))

    assert [(d.table, d.column, d.stored, d.folded) for d in verified(wired, pat)] == [
        ("brands", "name", "Wrong", "Right")
    ]


@pytest.mark.parametrize("changed", ["position = position + 1", "revision = revision + 1", "state = 'retired'"])
def test_a_worker_that_lost_its_turn_is_refused_and_its_batch_undone(wired: System, pat: Person, changed: str) -> None:
    each = projector(wired, "brands")
    each.reach(wired.source.head())
    with connect(wired.url, WORKER) as connection, connect(wired.url, OWNER, autocommit=False) as other:
        generation = live(connection, "brands")
        assert generation
        batches = Batches(each.projection, generation, wired.following, connection)
        brand = pat.makes(CreateBrand(name="Late", industry=Industry("Trade")))
        pat.does(AddCompetitor(brand=brand, competitor=Competitor("Rival", strengths=())))
        here = "(name, generation) = (%s, %s)"
        place = ("brands", generation.number)
        other.execute(f"UPDATE umt.projection_checkpoint SET {changed} WHERE {here}".encode(), place)
        with ThreadPoolExecutor(1) as thread:
            stepping = thread.submit(batches.step)
            other.commit()
            with pytest.raises(StaleWorker):
                stepping.result(timeout=10)
        found = sql.SQL("SELECT 1 FROM {} WHERE brand = %s").format(generation.relation(BRANDS))
        row = connection.execute(found, (brand,)).fetchone()
        assert row is None
        other.execute(
            f"UPDATE umt.projection_checkpoint SET position = %s, state = 'live' WHERE {here}".encode(),
            (generation.position, *place),
        )
        other.commit()
    each.reach(wired.source.head())


def test_a_full_batch_that_ends_at_the_head_is_the_last_one(wired: System, pat: Person) -> None:
    """Else a worker would ask for more again and again, and give no sign of life."""
    each = projector(wired, "brands")
    brand = pat.makes(CreateBrand(name="Full", industry=Industry("Trade")))
    each.reach(wired.source.head())
    for number in range(3):
        pat.does(RenameBrand(brand=brand, name=f"Full {number}"))
    with connect(wired.url, WORKER) as connection:
        generation = live(connection, "brands")
        assert generation
        batches = Batches(each.projection, generation, wired.following, connection)
        assert batches.step(3)
        assert batches.behind
        assert not batches.step(3)
        assert not batches.behind


def test_a_page_that_is_cut_by_its_bytes_leaves_nothing_out(
    wired: System, pat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = wired.source.head()
    for number in range(40):
        pat.makes(CreateBrand(name=f"Cut {number}", industry=Industry("Trade"), description="x" * 200))
    monkeypatch.setattr(source, "_PAGE_BYTES", 1000)
    seen, position, pages = list[int](), after, 0
    while True:
        page = wired.source.page(position, 500, types=["brand.created"])
        seen += [event.position for event in page.events]
        if page.position == position:
            break
        position, pages = page.position, pages + 1
    projector(wired, "brands").reach(wired.source.head())

    assert pages > 5
    assert position == wired.source.head()
    assert len(seen) == len(set(seen)) == 40
    assert verified(wired, pat) == []


def test_workers_follow_the_log_and_survive_a_cut_connection(wired: System, pat: Person) -> None:
    workers = Workers(wired, agents=False, jobs=False)
    workers.start()
    try:
        pat.makes(CreateBrand(name="Before", industry=Industry("Trade")))
        reached(wired, wired.source.head())
        with psycopg.connect(wired.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND usename = current_user"
            )
        pat.makes(CreateBrand(name="After", industry=Industry("Trade")))
        reached(wired, wired.source.head())
    finally:
        workers.stop()


def reached(wired: System, position: int, seconds: float = 15) -> None:
    """Wait until every projection's checkpoint is at the position."""
    waiting = threading.Event()
    with connect(wired.url, WORKER) as connection:
        for _ in range(int(seconds / 0.05)):
            row = connection.execute("SELECT min(position) FROM umt.projection_checkpoint").fetchone()
            if row and row[0] >= position:
                return
            waiting.wait(0.05)
    raise AssertionError(f"the projections did not reach {position} in {seconds} s, but {row}")
