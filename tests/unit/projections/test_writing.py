"""Row changes of a batch, merged in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from psycopg import sql

from umt.domain.brand import BrandArchived
from umt.domain.recorded import Envelope
from umt.projections.table import Column, Projection, Table
from umt.projections.writing import TableWriter

SALES = Table(
    "sales",
    "What was sold.",
    key=(Column("shop", "text", "The shop."),),
    columns=(Column("amount", "sum numeric", "Money."), Column("note", "text", "What people say.")),
)


def at(position: int) -> Envelope:
    nobody = UUID(int=0)
    return Envelope(position, nobody, position, nobody, datetime(2026, 3, 1, tzinfo=UTC), BrandArchived())


def written(*effects: tuple[Envelope, list[object]]) -> list[list[str]]:
    writer = TableWriter(Projection("sales", SALES), lambda table: sql.Identifier(table.name))
    statements = writer.prepared(effects)  # type: ignore[arg-type]
    assert statements is not None
    return [values for _, values in statements]


def test_a_sum_is_exact_however_its_batch_is_cut() -> None:
    huge, one = Decimal(10) ** 30, Decimal("0.01")
    ((_, _, amount, *_),) = written(
        (at(1), [SALES.add(at(1), "a", amount=huge)]), (at(2), [SALES.add(at(2), "a", amount=one)])
    )
    assert amount == "{1000000000000000000000000000000.01}"


def test_texts_are_elements_of_an_array_whatever_they_hold() -> None:
    hostile = 'a"b\\c,{NULL}\n'
    ((_, shops, notes, *_),) = written((at(1), [SALES.put(at(1), "NULL", note=hostile)]))
    assert shops == '{"NULL"}'
    assert notes == '{"a\\"b\\\\c,{NULL}\n"}'
