"""A scratch schema that a branch is laid out in, for whoever wants to ask it in SQL.

It is the owner's alone: no other role has any right to it, and nothing of it is part of the log. All of it is made in one
transaction, which is undone unless it is to be kept: what is broken off leaves nothing either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from umt.application.what_if import Branched, Compared

_TABLES = """
CREATE TABLE {schema}.event (
    position     bigint PRIMARY KEY,
    log_position bigint,
    stream       uuid NOT NULL,
    version      integer NOT NULL,
    type         text NOT NULL,
    effective_at timestamptz NOT NULL,
    body         jsonb NOT NULL,
    origin       text NOT NULL CHECK (origin IN ('history', 'branch'))
);
COMMENT ON TABLE {schema}.event IS 'The branched history of one campaign: its figures, policies, recommendations and runs.';
COMMENT ON COLUMN {schema}.event.position IS 'The place in the branch; up to where it branches off that of the log.';
COMMENT ON COLUMN {schema}.event.log_position IS 'The place in the log; null for what only the branch has.';
COMMENT ON COLUMN {schema}.event.origin IS 'history: as it was; branch: decided anew.';
CREATE TABLE {schema}.decision (
    place           integer PRIMARY KEY,
    effective_at    timestamptz NOT NULL,
    run             uuid NOT NULL,
    platform        text NOT NULL,
    same            boolean NOT NULL,
    then_action     text,
    then_target     text,
    then_amount     numeric,
    then_reason     text,
    branch_action   text,
    branch_target   text,
    branch_amount   numeric,
    branch_reason   text
);
COMMENT ON TABLE {schema}.decision IS 'What was decided then beside what is decided in the branch; null where there was nothing.';
"""


class Scratch:
    """One branch's schema."""

    def __init__(self, owner: psycopg.Connection[Any], branch: UUID) -> None:
        self._owner, self.name = owner, f"umt_what_if_{branch.hex}"

    def lay_out(self, events: Iterable[Branched], decisions: Iterable[Compared], *, keep: bool) -> None:
        """Make the schema and fill it; it stays only if it is to be kept."""
        with self._owner.transaction(force_rollback=not keep):
            schema = sql.Identifier(self.name)
            self._owner.execute(sql.SQL("CREATE SCHEMA {schema}").format(schema=schema))
            self._owner.execute(sql.SQL(_TABLES).format(schema=schema))
            with self._owner.cursor() as cursor:
                with cursor.copy(sql.SQL("COPY {}.event FROM STDIN").format(schema)) as copy:
                    for each in events:
                        copy.write_row(_event(each))
                with cursor.copy(sql.SQL("COPY {}.decision FROM STDIN").format(schema)) as copy:
                    for place, compared in enumerate(decisions, start=1):
                        copy.write_row((place, *_decision(compared)))


def _event(branched: Branched) -> tuple[Any, ...]:
    at = branched.recorded
    body = msgspec.to_builtins(at.event, enc_hook=str)
    return (
        at.position,
        branched.position,
        at.stream,
        at.version,
        at.event.type_name,
        at.metadata.effective_at,
        Jsonb(body),
        branched.origin.value,
    )


def _decision(compared: Compared) -> tuple[Any, ...]:
    sides = ((d.action, d.target, d.amount, d.reason) if d else (None,) * 4 for d in (compared.then, compared.branch))
    return compared.at, compared.run, compared.platform, compared.same, *(value for side in sides for value in side)
