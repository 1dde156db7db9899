"""Results of commands are kept for 30 days, and no longer."""

from __future__ import annotations

from tests.integration.people import Person

from umt.adapters.postgres.database import OWNER, WORKER, connect
from umt.adapters.postgres.housekeeping import Housekeeping
from umt.application.commands.brand import CreateBrand
from umt.bootstrap import System
from umt.domain.brand import Industry


def test_a_result_is_kept_for_30_days(wired: System, pat: Person) -> None:
    for key in ("old", "young"):
        pat.does(CreateBrand(name=f"Brand {key}", industry=Industry("Trade")), key=key)
    with connect(wired.url, OWNER) as owner, connect(wired.url, WORKER) as worker:
        owner.execute(
            "UPDATE umt.command SET recorded_at = now() - interval '31 days' WHERE workspace = %s AND command_id = 'old'",
            (pat.workspace,),
        )
        assert Housekeeping.tidy(worker) >= 1
        kept = owner.execute(
            "SELECT command_id FROM umt.command WHERE workspace = %s AND command_id IN ('old', 'young')",
            (pat.workspace,),
        ).fetchall()
    assert kept == [("young",)]
