"""The page on ADFLOWAI's tables names every column of theirs, and only columns that we have."""

from __future__ import annotations

import re
from typing import Final

import pytest
from tests.unit.docs.generated import ROOT

from umt.projections.catalogue import PROJECTIONS, VIEWS
from umt.projections.table import Table
from umt.projections.views import View

ADFLOWAI: Final = {
    "users": "id username email password_hash company role is_active created_at last_login",
    "campaigns": "id user_id name description total_budget spent_budget remaining_budget objective status"
    " target_audience start_date end_date performance_score impressions clicks conversions ctr cpc cpa roas"
    " created_at updated_at last_optimization",
    "platform_campaigns": "id campaign_id platform platform_campaign_id allocated_budget spent_budget platform_metrics"
    " performance_score is_active last_synced created_at updated_at",
    "metrics_history": "id campaign_id platform recorded_at impressions clicks conversions spent ctr cpc cpa roas"
    " performance_score",
    "optimization_logs": "id campaign_id action reason before_state after_state confidence_score success error_message"
    " performed_at",
    "api_keys": "id user_id key name is_active last_used created_at expires_at",
}
PAGE: Final = (ROOT / "docs" / "data-tables.md").read_text(encoding="utf-8")
OTHERWISE: Final = ("not yet", "never", "not recorded")


def rows_of(table: str) -> dict[str, str]:
    """The place of each column that the page names for a table."""
    (section,) = re.findall(rf"^## {table}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))


def published() -> dict[str, set[str]]:
    tables = [table for projection in PROJECTIONS.values() for table in projection.tables]
    views: list[Table | View] = [*tables, *VIEWS]
    return {view.name: {column.name for column in view.published} for view in views} | {"event_log": {"actor"}}


@pytest.mark.parametrize("table", ADFLOWAI)
def test_every_column_of_theirs_has_its_place(table: str) -> None:
    assert list(rows_of(table)) == ADFLOWAI[table].split()
    assert all("`" in place or place in OTHERWISE for place in rows_of(table).values())


def test_every_place_is_a_column_of_ours() -> None:
    named = re.findall(r"`(\w+)\.(\w+)`", PAGE)
    assert len(named) > 50
    assert [f"{view}.{column}" for view, column in named if column not in published().get(view, ())] == []
